from harness.markdown.outline import stands_under, without_comments

TEXT = "# T\n\n## Metrics\nhere\n```\nquoted\n```\n<!--\nhidden\n-->\nshown\n\n## Notes\nelsewhere\n"


def line_of(word: str) -> int:
    return TEXT.split("\n").index(word)


def test_a_line_stands_under_a_heading_where_a_reader_finds_it_there():
    found = {word: stands_under(TEXT, line_of(word), "Metrics") for word in ("here", "quoted", "hidden", "shown")}

    assert found == {"here": True, "quoted": False, "hidden": False, "shown": True}
    assert not stands_under(TEXT, line_of("elsewhere"), "Metrics")
    assert not stands_under(TEXT, line_of("here"), "No such heading")


def test_a_comment_is_not_read_and_an_open_one_goes_on_to_the_end():
    assert without_comments("a <!-- b\nc --> d") == "a  d"
    assert without_comments("a <!-- b\nc") == "a "
