"""What is found about a milestone's documents: what breaks them, what cannot be told, what is worth a look."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much a finding matters."""

    FAILS = "fails"
    UNCLEAR = "cannot tell"
    WARNS = "warning"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: what and where, and the way out."""

    severity: Severity
    what: str
    hint: str = ""


def fails(what: str, hint: str = "") -> Finding:
    """A finding that breaks the document."""
    return Finding(severity=Severity.FAILS, what=what, hint=hint)


def unclear(what: str, hint: str = "") -> Finding:
    """A finding that leaves open whether the document holds."""
    return Finding(severity=Severity.UNCLEAR, what=what, hint=hint)


def warns(what: str, hint: str = "") -> Finding:
    """A finding that breaks nothing."""
    return Finding(severity=Severity.WARNS, what=what, hint=hint)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among the findings; None where there are none."""
    found = {one.severity for one in findings}
    return next((one for one in Severity if one in found), None)
