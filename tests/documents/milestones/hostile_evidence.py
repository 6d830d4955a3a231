"""Evidence whose every free text is one that would like to break a document; shared by this folder's tests."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec import structs

from harness.compare.counters import CounterSide
from harness.compare.counters import Evidence as CountedIn
from harness.kpis.contract import Contract
from harness.milestones.counting import Counted, FieldCount, Group, MetricTotal
from harness.milestones.evidence import Evidence, LogFile, Recordings, Which
from harness.milestones.programme import Form, Milestone, Part
from harness.recording.manifest import Recording
from tests.documents.milestones.evidence_made import evidence_of, kpi


class Structure(NamedTuple):
    """What of a Markdown text a name must not change."""

    lines: int
    beginnings: tuple[str, ...]
    cells: tuple[int, ...]
    smuggled: tuple[str, ...]


def structure(text: str, pipes: Callable[[str], int], outside_code: Callable[[str], str]) -> Structure:
    """Lines, what they begin with, the cells of table rows, and what could be HTML, a link or an image."""
    lines = text.split("\n")
    inner = [line for line in lines if not line.startswith("<!-- harness:")]
    return Structure(
        lines=len(text.splitlines()),
        beginnings=tuple(line[: len(line) - len(line.lstrip())] + line.lstrip()[:2] for line in lines),
        cells=tuple(pipes(line) for line in lines if line.startswith("|")),
        smuggled=tuple(line for line in inner if {"<", "["} & set(outside_code(line))),
    )


def renamed(recording: Recording, text: str) -> Recording:
    """A recording whose every free text is `text`; what documents look things up by stays paired."""
    manifest = recording.manifest
    names = {one.name: f"{text}{i}" for i, one in enumerate(manifest.benchmarks)}
    return Recording(
        id=recording.id,
        manifest=structs.replace(
            manifest,
            target=text,
            started=text,
            failure=text,
            warnings=(text,),
            host=structs.replace(manifest.host, id=text, cpu=text, gpus=(text,)),
            provenance=structs.replace(manifest.provenance, commit=text),
            benchmarks=tuple(
                structs.replace(one, name=names[one.name], command=text, log=text) for one in manifest.benchmarks
            ),
            runs=tuple(structs.replace(one, benchmark=names[one.benchmark]) for one in manifest.runs),
            kpis=tuple(
                structs.replace(
                    one, benchmark=names[one.benchmark], kpi=f"{one.kpi}{text}", notes=(text,), missing=text
                )
                for one in manifest.kpis
            ),
        ),
    )


def renamed_contract(contract: Contract, text: str) -> Contract:
    """A contract of those names."""
    names = {one.name: f"{text}{i}" for i, one in enumerate(contract.benchmarks)}
    places = (contract.cells, contract.limits)
    cells, limits = (
        tuple(structs.replace(one, benchmark=names[one.benchmark], kpi=f"{one.kpi}{text}") for one in found)
        for found in places
    )
    return structs.replace(
        contract,
        benchmarks=tuple(
            structs.replace(one, name=names[one.name], title=text, gating=f"{one.gating}{text}" if one.gating else None)
            for one in contract.benchmarks
        ),
        kpis={f"{name}{text}": table for name, table in contract.kpis.items()},
        cells=cells,
        limits=tuple(structs.replace(one, target=text, why=text) for one in limits),
    )


def _milestone(contract: Contract, text: str) -> Milestone:
    """One that shows its figures in every form there is."""
    first, second = (one.name for one in contract.benchmarks)
    gates, *others = contract.kpis
    spans = (*others, text)
    return Milestone(
        id="9",
        title=text,
        goal=text,
        metrics=(
            Part(form=Form.CONTRACT_TABLE),
            Part(form=Form.BEFORE_AFTER, title=text, benchmark=first, spans=spans),
            Part(form=Form.REFERENCE_DELTA, title=text, benchmark=second, spans=spans),
            Part(form=Form.HEADLINE, title=text, headline={first: gates, second: text}),
            Part(form=Form.REFERENCE_TABLE, title=text, benchmark=second),
            Part(form=Form.COUNTERS, title=text, benchmark=second, event=text, by=(text,)),
            Part(form=Form.COUNTERS, title=text, benchmark=text, metrics=(text,)),
            Part(form=Form.TARGET_GATE, title=text, benchmark=first, kpi=gates, maximum_ms=1180),
        ),
    )


def _counted(text: str) -> Mapping[tuple[Which, int], Counted]:
    once = CounterSide(median=1, low=1, high=1, n=1, runs=1)
    fields = (
        FieldCount(name=text, values=(text,), distinct=1, in_every_call=True, total=once),
        FieldCount(name=f"{text}2", values=(text, "y"), distinct=2, in_every_call=False, total=None),
    )
    group = Group(message=text, keys=((text, text), (text, None)), calls=once, fields=fields)
    events = Counted(evidence=CountedIn.COUNTERS, runs=1, groups=(group,))
    metrics = Counted(evidence=CountedIn.COUNTERS, runs=1, metrics=(MetricTotal(name=text, total=once),))
    return {
        (Which.BASE, 5): events,
        (Which.HEAD, 5): events,
        (Which.BASE, 6): metrics,
        (Which.HEAD, 6): Counted(absent=text),
    }


def hostile_evidence(cases: Mapping[str, Evidence], text: str, way: str) -> Evidence:
    """Evidence that holds `text` wherever a text can be; `way` is how base and head stand to each other."""
    recordings, contract = cases["14"].recordings, renamed_contract(cases["14"].contract, text)
    head, base, reference = (renamed(one, text) for one in (recordings.head, recordings.base, recordings.reference))
    if way == "not comparable":
        base = structs.replace(base, manifest=structs.replace(base.manifest, target=f"{text}2"))
    chosen = Recordings(
        head=head,
        base=base,
        reference=None if way == "base is reference" else reference,
        no_reference=text if way == "in turns" else "",
    )
    milestone = _milestone(contract, text)
    evidence = evidence_of(milestone, contract, chosen, alternated=way == "in turns")
    logs = (LogFile(which=Which.HEAD, benchmark=text, path=text, sha256=text),)
    records = [kpi(one.benchmark, one.kpi, missing=text) for one in head.manifest.kpis]
    return structs.replace(
        evidence,
        reference_label=text,
        counted=_counted(text),
        logs=logs,
        self_times={(one.benchmark, one.kpi): one for one in records},
    )
