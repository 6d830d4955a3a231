"""`harness compare --explain` over recordings as they are stored."""

import re

import pytest

from harness.commands import explaining
from harness.commands.comparing import Plan, compare_stored_sides
from harness.commands.workspace import open_workspace
from harness.compare.comparison import Side
from harness.documents.explaining import to_markdown, to_text
from tests.commands.conftest import ROOT

TREE = "stark_prove_excluding_trace"


@pytest.fixture
def workspace(tmp_path):
    return open_workspace(ROOT, store=tmp_path / "store", target="openvm-cuda", host="h200")


@pytest.fixture
def explained(repository, workspace, capture, tmp_path):
    """The explanations of the capture against a changed copy of it, by benchmark."""

    def explain(change, *, same_session=True):
        changed = tmp_path / "changed.log"
        changed.write_text(change(capture.read_text("utf-8")), encoding="utf-8")
        for label, path in (("base", capture), ("head", changed)):
            place = ("--label", label, "--host", "h200", "--target", "openvm-cuda", "--replace")
            assert repository.harness("import", f"keccakf={path}", *place).code == 0
        recordings = {
            label: workspace.store.load(one["recording"])
            for one in repository.json("ls")
            for label in one["labels"]
            if label in {"base", "head"}
        }
        recordings = {"base": recordings.get("base"), "head": recordings.get("head")}
        sides = [Side(ref=ref, recording=recording) for ref, recording in recordings.items()]
        plan = Plan(stored=True, same_session=same_session)
        return explaining.explain_sides(workspace, compare_stored_sides(workspace, *sides, plan))

    return explain


def slower_trace(log):
    """Every `generate_trace` takes a second more."""
    return re.sub(r"generate_trace \[ (\d+)ms", lambda match: f"generate_trace [ 1.{match[1]}s"[:-2] + "s", log)


def test_a_capture_against_a_changed_copy_of_it(explained):
    [found] = explained(slower_trace)
    roots = {found.rows[root.row].shown.name: root for root in found.roots}

    assert (found.benchmark, found.base_runs, found.head_runs, found.absent) == ("keccakf", 5, 5, "")
    assert {row.kind.value for row in found.rows} == {"matched"}
    assert roots["generate_trace"].delta_ns == roots["generate_trace"].explained_ns > 0.5e9
    assert (roots[TREE].delta_ns, roots[TREE].movers) == (0, ())
    assert (found.tests, found.runs_to_name) == (92, 8)
    assert "stacked_matrix_height" in {one.name for one in found.counters}


def test_a_capture_against_itself_is_not_judged_and_has_no_change(explained):
    [found] = explained(lambda log: log + "\n")

    assert {(row.kind.value, row.delta_ns, row.delta_self_ns) for row in found.rows} == {("matched", 0, 0)}


def test_a_span_under_another_name_is_renamed_in_every_tree(explained):
    [found] = explained(lambda log: log.replace("fractional_sumcheck_gpu", "fractional_sumcheck"))
    renamed = [row for row in found.rows if row.kind.value != "matched"]

    assert {(row.kind.value, row.base.name, row.head.name) for row in renamed} == {
        ("renamed", "fractional_sumcheck_gpu", "fractional_sumcheck")
    }
    assert len(renamed) == sum(row.shown.name == TREE for row in found.rows)


def test_runs_that_did_not_take_turns_are_shown_without_verdicts(explained):
    [found] = explained(slower_trace, same_session=False)

    assert "did not take turns" in found.unjudged
    assert {row.verdict for row in found.rows} == {None}
    assert found.tests == 0


@pytest.fixture
def m8(workspace):
    """The published figures on both sides."""
    recording = workspace.store.load("0ae611f3c83983b8")
    sides = (Side(ref=ref, recording=recording) for ref in ("m8", "m8"))
    return compare_stored_sides(workspace, *sides, Plan(stored=True))


def test_published_figures_against_themselves_are_the_same_recording(workspace, m8):
    found = explaining.explain_sides(workspace, m8)

    assert [one.benchmark for one in found] == ["keccakf", "logup"]
    assert {one.unjudged for one in found} == {"same recording on both sides"}


def test_a_recording_that_keeps_no_spans_says_so(workspace, m8, monkeypatch):
    monkeypatch.setattr(explaining, "SPANS_FILE", "nosuch.parquet")
    found = explaining.explain_sides(workspace, m8)

    assert {one.absent for one in found} == {"recording 0ae611f3c83983b8 (m8) keeps no spans"}
    assert all("not explained" in form(one) for one in found for form in (to_text, to_markdown))


def test_a_recording_with_too_many_spans_is_politely_refused(workspace, m8, monkeypatch):
    monkeypatch.setattr(explaining, "has_trees", lambda _: False)

    assert "too many to lay side by side" in explaining.explain_sides(workspace, m8)[0].absent


def test_too_many_events_leave_the_counters_out_and_say_so(workspace, m8, monkeypatch):
    monkeypatch.setattr(explaining, "read_counter_totals", lambda _: None)

    assert "Counters are not compared" in explaining.explain_sides(workspace, m8)[0].notes[0]


def test_recordings_that_cannot_be_compared_are_explained_without_verdicts(explained):
    [found] = explained(lambda log: log.replace("height: 2097152", "height: 4194304"))

    assert found.unjudged.startswith("not comparable: keccakf stacked_matrix_height")
    assert found.tests == 0


def test_the_command_line_gives_it_in_every_form(repository, capture):
    for label in ("one", "two"):
        repository.harness("import", f"keccakf={capture}", "--host", label, "--label", label)
    told = repository.json("compare", "one", "two", "--stored", "--explain")
    texts = [
        repository.harness("compare", "one", "two", "--stored", "--explain", *form).out
        for form in ((), ("--format", "markdown"))
    ]

    assert [one["benchmark"] for one in told["explanations"]] == ["keccakf"]
    assert told["explanations"][0]["unjudged"].startswith("not comparable: host")
    assert all("Δroot" in text for text in texts)
