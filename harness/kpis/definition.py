"""What a KPI is made of: which spans, how several become one figure, which proof of a process counts. Data only."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Reduce(StrEnum):
    """How the matching spans of one run become one figure."""

    ONLY = "only"
    SUM = "sum"
    MAX = "max"
    COUNT = "count"
    SELF = "self"


class Proof(StrEnum):
    """Which proof of a process counts where one process proves several times."""

    ONLY = "only"
    FIRST = "first"


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """Spans by whole name.

    With `reduce = sum` every name of `spans` must occur; otherwise the names are alternatives. `under` names an
    ancestor (or `a > b`, levels may be skipped); `under_if_repeated` counts only where the name alone matches several.
    """

    spans: tuple[str, ...]
    under: str | None = None
    under_if_repeated: str | None = None
    fields: Mapping[str, str] = {}
    tree: int | None = None
    occurrence: int | None = None
    reduce: Reduce = Reduce.ONLY

    def describe(self) -> str:
        """One line for people: what is measured and how."""
        text = " + ".join(self.spans) if self.reduce is Reduce.SUM else " or ".join(self.spans)
        text += self.narrowing()
        return text if self.reduce is Reduce.ONLY else f"{self.reduce.value} of {text}"

    def narrowing(self) -> str:
        """What beyond the name a span must fulfil, each condition after a blank; empty where the name is all."""
        text = f" under {self.under}" if self.under else ""
        text += "".join(f" {{{key}={value}}}" for key, value in self.fields.items())
        text += f" tree {self.tree}" if self.tree is not None else ""
        return text + (f" occurrence {self.occurrence}" if self.occurrence is not None else "")


class ProofScope(msgspec.Struct, frozen=True, kw_only=True):
    """Which trees are proofs (`root` is their root span's name) and which of them counts."""

    proof: Proof = Proof.ONLY
    root: str = "stark_prove_excluding_trace"


class KpiDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI as a target prints it; `not_instrumented` says why a target has no span for it."""

    name: str
    selector: Selector
    not_instrumented: str | None = None

    @property
    def unit(self) -> str:
        """`ms`, or `count`."""
        return "count" if self.selector.reduce is Reduce.COUNT else "ms"
