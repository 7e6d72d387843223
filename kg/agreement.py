"""Relations that say the same: which predicates have the pairs of another one, by the Jaccard index of their pairs."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass

Shared = Callable[[str, str, int], int]
"""Returns how many pairs two predicates, the kept one and the other, share; once it sees that they are fewer than the
third argument it may say any smaller number."""


@dataclass(frozen=True, slots=True)
class SaidTwice:
    """A predicate that says what another one says; `share` is the Jaccard index of their pairs, in [0, 1]."""

    predicate: str
    kept: str
    share: float


def relations_said_twice(
    sizes: Mapping[str, int], shared: Shared, least: float, preferred: Set[str] = frozenset()
) -> Iterator[SaidTwice]:
    """Yield the predicates whose pairs another one has too, each with the kept one that it agrees with most.

    Args:
        sizes: How many pairs each predicate has.
        shared: Counts what two predicates have in common; asked only where the sizes do not rule agreement out.
        least: Jaccard index from which on two say the same.
        preferred: Predicates that stay before others; among equals the larger stays, then the first by name.
    """
    kept: list[str] = []
    for predicate in sorted(sizes, key=lambda one: (one not in preferred, -sizes[one], one)):
        shares = {other: agreement(other, predicate, sizes, shared, least) for other in kept}
        best = max(shares, key=lambda one: shares[one], default=None)
        if best is None or shares[best] < least:
            kept.append(predicate)
        else:
            yield SaidTwice(predicate, best, shares[best])


def agreement(one: str, other: str, sizes: Mapping[str, int], shared: Shared, least: float) -> float:
    """Return the Jaccard index of two predicates' pairs; 0 where it is below `least`."""
    smaller, larger = sorted((sizes[one], sizes[other]))
    if smaller < least * larger or smaller == 0:
        return 0.0
    needed = least * (smaller + larger) / (1 + least)  # n / (a + b - n) reaches `least` from here on
    common = shared(one, other, int(needed))
    share = common / (smaller + larger - common)
    return share if share >= least else 0.0
