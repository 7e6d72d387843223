"""What the causes of one part of a score add to some items."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Columns = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

NONE = np.array([-1])
"""No cause, or no entity."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What the causes of one part add to some items.

    Attributes:
        part: history, graph, fused, user or prior.
        causes: Shape (n,): the history item, -1 for none.
        entities: Shape (n,): the shared attribute, -1 for none.
        places: Shape (n,): the place in the items asked for.
        values: Shape (n,).
        name: Of the attribute of the user, in the part of that; else empty.
    """

    part: str
    causes: Columns
    entities: Columns
    places: Columns
    values: Values
    name: str = ""


def share_table(part: str, causes: Columns, entities: Columns, place: int, values: Values) -> Shares:
    """Return shares of one item from a table, shape (n_causes, n_entities)."""
    return Shares(
        part,
        np.repeat(causes, len(entities)),
        np.tile(entities, len(causes)),
        np.full(values.size, place),
        values.ravel(),
    )


def plain_shares(part: str, values: Values, name: str = "") -> Shares:
    """Return what a part that rests on no item and no entity adds to each of some items, shape (n,)."""
    nothing = np.full(len(values), -1)
    return Shares(part, nothing, nothing, np.arange(len(values)), values, name)
