"""Is this run good? A failed run keeps its log and gives no sample."""

from collections.abc import Sequence

import msgspec

from harness.spans.facts import failed_test_line, interactions, panic_line, tests_executed, workload_of
from harness.spans.model import ParsedRun

Lines = Sequence[tuple[int, str]]


class Streams(msgspec.Struct, frozen=True, kw_only=True):
    """One run's lines: what is parsed, and what is searched for panics (the same lines in a merged capture)."""

    stdout: Lines
    stderr: Lines


def failure_of(text: Streams, parsed: ParsedRun, *, requires_interactions: bool) -> str | None:
    """Why the run gives no sample, judged by its text alone; None for a good run."""
    return _failed_by_its_words(text) or _failed_by_its_spans(parsed, requires_interactions=requires_interactions)


def _failed_by_its_words(text: Streams) -> str | None:
    panic = panic_line(text.stderr)
    if panic is not None:
        return f"panicked (line {panic}): a panic inflates the spans around it"
    failed_test = failed_test_line(text.stdout)
    if failed_test is not None:
        return f"a test failed (line {failed_test})"
    if tests_executed(text.stdout) == 0:
        return "no test was executed: the filter matches none"
    return None


def _failed_by_its_spans(parsed: ParsedRun, *, requires_interactions: bool) -> str | None:
    if not parsed.roots:
        return "printed no root span: RUST_LOG may have switched spans off"
    if parsed.issues:
        return f"its span tree is damaged (line {parsed.issues[0].line}): {parsed.issues[0].message}"
    if requires_interactions and interactions(workload_of(parsed.events)) == 0:
        return "no AIR has interactions: this is not a LogUp run"
    return None
