"""The checks themselves: what a wrong parser would make of a text must not pass."""

import importlib

import msgspec
import pytest

from harness.spans.model import Issue
from harness.units import Duration
from tests.oracle import forest_check, structure
from tests.oracle.keep import case
from tests.oracle.laws import FORMATS
from tests.oracle.reading import found_in

NAMES = ("forest-0.1-121", "fmt-full-22", "fmt-compact-22", "fmt-json-22", "span-jsonl-22", "chrome-22")


def read(name):
    """A kept text's truth and what is read of it, with the check that holds them together."""
    kept = case(name)
    module, check = FORMATS[kept.truth.mode]
    return check, kept.truth, found_in(importlib.import_module(f"harness.formats.{module}"), kept.text)


READ = {name: read(name) for name in NAMES}


def faults(name, wrong):
    check, truth, _found = READ[name]
    return [*structure.broken_rows(wrong.spans), *check.disagreements(wrong, truth)]


def longest(found):
    return max((span for span in found.spans if span.depth), key=lambda span: span.duration.ns)


def with_span(found, span, **changes):
    changed = msgspec.structs.replace(span, **changes)
    return msgspec.structs.replace(found, spans=tuple(changed if one is span else one for one in found.spans))


def lasting(ns):
    return Duration(ns=ns, low_ns=ns, high_ns=ns, printed=f"{ns}ns")


@pytest.mark.parametrize("name", NAMES)
def test_what_was_read_agrees(name) -> None:
    assert faults(name, READ[name][2]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_span_under_another_name_is_found(name) -> None:
    found = READ[name][2]
    span = longest(found)

    assert faults(name, with_span(found, span, name="other", path=(*span.path[:-1], "other")))


@pytest.mark.parametrize("name", NAMES)
def test_a_span_one_percent_too_long_is_found(name) -> None:
    found = READ[name][2]
    span = longest(found)

    assert faults(name, with_span(found, span, duration=lasting(span.duration.high_ns * 101 // 100)))


@pytest.mark.parametrize("name", NAMES)
def test_a_span_one_percent_too_short_is_found(name) -> None:
    found = READ[name][2]
    span = longest(found)

    assert faults(name, with_span(found, span, duration=lasting(span.duration.low_ns * 99 // 100)))


@pytest.mark.parametrize("name", NAMES)
def test_two_siblings_with_each_others_times_are_found(name) -> None:
    found = READ[name][2]
    one = longest(found)
    other = min(found.spans, key=lambda span: span.duration.ns)
    swapped = with_span(with_span(found, one, duration=other.duration), other, duration=one.duration)

    assert faults(name, swapped)


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_span_is_found(name) -> None:
    found = READ[name][2]

    assert faults(name, msgspec.structs.replace(found, spans=found.spans[:-1]))


@pytest.mark.parametrize("name", NAMES)
def test_fields_that_were_never_given_are_found(name) -> None:
    found = READ[name][2]
    span = longest(found)

    assert faults(name, with_span(found, span, fields=(*span.fields, ("k", "v"))))


@pytest.mark.parametrize("name", NAMES)
def test_a_span_below_another_parent_is_found(name) -> None:
    found = READ[name][2]
    span = longest(found)
    root = with_span(found, span, parent=None, depth=0, path=(span.name,))

    assert faults(name, root)


@pytest.mark.parametrize("name", NAMES)
def test_damage_without_a_reason_is_found(name) -> None:
    found = READ[name][2]

    assert faults(name, msgspec.structs.replace(found, issues=(Issue(line=1, message="damaged"),)))


def test_one_nanosecond_outside_the_printed_interval_is_found_where_truth_is_exact() -> None:
    _check, truth, found = READ["forest-0.1-121"]
    span = longest(found)
    true = truth.spans[span.seq]

    assert faults("forest-0.1-121", with_span(found, span, duration=lasting(true.low_ns - 1)))
    assert faults("forest-0.1-121", with_span(found, span, duration=lasting(true.low_ns + 1)))


@pytest.mark.parametrize(
    "changes",
    [{"root_pct": None}, {"root_pct": 1.23}, {"self_pct": 12.0}, {"level": "NONE"}, {"line": 0}, {"occurrence": 7}],
)
def test_a_wrong_column_of_a_tree_is_found(changes) -> None:
    found = READ["forest-0.1-121"][2]

    assert faults("forest-0.1-121", with_span(found, longest(found), **changes))


def test_a_lost_event_is_found() -> None:
    found = READ["forest-0.1-121"][2]

    assert faults("forest-0.1-121", msgspec.structs.replace(found, events=found.events[1:]))


def test_a_message_that_imitates_a_tree_leaves_doubts() -> None:
    assert forest_check.doubts(case("forest-0.1-121").truth) == []
    assert forest_check.doubts(case("forest-0.1-294").truth)


def test_a_span_lost_beside_an_imitation_is_found_unless_damage_is_reported() -> None:
    _check, truth, found = read("forest-0.1-294")
    lost = msgspec.structs.replace(found, spans=(), issues=())
    given_up = msgspec.structs.replace(lost, issues=(Issue(line=1, message="damaged"),))

    assert list(forest_check.disagreements(lost, truth))
    assert list(forest_check.disagreements(given_up, truth)) == []
