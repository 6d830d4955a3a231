import pytest
from msgspec import structs

from harness.milestones.changes import ChangeFacts, judge_changes, message_names
from harness.milestones.findings import Severity, fails

FOLDER = "docs/tracking"
FACTS = ChangeFacts(
    milestone="9",
    base="0123456789abcdef0123456789abcdef01234567",
    how="--base",
    shallow=False,
    folder=FOLDER,
    board=f"{FOLDER}/STATUS.md",
    focus=("crates/a.rs", "crates/metal/"),
    own=(f"{FOLDER}/baselines/", "baselines/", "Cargo.lock"),
    messages=("Milestone 9: begin",),
)


def judged(*changed: str, **facts) -> list[tuple[Severity, str]]:
    found = judge_changes(structs.replace(FACTS, changed=changed, **facts))
    return [(one.severity, one.what) for one in found]


@pytest.mark.parametrize(
    "message",
    [
        "milestone 9",
        "Milestone 9: fuse dispatches",
        "fuse\n\nfor Milestone-9.",
        "milestone_9",
        "MILESTONE 9",
        "Milestone9",
        "milestone  `9`",
        "**Milestone 9**",
        "a line that breaks before the milestone\n9 it is about",
        "M9",
        "m9: fuse",
        "[M9] fuse",
        "perf(m9): fuse",
        "Work on perf/m9",
        "MILESTONE_ID=9",
        "MILESTONE_ID: 9",
        "Milestone ID: `9`",
        "milestone-id = '9'",
    ],
)
def test_a_message_names_the_milestone(message: str):
    assert message_names(message, "9")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "M90",
        "19",
        "9",
        "v9",
        "#9",
        "fix #9",
        "am9",
        "Milestone 19",
        "Milestone 90",
        "Milestone 9.1",
        "Milestone 9-13",
        "milestones 9",
        "premilestone 9",
        "m 9",
        "M9_x",
        "m9.rs",
        "MILESTONE_ID=90",
        "milestone\n\n9 files",
    ],
)
def test_a_message_does_not_name_it(message: str):
    assert not message_names(message, "9")


def test_an_id_is_a_text_and_no_pattern():
    assert message_names("Milestone A.b", "a.b")
    assert not message_names("Milestone axb", "a.b")


def test_a_hostile_message_takes_no_time():
    assert not message_names("milestone" * 1000 + " " * 200_000 + "\n" + "\t" * 200_000 + "8", "9")


def test_changes_that_keep_to_the_milestone_are_not_found_fault_with():
    own = (f"{FOLDER}/milestone-9.md", f"{FOLDER}/baselines/x.log", "baselines/recordings/x/manifest.json")
    assert judged("crates/a.rs", "crates/metal/deep/b.rs", "Cargo.lock", *own) == []


def test_the_board_must_not_change():
    assert judged(f"{FOLDER}/STATUS.md") == [
        (Severity.FAILS, f"{FOLDER}/STATUS.md, the status board, changed since 0123456789ab.")
    ]


@pytest.mark.parametrize("other", ["8", "90", "0", "of a programme before"])
def test_no_other_milestones_file_may_change(other: str):
    path = f"{FOLDER}/milestone-{other}.md"
    assert judged(path) == [(Severity.FAILS, f"{path}, the file of milestone {other}, changed since 0123456789ab.")]


def test_files_that_only_look_like_the_documents_are_none():
    assert [severity for severity, _what in judged("STATUS.md", "milestone-8.md", f"{FOLDER}/old/milestone-8.md")] == [
        Severity.WARNS
    ]


def test_documents_are_known_however_their_folder_is_written():
    for folder in (".", f"./{FOLDER}/../../"):
        found = judged("STATUS.md", "milestone-8.md", folder=folder, board=f"{folder}/STATUS.md")
        assert [severity for severity, _what in found] == [Severity.FAILS] * 2


def test_what_is_found_of_pinned_dependencies_is_passed_on():
    assert judged(pinned=(fails("p3-air 0.4.1 → 0.5.0 in Cargo.lock."),)) == [
        (Severity.FAILS, "p3-air 0.4.1 → 0.5.0 in Cargo.lock.")
    ]


def test_a_commit_must_name_the_milestone():
    for messages in ((), ("Fuse dispatches", "Milestone 10: batch")):
        assert judged(messages=messages) == [(Severity.FAILS, "No commit after 0123456789ab names milestone 9.")]
    assert judged(messages=("Fuse", "M9: log", "x")) == []


def test_it_cannot_be_told_whether_one_does_where_history_is_cut_off():
    assert [severity for severity, _what in judged(messages=(), shallow=True)] == [Severity.UNCLEAR]
    assert judged(shallow=True) == []


def test_files_outside_the_focus_are_a_warning():
    said = "Not among milestone 9's focus files, but changed since 0123456789ab"
    assert judged("crates/b.rs", "crates/a.rs.orig", "crates/metal", "../elsewhere") == [
        (Severity.WARNS, f"{said}: crates/b.rs, crates/a.rs.orig, crates/metal, ../elsewhere.")
    ]


def test_a_long_list_is_cut():
    [(_severity, what)] = judged(*(f"src/{i}.rs" for i in range(13)))
    assert what.endswith(": " + ", ".join(f"src/{i}.rs" for i in range(10)) + " and 3 more.")


def test_a_milestone_without_focus_files_may_change_documents_only():
    assert judged(f"{FOLDER}/README.md", f"{FOLDER}/notes/x.md", focus=()) == []
    said = "Milestone 9 names no focus files, so no new work belongs to it, but changed since 0123456789ab"
    assert judged(f"{FOLDER}/README.md", "crates/a.rs", focus=()) == [(Severity.WARNS, f"{said}: crates/a.rs.")]


@pytest.mark.parametrize("shallow", [False, True])
def test_without_a_base_nothing_can_be_told(shallow: bool):
    [finding] = judge_changes(structs.replace(FACTS, base=None, how="no reason", shallow=shallow, messages=()))
    assert finding.severity is Severity.UNCLEAR
    assert finding.what == "What changed for milestone 9 cannot be told: no reason."
    assert ("--unshallow" in finding.hint) is shallow
    assert ("--base" in finding.hint) is not shallow
