"""Residual bottlenecks: the contract's spans by what is left of them, the largest first."""

from harness.documents.escape import code, plain
from harness.documents.milestones.durations import trace_text
from harness.milestones.evidence import Evidence
from harness.milestones.figures import Absent, Figure, figure_of

_NOTE = "Medians; the share is of the KPI that gates. Self is the time outside any span below."


def residuals(evidence: Evidence) -> str:
    """One numbered list a benchmark: median, share of the whole, self time; the KPI that gates is the whole."""
    head = evidence.recordings.head
    lists = [_ranked(evidence, benchmark) for benchmark in head.manifest.benchmark_names]
    known = [one for one in lists if one]
    if not known:
        return "No KPI of the contract has a figure in the head's recording."
    return "\n\n".join([f"Of recording {code(head.id)}. {_NOTE}", *known])


def _ranked(evidence: Evidence, benchmark: str) -> str:
    manifest = evidence.recordings.head.manifest
    figures = {name: figure_of(manifest.kpi(benchmark, name)) for name in evidence.contract.kpis}
    known = {name: figure for name, figure in figures.items() if isinstance(figure, Figure)}
    if not known:
        return ""
    asked = evidence.contract.benchmark(benchmark)
    gating = asked.gating if asked else None
    whole = known.pop(gating, None) if gating else None
    title = f"{plain(benchmark)}" + (f", {code(gating)} {trace_text(whole)}:" if gating and whole else ":")
    ranked = sorted(known, key=lambda name: -known[name].value_ms)
    rows = [
        f"{rank}. {code(name)}: {_figures(evidence, benchmark, name, known[name], whole)}"
        for rank, name in enumerate(ranked, start=1)
    ]
    return "\n".join([title, "", *rows])


def _figures(evidence: Evidence, benchmark: str, name: str, figure: Figure, whole: Figure | None) -> str:
    texts = [trace_text(figure)]
    if whole is not None and whole.value_ms > 0:
        texts.append(f"{100 * figure.value_ms / whole.value_ms:.0f} %")
    record = evidence.self_times.get((benchmark, name))
    own = Absent("a sum of several spans has none") if record is None else figure_of(record)
    texts.append(f"self {trace_text(own)}" if isinstance(own, Figure) else f"self: {plain(own.reason)}")
    return ", ".join(texts)
