"""Which spans of a run a KPI is made of, and how several become one figure.

A KPI that cannot be read without guessing is missing, with a reason; it is never the first of several by accident.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

from harness.kpis.definition import Proof, ProofScope, Reduce, Selector
from harness.spans.model import LAST_VALUE_ONLY, Span
from harness.units import NS_PER_MS, Duration

_PATH_SEPARATOR = " > "
_LISTED = 4


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI in one run: `value` in the KPI's unit (ms, or a count) with what its printed text can mean."""

    value: float
    low: float
    high: float
    warm_median: float | None = None
    notes: tuple[str, ...] = ()


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """Why a KPI has no value in this run."""

    reason: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which spans of a run its KPIs are read off: those of these names, and the children of some of them."""

    names: frozenset[str]
    parents: frozenset[str]


def wanted_spans(selectors: Iterable[Selector], scope: ProofScope) -> Wanted:
    """What `read_kpi` must be given for all of these selectors."""
    several = tuple(selectors)
    roots = {scope.root} if scope.proof is Proof.FIRST else set()
    parents = {name for one in several if one.reduce is Reduce.SELF for name in one.spans}
    return Wanted(names=frozenset(roots.union(*(one.spans for one in several))), parents=frozenset(parents))


def read_kpi(run: Sequence[Span], selector: Selector, scope: ProofScope) -> Reading | Unreadable:
    """The KPI in one run, in ms (or as a count); `run` has at least the spans of `wanted_spans`, in pre-order."""
    matches = [span for span in run if _matches(span, selector)]
    unordered = any(span.note == LAST_VALUE_ONLY for span in matches)  # gauges do not say which proof was first
    if scope.proof is Proof.ONLY or unordered:
        return _reduce(run, matches, selector)
    proofs = [span.tree for span in run if span.parent is None and span.name == scope.root]
    by_tree: dict[int, list[Span]] = {tree: [] for tree in proofs}
    for span in matches:
        by_tree.get(span.tree, []).append(span)
    per_proof = list(by_tree.values())
    if not any(per_proof):
        return _reduce(run, matches, selector)
    first, *later = (_reduce(run, spans, selector) for spans in per_proof)
    warm = [reading.value for reading in later if isinstance(reading, Reading)]
    if isinstance(first, Unreadable) or not warm:
        return first
    return msgspec.structs.replace(first, warm_median=median(warm))


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


def _reduce(run: Sequence[Span], matches: list[Span], selector: Selector) -> Reading | Unreadable:
    spans = _narrowed(matches, selector)
    if selector.reduce is Reduce.COUNT:
        return Reading(value=len(spans), low=len(spans), high=len(spans))
    absent = [name for name in selector.spans if all(span.name != name for span in spans)]
    if not spans or (selector.reduce is Reduce.SUM and absent):
        return Unreadable(reason=_absence(absent, matches, selector))
    if selector.reduce not in {Reduce.SUM, Reduce.MAX} and len(spans) > 1:
        return Unreadable(
            reason=f"{len(spans)} spans match: {_paths(spans)}; name one by under, fields, tree or occurrence"
        )
    if (unknown := next((span for span in spans if span.duration is None), None)) is not None:
        return Unreadable(reason=f"{_paths([unknown])} has no duration: {unknown.note or 'not known'}")
    if selector.reduce is Reduce.SELF:
        return _self_time(run, spans[0])
    largest = [max(spans, key=lambda span: _duration(span).ns)]
    return _total(largest if selector.reduce is Reduce.MAX else spans)


def _absence(absent: Sequence[str], matches: Sequence[Span], selector: Selector) -> str:
    repeated = [span for span in matches if span.name in absent]
    if repeated:
        return f"{len(repeated)} spans match, none under {selector.under_if_repeated}: {_paths(repeated)}"
    return f"no span {' or '.join(absent)}{selector.narrowing()}"


def _duration(span: Span) -> Duration:
    """The duration of a span that is known to have one."""
    return span.duration or Duration.exact(0)


def _total(spans: Sequence[Span]) -> Reading:
    durations = [_duration(span) for span in spans]
    return Reading(
        value=sum(one.ns for one in durations) / NS_PER_MS,
        low=sum(one.low_ns for one in durations) / NS_PER_MS,
        high=sum(one.high_ns for one in durations) / NS_PER_MS,
        notes=tuple(dict.fromkeys(f"{span.name}: {span.note}" for span in spans if span.note)),
    )


def _self_time(run: Sequence[Span], span: Span) -> Reading | Unreadable:
    """Time outside any child span; the bounds take the children at their other end."""
    children = [child for child in run if child.parent == span.seq]
    if any(child.duration is None for child in children):
        return Unreadable(reason=f"a child of {_paths([span])} has no duration")
    inside = _total(children)
    whole = _total([span])
    return Reading(
        value=max(0.0, whole.value - inside.value),
        low=max(0.0, whole.low - inside.high),
        high=max(0.0, whole.high - inside.low),
        notes=(*whole.notes, *inside.notes),
    )


def _paths(spans: Sequence[Span]) -> str:
    shown = [f"{_PATH_SEPARATOR.join(span.path)} (line {span.line})" for span in spans[:_LISTED]]
    more = len(spans) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
