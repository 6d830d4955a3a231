"""Counter events → the last value of each series."""

from collections.abc import Iterator, Mapping

from harness.formats.chrome_events import TraceEvent
from harness.formats.json_values import UnreadableError, read_fields, read_number, refuse_repeated
from harness.spans.model import LAST_VALUE_ONLY, Fields, Metric

MOST_SERIES = 10_000
"""A trace may hold any number of samples, but not of series."""

_Series = tuple[int | str, str, str, str]
"""Process, counter, id (as JSON text, often empty), series."""


class Counters:
    """The latest sample of each series; of samples at the same time the last in the file."""

    def __init__(self) -> None:
        self._latest: dict[_Series, tuple[int, str, int]] = {}

    def add(self, event: TraceEvent, line: int) -> None:
        """Takes one sample of each series that the event has.

        Raises:
            UnreadableError: it has no name, no time or no values, a series twice, or there are too many series.
        """
        if event.name is None:
            raise UnreadableError("it has no name")
        at_ps, identity = event.start_ps, bytes(event.id).decode("utf-8", errors="replace")
        args = bytes(event.args)
        values = read_fields(args)
        refuse_repeated(args, tuple(series for series, _value in values))
        for series, value in values:
            key = (event.pid, event.name, identity, series)
            before = self._latest.get(key)
            if before is None and len(self._latest) >= MOST_SERIES:
                raise UnreadableError(f"more than {MOST_SERIES} counters; '{event.name}' is not read")
            if before is None or before[0] <= at_ps:
                self._latest[key] = (at_ps, value, line)

    def metrics(self, process_names: Mapping[int | str, str]) -> Iterator[Metric]:
        """A gauge for each series, in the order of their first samples."""
        for (process, name, identity, series), (_at_ps, value, line) in self._latest.items():
            number = read_number(value)
            labels: Fields = (("series", series), ("process", process_names.get(process) or str(process)))
            yield Metric(
                kind="gauge",
                name=name,
                labels=(*labels, ("id", identity)) if identity else labels,
                value=value,
                low=number,
                high=number,
                line=line,
                note=LAST_VALUE_ONLY,
            )
