"""Who rated or used what: tables of interactions as sparse matrices over users and items."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from rapidfuzz import process
from scipy import sparse

from kg.errors import InteractionsError, UnknownUserError, suggestion
from kg.tables import read_table
from kg.types import Iri
from kg.user_attributes import NO_ATTRIBUTES, UserAttributes

USER, ITEM_ID, ITEM_IRI, TIME = "user_id", "item_id", "item_iri", "timestamp"
VALUES = ("rating", "weight")


@dataclass(frozen=True, slots=True)
class Interaction:
    """One user's latest word on one item; `time` is 0 where the data has none."""

    user: str
    item: Iri
    value: float
    time: float = 0.0


@dataclass(frozen=True)
class Interactions:
    """The interactions of a domain over its catalogue.

    Attributes:
        users: User ids, in the order of their first appearance.
        items: Item IRIs by column.
        values: Shape (n_users, n_items), float32; ratings, or 1 where the feedback is implicit.
        liked_from: Lowest value that counts as liked; None: every interaction does.
        times: The pattern of `values`, float64: when, in seconds; None where the data does not say.
        user_attributes: What is known of people beside what they did, by user; of others than `users`, too.
    """

    users: Sequence[str]
    items: Sequence[str]
    values: sparse.csr_matrix
    liked_from: float | None
    times: sparse.csr_matrix | None = None
    user_attributes: UserAttributes = NO_ATTRIBUTES

    @cached_property
    def user_rows(self) -> dict[str, int]:
        return {user: row for row, user in enumerate(self.users)}

    @cached_property
    def liked(self) -> sparse.csr_matrix:
        """Shape (n_users, n_items), float32; 1 where the user liked the item."""
        kept = self.values.copy()
        kept.data = (
            np.ones_like(kept.data) if self.liked_from is None else (kept.data >= self.liked_from).astype(np.float32)
        )
        kept.eliminate_zeros()
        return kept

    @cached_property
    def popularity(self) -> np.ndarray:
        """Shape (n_items,), float32: how many users liked each item."""
        return np.asarray(self.liked.sum(axis=0), np.float32).ravel()

    def history(self, user: str) -> dict[int, float]:
        """Return the values of one user by item column.

        Raises:
            UnknownUserError: No such user; the message names near ones.
        """
        row = self.user_rows.get(user)
        if row is None:
            raise UnknownUserError(
                f"there is no user {user[:100]!r} among {len(self.users)}.{suggestion(self._near(user))}"
            )
        span = slice(self.values.indptr[row], self.values.indptr[row + 1])
        return dict(zip(self.values.indices[span].tolist(), self.values.data[span].tolist(), strict=True))

    def moments(self, user: str) -> dict[int, float]:
        """Return when a user's interactions happened, in seconds by item column; empty where nothing says.

        Raises:
            UnknownUserError: No such user.
        """
        if self.times is None:
            return {}
        columns, row = self.history(user), self.user_rows[user]
        span = slice(self.times.indptr[row], self.times.indptr[row + 1])
        return dict(zip(columns, self.times.data[span].tolist(), strict=True))

    def _near(self, user: str) -> list[str]:
        return [name for name, *_ in process.extract(user[:100], self.users, limit=3)]


def load_interactions(
    files: Iterable[Path], catalogue: Sequence[str], liked_from: float | None, item_ids: Mapping[str, str]
) -> Interactions:
    """Read tables in order; of several rows of one user and item the latest counts (of equal times the last).

    Raises:
        InteractionsError: A table is missing or damaged, or a row does not fit; the message names file and line.
    """
    columns = {iri: column for column, iri in enumerate(catalogue)}
    latest: dict[tuple[str, int], Interaction] = {}
    for file in files:
        for row in read_interactions(file, item_ids):
            if row.item not in columns:
                raise InteractionsError(f"{file}: item {row.item} of user {row.user} is not in the catalogue")
            key = row.user, columns[row.item]
            if key not in latest or row.time >= latest[key].time:
                latest[key] = row
    users = list(dict.fromkeys(user for user, _ in latest))
    user_rows = {user: row for row, user in enumerate(users)}
    places = [user_rows[user] for user, _ in latest], [column for _, column in latest]
    shape = len(users), len(catalogue)
    values = sparse.csr_matrix((np.array([one.value for one in latest.values()], np.float32), places), shape=shape)
    values.sort_indices()
    moments = np.array([one.time for one in latest.values()])
    times = sparse.csr_matrix((moments, places), shape=shape) if moments.any() else None
    if times is not None:
        times.sort_indices()
    return Interactions(users, list(catalogue), values, liked_from, times)


def read_interactions(file: Path, item_ids: Mapping[str, str]) -> Iterator[Interaction]:
    """Yield the rows of one table (tab separated, a header, `.gz` unpacked)."""
    for line, row in read_table(file, (USER,)):
        named = row.get(ITEM_IRI)
        iri = item_ids.get(named, named) if named else item_ids.get(row.get(ITEM_ID, ""))
        value = next((row[name] for name in VALUES if name in row), "1")
        if not row[USER] or iri is None:
            raise InteractionsError(f"{file}, line {line}: expected a user and a known item, got {row}")
        try:
            number, time = float(value), float(row.get(TIME) or 0)
        except ValueError as error:
            raise InteractionsError(f"{file}, line {line}: {error}") from error
        if not math.isfinite(number) or not math.isfinite(time):
            raise InteractionsError(f"{file}, line {line}: expected finite numbers, got {value!r}")
        yield Interaction(row[USER], Iri(iri), number, time)
