"""What the final report of a milestone is made of, beside its evidence."""

import msgspec

from harness.milestones.criteria import Judged
from harness.milestones.document import MilestoneFile
from harness.milestones.evidence import Evidence
from harness.milestones.programme import Milestone


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone's report. `commit` is what is checked out, `changed` are paths since `begun`, in whatever words.

    `check` is what `harness milestone check` says of the file, in a word; empty where it was not asked.
    """

    milestone: Milestone
    file: MilestoneFile
    commit: str | None
    begun: str
    changed: tuple[str, ...]
    evidence: Evidence
    judged: tuple[Judged, ...]
    validations: tuple[tuple[str, str], ...]
    check: str = ""
