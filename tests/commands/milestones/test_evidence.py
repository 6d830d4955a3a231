"""Which recordings a milestone is judged by, and that a document goes on naming them whatever is recorded later."""

import re
from pathlib import Path

import pytest

from harness.store.folder import Store
from harness.store.labels import set_label
from tests.commands.milestones.programme_checkout import FOLDER, HOLDS, ProgrammeCheckout

pytestmark = pytest.mark.slow

TWELVE = f"{FOLDER}/milestone-12.md"
PROGRAMME = Path(__file__).parents[3] / "harness" / "milestones" / "programmes" / "metal-backend.toml"


def metrics(checkout: ProgrammeCheckout, milestone_id: str, *args: str):
    return checkout.json("milestone", "metrics", milestone_id, *args)


def drifted(checkout: ProgrammeCheckout, milestone_id: str) -> list[str]:
    return [
        one for one in checkout.check(milestone_id).fails if one.startswith(("Metrics", "Residual", "Exit", "There"))
    ]


def labelled(checkout: ProgrammeCheckout, name: str, recording: str) -> None:
    """Moves a label to a recording."""
    store = Store(root=checkout.path / ".harness")
    set_label(store, name, store.load(recording), replace=True)


def session_of(checkout: ProgrammeCheckout, recording: str) -> str | None:
    return Store(root=checkout.path / ".harness").load(recording).manifest.protocol.session


def test_runs_that_took_turns_are_taken_before_later_ones_that_did_not(measured) -> None:
    alone = measured.json("run", "--rev", "HEAD")["recording"]
    named = metrics(measured, "9", "--base", "main", "--head", "HEAD")["recordings"]

    assert alone not in named.values()
    assert session_of(measured, named["base"]) == session_of(measured, named["head"]) is not None
    assert session_of(measured, alone) is None


def test_without_refs_it_is_what_is_checked_out_against_the_contracts_baseline(calibrated) -> None:
    made = metrics(calibrated, "12")
    text = calibrated.read(TWELVE)

    assert list(made["recordings"]) == ["base", "head"]
    assert made["against_reference"] is None
    assert "- Reference (base), which is the contract's m8: recording `" in text
    assert re.search(r"head \w{16} base \w{16} reference base( session \w{16}){6} -->\n", text)
    assert {one["path"].rpartition("-")[2] for one in made["logs"]} == {"m8.log", "m12.log"}


def test_another_base_stands_beside_the_contracts_baseline(measured) -> None:
    made = metrics(measured, "9", "--base", "main", "--head", "HEAD")

    assert list(made["recordings"]) == ["base", "head", "reference"]
    assert made["comparison"]["verdict"] == "faster"
    assert made["against_reference"]["comparable"] is False
    assert {one["path"].partition("-m9")[2] for one in made["logs"]} == {"-base.log", ".log"}


def test_six_sessions_let_runs_of_two_sessions_be_judged_and_are_named(calibrated) -> None:
    made = metrics(calibrated, "12")

    assert made["comparison"]["verdict"] == "faster"
    assert len(set(made["sessions"])) == 6
    assert "- base and head: **faster**: across sessions; runs of two sessions." in calibrated.read(TWELVE)


def test_a_session_that_is_recorded_later_changes_no_document(calibrated) -> None:
    before = metrics(calibrated, "12")["sessions"]
    calibrated.json("milestone", "criteria", "12")
    text = calibrated.read(TWELVE)
    seventh = calibrated.json("doctor", "--calibrate")["recording"]

    assert metrics(calibrated, "12")["changed"] is False
    assert drifted(calibrated, "12") == []
    assert calibrated.read(TWELVE) == text
    assert metrics(calibrated, "12", "--base", "m8")["sessions"] == [*before, seventh]
    assert calibrated.read(TWELVE) != text


def test_without_a_session_that_it_names_a_document_cannot_be_made_again(calibrated) -> None:
    lost = metrics(calibrated, "12")["sessions"][2]
    (calibrated.path / ".harness" / "recordings" / lost).rename(calibrated.path / "lost")

    assert drifted(calibrated, "12") == [f"There is no recording {lost} in {calibrated.path}/.harness."]
    assert calibrated.harness("milestone", "metrics", "12").code == 1


def test_completing_publishes_the_sessions_so_that_a_fresh_clone_holds(calibrated, tmp_path) -> None:
    made = metrics(calibrated, "12")
    calibrated.json("milestone", "criteria", "12")
    calibrated.json("milestone", "validate", "12")
    done = calibrated.complete("12")
    calibrated.commit("Milestone 12: complete")
    calibrated.json("doctor", "--calibrate")
    clone = calibrated.clone_to(tmp_path / "clone", "--no-local")
    published = {path.name for path in (clone.path / "baselines" / "recordings").iterdir()}
    (outside,) = {found.warns for found in (calibrated.check("12"), clone.check("12", HARNESS_HOST="elsewhere"))}

    assert done["completed"] is True
    assert published == {*made["recordings"].values(), *made["sessions"]}
    assert len(published) == 8
    assert [one.partition(", but")[0] for one in outside] == ["Not among milestone 12's focus files"]
    assert clone.check("12").code == 0
    assert not (clone.path / ".harness").exists()


def test_a_label_that_moves_changes_no_document(calibrated) -> None:
    named = metrics(calibrated, "12")["recordings"]
    calibrated.json("milestone", "criteria", "12")
    text = calibrated.read(TWELVE)
    labelled(calibrated, "m8", named["head"])

    assert drifted(calibrated, "12") == []
    assert metrics(calibrated, "12")["changed"] is False
    assert calibrated.read(TWELVE) == text


def test_a_programme_whose_baseline_nobody_labelled_says_so_and_goes_on_saying_so(measured) -> None:
    measured.write("programme.toml", PROGRAMME.read_text().replace('reference = "m8"', 'reference = "first"'))
    configuration = measured.read("harness.toml")
    measured.write(
        "harness.toml",
        configuration.replace('checkout = "."', 'checkout = "."\nmilestones = { programme = "programme.toml" }'),
    )
    named = metrics(measured, "9", "--base", "main", "--head", "HEAD")["recordings"]
    said = "- first beside it: no recording of this target was labelled so when this was rendered"

    assert said in measured.read(f"{FOLDER}/milestone-9.md")
    labelled(measured, "first", named["base"])
    assert metrics(measured, "9")["changed"] is False
    assert said in measured.read(f"{FOLDER}/milestone-9.md")
    assert metrics(measured, "9", "--head", "HEAD")["changed"] is True
    assert said not in measured.read(f"{FOLDER}/milestone-9.md")


def test_what_was_not_recorded_is_a_clear_error(programme) -> None:
    text = programme.read(TWELVE)
    for args, said in (
        ((), "'HEAD' has no complete, clean recording of openvm-metal on this host."),
        (("--base", "HEAD"), "'HEAD' has no complete, clean recording"),
        (("--head", "nosuch"), "'nosuch' names no label, recording, capture file or git revision"),
    ):
        done = programme.harness("milestone", "metrics", "12", *args)

        assert (done.code, done.out) == (1, "")
        assert said in done.err
    assert programme.read(TWELVE) == text


def test_the_milestone_that_sets_the_baseline_takes_it_as_its_head(calibrated) -> None:
    made = metrics(calibrated, "8")

    assert list(made["recordings"]) == ["head"]
    assert (made["comparison"], made["sessions"]) == (None, [])
    assert {one["path"].rpartition("-")[2] for one in made["logs"]} == {"m8.log"}
    assert metrics(calibrated, "8")["changed"] is False


def test_a_milestone_whose_head_is_its_base_holds_too(completed) -> None:
    assert completed.check("9") == HOLDS
    named = metrics(completed, "9", "--base", "main", "--head", "main")["recordings"]

    assert named["base"] == named["head"]
    assert drifted(completed, "9") == []
