"""Relation patterns: which steps each hop of a path may take, as text and as masks over labels."""

from collections.abc import Collection, Sequence

import numpy as np

from kg.errors import PathQueryError, suggestion
from kg.paths.multigraph import Mask
from kg.types import Step

ANY = "*"

Hops = tuple[tuple[Step, ...] | None, ...]
"""For each hop the steps that it may take; None: any."""


def parse_pattern(text: str) -> Hops:
    """Read a pattern: hops with `/` between them, alternatives with `|`, `^` before an inverse step, `*` for any step.

    >>> [None if hop is None else [str(step) for step in hop] for hop in parse_pattern("author/^author|^editor/*")]
    [['author'], ['^author', '^editor'], None]

    Raises:
        PathQueryError: A hop or an alternative is empty.
    """
    return tuple(_hop(hop.strip(), text) for hop in text.split("/"))


def _hop(hop: str, text: str) -> tuple[Step, ...] | None:
    if hop == ANY:
        return None
    steps = [step.strip() for step in hop.split("|")]
    if any(not step.removeprefix("^") or ANY in step for step in steps):
        raise PathQueryError(
            f"a pattern is hops like 'author/^author', 'a|^b' or {ANY!r} with '/' between them, got {text[:100]!r}"
        )
    return tuple(Step(step.removeprefix("^"), "inverse" if step.startswith("^") else "forward") for step in steps)


def mask_of(steps: Collection[Step] | None, relations: Sequence[str]) -> Mask | None:
    """Return which labels are one of the steps, shape (2 * n_relations,); None where any is.

    Raises:
        PathQueryError: A relation is unknown; the message lists those that there are.
    """
    if steps is None:
        return None
    mask = np.zeros(2 * len(relations), bool)
    for step in steps:
        if step.relation not in relations:
            known = suggestion([name for name in relations if name[:2] == step.relation[:2]])
            raise PathQueryError(
                f"there is no relation {step.relation[:100]!r} between entities.{known} Known: {', '.join(relations)}."
            )
        number = relations.index(step.relation)
        mask[number if step.direction == "forward" else ~number] = True
    return mask
