from math import comb

import msgspec
import pytest
from msgspec.structs import replace

from harness.compare.comparison import Mode, Sameness, Side, compare
from harness.compare.verdict import Gate, Verdict
from harness.kpis.contract import KpiTable
from harness.recording.manifest import Host

TOTAL = "stark_prove_excluding_trace"
COMMIT = "prover.main_trace_commit"
CALM = [100, 101, 102, 103, 104]
SLOW = [120, 121, 122, 123, 124]


@pytest.fixture
def alternated(m8_contract):
    def compare_in_turns(base, head, contract=m8_contract, **more):
        return compare(base, head, contract, **{"mode": Mode.INTERLEAVED, "alternated": True, **more})

    return compare_in_turns


@pytest.fixture
def stored(m8_contract):
    def compare_stored(base, head, **more):
        return compare(base, head, m8_contract, **{"mode": Mode.STORED, "alternated": False, **more})

    return compare_stored


@pytest.fixture
def side(kpi_of, manifest_of, side_of):
    """A side with one benchmark, keccakf, of these KPIs."""

    def build(*totals, **others):
        kpis = [kpi_of(totals)] if totals else []
        return side_of(manifest_of(*kpis, *(kpi_of(values, kpi) for kpi, values in others.items())))

    return build


def with_identity(one: Side, identity, started="2027-01-01T00:00:00Z") -> Side:
    """The same side recorded at another time of the program `identity`."""
    manifest = one.manifest
    benchmarks = tuple(replace(benchmark, identity=identity) for benchmark in manifest.benchmarks)
    recording = replace(one.recording, id=started, manifest=replace(manifest, benchmarks=benchmarks, started=started))
    return replace(one, recording=recording)


def kpi_in(comparison, kpi=TOTAL, benchmark="keccakf"):
    return next(one for one in comparison.kpis if (one.benchmark, one.kpi) == (benchmark, kpi))


def contract_with(contract, names, gating=()):
    """The contract with other KPIs, and a benchmark for each gating one."""
    benchmarks = [
        msgspec.structs.replace(contract.benchmarks[0], name=f"b{n}", gating=kpi) for n, kpi in enumerate(gating)
    ]
    return msgspec.structs.replace(
        contract,
        kpis={name: KpiTable() for name in names},
        benchmarks=tuple(benchmarks) or contract.benchmarks[:1],
        cells=(),
        limits=(),
    )


def test_a_recording_with_itself_is_the_same(stored, m8_manifest, side_of):
    published = side_of(m8_manifest)
    found = stored(published, published)
    assert (found.verdict, found.reason, found.gate) == (Verdict.SAME, "same recording", Gate.PASSED)
    assert found.comparable
    for kpi in found.kpis:
        assert kpi.verdict is (Verdict.SAME if kpi.base else Verdict.MISSING)
        assert (kpi.ratio_low, kpi.ratio_high) == (None, None)
    assert len(found.kpis) == 14


def test_a_recording_without_the_gating_kpi_is_still_the_same_as_itself_but_shows_the_gate_nothing(stored, side):
    alone = side(**{COMMIT: CALM})
    found = stored(alone, alone)
    assert (found.verdict, found.reason, found.gate) == (Verdict.SAME, "same recording", Gate.CANNOT_TELL)


def test_the_same_executable_is_the_same_whatever_the_times(stored, side):
    found = stored(with_identity(side(*CALM), "x", "1"), with_identity(side(*SLOW), "x", "2"))
    assert (found.verdict, found.reason, found.gate) == (Verdict.SAME, "same executable", Gate.PASSED)
    assert kpi_in(found).ratio == pytest.approx(122 / 102)


@pytest.mark.parametrize(("before", "after"), [(None, None), ("x", "y"), ("x", None)])
def test_unknown_or_other_executables_are_not_the_same(stored, side, before, after):
    found = stored(with_identity(side(*CALM), before, "1"), with_identity(side(*CALM), after, "2"))
    assert found.verdict is Verdict.UNDECIDED


def test_the_same_executable_under_other_conditions_is_not_comparable(stored, side):
    base, head = with_identity(side(*CALM), "x", "1"), with_identity(side(*CALM), "x", "2")
    elsewhere = replace(head, recording=replace(head.recording, manifest=replace(head.manifest, host=Host(id="i"))))
    found = stored(base, elsewhere)
    assert (found.comparable, found.verdict, found.gate) == (False, Verdict.UNDECIDED, Gate.CANNOT_TELL)
    assert found.reason == "not comparable: host: h against i"


def test_the_same_executable_measured_in_turns_is_judged_by_its_runs(alternated, side):
    found = alternated(with_identity(side(*CALM), "x", "1"), with_identity(side(*CALM), "x", "2"))
    assert kpi_in(found).ratio_low is not None
    assert found.reason != "same executable"


def test_what_is_known_beyond_the_recordings_decides(stored, side):
    found = stored(side(*CALM), side(*SLOW), sameness=Sameness.EXECUTABLE)
    assert (found.verdict, found.reason) == (Verdict.SAME, "same executable")


def test_the_same_executable_with_a_failed_head_is_missing_for_its_own_reason(
    stored, side, kpi_of, manifest_of, side_of
):
    failed = side_of(manifest_of(kpi_of((), missing="no good measured run")))
    found = stored(with_identity(side(*CALM), "x", "1"), with_identity(failed, "x", "2"))
    assert (found.verdict, found.reason) == (Verdict.MISSING, "no good measured run")
    assert found.gate is Gate.CANNOT_TELL


def test_stored_runs_of_different_sessions_are_undecided_and_say_what_is_missing(stored, side):
    found = stored(side(*CALM), side(*SLOW))
    assert (found.verdict, found.gate, found.comparable) == (Verdict.UNDECIDED, Gate.CANNOT_TELL, True)
    assert "needs 6 calibration sessions of this host: 6 are missing" in found.reason
    assert found.reason == kpi_in(found).reason
    assert kpi_in(found).ratio == pytest.approx(122 / 102)
    assert kpi_in(found).ratio_low is None


def test_stored_runs_that_took_turns_are_judged(stored, side):
    found = stored(side(*CALM), side(*SLOW), alternated=True)
    assert (found.verdict, found.gate, found.reason) == (Verdict.SLOWER, Gate.REGRESSION, "")


@pytest.mark.parametrize(
    ("base", "head", "verdict", "gate"),
    [
        (CALM, SLOW, Verdict.SLOWER, Gate.REGRESSION),
        (SLOW, CALM, Verdict.FASTER, Gate.PASSED),
        ([100] * 5, [100] * 5, Verdict.SAME, Gate.PASSED),
        (CALM, [101, 102, 103, 104, 106], Verdict.UNDECIDED, Gate.PASSED),
        ([100, 110, 120, 130, 140], [101, 112, 121, 133, 141], Verdict.UNDECIDED, Gate.CANNOT_TELL),
    ],
)
def test_runs_that_took_turns_give_a_verdict(alternated, side, base, head, verdict, gate):
    found = alternated(side(*base), side(*head))
    assert (found.verdict, found.gate) == (verdict, gate)
    assert kpi_in(found).verdict is verdict
    assert kpi_in(found).gating


def test_a_side_keeps_its_samples_median_and_display_step(alternated, side):
    base = kpi_in(alternated(side(97.2, 96.7, 98.1, 95.0, 102), side(*CALM))).base
    assert (base.n, base.samples, base.median) == (5, (97.2, 96.7, 98.1, 95.0, 102), 97.2)
    assert base.step == pytest.approx(0.1)


def test_three_runs_a_side_are_undecided_and_say_how_many_would_do(alternated, side):
    kpi = kpi_in(alternated(side(*CALM[:3]), side(*SLOW[:3])))
    assert (kpi.verdict, kpi.ratio_low, kpi.runs_to_settle) == (Verdict.UNDECIDED, None, 5)
    assert kpi.reason == "too few runs for any interval; about 5 + 5 runs would decide"


def test_every_judged_kpi_says_what_would_settle_the_floor_and_an_undecided_one_what_would_decide(alternated, side):
    noisy = kpi_in(alternated(side(100, 110, 120, 130, 140), side(105, 115, 125, 135, 145)))
    assert noisy.reason == f"about {noisy.runs_to_settle} + {noisy.runs_to_settle} runs would decide"
    assert noisy.runs_to_settle > 5
    assert noisy.min_detectable > 0
    decided = kpi_in(alternated(side(*CALM), side(*SLOW)))
    assert (decided.verdict, decided.reason, decided.runs_to_settle) == (Verdict.SLOWER, "", 15)


def test_an_interval_just_beside_the_floor_asks_for_a_round_more_and_never_for_what_it_had(alternated, side):
    kpi = kpi_in(alternated(side(*[500] * 5), side(499, 500, 508, 515, 516)))
    assert (kpi.verdict, kpi.runs_to_settle) == (Verdict.UNDECIDED, 5)
    assert kpi.reason == "about 10 + 10 runs would decide"


def test_digits_that_allow_a_time_of_zero_are_not_mistaken_for_too_few_runs(alternated, side_of, manifest_of, kpi_of):
    vague = side_of(manifest_of(kpi_of([0.3] * 5, lows=(0.0,) * 5)))
    kpi = kpi_in(alternated(vague, side_of(manifest_of(kpi_of([0.1] * 5)))))
    assert (kpi.verdict, kpi.runs_to_settle) == (Verdict.UNDECIDED, None)
    assert kpi.reason == "the printed digits allow a time of 0, so no ratio can be bounded"


@pytest.mark.parametrize("zeros", [1, 5])
def test_a_sample_of_zero_is_not_left_out_of_its_side(alternated, side_of, manifest_of, kpi_of, zeros):
    values = (0.0,) * zeros + (120.0,) * (10 - zeros)
    head = kpi_of([120] * 10, values=values, lows=values, highs=values)
    kpi = kpi_in(alternated(side_of(manifest_of(kpi_of([100] * 10))), side_of(manifest_of(head))))
    assert (kpi.verdict, kpi.ratio_low) == (Verdict.UNDECIDED, None)
    assert "a value of 0" in kpi.reason


def test_missing_and_new_say_so_with_the_reason(alternated, side_of, manifest_of, kpi_of):
    base = side_of(manifest_of(kpi_of(CALM), kpi_of(CALM, COMMIT), kpi_of((), "new", missing="no span new")))
    head = side_of(manifest_of(kpi_of(CALM), kpi_of((), COMMIT, missing="2 spans match"), kpi_of(CALM, "new")))
    found = alternated(base, head)
    gone, new, never = kpi_in(found, COMMIT), kpi_in(found, "new"), kpi_in(found, "rs_code_matrix", "logup")
    assert (gone.verdict, gone.reason, gone.head, gone.ratio) == (Verdict.MISSING, "2 spans match", None, None)
    assert (new.verdict, new.reason, new.base) == (Verdict.NEW, "no span new", None)
    assert (never.verdict, never.reason) == (Verdict.MISSING, "benchmark not recorded")


def test_a_gating_kpi_that_the_head_lost_cannot_pass(alternated, side, kpi_of, manifest_of, side_of):
    lost = side_of(manifest_of(kpi_of((), missing="no span"), kpi_of(CALM, COMMIT)))
    found = alternated(side(*CALM, **{COMMIT: CALM}), lost)
    assert (found.verdict, found.gate, found.reason) == (Verdict.MISSING, Gate.CANNOT_TELL, "no span")


def test_without_any_gating_kpi_nothing_is_decided(alternated, side):
    found = alternated(side(**{COMMIT: CALM}), side(**{COMMIT: SLOW}))
    assert (found.verdict, found.gate) == (Verdict.UNDECIDED, Gate.CANNOT_TELL)
    assert found.reason == "no gating KPI is recorded on either side"
    assert kpi_in(found, COMMIT).verdict is Verdict.SLOWER


def test_attribution_never_changes_the_verdict(alternated, side):
    found = alternated(side(*[100] * 5, **{COMMIT: CALM}), side(*[100] * 5, **{COMMIT: SLOW}))
    assert (found.verdict, kpi_in(found, COMMIT).verdict) == (Verdict.SAME, Verdict.SLOWER)


def test_each_of_two_gating_kpis_is_judged_at_half_the_error_rate(
    alternated, m8_contract, side_of, manifest_of, kpi_of
):
    """At 5 + 5 two may still be called (p 0.0079); with one run out of order one alone may (p 0.0317 > 0.025)."""
    mixed = [100, 101, 102, 112, 115]
    slow = [110, 121, 122, 123, 124]
    base = side_of(manifest_of(*(kpi_of(values, "k", f"b{n}") for n, values in enumerate([CALM, mixed]))))
    head = side_of(manifest_of(*(kpi_of(values, "k", f"b{n}") for n, values in enumerate([SLOW, slow]))))
    two = alternated(base, head, contract_with(m8_contract, ["k"], ["k", "k"]))
    assert [one.verdict for one in two.kpis] == [Verdict.SLOWER, Verdict.UNDECIDED]
    assert (two.verdict, two.gate) == (Verdict.SLOWER, Gate.REGRESSION)
    one = alternated(base, head, contract_with(m8_contract, ["k"], ["k", "k"]), benchmarks=("b1",))
    assert [kpi.verdict for kpi in one.kpis] == [Verdict.SLOWER]


def test_seven_gating_kpis_cannot_be_decided_at_five_and_five(alternated, m8_contract, side_of, manifest_of, kpi_of):
    for count, verdict in ((6, Verdict.SLOWER), (7, Verdict.UNDECIDED)):
        sides = [side_of(manifest_of(*(kpi_of(v, "k", f"b{n}") for n in range(count)))) for v in (CALM, SLOW)]
        found = alternated(*sides, contract_with(m8_contract, ["k"], ["k"] * count))
        assert {one.verdict for one in found.kpis} == {verdict}


@pytest.mark.parametrize(("runs", "named"), [(5, False), (7, True)])
def test_a_lone_moved_span_among_twelve_can_be_named_at_7_and_7_but_not_at_5_and_5(alternated, side, runs, named):
    still = {f"span {n}": [100, 130, 101, 131, 102, 132, 103][:runs] for n in range(11)}
    base, head = [200 + n for n in range(runs)], [300 + n for n in range(runs)]
    found = alternated(side(*CALM, moved=base, **still), side(*CALM, moved=head, **still))
    assert (kpi_in(found, "moved").verdict is Verdict.SLOWER) == named
    assert {kpi_in(found, name).verdict for name in still} == {Verdict.UNDECIDED}


def test_many_moved_spans_help_each_other_to_be_named(alternated, side):
    """Benjamini-Hochberg: with k of 12 at p = 0.0079 all are selected once 0.0079 <= k * 0.05 / 12."""
    assert 2 / comb(10, 5) <= 2 * 0.05 / 12
    for moved in (1, 2):
        spans = [f"span {n}" for n in range(12)]
        base = dict.fromkeys(spans, CALM)
        head = {name: SLOW if n < moved else CALM for n, name in enumerate(spans)}
        found = alternated(side(*CALM, **base), side(*CALM, **head))
        called = [name for name in spans if kpi_in(found, name).verdict is Verdict.SLOWER]
        assert called == (spans[:2] if moved == 2 else [])


def test_runs_are_compared_inside_rounds_of_five(alternated, side):
    """A machine that got three times slower after five runs hides nothing and shows nothing."""
    base = [*CALM, *(3 * v for v in CALM)]
    assert kpi_in(alternated(side(*base), side(*(v * 1.1 for v in base)))).verdict is Verdict.SLOWER
    assert kpi_in(alternated(side(*base), side(*(v * 1.002 for v in base)))).ratio_high < 1.06


def test_a_lost_run_leaves_the_others_in_their_rounds(alternated, side_of, manifest_of, kpi_of):
    base = [*CALM, *(3 * v for v in CALM)]
    head = [*SLOW[1:], *(3 * v for v in SLOW)]
    lost = side_of(manifest_of(kpi_of(head, runs=(2, 3, 4, 5, 6, 7, 8, 9, 10))))
    found = kpi_in(alternated(side_of(manifest_of(kpi_of(base))), lost))
    assert found.verdict is Verdict.SLOWER
    assert (found.ratio_low, found.ratio_high) != (None, None)


def test_a_comparison_can_be_limited_to_some_benchmarks(alternated, side_of, manifest_of, kpi_of):
    base, head = (side_of(manifest_of(kpi_of(v), kpi_of(v, "rs_code_matrix", "logup"))) for v in (CALM, SLOW))
    assert {one.benchmark for one in alternated(base, head, benchmarks=("logup",)).kpis} == {"logup"}


def test_another_benchmarks_conditions_do_not_make_this_one_incomparable(alternated, side_of, manifest_of, kpi_of):
    base, head = (manifest_of(kpi_of(v), kpi_of(v, "rs_code_matrix", "logup")) for v in (CALM, SLOW))
    noisy = tuple(replace(one, log_level="DEBUG") if one.name == "logup" else one for one in head.benchmarks)
    sides = side_of(base), side_of(replace(head, benchmarks=noisy))
    assert alternated(*sides, benchmarks=("keccakf",)).verdict is Verdict.SLOWER
    assert not alternated(*sides).comparable
