import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.escape import MARKDOWN, TERMINAL, code, comment, plain, terminal
from harness.documents.markers import wrap
from harness.documents.table import Column, Table, as_markdown, as_text

PIECES = (
    "|",
    "\\",
    "`",
    "``",
    "<",
    ">",
    "-->",
    "--",
    "[",
    "](",
    "@a",
    "#1",
    "://",
    "www.",
    "_",
    "*",
    "\n",
    "\x1b",
    " ",
)
TEXTS = st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)
ACTIVE_LINKS = re.compile(r"@\w|#\d|gh-\d|://|www\.", re.IGNORECASE)

law = settings(max_examples=150, deadline=None)


def table_of(name: str, prose: str) -> Table:
    return Table((Column("a"), Column("b"), Column("c")), ((code(name), plain(prose), "1"),))


def each(hostile, quote) -> dict[str, str]:
    return {text: quote(text) for text in hostile}


@given(name=TEXTS, prose=TEXTS)
@law
def test_any_text_keeps_a_table_row_one_row_of_as_many_cells(pipes, name, prose):
    lines = as_markdown(table_of(name, prose)).splitlines()

    assert len(lines) == 3
    assert [pipes(line) for line in lines] == [4, 4, 4]


@given(TEXTS)
@law
def test_in_plain_text_nothing_formats_links_or_mentions(text):
    written = plain(text)
    bare = re.sub(r"\\.", "", written)

    assert not set(bare) & set("`*[]|<>~&$")
    assert re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", re.sub(r"\\.", "\\\\", written)) is None
    assert ACTIVE_LINKS.search(written) is None
    assert not written or re.match(r"(#{1,6}|[-+*]|\d{1,9}[.)])(\s|$)|[=-]+\s*$", written) is None


@given(TEXTS)
@law
def test_a_code_span_ends_only_at_its_end_and_shows_its_text(outside_code, text):
    written = code(text)
    fence = re.match(r"`+", written)[0]
    inner = written[len(fence) : -len(fence)]
    shown = " ".join(re.split(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+", text)).replace(
        "|", "\\|"
    )

    assert outside_code(written) == ""
    assert inner.strip() == shown.strip()
    assert "\n" not in written


@given(TEXTS)
@law
def test_a_comment_holds_nothing_that_could_end_it(text):
    written = comment(text)

    assert re.fullmatch(r"[A-Za-z0-9._ -]*", written)
    assert "--" not in written
    begin, *_ = wrap("report", text, "body").split("\n")
    assert begin.startswith("<!-- harness:begin report ")
    assert begin.index("-->") == len(begin) - 3


@given(TEXTS | st.characters(codec=None).map(str))
@law
def test_on_a_terminal_every_control_character_is_visible_and_said_once(text):
    written = terminal(text)

    assert not [char for char in written if unicodedata.category(char) in {"Cc", "Cs"}]
    assert len(written.splitlines()) <= 1
    assert terminal(written) == written
    written.encode("utf-8")


def test_escape_sequences_become_text():
    assert terminal("\x1b[31mred\x1b]8;;http://x\x07\x9b2J") == r"\x1b[31mred\x1b]8;;http://x\x07\x9b2J"
    assert terminal("\u202egnp.exe\u2066") == r"\u202egnp.exe\u2066"
    assert terminal("a\u200eb\u200fc\u061cd") == r"a\u200eb\u200fc\u061cd"
    assert terminal("s'_0 -> s_0 µs ｉ") == "s'_0 -> s_0 µs ｉ"


def test_hostile_names_in_plain_text(hostile):
    written = each(hostile, plain)

    assert written["# heading"] == "\\# heading"
    assert written["1. first"] == "1\\. first"
    assert written["---"] == "\\---"
    assert written["- [x] done"] == "\\- \\[x\\] done"
    assert written["--> <!-- harness:end report -->"] == "--\\> \\<!-- harness:end report --\\>"
    assert written["@maintainer closes #1 and GH-2 of owner/name#3"] == (
        "@\u200bmaintainer closes #\u200b1 and GH-\u200b2 of owner/name#\u200b3"
    )
    assert written["*bold* _em_ __b__ ~~gone~~ $x^2$ &lt;"] == (
        "\\*bold\\* \\_em\\_ \\_\\_b\\_\\_ \\~\\~gone\\~\\~ \\$x^2\\$ \\&lt;"
    )


def test_span_names_stay_readable():
    assert plain("prover.main_trace_commit: -20.0 % (n=5)") == "prover.main_trace_commit: -20.0 % (n=5)"
    assert code("prover.main_trace_commit > merkle_tree") == "`prover.main_trace_commit > merkle_tree`"


def test_code_spans_of_backticks_bars_and_nothing():
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("a|b") == "`a\\|b`"
    assert code("") == "` `"


def test_tables_take_hostile_names_and_prose(hostile, pipes, outside_code):
    rows = tuple((MARKDOWN.name(text), MARKDOWN.prose(text)) for text in hostile)
    lines = as_markdown(Table((Column("name"), Column("prose")), rows)).split("\n")

    assert len(lines) == len(hostile) + 2
    assert {pipes(line) for line in lines} == {3}
    assert {outside_code(line).count("<") for line in lines} == {0}
    text = as_text(Table((Column("name"),), tuple((TERMINAL.name(one),) for one in hostile)))
    assert len(text.split("\n")) == len(hostile) + 1
    assert "\x1b" not in text
