import pytest

from harness.milestones.plan import (
    Unread,
    names_milestone,
    not_alongside,
    open_dependencies,
    open_earlier,
    status_in,
)
from tests.milestones.papers import milestone_file, programme


@pytest.mark.parametrize(
    "text",
    [
        "## Milestone 9: Dispatch",
        "### milestone  9",
        "- Milestone 9 comes after 8.",
        "  * see [Milestone 9](./milestone-9.md)",
        "1. `Milestone 9`",
        "| what | why |\n| - | - |\n| Milestone 9 | x |",
        "| Milestone | Title |\n| - | - |\n| [9](./milestone-9.md) | x |",
        "\ufeff# Milestone 9",
        "text\r\n\r\n## Milestone 9.\r\n",
    ],
)
def test_a_plan_names_a_milestone_in_a_heading_a_list_or_a_table(text):
    assert names_milestone(text, "9")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Milestone 9 in running text",
        "## Milestone 90",
        "## Milestone 9-13",
        "## Milestone 9.1",
        "## Premilestone 9",
        "```\n## Milestone 9\n```",
        "| Id | Title |\n| - | - |\n| 9 | x |",
        "## Part 9",
    ],
)
def test_what_does_not_name_it(text):
    assert not names_milestone(text, "9")


def test_an_id_is_a_text_and_no_pattern():
    assert names_milestone("# Milestone a.b", "a.b")
    assert not names_milestone("# Milestone axb", "a.b")


def files(**statuses: str):
    return {name[1:]: milestone_file(name[1:], status) for name, status in statuses.items()}


def test_what_is_not_completed_by_its_file_is_waited_for():
    assert open_dependencies(programme().milestone("4"), files(m1="completed", m2="in_progress")) == ("2",)
    assert open_dependencies(programme().milestone("1"), {}) == ()
    assert open_dependencies(programme().milestone("2"), {"1": Unread("lost")}) == ("1",)
    assert status_in({"1": Unread("lost")}, "1") is None


def test_earlier_waves_matter_though_nothing_depends_on_them():
    found = files(m1="completed", m2="completed", m3="not_started", m4="not_started")

    assert open_earlier(programme(), programme().milestone("4"), found) == ("3",)
    assert open_earlier(programme(), programme().milestone("3"), found) == ()


def test_what_is_in_progress_and_not_alongside_is_named():
    found = files(m1="completed", m2="in_progress", m3="in_progress", m4="in_progress")

    assert not_alongside(programme().milestone("2"), found) == ("4",)
    assert not_alongside(programme().milestone("4"), found) == ("3",)
