"""The counters of a Metrics section as Markdown: before, after, and what changed."""

from collections.abc import Iterator, Sequence

from harness.compare.counters import CounterSide, Evidence
from harness.documents.escape import code, plain
from harness.documents.milestones.span_forms import with_title
from harness.milestones.counting import Counted, FieldCount, Group, MetricTotal
from harness.milestones.programme import Part

_MOST_SHOWN = 60
_LONGEST = 120
_VARIES = "not the same every run"


def counters_part(part: Part, base: Counted | None, head: Counted | None) -> str:
    """A part of form counters; a side that is None is one that the milestone does not have."""
    lines: list[str] = []
    sides = [(name, side) for name, side in (("Before", base), ("After", head)) if side is not None]
    for name, side in sides:
        lines += _side(part, name, side)
    if base is not None and head is not None:
        lines += _delta(base, head)
    return with_title(part.title, "\n".join(lines))


def _side(part: Part, name: str, side: Counted) -> list[str]:
    if side.absent or side.evidence is None:
        wanted = " or ".join(code(one) for one in (part.event, *(f"{one}*" for one in part.metrics)) if one)
        return [f"- {name}: no {wanted} in the runs of {code(part.benchmark)}: {plain(side.absent)}"]
    shown = [*(_group(one) for one in side.groups), *(_metric(one) for one in side.metrics)]
    return [f"- {name} ({_read_from(side)}):", *_cut(shown)]


def _read_from(side: Counted) -> str:
    return "counters run" if side.evidence is Evidence.COUNTERS else f"measured runs, n={side.runs}"


def _group(group: Group) -> str:
    said = [_calls(group.calls)]
    same = [code(f"{one.name}={_short(one.values[0])}") for one in group.fields if one.is_same]
    several = group.calls.high > 1
    if same:
        said.append(f"{'same for all calls: ' if several else ''}{', '.join(same)}")
    said += [_differing(one) for one in group.fields if not one.is_same]
    sums = [f"{code(one.name)} {_ranged(one.total)}" for one in group.fields if one.total is not None]
    if sums and several:
        said.append(f"sums: {', '.join(sums)}")
    elif any(one.total.varies for one in group.fields if one.total is not None) and not group.calls.varies:
        said.append(_VARIES)
    return f"{_named(group)}: {'; '.join(said)}"


def _named(group: Group) -> str:
    keys = [
        code(f"{key}={_short(value)}") if value is not None else f"without {code(key)}" for key, value in group.keys
    ]
    return " ".join([code(_short(group.message)), *keys])


def _calls(calls: CounterSide) -> str:
    return f"{_value(calls)} {'call' if calls.low == calls.high == 1 else 'calls'}{_doubt(calls)}"


def _differing(field: FieldCount) -> str:
    """A field that the calls do not agree on."""
    if field.distinct > len(field.values):
        values = f"{code(field.name)}: {code(str(field.distinct))} different values"
    else:
        values = ", ".join(code(f"{field.name}={_short(value)}") for value in field.values)
    return values if field.in_every_call else f"{values}, not in every call"


def _metric(metric: MetricTotal) -> str:
    return f"{code(metric.name)}: {_ranged(metric.total)}"


def _ranged(side: CounterSide) -> str:
    return f"{_value(side)}{_doubt(side)}"


def _value(side: CounterSide) -> str:
    return code(str(side.low)) if side.low == side.high else f"{code(str(side.low))} … {code(str(side.high))}"


def _doubt(side: CounterSide) -> str:
    if side.n != side.runs:
        return f" in {side.n} of {side.runs} runs"
    return f" ({_VARIES})" if side.varies else ""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _delta(base: Counted, head: Counted) -> list[str]:
    if base.evidence is None or head.evidence is None:
        return ["- Delta: none, since only one side has it" if base.evidence or head.evidence else "- Delta: none"]
    if base.evidence is not head.evidence:
        kinds = f"before from the {base.evidence.value}, after from the {head.evidence.value}"
        return [f"- Delta: none, since the sides are read from different kinds of runs: {kinds}"]
    shown = [*_group_deltas(base, head), *_metric_deltas(base.metrics, head.metrics)]
    return ["- Delta (After minus Before):", *_cut(shown)]


def _group_deltas(base: Counted, head: Counted) -> Iterator[str]:
    before = {(one.message, one.keys): one for one in base.groups}
    after = {(one.message, one.keys): one for one in head.groups}
    for place, named in {**before, **after}.items():
        one, other = before.get(place), after.get(place)
        if one is None or other is None:
            yield f"{_named(named)}: only {'before' if one else 'after'}"
            continue
        totals = {field.name: field.total for field in one.fields}
        changes = [f"calls {_change(one.calls, other.calls)}"]
        changes += [
            f"{code(field.name)} {_change(total, field.total)}"
            for field in other.fields
            if field.total is not None and (total := totals.get(field.name)) is not None
        ]
        yield f"{_named(other)}: {', '.join(changes)}"


def _metric_deltas(base: Sequence[MetricTotal], head: Sequence[MetricTotal]) -> Iterator[str]:
    before, after = {one.name: one.total for one in base}, {one.name: one.total for one in head}
    for name in sorted({*before, *after}):
        if name in before and name in after:
            yield f"{code(name)}: {_change(before[name], after[name])}"
        else:
            yield f"{code(name)}: only {'before' if name in before else 'after'}"


def _change(base: CounterSide, head: CounterSide) -> str:
    return f"({_VARIES})" if base.varies or head.varies else code(f"{head.low - base.low:+d}")


def _cut(items: Sequence[str]) -> list[str]:
    lines = [f"  - {one}" for one in items[:_MOST_SHOWN]]
    return [*lines, f"  - and {len(items) - _MOST_SHOWN} more"] if len(items) > _MOST_SHOWN else lines
