"""The Metrics section of each milestone: goldens of every shape, and what holds of all of them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.documents.markers import find
from harness.documents.milestones.metrics import metrics_block, metrics_section
from harness.milestones.evidence import Recordings, named_recordings
from harness.milestones.programme import Form, Milestone, Part
from tests.documents.milestones.evidence_made import evidence_of, measured_like
from tests.documents.milestones.hostile_evidence import hostile_evidence, structure

IDS = [str(number) for number in range(8, 16)]
COMPARED = [one for one in IDS if one != "8"]
_FIGURE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s?(?:ns|µs|ms|s|%)(?!\w)|\d\.\d")


def lines_of_part(block: str, title: str) -> list[str]:
    """The lines below a heading of a section, up to the next."""
    after = block.split(f"### {title}\n", 1)[1]
    return after.split("\n### ", 1)[0].split("\n")


def kpi_rows(block: str) -> list[list[str]]:
    rows = [line for line in lines_of_part(block, "Contract KPIs") if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


@pytest.mark.parametrize("milestone_id", IDS)
def test_the_metrics_of_each_milestone(golden, cases, milestone_id):
    golden(f"milestone-metrics-{milestone_id}.md", metrics_section(cases[milestone_id]).standing_alone())


@pytest.mark.parametrize("milestone_id", IDS)
def test_the_marker_names_every_recording_that_the_section_was_made_of_and_no_other(cases, milestone_id):
    evidence = cases[milestone_id]
    name = find(metrics_section(evidence).block, "metrics", where="").name

    assert sorted(re.findall(r"\b[0-9a-f]{16}\b", name)) == sorted(one.id for one in evidence.recordings.everything)
    assert named_recordings(name).head == evidence.recordings.head.id


@pytest.mark.parametrize("milestone_id", IDS)
def test_a_section_is_the_same_every_time_it_is_made(cases, milestone_id):
    assert metrics_section(cases[milestone_id]) == metrics_section(cases[milestone_id])


@pytest.mark.parametrize("milestone_id", COMPARED)
def test_every_kpi_of_the_contract_is_in_every_section_for_both_benchmarks(cases, contract, milestone_id):
    rows = kpi_rows(metrics_block(cases[milestone_id]))

    assert [(row[0], row[1].removesuffix(" (gates)")) for row in rows][:14] == [
        (f"`{one.name}`", f"`{kpi}`") for one in contract.benchmarks for kpi in contract.kpis
    ]
    assert [row[:2] for row in rows if row[1].endswith(" (gates)")] == [
        ["`keccakf`", "`stark_prove_excluding_trace` (gates)"]
    ]


@pytest.mark.parametrize("milestone_id", COMPARED)
def test_a_kpi_without_figures_has_a_dash_and_its_reason_and_never_a_zero_or_not_available(cases, milestone_id):
    evidence = cases[milestone_id]
    block = metrics_block(evidence)
    recordings = evidence.recordings
    notes = [line for line in lines_of_part(block, "Contract KPIs") if line.startswith("- ")]
    lacking = 0
    for row in kpi_rows(block):
        benchmark, name = row[0].strip("`"), row[1].removesuffix(" (gates)").strip("`")
        for side, cell in ((recordings.base, row[2]), (recordings.head, row[3])):
            record = side.manifest.kpi(benchmark, name)
            has_figure = bool(record and record.values)
            assert (cell != "–") == has_figure
            if not has_figure:
                lacking += 1
                assert row[5:8] == ["–", "–", "–"]
                assert [note for note in notes if f"{benchmark} {name}" in note and re.search(r": \w+: \w+", note)]
    assert lacking
    assert "N/A" not in block


@pytest.mark.parametrize("milestone_id", COMPARED)
def test_no_span_that_a_milestone_shows_is_left_out_or_without_its_reason(cases, milestone_id):
    evidence = cases[milestone_id]
    block = metrics_block(evidence)
    for part in evidence.milestone.metrics:
        of_part = "\n".join(lines_of_part(block, part.title))
        for name in part.spans or (evidence.contract.kpis if part.form is Form.REFERENCE_TABLE else ()):
            assert f"`{name}" in of_part
        for line in of_part.split("\n"):
            assert not re.search(r"missing: *$", line)
            assert "missing`: " not in line


def test_what_is_not_comparable_is_said_before_the_first_figure(cases):
    block = metrics_block(cases["11"])
    said = block.index("**not comparable, so nothing is judged**")
    without_facts = re.sub(
        r"^- (?:Reference \(base\)|Post-change \(head\)|Contract's reference).*$", "", block, flags=re.MULTILINE
    )

    assert said < block.index("### ")
    assert not _FIGURE.search(without_facts[: without_facts.index("**not comparable, so nothing is judged**")])
    for difference in cases["11"].comparison.differences:
        assert block.index(difference.what) < block.index("### ")


def test_nothing_is_judged_of_what_is_not_comparable(cases):
    verdicts = {row[8] for row in kpi_rows(metrics_block(cases["11"]))}

    assert verdicts == {"undecided", "missing"}
    assert not {"faster", "slower", "same"} & verdicts


@pytest.mark.parametrize("milestone_id", COMPARED)
def test_a_table_of_fixed_decimals_says_below_what_its_sources_resolve(cases, milestone_id):
    block = metrics_block(cases[milestone_id])
    for part in re.split(r"^### ", block, flags=re.MULTILINE)[1:]:
        rows = [line for line in part.split("\n") if line.startswith("| ") and not line.startswith("| ---")]
        if not rows or part.startswith("Contract KPIs"):
            continue
        resolved = part.split("What the sources resolve:", 1)[1]
        for row in rows[1:]:
            name = re.search(r"`([a-z0-9_.]+)`", row)[0]
            if "`missing`" not in row:
                assert name in resolved


@pytest.mark.parametrize("milestone_id", COMPARED)
def test_no_figure_of_the_contracts_kpis_has_more_digits_than_its_source(cases, milestone_id):
    evidence = cases[milestone_id]
    found = {(kpi.benchmark, kpi.kpi): kpi for kpi in evidence.comparison.kpis}
    for row in kpi_rows(metrics_block(evidence)):
        kpi = found[row[0].strip("`"), row[1].removesuffix(" (gates)").strip("`")]
        for side, cell in ((kpi.base, row[2]), (kpi.head, row[3])):
            if side:
                assert last_digit(cell) >= side.step * 0.31
        if kpi.base and kpi.head:
            assert last_digit(row[5]) >= max(kpi.base.step, kpi.head.step) * 0.31


def last_digit(text: str) -> float:
    """The place of a number's last digit that is not filled up with zeros: 0.1 of 26.9, 10 of 2440."""
    digits = text.lstrip("+-")
    whole, _, decimals = digits.partition(".")
    if decimals:
        return 10.0 ** -len(decimals)
    return 10.0 ** (len(whole) - len(whole.rstrip("0"))) if whole.strip("0") else 10.0 ** len(whole)


@pytest.mark.parametrize("milestone_id", COMPARED)
def test_the_deltas_of_the_contracts_kpis_are_those_of_the_medians_beside_them(cases, milestone_id):
    for row in kpi_rows(metrics_block(cases[milestone_id])):
        if row[5] != "–":
            base, head, delta = float(row[2]), float(row[3]), float(row[5])
            assert abs((head - base) - delta) <= 1.01 * max(last_digit(row[2]), last_digit(row[3]))
            assert float(row[6].removesuffix(" %")) == pytest.approx((head / base - 1) * 100, abs=4)


def test_a_reference_that_is_not_the_base_is_a_column_of_its_own(cases):
    columns = [line for line in metrics_block(cases["14"]).split("\n") if line.startswith("| Benchmark | KPI")]

    assert columns[0].endswith("| Verdict | vs m8 |")
    assert metrics_block(cases["12"]).count("vs m8") == 0


def test_a_base_that_is_the_reference_is_called_by_its_label(cases):
    block = metrics_block(cases["15"])

    assert "Reference (base), which is the contract's m8: recording `0ae611f3c83983b8`" in block
    assert "| Span | m8 median (ms) |" in block


def test_without_a_reference_the_section_says_why(cases):
    assert "- m8 beside it: no recording of this target was labelled so when this was rendered\n" in metrics_block(
        cases["13"]
    )


def test_the_sessions_that_a_verdict_rests_on_are_named(cases):
    evidence = cases["10"]
    block = metrics_block(evidence)

    assert all(f"`{one.id}`" in block for one in evidence.recordings.sessions)
    assert "**faster**: across sessions" in block
    assert "How sessions differ" not in metrics_block(cases["14"])


def test_a_milestone_that_sets_the_baseline_compares_nothing(cases):
    block = metrics_block(cases["8"])

    assert "### Contract KPIs" not in block
    assert "- Raw log" in block
    assert "`N/A`" in block


def test_the_contracts_table_beside_a_base_names_each_log_once(cases, programme, contract):
    evidence = cases["14"]
    beside = evidence_of(programme.milestone("8"), contract, evidence.recordings, alternated=True)
    block = metrics_block(beside)

    assert "### Contract KPIs" in block
    for log in evidence.logs:
        assert metrics_block(evidence).count(log.path) == 1
    for log in beside.logs:
        assert block.count(f"`{log.path}`") == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("openvm-metal", "Target check (`<= 1180ms`): **not met**"),
        ("openvm-cpu", "Target check (`<= 1180ms`): **not judged**: not applicable: the limit is for openvm-metal"),
    ],
)
def test_a_target_is_judged_only_for_what_it_was_set_for(cases, m8, programme, contract, target, said):
    head = measured_like(m8, "c", 0.7, target=target)
    evidence = evidence_of(programme.milestone("15"), contract, Recordings(head=head, base=m8))

    assert said in metrics_block(evidence)
    assert said in metrics_block(cases["15"]) or target != "openvm-metal"


def test_a_target_that_is_reached_is_met(m8, programme, contract):
    head = measured_like(m8, "c", 0.4)
    evidence = evidence_of(programme.milestone("15"), contract, Recordings(head=head, base=m8))

    assert "Target check (`<= 1180ms`): **met**" in metrics_block(evidence)


PARTS = st.sampled_from(
    [
        Part(form=Form.BEFORE_AFTER, title="a", benchmark="keccakf", spans=("rs_code_matrix", "no.such.span")),
        Part(form=Form.REFERENCE_DELTA, title="b", benchmark="logup", spans=("rs_code_matrix",), percent_decimals=2),
        Part(form=Form.REFERENCE_DELTA, title="c", benchmark="nowhere", spans=("x",), percent_decimals=None),
        Part(form=Form.HEADLINE, title="d", headline={"keccakf": "prover.openings.whir", "logup": "x"}),
        Part(form=Form.REFERENCE_TABLE, title="e", benchmark="logup", percent_decimals=0),
        Part(form=Form.TARGET_GATE, title="f", benchmark="keccakf", kpi="rs_code_matrix", maximum_ms=500),
        Part(form=Form.TARGET_GATE, title="g", benchmark="logup", kpi="no.such.span", maximum_ms=1),
        Part(form=Form.CONTRACT_TABLE),
    ]
)


@pytest.fixture(scope="module")
def block_of_parts(cases):
    def made(parts):
        milestone = Milestone(id="x", title="t", goal="g", metrics=tuple(parts))
        return metrics_block(evidence_of(milestone, cases["14"].contract, cases["14"].recordings, alternated=True))

    return made


@given(parts=st.lists(PARTS, max_size=4, unique_by=lambda part: part.title))
@settings(max_examples=30, deadline=None)
def test_whatever_parts_a_milestone_has_its_section_ends_with_the_contracts_kpis(block_of_parts, parts):
    block = block_of_parts(parts)

    assert len(kpi_rows(block)) == 14
    titles = re.findall(r"^### (.*)$", block, flags=re.MULTILINE)
    assert titles == [*(part.title for part in parts if part.title), "Contract KPIs"]


@pytest.mark.parametrize("way", ["in turns", "across sessions", "not comparable", "base is reference"])
def test_no_text_of_a_log_or_a_programme_breaks_a_section(cases, hostile, way, pipes, outside_code):
    clean = structure(metrics_section(hostile_evidence(cases, "x", way)).block, pipes, outside_code)
    assert clean.smuggled == ()
    for text in (*filter(str.strip, hostile), "\n<!-- harness:end metrics -->\n<!-- harness:begin metrics x -->\n"):
        block = metrics_section(hostile_evidence(cases, text, way)).block
        assert structure(block, pipes, outside_code) == clean, text
        assert find(block, "metrics", where="").last == clean.lines - 1


def test_a_hostile_name_stays_readable_in_the_section(cases):
    block = metrics_block(hostile_evidence(cases, "a|b", "in turns"))

    assert "`a\\|b = " in block or "`a\\|b`" in block


def test_a_recording_that_was_patched_says_so_on_its_side(cases):
    evidence = cases["14"]
    head = evidence.recordings.head
    provenance = structs.replace(head.manifest.provenance, dirty=True)
    dirty = structs.replace(head, manifest=structs.replace(head.manifest, provenance=provenance))
    recordings = structs.replace(evidence.recordings, head=dirty)
    block = metrics_block(structs.replace(evidence, recordings=recordings))

    assert "commit `cccccccccccc` with uncommitted changes, target" in block
    assert "- After (M14; n=5; commit `cccccccccccc` with uncommitted changes; recording" in block
