"""What a domain knows of its users beside what they did: age groups, occupations and the like, one column a group.

They are about persons. So a value that few people share is no attribute: it says little about anybody else, and it
names those who have it. A domain's manifest says which columns may be used, or that none may.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import sparse

from kg.errors import InteractionsError, suggestion
from kg.tables import read_table

USER = "user_id"

HOLDERS = 10
"""Users who share a value, at least, for it to be an attribute."""

MOST_VALUES = 50
"""Distinct texts of a column that is used without being named; one with more says who somebody is, or where."""

BINS = 6
"""Groups of about the same size that the numbers of a column are put into."""


@dataclass(frozen=True)
class UserAttributes:
    """Attributes that a person has or has not.

    Attributes:
        names: "gender F", "age 25 to 34", by column.
        groups: Shape (n_attributes,): the number of the table's column that each comes from; of one group a user has
            one attribute, or none where the table does not say.
        held: The columns of each user's attributes, ascending; a user without any is not in it.
    """

    names: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    held: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def of(self, user: str) -> tuple[int, ...]:
        """Return the columns of a user's attributes; none where nothing is known of the user."""
        return self.held.get(user, ())

    def matrix(self, users: Sequence[str]) -> sparse.csr_matrix:
        """Return 1, float32, where a user has an attribute, shape (n_users, n_attributes)."""
        rows = [self.of(user) for user in users]
        indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        columns = np.array([column for row in rows for column in row], np.int64)
        ones = np.ones(len(columns), np.float32)
        return sparse.csr_matrix((ones, columns, indptr), shape=(len(users), len(self.names)))


NO_ATTRIBUTES = UserAttributes()
"""Of a domain that has no table of users, or must not use it."""


def load_user_attributes(file: Path, wanted: Sequence[str] | None = None) -> UserAttributes:
    """Read the attributes of a table of users (tab separated, a header, `.gz` unpacked).

    A column of texts has an attribute for each value that `HOLDERS` users share; one of more than `BINS` numbers, for
    each of `BINS` ranges. Empty fields are unknown.

    Args:
        file: With the column `user_id`.
        wanted: The columns to use; None: those whose texts are at most `MOST_VALUES`, and those of numbers, unless most
            users have one of their own.

    Raises:
        InteractionsError: The table is missing or damaged, names a user twice or not at all, or a wanted column is not
            there or tells no groups of `HOLDERS` users apart; the message names file and, where there is one, line.
    """
    rows = _read(file)
    header = list(next(iter(rows.values()), {}))
    for name in wanted or ():
        if name not in header:
            raise InteractionsError(
                f"{file}: the manifest's `user_attributes` names the column {name[:60]!r}."
                f"{suggestion(header)} Expected columns of the table beside {USER}."
            )
    names: list[str] = []
    groups: list[int] = []
    held: dict[str, list[int]] = {user: [] for user in rows}
    for column in header if wanted is None else wanted:
        values = {user: row[column] for user, row in rows.items() if row[column]}
        said = _said(values, named=wanted is not None)
        shared = _shared(said.values())
        if wanted is not None and len(shared) < 2:
            raise InteractionsError(
                f"{file}: the column {column!r} has no two values that {HOLDERS} users share each, so that it says "
                "nothing about others; take it out of the manifest's `user_attributes`."
            )
        if len(shared) < 2:
            continue
        places = {value: len(names) + at for at, value in enumerate(shared)}
        group = len(set(groups))
        groups += [group] * len(shared)
        names += [f"{column} {value}" for value in shared]
        for user, value in said.items():
            if value in places:
                held[user].append(places[value])
    return UserAttributes(tuple(names), tuple(groups), {user: tuple(one) for user, one in held.items() if one})


def _read(file: Path) -> dict[str, dict[str, str]]:
    """Return the table's rows by user, without the user's id."""
    rows: dict[str, dict[str, str]] = {}
    for line, row in read_table(file, (USER,)):
        user = row.pop(USER)
        if not user or user in rows:
            raise InteractionsError(f"{file}, line {line}: expected a user who is not named above, got {user[:60]!r}")
        rows[user] = {name: value.strip() for name, value in row.items()}
    return rows


def _said(values: Mapping[str, str], *, named: bool) -> Mapping[str, str]:
    """Return what a column says of each user, numbers as ranges; nothing where it is not to be used."""
    distinct = set(values.values())
    if not named and 2 * len(distinct) > len(values):
        return {}
    numbers = _numbers(values)
    if numbers is not None and len(distinct) > BINS:
        return _ranges(numbers)
    return values if named or len(distinct) <= MOST_VALUES else {}


def _numbers(values: Mapping[str, str]) -> dict[str, float] | None:
    """Return the values as numbers; None where one is none."""
    try:
        numbers = {user: float(value) for user, value in values.items()}
    except ValueError:
        return None
    return numbers if all(math.isfinite(one) for one in numbers.values()) else None


def _ranges(numbers: Mapping[str, float]) -> dict[str, str]:
    """Put numbers into ranges of about as many users, named by the least and the largest number in each."""
    ordered = np.sort(np.array(list(numbers.values())))
    edges = np.unique(np.quantile(ordered, np.arange(1, BINS) / BINS, method="higher"))
    bounds = np.searchsorted(ordered, edges).tolist()
    pieces = [ordered[start:stop] for start, stop in pairwise([0, *bounds, len(ordered)]) if start < stop]
    names = [f"{one[0]:g} to {one[-1]:g}" if one[0] < one[-1] else f"{one[0]:g}" for one in pieces]
    firsts = np.array([piece[0] for piece in pieces])
    return {user: names[int(np.searchsorted(firsts, one, side="right")) - 1] for user, one in numbers.items()}


def _shared(said: Iterable[str]) -> list[str]:
    """Return the values that enough users share, in the order of numbers or letters."""
    counts = Counter(said)

    def place(value: str) -> tuple[float, str]:
        try:
            return float(value.split(" ", maxsplit=1)[0]), value
        except ValueError:
            return math.inf, value

    return sorted((value for value, count in counts.items() if count >= HOLDERS), key=place)
