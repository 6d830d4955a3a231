"""Importing bad files: one clear line, exit 1, nothing left behind; what is skipped is said with file and line."""

import gzip
import re
from pathlib import Path

import pyarrow as pa
import pytest

from tests.formats.mutations import seeded

MEGABYTE = 1 << 20
ROOT = b"INFO     stark_prove_excluding_trace [ 1.00ms | 100.00% ]\n"
SESSION = Path(__file__).parents[1] / "data" / "turns" / "recordings" / "50ea4e1e75a02867"
SECTION = b"===== measured run %d =====\n"


@pytest.fixture
def log(capture: Path) -> bytes:
    return capture.with_name("cpu_keccakf.log").read_bytes()


@pytest.fixture
def importing(repository, tmp_path):
    """Imports some bytes as a file of the given name."""

    def import_(data: bytes, *args: str, name: str = "a.log"):
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return repository.harness(
            "import", f"keccakf={path}", "--target", "openvm-cpu", "--host", "h", "--format", "json", *args
        )

    return import_


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def assert_refused(done, store: Path, *words: str) -> None:
    """One line (and at most a hint below it), exit 1, no recording, no draft."""
    assert (done.code, done.out) == (1, "")
    lines = done.err.splitlines()
    assert lines[0].startswith("error: ")
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("  "))
    assert "Traceback" not in done.err
    assert all(word in done.err for word in words), done.err
    assert not [path for path in store.rglob("*") if path.is_file() and path.name != ".gitignore"]


def kpis_of(repository, done) -> object:
    return repository.json("show", done.json["recording"])["kpis"]


@pytest.mark.parametrize("name", ["a.gz", "a.log.gz", "a.zst", "a.log"])
def test_a_packed_log_imports_as_the_plain_one_whatever_it_is_called(importing, repository, log, name: str) -> None:
    plain = importing(log)
    packed = gzip.compress(log, mtime=0) if name != "a.zst" else bytes(pa.compress(log, codec="zstd", asbytes=True))
    done = importing(packed, name=name)
    assert done.json == plain.json
    assert kpis_of(repository, done) == kpis_of(repository, plain)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_packed_log_that_is_cut_is_refused(importing, store, log, codec: str, share: float) -> None:
    packed = gzip.compress(log) if codec == "gzip" else bytes(pa.compress(log, codec="zstd", asbytes=True))
    assert_refused(importing(packed[: int(len(packed) * share)], name="a.packed"), store, "a.packed")


def bomb(begun_with: bytes, filler: bytes, megabytes: int) -> bytes:
    return gzip.compress(begun_with) + gzip.compress(filler * 8 * MEGABYTE) * (megabytes // 8)


@pytest.mark.slow
@pytest.mark.parametrize("filler", [b"\n", b"x\n"])
def test_a_bomb_that_begins_as_a_log_is_refused_and_leaves_no_draft(importing, store, log, filler: bytes) -> None:
    assert_refused(importing(bomb(log, filler, 512)), store, "expands to more than 250 times", "a.log")


def test_a_packed_packed_log_is_no_log(importing, store, log) -> None:
    assert_refused(importing(gzip.compress(gzip.compress(log))), store, "holds no span")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda log: log + log, "occurs twice"),
        (lambda log: log.replace(b"measured run 1 =", b"measured run 0 ="), "no measured run"),
        (lambda log: log.replace(b"measured run 2 =", b"measured run 1 ="), "occurs twice"),
        (lambda log: log.replace(b"run 1 =", b"run 999999 =").replace(b"run 2 =", b"run 999999 ="), "999999"),
        (lambda log: b"".join(SECTION % number for number in range(1, 50_001)) + log, "occurs twice"),
        (lambda _: b"".join(SECTION % number for number in range(50_000)), "holds no span"),
        (lambda _: b"===== warmup =====\n" + ROOT, "no measured run"),
        (lambda _: b"\0" * MEGABYTE, "holds no span"),
        (lambda _: b"\n" * MEGABYTE, "holds no span"),
        (lambda _: seeded(0).randbytes(200_000), "holds no span"),
    ],
)
def test_strange_sections_and_no_text_at_all_are_refused(importing, store, log, made, words: str) -> None:
    assert_refused(importing(made(log)), store, words)


def test_hundreds_of_sections_are_as_many_runs(importing, repository) -> None:
    done = importing(b"".join(SECTION % number + ROOT for number in range(1, 301)))
    shown = repository.json("show", done.json["recording"])
    assert (done.code, len(shown["runs"])) == (0, 300)
    assert shown["kpis"][0]["n"] == 300


def test_a_header_of_ten_megabytes_changes_no_number(importing, repository, log) -> None:
    done = importing(b"# Command: " + b"x" * (10 * MEGABYTE) + b"\n" + log)
    assert done.code == 0
    assert kpis_of(repository, done) == kpis_of(repository, importing(log))


@pytest.mark.parametrize("name", ["a\nb.log", "a b.log", "ä\u202e.log", "-.log", "%s{}.log", "a=b.log", ".."])
def test_a_file_name_is_only_a_name(importing, repository, store, tmp_path, log, name: str) -> None:
    if name == "..":
        args = ("import", f"keccakf={tmp_path}/store/../../..", "--target", "openvm-cpu")
        return assert_refused(repository.harness(*args), store, "cannot be read")
    done = importing(log, name=name)
    assert done.json == importing(log).json
    return None


def test_a_folder_is_refused(repository, store, tmp_path) -> None:
    done = repository.harness("import", f"keccakf={tmp_path}", "--target", "openvm-cpu")
    assert_refused(done, store, "cannot be read")


def test_a_torn_last_line_is_a_warning(importing, log) -> None:
    """What is lost of it is only fields; see the formats' tests."""
    for lost in (1, 2, 5):
        done = importing(log[:-lost])
        assert (done.code, done.json["warnings"]) == (0, ["a.log: the last line has no end: the log may be cut"])


@pytest.mark.parametrize("share", [0.61, 0.8, 0.93, 0.99])
def test_a_log_cut_within_a_tree_fails_that_run_and_under_strict_the_import(importing, store, log, share) -> None:
    cut = log[: int(len(log) * share)]
    assert_refused(importing(cut, "--strict"), store, "a.log:", "in all")
    done = importing(cut)
    assert (done.code, "is kept but not labelled" in done.err) == (1, True)


def test_two_programs_printing_at_once_fail_their_run_and_give_no_sample(importing, repository, log) -> None:
    runs = re.split(rb"(?m)^(?====== )", log)
    one, other = (text.splitlines(keepends=True) for text in runs[-2:])
    mixed = b"".join(line for pair in zip(one[1:], other[1:], strict=False) for line in pair)
    done = importing(b"".join(runs[:-1]) + SECTION % 5 + mixed)
    [recording] = [row["recording"] for row in repository.json("ls") if row["target"] == "openvm-cpu"]
    shown = repository.json("show", recording)
    assert (done.code, "damaged" in done.err) == (1, True)
    assert {kpi["n"] for kpi in shown["kpis"]} <= {0, 4}


HARMLESS = '{"ph":"C","name":"c","ts":"x","pid":1,"tid":1,"args":{"v":1}},\n'
TRACE = (
    '[{"ph":"X","name":"stark_prove_excluding_trace","pid":1,"tid":1,"ts":1,"dur":5,"args":{}},\n'
    + HARMLESS * 7
    + '{"ph":"i","name":"e","pid":1,"tid":1,"ts":2,"args":{}}]\n'
)


def test_skipped_pieces_are_warnings_with_file_and_line_and_are_counted(importing, repository) -> None:
    done = importing(TRACE.encode(), name="a.json")
    assert done.code == 0
    skipped = [warning for warning in done.json["warnings"] if warning.startswith("a.json:")]
    assert [warning.split(" ")[0] for warning in skipped[:5]] == [f"a.json:{line}:" for line in range(2, 7)]
    assert skipped[5:] == ["a.json: 2 more pieces could not be read"]
    [run] = repository.json("show", done.json["recording"])["runs"]
    assert run["issues"] == 7


def test_under_strict_any_skipped_piece_refuses_the_file_and_names_its_line(importing, store) -> None:
    assert_refused(importing(TRACE.encode(), "--strict", name="a.json"), store, "a.json:2: ", "(7 in all)")


def test_under_strict_a_whole_log_is_imported(importing, log) -> None:
    assert importing(log, "--strict").json == importing(log).json


def test_a_line_that_is_too_long_fails_its_run_and_is_named(importing, store, log) -> None:
    long_line = log + b"x" * (33 * MEGABYTE) + b"\n"
    number = log.count(b"\n") + 1
    assert_refused(importing(long_line, "--strict"), store, f"a.log:{number}: a line of over 32 MiB")
    assert f"line {number}" in importing(long_line).err


def test_what_is_skipped_of_a_file_beside_the_log_is_said_of_that_file(repository, tmp_path) -> None:
    raw = SESSION / "raw"
    for name, packed in (("logup.log", "logup.log.zst"), ("logup.1.spans.jsonl", "logup.1.spans.jsonl.zst")):
        (tmp_path / name).write_bytes(pa.input_stream(str(raw / packed), compression="zstd").read())
    beside = tmp_path / "logup.1.spans.jsonl"
    beside.write_bytes(beside.read_bytes()[:1500])
    files = [f"logup={tmp_path / name}" for name in ("logup.log", "logup.1.spans.jsonl")]
    done = repository.harness("import", *files, "--target", "openvm-cpu", "--host", "h", "--format", "json")
    assert done.json["warnings"]
    assert all("logup.1.spans.jsonl" in warning for warning in done.json["warnings"])
