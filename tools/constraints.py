"""Constraints of a request as masks over the catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.snapshot import Snapshot
from kg.types import Iri
from tools.errors import UnknownNameError

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EntityConstraint:
    """Items must, or must not, be related to an entity or to one of `others`, or be that entity."""

    iri: Iri
    label: str
    wanted: bool = True
    others: tuple[Iri, ...] = ()

    @property
    def text(self) -> str:
        return self.label if self.wanted else f"no {self.label}"


@dataclass(frozen=True, slots=True)
class RangeConstraint:
    """Items must, or must not, have a number of a relation in low..high; an item without one fails a wanted range."""

    relation: str
    low: float
    high: float
    wanted: bool = True

    @property
    def text(self) -> str:
        said = (
            f"{self.relation} {self.low:.12g}"
            if self.low == self.high
            else f"{self.relation} {_span(self.low, self.high)}"
        )
        return said if self.wanted else f"not {said}"


Constraint = EntityConstraint | RangeConstraint


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is left of the catalogue.

    Attributes:
        allowed: Shape (n_items,).
        removed_by: For each constraint how many items fail it alone, in the order given.
        emptied_by: The first constraint after which nothing was left, if it came to that.
    """

    allowed: Mask
    removed_by: dict[str, int]
    emptied_by: str | None


class ConstraintMasks:
    """Answers which items meet a constraint."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def mask(self, constraint: Constraint) -> Mask:
        """Return the items that meet a constraint, shape (n_items,).

        Raises:
            UnknownNameError: The relation of a range has no numbers in this domain.
        """
        met = self._in_range(constraint) if isinstance(constraint, RangeConstraint) else self._related(constraint)
        return met if constraint.wanted else ~met

    def apply(self, constraints: Iterable[Constraint], allowed: Mask) -> Filtered:
        """Apply constraints in turn to the items that are allowed so far."""
        removed: dict[str, int] = {}
        emptied: str | None = None
        left = allowed.copy()
        for constraint in constraints:
            met = self.mask(constraint)
            removed[constraint.text] = int((allowed & ~met).sum())
            had_any = bool(left.any())
            left &= met
            if had_any and not left.any():
                emptied = constraint.text
        return Filtered(left, removed, emptied)

    def _related(self, constraint: EntityConstraint) -> Mask:
        """Return what is related to an entity; a flagged fact is no reason for an item, but one against it."""
        snapshot = self._snapshot
        adjacency = snapshot.sound if constraint.wanted else snapshot.adjacency
        met = np.zeros(len(snapshot.items), bool)
        for iri in (constraint.iri, *constraint.others):
            row = adjacency.row(iri)
            if row is not None:
                columns = snapshot.columns_of_rows[adjacency.edges(row)[0]]
                met[columns[columns >= 0]] = True
            if iri in snapshot.item_columns:
                met[snapshot.item_columns[iri]] = True
        return met

    def _in_range(self, constraint: RangeConstraint) -> Mask:
        numbers = self._snapshot.numbers.get(constraint.relation)
        if numbers is None:
            valid = ", ".join(self._snapshot.numbers) or "none in this domain"
            raise UnknownNameError(f"no numbers for {constraint.relation!r}; relations with numbers: {valid}")
        with np.errstate(invalid="ignore"):
            met: Mask = (numbers >= constraint.low) & (numbers <= constraint.high)
        return met


def said(constraints: Sequence[Constraint]) -> str:
    """Return constraints as one phrase."""
    return ", ".join(constraint.text for constraint in constraints)


def _span(low: float, high: float) -> str:
    if np.isinf(low):
        return f"up to {high:.12g}"
    return f"from {low:.12g}" if np.isinf(high) else f"{low:.12g} to {high:.12g}"
