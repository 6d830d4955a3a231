"""Which spans of a run a KPI is made of, and how several become one figure.

A KPI that cannot be read without guessing is missing, with a reason; it is never the first of several by accident.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from harness.spans.model import ParsedRun, Span
from harness.units import NS_PER_MS

_PATH_SEPARATOR = " > "
_LISTED = 4


class Reduce(StrEnum):
    """How the matching spans of one run become one figure."""

    ONLY = "only"
    SUM = "sum"
    MAX = "max"
    COUNT = "count"
    SELF = "self"


class Proof(StrEnum):
    """Which proof of a process counts where one process proves several times."""

    ONLY = "only"
    FIRST = "first"


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """Spans by whole name.

    With `reduce = sum` every name of `spans` must occur; otherwise the names are alternatives. `under` names an
    ancestor (or `a > b`, levels may be skipped); `under_if_repeated` counts only where the name alone matches several.
    """

    spans: tuple[str, ...]
    under: str | None = None
    under_if_repeated: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    tree: int | None = None
    occurrence: int | None = None
    reduce: Reduce = Reduce.ONLY

    def describe(self) -> str:
        """One line for people: what is measured and how."""
        text = " + ".join(self.spans) if self.reduce is Reduce.SUM else " or ".join(self.spans)
        text += f" under {self.under}" if self.under else ""
        text += "".join(f" {{{key}={value}}}" for key, value in self.fields.items())
        text += f" tree {self.tree}" if self.tree is not None else ""
        text += f" occurrence {self.occurrence}" if self.occurrence is not None else ""
        return text if self.reduce is Reduce.ONLY else f"{self.reduce.value} of {text}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofScope:
    """Which trees are proofs (`root` is their root span's name) and which of them counts."""

    proof: Proof = Proof.ONLY
    root: str = "stark_prove_excluding_trace"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A KPI in one run: `value` in the KPI's unit (ms, or a count) with what its printed text can mean."""

    value: float
    low: float
    high: float
    warm_median: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """Why a KPI has no value in this run."""

    reason: str


def read_kpi(run: ParsedRun, selector: Selector, scope: ProofScope) -> Reading | Unreadable:
    """The KPI in one run, in ms (or as a count)."""
    matches = [span for span in run.spans if _matches(span, selector)]
    if scope.proof is Proof.ONLY:
        return _reduce(run, _narrowed(matches, selector), selector)
    proofs = [span.tree for span in run.spans if span.parent is None and span.name == scope.root]
    per_proof = [[span for span in matches if span.tree == tree] for tree in proofs]
    if not any(per_proof):
        return _reduce(run, _narrowed(matches, selector), selector)
    first, *later = (_reduce(run, _narrowed(spans, selector), selector) for spans in per_proof)
    warm = [reading.value for reading in later if isinstance(reading, Reading)]
    if isinstance(first, Unreadable) or not warm:
        return first
    return Reading(value=first.value, low=first.low, high=first.high, warm_median=median(warm))


def _matches(span: Span, selector: Selector) -> bool:
    if span.name not in selector.spans:
        return False
    if selector.under is not None and not _is_under(span, selector.under):
        return False
    if selector.tree not in (None, span.tree) or selector.occurrence not in (None, span.occurrence):
        return False
    printed = dict(span.fields)
    return all(printed.get(key) in (value, f'"{value}"') for key, value in selector.fields.items())


def _is_under(span: Span, ancestors: str) -> bool:
    above = span.path[:-1]
    if ancestors in above:
        return True
    remaining = iter(above)
    return all(wanted in remaining for wanted in ancestors.split(_PATH_SEPARATOR))


def _narrowed(spans: list[Span], selector: Selector) -> list[Span]:
    if len(spans) < 2 or selector.under_if_repeated is None:  # noqa: PLR2004 (one span repeats nothing)
        return spans
    return [span for span in spans if _is_under(span, selector.under_if_repeated)]


def _reduce(run: ParsedRun, spans: list[Span], selector: Selector) -> Reading | Unreadable:
    if selector.reduce is Reduce.COUNT:
        return Reading(value=len(spans), low=len(spans), high=len(spans))
    absent = [name for name in selector.spans if all(span.name != name for span in spans)]
    if not spans or (selector.reduce is Reduce.SUM and absent):
        return Unreadable(
            reason=f"no span {' or '.join(absent)}" + (f" under {selector.under}" if selector.under else "")
        )
    if selector.reduce is Reduce.SUM:
        return _total(spans)
    if selector.reduce is Reduce.MAX:
        return _total([max(spans, key=lambda span: span.duration.ns)])
    if len(spans) > 1:
        return Unreadable(
            reason=f"{len(spans)} spans match: {_paths(spans)}; name one by under, fields, tree or occurrence"
        )
    return _self_time(run, spans[0]) if selector.reduce is Reduce.SELF else _total(spans)


def _total(spans: Sequence[Span]) -> Reading:
    return Reading(
        value=sum(span.duration.ns for span in spans) / NS_PER_MS,
        low=sum(span.duration.low_ns for span in spans) / NS_PER_MS,
        high=sum(span.duration.high_ns for span in spans) / NS_PER_MS,
    )


def _self_time(run: ParsedRun, span: Span) -> Reading:
    """Time outside any child span; the bounds take the children at their other end."""
    children = [child.duration for child in run.spans if child.parent == span.seq]
    own = span.duration
    return Reading(
        value=max(0, own.ns - sum(child.ns for child in children)) / NS_PER_MS,
        low=max(0, own.low_ns - sum(child.high_ns for child in children)) / NS_PER_MS,
        high=max(0, own.high_ns - sum(child.low_ns for child in children)) / NS_PER_MS,
    )


def _paths(spans: Sequence[Span]) -> str:
    shown = [f"{_PATH_SEPARATOR.join(span.path)} (line {span.line})" for span in spans[:_LISTED]]
    more = len(spans) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
