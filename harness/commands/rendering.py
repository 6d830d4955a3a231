"""`harness render`: documents from recordings, to stdout or into a file."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.commands.comparing import Plan, compare_stored_sides
from harness.commands.explaining import explain_sides
from harness.commands.finding import find_recording
from harness.commands.milestones.evidence import choose, gather
from harness.commands.milestones.place import chosen_programme
from harness.commands.same_session import in_turns
from harness.commands.showing import shown
from harness.commands.span_samples import samples_of
from harness.commands.workspace import Workspace
from harness.compare.comparison import Comparison, Side
from harness.documents.markers import insert
from harness.documents.milestones.metrics import metrics_section
from harness.documents.sections import ExtraSpan, Section, perf_notes_section, report_section
from harness.errors import DocumentError
from harness.kpis.check import check
from harness.recording.manifest import Recording

_COMMITTED_TREE = "prover.main_trace_commit > merkle_tree"
"""The pull request's template asks for a merkle_tree; that name alone also means the openings' trees."""


def render_metrics(workspace: Workspace, ref: str, *, milestone: str, base: str | None) -> Section:
    """The Metrics section of a milestone, of the recording `ref` beside `base`, else beside the contract's baseline."""
    programme = chosen_programme(workspace)
    asked = programme.milestone(milestone)
    recordings = choose(workspace, programme, asked, base=base, head=ref)
    return metrics_section(gather(workspace, programme, asked, recordings))


def render_perf_notes(workspace: Workspace, base: str, head: str, *, milestone: str | None) -> Section:
    """The PERF_NOTES section of a pull request; runs that took turns are preferred to the refs' own recordings."""
    sides = in_turns(workspace, find_recording(workspace, base), find_recording(workspace, head))
    comparison = compare_stored_sides(
        workspace, Side(ref=base, recording=sides[0]), Side(ref=head, recording=sides[1]), Plan(stored=True)
    )
    return perf_notes_of(workspace, comparison, milestone=milestone)


def perf_notes_of(
    workspace: Workspace,
    comparison: Comparison,
    *,
    milestone: str | None,
    logs: tuple[Sequence[str], Sequence[str]] | None = None,
) -> Section:
    """The PERF_NOTES of a comparison, with where the time went; `logs` as for the section."""
    sides = comparison.base.recording, comparison.head.recording
    names = [one.name for one in workspace.load_contract(sides[0].manifest.contract).benchmarks]
    asked = [(name, _COMMITTED_TREE) for name in names]
    before, after = (samples_of(workspace, side, asked) for side in sides)
    extra = tuple(ExtraSpan(name=one[1], base=before[one], head=after[one]) for one in asked)
    explained = msgspec.structs.replace(comparison, explanations=explain_sides(workspace, comparison))
    return perf_notes_section(explained, extra, milestone=milestone, logs=logs)


def render_report(workspace: Workspace, ref: str, *, plot: Path | None) -> Section:
    """One recording in full; `plot` is where its picture is written."""
    recording = find_recording(workspace, ref)
    if plot is not None:
        write_plot(recording, plot)
    checked = check(workspace.load_contract(recording.manifest.contract), recording.manifest)
    return report_section(shown(workspace, recording), checked, plot.name if plot else None)


def write_plot(recording: Recording, path: Path) -> None:
    """Writes the picture of a recording's samples as PNG, without anything that changes from run to run."""
    from harness.documents.plot import draw, panels  # noqa: PLC0415 (matplotlib loads only for a picture)

    manifest = recording.manifest
    title = (
        f"{manifest.target}, recording {recording.id}, {manifest.started}: bars are what the printed digits can mean"
    )
    try:
        draw(panels(manifest), title).savefig(path, format="png", dpi=110, metadata={"Software": None})
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {error.strerror}.") from None


def write_into(section: Section, path: Path, *, heading: str | None) -> bool:
    """Puts a section into a file, whole or not at all; says whether the file changed. Raises DocumentError."""
    if path.exists() and not path.is_file():
        raise DocumentError(f"{path} is not a file.", hint="--into takes an existing file.")
    try:
        before = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read: {error.strerror}.", hint="--into takes an existing file."
        ) from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8 text.", hint="Convert it first.") from None
    after = insert(before, section.kind, section.block, heading=heading or section.heading, where=str(path))
    if after == before:
        return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(after.encode("utf-8"))
        temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DocumentError(f"{path} cannot be written: {error.strerror}.") from None
    return True
