"""Templates put finished texts in their places and do nothing else."""

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from harness.documents.template import render

METRICS = "milestone_metrics.md.j2"


def test_finished_texts_are_put_in_as_they_are():
    text = "| `a\\|b` | <b> & {{ c }} {% d %} |"
    made = render(METRICS, {"sources": ["- one"], "parts": [text], "logs": ["- log"]})

    assert made == f"- one\n\n{text}\n\n- log\n"


def test_a_document_ends_with_one_line_end_and_begins_with_none():
    assert render(METRICS, {"sources": [], "parts": [], "logs": []}) == "\n"
    assert render(METRICS, {"sources": ["", "- one"], "parts": [], "logs": ["- log", "", ""]}) == "- one\n\n- log\n"


def test_a_text_that_a_template_needs_and_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="'logs' is undefined"):
        render(METRICS, {"sources": [], "parts": []})


def test_a_template_that_does_not_come_with_the_package_is_an_error():
    with pytest.raises(TemplateNotFound):
        render("../sections.py", {})
