"""Span names as documents write them: `prover.main_trace_commit > merkle_tree`, levels skipped, a prefix left out.

A name means the spans whose whole name it is; only where there are none, those of the one name that ends in it after a
dot (`rap_constraints.round0`). Of several such names none is meant.
"""

from collections.abc import Iterable

import msgspec

from harness.kpis.definition import KpiDefinition, Selector

_SEPARATOR = " > "
_LISTED = 4


class QualifiedName(msgspec.Struct, frozen=True, kw_only=True):
    """A span's name and those of the spans it lies under, outermost first."""

    name: str
    under: tuple[str, ...] = ()


class Unclear(msgspec.Struct, frozen=True):
    """Why a written name means no spans."""

    reason: str


def split_name(written: str) -> QualifiedName:
    """`a > b > c` is c under b under a."""
    *under, name = (part.strip() for part in written.split(_SEPARATOR.strip()))
    return QualifiedName(name=name, under=tuple(under))


def may_be_meant(printed: str, written: str) -> bool:
    """Whether a span's name is a written one, or ends in it after a dot."""
    return printed == written or printed.endswith(f".{written}")


def definition_of(written: str, printed: Iterable[str]) -> KpiDefinition | Unclear:
    """How the spans of a written name are selected among spans of the `printed` names."""
    names = set(printed)
    qualified = split_name(written)
    whole: list[str] = []
    for part in (*qualified.under, qualified.name):
        found = [part] if part in names else sorted(one for one in names if may_be_meant(one, part))
        if len(found) > 1:
            more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
            return Unclear(f"{part} could be {', '.join(found[:_LISTED])}{more}")
        whole.append(found[0] if found else part)
    *under, name = whole
    return KpiDefinition(name=written, selector=Selector(spans=(name,), under=_SEPARATOR.join(under) or None))
