"""Names of runs, in sections and in files."""

import pytest

from harness.recording.manifest import RunKind
from harness.spans.capture import SECTION, run_file_stem, section_title

NAMED = [
    (RunKind.WARMUP, 0, "warmup", "keccakf.warmup"),
    (RunKind.WARMUP, -1, "warmup", "keccakf.warmup-1"),
    (RunKind.MEASURED, 3, "measured run 3", "keccakf.3"),
    (RunKind.COUNTERS, 0, "counters", "keccakf.counters"),
    (RunKind.INSTRUCTIONS, 0, "instructions", "keccakf.instructions"),
]


@pytest.mark.parametrize(("kind", "number", "title", "stem"), NAMED)
def test_a_run_is_called_the_same_everywhere(kind, number, title, stem) -> None:
    assert section_title(kind, number) == title
    assert run_file_stem("keccakf", kind, number) == stem
    assert SECTION.fullmatch(f"===== {title} =====".encode())


def test_no_two_runs_of_a_benchmark_share_a_file() -> None:
    assert len({stem for *_, stem in NAMED}) == len(NAMED)
