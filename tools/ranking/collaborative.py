"""The collaborative part: what the likes of others say, through factors and item-item models, as sums over a history.

The factors are fitted on the likes and, below them, on the attributes of the items. So what they say of an item comes
through likes of others or through attributes, and both are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from torch import Tensor

from kg import artefacts
from tools.ranking.factors import Factors, FactorSettings
from tools.ranking.history import Columns, History, Values, stacked
from tools.ranking.shares import NONE, Shares, share_table
from tools.ranking.threads import one_thread

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Collaborative:
    """The fitted models, without weights.

    Attributes:
        pairs: Shape (n_rows, n_items): the likes and, below them, the attributes that the factors were fitted on.
        entities: Shape (n_rows - n_users,): the attribute of each row below the users'.
        factors: One for each fit; what they say is averaged.
        item_item: Shape (n_items, n_items), what an item says of each by the item-item models, by their weights;
            None where the settings want none.
        recent_item: The same for what a recent item says, liked or not; None without times, too.
        device: Where many users are scored at once; one user is scored on the CPU, in float64.
    """

    pairs: sparse.csr_matrix
    entities: npt.NDArray[np.int64]
    factors: tuple[Factors, ...]
    item_item: Matrix | None
    recent_item: Matrix | None
    device: str = "cpu"

    @property
    def n_items(self) -> int:
        return int(self.pairs.shape[1])

    @cached_property
    def likes(self) -> sparse.csr_matrix:
        """Shape (n_users, n_items): the rows of the users, not copied."""
        n_users = self.pairs.shape[0] - len(self.entities)
        stop = self.pairs.indptr[n_users]
        parts = self.pairs.data[:stop], self.pairs.indices[:stop], self.pairs.indptr[: n_users + 1]
        return sparse.csr_matrix(parts, shape=(n_users, self.n_items), copy=False)

    @property
    def size(self) -> int:
        """Bytes of the arrays that scoring one user needs, with the caches of that."""
        vectors = sum(fit.vectors.nbytes for fit in self.factors)
        weights = sum(0 if one is None else one.nbytes for one in (self.item_item, self.recent_item))
        return 2 * vectors + self._exact_vectors.nbytes + weights

    def totals(self, history: History) -> Values:
        """Return what a history says of every item, shape (n_items,)."""
        told, total = history.opinions(), np.zeros(self.n_items)
        if self.factors and len(told.columns):
            users = [fit.user(told.columns, told.weights, told.targets) / len(self.factors) for fit in self.factors]
            total += self._exact_vectors @ np.concatenate(users)
        if self.item_item is not None:
            total += history.counts @ self.item_item[history.columns]
        if self.recent_item is not None:
            total += history.recent @ self.recent_item[history.columns]
        return total

    def scores(self, histories: Sequence[History]) -> Matrix:
        """Return what many histories say of every item, shape (n_users, n_items)."""
        told = [one.opinions() for one in histories]
        pairs = stacked([(one.columns, one.weights) for one in told], self.n_items)
        targets = np.concatenate([np.empty(0), *(one.targets for one in told)]).astype(np.float32)
        with one_thread():
            users = [fit.fold_in(pairs, targets) / len(self.factors) for fit in self.factors]
        wide = torch.from_numpy(np.hstack(users)) if users else torch.zeros((len(histories), 0))
        said: Matrix = (wide.to(self.device) @ self._vectors.T).cpu().numpy()
        given = [one.counts for one in histories], [one.recent for one in histories]
        for weights, values in zip(self._item_weights, given, strict=True):
            if weights is not None:
                rows = [(one.columns, value) for one, value in zip(histories, values, strict=True)]
                said += _times(stacked(rows, self.n_items), weights)
        return said

    def shares(self, history: History, columns: Columns, weights: Values) -> list[Shares]:
        """Return the shares of the history items, through the likes of others and through each attribute.

        What goes through the likes is the whole less what goes through the attributes.

        Args:
            history: Of the user.
            columns: The items that are asked for.
            weights: Shape (n_columns,), what is said of each is multiplied by.
        """
        told = history.opinions()
        if not self.factors or not len(history.columns):
            return []
        added = [fit.shares(told.columns, told.weights, told.targets) / len(self.factors) for fit in self.factors]
        whole = np.zeros((len(history.columns), len(columns)))
        for users, fit in zip(added, self.factors, strict=True):
            whole[history.told] += users @ fit.vectors[columns].T
        for table, given in ((self.item_item, history.counts), (self.recent_item, history.recent)):
            if table is not None:
                whole += given[:, None] * table[np.ix_(history.columns, columns)]
        ties: list[Shares] = []
        for place, column in enumerate(columns.tolist()):
            known, values, entities = self._rows_of(column)
            through = entities >= 0
            if not through.any():
                continue
            by = np.zeros((len(told.columns), int(through.sum())))
            for users, fit in zip(added, self.factors, strict=True):
                by += users @ fit.item_shares(known, values, through).T
            whole[history.told, place] -= by.sum(axis=1)
            ties.append(share_table("graph", told.columns, entities[through], place, by * weights[place]))
        whole *= weights
        likes = [share_table("history", history.columns, NONE, at, whole[:, [at]]) for at in range(len(columns))]
        return [*likes, *ties]

    def without_fact(self, history: History, column: int, entity: int) -> float:
        """Return by how much what is said of an item would change if it were not related to an entity.

        Its vector is solved again from the rows of its likes and its other attributes, as they are.
        """
        told = history.opinions()
        known, values, entities = self._rows_of(column)
        kept = entities != entity
        if kept.all() or not len(told.columns):
            return 0.0
        change = 0.0
        for fit in self.factors:
            vector = fit.item(known[kept], values[kept]) - fit.item(known, values)
            change += float(fit.user(told.columns, told.weights, told.targets) @ vector) / len(self.factors)
        return change

    def save(self, folder: Path) -> None:
        np.save(folder / "items.npy", np.array([fit.items for fit in self.factors], np.float32))
        np.save(folder / "rows.npy", np.array([fit.rows for fit in self.factors], np.float32))
        np.save(folder / "entities.npy", self.entities)
        sparse.save_npz(folder / "pairs.npz", self.pairs)
        for name, weights in (("item_item.npy", self.item_item), ("recent_item.npy", self.recent_item)):
            if weights is not None:
                np.save(folder / name, weights)

    @classmethod
    def load(cls, folder: Path, settings: FactorSettings, device: str) -> "Collaborative":
        """Read what `save` wrote.

        Raises:
            OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile: Something is missing or damaged.
        """
        tables = [folder / name for name in ("item_item.npy", "recent_item.npy")]
        with artefacts.reading_arrays():
            items, rows = np.load(folder / "items.npy"), np.load(folder / "rows.npy", mmap_mode="r")
            pairs, entities = sparse.csr_matrix(sparse.load_npz(folder / "pairs.npz")), np.load(folder / "entities.npy")
            item_item, recent_item = (np.load(one, mmap_mode="r") if one.exists() else None for one in tables)
        n_users = pairs.shape[0] - len(entities)
        factors = tuple(Factors(*one, n_users, settings) for one in zip(items, rows, strict=True))
        return cls(pairs, entities, factors, item_item, recent_item, device)

    def _rows_of(self, column: int) -> tuple[npt.NDArray[np.int64], Values, npt.NDArray[np.int64]]:
        """Return the rows with an item, their weights, and the attribute of each, -1 for a user."""
        turned = self._turned
        span = slice(turned.indptr[column], turned.indptr[column + 1])
        known = turned.indices[span].astype(np.int64)
        n_users = self.pairs.shape[0] - len(self.entities)
        through = np.concatenate([np.full(n_users, -1), self.entities])[known]
        return known, turned.data[span].astype(np.float64), through

    @cached_property
    def _turned(self) -> sparse.csc_matrix:
        return self.pairs.tocsc()

    @cached_property
    def _vectors(self) -> Tensor:
        """The item vectors of all fits side by side, shape (n_items, n_fits * dim)."""
        return torch.from_numpy(self._exact_vectors.astype(np.float32)).to(self.device)

    @cached_property
    def _exact_vectors(self) -> Values:
        return np.hstack([np.zeros((self.n_items, 0)), *(fit.vectors for fit in self.factors)])

    @cached_property
    def _item_weights(self) -> tuple[Matrix | Tensor | None, Matrix | Tensor | None]:
        """The item-item weights of likes and of what is recent, where many users are scored; on a CPU no copies."""
        tables = self.item_item, self.recent_item
        if self.device == "cpu":
            return tables
        first, second = (None if one is None else torch.tensor(np.asarray(one), device=self.device) for one in tables)
        return first, second


def _times(rows: sparse.csr_matrix, dense: Matrix | Tensor) -> Matrix:
    """Return the product of a sparse and a dense matrix, computed where the dense one lies."""
    if not isinstance(dense, Tensor):
        return np.asarray(rows @ dense, np.float32)
    table = rows.tocoo()
    places = torch.from_numpy(np.stack([table.row, table.col]).astype(np.int64))
    turned = torch.sparse_coo_tensor(places, torch.from_numpy(table.data), rows.shape, check_invariants=False)
    product: Matrix = torch.sparse.mm(turned.to(dense.device), dense).cpu().numpy()
    return product
