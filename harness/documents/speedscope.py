"""A recording as a speedscope file: evented profiles, one a run; where the source has its own times, one a thread.

Speedscope shows names and lengths only, so the frame of a span that was cut has another name than that of a whole one.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import msgspec

from harness.documents.recordings import Shown
from harness.documents.timeline import LAID_OUT, Slice, Tally, Timeline, run_title, timeline_of
from harness.recording.manifest import RunKind
from harness.spans.stored import StoredRun

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_CUT = " (cut to fit)"


class _Bar(msgspec.Struct, frozen=True):
    """One frame's time on the stack."""

    start_ns: int
    end_ns: int
    frame: int


class _Frames:
    """The names that all profiles share, numbered as they come up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def bars(self, slices: Iterable[Slice]) -> Iterator[tuple[int, _Bar]]:
        """Track and bar of each span that has a length."""
        for one in slices:
            if one.length_ns is not None:
                name = one.span.name + (_CUT if one.cut else "")
                number = self._numbers.setdefault(name, len(self._numbers))
                yield one.track, _Bar(one.start_ns, one.start_ns + one.length_ns, number)

    def table(self) -> list[dict[str, str]]:
        """The frames by number."""
        return [{"name": name} for name in self._numbers]


def speedscope(shown: Shown, runs: Iterable[StoredRun]) -> Iterator[str]:
    """The document, piece by piece. A track on which nothing has a length gives no profile."""
    labels = f" ({', '.join(shown.labels)})" if shown.labels else ""
    name = f"{shown.recording.id}{labels} {shown.recording.manifest.target}"
    yield f'{{"$schema":{_text(_SCHEMA)},"exporter":"harness","name":{_text(name)},"profiles":['
    frames = _Frames()
    written: list[RunKind] = []
    for run in runs:
        title = f"{run.benchmark} {run_title(shown.recording.manifest, run)}"
        for profile in _profiles(timeline_of(run), title, frames):
            started = False
            for piece in profile:
                yield piece if started or not written else f",{piece}"
                started = True
            written += [run.kind] if started else []
    active = written.index(RunKind.MEASURED) if RunKind.MEASURED in written else 0
    yield f'\n],"activeProfileIndex":{active},"shared":{{"frames":{_text(frames.table())}}}}}\n'


def _profiles(timeline: Timeline, title: str, frames: _Frames) -> Iterator[Iterator[str]]:
    """The profile of each track. Only measured ones are held: their tracks come mixed, and out of order."""
    tally = Tally()
    bars = frames.bars(tally.counting(timeline.slices))
    if not timeline.measured:
        yield _profile((bar for _, bar in bars), lambda: f"{title}, {tally.described(LAID_OUT)}")
        return
    of_track: list[list[_Bar]] = [[] for _ in timeline.tracks]
    for number, bar in bars:
        of_track[number].append(bar)
    for track, found in zip(timeline.tracks, of_track, strict=True):
        name = f"{title}, {tally.described(track)}"
        yield _profile(sorted(found, key=lambda bar: bar.start_ns), partial(str, name))


def _profile(bars: Iterable[_Bar], name: Callable[[], str]) -> Iterator[str]:
    """The pieces of one profile; none without bars. Its name is asked for when all bars have passed."""
    before = '\n{"type":"evented","unit":"nanoseconds","startValue":0,"events":[\n'
    end_ns: int | None = None
    for kind, at_ns, frame in _events(bars):
        yield f'{before}{{"type":"{kind}","at":{at_ns},"frame":{frame}}}'
        before = ",\n"
        end_ns = at_ns
    if end_ns is not None:
        yield f'\n],"endValue":{end_ns},"name":{_text(name())}}}'


def _events(bars: Iterable[_Bar]) -> Iterator[tuple[str, int, int]]:
    """Bars in the order in which they begin, outer ones first → openings and closings in the order of time."""
    stack: list[_Bar] = []
    for bar in bars:
        while stack and stack[-1].end_ns <= bar.start_ns:
            closed = stack.pop()
            yield "C", closed.end_ns, closed.frame
        yield "O", bar.start_ns, bar.frame
        stack.append(bar)
    while stack:
        closed = stack.pop()
        yield "C", closed.end_ns, closed.frame


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
