"""Ways to make a document say what its evidence does not, each of which `check` must see."""

import re

import pytest

from harness.commands.milestones import rendering
from tests.commands.milestones.programme_checkout import BOARD, FOLDER, ProgrammeCheckout

pytestmark = pytest.mark.slow

FILE = f"{FOLDER}/milestone-9.md"
M8 = "0ae611f3c83983b8"


def edited(checkout: ProgrammeCheckout, old: str, new: str) -> None:
    text = checkout.read(FILE)
    assert old in text, old
    checkout.write(FILE, text.replace(old, new))


def rendered_again(checkout: ProgrammeCheckout) -> None:
    for verb in ("metrics", "criteria"):
        checkout.json("milestone", verb, "9")


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("reference base", "which that label never named for this target"),
        ("reference none", "say that no recording was labelled m8 for this target, but there is one"),
    ],
)
def test_a_marker_cannot_say_what_the_contracts_reference_is(completed, claim: str, said: str) -> None:
    edited(completed, f"reference {M8}", claim)
    rendered_again(completed)
    found = completed.check("9")

    assert found.code == 3
    assert [one for one in found.fails if said in one]


def test_what_the_branch_did_before_the_claim_is_judged(completed) -> None:
    completed.git("switch", "-q", "-c", "perf/z", "main")
    completed.write(BOARD, completed.read(BOARD) + "\n")
    completed.commit("Milestone 9: prepare")
    completed.git("-c", "user.name=t", "-c", "user.email=t@t", "cherry-pick", "main..perf/m9")

    assert [one for one in completed.check("9").fails if one.startswith(f"{BOARD}, the status board, changed")]


def test_giving_a_milestone_back_and_claiming_it_again_hides_nothing(completed) -> None:
    completed.write(BOARD, completed.read(BOARD) + "\n")
    completed.commit("Milestone 9: more")
    text = completed.read(FILE)
    completed.set_values("9", status="not_started")
    completed.commit("Milestone 9: given back")
    completed.write(FILE, text)
    completed.commit("Milestone 9: claimed again")

    assert [one for one in completed.check("9").fails if one.startswith(f"{BOARD}, the status board, changed")]


def test_a_template_that_was_merged_in_from_elsewhere_is_none(completed) -> None:
    text = completed.git("show", f"main:{FILE}").replace("at least 20%", "at least 2%")
    completed.git("switch", "-q", "--orphan", "old")
    completed.write(FILE, text + "\n")
    completed.git("add", FILE)
    completed.git("commit", "-qm", "t", "--date", "2000-01-01T00:00:00Z")
    completed.git("switch", "-q", "perf/m9")
    completed.git("merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "m", "old")
    edited(completed, "at least 20%", "at least 2%")

    assert [one for one in completed.check("9").fails if "a threshold was dropped" in one]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Metrics\n", "## Appendix\n"),
        ("## Metrics\n", "## Metrics\n\n2.44s -> 1.10s, **met**\n\n## Appendix\n"),
        ("## Metrics\n", "## Metrics\n<!--\n"),
        ("<!-- harness:begin validation milestone 9 -->", "<!-- harness:begin validation milestone 9, 1200 tests -->"),
    ],
)
def test_a_part_that_no_reader_finds_in_its_place_does_not_hold(completed, old: str, new: str) -> None:
    edited(completed, old, new)

    assert completed.check("9").code == 3


def test_a_marker_that_hides_the_part_from_readers_is_torn(completed) -> None:
    text = completed.read(FILE)
    completed.write(FILE, re.sub(r"(<!-- harness:begin metrics [^>]*) -->", r"\1", text))
    done = completed.harness("milestone", "check", "9")

    assert (done.code, "are torn" in done.err) == (1, True)


def test_criteria_in_a_comment_stand_no_more(completed) -> None:
    text = completed.read(FILE)
    hidden = text.replace("## Exit Criteria\n", "## Exit Criteria\n\n- All is informational.\n\n<!--\n", 1)
    completed.write(FILE, hidden.replace("## Validation Log\n", "-->\n\n## Validation Log\n", 1))

    assert [one for one in completed.check("9").fails if "a threshold was dropped" in one]


def test_a_file_put_beside_a_recording_is_not_read_as_its_own(completed) -> None:
    folder = next((completed.path / "baselines" / "recordings").iterdir())
    (folder / "more.parquet").write_bytes(b"PAR1")

    assert [one for one in completed.check("9").fails if "more.parquet, which is none of its files" in one]


def test_rules_that_changed_with_the_work_fail(completed) -> None:
    completed.write(
        "harness.toml", completed.read("harness.toml") + '\n[targets.openvm-metal.milestones]\nplan = "x"\n'
    )

    assert "harness.toml changed what the programme asks for." in completed.check("9").fails


def test_settings_that_do_not_concern_the_programme_may_change(completed) -> None:
    completed.write("harness.toml", completed.read("harness.toml") + "# a remark\n")

    assert not [one for one in completed.check("9").fails if "the programme asks for" in one]


def test_a_head_measured_with_changes_nobody_committed_cannot_be_told(measured) -> None:
    measured.state("ROUND0_PERCENT", 60)
    recording = measured.json("run")["recording"]
    measured.git("checkout", "-q", ".")
    measured.json("milestone", "metrics", "9", "--base", "main", "--head", recording)

    assert [one for one in measured.check("9").unclear if "was measured with uncommitted changes" in one]


def test_benchmarks_that_a_side_lacks_fail_and_too_few_runs_cannot_be_told(measured) -> None:
    one = measured.json("run", "keccakf", "--runs", "1", "--rev", "HEAD")["recording"]
    base = measured.json("run", "--runs", "2", "--rev", "main")["recording"]
    measured.json("milestone", "metrics", "9", "--base", base, "--head", one)
    found = measured.check("9")

    assert [what for what in found.fails if f"Recording {one}, the head, lacks the benchmark logup" in what]
    assert [what for what in found.unclear if f"Recording {base}, the base, keccakf: 2 measured runs" in what]


def test_what_an_author_saves_while_a_verb_runs_is_not_overwritten(documented, monkeypatch) -> None:
    put = rendering.put_metrics

    def saved_meanwhile(text, evidence, *, where):
        documented.write(FILE, documented.read(FILE) + "AUTHOR LINE\n")
        return put(text, evidence, where=where).replace("Post-change", "Changed")

    monkeypatch.setattr(rendering, "put_metrics", saved_meanwhile)
    done = documented.harness("milestone", "metrics", "9")

    assert (done.code, "was changed meanwhile" in done.err) == (1, True)
    assert documented.read(FILE).endswith("AUTHOR LINE\n")


def test_a_link_to_the_file_is_followed_and_a_read_only_file_left_alone(documented) -> None:
    path = documented.path / FILE
    real = documented.path / "real.md"
    path.rename(real)
    path.symlink_to(real)
    edited(documented, "## Metrics\n", "## Metrics\n\nMine.\n")
    documented.json("milestone", "metrics", "9", "--base", "HEAD", "--head", "main")

    assert path.is_symlink()
    assert "Mine." in real.read_text()


def test_a_gain_over_the_base_counts_only_from_what_comes_first(measured) -> None:
    measured.git("switch", "-q", "-c", "perf/m14", "perf/m9")
    measured.set_values("14", status="in_progress")
    measured.commit("Milestone 14: begin")
    measured.json("milestone", "metrics", "14", "--base", "main", "--head", "perf/m9")
    said = measured.json("milestone", "criteria", "14")["criteria"]
    gain = next(one for one in said if "end" in one["criterion"].lower())

    assert gain["outcome"] == "not measurable"
    assert "is not the combined state that comes first: milestone 9 is not_started in it" in " ".join(gain["evidence"])


def test_the_program_of_the_baseline_measured_again_speaks_for_it(measured) -> None:
    """The label's own recording is of an earlier session; in turns with the head the same program is judged."""
    measured.json("run", "--rev", "main", "--label", "m8")
    measured.json("milestone", "metrics", "9", "--base", "main", "--head", "HEAD")
    said = measured.json("milestone", "criteria", "9")["criteria"][0]

    assert "the program of the contract's m8 measured again" in measured.read(FILE)
    assert said["outcome"] == "met"
    assert "m8 measured again, recording" in " ".join(said["evidence"])
