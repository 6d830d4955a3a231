import pytest
from msgspec.structs import replace

from harness.compare.comparability import differences
from harness.recording.manifest import Host, Origin, Protocol, Provenance, Toolchain, Workload

MEASURED = Provenance(origin=Origin.MEASURED)


@pytest.fixture
def base(manifest_of, kpi_of):
    return manifest_of(kpi_of([100] * 5), kpi_of([5] * 5, benchmark="logup"))


def with_benchmark(manifest, name, **changes):
    benchmarks = tuple(replace(one, **changes) if one.name == name else one for one in manifest.benchmarks)
    return replace(manifest, benchmarks=benchmarks)


def told(base, head, benchmarks=()):
    return [(one.describe(), one.decisive) for one in differences(base, head, benchmarks)]


def test_a_manifest_does_not_differ_from_itself(base, m8_manifest):
    assert differences(base, base) == ()
    assert differences(m8_manifest, m8_manifest) == ()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"target": "other"}, "target: mine against other"),
        ({"host": Host(id="i")}, "host: h against i"),
        ({"host": Host(id=None)}, "host: h against not stated"),
        ({"contract": "m9"}, "contract: m8 against m9"),
        ({"protocol": Protocol(warmups=1, measured=5, proof="first")}, "proof of a process: only against first"),
        ({"protocol": Protocol(warmups=0, measured=5)}, "warmup: True against False"),
    ],
)
def test_what_makes_whole_recordings_incomparable(base, changes, line):
    assert told(base, replace(base, **changes)) == [(line, True)]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"profile": "dev"}, "keccakf profile: release against dev"),
        ({"profile": None}, "keccakf profile: release against not stated"),
        ({"features": ("cuda", "touchemall")}, "keccakf features: not stated against cuda touchemall"),
        ({"environment": {"RUST_LOG": "debug"}}, "keccakf RUST_LOG: info against debug"),
        ({"environment": {}}, "keccakf RUST_LOG: info against unset"),
        (
            {"environment": {"RUST_LOG": "info", "RAYON_NUM_THREADS": "2"}},
            "keccakf RAYON_NUM_THREADS: unset against 2",
        ),
        ({"log_level": "DEBUG"}, "keccakf log level: INFO against DEBUG"),
        (
            {"workload": Workload(cells={"total_trace_cells": 1}, airs=("A | 1",))},
            "keccakf total_trace_cells: 674048 against 1",
        ),
        (
            {"workload": Workload(cells={"total_trace_cells": 674048}, airs=("A | 1", "B | 2"))},
            "keccakf AIRs: A | 1 against A | 1 / B | 2",
        ),
    ],
)
def test_what_makes_a_benchmark_incomparable(base, changes, line):
    assert told(base, with_benchmark(base, "keccakf", **changes)) == [(line, True)]


@pytest.mark.parametrize(
    "changes",
    [
        {"log_level": None},
        {"workload": Workload(cells={"main_trace_cells": 5}, airs=("A | 1",))},
        {"workload": Workload(cells={"total_trace_cells": 674048})},
        {"command": "other", "identity": "x", "log": "raw/keccakf.log"},
    ],
)
def test_what_one_side_does_not_state_is_no_difference(base, changes):
    assert told(base, with_benchmark(base, "keccakf", **changes)) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"provenance": replace(MEASURED, commit="c", origin=Origin.IMPORTED)}, "origin: measured against imported"),
        (
            {"provenance": replace(MEASURED, toolchain=Toolchain(rustc="rustc 1.99.0"))},
            "rustc: not stated against rustc 1.99.0",
        ),
        ({"runs": ()}, "measured runs: keccakf 5, logup 5 against keccakf 0, logup 0"),
    ],
)
def test_what_is_told_without_making_times_incomparable(base, changes, line):
    assert told(base, replace(base, **changes)) == [(line, False)]


def test_another_toolchain_variable_is_told_but_may_change(base):
    head = with_benchmark(base, "keccakf", environment={"RUST_LOG": "info", "RUSTUP_TOOLCHAIN": "nightly"})
    assert told(base, head) == [("keccakf RUSTUP_TOOLCHAIN: unset against nightly", False)]


def test_two_recordings_without_any_host_are_compared_and_it_is_told(base):
    nowhere = replace(base, host=Host(id=None))
    assert told(nowhere, nowhere) == [("host: not stated against not stated", False)]


def test_revision_and_session_are_no_difference_at_all(base):
    other = replace(
        base,
        started="2027-01-01T00:00:00Z",
        provenance=replace(base.provenance, commit="d", dirty=True, lockfile_sha256="x"),
        protocol=replace(base.protocol, session="s", seed=3),
    )
    assert told(base, other) == []


def test_decisive_differences_stand_first(base):
    head = replace(with_benchmark(base, "logup", profile="dev"), provenance=replace(MEASURED, origin=Origin.IMPORTED))
    assert [decisive for _, decisive in told(base, head)] == [True, False]


def test_a_benchmark_that_only_one_side_has_is_no_difference_of_times(base):
    head = replace(base, benchmarks=base.benchmarks[:1], runs=base.runs[:5])
    assert told(base, head) == [("measured runs: keccakf 5, logup 5 against keccakf 5", False)]


def test_only_the_benchmarks_in_question_count(base):
    head = with_benchmark(base, "logup", profile="dev")
    assert told(base, head, ("keccakf",)) == []
    assert told(base, head, ("logup",)) == told(base, head) == [("logup profile: release against dev", True)]
