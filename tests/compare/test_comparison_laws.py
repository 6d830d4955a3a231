import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.compare.comparability import differences
from harness.compare.comparison import Mode, compare
from harness.compare.verdict import Gate, Verdict
from harness.recording.manifest import Host, Protocol, Workload

TOTAL = "stark_prove_excluding_trace"
KPIS = (TOTAL, "prover.main_trace_commit", "rs_code_matrix", "extra")
quick = settings(max_examples=60, deadline=None)

times = st.floats(1.2, 900).map(lambda value: float(f"{value:.3g}"))
samples = st.one_of(
    st.just([]),
    st.lists(times, min_size=1, max_size=10),
    st.tuples(times.filter(lambda value: value < 600), st.lists(st.floats(0.9, 1.3), min_size=4, max_size=10)).map(
        lambda drawn: [drawn[0] * factor for factor in drawn[1]]
    ),
)
recorded = st.dictionaries(
    st.tuples(st.sampled_from(["keccakf", "logup"]), st.sampled_from(KPIS)), samples, min_size=1, max_size=8
)
whole_changes = st.fixed_dictionaries(
    {},
    optional={
        "target": st.sampled_from(["mine", "other"]),
        "host": st.sampled_from([Host(id="h"), Host(id="i"), Host(id=None)]),
        "contract": st.sampled_from(["m8", "m9"]),
        "protocol": st.sampled_from(
            [Protocol(warmups=w, measured=5, proof=p) for w in (0, 1) for p in ("only", "first")]
        ),
    },
)
benchmark_changes = st.fixed_dictionaries(
    {},
    optional={
        "identity": st.sampled_from([None, "x", "y"]),
        "profile": st.sampled_from(["release", "dev", None]),
        "features": st.sampled_from([(), ("cuda",)]),
        "environment": st.sampled_from([{"RUST_LOG": "info"}, {}, {"RAYON_NUM_THREADS": "2"}]),
        "log_level": st.sampled_from(["INFO", "DEBUG", None]),
        "workload": st.sampled_from([Workload(), Workload(cells={"total_trace_cells": 1}, airs=("B",))]),
    },
)
conditions = st.tuples(whole_changes, benchmark_changes)


@pytest.fixture(scope="module")
def build(manifest_of, kpi_of):
    """A manifest of these samples, taken under these conditions."""

    def build_one(recorded, changed=({}, {})):
        kpis = [
            kpi_of(values, kpi, benchmark, missing=None if values else "no span")
            for (benchmark, kpi), values in recorded.items()
        ]
        manifest = manifest_of(*kpis, **changed[0])
        return replace(manifest, benchmarks=tuple(replace(one, **changed[1]) for one in manifest.benchmarks))

    return build_one


@quick
@given(recorded=recorded, changed=conditions, alternated=st.booleans())
def test_a_recording_is_the_same_as_itself_under_any_conditions(
    build, side_of, m8_contract, recorded, changed, alternated
):
    side = side_of(build(recorded, changed))
    found = compare(side, side, m8_contract, mode=Mode.STORED, alternated=alternated)
    assert (found.comparable, found.verdict, found.reason) == (True, Verdict.SAME, "same recording")
    assert {kpi.verdict for kpi in found.kpis} <= {Verdict.SAME, Verdict.MISSING}


@settings(max_examples=150, deadline=None)
@given(
    pair=st.tuples(recorded, recorded),
    changed=st.tuples(conditions, conditions),
    how=st.fixed_dictionaries({"mode": st.sampled_from(Mode), "alternated": st.booleans()}),
)
def test_what_is_not_comparable_is_never_faster_slower_or_the_same(build, side_of, m8_contract, pair, changed, how):
    base, head = (build(one, conditions) for one, conditions in zip(pair, changed, strict=True))
    decisive = [one for one in differences(base, head) if one.decisive]
    assume(decisive)
    found = compare(side_of(base), side_of(head), m8_contract, **how)
    assert (found.comparable, found.verdict, found.gate) == (False, Verdict.UNDECIDED, Gate.CANNOT_TELL)
    assert found.reason == "not comparable: " + "; ".join(one.describe() for one in decisive)
    assert {kpi.verdict for kpi in found.kpis} <= {Verdict.UNDECIDED, Verdict.MISSING, Verdict.NEW}
    assert all(kpi.ratio_low is None for kpi in found.kpis)


@quick
@given(pair=st.tuples(recorded, recorded))
def test_stored_sessions_are_never_called(build, side_of, m8_contract, pair):
    base, head = (side_of(build(one)) for one in pair)
    assume(base.recording.id != head.recording.id)
    found = compare(base, head, m8_contract, mode=Mode.STORED, alternated=False)
    assert {kpi.verdict for kpi in found.kpis} <= {Verdict.UNDECIDED, Verdict.MISSING, Verdict.NEW}
    assert found.gate is Gate.CANNOT_TELL


MIRRORED = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}


@quick
@given(pair=st.tuples(recorded, recorded))
def test_verdict_and_interval_never_contradict_each_other_and_swapping_the_sides_flips_them(
    build, side_of, m8_contract, pair
):
    base, head = (side_of(build(one)) for one in pair)
    assume(base.recording.id != head.recording.id)
    found = compare(base, head, m8_contract, mode=Mode.INTERLEAVED, alternated=True)
    back = {
        (kpi.benchmark, kpi.kpi): kpi
        for kpi in compare(head, base, m8_contract, mode=Mode.INTERLEAVED, alternated=True).kpis
    }
    for kpi in found.kpis:
        other = back[kpi.benchmark, kpi.kpi]
        if kpi.base and kpi.head:
            assert other.verdict is MIRRORED.get(kpi.verdict, kpi.verdict)
            assert (kpi.verdict is Verdict.UNDECIDED) == bool(kpi.reason)
        if kpi.ratio_low is None:
            assert kpi.verdict in {Verdict.UNDECIDED, Verdict.MISSING, Verdict.NEW}
        else:
            inside = kpi.ratio_low >= 1 / 1.03 and kpi.ratio_high <= 1.03
            excludes = kpi.ratio_low > 1 or kpi.ratio_high < 1
            assert (kpi.verdict is Verdict.SAME) == inside
            assert (kpi.verdict in MIRRORED) == (excludes and not inside)
            assert kpi.ratio_low * (1 - 1e-9) <= kpi.ratio <= kpi.ratio_high * (1 + 1e-9)


@quick
@given(
    base=st.lists(st.integers(100, 300), min_size=5, max_size=10),
    data=st.data(),
)
def test_a_worse_head_is_never_called_better(manifest_of, kpi_of, side_of, m8_contract, base, data):
    """Every run at least as slow as before: slower stays slower, and nothing becomes faster."""
    runs = len(base)
    head = [data.draw(st.integers(100, 400)) for _ in range(runs)]
    worse = [value + data.draw(st.integers(0, 99)) for value in head]
    verdicts = []
    for values in (head, worse):
        sides = [side_of(manifest_of(kpi_of(one)), ref=str(one)) for one in (base, values)]
        found = compare(*sides, m8_contract, mode=Mode.INTERLEAVED, alternated=True)
        verdicts.append(found.verdict)
    if verdicts[0] is not Verdict.FASTER:
        assert verdicts[1] is not Verdict.FASTER
    if verdicts[0] is Verdict.SLOWER:
        assert verdicts[1] is not Verdict.SAME
