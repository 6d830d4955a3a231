"""The exact distribution of Mann-Whitney's U summed over rounds, and how far into its tails a judgement may reach.

Under "no change" every order of a round's runs is as likely as any other, whatever the times look like (van Elteren
1960 for the sum over rounds).
"""

from functools import cache

Sizes = tuple[tuple[int, int], ...]
"""Base runs and head runs of each round."""


@cache
def u_counts(base_runs: int, head_runs: int) -> tuple[int, ...]:
    """How many orders of so many runs give U = 0, 1, … base_runs·head_runs (the Gaussian binomial coefficients)."""
    top = base_runs * head_runs
    counts = [1] + [0] * top
    for i in range(1, head_runs + 1):
        for k in range(top, base_runs + i - 1, -1):
            counts[k] -= counts[k - base_runs - i]
        for k in range(i, top + 1):
            counts[k] += counts[k - i]
    return tuple(counts)


@cache
def u_distribution(sizes: Sizes) -> tuple[float, ...]:
    """Probability of each sum of the rounds' U under 'no change'; `sizes` are (base runs, head runs)."""
    spread = [1.0]
    for base_runs, head_runs in sizes:
        counts = u_counts(base_runs, head_runs)
        orders = sum(counts)
        wider = [0.0] * (len(spread) + base_runs * head_runs)
        for i, chance in enumerate(spread):
            for j, count in enumerate(counts):
                wider[i + j] += chance * count / orders
        spread = wider
    return tuple(spread)


def boundary(sizes: Sizes, alpha: float) -> int:
    """The largest c with 2·P(U ≤ c) ≤ alpha, or -1 where even the most extreme order is too likely."""
    used, c = 0.0, -1
    for chance in u_distribution(sizes):
        used += 2 * chance
        if used > alpha * (1 + 1e-9):
            break
        c += 1
    return c
