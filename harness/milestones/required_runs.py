"""Were the benchmarks recorded that a milestone asks for, with as many runs as its contract asks for?"""

from collections.abc import Iterator

from harness.kpis.check import doubt_about_runs
from harness.milestones.evidence import Evidence, Which
from harness.milestones.findings import Finding, fails, unclear


def required_runs(evidence: Evidence) -> Iterator[Finding]:
    """A finding for every benchmark that base or head lacks, or has too few or failed runs of."""
    for which, recording in evidence.recordings.sides:
        if which is Which.REFERENCE:
            continue
        for benchmark in evidence.milestone.benchmarks:
            what = f"Recording {recording.id}, the {which.value}"
            doubt = doubt_about_runs(evidence.contract, recording.manifest, benchmark)
            if recording.manifest.benchmark(benchmark) is None:
                yield fails(
                    f"{what}, lacks the benchmark {benchmark}, which milestone {evidence.milestone.id} asks for.",
                    hint="Record every benchmark of the target.",
                )
            elif doubt:
                yield unclear(f"{what}, {benchmark}: {doubt}.", hint="Record it as the contract asks.")
