from harness.documents.table import Column, Table, as_markdown, as_text

TABLE = Table((Column("span"), Column("ms", right=True)), (("a", "1.25"), ("longer", "10")))


def test_a_text_table_aligns_names_left_and_figures_right():
    assert as_text(TABLE) == "span      ms\na       1.25\nlonger    10"


def test_a_markdown_table_says_which_columns_stand_right():
    assert as_markdown(TABLE) == "| span | ms |\n| --- | ---: |\n| a | 1.25 |\n| longer | 10 |"


def test_wide_and_combining_characters_are_counted_as_a_terminal_shows_them():
    table = Table((Column("n"), Column("x")), (("ｉ", "1"), ("e\u0301", "2"), ("ab", "3")))

    assert as_text(table) == "n   x\nｉ  1\ne\u0301   2\nab  3"


def test_a_table_without_rows_is_its_header():
    assert as_text(Table((Column("a"), Column("b")), ())) == "a  b"
    assert as_markdown(Table((Column("a"),), ())) == "| a |\n| --- |"


def test_control_characters_in_a_cell_cannot_move_the_cursor():
    assert as_text(Table((Column("a"),), (("x\r\x1b[2J",),))) == "a\nx\\x0d\\x1b[2J"
