"""Judging after every round until decided, without raising the rate of false calls.

Method: group sequential testing with a spending function (Lan & DeMets, Biometrika 70:659, 1983; Jennison & Turnbull,
Group Sequential Methods, ch. 7): of K planned looks, the k-th may have used k/K of the error rate. The boundaries are
exact, by convolving the rounds' distributions and taking out what an earlier look would have called.
"""

from functools import cache

from harness.compare.rank_sums import Sizes, boundary, u_distribution

MOST_LOOKS = 40
"""200 runs a side: what they cannot decide is far below any effect floor."""


@cache
def look_boundary(rounds: tuple[Sizes, ...], alpha: float, looks: int) -> int:
    """How many pairwise differences may be cut off at each end at the latest look, -1 for none at all.

    One entry of `rounds` a look that was taken: the strata it added. `looks` is how many were planned before the first.
    """
    if looks == 1:
        return boundary(tuple(size for strata in rounds for size in strata), alpha)
    undecided, used, cut = [1.0], 0.0, -1
    for number, strata in enumerate(rounds, start=1):
        undecided = _convolved(undecided, u_distribution(strata))
        cut = -1
        may_use = alpha * min(1.0, number / looks) * (1 + 1e-9)
        while 2 * (cut + 2) <= len(undecided) and used + 2 * undecided[cut + 1] <= may_use:
            cut += 1
            used += 2 * undecided[cut]
            undecided[cut] = undecided[-1 - cut] = 0.0
    return cut


def planned_looks(round_s: float, budget_s: float) -> int:
    """How many rounds of `round_s` seconds fit the budget, one at least."""
    return max(1, min(MOST_LOOKS, int(budget_s / round_s) if round_s > 0 else MOST_LOOKS))


def _convolved(chances: list[float], added: tuple[float, ...]) -> list[float]:
    wider = [0.0] * (len(chances) + len(added) - 1)
    for i, chance in enumerate(chances):
        for j, more in enumerate(added):
            wider[i + j] += chance * more
    return wider
