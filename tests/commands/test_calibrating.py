from pathlib import Path

import msgspec
import pytest

from harness.commands.stored_sessions import sessions_for
from harness.commands.talk import Talk
from harness.commands.workspace import Workspace, open_workspace

TOTAL = "stark_prove_excluding_trace"


@pytest.fixture
def drifting(checkout):
    """A program whose times also depend on SHIFT, which stands for what differs from session to session."""
    text = (checkout.path / "prove.sh").read_text()
    checkout.write("prove.sh", text.replace("(100 + n % 9)", "(100 + n % 9 + ${SHIFT:-0})"))
    checkout.commit()
    return checkout


class Heard(Talk):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def workspace_of(checkout, *, say: Talk | None = None) -> Workspace:
    return open_workspace(Path(checkout.path), store=None, target=None, host=None, say=say)


def manifest(checkout, recording: str):
    return workspace_of(checkout).store.load(recording).manifest


def taken_again(checkout, recording: str, *, day: int) -> None:
    """Stores a recording once more, as of another day."""
    store = workspace_of(checkout).store
    draft = store.root / "recordings" / f"draft-{day}"
    draft.mkdir()
    changed = msgspec.structs.replace(
        store.load(recording).manifest, started=f"2026-11-{day:02d}T08:00:00.000Z", files={}
    )
    store.publish_draft(draft, changed)


def test_a_session_is_recorded_of_the_checked_out_commit_unlabelled(checkout) -> None:
    checkout.write("prove.sh", "exit 1\n")
    made = checkout.json("doctor", "--calibrate")
    shown = checkout.json("show", made["recording"])

    assert shown["protocol"]["calibration"] is True
    assert shown["provenance"]["dirty"] is False
    assert shown["labels"] == []
    assert [run["kind"] for run in shown["runs"]] == ["warmup", *["measured"] * 5]


def test_every_session_adds_to_what_is_known_of_each_kpi(drifting) -> None:
    first = drifting.json("doctor", "--calibrate")
    second = drifting.json("doctor", "--calibrate", SHIFT="10")
    total = second["kpis"][0]

    assert {"sessions": 1, "needed": 6, "span_s": 0.0}.items() <= first.items()
    assert first["kpis"][0] == {
        "benchmark": "keccakf",
        "kpi": TOTAL,
        "sessions": 1,
        "sd_ratio": None,
        "span_s": 0.0,
        "judged_gap_s": 0,
    }
    assert (second["sessions"], total["sessions"]) == (2, 2)
    assert total["sd_ratio"] == pytest.approx((114 / 104) ** 0.5**0.5 - 1)
    assert 0 < total["span_s"] < 600


def test_the_program_stays_that_of_the_last_session_unless_told_otherwise(checkout) -> None:
    old = checkout.json("doctor", "--calibrate", "--runs", "1")["recording"]
    checkout.write("more.txt", "x")
    checkout.commit()
    again = checkout.harness("doctor", "--calibrate", "--runs", "1", "--format", "json")
    other = checkout.json("doctor", "--calibrate", "--runs", "1", "--rev", "HEAD")

    commits = [manifest(checkout, one).provenance.commit for one in (old, again.json["recording"], other["recording"])]
    assert commits[0] == commits[1] != commits[2]
    assert f"Recording commit {commits[0][:12]} as in the last calibration session" in again.err
    assert (again.json["sessions"], other["sessions"]) == (2, 2)


def test_where_the_last_program_is_gone_the_checked_out_one_is_taken(checkout) -> None:
    checkout.json("doctor", "--calibrate", "--runs", "1")
    checkout.write("more.txt", "x")
    checkout.git("add", "-A")
    checkout.git("commit", "-q", "--amend", "-m", "y")
    checkout.git("reflog", "expire", "--expire=now", "--all")
    checkout.git("gc", "-q", "--prune=now")
    made = checkout.json("doctor", "--calibrate", "--runs", "1")

    assert manifest(checkout, made["recording"]).provenance.commit == checkout.git("rev-parse", "HEAD")


def test_a_comparison_of_a_program_with_itself_is_a_session_too(checkout) -> None:
    checkout.json("compare", "HEAD", "HEAD", "--measure-anyway", "--runs", "2")
    made = checkout.json("doctor", "--calibrate", "--runs", "2")

    assert made["sessions"] == 2


def test_a_session_of_another_host_or_other_settings_does_not_count(checkout) -> None:
    checkout.json("doctor", "--calibrate", "--runs", "1", "--host", "other")
    checkout.json("doctor", "--calibrate", "--runs", "1", RUST_LOG="debug")

    assert checkout.json("doctor", "--calibrate", "--runs", "1")["sessions"] == 1


def test_a_session_that_broke_off_does_not_count(checkout) -> None:
    assert checkout.harness("doctor", "--calibrate", "--runs", "3", MODE="fail-third").code == 1
    assert checkout.json("doctor", "--calibrate", "--runs", "3")["sessions"] == 1


def test_the_table_says_what_is_known_and_how_many_are_missing(drifting) -> None:
    drifting.json("doctor", "--calibrate", "--runs", "1")
    text = drifting.harness("doctor", "--calibrate", "--runs", "1", SHIFT="10").out
    table = drifting.harness("doctor", "--calibrate", "--runs", "1", "--format", "markdown").out

    assert "6.8 %" in text
    assert "4 more sessions are needed" in text
    assert "| `keccakf` | `stark_prove_excluding_trace` | 3 | 3 |" in table


def test_what_to_calibrate_without_calibrating_is_a_usage_error(checkout) -> None:
    done = checkout.harness("doctor", "--rev", "HEAD")

    assert done.code == 2
    assert "--calibrate" in done.err


def test_six_sessions_over_the_days_between_two_recordings_end_the_doubt(drifting) -> None:
    session = drifting.json("doctor", "--calibrate", "--runs", "3")["recording"]
    ordinary = drifting.json("run", "--rev", "HEAD", "--runs", "3")["recording"]
    base = manifest(drifting, ordinary)
    sides = [msgspec.structs.replace(base, started=f"2026-10-0{day}T08:00:00.000Z") for day in (1, 6)]
    doubts = []
    for day in (1, 2, 3, 4, 8):
        taken_again(drifting, session, day=day)
        doubts.append(sessions_for(workspace_of(drifting), *sides).doubt("keccakf", TOTAL))

    assert ["4 are missing" in doubts[0], "1 is missing" in doubts[3], doubts[4]] == [True, True, ""]


def test_a_damaged_recording_is_told_and_left_out(checkout) -> None:
    made = checkout.json("doctor", "--calibrate", "--runs", "1")["recording"]
    sides = [manifest(checkout, made)] * 2
    (checkout.path / ".harness" / "recordings" / made / "recording.json").write_text("{}")
    heard = Heard()
    between = sessions_for(workspace_of(checkout, say=heard), *sides)

    assert "6 are missing" in between.doubt("keccakf", TOTAL)
    assert len(heard.lines) == 1
    assert "Not counted as a calibration session" in heard.lines[0]
