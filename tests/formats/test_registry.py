"""Which format a text is of: each real sample is its own and nobody else's, wherever its first line stands."""

import json
from pathlib import Path

import pytest

from harness.formats.protocol import SNIFFED_BYTES, Shape, chunk_of
from harness.formats.registry import FORMATS, NAMES, format_named, recognise
from harness.store.raw import read_raw

TESTS = Path(__file__).parents[1]
DATA = TESTS / "data"
SPAN_FILE = DATA / "turns" / "recordings" / "50ea4e1e75a02867" / "raw" / "keccakf.1.spans.jsonl"
GAUGES = {"counter": [], "gauge": [{"labels": [["group", "app"]], "metric": "total_proof_time_ms", "value": "2440"}]}
OF_PREFIX = {
    "forest": "tracing-forest",
    "fmt-full": "fmt",
    "fmt-compact": "fmt",
    "fmt-json": "fmt-json",
    "span-jsonl": "span-jsonl",
    "chrome": "chrome-trace",
    "hyperfine": "hyperfine",
    "criterion-sample": "criterion",
    "criterion-estimates": "criterion",
    "google-benchmark": "google-benchmark",
    "pytest-benchmark": "pytest-benchmark",
}


def samples() -> list[tuple[str, bytes, str]]:
    """Name, text and format of every real text at hand."""
    found = [(path.name, path.read_bytes(), "tracing-forest") for path in (DATA / "captures").glob("*.log")]
    for path in [*(DATA / "oracle").glob("*.log"), *(DATA / "results").glob("*.json")]:
        format_name = next((name for prefix, name in OF_PREFIX.items() if path.name.startswith(prefix)), None)
        if format_name is not None:
            found.append((path.name, path.read_bytes(), format_name))
    found.append(("bundled", read_raw(SPAN_FILE), "span-jsonl"))
    found.append(("gauges", json.dumps(GAUGES).encode(), "openvm-metrics"))
    return sorted(found)


SAMPLES = samples()
each_sample = pytest.mark.parametrize(("text", "name"), [one[1:] for one in SAMPLES], ids=[one[0] for one in SAMPLES])


def test_there_is_a_sample_of_every_format() -> None:
    assert {name for _, _, name in SAMPLES} == set(NAMES)


@each_sample
def test_a_sample_is_recognised_as_its_own_format_and_as_no_other(text, name) -> None:
    assert [one.NAME for one in FORMATS if one.sniff(text[:SNIFFED_BYTES])] == [name]
    assert name == recognise([text]).NAME


@each_sample
@pytest.mark.parametrize("block_bytes", [7, 1000])
def test_it_does_not_matter_how_the_text_comes(text, name, block_bytes) -> None:
    text = text[: 40 * block_bytes] if format_named(name).SHAPE is Shape.LINES else text
    whole = recognise([text])
    assert recognise(text[at : at + block_bytes] for at in range(0, len(text), block_bytes)) == whole


def test_lines_of_a_format_are_found_however_late_they_come() -> None:
    noise = b"noise\n" * (SNIFFED_BYTES // 6)
    for text, name in [(text, name) for _, text, name in SAMPLES if format_named(name).SHAPE is Shape.LINES][::7]:
        assert name == recognise([noise, noise, noise, text]).NAME


@pytest.mark.parametrize(
    "text",
    [b"", b"\n", b"hello\nworld\n", b"{}", b"[]", b'{"a": 1}\n', b"null", bytes(range(256)), b"INFO     hello\n"],
    ids=repr,
)
def test_a_text_of_no_format_is_nobodys(text) -> None:
    assert recognise([text]) is None
    assert not any(one.sniff(text) for one in FORMATS)


def test_every_format_is_found_by_its_name_alone() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [format_named(name) for name in NAMES] == list(FORMATS)
    with pytest.raises(KeyError):
        format_named("nope")


@each_sample
def test_every_format_reads_every_sample_without_an_error(text, name) -> None:
    """A format forced upon another's text finds little or nothing, and says so, but never fails."""
    for one in FORMATS:
        batches = list(one.read([chunk_of(text[:20_000])]))
        assert batches
        if name != one.NAME and one.SHAPE is Shape.LINES:
            assert not sum(len(batch.spans) for batch in batches)
