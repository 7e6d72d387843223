"""The hybrid: collaborative, graph and prior parts of a score, each a sum over what it rests on."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg import artefacts
from kg.errors import ArtefactError
from tools.ranking.collaborative import Collaborative
from tools.ranking.cosines import cosine_shares, cosines
from tools.ranking.fused import FusedIndex
from tools.ranking.history import History, stacked
from tools.ranking.lifts import Lifts
from tools.ranking.settings import WISHED, RankingSettings
from tools.ranking.shares import NONE, Shares, plain_shares, share_table

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
    weights of what the user saw, by what it counts, and those of what was seen just now, over their spread; the cosine
    of the history's and the item's attributes, by the item's weight; the cosine of their fused vectors, where the
    settings want it; the lifts of the user's own attributes and, for the new, of the first items; the logarithm of the
    number of likes, by the user's. Where the score is told by its parts, `history` is what the likes of other users
    say, `graph` what the attributes of items say, be it through the item's vector or through the cosine, and `user`
    what people like the user like.

    Attributes:
        attributes: Shape (n_items, n_entities), see `item_attributes`.
        popularity: Shape (n_items,): likes.
        collaborative: What the likes of others say.
        lifts: Of the user's attributes, and of the first items.
        fused: The fused index; None: it was not fitted.
    """

    settings: RankingSettings
    attributes: sparse.csr_matrix
    popularity: Matrix
    collaborative: Collaborative
    lifts: Lifts
    spreads: Spreads
    fused: FusedIndex | None = None

    @property
    def n_items(self) -> int:
        return len(self.popularity)

    @property
    def size(self) -> int:
        """Bytes of the arrays that scoring one user needs, with the caches of that."""
        sparse_rows = self.attributes.data.nbytes + self.attributes.indices.nbytes
        return self.collaborative.size + sparse_rows + self.lifts.size

    def on(self, device: str) -> "Hybrid":
        """Return the model with another device, where many users are scored at once."""
        return replace(self, collaborative=replace(self.collaborative, device=device))

    def totals(self, history: History, *, explore: float = 0.0, wished: bool = False) -> Values:
        """Return the score of every item for one user, shape (n_items,).

        Args:
            history: Of the user.
            explore: How much more than usual the facts speak for items that nobody liked yet, in [0, 1].
            wished: Whether a request says what is wanted, so that the prior need not stand in for a history.
        """
        total: Values = (
            self.collaborative.totals(history) * self._history_weights
            + cosines(self.attributes, history) * self.graph_weights(history, explore)
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
            *self.collaborative.shares(history, columns, self._history_weights[columns]),
            *self._lift_shares(history, columns, wished=wished),
            cosine_shares(self.attributes, history, columns, self.graph_weights(history, explore)),
            *self._fused_shares(history, columns),
            plain_shares("prior", prior),
        ]

    def without_fact(self, history: History, column: int, entity: int, *, explore: float = 0.0) -> float:
        """Return by how much the score of an item would change if it were not related to an entity.

        Its vector is solved again from the rows of its likes and its other attributes, as they are, and its cosine
        loses the entity. What the fact did to other vectors, and through the item-item weights, stays.
        """
        change = self.collaborative.without_fact(history, column, entity) * float(self._history_weights[column])
        profile = history.signed() @ self.attributes[history.columns]
        lost = self.attributes[column, entity] * profile[entity] * self.graph_weights(history, explore)[column]
        return change - float(lost)

    def scores(self, histories: Sequence[History], *, explore: float = 0.0, without: Collection[str] = ()) -> Matrix:
        """Return the scores of many users at once, shape (n_users, n_items), float32; `without` leaves parts out."""
        collaborative, shared = self.raw_scores(histories)
        total = np.zeros_like(collaborative)
        if "history" not in without:
            total += collaborative * self._history_weights.astype(np.float32)
            total += _by_user([self._first_weight(one) for one in histories], self.lifts.of_items(histories))
        if "graph" not in without:
            for row, history in enumerate(histories):
                total[row] += shared[row] * self.graph_weights(history, explore).astype(np.float32)
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
        shared = signed_rows(histories, self.n_items) @ self.attributes @ self.attributes.T
        return self.collaborative.scores(histories), np.asarray(shared.todense(), np.float32)

    def together(self, column: int) -> Values:
        """Return how much the likes of others join each item to one, rare ones as little as known, shape (n_items,)."""
        return _over(self.collaborative.totals(History.of_liked([column])), self.spreads.history)

    @cached_property
    def rarity(self) -> Values:
        """What the history's say of each item is multiplied by, shape (n_items,); see `RankingSettings.rare`."""
        return 1.0 + self.settings.rare * RARE / (RARE + self.popularity.astype(np.float64))

    @property
    def _history_weights(self) -> Values:
        return _over(self.rarity, self.spreads.history)

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

    def kind_weight(self, history: History, *, wished: bool = False) -> float:
        """Return the weight of the lifts of the kinds of items that are wished for; see `tools.ranking.kinds`."""
        weight = self.settings.newcomer_kind * self._newcomer_weight(history, wished=wished)
        return weight if weight > NEGLIGIBLE else 0.0

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
        self.collaborative.save(folder)
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
            with artefacts.reading_arrays():
                popularity = np.load(folder / "popularity.npy")
            return cls(
                settings,
                attributes,
                popularity,
                Collaborative.load(folder, settings.factors, device),
                Lifts.load(folder),
                Spreads(**told["spreads"]),
                FusedIndex.load(folder) if settings.fused else None,
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise ArtefactError(f"cannot read the ranking model in {folder}: {error}; remove the folder.") from error


def signed_rows(histories: Sequence[History], n_items: int) -> sparse.csr_matrix:
    """Return how much each history item counts where the items' own properties do, shape (n_users, n_items)."""
    return stacked([(one.columns, one.signed()) for one in histories], n_items)


def _by_user(weights: Sequence[float], values: Matrix) -> Matrix:
    """Multiply the row of each user by a weight."""
    return np.asarray(np.array(weights)[:, None] * values, np.float32)


def _over(values: Values, spread: float) -> Values:
    return values * _inverse(spread)


def _inverse(spread: float) -> float:
    return 1.0 / spread if spread > 1e-9 else 0.0
