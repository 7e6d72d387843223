"""What is fitted on, whose lists are scored, and what counts as a hit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from eval.errors import NothingToScoreError
from kg.domain import Domain
from kg.interactions import Interactions

Part = Literal["test", "valid"]
HELD_SHARE = 0.2
"""Share of each user's interactions that a seeded split holds out, where the domain names no table for it."""


@dataclass(frozen=True)
class Split:
    """One task of ranking.

    Attributes:
        fit: What models are fitted on.
        histories: One row per scored user: what is known of the user when the list is made.
        seen: Shape (n_users, n_items), 1 where an item may not be listed.
        relevant: Shape (n_users, n_items), 1 where a held-out item was liked; at least one in every row.
        skipped: Users with held-out interactions, none of which can be found: not liked, or seen before.
        note: How the parts came to be, in words.
        same_moment: Whether a user's last history and first held-out interaction share one second; None without times.
    """

    fit: Interactions
    histories: Interactions
    seen: sparse.csr_matrix
    relevant: sparse.csr_matrix
    skipped: int
    note: str
    same_moment: npt.NDArray[np.bool_] | None = None

    @property
    def users(self) -> Sequence[str]:
        return self.histories.users

    @cached_property
    def occurrences(self) -> npt.NDArray[np.int64]:
        """Shape (n_items,): in how many users' histories each item occurs in what is fitted on."""
        return np.bincount(self.fit.values.indices, minlength=len(self.fit.items))


def parts_of(domain: Domain, catalogue: Sequence[str], part: Part, seed: int) -> tuple[Interactions, Interactions, str]:
    """Return what is fitted on, what is held out, and how the two came to be."""
    tables = domain.manifest.interactions
    rest = domain.history(catalogue)
    if tables.held_out and part == "test":
        return rest, domain.held_out(catalogue), f"scored on {', '.join(tables.held_out)}"
    if tables.held_out and len(tables.history) > 1:
        *earlier, last = tables.history
        settings = tables.model_copy(update={"history": tuple(earlier), "held_out": (last,)})
        cut = replace(domain, manifest=domain.manifest.model_copy(update={"interactions": settings}))
        return cut.history(catalogue), cut.held_out(catalogue), f"scored on {last}"
    note = f"scored on a random {HELD_SHARE:.0%} of each user's history (seed {seed})"
    if not tables.held_out:
        rest, test = cut_at_random(rest, seed)
        if part == "test":
            return rest, test, f"{note}: the domain holds nothing out"
    return *cut_at_random(rest, seed + 1), f"{note}: the domain has no table for validation"


def cut_at_random(interactions: Interactions, seed: int) -> tuple[Interactions, Interactions]:
    """Hold out `HELD_SHARE` of each user's interactions, rounded down, but one at least of two or more."""
    rng = np.random.default_rng(seed)
    held = np.zeros(interactions.values.nnz, bool)
    for start, stop in zip(interactions.values.indptr[:-1], interactions.values.indptr[1:], strict=True):
        count = max(int(HELD_SHARE * (stop - start)), min(1, int(stop - start) - 1), 0)
        held[start + rng.permutation(stop - start)[:count]] = True
    return keep(interactions, ~held), keep(interactions, held)


def split_next(fit: Interactions, held: Interactions, note: str) -> Split:
    """Return the task "find what the users liked in `held`", for the users of `held`.

    Raises:
        NothingToScoreError: No user has a held-out item that was liked and not seen before.
    """
    histories = pick_users(fit, held.users)
    relevant = without(held.liked, histories.values)
    rows = np.flatnonzero(np.diff(relevant.indptr))
    if not len(rows):
        raise NothingToScoreError(
            f"none of {len(held.users)} users has a held-out item that was liked and is not in the history; "
            "see `held_out` and `liked_from` under [interactions] in the domain's domain.toml."
        )
    kept = pick_rows(histories, rows)
    same = _share_a_moment(kept, pick_rows(held, rows))
    return Split(fit, kept, pattern(kept.values), relevant[rows], len(held.users) - len(rows), note, same)


def keep(interactions: Interactions, mask: npt.NDArray[np.bool_]) -> Interactions:
    """Return the stored interactions that a mask of shape (nnz,) picks; all users stay."""
    values = _masked(interactions.values, mask)
    times = None if interactions.times is None else _masked(interactions.times, mask)
    return replace(interactions, values=values, times=times)


def pick_rows(interactions: Interactions, rows: npt.NDArray[np.int64]) -> Interactions:
    """Return some users, in the order of `rows`."""
    times = None if interactions.times is None else interactions.times[rows]
    users = [interactions.users[row] for row in rows]
    return replace(interactions, users=users, values=interactions.values[rows], times=times)


def pick_users(interactions: Interactions, users: Sequence[str]) -> Interactions:
    """Return the named users in that order; one without interactions gets an empty row."""
    known = interactions.user_rows
    found = [place for place, user in enumerate(users) if user in known]
    rows = np.array([known[users[place]] for place in found], np.int64)
    lengths = np.zeros(len(users), np.int64)
    lengths[found] = np.diff(interactions.values.indptr)[rows]
    picked = pick_rows(interactions, rows)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    shape = len(users), len(interactions.items)

    def widened(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
        return sparse.csr_matrix((matrix.data, matrix.indices, indptr), shape=shape)

    times = None if picked.times is None else widened(picked.times)
    return replace(picked, users=list(users), values=widened(picked.values), times=times)


def pattern(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return 1, float32, wherever the matrix stores a value, be it 0."""
    return sparse.csr_matrix((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def without(matrix: sparse.csr_matrix, removed: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix without the entries that `removed` stores, too."""
    left = sparse.csr_matrix(matrix - matrix.multiply(pattern(removed)))
    left.eliminate_zeros()
    left.sort_indices()
    return left


def row_of_each(matrix: sparse.csr_matrix) -> npt.NDArray[np.int64]:
    """Return the row of each stored value, shape (nnz,)."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _masked(matrix: sparse.csr_matrix, mask: npt.NDArray[np.bool_]) -> sparse.csr_matrix:
    counts = np.bincount(row_of_each(matrix)[mask], minlength=matrix.shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_matrix((matrix.data[mask], matrix.indices[mask], indptr), shape=matrix.shape)


def _share_a_moment(histories: Interactions, held: Interactions) -> npt.NDArray[np.bool_] | None:
    if histories.times is None or held.times is None:
        return None
    last = np.full(len(histories.users), -np.inf)
    np.maximum.at(last, row_of_each(histories.times), histories.times.data)
    first = np.full(len(held.users), np.inf)
    np.minimum.at(first, row_of_each(held.times), held.times.data)
    together: npt.NDArray[np.bool_] = np.floor(last) == np.floor(first)
    return together
