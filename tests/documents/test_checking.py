import json

import msgspec
import pytest

from harness.documents import checking
from harness.kpis.check import check


@pytest.fixture
def checked(contract, m8):
    return check(contract, m8.manifest)


def test_a_check_on_a_terminal(golden, checked):
    golden("check-m8.txt", checking.to_text(checked))


def test_a_check_in_markdown(golden, checked):
    golden("check-m8.md", checking.to_markdown(checked))


def test_a_check_as_json(golden, checked):
    golden("check-m8.json", json.dumps(checking.as_json(checked), indent=1, ensure_ascii=False))


def test_a_check_that_cannot_tell_on_a_terminal(golden, contract, imported):
    golden("check-one-benchmark.txt", checking.to_text(check(contract, imported[0].manifest)))


def test_the_json_has_the_pinned_keys(checked):
    told = checking.as_json(checked)

    assert list(told) == ["ok", "contract", "cells"]
    assert {tuple(cell) for cell in told["cells"]} == {
        ("benchmark", "kpi", "value", "expected", "published", "met", "reason")
    }
    assert (told["ok"], told["contract"], len(told["cells"])) == (False, "m8", 15)
    assert [cell["expected"] for cell in told["cells"] if cell["met"] is not True] == ["<= 1180"]


def test_published_figures_stand_to_the_digit(checked):
    cells = [(cell["value"], cell["published"]) for cell in checking.as_json(checked)["cells"] if cell["published"]]

    assert len(cells) == 11
    assert all(value == published for value, published in cells)


def test_ok_is_true_only_where_every_judged_cell_is_met(contract, m8, imported):
    without_limit = msgspec.structs.replace(contract, limits=())

    assert checking.as_json(check(without_limit, m8.manifest))["ok"] is True
    assert checking.as_json(check(without_limit, imported[0].manifest))["ok"] is False
