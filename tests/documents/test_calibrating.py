import pytest

from harness.compare.sessions import KpiSpread, Spread
from harness.documents.calibrating import Calibrated, as_json, to_markdown, to_text
from harness.recording.manifest import Host, Manifest, Origin, Protocol, Provenance, Recording

DAY_S = 86_400.0


def calibrated(*spreads: Spread, name: str = "root") -> Calibrated:
    manifest = Manifest(
        target="mine",
        started="2026-11-21T08:00:00Z",
        contract="m8",
        host=Host(id="studio"),
        provenance=Provenance(origin=Origin.MEASURED, commit="c" * 40),
        protocol=Protocol(warmups=1, measured=5, calibration=True),
        benchmarks=(),
        runs=(),
        kpis=(),
        files={},
    )
    kpis = tuple(
        KpiSpread(benchmark="keccakf", kpi=f"{name}{number or ''}", spread=spread, judged_gap_s=spread.span_s)
        for number, spread in enumerate(spreads)
    )
    return Calibrated(recording=Recording(id="a" * 16, manifest=manifest), kpis=kpis)


FIRST = Spread(known=1, sessions=1, sd_log=None, span_s=0.0)
SIX = Spread(known=6, sessions=6, sd_log=0.02, span_s=5 * DAY_S)


def test_in_json_the_kpi_that_is_known_least_speaks_for_all():
    found = as_json(calibrated(SIX, FIRST))

    assert {"recording": "a" * 16, "sessions": 1, "needed": 6, "span_s": 0.0}.items() <= found.items()
    assert [one["sessions"] for one in found["kpis"]] == [6, 1]
    assert found["kpis"][0] == {
        "benchmark": "keccakf",
        "kpi": "root",
        "sessions": 6,
        "sd_ratio": pytest.approx(0.0202, abs=1e-4),
        "span_s": 5 * DAY_S,
        "judged_gap_s": 5 * DAY_S,
    }
    assert found["kpis"][1]["sd_ratio"] is None


def test_a_terminal_says_what_can_be_judged_once_there_are_six():
    assert to_text(calibrated(SIX)) == (
        "recording aaaaaaaaaaaaaaaa of mine cccccccccccc on studio, 2026-11-21T08:00:00Z\n"
        "\n"
        "benchmark  KPI   sessions  missing  spread over  sd between sessions\n"
        "keccakf    root         6        0       5 days                2.0 %\n"
        "\n"
        "Recordings taken up to 5 days apart can be judged: harness compare BASE HEAD --stored\n"
        "Sessions count for times apart that they are spread over evenly: take more on other days to judge more."
    )


def test_a_first_session_has_no_spread_yet():
    lines = to_text(calibrated(FIRST)).splitlines()

    assert lines[3].split() == ["keccakf", "root", "1", "5", "–", "–"]
    assert lines[-1].startswith("5 more sessions are needed")


def test_one_missing_session_is_one():
    five = Spread(known=5, sessions=5, sd_log=0.02, span_s=DAY_S)

    assert to_text(calibrated(five)).splitlines()[-1].startswith("1 more session is needed")


def test_without_any_kpi_nothing_was_learnt():
    assert to_text(calibrated()).endswith("No KPI was recorded, so nothing was learnt.")
    assert as_json(calibrated())["sessions"] == 0


def test_a_kpis_name_cannot_break_the_table(hostile, pipes, outside_code):
    for text in hostile:
        row = to_markdown(calibrated(SIX, name=text)).splitlines()[4]
        assert pipes(row) == 7, text
        assert not {"<", "["} & set(outside_code(row)), text
