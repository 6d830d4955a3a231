"""tracing-forest's text cut, mixed, garbled or huge: never an error, never a time that the program did not print."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.formats import forest
from harness.formats.protocol import chunk_of
from harness.spans.model import Span
from tests.capture_runs import runs_in
from tests.formats.forest_run import Run, read
from tests.formats.mutations import seeded

INFO = "INFO     "
ROOT = f"{INFO}root [ 3.00ms | 10.00% / 100.00% ]"
SPOILING = [b"\xff", b"\xc3", b"\0", b"\r", "\ufffd".encode(), b"\x1b[1m", b"\x1b["]
UNREADABLE_TIMES = [
    *("99999999999s", "1e9s", "-1ms", "1.2.3ms", "1.234ms", "NaNms", "infs", "1.5 ms", "1,5ms", ".5ms", "5.ms"),
    *("1m", "1.25h", "٣ms", "+1ms", "0x1ms", "1_000ms", "1ms1ms", "9" * 5000 + "s"),
]
UNREADABLE_SHARES = ["1e99%", "-1.00%", "100%", "1.00% / 1e99%", "9999999999.00%", "1.00", "", "1.0.0%"]


def runs_of(captures: Path, name: str) -> list[bytes]:
    return [run.chunk.data for run in runs_in(captures / name) if run.number > 0]


def row_of(span: Span) -> tuple[object, ...]:
    return (span.line, span.tree, span.seq, span.parent, span.path, span.occurrence, span.duration, span.root_pct)


def assert_cuts_are_seen(data: bytes, sizes: Iterable[int]) -> None:
    """No time is another than in the whole text, and a tree is whole or damaged.

    Of a last line without its end only the fields may be lost; whoever has the file sees that its end is missing.
    """
    whole = read(data)
    spans_of = Counter(span.tree for span in whole.spans)
    for size in sizes:
        found = read(data[:size])
        torn = data.count(b"\n", 0, size) + 1
        for span, true in zip(found.spans, whole.spans[: len(found.spans)], strict=True):
            if span != true:
                assert row_of(span) == row_of(true), size
                assert span.fields == true.fields or span.line == torn, size
        if not any(issue.damage for issue in found.issues):
            trees = Counter(span.tree for span in found.spans)
            assert all(trees[tree] == spans_of[tree] for tree in trees), size


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cpu_keccakf.log", "cpu_logup.log"])
def test_a_run_cut_at_any_byte_holds_true_times_and_whole_trees_or_is_damaged(captures, name: str) -> None:
    data = runs_of(captures, name)[0]
    assert_cuts_are_seen(data, range(len(data) + 1))


@pytest.mark.slow
def test_longer_runs_cut_at_two_thousand_places_hold_true_times_and_whole_trees_or_are_damaged(captures) -> None:
    source = seeded(0)
    for data in runs_of(captures, "h200_keccakf.log"):
        assert_cuts_are_seen(data, sorted(source.choices(range(len(data)), k=400)))


@pytest.mark.parametrize("spoiling", SPOILING)
def test_strange_bytes_in_a_real_run_change_no_time_or_damage_it(captures, spoiling: bytes) -> None:
    data = runs_of(captures, "cpu_logup.log")[0]
    whole = Counter(span.duration for span in read(data).spans)
    source = seeded(1)
    for _ in range(100):
        place = source.randrange(len(data))
        found = read(data[:place] + spoiling + data[place:])
        assert Counter(span.duration for span in found.spans) <= whole, place
        assert any(issue.damage for issue in found.issues) or len(found.spans) >= whole.total() - 1, place


@pytest.mark.parametrize("spoiling", [b"\xff\xfe", b"\0", b"\r\r", b"\xed\xa0\x80", b"\xf0\x9f"])
def test_strange_bytes_in_names_and_fields_leave_times_and_places_alone(spoiling: bytes) -> None:
    text = f"{ROOT} a: x@y | b: @\n{INFO}┝━ le@af [ 1.00ms | 5.00% ] @\n{INFO}┕━ @ [ 2.00ms | 5.00% ] k@: v\n"
    found = read(text.encode().replace(b"@", spoiling))
    assert [(span.depth, span.duration.printed) for span in found.spans] == [
        (0, "3.00ms"),
        (1, "1.00ms"),
        (1, "2.00ms"),
    ]
    assert not found.issues


def test_two_runs_printed_at_once_line_by_line_are_damage(captures) -> None:
    runs = runs_of(captures, "cpu_keccakf.log")
    for one, other in ((runs[0], runs[1]), (runs[2], runs_of(captures, "cpu_logup.log")[0])):
        pairs = zip(one.splitlines(keepends=True), other.splitlines(keepends=True), strict=False)
        assert any(issue.damage for issue in read(b"".join(line for pair in pairs for line in pair)).issues)


def test_two_runs_mixed_in_any_way_are_damage_or_have_only_whole_trees(captures) -> None:
    lines = [run.splitlines(keepends=True) for run in runs_of(captures, "cpu_logup.log")[:2]]
    whole = Counter(shape for one in lines for shape in trees_of(read(b"".join(one))))
    source = seeded(2)
    for _ in range(150):
        waiting = [list(reversed(one)) for one in lines]
        mixed: list[bytes] = []
        while any(waiting):
            side = source.choice([one for one in waiting if one])
            mixed.extend(side.pop() for _ in range(min(len(side), source.randint(1, 9))))
        found = read(b"".join(mixed))
        assert any(issue.damage for issue in found.issues) or Counter(trees_of(found)) <= whole


def trees_of(run: Run) -> list[tuple[object, ...]]:
    """Each tree as the paths and times in it."""
    trees: dict[int, list[object]] = {}
    for span in run.spans:
        trees.setdefault(span.tree, []).append((span.path, span.duration))
    return [tuple(tree) for tree in trees.values()]


@pytest.mark.parametrize("depth", [2, 3, 255, 256, 32_767, 32_768, 40_000, 65_536, 70_000])
def test_a_line_that_is_suddenly_deep_is_damage_and_not_below_anything(depth: int) -> None:
    found = read(f"{INFO}a [ 1.00ms | 100.00% ]\n{INFO}{'   ' * (depth - 1)}┕━ b [ 1.00ms | 5.00% ]")
    assert [span.name for span in found.spans] == ["a"]
    assert [(issue.line, issue.damage) for issue in found.issues] == [(2, True)]


def deep(depth: int) -> str:
    """A tree of one span in another, so many times."""
    lines = [f"{INFO}{'   ' * (level - 1)}┕━ a [ 1.00ms | 1.00% / 1.00% ]" for level in range(1, depth - 1)]
    last = f"{INFO}{'   ' * (depth - 2)}┕━ a [ 1.00ms | 1.00% ]"
    return "\n".join([f"{INFO}a [ 1.00ms | 1.00% / 100.00% ]", *lines, last])


def test_a_tree_of_a_thousand_levels_is_read_whole() -> None:
    found = read(deep(1001))
    assert ([span.depth for span in found.spans], found.issues) == (list(range(1001)), ())


def test_what_is_deeper_than_a_thousand_levels_is_damage() -> None:
    found = read(deep(1020))
    assert [span.depth for span in found.spans] == list(range(1001))
    assert any(issue.damage for issue in found.issues)


@pytest.mark.slow
def test_a_million_roots_a_million_events_and_many_names_are_read() -> None:
    root = b"INFO     a [ 1.00ms | 100.00% ]\n"
    event = "INFO     ┝━ ｉ [info]: hello\n".encode()
    names = b"".join(b"INFO     a%d [ 1.00ms | 100.00%% ]\n" % number for number in range(200_000))
    assert counts(root * 1_000_000) == (1_000_000, 0, 0)
    assert counts(root + event * 999_999 + event.replace("┝".encode(), "┕".encode())) == (1, 1_000_000, 0)
    assert counts(names) == (200_000, 0, 0)


def counts(data: bytes) -> tuple[int, int, int]:
    """Spans, events and issues."""
    batches = list(forest.read([chunk_of(data)]))
    return (
        sum(len(batch.spans) for batch in batches),
        sum(len(batch.events) for batch in batches),
        sum(len(batch.issues) for batch in batches),
    )


@pytest.mark.parametrize(
    "inner", [*(f"{time} | 5.00%" for time in UNREADABLE_TIMES), *(f"1.00ms | {share}" for share in UNREADABLE_SHARES)]
)
def test_a_time_or_share_that_nobody_prints_is_no_span_and_damages_its_tree(inner: str) -> None:
    found = read(f"{ROOT}\n{INFO}┝━ x [ {inner} ]\n{INFO}┕━ y [ 1.00ms | 5.00% ]")
    assert [span.name for span in found.spans] == ["root", "y"]
    assert [(issue.line, issue.damage) for issue in found.issues] == [(2, True)]


@pytest.mark.parametrize("time", [time for time in UNREADABLE_TIMES if " " not in time])
def test_a_root_whose_time_cannot_be_read_is_damage(time: str) -> None:
    """Left out in silence, the next proof of the process would count as its first, cold one."""
    found = read(f"{INFO}prove [ {time} | 100.00% ]\n{INFO}prove [ 1.00ms | 100.00% ]")
    assert any(issue.damage for issue in found.issues)


@pytest.mark.parametrize(
    ("printed", "ns"),
    [
        ("0.00ns", 0),
        ("999999999s", 999_999_999 * 10**9),
        ("00000001ms", 10**6),
        ("1.00us", 1000),
        ("1.00µs", 1000),
        ("1.00μs", 1000),
    ],
)
def test_the_least_the_longest_and_every_spelling_of_a_time_are_read(printed: str, ns: int) -> None:
    [span] = read(f"{INFO}x [ {printed} | 100.00% ]").spans
    assert (span.duration.ns, span.duration.printed) == (ns, printed)


@pytest.mark.parametrize("share", ["NaN%", "inf%", "999999999.00%", "0.00%"])
def test_shares_of_a_root_without_time_are_read_beside_its_time(share: str) -> None:
    [span] = read(f"{INFO}x [ 1.00ms | {share} ]").spans
    assert span.duration.ns == 10**6


@pytest.mark.parametrize(
    "name", ["a [ 1.00ms", "a [ 1.00ms |", "a [ 1 | 5.00% ]", "a [ x | 5.00% ]", "[ 1.00ms | 5.00% ]"]
)
def test_a_name_that_looks_like_part_of_a_time_gives_no_other_time(name: str) -> None:
    found = read(f"{INFO}{name} [ 2.00ms | 100.00% ]")
    assert all(span.duration.printed == "2.00ms" for span in found.spans)


@pytest.mark.parametrize("line", ["{} b [ 2.00ms | 100.00% ]", "{} [ 2.00ms | 100.00% ]"])
def test_a_name_that_holds_a_whole_time_is_an_issue_or_gives_the_last_time(line: str) -> None:
    found = read(INFO + line.format("a [ 1.00ms | 5.00% ]"))
    assert found.issues or all(span.duration.printed == "2.00ms" for span in found.spans)


def test_a_key_that_a_span_has_twice_is_kept_twice() -> None:
    [span] = read(f'{INFO}x [ 1.00ms | 100.00% ] n: 1 | n: 2 | m: "a | n: 3" | n: 1').spans
    assert span.fields == (("n", "1"), ("n", "2"), ("m", '"a | n: 3"'), ("n", "1"))


def test_garbled_digits_in_a_real_run_are_never_read_as_a_time_of_another_length(captures) -> None:
    """A digit may become another digit and nobody can tell; anything else in its place is seen."""
    data = runs_of(captures, "cpu_logup.log")[0]
    whole = Counter(span.duration for span in read(data).spans)
    source = seeded(3)
    digits = [match.start() for match in re.finditer(rb"[0-9](?=[0-9.]*(?:ms|\xc2\xb5s|s|ns) \|)", data)]
    for place in digits:
        found = read(data[:place] + source.choice(b"xe,;- ").to_bytes() + data[place + 1 :])
        assert Counter(span.duration for span in found.spans) <= whole, place
