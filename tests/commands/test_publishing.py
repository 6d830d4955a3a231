import pytest

from harness.commands.publishing import (
    benchmarks_with_logs,
    copy_to_baselines,
    log_name,
    published_log,
    write_logs,
    write_once,
)
from harness.commands.workspace import open_workspace
from harness.errors import StoreError


@pytest.fixture
def published(checkout):
    """A recording in a workspace, and where its logs go."""
    recording_id = checkout.json("run", "--label", "m9", "--runs", "1")["recording"]
    workspace = open_workspace(checkout.path, store=checkout.path / ".harness", target=None, host=None)
    return workspace, workspace.store.load(recording_id), checkout.path / "docs" / "logs"


def test_a_published_recording_is_found_from_baselines_when_the_store_is_gone(checkout) -> None:
    recording = checkout.json("run", "--label", "m9", "--runs", "1")["recording"]
    done = checkout.harness("publish", "m9", "--name", "m9", "--logs", "logs")

    assert done.code == 0
    assert checkout.json("show", "m9", HARNESS_STORE=str(checkout.path / "elsewhere"))["recording"] == recording


def test_published_logs_begin_with_the_three_header_lines_and_hold_all_runs(checkout) -> None:
    shown = checkout.json("show", checkout.json("run", "--label", "m9", "--runs", "1")["recording"])
    checkout.harness("publish", "m9", "--name", "m9", "--logs", "logs")
    log = (checkout.path / "logs" / f"keccakf-{shown['started'][:10]}-m9.log").read_text()

    assert log.startswith(f"# capture: keccakf\n# Timestamp: {shown['started']}\n# Command: ./prove.sh\n\n===== warmup")
    assert log.count("stark_prove_excluding_trace") == 2


def test_a_published_log_imports_to_the_same_samples(checkout) -> None:
    shown = checkout.json("show", checkout.json("run", "--label", "m9", "--runs", "2")["recording"])
    checkout.harness("publish", "m9", "--logs", "logs")
    log = next((checkout.path / "logs").iterdir())
    again = checkout.json("show", checkout.json("import", f"keccakf={log}")["recording"])

    of_spans = [kpi["samples"] for kpi in shown["kpis"] if not kpi["kpi"].startswith("process.")]
    assert [kpi["samples"] for kpi in again["kpis"]] == of_spans


def test_an_incomplete_recording_is_not_published(checkout) -> None:
    checkout.harness("run", MODE="fail")
    failed = next(one["recording"] for one in checkout.json("ls") if one["failure"])
    done = checkout.harness("publish", failed)

    assert (done.code, "not complete" in done.err) == (1, True)


def test_a_log_is_written_where_there_is_none_and_the_same_bytes_may_lie_there(tmp_path) -> None:
    path = tmp_path / "logs" / "a.log"
    path.parent.mkdir()
    write_once(path, b"one\n")
    before = path.stat().st_mtime_ns
    write_once(path, b"one\n")

    assert (path.read_bytes(), path.stat().st_mtime_ns) == (b"one\n", before)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("other", [b"", b"one", b"one\r\n", b"one\nmore\n", b"\xff"])
def test_a_log_is_never_overwritten_with_other_bytes(tmp_path, other) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(other)

    with pytest.raises(StoreError, match=r"a\.log holds another log, which is kept") as error:
        write_once(path, b"one\n")
    assert path.read_bytes() == other
    assert "another name" in error.value.hint


def test_logs_are_named_by_benchmark_date_and_tag_and_written_twice_without_a_change(published) -> None:
    workspace, recording, folder = published
    written = write_logs(workspace, recording, folder, "m9")
    (benchmark,) = benchmarks_with_logs(recording)

    assert [path.name for path in written] == [f"keccakf-{recording.manifest.started[:10]}-m9.log"]
    assert written[0].name == log_name(recording, benchmark, "m9")
    assert written[0].read_bytes() == published_log(recording, benchmark, workspace.store.path_of(recording.id))
    before = written[0].stat().st_mtime_ns
    assert write_logs(workspace, recording, folder, "m9") == written
    assert written[0].stat().st_mtime_ns == before


def test_a_log_that_lies_there_already_is_kept_and_is_an_error(published) -> None:
    workspace, recording, folder = published
    (path,) = write_logs(workspace, recording, folder, "m9")
    path.write_text("somebody's\n")

    with pytest.raises(StoreError, match="holds another log"):
        write_logs(workspace, recording, folder, "m9")
    assert path.read_text() == "somebody's\n"


def test_a_place_that_cannot_take_a_log_is_one_clear_error(published) -> None:
    workspace, recording, folder = published
    (path,) = write_logs(workspace, recording, folder, "m9")
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_logs(workspace, recording, folder, "m9")

    with pytest.raises(StoreError, match="cannot be written"):
        write_logs(workspace, recording, workspace.directory / "harness.toml" / "logs", "m9")


def test_publishing_twice_is_publishing_once_and_under_another_name_another_log(checkout) -> None:
    checkout.json("run", "--label", "m9", "--runs", "1")
    again = [checkout.harness("publish", "m9", "--name", "m9", "--logs", "logs") for _ in range(2)]
    assert [done.code for done in again] == [0, 0]
    kept = {path.name: path.read_bytes() for path in (checkout.path / "logs").iterdir()}

    checkout.json("run", "--label", "later", "--runs", "2")
    refused = checkout.harness("publish", "later", "--name", "m9", "--logs", "logs")
    assert (refused.code, "holds another log, which is kept" in refused.err) == (1, True)
    assert {path.name: path.read_bytes() for path in (checkout.path / "logs").iterdir()} == kept
    assert checkout.harness("publish", "later", "--name", "m10", "--logs", "logs").code == 0
    assert len(list((checkout.path / "logs").iterdir())) == 2


def test_a_recording_is_copied_whole_and_once(published) -> None:
    workspace, recording, _folder = published
    place = copy_to_baselines(workspace, recording)
    source = workspace.store.path_of(recording.id)
    kept = {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}

    assert place == workspace.configuration.root / "baselines" / "recordings" / recording.id
    assert {path.relative_to(place): path.read_bytes() for path in kept} == {
        path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()
    }
    assert copy_to_baselines(workspace, recording) == place
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert [path.name for path in place.parent.iterdir()] == [recording.id]
