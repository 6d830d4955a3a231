"""What a Metrics section begins and ends with: recordings, how they compare, where their logs are."""

import pytest
from msgspec import structs

from harness.documents.milestones.sources import commit_text, log_lines, log_places, runs_text, source_lines
from harness.milestones.evidence import LogFile, Which
from harness.recording.manifest import Host
from tests.documents.milestones.hostile_evidence import hostile_evidence, structure


def changed(evidence, **changes):
    head = evidence.recordings.head
    made = structs.replace(head, manifest=structs.replace(head.manifest, **changes))
    return structs.replace(evidence, recordings=structs.replace(evidence.recordings, head=made))


def test_every_side_has_a_bullet_base_first_and_says_what_it_was_made_of(cases):
    lines = source_lines(cases["14"])

    assert [line.split(":")[0] for line in lines[:3]] == [
        "- Reference (base)",
        "- Post-change (head)",
        "- Contract's reference (m8)",
    ]
    assert lines[1] == (
        "- Post-change (head): recording `cccccccccccccccc`, commit `cccccccccccc`, target `openvm-metal`, "
        "host `apple-m2-max`, 2026-11-07T08:00:00Z, 1 warmup + 5 measured runs"
    )
    assert lines[2].endswith(", transcribed from published figures")


def test_what_differs_stands_below_what_it_differs_between(cases):
    lines = source_lines(cases["11"])
    at = next(i for i, line in enumerate(lines) if line.startswith("- base and head: "))

    assert lines[at] == "- base and head: **not comparable, so nothing is judged**; runs of two sessions."
    assert lines[at + 1 : at + 4] == [
        "  - **not comparable**: target: openvm-metal against openvm-cuda",
        "  - **not comparable**: host: apple-m2-max against h200",
        "  - **not comparable**: proof of a process: only against first",
    ]
    assert all(line.startswith("  - differs: ") for line in lines[at + 4 :])


def test_runs_that_took_turns_are_told_from_runs_of_two_sessions(cases):
    assert "- base and head: **faster**; their runs took turns in one session." in source_lines(cases["14"])
    assert any(line.endswith("; runs of two sessions.") for line in source_lines(cases["12"]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": Host(id=None)}, "host not stated"),
        ({"target": "a`b"}, "target ``a`b``"),
        ({"started": "some *day*"}, "some \\*day\\*"),
    ],
)
def test_what_a_recording_says_of_itself_is_quoted(cases, changes, said):
    assert f", {said}, " in source_lines(changed(cases["12"], **changes))[1]


def test_a_commit_is_shortened_and_says_whether_it_was_changed(m8):
    plain = m8.manifest.provenance
    stated = structs.replace(plain, commit="0123456789abcdef", dirty=True)

    assert commit_text(m8.manifest) == "commit not stated"
    assert commit_text(structs.replace(m8.manifest, provenance=stated)) == (
        "commit `0123456789ab` with uncommitted changes"
    )
    assert runs_text(m8.manifest) == "1 warmup + 5 measured runs"


def test_a_log_is_named_with_its_path_and_hash_and_a_side_without_one_says_so(cases):
    logs = (
        LogFile(which=Which.HEAD, benchmark="keccakf", path="docs/a b.log", sha256="0123456789abcdef" * 4),
        LogFile(which=Which.HEAD, benchmark="logup", path="docs/c.log", sha256="f" * 64),
    )
    evidence = structs.replace(cases["12"], logs=logs)

    assert log_places(evidence, Which.HEAD) == [
        "keccakf: `docs/a b.log` (sha256 `0123456789abcdef`)",
        "logup: `docs/c.log` (sha256 `ffffffffffffffff`)",
    ]
    assert log_lines(evidence)[0] == "- Raw log, base (none): its recording keeps no log"
    assert log_lines(evidence)[1:] == [f"- Raw log, head {one}" for one in log_places(evidence, Which.HEAD)]


@pytest.mark.parametrize("way", ["in turns", "across sessions", "not comparable", "base is reference"])
def test_no_text_breaks_what_a_section_begins_and_ends_with(cases, hostile, way, pipes, outside_code):
    def made(text):
        evidence = hostile_evidence(cases, text, way)
        return structure("\n".join([*source_lines(evidence), *log_lines(evidence)]), pipes, outside_code)

    clean = made("x")
    assert clean.smuggled == ()
    for text in filter(str.strip, hostile):
        assert made(text) == clean, text
