"""What a Metrics section begins and ends with: the recordings of both sides, what makes them differ, their logs."""

from harness.compare.comparison import Comparison
from harness.documents.escape import code, plain
from harness.milestones.evidence import Evidence, Which
from harness.recording.manifest import Manifest, Origin, Recording

_ORIGINS = {Origin.IMPORTED: "imported", Origin.TRANSCRIBED: "transcribed from published figures"}


def source_lines(evidence: Evidence) -> list[str]:
    """One bullet a recording, then how base and head compare; what is not comparable is said before any figure."""
    recordings = evidence.recordings
    lines = [f"- {_title(evidence, which)}: {_recording(one)}" for which, one in recordings.sides]
    if recordings.no_reference:
        lines.append(f"- {plain(evidence.reference_label)} beside it: {plain(recordings.no_reference)}")
    if evidence.comparison is not None:
        lines += _comparison("base and head", evidence.comparison)
    if evidence.against_reference is not None:
        lines += _comparison(f"{evidence.reference_label} and head", evidence.against_reference)
    if recordings.sessions:
        ids = ", ".join(code(one.id) for one in recordings.sessions)
        lines.append(f"- How sessions differ is known from the recordings {ids}.")
    return lines


def _title(evidence: Evidence, which: Which) -> str:
    if which is Which.HEAD:
        return "Post-change (head)"
    label = plain(evidence.reference_label)
    if which is Which.REFERENCE:
        return f"Contract's reference ({label})"
    if evidence.base_is_reference:
        return f"Reference (base), which is the contract's {label}"
    again = f", the program of the contract's {label} measured again" if evidence.base_stands_for_reference else ""
    return f"Reference (base){again}"


def _recording(recording: Recording) -> str:
    manifest = recording.manifest
    facts = [
        f"recording {code(recording.id)}",
        commit_text(manifest),
        f"target {code(manifest.target)}",
        f"host {code(manifest.host.id)}" if manifest.host.id else "host not stated",
        plain(manifest.started),
        runs_text(manifest),
    ]
    origin = _ORIGINS.get(manifest.provenance.origin)
    return ", ".join([*facts, *([origin] if origin else [])])


def commit_text(manifest: Manifest) -> str:
    """The commit that was measured."""
    commit = manifest.provenance.commit
    dirty = " with uncommitted changes" if manifest.provenance.dirty else ""
    return f"commit {code(commit[:12])}{dirty}" if commit else "commit not stated"


def runs_text(manifest: Manifest) -> str:
    """How many runs of each benchmark there are, as planned."""
    protocol = manifest.protocol
    return f"{protocol.warmups} warmup + {protocol.measured} measured run{'' if protocol.measured == 1 else 's'}"


def _comparison(what: str, comparison: Comparison) -> list[str]:
    """How two sides were taken; where they cannot be compared, that comes first."""
    how = "their runs took turns in one session" if comparison.alternated else "runs of two sessions"
    word = comparison.verdict.value if comparison.comparable else "not comparable, so nothing is judged"
    reason = f": {plain(comparison.reason)}" if comparison.comparable and comparison.reason else ""
    lines = [f"- {plain(what)}: **{word}**{reason}; {how}."]
    lines += [
        f"  - {'**not comparable**' if one.decisive else 'differs'}: {plain(one.describe())}"
        for one in comparison.differences
    ]
    return lines


def log_lines(evidence: Evidence) -> list[str]:
    """Where each raw log is, with its hash; a recording without one says so."""
    return [
        f"- Raw log, {which.value} {place}"
        for which, _recording in evidence.recordings.sides
        for place in log_places(evidence, which)
    ]


def log_places(evidence: Evidence, which: Which) -> list[str]:
    """The raw logs of a side as they are published, or that there are none."""
    found = [
        f"{plain(one.benchmark)}: {code(one.path)} (sha256 {code(one.sha256[:16])})"
        for one in evidence.logs
        if one.which is which
    ]
    return found or ["(none): its recording keeps no log"]
