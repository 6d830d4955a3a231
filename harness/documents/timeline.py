"""A run's spans → slices that nest: where each stands in time and on which track.

Where every span has its source's own times, these are kept. Tracks are the threads; a slice that neither lies inside
one of its ancestors nor beside all others goes to a further track of its thread, so no slice is ever cut.

Where there are durations only, positions are made up: roots one after the other, children one after the other from
their parent's start, in stored order. What is longer than its parent has left (rounded figures, parallel children) is
cut to fit, and says so.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush

import msgspec

from harness.recording.manifest import Manifest, RunKind
from harness.spans.model import Span
from harness.spans.stored import StoredRun

_ENDLESS = -1
"""The length of a span that never ended."""

_LONGEST_NS = 2**63 - 1

_NOT_PLACED = -1
"""The lane of no ancestor, or of one that began after its descendant."""


LAID_OUT = "laid out from durations, not measured"
MEASURED = "times of the source"


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """One span's place. Nanoseconds from the run's first; `length_ns` is None for a span that never ended.

    `track` is the ordinal of its track in the run. `cut`: the span is longer than shown, or has no such length at all.
    """

    span: Span
    track: int
    start_ns: int
    length_ns: int | None
    cut: bool = False


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A run's tracks (their names; "" for the only one) and slices.

    `slices` are in pre-order; the slices of one track that begin at the same time are outermost first.
    """

    measured: bool
    tracks: tuple[str, ...]
    slices: Iterable[Slice]


class Tally(msgspec.Struct, kw_only=True):
    """What a reader must know of the slices shown; counted while they pass."""

    spans: int = 0
    cut: int = 0
    never_ended: int = 0

    def counting(self, slices: Iterable[Slice]) -> Iterator[Slice]:
        """The same slices."""
        for one in slices:
            self.spans += 1
            self.cut += one.cut
            self.never_ended += one.length_ns is None
            yield one

    def described(self, track: str) -> str:
        """A track's name with what was counted."""
        counts = ((self.cut, "cut to fit"), (self.never_ended, "never ended"))
        return ", ".join([track, *(f"{count} {what}" for count, what in counts if count)])


def timeline_of(run: StoredRun) -> Timeline:
    """Where the spans of a run stand; laid out without holding them."""
    clocks = _clocks_of(run.spans())
    if clocks is None:
        return Timeline(measured=False, tracks=("",), slices=_lay_out(run.spans()))
    tracks, track_of = _tracks_of(clocks)
    return Timeline(measured=True, tracks=tracks, slices=_as_measured(run.spans(), clocks, track_of))


def run_title(manifest: Manifest, run: StoredRun) -> str:
    """What a run is called: `run 3`, `warmup run 0`; failed ones and those whose times mean nothing say so."""
    failed = any(
        one.failure is not None
        for one in manifest.runs
        if (one.benchmark, one.kind, one.number) == (run.benchmark, run.kind, run.number)
    )
    title = {
        RunKind.MEASURED: f"run {run.number}",
        RunKind.WARMUP: f"warmup run {run.number}",
        RunKind.COUNTERS: "counters run, its times are never used",
        RunKind.INSTRUCTIONS: "instructions run, its times are never used",
    }[run.kind]
    return f"{title}, FAILED" if failed else title


def _lay_out(spans: Iterable[Span]) -> Iterator[Slice]:
    """One track. A span that never ended has no extent: its children stand where it would."""
    above: list[tuple[int | None, _Room]] = [(None, _Room(cursor_ns=0, end_ns=None))]
    for span in spans:
        while len(above) > 1 and above[-1][0] != span.parent:
            above.pop()
        room = above[-1][1]
        start_ns = room.cursor_ns
        if span.duration is None:
            yield Slice(span=span, track=0, start_ns=start_ns, length_ns=None)
            above.append((span.seq, room))
            continue
        length_ns = room.take(span.duration.ns)
        yield Slice(span=span, track=0, start_ns=start_ns, length_ns=length_ns, cut=length_ns != span.duration.ns)
        above.append((span.seq, _Room(cursor_ns=start_ns, end_ns=start_ns + length_ns)))


class _Room(msgspec.Struct):
    """What is left of a parent's time; without end for the run itself."""

    cursor_ns: int
    end_ns: int | None

    def take(self, wanted_ns: int) -> int:
        """As much of the rest as is wanted and there."""
        length_ns = max(0, wanted_ns if self.end_ns is None else min(wanted_ns, self.end_ns - self.cursor_ns))
        self.cursor_ns += length_ns
        return length_ns


class _Clocks:
    """The times of a run's spans, by index in pre-order; compact, for all are needed before the first can be placed.

    `within` is the nearest ancestor on the same thread or -1, `last` the index of the last descendant or itself.
    """

    def __init__(self) -> None:
        self.starts_ns = array("q")
        self.lengths_ns = array("q")
        self.threads = array("q")
        self.within = array("q")
        self.last = array("q")
        self.names: dict[str | None, int] = {}
        self._above: list[tuple[int, int]] = []

    def add(self, span: Span, start_ns: int, length_ns: int) -> None:
        """The next span in pre-order."""
        index = len(self.starts_ns)
        thread = self.names.setdefault(span.thread, len(self.names))
        while self._above and self._above[-1][0] != span.parent:
            self._close(index)
        on_thread = (one for _, one in reversed(self._above) if self.threads[one] == thread)
        self.within.append(next(on_thread, -1))
        self.starts_ns.append(start_ns)
        self.lengths_ns.append(length_ns)
        self.threads.append(thread)
        self.last.append(index)
        self._above.append((span.seq, index))

    def finish(self) -> None:
        """No further span."""
        while self._above:
            self._close(len(self.starts_ns))

    def end_ns(self, index: int) -> int:
        """When a span ended; the start of one that never did."""
        return self.starts_ns[index] + max(0, self.lengths_ns[index])

    def _close(self, after: int) -> None:
        _, index = self._above.pop()
        self.last[index] = after - 1


def _clocks_of(spans: Iterable[Span]) -> _Clocks | None:
    """The times of all spans; None where one lacks them, or has an end that is none for its start."""
    clocks = _Clocks()
    for span in spans:
        length_ns = _measured_length(span)
        if span.start_ns is None or length_ns is None:
            return None
        clocks.add(span, span.start_ns, length_ns)
    clocks.finish()
    return clocks if clocks.starts_ns else None


def _measured_length(span: Span) -> int | None:
    """From start to end; _ENDLESS for a span that never ended, None where it is not known."""
    if span.start_ns is None:
        return None
    if span.duration is None:
        return _ENDLESS
    length_ns = None if span.end_ns is None else span.end_ns - span.start_ns
    return length_ns if length_ns is not None and 0 <= length_ns <= _LONGEST_NS else None


def _as_measured(spans: Iterable[Span], clocks: _Clocks, track_of: Sequence[int]) -> Iterator[Slice]:
    """The spans at their own times, counted from the first."""
    first_ns = min(clocks.starts_ns)
    for index, span in enumerate(spans):
        length_ns = clocks.lengths_ns[index]
        yield Slice(
            span=span,
            track=track_of[index],
            start_ns=clocks.starts_ns[index] - first_ns,
            length_ns=None if length_ns == _ENDLESS else length_ns,
        )


def _tracks_of(clocks: _Clocks) -> tuple[tuple[str, ...], Sequence[int]]:
    """The names of all tracks, thread by thread, and the track of each span."""
    lanes: dict[int, _Lanes] = defaultdict(lambda: _Lanes(clocks))
    lane_of = array("q", [_NOT_PLACED]) * len(clocks.starts_ns)
    for index in sorted(range(len(lane_of)), key=lambda one: (clocks.starts_ns[one], one)):
        within = clocks.within[index]
        of_ancestor = lane_of[within] if within >= 0 else _NOT_PLACED
        lane_of[index] = lanes[clocks.threads[index]].place(index, of_ancestor)
    names: list[str] = []
    first_track: dict[int, int] = {}
    for thread, number in clocks.names.items():
        first_track[number] = len(names)
        title = "no thread named" if thread is None else f"thread {thread}"
        names += [title, *(f"{title}, overlapping {lane}" for lane in range(2, lanes[number].count + 1))]
    return tuple(names), [first_track[thread] + lane for thread, lane in zip(clocks.threads, lane_of, strict=True)]


class _Lanes:
    """The tracks of one thread while its spans are placed in the order in which they began."""

    def __init__(self, clocks: _Clocks) -> None:
        self._clocks = clocks
        self._open: list[list[int]] = []
        self._busy: list[tuple[int, int]] = []
        self._idle: list[int] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    def place(self, index: int, of_ancestor: int) -> int:
        """The lane of the next span: its ancestor's if it fits inside, else one where nothing is going on."""
        start_ns = self._clocks.starts_ns[index]
        if self._clocks.lengths_ns[index] == _ENDLESS and self._open:
            return max(0, of_ancestor)  # what has no length disturbs no other
        if of_ancestor != _NOT_PLACED and self._fits(index, of_ancestor):
            self._open[of_ancestor].append(index)
            return of_ancestor
        while self._busy and self._busy[0][0] <= start_ns:
            heappush(self._idle, heappop(self._busy)[1])
        if not self._idle:
            self._open.append([])
            heappush(self._idle, len(self._open) - 1)
        lane = heappop(self._idle)
        self._open[lane] = [index]
        heappush(self._busy, (self._clocks.end_ns(index), lane))
        return lane

    def _fits(self, index: int, lane: int) -> bool:
        """Whether what is open on a lane when the span begins is an ancestor that lasts as long."""
        clocks, stack = self._clocks, self._open[lane]
        while stack and clocks.end_ns(stack[-1]) <= clocks.starts_ns[index]:
            stack.pop()
        return (
            bool(stack)
            and stack[-1] <= index <= clocks.last[stack[-1]]
            and clocks.end_ns(index) <= clocks.end_ns(stack[-1])
        )
