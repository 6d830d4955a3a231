"""End-to-end comparisons of one kind together: those in which the same span was made longer by the same share."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

import msgspec

from tests.calibrate.rates import Rate
from tests.calibrate.spinning import Spun


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """`span` is empty where none was touched."""

    span: str
    share: float
    comparisons: tuple[Spun, ...]

    @property
    def named(self) -> Rate:
        """How often the span is named."""
        return Rate(sum(self.span in one.named for one in self.comparisons), len(self.comparisons))

    @property
    def with_others(self) -> Rate:
        """How often another span is."""
        return Rate(sum(bool(one.others) for one in self.comparisons), len(self.comparisons))

    @property
    def self_change(self) -> float | None:
        """The median of what was measured; None where nothing was, as where no span was touched."""
        found = [one.self_change for one in self.comparisons if one.self_change is not None]
        return median(found) if found else None


def kinds(spun: Sequence[Spun]) -> Iterator[Kind]:
    """Each kind once; those that were not touched last."""
    for (span, share), alike in groupby(sorted(spun, key=_order), key=_kind):
        yield Kind(span=span, share=share, comparisons=tuple(alike))


def _kind(one: Spun) -> tuple[str, float]:
    return one.span, one.share


def _order(one: Spun) -> tuple[bool, str, float]:
    return not one.span, *_kind(one)
