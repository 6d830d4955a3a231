from harness.documents.condition import as_json, table_of
from harness.documents.escape import MARKDOWN
from harness.documents.table import as_markdown, as_text
from harness.machine.condition import Finding, Level

FOUND = (
    Finding(level=Level.OK, what="no other measurement is running"),
    Finding(level=Level.WARNING, what="CPU frequency governor: powersave", advice="Choose another."),
)


def test_findings_as_json():
    assert as_json(FOUND) == [
        {"level": "ok", "what": "no other measurement is running", "advice": ""},
        {"level": "warning", "what": "CPU frequency governor: powersave", "advice": "Choose another."},
    ]


def test_findings_on_a_terminal():
    assert as_text(table_of(FOUND)) == (
        "level    what                               advice\n"
        "ok       no other measurement is running\n"
        "warning  CPU frequency governor: powersave  Choose another."
    )


def test_who_else_measures_cannot_break_the_table(hostile, pipes, outside_code):
    for text in hostile:
        found = (Finding(level=Level.WARNING, what=f"another measurement is running: {text}", advice="Wait."),)
        lines = as_markdown(table_of(found, MARKDOWN)).splitlines()
        assert [pipes(line) for line in lines] == [4, 4, 4], text
        assert not {"<", "["} & set(outside_code(lines[2])), text
