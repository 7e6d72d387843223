"""Sums: a score is the sum of its parts, and a part the sum of its contributions."""

import math
from collections.abc import Iterable, Mapping

TOLERANCE = 1e-9
"""Sums in another order differ in the last bits."""


def equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def is_complete(parts: Mapping[str, float], contributions: Iterable[tuple[str, float]]) -> bool:
    """Tell whether contributions, by part, sum to the parts."""
    sums = added(contributions)
    return all(equal(value, sums.get(name, 0.0)) for name, value in parts.items()) and sums.keys() <= parts.keys()


def added(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the sum of the values of each name."""
    sums: dict[str, list[float]] = {}
    for name, value in values:
        sums.setdefault(name, []).append(value)
    return {name: math.fsum(each) for name, each in sums.items()}
