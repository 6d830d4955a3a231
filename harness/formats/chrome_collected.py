"""All trace events of a run, each kept where it belongs: by thread, by id, by counter."""

from collections.abc import Iterator

from harness.formats.chrome_counters import Counters
from harness.formats.chrome_events import (
    BEGIN,
    END,
    EVENT,
    INSTANT,
    PS_PER_NS,
    AsyncMark,
    Mark,
    Slice,
    ThreadKey,
    TraceEvent,
    picoseconds,
)
from harness.formats.json_elements import Element
from harness.formats.json_values import (
    RepeatedKeyError,
    UnreadableError,
    read_fields,
    read_json,
    refuse_repeated,
    repeated_key,
)
from harness.spans.model import MAX_NS, Issue, Metric

_SPAN_PHASES = frozenset("XBEbe")
_UNREAD_PHASES = frozenset("stfPNODVvRcnTp()=")
"""Flows, samples, objects, memory, marks and steps: none begins or ends a span."""

_KEYS = ("ph", "name", "cat", "ts", "dur", "pid", "tid", "id", "id2", "args")
"""Those that are read; the phase first, as it says what the others are."""

_SPANLESS_PHASES = _UNREAD_PHASES | {"i", "I", "C", "M", None}


class Thread:
    """What happened on one thread, in the order of the file."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.slices: list[Slice] = []


class Collected:
    """What was kept of the events so far."""

    def __init__(self) -> None:
        self.threads: dict[ThreadKey, Thread] = {}
        self.async_marks: list[AsyncMark] = []
        self._counters = Counters()
        self._thread_names: dict[ThreadKey, str] = {}
        self._process_names: dict[int | str, str] = {}
        self._texts: dict[str, str] = {}
        self._async_threads: dict[ThreadKey, ThreadKey] = {}
        self._unknown_phases: set[str] = set()

    def add(self, element: Element) -> Iterator[Issue]:
        """Keeps the event, or says why not."""
        damage = True
        try:
            event = read_json(EVENT, element.data)
            repeated = repeated_key(element.data, _KEYS)
            damage = repeated == "ph" or event.ph not in _SPANLESS_PHASES
            if repeated is not None:
                raise RepeatedKeyError(repeated)
            self._keep(event, element.line)
        except UnreadableError as error:
            yield Issue(line=element.line, message=f"event {element.number}: {error}", damage=damage)
        else:
            yield from self._unknown(event, element)

    def thread_label(self, thread: ThreadKey) -> str:
        """The thread's name, or its numbers."""
        return self._thread_names.get(thread) or f"{thread[0]}/{thread[1]}"

    def metrics(self) -> Iterator[Metric]:
        """The last value of every counter."""
        return self._counters.metrics(self._process_names)

    def _keep(self, event: TraceEvent, line: int) -> None:
        match event.ph:
            case "B" | "E" | "i" | "I":
                self._keep_mark(event, line)
            case "X":
                self._thread(event).slices.append(self._slice(event, line))
            case "b" | "e":
                phase = BEGIN if event.ph == "b" else END
                thread = self._async_threads.setdefault(event.thread, event.thread)
                self.async_marks.append(AsyncMark(self._mark(event, line, phase), event.scope, thread))
            case "C":
                self._counters.add(event, line)
            case "M":
                self._keep_name(event)
            case None:
                raise UnreadableError("it has no 'ph'")

    def _keep_mark(self, event: TraceEvent, line: int) -> None:
        phase = {"B": BEGIN, "E": END}.get(event.ph or "", INSTANT)
        self._thread(event).marks.append(self._mark(event, line, phase))

    def _mark(self, event: TraceEvent, line: int, phase: str) -> Mark:
        if event.name is None and phase == BEGIN:
            raise UnreadableError("it has no name")
        name, category = self._shared(event.name), self._shared(event.cat)
        return Mark(event.start_ps, phase, name, line, bytes(event.args), category)

    def _slice(self, event: TraceEvent, line: int) -> Slice:
        name = self._shared(event.name)
        if name is None:
            raise UnreadableError("it has no name")
        start_ps, length_ps = event.start_ps, picoseconds(bytes(event.dur), "dur")
        if start_ps + length_ps >= MAX_NS * PS_PER_NS:
            raise UnreadableError("its end is too late")
        return Slice(start_ps, length_ps, name, line, bytes(event.args))

    def _keep_name(self, event: TraceEvent) -> None:
        if event.name in {"thread_name", "process_name"}:
            args = bytes(event.args)
            name = dict(read_fields(args)).get("name", "")
            refuse_repeated(args, ("name",))
            if event.name == "thread_name":
                self._thread_names[event.thread] = name
            else:
                self._process_names[event.pid] = name

    def _thread(self, event: TraceEvent) -> Thread:
        found = self.threads.get(event.thread)
        if found is None:
            found = self.threads[event.thread] = Thread()
        return found

    def _shared(self, text: str | None) -> str | None:
        """One string in place of equal ones: names are few."""
        return None if text is None else self._texts.setdefault(text, text)

    def _unknown(self, event: TraceEvent, element: Element) -> Iterator[Issue]:
        phase = event.ph or ""
        known = phase in _SPAN_PHASES or phase in _UNREAD_PHASES or phase in {"i", "I", "C", "M"}
        if not known and phase not in self._unknown_phases:
            self._unknown_phases.add(phase)
            message = f"event {element.number}: its phase '{phase}' is not known, and no other's of this phase"
            yield Issue(line=element.line, message=message)
