"""Lifts: how much more, or less, an item is liked by people with an attribute, or with some item among their first.

Two ridge regressions in closed form. The first goes from the attributes of the users to their likes, each attribute
compared with the average of its group: what it says is then how women differ from everybody, say, and somebody of whom
nothing is known is everybody. The second goes from the first few items of each user, liked and not liked apart, to what
the first leaves of the likes: what an item says of somebody of whom little else is known is not what it says among
fifty. Both are told relative to how many people like an item, as is the logarithm of popularity that they are added to:
its change is about the change of the share that likes the item over that share.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from kg import artefacts
from kg.interactions import Interactions
from kg.user_attributes import NO_ATTRIBUTES
from tools.ranking import ease
from tools.ranking.history import History, stacked
from tools.ranking.settings import RankingSettings

Matrix = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]

DAMP = 0.05
"""Share of likers that is added before it is divided by: few likes make no large lift. Chosen on folds of ml100k."""

FIRST = (1, 2, 3, 5)
"""Lengths of the beginnings of a history that are learned from."""

MOST = 2000
"""Items, the most liked, that first items are learned from and speak for: newcomers are told of little else."""

TABLES, NAMES = "lifts.npz", "lift_names.json"


@dataclass(frozen=True)
class Lifts:
    """Lifts in the unit of the prior.

    Attributes:
        names: Of the attributes.
        attributes: Shape (n_attributes, n_items): of somebody who has the attribute.
        covered: Shape (n_covered,): the items that the others are about, ascending; none where they are not wanted.
        liked: Shape (n_covered, n_covered): of somebody who liked the item of the row among the first.
        others: The same for an item that was not liked.
    """

    names: tuple[str, ...]
    attributes: Matrix
    covered: Columns
    liked: Matrix
    others: Matrix

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return self.attributes.nbytes + self.liked.nbytes + self.others.nbytes

    def held(self, history: History) -> tuple[int, ...]:
        """Return the columns of a user's attributes; none where no lifts of attributes were wanted."""
        return history.user_attributes if self.names else ()

    def by_attribute(self, history: History) -> Values:
        """Return what each attribute of a user lifts every item by, shape (n_held, n_items)."""
        return self.attributes[list(self.held(history))].astype(np.float64)

    def by_item(self, history: History, columns: Columns) -> Values:
        """Return what each item of a history lifts some items by, shape (n_history, n_columns)."""
        found = np.zeros((len(history.columns), len(columns)))
        (causes, rows), (known, places) = self._places(history.columns), self._places(columns)
        for table, told in ((self.liked, history.liked), (self.others, ~history.liked)):
            chosen = told & causes
            found[np.ix_(chosen, known)] = table[np.ix_(rows[chosen], places[known])]
        return found

    def of_history(self, history: History) -> Values:
        """Return what the items of a history lift every item by in sum, shape (n_items,)."""
        found = np.zeros(self.attributes.shape[1])
        causes, rows = self._places(history.columns)
        for table, told in ((self.liked, history.liked), (self.others, ~history.liked)):
            found[self.covered] += table[rows[told & causes]].sum(axis=0, dtype=np.float64)
        return found

    def of_attributes(self, histories: Sequence[History]) -> Matrix:
        """Return what the attributes of many users lift every item by in sum, shape (n_users, n_items)."""
        held = [self.held(one) for one in histories]
        rows = [(np.array(one, np.int64), np.ones(len(one))) for one in held]
        return np.asarray(stacked(rows, len(self.names)) @ self.attributes, np.float32)

    def of_items(self, histories: Sequence[History]) -> Matrix:
        """Return what the histories' items lift every item by in sum, shape (n_users, n_items)."""
        n_items = self.attributes.shape[1]
        found = np.zeros((len(histories), n_items), np.float32)
        likes = stacked([(one.columns, one.likes()) for one in histories], n_items)[:, self.covered]
        others = stacked([(one.columns, 1.0 - one.likes()) for one in histories], n_items)[:, self.covered]
        found[:, self.covered] = likes @ self.liked + others @ self.others
        return found

    def save(self, folder: Path) -> None:
        np.savez(
            folder / TABLES, attributes=self.attributes, covered=self.covered, liked=self.liked, others=self.others
        )
        (folder / NAMES).write_text(json.dumps(self.names), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Lifts":
        """Read what `save` wrote.

        Raises:
            OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile: Something is missing or damaged.
        """
        names = tuple(json.loads((folder / NAMES).read_text("utf-8")))
        with artefacts.reading_arrays(), np.load(folder / TABLES) as told:
            found = cls(names, told["attributes"], told["covered"], told["liked"], told["others"])
        if len(names) != len(found.attributes):
            raise ValueError(f"{len(names)} names of {len(found.attributes)} attributes")
        return found

    def _places(self, columns: Columns) -> tuple[npt.NDArray[np.bool_], Columns]:
        """Return which columns are covered, and where; the place of one that is not means nothing."""
        if not len(self.covered):
            return np.zeros(len(columns), bool), columns
        places = np.minimum(np.searchsorted(self.covered, columns), len(self.covered) - 1)
        return self.covered[places] == columns, places


def fit_lifts(interactions: Interactions, settings: RankingSettings, seed: int = 0) -> Lifts:
    """Fit both regressions, as far as the settings want them.

    Args:
        interactions: What users did, and their attributes.
        settings: With a weight for what is to be fitted.
        seed: Of the order of interactions at one moment, or of all where there are no times.
    """
    liked = interactions.liked
    told = interactions.user_attributes if settings.user or settings.newcomer_user else NO_ATTRIBUTES
    centred, means = _centred(told.matrix(interactions.users), told.groups)
    likers = interactions.popularity / max(1, liked.shape[0])
    moved = _moved(centred, liked, likers, settings.user_l2)
    unit = _unit(interactions.popularity) / (likers + DAMP)
    attributes = (moved - means @ moved) * unit
    covered = ease.fitted_items(liked, most=MOST) if settings.newcomer_items else np.empty(0, np.int64)
    weights = _fit_first(interactions, covered, (centred, moved), settings, seed) * unit[covered]
    liked_first, others = np.split(weights.astype(np.float32), 2)
    return Lifts(told.names, attributes.astype(np.float32), covered, liked_first, others)


def _unit(popularity: Matrix) -> float:
    """Return what the prior's logarithms are multiplied by, which makes their spread 1; 0 where they are all equal."""
    spread = float(np.log1p(popularity.astype(np.float64)).std())
    return 1.0 / spread if spread else 0.0


def _centred(known: sparse.csr_matrix, groups: Sequence[int]) -> tuple[Values, Values]:
    """Return the attributes less the average of their group, and the averages.

    Returns:
        Shape (n_users, n_attributes), zeros where nothing is known of the group; and shape (n_attributes,
        n_attributes), in the row of each attribute the averages of its own group.
    """
    same = np.equal.outer(groups, groups) if groups else np.zeros((0, 0), bool)
    dense = known.toarray().astype(np.float64)
    told = dense @ same  # 1 in all columns of a group that is known
    averages = dense.sum(axis=0) / np.maximum(told.sum(axis=0), 1.0)
    return dense - told * averages, same * averages


def _moved(centred: Values, liked: sparse.csr_matrix, likers: Values, l2: float) -> Values:
    """Return by how much each centred attribute moves the share of those who like an item, (n_attributes, n_items)."""
    target = np.asarray(liked.T @ centred).T - np.outer(centred.sum(axis=0), likers)
    gram = centred.T @ centred
    gram[np.diag_indices_from(gram)] += l2
    return np.asarray(linalg.solve(gram, target, assume_a="pos") if len(gram) else target, np.float64)


def _fit_first(
    interactions: Interactions,
    covered: Columns,
    by_attribute: tuple[Values, Values],
    settings: RankingSettings,
    seed: int,
) -> Values:
    """Return how an item among the first, liked or not, moves the share of those who like another.

    With 1 for each liked, and each other item of a beginning in the row of X, and what the attributes leave of the
    user's likes in the row of Y, the weights are (X'X + l2 I)^-1 X'Y.

    Args:
        interactions: What users did.
        covered: The items that are learned from and spoken for.
        by_attribute: The centred attributes, and how each moves the shares; see `_moved`.
        settings: With the penalty.
        seed: Of the order, where nothing else says.

    Returns:
        Shape (2 * n_covered, n_covered): of the liked ones, and below of the others.
    """
    n_items, (centred, moved) = len(interactions.items), by_attribute
    begun = list(_beginnings(interactions, np.random.default_rng(seed))) if len(covered) else []
    if not begun:
        return np.zeros((2 * len(covered), len(covered)))
    sides = [one.liked for one in begun], [one.others for one in begun]
    stacks = [stacked([(row, np.ones(len(row))) for row in rows], n_items)[:, covered] for rows in sides]
    before, users = sparse.csr_matrix(sparse.hstack(stacks)), [one.user for one in begun]
    likers = interactions.popularity[covered] / len(interactions.users)
    target = np.asarray((before.T @ interactions.liked[users][:, covered]).todense(), np.float64)
    target -= np.outer(np.asarray(before.sum(axis=0)).ravel(), likers)
    target -= (before.T @ centred[users]) @ moved[:, covered]
    gram = np.asarray((before.T @ before).todense(), np.float64)
    gram[np.diag_indices_from(gram)] += settings.newcomer_l2
    return np.asarray(linalg.solve(gram, target, assume_a="pos", overwrite_a=True, overwrite_b=True), np.float64)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The first items of a user, by the user's row."""

    user: int
    liked: Columns
    others: Columns


def _beginnings(interactions: Interactions, rng: np.random.Generator) -> Iterator[_Beginning]:
    """Yield the beginnings of every history, one for each length in `FIRST`."""
    values, liked_from = interactions.values, interactions.liked_from
    moments = rng.random(values.nnz) if interactions.times is None else interactions.times.data
    chance = rng.random(values.nnz)  # of one moment in any order: the catalogue's is nobody's
    for user, (start, stop) in enumerate(zip(values.indptr[:-1].tolist(), values.indptr[1:].tolist(), strict=True)):
        order = start + np.lexsort((chance[start:stop], moments[start:stop]))[: max(FIRST)]
        columns = values.indices[order].astype(np.int64)
        liked = np.ones(len(order), bool) if liked_from is None else values.data[order] >= liked_from
        for length in FIRST:
            if length <= len(order):
                first, is_liked = columns[:length], liked[:length]
                yield _Beginning(user, first[is_liked], first[~is_liked])
