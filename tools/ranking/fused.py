"""The fused index: what a user liked and what is asked for, joined by a learned projection, beside the items by cosine.

With `v` an item's vector (graph embedding beside text embedding), `u` the sum of the vectors of what a user liked and
`t` the text vector of a query, `z = f([u; t])` is a linear projection of both, and an item's score is the cosine of `z`
and of its own projection. The projection is linear, and so each history item's share of the score is known: its own
product with the item, over the length of `z`, which all shares have in common.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from kg.errors import ArtefactError

Matrix = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
FILE = "fused.safetensors"


@dataclass(frozen=True, slots=True)
class FusedSettings:
    """How the projections are trained.

    Attributes:
        dim: Of the fused vectors.
        epochs: Passes over the likes.
        batch: Likes a step.
        learning_rate: Of Adam.
        penalty: Adam's decoupled weight decay.
        scale: What a cosine is multiplied by before the softmax.
        query_share: Weight of finding an item by its own text, beside finding it by what its user liked.
    """

    dim: int = 64
    epochs: int = 15
    batch: int = 512
    learning_rate: float = 0.003
    penalty: float = 0.01
    scale: float = 12.0
    query_share: float = 0.2


@dataclass(frozen=True)
class FusedIndex:
    """Fitted projections, applied to all items.

    Attributes:
        items: Shape (n_items, dim), unit rows: what the fused vector is compared with.
        given: Shape (n_items, dim): what each item adds to the fused vector of somebody who liked it.
        query: Shape (text_dim, dim): the projection of a text vector.
    """

    items: Matrix
    given: Matrix
    query: Matrix

    def profiles(self, weights: sparse.csr_matrix) -> Matrix:
        """Return unit fused vectors of users, shape (n_users, dim), by the weights of their histories' items."""
        return _unit(np.asarray(weights @ self.given, np.float32))

    def scores(self, weights: sparse.csr_matrix) -> Matrix:
        """Return the cosines of users and items, shape (n_users, n_items), float32; 0 without a history."""
        found: Matrix = self.profiles(weights) @ self.items.T
        return found

    def totals(self, columns: npt.NDArray[np.int64], weights: Values) -> Values:
        """Return the cosines of one user and all items, shape (n_items,), float64."""
        fused = weights @ self.given[columns].astype(np.float64)
        found: Values = self.items.astype(np.float64) @ (fused * _inverse_length(fused))
        return found

    def shares(self, columns: npt.NDArray[np.int64], weights: Values, asked: npt.NDArray[np.int64]) -> Values:
        """Return what each history item adds to the cosine of each asked item, shape (n_history, n_asked)."""
        given = weights[:, None] * self.given[columns].astype(np.float64)
        found: Values = given @ self.items[asked].astype(np.float64).T * _inverse_length(given.sum(axis=0))
        return found

    def near(self, text: Matrix | None, columns: Sequence[int] = ()) -> Values:
        """Return the cosines of all items with a query and what somebody liked, shape (n_items,).

        Args:
            text: Unit text vector of the query, shape (text_dim,); None: there is none.
            columns: Liked items; where there are any, they weigh as much as the query.
        """
        fused = np.zeros(self.items.shape[1])
        if text is not None:
            fused += _unit(text[None] @ self.query)[0]
        if columns:
            fused += _unit(self.given[list(columns)].mean(axis=0)[None])[0]
        found: Values = self.items.astype(np.float64) @ (fused * _inverse_length(fused))
        return found

    def save(self, folder: Path) -> None:
        save_file({"items": self.items, "given": self.given, "query": self.query}, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> "FusedIndex":
        """Read what `save` wrote.

        Raises:
            ArtefactError: The file is missing or damaged.
        """
        try:
            tables = load_file(folder / FILE)
            return cls(tables["items"], tables["given"], tables["query"])
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ArtefactError(f"cannot read the fused index in {folder}: {error}; remove the folder.") from error


@dataclass(frozen=True, slots=True)
class ItemVectors:
    """What the items are to the fused index.

    Attributes:
        joined: Shape (n_items, dim): graph and text embeddings side by side, each centred and of unit length.
        text: Shape (n_items, text_dim), unit rows.
    """

    joined: Matrix
    text: Matrix


def item_vectors_of(graph: Matrix, text: Matrix) -> ItemVectors:
    """Return the items' vectors from their graph and their text embeddings, one row an item."""
    text = np.asarray(text, np.float32)
    joined = np.hstack([_unit(part - part.mean(axis=0)) for part in (graph, text)])
    return ItemVectors(joined.astype(np.float32), text)


def fit_fused(liked: sparse.csr_matrix, vectors: ItemVectors, settings: FusedSettings, seed: int = 0) -> FusedIndex:
    """Fit the projections so that a user's other likes, and an item's own text, find a liked item among all.

    Args:
        liked: Shape (n_users, n_items), 1 where liked; of the history alone.
        vectors: Of the items.
        settings: How.
        seed: Of the start and the order.
    """
    run = _Fit(liked, vectors, settings, seed)
    for _ in range(settings.epochs):
        run.epoch()
    return run.index()


class _Fit:
    """The state of one fit."""

    def __init__(self, liked: sparse.csr_matrix, vectors: ItemVectors, settings: FusedSettings, seed: int) -> None:
        self._settings = settings
        self._liked = liked
        counts = np.diff(liked.indptr)
        users = np.repeat(np.arange(liked.shape[0]), counts)
        several = counts[users] > 1
        self._pairs = np.stack([users[several], liked.indices[several]], axis=1).astype(np.int64)
        self._rng = np.random.default_rng(seed)
        self._features, self._text = torch.tensor(vectors.joined), torch.tensor(vectors.text)
        sizes = (*[vectors.joined.shape[1]] * 2, vectors.text.shape[1])
        starts = [self._rng.normal(0, size**-0.5, (size, settings.dim)).astype(np.float32) for size in sizes]
        self._item, self._given, self._query = (torch.from_numpy(one).requires_grad_() for one in starts)
        weights = [self._item, self._given, self._query]
        self._optimizer = torch.optim.AdamW(weights, settings.learning_rate, weight_decay=settings.penalty)

    def epoch(self) -> None:
        order, size = self._rng.permutation(len(self._pairs)), self._settings.batch
        for start in range(0, len(order), size):
            users, items = self._pairs[order[start : start + size]].T
            loss = self._loss(users, torch.from_numpy(items.copy()))
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()

    def _loss(self, users: npt.NDArray[np.int64], items: Tensor) -> Tensor:
        rows = self._liked[users]
        history = torch.from_numpy((rows @ self._features.numpy()).astype(np.float32)) - self._features[items]
        index = functional.normalize(self._features @ self._item, dim=1)
        asked = functional.normalize(history @ self._given, dim=1)
        known = torch.from_numpy(rows.toarray() > 0)
        known[torch.arange(len(items)), items] = False
        logits = (self._settings.scale * asked @ index.T).masked_fill(known, float("-inf"))
        by_text = functional.normalize(self._text[items] @ self._query, dim=1) @ index.T * self._settings.scale
        return functional.cross_entropy(logits, items) + self._settings.query_share * functional.cross_entropy(
            by_text, items
        )

    @torch.no_grad()
    def index(self) -> FusedIndex:
        items = functional.normalize(self._features @ self._item, dim=1).numpy()
        return FusedIndex(items, (self._features @ self._given).numpy(), self._query.detach().numpy().copy())


def _unit(rows: Matrix) -> Matrix:
    scaled: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return scaled


def _inverse_length(vector: Values) -> float:
    length = float(np.linalg.norm(vector))
    return 1.0 / length if length > 1e-9 else 0.0
