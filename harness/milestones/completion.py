"""What came of completing a milestone."""

import msgspec

from harness.milestones.criteria import Judged
from harness.milestones.findings import Finding, Severity, worst
from harness.milestones.programme import Milestone


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """`completed` now, before (`was_completed`), or not for what `findings` say; `published` are paths written.

    `open_criteria` are exit criteria of which nobody can say that they are met; they hold nothing up.
    """

    milestone: Milestone
    was_completed: bool = False
    completed: bool = False
    findings: tuple[Finding, ...] = ()
    published: tuple[str, ...] = ()
    open_criteria: tuple[Judged, ...] = ()

    @property
    def standing(self) -> Severity | None:
        """The gravest finding."""
        return worst(self.findings)
