from tests.milestones.papers import FOLDER, board_row, board_text, milestone_text

IDS = ("8", "9", "10", "11", "12", "13", "14", "15")


def lay_out(checkout, **statuses: str) -> None:
    """Files of these statuses (`m9="completed"`), others not started; a board on which nothing has begun."""
    for one in IDS:
        checkout.write(f"{FOLDER}/milestone-{one}.md", milestone_text(one, statuses.get(f"m{one}", "not_started")))
    checkout.write(f"{FOLDER}/STATUS.md", board_text(*(board_row(one) for one in IDS)))


def test_a_new_programme_has_its_first_milestone_ready(checkout):
    lay_out(checkout)
    found = checkout.json("milestone", "board")

    assert found["disagreements"] == found["unreadable"] == []
    assert [one["milestone"] for one in found["ready"]] == ["8"]
    assert found["milestones"][0] == {"milestone": "8", "status": "not_started", "board_status": "not_started"}


def test_the_second_wave_is_ready_in_parallel_once_the_first_is_completed(checkout):
    lay_out(checkout, m8="completed", m12="in_progress")
    found = checkout.json("milestone", "board")

    assert [(one["milestone"], one["alongside"], one["not_alongside"]) for one in found["ready"]] == [
        ("9", ["11", "12"], []),
        ("11", ["9", "13"], ["12"]),
        ("13", ["11"], ["12"]),
    ]
    assert found["disagreements"] == [
        {"milestone": "8", "field": "status", "board": "not_started", "file": "completed"},
        {"milestone": "12", "field": "status", "board": "not_started", "file": "in_progress"},
    ]


def test_a_later_wave_is_ready_by_its_dependencies_and_told_what_is_open_before_it(checkout):
    lay_out(checkout, m8="completed", m9="completed", m11="in_progress", m12="completed")
    (ten,) = [one for one in checkout.json("milestone", "board")["ready"] if one["milestone"] == "10"]

    assert (ten["alongside"], ten["earlier"]) == (["11"], ["11", "13"])


def test_the_board_is_never_written_and_files_that_cannot_be_read_are_listed(checkout):
    lay_out(checkout, m8="completed")
    folder = checkout.path / FOLDER
    (folder / "milestone-10.md").unlink()
    (folder / "milestone-11.md").write_bytes(b"\xff")
    (folder / "milestone-12.md").write_text("# Milestone 13: wrong\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = checkout.harness("milestone", "board")

    assert done.code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [one["milestone"] for one in checkout.json("milestone", "board")["unreadable"]] == ["10", "11", "12"]
    assert "milestone-11.md is not UTF-8 text." in done.out
    assert "Board and files disagree; the files count:" in done.out
    assert (
        "| `8` | status | `not_started` | `completed` |"
        in checkout.harness("milestone", "board", "--format", "markdown").out
    )


def test_a_missing_board_is_a_clear_error(checkout):
    done = checkout.harness("milestone", "board")

    assert (done.code, done.out) == (1, "")
    assert "STATUS.md cannot be read: No such file or directory." in done.err
