"""Validations are run for real: scripts where only the protocol matters, cargo where warnings and tests do."""

import os
import re

import pytest
from msgspec import structs

from harness.commands.milestones.place import open_place
from harness.commands.milestones.validating import rerender, validate
from harness.commands.milestones.validation_logs import find_log, publish_logs
from harness.commands.workspace import open_workspace
from harness.documents.milestones.validation import put_validation, with_acceptance
from harness.errors import ConfigError, DocumentError, Interrupted, MeasureError, StoreError
from harness.milestones.findings import Severity
from harness.milestones.validation import Result
from harness.targets.cache import build_cache
from tests.commands.conftest import Checkout
from tests.milestones.papers import milestone_text

FOLDER = "docs/tracking"
FILE = f"{FOLDER}/milestone-9.md"
CONFIGURATION = """\
default_target = "tiny"
[targets.tiny]
checkout = "."
milestones = { programme = "programme.toml" }
"""
MILESTONES = """
schema = 1
name = "tiny"
title = "A tiny programme"
contract = "m8"
reference = "m8"
folder = "docs/tracking"
plan = ["docs/plan.md"]
"""
ENDS_WELL = "result: ok. 1 passed; 0 failed; 0 ignored"


class Tiny:
    """A checkout with a programme of the given commands, and milestone 9 in it."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        checkout.write("harness.toml", CONFIGURATION)
        checkout.write(".gitignore", "target\ncount\n")
        checkout.write(FILE, milestone_text("9"))

    def commands(self, **commands: str) -> None:
        """Names the programme's validations; one called `tests…` must execute a test."""
        tables = [
            f'[validations.{name}]\ncommand = "{command}"\ntests = {str(name.startswith("tests")).lower()}\n'
            for name, command in commands.items()
        ]
        milestone = f'[[milestones]]\nid = "9"\ntitle = "T"\ngoal = "g"\nvalidations = {list(commands)}\n'
        self.checkout.write("programme.toml", MILESTONES + "".join(tables) + milestone)

    def script(self, name: str, text: str) -> None:
        self.checkout.write(name, f"#!/bin/sh\n{text}\n")
        (self.checkout.path / name).chmod(0o755)

    def opened(self):
        workspace = open_workspace(self.checkout.path, store=None, target=None, host=None)
        return workspace, open_place(workspace)

    def validate(self, *, base: str | None = None, reason: str = "it was not begun", again: bool = False):
        workspace, place = self.opened()
        return validate(workspace, place, "9", base_commit=base, base_reason=reason, again=again)

    def results(self, **more) -> dict[str, Result]:
        return {one.name: one.judged.result for one in self.validate(**more).entries}

    def check(self, *, published_only: bool = False):
        workspace, place = self.opened()
        milestone = place.programme.milestone("9")
        return rerender(workspace, place, milestone, self.text, published_only=published_only)

    def said(self, **more) -> list[str]:
        return [one.what for one in self.check(**more)[1]]

    @property
    def text(self) -> str:
        return (self.checkout.path / FILE).read_bytes().decode()

    @property
    def logs(self) -> list[str]:
        folder = self.checkout.path / ".harness" / "milestones" / "9"
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    def runs_of(self, name: str) -> int:
        """How often a script that counts its runs was run."""
        return (self.checkout.path / "count").read_text().split().count(name)


@pytest.fixture
def tiny(checkout) -> Tiny:
    """Committed: a script that passes, one that fails, one of no test; each counts its runs."""
    made = Tiny(checkout)
    made.script("pass.sh", "echo pass >> count; echo out; echo err >&2")
    made.script("fail.sh", "echo fail >> count; echo 'it is |broken|'; exit 7")
    made.script("none.sh", "echo none >> count; echo 'test result: ok. 0 passed; 0 failed; 0 ignored'")
    made.script("one.sh", f"echo one >> count; echo 'test {ENDS_WELL}'")
    made.commands(
        **{"pass": "./pass.sh", "fail": "./fail.sh --now", "tests-none": "./none.sh", "tests-one": "./one.sh"}
    )
    checkout.commit()
    return made


RESULTS = {
    "pass": Result.PASS,
    "fail": Result.FAIL,
    "tests-none": Result.VACUOUS,
    "tests-one": Result.PASS,
}


def test_every_command_is_run_logged_and_written_down(tiny) -> None:
    validated = tiny.validate()

    assert {one.name: one.judged.result for one in validated.entries} == RESULTS
    assert validated.changed
    assert [one.split(":")[0] for one in re.findall(r"^- `\./\w+\.sh[^`]*`: \w+", tiny.text, re.MULTILINE)] == [
        "- `./pass.sh`",
        "- `./fail.sh --now`",
        "- `./none.sh`",
        "- `./one.sh`",
    ]
    assert "last line `it is \\|broken\\|`" in tiny.text
    assert "- Pending." not in tiny.text.partition("## Metrics")[0]


def test_a_log_is_the_headers_what_was_printed_and_how_it_ended(tiny) -> None:
    commit = tiny.checkout.git("rev-parse", "HEAD")
    tiny.validate()
    name = next(one for one in tiny.logs if "pass" in one)
    text = (tiny.checkout.path / ".harness/milestones/9" / name).read_text()

    assert re.fullmatch(r"validate-pass-\d{4}-\d{2}-\d{2}T\d{6}Z-m9\.log", name)
    assert re.fullmatch(
        rf"# capture: validate-pass\n# Timestamp: [-\d]+T[:\d]+Z\n# Command: \./pass\.sh\n# Commit: {commit}\n\n"
        r"(out\nerr|err\nout)\n# Exit: 0\n# Seconds: \d+\.\d\n",
        text,
    )


def test_only_the_milestones_file_is_changed_in_the_checkout(tiny) -> None:
    tiny.validate()

    assert tiny.checkout.git("status", "--porcelain") == f"M {FILE}"


def test_twice_changes_nothing_and_runs_nothing(tiny) -> None:
    first = tiny.validate()
    text, logs = tiny.text, tiny.logs
    second = tiny.validate()

    assert (tiny.text, tiny.logs) == (text, logs)
    assert [tiny.runs_of(name) for name in ("pass", "fail", "none", "one")] == [1, 1, 1, 1]
    assert (second.entries, second.changed) == (first.entries, False)


def test_again_runs_everything_anew_and_keeps_the_former_logs(tiny) -> None:
    tiny.validate()
    logs = tiny.logs
    tiny.validate(again=True)

    assert tiny.runs_of("pass") == 2
    assert len(tiny.logs) == 8
    assert set(logs) < set(tiny.logs)


def test_a_commit_of_documents_alone_leaves_a_validation_as_it_is(tiny) -> None:
    tiny.validate()
    tiny.checkout.write(f"{FOLDER}/NOTES.md", "more\n")
    tiny.checkout.write("baselines/recordings/x", "published\n")
    tiny.checkout.commit()
    tiny.validate()

    assert tiny.runs_of("pass") == 1
    assert not [one for one in tiny.said() if "other code" in one]


def test_changed_code_is_validated_again(tiny) -> None:
    tiny.validate()
    tiny.checkout.write("src.rs", "new\n")
    stale = tiny.said()
    tiny.validate()

    assert any("'./pass.sh' was run on other code: since its commit" in one and "src.rs" in one for one in stale)
    assert tiny.runs_of("pass") == 2
    assert "with uncommitted changes" in tiny.text
    assert not [one for one in tiny.said() if "other code" in one]


def test_uncommitted_changes_count_until_they_are_others_and_when_they_are_committed(tiny) -> None:
    tiny.checkout.write("src.rs", "new\n")
    tiny.script("more.sh", "true")
    tiny.validate()
    tiny.validate()
    tiny.checkout.commit()
    tiny.validate()
    committed = tiny.runs_of("pass")
    (tiny.checkout.path / "more.sh").chmod(0o644)
    said = tiny.said()
    tiny.validate()

    assert committed == 1
    assert any("uncommitted changes" in one and "not what lies here" in one for one in said)
    assert tiny.runs_of("pass") == 2


def test_a_command_that_was_changed_is_run_again(tiny) -> None:
    tiny.validate()
    tiny.commands(**{"pass": "./pass.sh --more", "tests-one": "./one.sh"})
    tiny.checkout.commit()

    assert any("'./pass.sh --more' was not validated" in one for one in tiny.said())
    assert tiny.results() == {"pass": Result.PASS, "tests-one": Result.PASS}
    assert "`./fail.sh" not in tiny.text


def test_an_acceptance_survives_until_a_test_is_executed(tiny) -> None:
    tiny.validate()
    path = tiny.checkout.path / FILE
    path.write_text(with_acceptance(tiny.text, "./none.sh", owner="ada", reason="none is there", where=FILE))
    taken = "  - accepted as vacuous by ada: none is there"
    tiny.validate()
    tiny.validate(again=True)
    kept = tiny.text
    unsaid = tiny.said()
    tiny.script("none.sh", f"echo 'test {ENDS_WELL}'")
    tiny.validate()

    assert kept.count(taken) == 1
    assert not any("vacuous" in one for one in unsaid)
    assert taken not in tiny.text


def test_check_makes_the_same_part_from_the_logs_alone(tiny) -> None:
    tiny.validate()
    block, findings = tiny.check()

    assert put_validation(tiny.text, block, where=FILE) == tiny.text
    assert [(one.severity, one.what.partition(": ")[2]) for one in findings] == [
        (Severity.FAILS, "'./fail.sh --now': fail: exit code 7"),
        (Severity.FAILS, "'./none.sh' is vacuous: it executed no test"),
    ]
    assert "--accept-vacuous" in findings[1].hint


def test_check_sees_a_result_that_was_edited(tiny) -> None:
    tiny.validate()
    path = tiny.checkout.path / FILE
    path.write_text(tiny.text.replace("`./fail.sh --now`: fail (exit code 7, ", "`./fail.sh --now`: pass ("))
    block, _findings = tiny.check()

    assert block not in tiny.text
    assert "`./fail.sh --now`: fail (exit code 7" in block


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda log: log.unlink(), "is missing"),
        (lambda log: log.write_bytes(log.read_bytes().replace(b"# Exit: 7", b"# Exit: 0")), "has changed: sha256"),
        (lambda log: log.write_bytes(b"x"), "has changed: .* is no log of a validation"),
    ],
)
def test_a_log_that_is_gone_or_was_tampered_with_is_found_and_made_anew(tiny, tamper, said: str) -> None:
    tiny.validate()
    text = tiny.text
    tamper(next((tiny.checkout.path / ".harness/milestones/9").glob("validate-fail-*")))
    block, findings = tiny.check()
    tiny.validate()

    assert re.search(f"'./fail.sh --now': its log .* {said}", findings[0].what)
    assert block == find_block(text)
    assert [tiny.runs_of(name) for name in ("pass", "fail")] == [1, 2]
    assert not [one for one in tiny.said() if "its log" in one]


def find_block(text: str) -> str:
    begin = text.index("<!-- harness:begin validation")
    end = "<!-- harness:end validation -->"
    return text[begin : text.index(end) + len(end)]


def test_the_log_of_another_command_is_not_taken_for_this_ones(tiny) -> None:
    tiny.validate()
    pass_line, one_line = (
        next(x for x in tiny.text.split("\n") if x.startswith(f"- `./{n}.sh`")) for n in ("pass", "one")
    )
    where = re.compile(r"log `[^`]+`, sha256 `\w+`")
    swapped = where.sub(lambda _: where.search(pass_line)[0], one_line)
    (tiny.checkout.path / FILE).write_text(tiny.text.replace(one_line, swapped))

    assert any("'./one.sh': its log" in one and "is of './pass.sh'" in one for one in tiny.said())


def test_a_path_outside_the_folder_of_logs_is_nobodys_log(tiny) -> None:
    workspace, place = tiny.opened()
    paths = (
        "harness.toml",
        f"{place.logs}/../../../harness.toml",
        "/etc/passwd",
        f"{place.logs}/x.log",
        f"{place.logs}/",
    )

    assert {find_log(workspace, place, one, published_only=False) for one in paths} == {None}


def test_logs_are_published_once_and_then_found_without_the_store(tiny) -> None:
    validated = tiny.validate()
    missing = tiny.said(published_only=True)
    workspace, place = tiny.opened()
    paths = [one.path for one in validated.entries]
    written = publish_logs(workspace, place, paths)
    before = {one: one.stat().st_mtime_ns for one in written}
    store_gone = structs.replace(workspace, store=structs.replace(workspace.store, root=tiny.checkout.path / "none"))

    assert sum("is missing" in one for one in missing) == 4
    assert [str(one.relative_to(tiny.checkout.path)) for one in written] == paths
    assert publish_logs(workspace, place, paths) == publish_logs(store_gone, place, paths) == written
    assert {one: one.stat().st_mtime_ns for one in written} == before
    assert not [one for one in tiny.said(published_only=True) if "its log" in one]


def test_publishing_replaces_no_other_file_and_needs_the_log(tiny) -> None:
    validated = tiny.validate()
    workspace, place = tiny.opened()
    path = validated.entries[0].path
    tiny.checkout.write(path, "something else\n")

    with pytest.raises(StoreError, match="is another file"):
        publish_logs(workspace, place, [path])
    with pytest.raises(StoreError, match="neither in the checkout nor in the store"):
        publish_logs(workspace, place, [path.replace("pass", "other")])
    assert (tiny.checkout.path / path).read_text() == "something else\n"


def test_a_milestone_that_was_not_validated_says_so_for_every_command(tiny) -> None:
    block, findings = tiny.check()

    assert block is None
    assert [one.what for one in findings] == [
        f"{FILE}: '{command}' was not validated"
        for command in ("./pass.sh", "./fail.sh --now", "./none.sh", "./one.sh")
    ]


def test_a_log_whose_commit_is_not_here_is_of_other_code(tiny) -> None:
    tiny.validate()
    tiny.checkout.git("commit", "-q", "--amend", "--allow-empty", "-m", "y")
    tiny.checkout.git("reflog", "expire", "--expire=now", "--all")
    tiny.checkout.git("gc", "-q", "--prune=now")

    assert any("is not in this repository" in one for one in tiny.said())


def test_a_timeout_is_a_failure_that_says_so(tiny) -> None:
    tiny.script("hang.sh", "sleep 300")
    tiny.commands(hang="./hang.sh")
    program = (tiny.checkout.path / "programme.toml").read_text()
    tiny.checkout.write("programme.toml", program.replace("tests = false", 'timeout = "200ms"'))
    (entry,) = tiny.validate().entries

    assert (entry.judged.result, entry.judged.why) == (Result.FAIL, "took longer than its timeout")


@pytest.mark.parametrize(
    ("toml", "error", "said"),
    [
        ('timeout = "soon"', ConfigError, "timeout 'soon' of validation 'pass' is not a time"),
        ("tests = false", DocumentError, "no heading 'Validation Log'"),
    ],
)
def test_what_would_be_in_the_way_is_said_before_anything_runs(tiny, toml: str, error, said: str) -> None:
    program = (tiny.checkout.path / "programme.toml").read_text()
    tiny.checkout.write("programme.toml", program.replace("tests = false", toml, 1))
    if error is DocumentError:
        tiny.checkout.write(FILE, tiny.text.replace("## Validation Log", "## Log"))

    with pytest.raises(error, match=said):
        tiny.validate()
    assert not (tiny.checkout.path / "count").exists()


def test_a_command_that_cannot_be_started_stops_with_its_name_and_the_rest_is_kept(tiny) -> None:
    tiny.commands(**{"pass": "./pass.sh", "gone": "./gone.sh"})

    with pytest.raises(MeasureError, match=r"Cannot start \./gone\.sh.*validation 'gone'"):
        tiny.validate()
    assert "`./pass.sh`: pass" in tiny.text
    assert [one for one in tiny.logs if "gone" in one] == []


def test_edits_made_while_commands_run_survive(tiny) -> None:
    tiny.script("edit.sh", f"sed -i.bak 's/Mine/Theirs/' {FILE} && rm {FILE}.bak")
    tiny.checkout.write(FILE, tiny.text + "\nMine.\n")
    tiny.commands(edit="./edit.sh")
    tiny.validate()

    assert "\nTheirs.\n" in tiny.text
    assert "`./edit.sh`: pass" in tiny.text


def test_ctrl_c_keeps_the_log_and_what_was_finished(tiny) -> None:
    tiny.script("stop.sh", f"echo begun; printf '# Exit: 0\\n# Seconds: 0.0\\n'; kill -INT {os.getpid()}; sleep 300")
    tiny.commands(**{"pass": "./pass.sh", "stop": "./stop.sh", "tests-one": "./one.sh"})

    with pytest.raises(Interrupted, match="'stop' is kept"):
        tiny.validate()
    assert "`./pass.sh`: pass" in tiny.text
    assert "`./stop.sh`: broken off (" in tiny.text
    assert "`./one.sh`" not in tiny.text
    assert any("'./stop.sh': broken off" in one for one in tiny.said())

    tiny.script("stop.sh", "true")
    assert set(tiny.results().values()) == {Result.PASS}


def test_a_file_stays_as_it_is_where_nothing_could_be_run(tiny) -> None:
    text = tiny.text
    tiny.commands(gone="./gone.sh")

    with pytest.raises(MeasureError):
        tiny.validate()
    assert tiny.text == text


def test_a_name_that_is_no_file_name_and_a_hostile_command_do_no_harm(tiny) -> None:
    tiny.commands(**{"'../../up'": "./pass.sh '|`x`|' '<img>'"})
    programme = (tiny.checkout.path / "programme.toml").read_text()
    tiny.checkout.write("programme.toml", programme.replace("\"'../../up'\"", "'../../up'"))
    tiny.validate()

    assert len(tiny.logs) == 1
    assert tiny.said() == []
    assert tiny.validate().changed is False


MANIFEST = '[package]\nname = "tiny"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n'
GENERATED = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n"
LOCKFILE = f'{GENERATED}version = 3\n\n[[package]]\nname = "tiny"\nversion = "0.1.0"\n'
UNUSED = "pub fn {name}() {{ let unused = 1; }}\n"
COMMANDS = {
    "check": "cargo check -p tiny",
    "tests-none": "cargo test -p tiny --test empty",
    "tests-one": "cargo test -p tiny one -- --nocapture",
    "run": "cargo run -p tiny --example noisy",
    "script": "./pass.sh",
}


@pytest.fixture
def crate(tiny, cargo: str) -> Tiny:  # noqa: ARG001 (it must be there)
    """A cargo package with one warning, one test, one file of no test, and an example that prints a warning's text."""
    tiny.checkout.write("Cargo.toml", MANIFEST)
    tiny.checkout.write("Cargo.lock", LOCKFILE)
    one = '#[cfg(test)]\nmod tests {\n#[test]\nfn one() { println!("warning: of a test"); }\n}\n'
    tiny.checkout.write("src/lib.rs", UNUSED.format(name="first") + one)
    tiny.checkout.write("tests/empty.rs", "\n")
    tiny.checkout.write("examples/noisy.rs", 'fn main() { tiny::first(); eprintln!("warning: of a program"); }\n')
    tiny.commands(**COMMANDS)
    tiny.checkout.commit()
    return tiny


def counts(validated) -> dict[str, tuple[int | None, int | None]]:
    return {one.name: (one.judged.warnings, one.judged.base_warnings) for one in validated.entries}


@pytest.mark.slow
def test_warnings_are_counted_against_the_base_in_a_worktree_of_its_own(crate) -> None:
    base = crate.checkout.git("rev-parse", "HEAD")
    crate.checkout.write("src/more.rs", UNUSED.format(name="second") + UNUSED.format(name="third"))
    lib = (crate.checkout.path / "src/lib.rs").read_text()
    crate.checkout.write("src/lib.rs", f"pub mod more;\n{lib}")
    crate.checkout.commit()
    validated = crate.validate(base=base)
    _block, findings = crate.check()
    cache = build_cache(crate.checkout.path)

    assert counts(validated) == {name: (3, 1) for name in COMMANDS if name != "script"} | {"script": (None, None)}
    assert {one.name: one.judged.result for one in validated.entries} == {
        "check": Result.PASS,
        "tests-none": Result.VACUOUS,
        "tests-one": Result.PASS,
        "run": Result.PASS,
        "script": Result.PASS,
    }
    assert crate.text.count("**2 new warnings**") == 4
    assert [one.severity for one in findings].count(Severity.WARNS) == 4
    assert not list(cache.worktrees.glob("*"))
    assert cache.cargo_target.is_dir()
    assert crate.validate(base=base).changed is False
    assert counts(crate.validate(base=base, again=True)) == counts(validated)


@pytest.mark.slow
def test_bases_that_share_a_target_directory_are_not_taken_for_each_other(crate) -> None:
    crate.commands(check=COMMANDS["check"])
    commits = []
    for number in (2, 0, 1):
        crate.checkout.write("src/lib.rs", "".join(UNUSED.format(name=f"f{one}") for one in range(number)))
        commits.append(crate.checkout.commit())
    crate.checkout.write("src/lib.rs", "")
    crate.checkout.commit()

    found = [counts(crate.validate(base=one))["check"] for one in (*commits, *commits)]

    assert found == [(0, 2), (0, 0), (0, 1)] * 2


@pytest.mark.slow
def test_the_base_that_lies_here_is_not_built_twice(crate) -> None:
    head = crate.checkout.git("rev-parse", "HEAD")
    validated = crate.validate(base=head)

    assert set(counts(validated).values()) == {(1, 1), (None, None)}
    assert not build_cache(crate.checkout.path).cargo_target.exists()


@pytest.mark.slow
def test_a_base_that_does_not_build_or_is_not_known_is_told_with_its_reason(crate) -> None:
    crate.commands(check=COMMANDS["check"])
    crate.checkout.write("src/broken.rs", "fn\n")
    lib = (crate.checkout.path / "src/lib.rs").read_text()
    crate.checkout.write("src/lib.rs", f"pub mod broken;\n{lib}")
    base = crate.checkout.commit()
    crate.checkout.write("src/lib.rs", lib)
    crate.checkout.commit()
    first = crate.validate(base=base)
    broken = crate.text
    second = crate.validate()

    assert counts(first) == counts(second) == {"check": (1, None)}
    assert "base not known (it does not build)" in broken
    assert "base not known (it was not begun)" in crate.text
    assert crate.validate().changed is False


@pytest.mark.slow
def test_a_build_that_fails_is_a_failure_with_its_last_line(crate) -> None:
    crate.checkout.write("src/lib.rs", "fn\n")
    validated = crate.validate()
    found = {one.name: one for one in validated.entries}

    assert {one.judged.result for name, one in found.items() if name != "script"} == {Result.FAIL}
    assert found["check"].judged.why == "exit code 101"
    assert "could not compile `tiny`" in found["check"].log.last_line
    assert validated.exit_code == 3


@pytest.mark.slow
def test_a_command_that_cannot_be_taken_apart_has_no_base_count(crate) -> None:
    crate.commands(**{"tests-doc": "cargo test -p tiny --doc"})
    first = crate.checkout.git("rev-parse", "HEAD")
    crate.checkout.commit()
    (entry,) = crate.validate(base=first).entries

    assert entry.judged.result is Result.VACUOUS
    assert entry.judged.base_warnings is None
    assert entry.log.header.base.reason == "how to build it without running it cannot be told"
