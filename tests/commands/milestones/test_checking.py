"""A completed milestone is held against its evidence and against git; each way to break it is one case."""

import re
from collections.abc import Callable

import pytest

from tests.commands.milestones.programme_checkout import BOARD, FOLDER, HOLDS, ROUND_TRIP, ProgrammeCheckout

pytestmark = pytest.mark.slow

FILE = f"{FOLDER}/milestone-9.md"
OTHER = f"{FOLDER}/milestone-12.md"
WHIR = "crates/metal-backend/src/whir.rs"
LOCK = "Cargo.lock"
THRESHOLD = "- keccakf `prover.rap_constraints.round0` is at least 20% below its Milestone 8 median"

Change = Callable[[ProgrammeCheckout], object]


def appended(name: str) -> Change:
    """One more line at the end of a file."""
    return lambda checkout: checkout.write(name, f"{checkout.read(name)}\n")


def replaced(old: str, new: str) -> Change:
    """The first place of a pattern in the milestone's file; `new` is the text there, not a pattern."""

    def change(checkout: ProgrammeCheckout) -> None:
        text, count = re.subn(old, lambda _found: new, checkout.read(FILE), count=1)
        assert count == 1
        checkout.write(FILE, text)

    return change


def without_a_name(checkout: ProgrammeCheckout) -> None:
    """All that was done is one commit that does not say for what."""
    checkout.git("reset", "-q", "--soft", "main")
    checkout.commit("Faster")


def bumped(checkout: ProgrammeCheckout) -> None:
    """Another version of a pinned dependency."""
    checkout.write(LOCK, checkout.read(LOCK).replace('version = "0.4.1"', 'version = "0.4.2"'))


BROKEN: dict[str, tuple[Change, str]] = {
    "a validation that was vacuous is called passed": (
        replaced("ntt_roundtrip`: vacuous", "ntt_roundtrip`: pass"),
        r"^Validation Log, line \d+: the file says .*ntt_roundtrip`: pass .*gives .*ntt_roundtrip`: vacuous",
    ),
    "the acceptance of the vacuous validation is gone": (
        replaced("  - accepted as vacuous by .*\n", ""),
        rf"'{ROUND_TRIP}' is vacuous: it executed no test",
    ),
    "a validation is gone": (
        replaced("- `cargo check -p openvm-metal-backend`: .*\n", ""),
        "'cargo check -p openvm-metal-backend' was not validated",
    ),
    "a threshold is dropped": (replaced(THRESHOLD, "- keccakf round 0 is faster"), "a threshold was dropped: 'keccakf"),
    "a threshold is lowered": (replaced("at least 20%", "at least 2%"), "a threshold was dropped: 'keccakf"),
    "an exit criterion is gone": (replaced(f"{THRESHOLD}.*\n", ""), "a threshold was dropped: 'keccakf"),
    "the status board changed": (appended(BOARD), f"{BOARD}, the status board, changed since"),
    "another milestone's file changed": (appended(OTHER), f"{OTHER}, the file of milestone 12, changed since"),
    "a pinned dependency changed": (bumped, r"p3-field 0\.4\.1 .*0\.4\.2 .*in Cargo\.lock"),
    "no commit names it": (without_a_name, "^No commit after [0-9a-f]{12} names milestone 9"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_it_fails_where(completed, case: str) -> None:
    change, said = BROKEN[case]
    change(completed)
    found = completed.check("9")

    assert found.code == 3
    assert [one for one in found.fails if re.search(said, one)]
    assert found.unclear == ()


def test_what_breaks_it_breaks_it_when_it_is_committed_too(completed) -> None:
    for change in (appended(BOARD), appended(OTHER), bumped, replaced("at least 20%", "at least 2%")):
        change(completed)
    before = completed.check("9").fails
    completed.commit("Milestone 9: more")

    assert completed.check("9").fails == before
    assert len([one for one in before if re.search("board, changed|of milestone 12|p3-field|threshold", one)]) == 4


def test_it_holds_where_nothing_was_done_to_it(completed) -> None:
    assert completed.check("9") == completed.check("9", "--base", "main") == HOLDS


def test_what_breaks_it_is_told_with_a_way_out_and_the_answer_last(completed) -> None:
    appended(BOARD)(completed)
    done = completed.harness("milestone", "check", "9")
    first, found, hint, last = done.out.splitlines()

    assert (done.code, done.err) == (3, "")
    assert first.startswith("milestone 9: Round 0 and LogUp coset dispatch fusion, changes since ")
    assert found.startswith(f"FAILS  {BOARD}, the status board, ")
    assert (hint[:4], last) == ("    ", "verdict: broken")
    assert completed.harness("milestone", "check", "9", "--format", "markdown").out.startswith(
        "**broken**: milestone 9,"
    )


def test_files_outside_the_focus_are_a_warning(completed) -> None:
    completed.write(f"{FOLDER}/notes.md", "Mine.\n")
    found = completed.check("9")

    assert (found.code, found.fails) == (0, ())
    (said,) = found.warns
    assert re.fullmatch(rf"Not among milestone 9's focus files, but changed since \w+: {FOLDER}/notes\.md\.", said)


def test_an_exit_criterion_without_a_number_may_be_worded_otherwise_with_a_warning(completed) -> None:
    replaced("- Proofs stay the same byte for byte", "- Proofs stay the same")(completed)
    found = completed.check("9")

    assert (found.code, found.fails) == (0, ())
    assert found.warns == (
        f"{FILE}: the exit criterion 'Proofs stay the same byte for byte.' is worded otherwise today.",
    )


def test_a_verdict_may_be_written_behind_an_exit_criterion(completed) -> None:
    replaced(r"or Notes gives the rationale\.", "or Notes gives the rationale: met (664 ms)")(completed)

    assert completed.check("9") == HOLDS


def test_where_history_is_cut_off_it_cannot_be_told(completed, tmp_path) -> None:
    clone = completed.clone_to(tmp_path / "clone", "--depth", "1", source=f"file://{completed.path}")
    found = clone.check("9")

    assert (found.code, found.fails) == (4, ())
    assert any(
        one.startswith("What changed for milestone 9 cannot be told: git has no version of ") for one in found.unclear
    )
    assert "git fetch --unshallow" in clone.harness("milestone", "check", "9").out


def test_where_no_base_is_known_it_cannot_be_told_until_one_is_given(completed) -> None:
    main = completed.git("rev-parse", "main")
    completed.git("branch", "-D", "main")
    completed.git("switch", "-q", "--orphan", "lone")
    completed.git("restore", "--source", "perf/m9", "--staged", "--worktree", ".")
    completed.git("commit", "-qm", "Milestone 9: all of it")
    found = completed.check("9")

    assert (found.code, found.fails) == (4, ())
    assert "HEAD left no default branch" in found.unclear[0]
    assert "Give --base REVISION" in completed.harness("milestone", "check", "9").out
    assert completed.check("9", "--base", "HEAD").fails == (
        f"No commit after {completed.git('rev-parse', 'HEAD')[:12]} names milestone 9.",
    )
    assert (
        completed.check("9", "--base", main)
        .unclear[0]
        .startswith("What changed for milestone 9 cannot be told: HEAD and")
    )


def test_a_base_that_names_no_commit_is_an_error(completed) -> None:
    done = completed.harness("milestone", "check", "9", "--base", "nosuch")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: 'nosuch' names no commit in ")


def goes_on(checkout: ProgrammeCheckout) -> None:
    """Others work on: the board, a milestone, its code, a new version of what was pinned."""
    appended(BOARD)(checkout)
    checkout.set_values("12", status="in_progress", owner="else")
    appended(WHIR)(checkout)
    bumped(checkout)
    checkout.commit("Milestone 12: begin")


def fast_forwarded(checkout: ProgrammeCheckout) -> None:
    checkout.git("switch", "-q", "main")
    checkout.git("merge", "-q", "--ff-only", "perf/m9")


def merged(checkout: ProgrammeCheckout) -> None:
    checkout.git("switch", "-q", "main")
    goes_on(checkout)
    checkout.git("merge", "-q", "--no-ff", "--message", "Merge perf/m9", "perf/m9")


def squashed(checkout: ProgrammeCheckout) -> None:
    checkout.git("switch", "-q", "main")
    checkout.git("merge", "-q", "--squash", "perf/m9")
    checkout.commit("Milestone 9: one dispatch for all cosets (#9)")
    checkout.git("branch", "-q", "-D", "perf/m9")


@pytest.mark.parametrize("landed", [fast_forwarded, merged, squashed])
def test_a_milestone_that_landed_holds_while_others_go_on(completed, landed: Change) -> None:
    landed(completed)
    at_once = completed.check("9")
    goes_on(completed)

    assert at_once == completed.check("9") == HOLDS


@pytest.mark.parametrize("landed", [fast_forwarded, merged])
def test_a_clone_of_what_landed_holds_while_others_go_on(completed, tmp_path, landed: Change) -> None:
    landed(completed)
    goes_on(completed)

    assert completed.clone_to(tmp_path / "clone", "--no-local").check("9", HARNESS_HOST="elsewhere") == HOLDS


def test_of_a_branch_that_is_gone_a_clone_warns_that_what_was_measured_cannot_be_seen(completed, tmp_path) -> None:
    squashed(completed)
    goes_on(completed)
    found = completed.clone_to(tmp_path / "clone", "--no-local").check("9")

    assert (found.code, found.fails, found.unclear) == (0, (), ())
    assert len(found.warns) == 5
    assert all("can no longer be told" in one for one in found.warns)


def test_squashed_onto_what_others_did_it_holds_with_warnings_whether_its_branch_is_here_or_not(
    completed, tmp_path
) -> None:
    completed.git("switch", "-q", "main")
    goes_on(completed)
    completed.git("switch", "-q", "perf/m9")
    squashed(completed)
    here, there = completed.check("9"), completed.clone_to(tmp_path / "clone", "--no-local").check("9")

    assert (here.code, here.fails, here.unclear) == (there.code, there.fails, there.unclear) == (0, (), ())
    assert len([one for one in here.warns if "can no longer be told" in one]) == 5


def test_what_landed_is_still_held_against_its_evidence(completed) -> None:
    fast_forwarded(completed)
    goes_on(completed)
    replaced(r"\*\*faster\*\*", "**same**")(completed)
    completed.commit("Tidy up")
    (said,) = completed.check("9").fails

    assert said.startswith("Metrics, line ")


def test_a_milestone_that_was_not_documented_lacks_everything(measured) -> None:
    found = measured.check("9")

    assert found.code == 3
    assert found.fails[0] == f"{FILE} has no rendered Metrics."
    assert sum(one.endswith("was not validated") for one in found.fails) == 4


def test_other_milestones_files_need_not_be_readable(completed) -> None:
    completed.write(OTHER, "")

    assert [one for one in completed.check("9").fails if "milestone-12.md, the file of milestone 12" in one]
