"""The workload that some events state together; shared by tests."""

from collections.abc import Iterable

from harness.recording.manifest import Workload
from harness.spans.facts import StatedWorkload
from harness.spans.model import Event


def workload_of(events: Iterable[Event]) -> Workload:
    stated = StatedWorkload()
    for one in events:
        stated.add(one.message or "", one.fields)
    return stated.workload
