"""Does a milestone's file still ask for what its template asked for?"""

import re
from collections.abc import Iterator, Sequence

from harness.milestones.findings import Finding, fails, unclear, warns
from harness.milestones.stated import Stated, read_criterion

_VERDICT = re.compile(
    r"[.;]?(?:\s*[:–(-]?\s*(?:\*\*)?(?:met|partially met|not met|not measurable)\b.*)?", re.IGNORECASE
)
"""What may be written behind a criterion's words: how it came out, and why."""


def threshold_findings(template: Sequence[str], today: Sequence[str], *, where: str) -> Iterator[Finding]:
    """A finding for each criterion that is gone: it fails where a number or counter went with it.

    A criterion stands while a bullet is its words, with a verdict behind them at most. Whether other words ask for as
    much cannot be told.
    """
    others = [read_criterion(one) for one in today if not any(_is_kept(words, one) for words in template)]
    for one in template:
        if any(_is_kept(one, bullet) for bullet in today):
            continue
        stated, hint = read_criterion(one), "Put the template's wording back; 'harness milestone criteria' judges it."
        if not stated.names_measure:
            yield warns(f"{where}: the exit criterion '{one}' is worded otherwise today.")
        elif any(_holds(other, stated) for other in others):
            yield unclear(
                f"{where}: the exit criterion '{one}' is worded otherwise today; does it ask for as much?", hint
            )
        else:
            yield fails(f"{where}: a threshold was dropped: '{one}' no longer stands among the exit criteria.", hint)


def _is_kept(criterion: str, bullet: str) -> bool:
    """Whether a bullet of today is the criterion, perhaps with its verdict."""
    words = criterion.rstrip(".;: ")
    return bullet == criterion or (bullet.startswith(words) and _VERDICT.fullmatch(bullet[len(words) :]) is not None)


def _holds(today: Stated, template: Stated) -> bool:
    """Whether a wording of today names every number, counter and span of the template's."""
    return template.measures <= today.measures and set(template.names) <= set(today.names)
