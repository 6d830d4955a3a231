"""A recording's samples as one picture: a panel a KPI, a point a measured run with what its printed text can mean."""

from collections.abc import Sequence
from statistics import median

import msgspec
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.kpis.process import PROCESS_KPIS
from harness.recording.manifest import KpiRecord, Manifest

_COLUMNS = 3
_POINT = "#1f5fa8"
_MEDIAN = "#c4461a"


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """What one panel shows; bars reach from `below` to `above` each value."""

    title: str
    unit: str
    runs: tuple[int, ...]
    values: tuple[float, ...]
    below: tuple[float, ...]
    above: tuple[float, ...]
    median: float


def panels(manifest: Manifest) -> tuple[Panel, ...]:
    """One panel for every KPI of spans that has samples; the figures of the process have no printed digits."""
    return tuple(_panel(kpi) for kpi in manifest.kpis if kpi.values and kpi.kpi not in PROCESS_KPIS)


def _panel(kpi: KpiRecord) -> Panel:
    return Panel(
        title=f"{kpi.benchmark}: {kpi.kpi}",
        unit=kpi.unit,
        runs=kpi.runs,
        values=kpi.values,
        below=tuple(value - low for value, low in zip(kpi.values, kpi.lows, strict=True)),
        above=tuple(high - value for value, high in zip(kpi.values, kpi.highs, strict=True)),
        median=median(kpi.values),
    )


def draw(shown: Sequence[Panel], title: str) -> Figure:
    """The figure; save it with `savefig`."""
    rows = max(1, -(-len(shown) // _COLUMNS))
    figure = Figure(figsize=(4.2 * _COLUMNS, 2.5 * rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(_literal(title), fontsize=11)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes, panel in zip(grid.flat, shown, strict=False):
        bars = (panel.below, panel.above)
        axes.errorbar(panel.runs, panel.values, yerr=bars, fmt="o", color=_POINT, capsize=3, markersize=5)
        axes.axhline(panel.median, color=_MEDIAN, linewidth=1.2)
        axes.set_title(_literal(panel.title), fontsize=8)
        axes.set_ylabel(f"{panel.unit}", fontsize=8)
        axes.set_xlabel("measured run", fontsize=8)
        axes.set_xticks(panel.runs)
        axes.margins(x=0.1, y=0.25)
        axes.tick_params(labelsize=7)
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_visible(False)
    return figure


def _literal(text: str) -> str:
    """No text from a log is read as mathematics."""
    return text.replace("$", r"\$")
