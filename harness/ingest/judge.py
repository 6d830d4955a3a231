"""Is this run good? A failed run keeps its log and gives no sample."""

import re
from collections.abc import Iterable, Sequence

from harness.formats.forest_grammar import EventLine, whole_line
from harness.recording.manifest import Workload
from harness.spans.facts import WORKLOAD_WORDS, StatedWorkload, Words, interactions
from harness.spans.fields import split_event_text
from harness.spans.model import Issue

NO_ROOT = "printed no root span: RUST_LOG may have switched spans off"
_NO_INTERACTIONS = "no AIR has interactions: this is not a LogUp run"
_LIKE_SPANS = re.compile(rb' \[ [0-9.]+[^ |]{1,4} \| |time\.busy|"ph" ?:|"t" ?: ?"span"')
_STATES_WORKLOAD = re.compile("|".join(re.escape(words) for words in WORKLOAD_WORDS).encode())


def failure_of(
    words: Words, *, roots: int, damage: Issue | None, workload: Workload, requires_interactions: bool
) -> str | None:
    """Why the run gives no sample, judged by its text alone; None for a good run."""
    said = _failed_by_its_words(words)
    if said is not None:
        return said
    if not roots:
        return NO_ROOT if damage is None else f"holds no span (line {damage.line}): {damage.message}"
    if damage is not None:
        return f"its span tree is damaged (line {damage.line}): {damage.message}"
    return _NO_INTERACTIONS if requires_interactions and interactions(workload) == 0 else None


def early_failure(
    stdout: Iterable[tuple[bytes, Sequence[int]]],
    stderr: Iterable[tuple[bytes, Sequence[int]]],
    *,
    spans_elsewhere: bool,
    requires_interactions: bool,
) -> str | None:
    """What of `failure_of` can be told between two runs, without reading any span: whole lines, and their numbers.

    `spans_elsewhere`: the program also wrote its spans to a file.
    """
    words, stated, like_spans = Words(), StatedWorkload(), spans_elsewhere
    for data, numbers in stderr:
        words.hear_stderr(data, numbers)
    for data, numbers in stdout:
        words.hear_stdout(data, numbers)
        like_spans = like_spans or _LIKE_SPANS.search(data) is not None
        for line in _lines_that_state(data):
            _state(stated, line)
    said = _failed_by_its_words(words)
    if said is None and not like_spans:
        return NO_ROOT
    return said or (_NO_INTERACTIONS if requires_interactions and interactions(stated.workload) == 0 else None)


def _lines_that_state(data: bytes) -> list[bytes]:
    if _STATES_WORKLOAD.search(data) is None:
        return []
    return [line for line in data.split(b"\n") if _STATES_WORKLOAD.search(line)]


def _state(stated: StatedWorkload, line: bytes) -> None:
    found = whole_line(line)
    if isinstance(found, EventLine):
        message, fields = split_event_text(found.text)
        stated.add(message or "", fields)


def _failed_by_its_words(words: Words) -> str | None:
    if words.panic_line is not None:
        return f"panicked (line {words.panic_line}): a panic inflates the spans around it"
    if words.failed_test_line is not None:
        return f"a test failed (line {words.failed_test_line})"
    if words.tests_executed == 0:
        return "no test was executed: the filter matches none"
    return None
