"""The whole life of a milestone, from its claim to a fresh clone of what it left in the repository.

It is lived once with each kind of line ends; the tests are what must be true of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.milestones.changes import message_names
from harness.milestones.document import Key, Status
from tests.commands.conftest import Ran
from tests.commands.milestones.programme_checkout import (
    BOARD,
    FOLDER,
    OWNER,
    ROUND_TRIP,
    ProgrammeCheckout,
    as_given,
    checked_out,
    surroundings,
)

pytestmark = pytest.mark.slow

FILE = f"{FOLDER}/milestone-9.md"
ACCEPT = ("--accept-vacuous", ROUND_TRIP, "--reason", "it holds no test yet")
ELSEWHERE = {"HARNESS_HOST": "elsewhere", "RUST_LOG": "trace"}


@dataclass(frozen=True)
class Step:
    """One call of a verb: the milestone's file before and after, and what git calls changed then."""

    said: str
    ran: Ran
    before: str
    after: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Life:
    """What happened to milestone 9, in order; `clone` is what others get of it."""

    checkout: ProgrammeCheckout
    template: str
    newline: str
    steps: list[Step] = field(default_factory=list)

    @property
    def file(self) -> str:
        return self.checkout.read(FILE)

    def do(self, *args: str, times: int = 1) -> None:
        """Calls a verb of `harness milestone`, `times` in a row."""
        for _ in range(times):
            before = self.file
            ran = self.checkout.harness("milestone", *args, HARNESS_OWNER=OWNER)
            changed = changed_files(self.checkout)
            self.steps.append(Step(" ".join(args), ran, before, self.file, changed))

    def of(self, said: str) -> list[Step]:
        """Every call of these words."""
        return [one for one in self.steps if one.said == said]


def changed_files(checkout: ProgrammeCheckout) -> tuple[str, ...]:
    """Every file that is not as it was committed, or not committed at all."""
    others = checkout.git("ls-files", "--others", "--exclude-standard")
    return tuple(f"{checkout.git('diff', '--name-only', 'HEAD')}\n{others}".split())


def lived(checkout: ProgrammeCheckout, newline: str) -> Life:
    """The protocol of docs/milestones.md, with everything called twice that writes."""
    (checkout.path / FILE).write_bytes(checkout.read(FILE).replace("\n", newline).encode())
    checkout.git("commit", "-q", "--all", "--amend", "--message", "The prover and its programme")
    life = Life(checkout=checkout, template=checkout.read(FILE), newline=newline)
    life.do("preflight", "9")
    checkout.git("switch", "-q", "-c", "perf/m9")
    life.do("start", "9", times=2)
    checkout.commit("Milestone 9: begin")
    checkout.state("ROUND0_PERCENT", 70)
    checkout.state("SYNCS", 0)
    checkout.commit("Milestone 9: one dispatch for all cosets")
    checkout.json("compare", "main", "HEAD")
    life.do("metrics", "9", "--base", "main", "--head", "HEAD", times=2)
    life.do("metrics", "9")
    life.do("criteria", "9", times=2)
    life.do("validate", "9", times=2)
    life.do("check", "9", times=2)
    life.do("complete", "9")
    life.do("complete", "9", *ACCEPT, times=2)
    checkout.commit("Milestone 9: complete")
    life.do("check", "9")
    for again in (("metrics", "9"), ("criteria", "9"), ("validate", "9"), ("complete", "9"), ("preflight", "9")):
        life.do(*again)
    life.do("report", "9")
    life.do("report", "9", "--commit-message")
    life.do("report", "9", "--pr")
    life.do("board")
    return life


@pytest.fixture(scope="module", params=["\n", "\r\n"], ids=["lf", "crlf"])
def life(request, tmp_path_factory: pytest.TempPathFactory, cargo: str) -> Iterator[Life]:  # noqa: ARG001 (it must be there)
    folder = tmp_path_factory.mktemp("life")
    with surroundings(folder) as patch:
        yield lived(checked_out(folder / "programme", patch), request.param)


def test_every_verb_has_the_exit_code_that_the_protocol_gives_it(life) -> None:
    complete = f"complete 9 {' '.join(ACCEPT)}"

    assert [(one.said, one.ran.code) for one in life.steps] == [
        ("preflight 9", 0),
        *[("start 9", 0)] * 2,
        *[("metrics 9 --base main --head HEAD", 0)] * 2,
        ("metrics 9", 0),
        *[("criteria 9", 0)] * 2,
        *[("validate 9", 4)] * 2,
        *[("check 9", 3)] * 2,
        ("complete 9", 3),
        *[(complete, 0)] * 2,
        ("check 9", 0),
        ("metrics 9", 0),
        ("criteria 9", 0),
        ("validate 9", 0),
        ("complete 9", 0),
        ("preflight 9", 0),
        ("report 9", 0),
        ("report 9 --commit-message", 0),
        ("report 9 --pr", 0),
        ("board", 0),
    ]


def test_it_is_ready_at_first_and_a_no_op_at_last(life) -> None:
    first, last = life.of("preflight 9")

    assert first.ran.out.startswith("milestone 9: ready\n")
    assert last.ran.out.startswith("milestone 9: no-op\n")
    assert life.of("complete 9")[-1].ran.out == "milestone 9: no-op: it is completed already\n"


def test_a_verb_writes_once_and_changes_nothing_when_it_is_called_again(life) -> None:
    writing = [one.said for one in life.steps if one.before != one.after]

    assert writing == [
        "start 9",
        "metrics 9 --base main --head HEAD",
        "criteria 9",
        "validate 9",
        f"complete 9 {' '.join(ACCEPT)}",
    ]


def test_all_that_is_the_authors_stays_byte_for_byte_after_every_step(life) -> None:
    assert {as_given(one.after) for one in life.steps} == {as_given(life.template)}
    assert as_given(life.template).count("- Pending.") == 2


def test_the_line_ends_are_those_of_the_file(life) -> None:
    assert life.file.count("\n") == life.file.count(life.newline) > 150


def test_nothing_but_the_milestones_file_is_written_before_it_is_completed(life) -> None:
    at = next(i for i, one in enumerate(life.steps) if one.said.startswith("complete 9 --accept"))

    assert {name for one in life.steps[:at] for name in one.changed} == {FILE}
    assert [one.changed for one in life.steps if one.said == "report 9"] == [()]


def test_completing_writes_only_what_the_file_names_and_the_board_never_changes(life) -> None:
    (done, _again) = life.of(f"complete 9 {' '.join(ACCEPT)}")
    written = [name for name in done.changed if name != FILE]
    ids = set(re.findall(r"recording `([0-9a-f]{16})`", life.file))
    logs = set(re.findall(rf"`({FOLDER}/baselines/[^`]+\.log)`", life.file))

    assert {name for name in written if name.startswith(FOLDER)} == logs
    assert {name.split("/")[2] for name in written if name.startswith("baselines/recordings/")} == ids
    assert [name for name in written if not name.startswith((FOLDER, "baselines/recordings/"))] == [
        "baselines/labels/m8.json"
    ]
    assert len(logs) == 8
    assert life.checkout.git("diff", "--name-only", "main", "--", BOARD) == ""


def test_the_check_of_what_is_not_complete_names_only_the_vacuous_round_trip(life) -> None:
    for one in (*life.of("check 9")[:2], life.of("complete 9")[0]):
        (found,) = re.findall("^FAILS  .*", one.ran.out, re.MULTILINE)
        assert found == f"FAILS  {FILE}: '{ROUND_TRIP}' is vacuous: it executed no test"
        assert f"--accept-vacuous '{ROUND_TRIP}' --reason TEXT" in one.ran.out


def test_the_front_matter_tells_who_completed_it_where_and_when(life) -> None:
    file = life.checkout.milestone("9")
    today = file.value(Key.COMPLETED)

    assert file.status is Status.COMPLETED
    assert (file.value(Key.OWNER), file.value(Key.BRANCH), file.value(Key.PR)) == (OWNER, "perf/m9", "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", today)
    assert file.value(Key.STARTED) <= today == file.value(Key.LAST_UPDATED)


def test_the_vacuous_validation_is_taken_with_its_reason_and_stays_vacuous(life) -> None:
    (line,) = [one for one in life.file.splitlines() if one.startswith(f"- `{ROUND_TRIP}`: ")]

    assert line.startswith(f"- `{ROUND_TRIP}`: vacuous (`0` tests executed, ")
    assert f"{line}{life.newline}  - accepted as vacuous by {OWNER}: it holds no test yet{life.newline}" in life.file


def test_the_metrics_say_what_was_measured_and_name_every_recording_and_log(life) -> None:
    metrics = life.of("metrics 9")[0].ran.out

    assert "- base and head: **faster**; their runs took turns in one session." in metrics
    assert re.search(r"`prover\.rap_constraints\.round0: -\d+ms` \(`-(29|30)\.\d%`\)", metrics)
    assert "`sync_count` `-1`" in metrics
    assert metrics.count("\n| `keccakf` |") == metrics.count("\n| `logup` |") == 7


@pytest.mark.parametrize("default", ["main", "perf/m9"])
def test_a_fresh_clone_holds_on_another_host_without_a_store(life, tmp_path: Path, default: str) -> None:
    remote = life.checkout.clone_to(tmp_path / "remote.git", "--bare")
    remote.git("symbolic-ref", "HEAD", f"refs/heads/{default}")
    clone = remote.clone_to(tmp_path / "clone", "--no-local", "--branch", "perf/m9")
    done = clone.harness("milestone", "check", "9", **ELSEWHERE)

    assert (done.code, done.out.splitlines()[1:]) == (0, ["verdict: holds"])
    assert not (clone.path / ".harness").exists()
    assert changed_files(clone) == ()


def test_the_final_report_names_what_was_done(life) -> None:
    report = life.of("report 9")[0].ran.out
    commit = life.checkout.git("rev-parse", "HEAD")

    assert re.findall("^## (.*)", report, re.MULTILINE) == ["Milestone 9: Round 0 and LogUp coset dispatch fusion"]
    assert re.findall("^### (.*)", report, re.MULTILINE) == [
        "Scope",
        "Changed files",
        "Optimisation summary",
        "Measured deltas",
        "Exit criteria",
        "Validation",
        "Residual bottlenecks",
    ]
    assert f"- Commit: `{commit}`" in report
    assert "- `crates/metal-backend/src/metal/logup_zerocheck.rs`" in report
    assert f"- `{ROUND_TRIP}`: vacuous" in report
    assert re.search(r"^1\. `prover\.main_trace_commit`: \d+ms, \d+ %, self \d+ms$", report, re.MULTILINE)


def test_the_commit_message_names_the_milestone(life) -> None:
    message = life.of("report 9 --commit-message")[0].ran.out

    assert message.startswith("Milestone 9: Round 0 and LogUp coset dispatch fusion\n\n")
    assert message_names(message, "9")
    assert not message_names(message, "8")
    medians, change = (
        r"^keccakf stark_prove_excluding_trace: \d+ -> \d+ ms$",
        r"  -1\d\.\d %, faster, n=5\+5; vs reference ",
    )
    assert re.search(f"{medians}\n{change}", message, re.MULTILINE)


def test_the_pull_request_follows_the_repositorys_template(life) -> None:
    template = life.checkout.read(".github/PULL_REQUEST_TEMPLATE.md")
    request = life.of("report 9 --pr")[0].ran.out
    headings = re.findall("^## .*", template, re.MULTILINE)

    assert re.findall("^## .*", request, re.MULTILINE) == headings
    assert request.startswith(template.partition("## Validation")[0])
    assert "- [x] `cargo check -p <crate>`" in request
    for said in (
        "Milestone ID: 9",
        "Baseline trace file",
        "Baseline key spans",
        "Post-change key spans",
        "Delta summary",
    ):
        assert f"- {said}" in request


def test_the_board_still_says_otherwise_and_the_file_counts(life) -> None:
    (board,) = life.of("board")

    assert "Board and files disagree; the files count:" in board.ran.out
    assert re.search(r"^9 +status +not_started +completed$", board.ran.out, re.MULTILINE)


KEYS = {
    ("board",): "disagreements unreadable ready milestones",
    ("preflight", "9", "--owner", OWNER): "milestone title state reasons warnings owner status dependencies",
    ("start", "9", "--owner", OWNER): "milestone title state reasons warnings owner status dependencies changed",
    ("validate", "9"): "milestone results changed",
    ("metrics", "9"): "milestone recordings sessions comparison against_reference parts logs changed",
    ("criteria", "9"): "milestone criteria changed",
    ("check", "9"): "milestone title status counted_from ok verdict findings",
    ("report", "9"): "milestone title commit recordings changed verdict criteria validations markdown text",
    ("complete", "9"): "milestone completed changed published findings open_criteria",
}
PARTS = {
    "results": "name command result reason tests_executed warnings base_warnings seconds exit_code log sha256 accepted",
    "logs": "benchmark path sha256",
    "criteria": "criterion of_plan outcome evidence",
    "parts": "form title benchmark spans counters gate",
    "findings": "severity what hint",
    "validations": "command result",
    "dependencies": "milestone status",
}


def test_every_verb_answers_as_data_with_its_own_keys(documented) -> None:
    for args, keys in KEYS.items():
        answer = documented.json("milestone", *args)

        assert list(answer) == keys.split()
        for name in PARTS.keys() & answer.keys():
            assert {tuple(one) for one in answer[name]} == {tuple(PARTS[name].split())}
