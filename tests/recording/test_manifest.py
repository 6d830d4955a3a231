import hashlib
import json
from pathlib import Path
from types import NoneType, UnionType
from typing import get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from harness.errors import StoreError
from harness.recording.manifest import (
    SCHEMA_VERSION,
    Executable,
    Manifest,
    RunKind,
    RunRecord,
    content_id,
    from_json,
    to_json,
)

RECORDINGS = Path(__file__).parent.parent.parent / "baselines" / "recordings"

SIMPLE = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=8),
    bool: st.booleans(),
    NoneType: st.none(),
}


def any_of(kind):
    """Any value of a type that manifests are made of."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return st.builds(kind, **{one.name: any_of(hints[one.name]) for one in fields(kind) if one.name != "schema"})
    arguments = [any_of(one) for one in get_args(kind) if one is not Ellipsis]
    if get_origin(kind) is UnionType:
        return st.one_of(arguments)
    if get_origin(kind) is dict:
        return st.dictionaries(*arguments, max_size=3)
    if get_origin(kind) is tuple:
        return st.lists(*arguments, max_size=3).map(tuple) if Ellipsis in get_args(kind) else st.tuples(*arguments)
    return st.sampled_from(kind)


manifests = any_of(Manifest)


@pytest.fixture(scope="module")
def committed():
    [folder] = RECORDINGS.iterdir()
    return folder.name, (folder / "recording.json").read_bytes()


def rejected(data):
    with pytest.raises(StoreError) as caught:
        from_json(data, where="store/recordings/abc/recording.json")
    assert caught.value.message.startswith("store/recordings/abc/recording.json ")
    assert "\n" not in caught.value.message
    return caught.value


@settings(max_examples=60, deadline=None)
@given(manifests)
def test_a_manifest_survives_being_stored(manifest):
    data = to_json(manifest)
    assert from_json(data, where="x") == manifest
    assert to_json(from_json(data, where="x")) == data


def test_facts_are_stored_in_one_order_however_they_were_gathered(committed):
    manifest = from_json(committed[1], where="x")
    files = {"b": "2", "a": "1"}
    backwards = dict(reversed(files.items()))
    assert to_json(replace(manifest, files=files)) == to_json(replace(manifest, files=backwards))


def test_the_committed_recording_is_stored_under_the_hash_of_its_manifest(committed):
    name, data = committed
    assert content_id(data) == name
    assert from_json(data, where="x").target == "openvm-metal"


def test_an_id_is_the_first_16_digits_of_the_sha256():
    assert content_id(b"abc") == hashlib.sha256(b"abc").hexdigest()[:16] == "ba7816bf8f01cfea"


def test_any_altered_fact_gives_another_id(committed):
    manifest = from_json(committed[1], where="x")
    altered = replace(manifest, started="2026-02-20T20:46:16Z")
    assert content_id(to_json(altered)) != content_id(to_json(manifest))


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_schema_version_names_both_versions_and_the_way_out(committed, version):
    content = {**json.loads(committed[1]), "schema": version}
    error = rejected(json.dumps(content).encode())
    assert f"schema version {version}, this harness reads {SCHEMA_VERSION}" in error.message
    assert error.hint == "Use the harness version that wrote it, or a newer one."


def test_a_newer_version_is_named_before_its_unknown_form_is_complained_of():
    assert "schema version 2" in rejected(b'{"schema": 2, "anything": []}').message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"schema": "1"}',
        b'{"schema": 1}',
        b'{"schema": 1, "target": "\xff"}',
        b'{"schema": 1, "target": ' + b"[" * 100_000,
    ],
    ids=["empty", "text", "binary", "list", "no schema", "schema text", "schema alone", "no UTF-8", "nested"],
)
def test_garbage_is_an_error_that_names_the_file(data):
    assert "is not a recording's manifest" in rejected(data).message


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40) | st.integers(0, 4000))
def test_any_bytes_and_any_cut_manifest_are_an_error_and_no_crash(committed, garbage):
    rejected(committed[1][:garbage] if isinstance(garbage, int) else garbage)


@pytest.mark.parametrize(
    "name", [one.name for one in fields(Manifest) if one.name not in {"warnings", "failure", "schema"}]
)
def test_a_fact_that_lacks_is_named(committed, name):
    content = json.loads(committed[1])
    del content[name]
    assert name in rejected(json.dumps(content).encode()).message


def test_a_wrong_type_is_named_by_its_place(committed):
    content = json.loads(committed[1])
    content["runs"][3]["number"] = "three"
    assert "$.runs[3].number" in rejected(json.dumps(content).encode()).message


def test_finds_benchmarks_and_kpis_by_name(committed):
    manifest = from_json(committed[1], where="x")
    assert manifest.benchmark_names == ("keccakf", "logup")
    assert manifest.benchmark("logup") is manifest.benchmarks[1]
    assert manifest.benchmark("log") is None
    found = manifest.kpi("logup", "rs_code_matrix")
    assert found is not None
    assert (found.benchmark, found.kpi) == ("logup", "rs_code_matrix")
    assert manifest.kpi("logup", "rs_code") is None
    assert manifest.kpi("other", "rs_code_matrix") is None


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        (RunKind.MEASURED, 3, "keccakf run 3"),
        (RunKind.WARMUP, -1, "keccakf warmup"),
        (RunKind.COUNTERS, 0, "keccakf counters"),
        (RunKind.INSTRUCTIONS, 0, "keccakf instructions"),
    ],
)
def test_a_run_says_which_it_is(kind, number, text):
    assert RunRecord(benchmark="keccakf", kind=kind, number=number, first_line=1, last_line=2).describe() == text


def test_a_manifest_cannot_be_changed_in_place():
    with pytest.raises(AttributeError):
        Executable(path="a", sha256="b").path = "c"  # type: ignore[misc]
