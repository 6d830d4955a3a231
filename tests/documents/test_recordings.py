import json

import pytest
from msgspec import structs

from harness.documents.escape import MARKDOWN
from harness.documents.recordings import (
    facts_of,
    list_json,
    list_table,
    recorded_json,
    show_json,
    show_markdown,
    show_text,
    tree_table,
)
from harness.documents.table import as_markdown, as_text
from harness.kpis.tree import TimedSpan, span_tree
from harness.recording.manifest import Recording


def test_a_recording_on_a_terminal_with_its_span_trees(golden, shown_m8):
    golden("show-m8.txt", show_text(shown_m8))


def test_a_recording_in_markdown(golden, shown_m8):
    golden("show-m8.md", show_markdown(shown_m8))


def test_a_recording_of_several_proofs_a_process_in_markdown(golden, shown_imported):
    golden("show-several-proofs.md", show_markdown(shown_imported))


def test_a_recording_as_json(golden, shown_m8):
    golden("show-m8.json", json.dumps(show_json(shown_m8), indent=1, ensure_ascii=False))


def test_the_json_has_the_pinned_keys_and_null_with_a_reason_for_what_is_missing(shown_m8):
    told = show_json(shown_m8)

    assert {"recording", "target", "host", "labels", "runs", "kpis"} <= told.keys()
    assert {"benchmark", "kind"} <= told["runs"][0].keys()
    missing = [one for one in told["kpis"] if one["median"] is None]
    assert len(missing) == 3
    assert all(one["samples"] == [] and one["n"] == 0 and one["missing"] for one in missing)
    assert all(one["missing"] is None for one in told["kpis"] if one not in missing)


def test_what_was_recorded_and_what_is_listed_have_the_pinned_keys(shown_m8):
    assert recorded_json(structs.replace(shown_m8, warnings=("w",))) == {
        "recording": "0ae611f3c83983b8",
        "labels": ["m8"],
        "warnings": ["w"],
    }
    (listed,) = list_json([shown_m8])
    assert {"recording", "labels", "target", "host", "commit", "started"} <= listed.keys()


def test_memory_is_shown_in_mebibytes_and_instructions_as_a_number(shown_m8, with_cost):
    text = show_text(structs.replace(shown_m8, recording=with_cost[0]))
    rows = [line.split(maxsplit=2)[1:] for line in text.split("\n") if " process." in line]

    assert [(name, " ".join(rest.split())) for name, rest in rows[:2]] == [
        ("process.cpu_time", "7125.0 7125.0 … 7125.0 ms 5"),
        ("process.peak_memory", "811.20 811.20 … 811.20 MiB 5"),
    ]
    assert " ".join(rows[-1][1].split()) == "12,345,678,901 12,345,678,901 … 12,345,678,901 count 1"


def changed(shown, **changes):
    manifest = structs.replace(shown.recording.manifest, **changes)
    return structs.replace(shown, recording=Recording(id=shown.recording.id, manifest=manifest))


def test_a_list_says_what_failed_what_is_dirty_and_what_is_not_known(shown_m8, shown_imported):
    provenance = structs.replace(shown_imported.recording.manifest.provenance, commit="c" * 40, dirty=True)
    host = structs.replace(shown_imported.recording.manifest.host, id=None)
    failed = changed(shown_imported, failure="boom", provenance=provenance, host=host)
    lines = as_text(list_table([shown_m8, structs.replace(failed, labels=())])).split("\n")

    assert lines[1].split() == [
        "0ae611f3c83983b8",
        "m8",
        "openvm-metal",
        "apple-m2-max",
        "–",
        "2026-02-20T20:46:15Z",
        "transcribed",
    ]
    assert lines[2].split()[1:] == ["–", "openvm-cuda", "–", "cccccccccccc+", "2026-11-21T01:38:53Z", "failed"]


def test_a_list_in_markdown_is_not_broken_by_what_a_capture_says_of_itself(shown_m8, hostile, pipes, outside_code):
    for text in hostile:
        host = structs.replace(shown_m8.recording.manifest.host, id=text)
        listed = [changed(shown_m8, started=text, target=text, host=host)]
        lines = as_markdown(list_table(listed, MARKDOWN)).splitlines()
        assert [pipes(line) for line in lines] == [8, 8, 8], text
        assert not {"<", "["} & set(outside_code(lines[2])), text


def test_no_text_of_a_log_reaches_the_terminal_raw(shown_m8, hostile):
    for text in hostile:
        benchmarks = tuple(
            structs.replace(one, name=text, command=text) for one in shown_m8.recording.manifest.benchmarks
        )
        trees = (
            (text, tuple(structs.replace(row, name=text, fields=((text, text),)) for row in shown_m8.trees[0][1])),
        )
        shown = structs.replace(
            changed(shown_m8, benchmarks=benchmarks, failure=text, warnings=(text,), target=text, started=text),
            trees=trees,
        )
        written = show_text(shown)
        assert not [char for char in written if char != "\n" and not char.isprintable()], text
        assert len(written.splitlines()) == len(
            show_text(changed(shown_m8, failure="x", warnings=("x",))).split("\n")
        ) - (len(shown_m8.trees[1][1]) + 3), text


def test_facts_name_the_failure_the_dirt_and_the_warnings(shown_m8):
    own = shown_m8.recording.manifest.provenance
    provenance = structs.replace(own, commit="c" * 40, dirty=True, patch_sha256="d" * 64)
    facts = dict(facts_of(changed(shown_m8, failure="boom", warnings=("few runs",), provenance=provenance)))

    assert facts["FAILED"] == "boom"
    assert facts["warning"] == "few runs"
    assert facts["commit"] == f"{'c' * 40} (dirty: worktree.patch is kept)"
    assert facts["stored"].endswith("0ae611f3c83983b8")


def test_a_document_does_not_tell_where_on_a_machine_the_store_is(shown_m8):
    assert shown_m8.path not in show_markdown(shown_m8)


@pytest.mark.parametrize(
    ("printed", "row"),
    [
        (((8_760_000, 10_000), (16_000_000, 100_000), (7_550_000, 10_000)), ["8.76", "7.55 … 16.0", "3"]),
        (((99_100_000, 100_000), (104_000_000, 1_000_000), (99_500_000, 100_000)), ["99.5", "99.1 … 104", "3"]),
        (((42, 0),), ["0.000042", "0.000042 … 0.000042", "1"]),
    ],
)
def test_each_end_of_a_spread_has_the_digits_that_were_printed(printed, row):
    spans = [
        TimedSpan(
            run=run,
            seq=0,
            parent=None,
            depth=0,
            name="root",
            occurrence=0,
            fields=(),
            ns=ns,
            ns_low=ns - step // 2,
            ns_high=ns + step // 2,
        )
        for run, (ns, step) in enumerate(printed, start=1)
    ]

    assert list(tree_table(span_tree(spans)).rows[0][1:]) == row
