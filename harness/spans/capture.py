"""The lines that part a capture's runs; hand-made captures and our own raw logs share them."""

import re

from harness.recording.manifest import RunKind

SECTION = re.compile(
    rb"^===== (?:measured run (?P<measured>[0-9]{1,6})|(?P<other>warmup|counters|instructions)) =====\r?$",
    re.MULTILINE,
)

SPANS_FILE_SUFFIX = "spans.jsonl"
METRICS_FILE_SUFFIX = "metrics.json"
"""What the name of a run's own file ends with, after `run_file_stem` and a dot."""


def section_title(kind: RunKind, number: int) -> str:
    """The words between the `=====` marks of a run's section."""
    return f"measured run {number}" if kind is RunKind.MEASURED else kind.value


def run_file_stem(benchmark: str, kind: RunKind, number: int) -> str:
    """What the name of a run's own file begins with: `keccakf.3`, `keccakf.warmup`, `keccakf.warmup-1`."""
    if kind is RunKind.MEASURED:
        return f"{benchmark}.{number}"
    earlier = str(number) if kind is RunKind.WARMUP and number < 0 else ""
    return f"{benchmark}.{kind.value}{earlier}"
