"""What `milestone check`, `complete`, `metrics` and `criteria` print."""

from collections.abc import Sequence
from typing import Any

from harness.documents.escape import plain, terminal
from harness.milestones.document import Status
from harness.milestones.findings import Finding, Severity
from harness.milestones.programme import Milestone

_WORDS = {Severity.FAILS: "FAILS", Severity.UNCLEAR: "CANNOT TELL", Severity.WARNS: "warning"}


def verdict_of(standing: Severity | None) -> str:
    """The answer in a word."""
    return {Severity.FAILS: "broken", Severity.UNCLEAR: "cannot tell"}.get(standing or Severity.WARNS, "holds")


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings in the pinned JSON form."""
    return [{"severity": one.severity.value, "what": one.what, "hint": one.hint} for one in findings]


def check_json(
    milestone: Milestone, status: Status, begun: str, findings: Sequence[Finding], standing: Severity | None
) -> dict[str, Any]:
    """The pinned JSON form of `harness milestone check`."""
    return {
        "milestone": milestone.id,
        "title": milestone.title,
        "status": status.value,
        "counted_from": begun,
        "ok": verdict_of(standing) == "holds",
        "verdict": verdict_of(standing),
        "findings": findings_json(findings),
    }


def check_text(milestone: Milestone, begun: str, findings: Sequence[Finding], standing: Severity | None) -> str:
    """For a terminal: the gravest finding first, the answer last where the eye is."""
    title = f"milestone {terminal(milestone.id)}: {terminal(milestone.title)}, changes since {terminal(begun)}"
    return "\n".join([title, *findings_text(findings), f"verdict: {verdict_of(standing)}"])


def check_markdown(milestone: Milestone, begun: str, findings: Sequence[Finding], standing: Severity | None) -> str:
    """For a pull request."""
    title = f"**{verdict_of(standing)}**: milestone {plain(milestone.id)}, changes since {plain(begun)}"
    return "\n".join([title, "", *findings_markdown(findings)]).rstrip()


def findings_text(findings: Sequence[Finding]) -> list[str]:
    """A line a finding and one for its way out, the gravest first."""
    lines = []
    for one in _gravest_first(findings):
        lines.append(f"{_WORDS[one.severity]}  {terminal(one.what)}")
        lines += [f"    {terminal(one.hint)}"] if one.hint else []
    return lines


def findings_markdown(findings: Sequence[Finding]) -> list[str]:
    """A bullet a finding, the gravest first."""
    return [f"- {_WORDS[one.severity]}: {_sentences(one)}" for one in _gravest_first(findings)]


def _sentences(one: Finding) -> str:
    """A finding and its way out, one sentence each."""
    if not one.hint:
        return plain(one.what)
    return f"{plain(one.what)}{'' if one.what.endswith('.') else '.'} {plain(one.hint)}"


def _gravest_first(findings: Sequence[Finding]) -> list[Finding]:
    order = list(Severity)
    return sorted(findings, key=lambda one: order.index(one.severity))
