import msgspec
import pytest

from harness.errors import ConfigError
from harness.kpis.contract import KpiTable, contract_from_toml, kpi_definitions
from harness.kpis.definition import Reduce, Selector


def rejected(text):
    with pytest.raises(ConfigError) as caught:
        contract_from_toml(text, where="mine/contract.toml")
    assert "mine/contract.toml" in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


def test_m8_names_its_benchmarks_protocol_and_rules(m8_contract):
    assert [one.name for one in m8_contract.benchmarks] == ["keccakf", "logup"]
    assert (m8_contract.warmups, m8_contract.measured) == (1, 5)
    assert (m8_contract.error_rate, m8_contract.effect_floor_ratio, m8_contract.gate_ratio) == (0.05, 0.03, 0.10)
    assert len(m8_contract.kpis) == 7
    assert len(m8_contract.cells) == 14
    [limit] = m8_contract.limits
    assert (limit.target, limit.kpi, limit.maximum) == ("openvm-metal", "stark_prove_excluding_trace", 1180)


def test_in_m8_only_the_keccakf_total_gates(m8_contract):
    gating = [
        (one.name, kpi)
        for one in m8_contract.benchmarks
        for kpi in m8_contract.kpis
        if m8_contract.is_gating(one.name, kpi)
    ]
    assert gating == [("keccakf", "stark_prove_excluding_trace")]
    assert not m8_contract.is_gating("unknown", "stark_prove_excluding_trace")


@pytest.mark.parametrize(
    ("line", "replacement", "named"),
    [
        ("warmups = 1", "warmups = 1\nwarmup = 2", "`warmup`"),
        ('gating = "stark', 'gates = "x", gating = "stark', "`gates`"),
        ('"prover.openings.whir" = {}', '"prover.openings.whir" = { spam = "x" }', "`spam`"),
        ("published = 2440.00", "published = 2440.00\nmax = 1", "`max`"),
        ("maximum = 1180.0", "maximum = 1180.0\nminimum = 1.0", "`minimum`"),
    ],
)
def test_unknown_keys_are_errors_everywhere(m8_toml, line, replacement, named):
    assert named in rejected(m8_toml.replace(line, replacement, 1)).message


@pytest.mark.parametrize(
    ("line", "replacement", "place"),
    [
        ("measured = 5", 'measured = "five"', "$.measured"),
        ("measured = 5", "measured = 0", "$.measured"),
        ("warmups = 1", "warmups = -1", "$.warmups"),
        ("error_rate = 0.05", "error_rate = 0", "$.error_rate"),
        ("error_rate = 0.05", "error_rate = 5", "$.error_rate"),
        ("effect_floor_ratio = 0.03", "effect_floor_ratio = 0.0", "$.effect_floor_ratio"),
        ("gate_ratio = 0.10", "gate_ratio = -0.1", "$.gate_ratio"),
        ('expected = "present"', 'expected = "perhaps"', "$.cells[0].expected"),
        ("published = 2440.00", 'published = "N/A"', "$.cells[0].published"),
        ('"prover.openings.whir" = {}', '"prover.openings.whir" = { reduce = "mean" }', "$.kpis[...].reduce"),
        (
            '"prover.openings.whir" = {}',
            '"prover.openings.whir" = { fields = { round = 0 } }',
            "$.kpis[...].fields[...]",
        ),
        ("total_trace_cells = 86278144", 'total_trace_cells = "many"', "$.limits[0].workload[...]"),
    ],
)
def test_a_wrong_type_or_value_is_named_by_its_place(m8_toml, line, replacement, place):
    assert place in rejected(m8_toml.replace(line, replacement, 1)).message


def test_a_required_key_that_lacks_is_named(m8_toml):
    assert "measured" in rejected(m8_toml.replace("measured = 5\n", "")).message


@pytest.mark.parametrize("text", ["measured = ", "[[", "\0", "not toml at all"])
def test_what_is_no_toml_says_where_and_how_it_should_look(text):
    assert rejected(text).hint == "See docs/contract.md for its form."


def test_another_schema_version_names_both(m8_toml):
    assert rejected(m8_toml.replace("schema = 1", "schema = 7")).message == (
        "mine/contract.toml has schema version 7, this harness reads 1."
    )


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('benchmark = "logup"', 'benchmark = "logupp"', "'logupp' with KPI 'stark_prove_excluding_trace'"),
        ('kpi = "rs_code_matrix"', 'kpi = "rs_code"', "'keccakf' with KPI 'rs_code'"),
        ('gating = "stark_prove_excluding_trace"', 'gating = "stark_prove"', "'keccakf' with KPI 'stark_prove'"),
    ],
)
def test_a_name_that_the_contract_does_not_have_is_an_error_not_without_effect(m8_toml, before, after, named):
    assert named in rejected(m8_toml.replace(before, after, 1)).message


def test_an_empty_table_reads_the_span_of_the_kpis_own_name():
    assert KpiTable().definition("commit").selector == Selector(spans=("commit",))


def test_a_table_reads_what_it_says():
    table = msgspec.toml.decode(
        'span = ["a", "b"]\nunder = "c"\nunder_if_repeated = "d"\nfields = { round = "0" }\ntree = 1\noccurrence = 2\n'
        'reduce = "sum"\nnot_instrumented = "why"',
        type=KpiTable,
    )
    definition = table.definition("kpi")
    assert definition.name == "kpi"
    assert definition.not_instrumented == "why"
    assert definition.selector == Selector(
        spans=("a", "b"),
        under="c",
        under_if_repeated="d",
        fields={"round": "0"},
        tree=1,
        occurrence=2,
        reduce=Reduce.SUM,
    )
    assert KpiTable(span="one").definition("kpi").selector.spans == ("one",)


def test_a_target_replaces_a_kpi_in_its_place_and_adds_its_own_at_the_end(m8_contract):
    names = list(m8_contract.kpis)
    definitions = kpi_definitions(m8_contract, {"extra": KpiTable(), names[2]: KpiTable(span="encode")})
    assert [one.name for one in definitions] == [*names, "generate_trace", "extra"]
    assert definitions[2].selector.spans == ("encode",)
    assert definitions[1].selector.spans == (names[1],)
