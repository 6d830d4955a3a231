from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.milestones
from harness.errors import ConfigError, DocumentError
from harness.milestones.programme import Against, Form, programme_from_toml
from tests.milestones.papers import PROGRAMME, programme

SHIPPED = sorted((Path(harness.milestones.__file__).parent / "programmes").glob("*.toml"))


def read(text: str):
    return programme_from_toml(text, where="small.toml")


def test_a_milestone_is_found_by_its_id():
    assert programme().ids == ("1", "2", "3", "4")
    assert programme().milestone("2").after == ("1",)


@pytest.mark.parametrize("milestone_id", ["", "5", "1 ", "../1", "\x1b[2J"])
def test_an_unknown_milestone_is_an_error_that_lists_what_there_is(milestone_id):
    with pytest.raises(DocumentError, match="There is no milestone") as error:
        programme().milestone(milestone_id)
    assert error.value.hint == "Known: 1, 2, 3, 4."


def test_validations_come_in_the_milestones_order():
    text = PROGRAMME.replace('goal = "one"', 'goal = "one"\nvalidations = ["b", "a"]')
    made = read(f"{text}\n[validations.a]\ncommand = 'x'\n[validations.b]\ncommand = 'y'\ntests = true\n")
    found = made.validations_of(made.milestone("1"))

    assert [(name, one.command, one.tests, one.timeout) for name, one in found] == [
        ("b", "y", True, "30m"),
        ("a", "x", False, "30m"),
    ]


def test_a_criterion_and_a_part_have_their_defaults():
    parts = '[[milestones.metrics]]\nform = "contract-table"\n'
    criteria = '[[milestones.criteria]]\ntext = "faster"\nspan = "a"\nimprovement_percent = 0\n'
    made = read(f'{PROGRAMME}benchmarks = ["keccakf"]\n{parts}{criteria}').milestone("4")

    assert (made.metrics[0].form, made.metrics[0].percent_decimals) == (Form.CONTRACT_TABLE, 1)
    assert (made.criteria[0].against, made.criteria[0].benchmark) == (Against.REFERENCE, "keccakf")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema = 1", "schema = 2", "schema version 2, this harness reads 1"),
        ("schema = 1", "", "schema"),
        ("schema = 1", "schema = ", "is not a programme"),
        ('goal = "one"', 'goal = "one"\ngaol = "two"', "gaol"),
        ('id = "4"', 'id = "3"', "milestone 3 stands there twice"),
        ('id = "4"', 'id = "../4"', "'../4' is no id of a milestone"),
        ('id = "4"', 'id = ""', "'' is no id of a milestone"),
        ('after = ["1", "2"]', 'after = ["9"]', "milestone 4 names 9, which is none"),
        ('alongside = ["3"]', 'alongside = ["9"]', "milestone 2 names 9, which is none"),
        ('["4"]]', '["9"]]', "wave member 9 is no milestone"),
        ('goal = "four"', 'goal = "four"\nvalidations = ["x"]', "milestone 4 names no known validation 'x'"),
        ('goal = "four"', 'goal = "four"\ncriteria = [{ text = "t" }]', "criterion 't' has 0 goals, not one"),
        (
            'goal = "four"',
            'goal = "four"\ncriteria = [{ text = "t", maximum_ms = 1, fewer = ["x"] }]',
            "criterion 't' has 2 goals, not one",
        ),
    ],
)
def test_a_programme_that_is_wrong_is_an_error_that_says_where(old, new, words):
    with pytest.raises(ConfigError) as error:
        read(PROGRAMME.replace(old, new, 1))
    assert error.value.message.startswith("small.toml")
    assert words in error.value.message


@pytest.mark.parametrize(
    ("kind", "table", "words"),
    [
        ("metrics", 'form = "counters", event = "e"', "'counters' names the benchmark ''"),
        ("metrics", 'form = "counters", benchmark = "k"', "counts events or metrics, not both and not nothing"),
        ("metrics", 'form = "counters", benchmark = "k", event = "e", metrics = ["m"]', "not both and not nothing"),
        (
            "metrics",
            'form = "reference-table", benchmark = "x"',
            "names the benchmark 'x', which the milestone does not",
        ),
        ("metrics", 'form = "before-after-delta", benchmark = "k", title = "T"', "'T' has no spans"),
        ("metrics", 'form = "reference-delta", benchmark = "k"', "has no spans"),
        ("metrics", 'form = "reference-delta", benchmark = "k", spans = ["a > > b"]', "the span 'a > > b', of which"),
        ("metrics", 'form = "reference-delta", benchmark = "k", spans = [""]', "the span '', of which a part is empty"),
        ("metrics", 'form = "headline"', "has no headline"),
        ("metrics", 'form = "headline", headline = { x = "a" }', "names the benchmark 'x'"),
        ("metrics", 'form = "headline", headline = { k = "a >" }', "the span 'a >'"),
        ("metrics", 'form = "target-gate", benchmark = "k", kpi = "a"', "needs kpi and maximum_ms"),
        ("metrics", 'form = "target-gate", benchmark = "k", maximum_ms = 1', "needs kpi and maximum_ms"),
        ("criteria", "improvement_percent = 0", "criterion 't' has no span"),
        ("criteria", "maximum_ms = 1", "criterion 't' has no span"),
        ("criteria", 'maximum_ms = 1, span = "> a"', "criterion 't' names the span '> a'"),
        ("criteria", 'fewer = ["x"], benchmark = "x"', "criterion 't' names the benchmark 'x'"),
        ("criteria", 'fewer = ["x"], recorded = ["x"]', "criterion 't' has 2 goals, not one"),
        ("criteria", 'recorded = ["x"], baseline = true', "criterion 't' has 2 goals, not one"),
    ],
)
def test_a_part_or_a_criterion_that_can_show_nothing_is_an_error(kind, table, words):
    given = f'text = "t", benchmark = "k", {table}' if kind == "criteria" and "benchmark" not in table else table
    given = f'text = "t", {given}' if kind == "criteria" and "text" not in given else given
    with pytest.raises(ConfigError) as error:
        read(f'{PROGRAMME}benchmarks = ["k"]\n{kind} = [{{ {given} }}]\n')
    assert error.value.message.startswith("small.toml: milestone 4: ")
    assert words in error.value.message


@pytest.mark.parametrize(
    ("command", "is_wide"),
    [
        ("cargo test --workspace", True),
        ("RUST_LOG=debug cargo check --all --release", True),
        ("cargo test -p a --all-features --all-targets", False),
        ("cargo test -p a -- --all", False),
        ("make --all", False),
    ],
)
def test_a_validation_is_of_one_crate(command, is_wide):
    text = f'{PROGRAMME}[validations.a]\ncommand = "{command}"\n'
    if is_wide:
        with pytest.raises(ConfigError, match="validation 'a' runs on the whole workspace"):
            read(text)
    else:
        assert read(text).validations["a"].command == command


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_programme_or_a_clear_error(text):
    with pytest.raises(ConfigError, match=r"small\.toml"):
        read(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_programme_that_ships_holds_together(path: Path):
    made = programme_from_toml(path.read_text("utf-8"), where=path.name)
    waves = [one for wave in made.waves for one in wave]

    assert made.name == path.stem
    assert sorted(waves) == sorted(made.ids)
    for milestone in made.milestones:
        before = {one for wave in made.waves for one in wave if waves.index(one) < waves.index(milestone.id)}
        assert set(milestone.after) <= before
        assert all(milestone.id in made.milestone(one).alongside for one in milestone.alongside)
