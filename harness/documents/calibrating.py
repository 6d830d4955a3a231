"""A calibration session and what is known with it, as JSON, terminal text and Markdown."""

from math import exp
from typing import Any

import msgspec

from harness.compare.sessions import SESSIONS_NEEDED, KpiSpread, Spread
from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, plain, terminal
from harness.documents.figures import ABSENT
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.recording.manifest import Recording
from harness.units import format_seconds


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """The session that was recorded, and how much the sessions of this host differ with it, KPI by KPI."""

    recording: Recording
    kpis: tuple[KpiSpread, ...]
    warnings: tuple[str, ...] = ()

    @property
    def sessions(self) -> int:
        """So many are known of every KPI."""
        return min((one.spread.sessions for one in self.kpis), default=0)

    @property
    def judged_gap_s(self) -> float:
        """Recordings taken so many seconds apart can be judged, by every KPI."""
        return min((one.judged_gap_s for one in self.kpis), default=0.0)

    @property
    def span_s(self) -> float:
        """Seconds over which they are spread, of every KPI."""
        return min((one.spread.span_s for one in self.kpis), default=0.0)


def as_json(calibrated: Calibrated) -> dict[str, Any]:
    """What `doctor --calibrate --format json` prints; `sd_ratio` is 0.05 for 5 %."""
    return {
        "recording": calibrated.recording.id,
        "sessions": calibrated.sessions,
        "needed": SESSIONS_NEEDED,
        "span_s": calibrated.span_s,
        "judged_gap_s": calibrated.judged_gap_s,
        "kpis": [
            {
                "benchmark": one.benchmark,
                "kpi": one.kpi,
                "sessions": one.spread.sessions,
                "sd_ratio": _sd_ratio(one.spread),
                "span_s": one.spread.span_s,
                "judged_gap_s": one.judged_gap_s,
            }
            for one in calibrated.kpis
        ],
    }


def to_text(calibrated: Calibrated) -> str:
    """For a terminal."""
    table = as_text(_table_of(calibrated, TERMINAL))
    return "\n".join([terminal(_what(calibrated)), "", table, "", *_notes(calibrated)])


def to_markdown(calibrated: Calibrated) -> str:
    """For a page."""
    table = as_markdown(_table_of(calibrated, MARKDOWN))
    return "\n".join([plain(_what(calibrated)), "", table, "", *_notes(calibrated)])


def _what(calibrated: Calibrated) -> str:
    manifest = calibrated.recording.manifest
    commit = (manifest.provenance.commit or "commit not stated")[:12]
    dirty = " (dirty)" if manifest.provenance.dirty else ""
    host = manifest.host.id or "a host that is not stated"
    return f"recording {calibrated.recording.id} of {manifest.target} {commit}{dirty} on {host}, {manifest.started}"


def _table_of(calibrated: Calibrated, quote: Quoting) -> Table:
    columns = (
        Column("benchmark"),
        Column("KPI"),
        Column("sessions", right=True),
        Column("missing", right=True),
        Column("spread over", right=True),
        Column("sd between sessions", right=True),
    )
    return Table(columns, tuple(_row(one, quote) for one in calibrated.kpis))


def _row(one: KpiSpread, quote: Quoting) -> tuple[str, ...]:
    sd_ratio = _sd_ratio(one.spread)
    return (
        quote.name(one.benchmark),
        quote.name(one.kpi),
        str(one.spread.sessions),
        str(_missing(one.spread.sessions)),
        format_seconds(one.spread.span_s) if one.spread.sessions > 1 else ABSENT,
        ABSENT if sd_ratio is None else f"{sd_ratio * 100:.1f} %",
    )


def _notes(calibrated: Calibrated) -> list[str]:
    if not calibrated.kpis:
        return ["No KPI was recorded, so nothing was learnt."]
    missing = _missing(calibrated.sessions)
    if missing:
        sessions = "1 more session is" if missing == 1 else f"{missing} more sessions are"
        how = "Take them on different days: they speak for recordings that lie no further apart in time than they do."
        return [f"{sessions} needed before recordings of different sessions can be judged. {how}"]
    gap = format_seconds(calibrated.judged_gap_s)
    return [
        f"Recordings taken up to {gap} apart can be judged: harness compare BASE HEAD --stored",
        "Sessions count for times apart that they are spread over evenly: take more on other days to judge more.",
    ]


def _missing(sessions: int) -> int:
    return max(0, SESSIONS_NEEDED - sessions)


def _sd_ratio(spread: Spread) -> float | None:
    return None if spread.sd_log is None else exp(spread.sd_log) - 1
