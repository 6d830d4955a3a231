"""A recording as Chrome Trace Event JSON, which Perfetto and chrome://tracing open.

One process a benchmark, one thread a run; where the source has its own times, one thread a thread of each run. Every
run begins at 0. Figures of a slice stand in its `args`, so that nothing depends on how a slice was drawn.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from harness.documents.recordings import Shown
from harness.documents.timeline import LAID_OUT, MEASURED, Slice, Tally, Timeline, run_title, timeline_of
from harness.spans.model import Fields, Span
from harness.spans.stored import StoredRun

_FIRST_THREAD = 1001
"""No thread has the number of a process (Perfetto would call it that one's main thread) or of another thread."""

_Event = dict[str, Any]


def chrome_trace(shown: Shown, runs: Iterable[StoredRun]) -> Iterator[str]:
    """The document, piece by piece."""
    yield '{"displayTimeUnit":"ms","traceEvents":['
    told: list[_Event] = []
    separator = "\n"
    for event in _events(shown, runs, told):
        yield separator + _text(event)
        separator = ",\n"
    yield f'\n],"otherData":{_text(_other_data(shown, told))}}}\n'


def _events(shown: Shown, runs: Iterable[StoredRun], told: list[_Event]) -> Iterator[_Event]:
    """The events of all runs; `told` gets what is to be known of each run."""
    processes: dict[str, int] = {}
    thread = _FIRST_THREAD
    for run in runs:
        if run.benchmark not in processes:
            processes[run.benchmark] = number = len(processes) + 1
            yield _naming("process_name", number, number, {"name": run.benchmark})
        process = processes[run.benchmark]
        timeline, tally = timeline_of(run), Tally()
        for one in tally.counting(timeline.slices):
            yield _drawn(one, process, thread + one.track)
        title = run_title(shown.recording.manifest, run)
        told.append(_told(run, title, timeline, tally))
        for number, name in enumerate(_thread_names(title, timeline, tally), start=thread):
            yield _naming("thread_name", process, number, {"name": name})
            yield _naming("thread_sort_index", process, number, {"sort_index": number})
        thread += len(timeline.tracks)


def _drawn(one: Slice, process: int, thread: int) -> _Event:
    event: _Event = {
        "name": one.span.name,
        "cat": "span,cut" if one.cut else "span",
        "ph": "X",
        "pid": process,
        "tid": thread,
        "ts": _microseconds(one.start_ns),
    }
    if one.length_ns is None:
        event |= {"ph": "i", "s": "t"}
    else:
        event["dur"] = _microseconds(one.length_ns)
    return event | {"args": _args(one)}


def _microseconds(nanoseconds: int) -> msgspec.Raw:
    """A number that no float has touched."""
    return msgspec.Raw(f"{nanoseconds // 1000}.{nanoseconds % 1000:03}".encode())


def _args(one: Slice) -> _Event:
    """What the source says of a span, and what the picture does not show; figures that are not known are left out."""
    span, duration, idle = one.span, one.span.duration, one.span.idle
    args = {
        "printed": duration.printed if duration else None,
        "ns": duration.ns if duration else None,
        "ns_low": duration.low_ns if duration else None,
        "ns_high": duration.high_ns if duration else None,
        "never_ended": None if duration else True,
        "cut_to_fit": True if one.cut else None,
        "note": span.note,
        "fields": _fields(span.fields) if span.fields else None,
        "level": span.level,
        "thread": span.thread,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "idle": idle.printed if idle else None,
        "idle_ns": idle.ns if idle else None,
    }
    return {key: value for key, value in args.items() if value is not None} | _place(span)


def _place(span: Span) -> _Event:
    parent = {} if span.parent is None else {"parent": span.parent}
    return {"tree": span.tree, "seq": span.seq} | parent | {"occurrence": span.occurrence, "line": span.line}


def _fields(fields: Fields) -> dict[str, str | list[str]]:
    """Values as printed; a key that repeats has the list of its values."""
    values: dict[str, list[str]] = {}
    for key, value in fields:
        values.setdefault(key, []).append(value)
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def _thread_names(title: str, timeline: Timeline, tally: Tally) -> Iterator[str]:
    """Perfetto shows nothing else of a run, so its name says how far the picture is to be trusted."""
    for track in timeline.tracks:
        yield f"{title}, {tally.described(track if timeline.measured else LAID_OUT)}"


def _told(run: StoredRun, title: str, timeline: Timeline, tally: Tally) -> _Event:
    return {
        "benchmark": run.benchmark,
        "run": run.number,
        "kind": run.kind.value,
        "title": title,
        "positions": MEASURED if timeline.measured else LAID_OUT,
        "spans": tally.spans,
        "cut_to_fit": tally.cut,
        "never_ended": tally.never_ended,
    }


def _naming(name: str, process: int, thread: int, args: _Event) -> _Event:
    """A metadata event; `ts` means nothing, but some readers take no event without one."""
    return {"name": name, "ph": "M", "ts": 0, "pid": process, "tid": thread, "args": args}


def _other_data(shown: Shown, told: list[_Event]) -> _Event:
    manifest = shown.recording.manifest
    return {
        "recording": shown.recording.id,
        "labels": list(shown.labels),
        "target": manifest.target,
        "host": manifest.host.id,
        "commit": manifest.provenance.commit,
        "dirty": manifest.provenance.dirty,
        "started": manifest.started,
        "origin": manifest.provenance.origin.value,
        "failure": manifest.failure,
        "about": (
            "Every run begins at 0. Where positions are laid out, spans stand one after the other in stored order, and"
            " one that its parent has no room for (rounded figures, parallel children) is cut to fit (args.cut_to_fit);"
            " args.printed is what the source says, args.ns_low to args.ns_high what that can mean."
            " Where times are the source's, dur is from start to end, args.ns the time spent inside."
            " What never ended is drawn as an instant."
        ),
        "runs": told,
    }


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
