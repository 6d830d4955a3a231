"""The machine's condition as JSON and as a table."""

from collections.abc import Sequence

from harness.documents.escape import TERMINAL, Quoting
from harness.documents.table import Column, Table
from harness.machine.condition import Finding


def as_json(found: Sequence[Finding]) -> list[dict[str, str]]:
    """One object a finding."""
    return [{"level": one.level.value, "what": one.what, "advice": one.advice} for one in found]


def table_of(found: Sequence[Finding], quote: Quoting = TERMINAL) -> Table:
    """One row a finding; who else measures, and what a governor is called, is not the harness's own text."""
    columns = (Column("level"), Column("what"), Column("advice"))
    return Table(columns, tuple((one.level.value, quote.prose(one.what), quote.prose(one.advice)) for one in found))
