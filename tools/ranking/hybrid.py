"""The hybrid: collaborative, graph and prior parts of a score, each a sum over what it rests on."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from torch import Tensor

from kg import artefacts
from kg.errors import ArtefactError
from tools.ranking.factors import Factors
from tools.ranking.fused import FusedIndex
from tools.ranking.history import History, stacked
from tools.ranking.lifts import Lifts
from tools.ranking.settings import WISHED, RankingSettings
from tools.ranking.shares import NONE, Shares, plain_shares, share_table
from tools.ranking.threads import one_thread

Values = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

RARE = 40.0
"""Likes at which an item is half rare."""

NEGLIGIBLE = 1e-6
"""Weight below which the first items of a long history are not looked up."""

EXPLORE = 0.8
"""What `explore` = 1 adds to the graph's weight for items that nobody liked yet."""


@dataclass(frozen=True, slots=True)
class Spreads:
    """Mean standard deviation over the catalogue, by which a part is divided; 0: the part is empty."""

    history: float
    graph: float
    fused: float = 0.0
    user: float = 0.0


@dataclass(frozen=True)
class Hybrid:
    """The fitted parts.

    A score is the sum of: the product of the user's and the item's vectors, averaged over the fits, the item-item
    weights of what the user liked, and those of what the user saw just now, over their spread; the cosine of the
    history's and the item's attributes, by the item's weight; the cosine of their fused vectors, where the settings
    want it; the lifts of the user's own attributes and, for the new, of the first items; the logarithm of the number of
    likes, by the user's. Where the score is told by its parts, `history` is what the likes of other users say, `graph`
    what the attributes of items say, be it through the item's vector or through the cosine, and `user` what people like
    the user like.

    Attributes:
        pairs: Shape (n_rows, n_items): the likes and, below them, the attributes that the factors were fitted on.
        entities: Shape (n_rows - n_users,): the attribute of each row below the users'.
        attributes: Shape (n_items, n_entities), see `item_attributes`.
        popularity: Shape (n_items,): likes.
        item_item: Shape (n_items, n_items), what a liked item says of each by the item-item models, by their weights;
            None where the settings want none.
        recent_item: The same for what a recent item says, liked or not; None without times, too.
        lifts: Of the user's attributes, and of the first items.
        device: Where many users are scored at once; one user is scored on the CPU, in float64.
        fused: The fused index; None: it was not fitted.
    """

    settings: RankingSettings
    attributes: sparse.csr_matrix
    pairs: sparse.csr_matrix
    entities: npt.NDArray[np.int64]
    popularity: Matrix
    factors: tuple[Factors, ...]
    item_item: Matrix | None
    recent_item: Matrix | None
    lifts: Lifts
    spreads: Spreads
    device: str = "cpu"
    fused: FusedIndex | None = None

    @property
    def n_items(self) -> int:
        return len(self.popularity)

    @property
    def size(self) -> int:
        """Bytes of the arrays that scoring one user needs, with the caches of that."""
        vectors = sum(fit.vectors.nbytes for fit in self.factors)
        weights = sum(0 if one is None else one.nbytes for one in (self.item_item, self.recent_item))
        sparse_rows = self.attributes.data.nbytes + self.attributes.indices.nbytes
        return 2 * vectors + self._exact_vectors.nbytes + weights + sparse_rows + self.lifts.size

    def totals(self, history: History, *, explore: float = 0.0, wished: bool = False) -> Values:
        """Return the score of every item for one user, shape (n_items,).

        Args:
            history: Of the user.
            explore: How much more than usual the facts speak for items that nobody liked yet, in [0, 1].
            wished: Whether a request says what is wanted, so that the prior need not stand in for a history.
        """
        total: Values = (
            self._collaborative(history) * self.rarity
            + self._cosines(history) * self.graph_weights(history, explore)
            + self._fused_cosines(history)
            + self._first_items(history, wished=wished)
            + self.lifts.by_attribute(history).sum(axis=0) * self.user_weight(history, wished=wished)
            + self.prior * self.prior_weight(history, wished=wished)
        )
        return total

    def shares(
        self, history: History, columns: npt.NDArray[np.int64], *, explore: float = 0.0, wished: bool = False
    ) -> list[Shares]:
        """Return what the scores of some items are the sum of; see `totals`."""
        prior = self.prior[columns] * self.prior_weight(history, wished=wished)
        return [
            *self._collaborative_shares(history, columns),
            *self._lift_shares(history, columns, wished=wished),
            self._cosine_shares(history, columns, self.graph_weights(history, explore)),
            *self._fused_shares(history, columns),
            plain_shares("prior", prior),
        ]

    def without_fact(self, history: History, column: int, entity: int, *, explore: float = 0.0) -> float:
        """Return by how much the score of an item would change if it were not related to an entity.

        Its vector is solved again from the rows of its likes and its other attributes, as they are, and its cosine
        loses the entity. What the fact did to other vectors, and through the item-item weights, stays.
        """
        told = history.opinions()
        change = 0.0
        known, values, entities = self._rows_of(column)
        kept = entities != entity
        if len(told.columns) and not kept.all():
            for fit in self.factors:
                vector = fit.item(known[kept], values[kept]) - fit.item(known, values)
                change += float(fit.user(told.columns, told.weights, told.targets) @ vector) / len(self.factors)
            change *= float(self.rarity[column]) * _inverse(self.spreads.history)
        profile = history.signed() @ self.attributes[history.columns]
        lost = self.attributes[column, entity] * profile[entity] * self.graph_weights(history, explore)[column]
        return change - float(lost)

    def scores(self, histories: Sequence[History], *, explore: float = 0.0, without: Collection[str] = ()) -> Matrix:
        """Return the scores of many users at once, shape (n_users, n_items), float32; `without` leaves parts out."""
        collaborative, cosines = self.raw_scores(histories)
        total = np.zeros_like(collaborative)
        if "history" not in without:
            total += collaborative * (self.rarity * _inverse(self.spreads.history)).astype(np.float32)
            total += _by_user([self._first_weight(one) for one in histories], self.lifts.of_items(histories))
        if "graph" not in without:
            for row, history in enumerate(histories):
                total[row] += cosines[row] * self.graph_weights(history, explore).astype(np.float32)
        if self.fused is not None and self.fused_weight and "fused" not in without:
            total += self.fused.scores(signed_rows(histories, self.n_items)) * np.float32(self.fused_weight)
        if "user" not in without:
            total += _by_user([self.user_weight(one) for one in histories], self.lifts.of_attributes(histories))
        if "prior" not in without:
            weights = np.array([self.prior_weight(one) for one in histories], np.float32)
            total += np.outer(weights, self.prior.astype(np.float32))
        return total

    def raw_scores(self, histories: Sequence[History]) -> tuple[Matrix, Matrix]:
        """Return the parts history and graph as they are before weights and spreads, (n_users, n_items) each."""
        told = [one.opinions() for one in histories]
        pairs = stacked([(one.columns, one.weights) for one in told], self.n_items)
        targets = np.concatenate([np.empty(0), *(one.targets for one in told)]).astype(np.float32)
        with one_thread():
            users = [fit.fold_in(pairs, targets) / len(self.factors) for fit in self.factors]
        wide = torch.from_numpy(np.hstack(users)) if users else torch.zeros((len(histories), 0))
        collaborative = (wide.to(self.device) @ self._vectors.T).cpu().numpy()
        given = [one.likes() for one in histories], [one.recent for one in histories]
        for weights, values in zip(self._item_weights, given, strict=True):
            if weights is not None:
                rows = [(one.columns, value) for one, value in zip(histories, values, strict=True)]
                collaborative += _times(stacked(rows, self.n_items), weights)
        cosines = signed_rows(histories, self.n_items) @ self.attributes @ self.attributes.T
        return collaborative, np.asarray(cosines.todense(), np.float32)

    def together(self, column: int) -> Values:
        """Return how much the likes of others join each item to one, rare ones as little as known, shape (n_items,)."""
        return self._collaborative(History.of_liked([column]))

    @cached_property
    def rarity(self) -> Values:
        """What the history's say of each item is multiplied by, shape (n_items,); see `RankingSettings.rare`."""
        return 1.0 + self.settings.rare * RARE / (RARE + self.popularity.astype(np.float64))

    @cached_property
    def prior(self) -> Values:
        """The logarithm of one plus the likes, at unit spread, shape (n_items,)."""
        values = np.log1p(self.popularity.astype(np.float64))
        spread = float(values.std())
        return values / spread if spread else np.zeros_like(values)

    def prior_weight(self, history: History, *, wished: bool = False) -> float:
        """Return the weight of the prior, which is largest without a history."""
        known = 1.0 - self.settings.newness(len(history.columns))
        return self.settings.popularity * known + self._newcomer_weight(history, wished=wished)

    def user_weight(self, history: History, *, wished: bool = False) -> float:
        """Return the weight of the lifts of a user's attributes."""
        known = 1.0 - self.settings.newness(len(history.columns))
        newcomer = self.settings.newcomer_user * self._newcomer_weight(history, wished=wished)
        return self.settings.user * known * _inverse(self.spreads.user) + newcomer

    def _first_weight(self, history: History, *, wished: bool = False) -> float:
        """Return the weight of the lifts of a history's items, which count while they are the first."""
        weight = self.settings.newcomer_items * self._newcomer_weight(history, wished=wished)
        return weight if weight > NEGLIGIBLE else 0.0

    def _newcomer_weight(self, history: History, *, wished: bool) -> float:
        newcomer = min(self.settings.newcomer, WISHED) if wished else self.settings.newcomer
        return newcomer * self.settings.newness(len(history.columns))

    def graph_weights(self, history: History, explore: float) -> Values:
        """Return the weight of the shared attributes for each item, shape (n_items,)."""
        known = 1.0 - self.settings.newness(len(history.columns))
        unseen = (self.popularity == 0) * known * (self.settings.unseen_graph + EXPLORE * explore)
        return _over(self.settings.graph + unseen, self.spreads.graph)

    @property
    def fused_weight(self) -> float:
        """Weight of the fused cosine, over its spread."""
        return self.settings.fused * _inverse(self.spreads.fused) if self.fused is not None else 0.0

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

    def _collaborative(self, history: History) -> Values:
        told, total = history.opinions(), np.zeros(self.n_items)
        if self.factors and len(told.columns):
            users = [fit.user(told.columns, told.weights, told.targets) / len(self.factors) for fit in self.factors]
            total += self._exact_vectors @ np.concatenate(users)
        if self.item_item is not None:
            total += history.likes() @ self.item_item[history.columns]
        if self.recent_item is not None:
            total += history.recent @ self.recent_item[history.columns]
        return _over(total, self.spreads.history)

    def _collaborative_shares(self, history: History, columns: npt.NDArray[np.int64]) -> list[Shares]:
        """Return the shares of the history items, through the likes of others and through each attribute.

        What goes through the likes is the whole less what goes through the attributes.
        """
        told = history.opinions()
        if not self.factors or not len(history.columns):
            return []
        added = [fit.shares(told.columns, told.weights, told.targets) / len(self.factors) for fit in self.factors]
        whole = np.zeros((len(history.columns), len(columns)))
        for users, fit in zip(added, self.factors, strict=True):
            whole[history.told] += users @ fit.vectors[columns].T
        for weights, given in ((self.item_item, history.likes()), (self.recent_item, history.recent)):
            if weights is not None:
                whole += given[:, None] * weights[np.ix_(history.columns, columns)]
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
            by *= self.rarity[column] * _inverse(self.spreads.history)
            ties.append(share_table("graph", told.columns, entities[through], place, by))
        whole *= self.rarity[columns] * _inverse(self.spreads.history)
        likes = [share_table("history", history.columns, NONE, at, whole[:, [at]]) for at in range(len(columns))]
        return [*likes, *ties]

    def _first_items(self, history: History, *, wished: bool) -> Values:
        weight = self._first_weight(history, wished=wished)
        return self.lifts.of_history(history) * weight if weight else np.zeros(self.n_items)

    def _lift_shares(self, history: History, columns: npt.NDArray[np.int64], *, wished: bool) -> list[Shares]:
        by_attribute = self.lifts.by_attribute(history)[:, columns] * self.user_weight(history, wished=wished)
        names = [self.lifts.names[one] for one in self.lifts.held(history)]
        shares = [plain_shares("user", row, name) for row, name in zip(by_attribute, names, strict=True)]
        weight = self._first_weight(history, wished=wished)
        if weight:
            by = self.lifts.by_item(history, columns) * weight
            shares += [share_table("history", history.columns, NONE, at, by[:, [at]]) for at in range(len(columns))]
        return shares

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

    def _cosines(self, history: History) -> Values:
        """Return the attribute cosines of the history to each item, shape (n_items,)."""
        profile = history.signed() @ self.attributes[history.columns]
        return np.asarray(self.attributes @ profile, np.float64)

    def _cosine_shares(self, history: History, columns: npt.NDArray[np.int64], weights: Values) -> Shares:
        known = sparse.diags_array(history.signed()) @ self.attributes[history.columns]
        turned = sparse.csc_matrix(known)
        asked = self.attributes[columns]
        found: list[tuple[int, int, int, float]] = []
        for place in range(len(columns)):
            for at in range(asked.indptr[place], asked.indptr[place + 1]):
                entity, value = int(asked.indices[at]), float(asked.data[at]) * float(weights[columns[place]])
                if value:
                    for by in range(turned.indptr[entity], turned.indptr[entity + 1]):
                        found.append((int(turned.indices[by]), entity, place, float(turned.data[by]) * value))
        rows, entities, places, values = (
            (np.array(list(one)) for one in zip(*found, strict=True)) if found else _NOTHING
        )
        return Shares("graph", history.columns[rows], entities, places, values)

    def _fused_cosines(self, history: History) -> Values:
        if self.fused is None or not self.fused_weight:
            return np.zeros(self.n_items)
        return self.fused.totals(history.columns, history.signed()) * self.fused_weight

    def _fused_shares(self, history: History, columns: npt.NDArray[np.int64]) -> list[Shares]:
        """Return the shares of the history items; their vectors enter linearly, and the length divides them all."""
        if self.fused is None or not self.fused_weight or not len(history.columns):
            return []
        by = self.fused.shares(history.columns, history.signed(), columns) * self.fused_weight
        return [share_table("fused", history.columns, NONE, at, by[:, [at]]) for at in range(len(columns))]

    def save(self, folder: Path) -> None:
        """Write everything but the attributes into a folder."""
        np.save(folder / "popularity.npy", self.popularity)
        np.save(folder / "items.npy", np.array([fit.items for fit in self.factors], np.float32))
        np.save(folder / "rows.npy", np.array([fit.rows for fit in self.factors], np.float32))
        np.save(folder / "entities.npy", self.entities)
        sparse.save_npz(folder / "pairs.npz", self.pairs)
        for name, weights in (("item_item.npy", self.item_item), ("recent_item.npy", self.recent_item)):
            if weights is not None:
                np.save(folder / name, weights)
        self.lifts.save(folder)
        if self.fused is not None:
            self.fused.save(folder)
        told = {"settings": self.settings.model_dump(), "spreads": asdict(self.spreads)}
        (folder / "hybrid.json").write_text(json.dumps(told, indent=2), "utf-8")

    @classmethod
    def load(cls, folder: Path, attributes: sparse.csr_matrix, device: str = "cpu") -> "Hybrid":
        """Read what `save` wrote.

        Raises:
            ArtefactError: Something is missing or damaged.
        """
        try:
            told = json.loads((folder / "hybrid.json").read_text("utf-8"))
            settings = RankingSettings.model_validate(told["settings"])
            tables = [folder / name for name in ("item_item.npy", "recent_item.npy")]
            with artefacts.reading_arrays():
                items, rows = np.load(folder / "items.npy"), np.load(folder / "rows.npy", mmap_mode="r")
                pairs = sparse.csr_matrix(sparse.load_npz(folder / "pairs.npz"))
                entities, popularity = np.load(folder / "entities.npy"), np.load(folder / "popularity.npy")
                item_item, recent_item = (np.load(one, mmap_mode="r") if one.exists() else None for one in tables)
            n_users = pairs.shape[0] - len(entities)
            return cls(
                settings,
                attributes,
                pairs,
                entities,
                popularity,
                tuple(Factors(*one, n_users, settings.factors) for one in zip(items, rows, strict=True)),
                item_item,
                recent_item,
                Lifts.load(folder),
                Spreads(**told["spreads"]),
                device,
                FusedIndex.load(folder) if settings.fused else None,
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise ArtefactError(f"cannot read the ranking model in {folder}: {error}; remove the folder.") from error


def signed_rows(histories: Sequence[History], n_items: int) -> sparse.csr_matrix:
    """Return how much each history item counts where the items' own properties do, shape (n_users, n_items)."""
    return stacked([(one.columns, one.signed()) for one in histories], n_items)


def _times(rows: sparse.csr_matrix, dense: Matrix | Tensor) -> Matrix:
    """Return the product of a sparse and a dense matrix, computed where the dense one lies."""
    if not isinstance(dense, Tensor):
        return np.asarray(rows @ dense, np.float32)
    table = rows.tocoo()
    places = torch.from_numpy(np.stack([table.row, table.col]).astype(np.int64))
    turned = torch.sparse_coo_tensor(places, torch.from_numpy(table.data), rows.shape, check_invariants=False)
    product: Matrix = torch.sparse.mm(turned.to(dense.device), dense).cpu().numpy()
    return product


def _by_user(weights: Sequence[float], values: Matrix) -> Matrix:
    """Multiply the row of each user by a weight."""
    return np.asarray(np.array(weights)[:, None] * values, np.float32)


def _over(values: Values, spread: float) -> Values:
    return values * _inverse(spread)


def _inverse(spread: float) -> float:
    return 1.0 / spread if spread > 1e-9 else 0.0


_NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
