import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.escape import MARKDOWN
from harness.documents.markers import find
from harness.documents.milestones.validation import (
    KIND,
    as_json,
    entries_of,
    put_validation,
    render,
    to_markdown,
    to_text,
    with_acceptance,
)
from harness.errors import DocumentError
from harness.milestones.programme import Validation
from harness.milestones.validation import Base, Entry, Validated, entry_of
from tests.milestones.validation_logs import (
    BASE,
    CHECK,
    FINISHED,
    NO_TEST,
    ONE_FAILED,
    ONE_PASSED,
    ONE_WARNING,
    PATH,
    SCRIPT,
    TESTS,
    entry,
    header,
    log_bytes,
)

WHERE = "docs/milestone-9.md"
TWO_WARNINGS = ONE_WARNING * 2 + FINISHED
LOGUP = Validation(command="RUST_LOG=debug cargo test -p tiny logup -- --nocapture", tests=True)
TAKEN = "  - accepted as vacuous by ada: the file holds no test"


def document(block: str = "", newline: str = "\n") -> str:
    text = "# Milestone 9: A title\n\n## Validation Log\n\n- By hand.\n- Pending.\n\n## Notes\n\nMine.\n"
    text = text.replace("\n", newline)
    return put_validation(text, block, where=WHERE) if block else text


def all_kinds() -> tuple[Entry, ...]:
    return (
        entry(CHECK, TWO_WARNINGS, base=Base(commit=BASE, warnings=2)),
        entry(Validation(command="cargo clippy"), TWO_WARNINGS, base=Base(commit=BASE, warnings=1), changes="f" * 64),
        entry(TESTS, ONE_WARNING + FINISHED + ONE_PASSED * 3, base=Base(commit=BASE, same=True)),
        entry(LOGUP, NO_TEST, base=Base(commit=BASE, reason="it does not build")),
        entry(Validation(command="cargo t"), NO_TEST, base=Base(reason="[not](begun)"), acceptance=TAKEN),
        entry(Validation(command="cargo test"), ONE_FAILED + "error: test failed, to rerun\n", exit_code=101),
        entry(SCRIPT, "50 %\n", timed_out=True, exit_code=-15),
        entry(Validation(command="./other.sh"), "half a line\n", exit_code=None),
        entry(Validation(command="./quiet.sh"), ""),
    )


def test_every_result_as_a_milestone_shows_it(golden) -> None:
    golden("milestone-validation-log.md", render(all_kinds(), "9"))


def test_what_validate_prints(golden) -> None:
    validated = Validated(milestone="9", entries=all_kinds(), changed=True)

    golden("milestone-validate.txt", to_text(validated))
    golden("milestone-validate.md", to_markdown(validated))


def test_the_json_form_has_a_null_where_nothing_was_counted() -> None:
    shown = as_json(
        Validated(milestone="9", entries=(entry(SCRIPT, "x\n", timed_out=True, exit_code=-15),), changed=False)
    )
    (result,) = shown.pop("results")

    assert shown == {"milestone": "9", "changed": False}
    assert len(result.pop("sha256")) == 64
    assert result == {
        "name": "one",
        "command": SCRIPT.command,
        "result": "fail",
        "reason": "took longer than its timeout",
        "tests_executed": None,
        "warnings": None,
        "base_warnings": None,
        "seconds": 12.3,
        "exit_code": None,
        "log": PATH,
        "accepted": False,
    }


def test_the_json_form_says_of_every_command_that_did_not_pass_why() -> None:
    results = as_json(Validated(milestone="9", entries=all_kinds(), changed=True))["results"]

    assert [(one["result"], one["reason"]) for one in results if one["reason"] or one["result"] != "pass"] == [
        ("vacuous", "no test was executed"),
        ("vacuous", "no test was executed"),
        ("fail", "exit code 101"),
        ("fail", "took longer than its timeout"),
        ("broken off", "its log has no end"),
    ]


def test_a_vacuous_result_is_never_called_a_pass() -> None:
    for made in (entry(TESTS, NO_TEST), entry(TESTS, NO_TEST, acceptance=TAKEN)):
        validated = Validated(milestone="9", entries=(made,), changed=True)
        bullet = render((made,), "9").split("\n")[1]

        assert f"`{TESTS.command}`: vacuous (`0` tests executed" in bullet
        assert not any("pass" in one for one in (bullet, to_text(validated), to_markdown(validated)))


def test_the_author_keeps_what_is_theirs_in_the_section() -> None:
    block = render(all_kinds(), "9")
    text = document(block)

    assert text.replace(block, "- Pending.") == document()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_written_is_read_back(newline: str) -> None:
    made = all_kinds()
    found = entries_of(document(render(made, "9"), newline), where=WHERE)

    assert [(one.command, one.path, one.acceptance) for one in found] == [
        (one.command, one.path, one.acceptance) for one in made
    ]
    assert all(one.sha256.startswith(other.sha256) for one, other in zip(made, found, strict=True))


def test_what_is_read_back_is_written_as_it_was() -> None:
    block = render(all_kinds(), "9")

    assert render(entries_of(document(block), where=WHERE), "9") == block


def test_a_file_without_our_part_has_no_entries() -> None:
    assert entries_of(document(), where=WHERE) is None
    assert entries_of(document(render((), "9")), where=WHERE) == ()


@given(st.text(min_size=1, max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_command_path_and_output_is_read_back(command: str, path: str, last: str) -> None:
    command = command.replace("\r", "").replace("\n", "").strip() or "x"
    data = log_bytes(f"{last}\n".encode(errors="replace"), of=header(), exit_code=1)
    path = "".join(char for char in path if char.isprintable()) or "x"
    made = entry_of(
        "one", Validation(command="".join(c for c in command if c.isprintable()) or "x"), path=path, data=data
    )
    (found,) = entries_of(document(render((made,), "9")), where=WHERE)

    assert (found.command, found.path, made.sha256[:16]) == (made.command, made.path, found.sha256)


def test_a_hostile_last_line_command_and_owner_stay_inside_their_line(hostile, outside_code) -> None:
    for text in hostile:
        made = entry(Validation(command=f"./x {text}"), f"{text}\n", exit_code=1)
        vacuous = entry(TESTS, NO_TEST, base=Base(reason=text))
        said = document(render((made, vacuous), "9"))
        if text.strip():
            said = with_acceptance(said, TESTS.command, owner=text, reason=text, where=WHERE)
        body = find(said, KIND, where=WHERE).body
        free = "".join(outside_code(line) for line in body.split("\n"))

        assert len(body.split("\n")) == 4 + bool(text.strip())
        assert not any(sign in free for sign in "<>[]|`$~")
        assert "//" not in free.replace("\u200b", "") or ":\u200b//" in free
        assert [one.path for one in entries_of(said, where=WHERE)] == [PATH, PATH]


def test_printed_commands_cannot_break_the_table(hostile, pipes) -> None:
    made = tuple(entry(Validation(command=f"x {text}"), "") for text in hostile)
    validated = Validated(milestone="9", entries=made, changed=True)
    rows = [line for line in to_markdown(validated).split("\n") if line.startswith("|")]

    assert {pipes(row) for row in rows} == {8}
    assert len(rows) == len(hostile) + 2
    assert "\x1b" not in to_text(validated)
    assert MARKDOWN.name(made[0].command) in rows[2]


def test_a_vacuous_result_is_taken_with_owner_and_reason() -> None:
    text = document(render(all_kinds(), "9"))
    taken = with_acceptance(text, LOGUP.command, owner="ada", reason="no *GPU* here", where=WHERE)
    found = {one.command: one.acceptance for one in entries_of(taken, where=WHERE)}

    assert found[LOGUP.command] == "  - accepted as vacuous by ada: no \\*GPU\\* here"
    assert taken.replace(f"{found[LOGUP.command]}\n", "") == text
    assert with_acceptance(taken, LOGUP.command, owner="ada", reason="no *GPU* here", where=WHERE) == taken


def test_a_second_acceptance_takes_the_place_of_the_first() -> None:
    text = document(render(all_kinds(), "9"))
    again = with_acceptance(text, "cargo t", owner="bob", reason="other", where=WHERE)

    assert again == text.replace(TAKEN, "  - accepted as vacuous by bob: other")


@pytest.mark.parametrize(
    ("command", "reason", "said"),
    [
        ("cargo bench", "why", "has no validation 'cargo bench'"),
        (CHECK.command, "why", "is not vacuous"),
        ("cargo test", "why", "is not vacuous"),
        (LOGUP.command, "  ", "no reason is given"),
    ],
)
def test_only_a_vacuous_result_can_be_accepted_and_only_with_a_reason(command: str, reason: str, said: str) -> None:
    text = document(render(all_kinds(), "9"))

    with pytest.raises(DocumentError, match=said):
        with_acceptance(text, command, owner="ada", reason=reason, where=WHERE)


def test_nothing_can_be_accepted_before_it_was_validated() -> None:
    with pytest.raises(DocumentError, match="has no validation"):
        with_acceptance(document(), CHECK.command, owner="ada", reason="why", where=WHERE)


def test_an_acceptance_is_not_shown_once_tests_are_executed() -> None:
    assert TAKEN not in render((entry(TESTS, ONE_PASSED, acceptance=TAKEN),), "9")
