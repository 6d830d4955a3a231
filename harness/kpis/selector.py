"""Which spans of a run a KPI is made of, and how several become one figure.

A KPI that cannot be read without guessing is missing, with a reason; it is never the first of several by accident.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import median

import msgspec

from harness.kpis.definition import Proof, ProofScope, Reduce, Selector
from harness.spans.model import ParsedRun, Span
from harness.units import NS_PER_MS

_PATH_SEPARATOR = " > "
_LISTED = 4


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI in one run: `value` in the KPI's unit (ms, or a count) with what its printed text can mean."""

    value: float
    low: float
    high: float
    warm_median: float | None = None


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """Why a KPI has no value in this run."""

    reason: str


def read_kpi(run: ParsedRun, selector: Selector, scope: ProofScope) -> Reading | Unreadable:
    """The KPI in one run, in ms (or as a count)."""
    matches = [span for span in run.spans if _matches(span, selector)]
    if scope.proof is Proof.ONLY:
        return _reduce(run, matches, selector)
    proofs = [span.tree for span in run.spans if span.parent is None and span.name == scope.root]
    per_proof = [[span for span in matches if span.tree == tree] for tree in proofs]
    if not any(per_proof):
        return _reduce(run, matches, selector)
    first, *later = (_reduce(run, spans, selector) for spans in per_proof)
    warm = [reading.value for reading in later if isinstance(reading, Reading)]
    if isinstance(first, Unreadable) or not warm:
        return first
    return Reading(value=first.value, low=first.low, high=first.high, warm_median=median(warm))


def _matches(span: Span, selector: Selector) -> bool:
    if span.name not in selector.spans:
        return False
    if selector.under is not None and not _is_under(span, selector.under):
        return False
    if selector.tree not in (None, span.tree) or selector.occurrence not in (None, span.occurrence):
        return False
    printed = dict(span.fields)
    return all(printed.get(key) in (value, f'"{value}"') for key, value in selector.fields.items())


def _is_under(span: Span, ancestors: str) -> bool:
    above = span.path[:-1]
    if ancestors in above:
        return True
    remaining = iter(above)
    return all(wanted in remaining for wanted in ancestors.split(_PATH_SEPARATOR))


def _narrowed(spans: list[Span], selector: Selector) -> list[Span]:
    ancestors = selector.under_if_repeated
    if ancestors is None:
        return spans
    summed = selector.reduce is Reduce.SUM  # each name has its own spans; otherwise the names are alternatives
    repeats = Counter(span.name if summed else "" for span in spans)
    return [span for span in spans if repeats[span.name if summed else ""] == 1 or _is_under(span, ancestors)]


def _reduce(run: ParsedRun, matches: list[Span], selector: Selector) -> Reading | Unreadable:
    spans = _narrowed(matches, selector)
    if selector.reduce is Reduce.COUNT:
        return Reading(value=len(spans), low=len(spans), high=len(spans))
    absent = [name for name in selector.spans if all(span.name != name for span in spans)]
    if not spans or (selector.reduce is Reduce.SUM and absent):
        return Unreadable(reason=_absence(absent, matches, selector))
    if selector.reduce is Reduce.SUM:
        return _total(spans)
    if selector.reduce is Reduce.MAX:
        return _total([max(spans, key=lambda span: span.duration.ns)])
    if len(spans) > 1:
        return Unreadable(
            reason=f"{len(spans)} spans match: {_paths(spans)}; name one by under, fields, tree or occurrence"
        )
    return _self_time(run, spans[0]) if selector.reduce is Reduce.SELF else _total(spans)


def _absence(absent: Sequence[str], matches: Sequence[Span], selector: Selector) -> str:
    repeated = [span for span in matches if span.name in absent]
    if repeated:
        return f"{len(repeated)} spans match, none under {selector.under_if_repeated}: {_paths(repeated)}"
    return f"no span {' or '.join(absent)}{selector.narrowing()}"


def _total(spans: Sequence[Span]) -> Reading:
    return Reading(
        value=sum(span.duration.ns for span in spans) / NS_PER_MS,
        low=sum(span.duration.low_ns for span in spans) / NS_PER_MS,
        high=sum(span.duration.high_ns for span in spans) / NS_PER_MS,
    )


def _self_time(run: ParsedRun, span: Span) -> Reading:
    """Time outside any child span; the bounds take the children at their other end."""
    children = [child.duration for child in run.spans if child.parent == span.seq]
    own = span.duration
    return Reading(
        value=max(0, own.ns - sum(child.ns for child in children)) / NS_PER_MS,
        low=max(0, own.low_ns - sum(child.high_ns for child in children)) / NS_PER_MS,
        high=max(0, own.high_ns - sum(child.low_ns for child in children)) / NS_PER_MS,
    )


def _paths(spans: Sequence[Span]) -> str:
    shown = [f"{_PATH_SEPARATOR.join(span.path)} (line {span.line})" for span in spans[:_LISTED]]
    more = len(spans) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
