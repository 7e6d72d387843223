"""Nearest items by embedding: exact top-k in torch, on cuda or on the CPU."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kg.embeddings.text import Encoder
from kg.snapshot import Snapshot
from kg.types import Iri, Triple
from tools.errors import DimensionError, ToolError
from tools.result import clipped

Mask = npt.NDArray[np.bool_]
ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 0.012}
"""Most that a cosine may be off in the matrix product: float32 sums, or three roundings to 8 bits of mantissa."""


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """An item and its similarity to what was asked, a cosine in [-1, 1]."""

    iri: Iri
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class NearestResult:
    """Items most similar to a text or an item, best first; equal scores keep catalogue order."""

    query: str
    items: tuple[ScoredItem, ...]

    @property
    def text(self) -> str:
        listed = ", ".join(f"{item.label} {item.score:.2f}" for item in self.items)
        return clipped(f"nearest to {self.query}: {listed or 'nothing'}")

    @property
    def size(self) -> int:
        return len(self.items)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return ()


class VectorIndex:
    """Exact search over unit vectors.

    Args:
        vectors: Shape (n_items, dim), float32, unit length.
        device: "cpu", "cuda" or "auto".
        dtype: Type of the matrix that is searched, float32 or bfloat16; None: bfloat16 on cuda, float32 elsewhere.
            Whatever may be among the best is scored again, so that the results are the same.
    """

    def __init__(
        self, vectors: npt.NDArray[np.float32], device: str = "auto", dtype: torch.dtype | None = None
    ) -> None:
        chosen = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        self.device = torch.device(chosen)
        exact = torch.tensor(np.asarray(vectors), device=self.device)
        self._exact = exact
        searched = dtype or (torch.bfloat16 if self.device.type == "cuda" else torch.float32)
        self._matrix = exact.to(searched).T.contiguous()
        self.n_items, self.dim = exact.shape

    def similarities(self, query: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the cosine of one query, shape (dim,), to every item, shape (n_items,), float32."""
        result: npt.NDArray[np.float32] = (self._exact @ self._tensor(query[None])[0]).cpu().numpy()
        return result

    def nearest(
        self, query: npt.NDArray[np.float32], *, k: int, allowed: Mask | None = None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the columns and cosines of the `k` items most similar to each query.

        Args:
            query: Shape (n_queries, dim), float32, unit length.
            k: Length of each list, k >= 1; fewer come back where fewer are allowed.
            allowed: Items that may be returned, shape (n_items,).

        Raises:
            DimensionError: `query` has another `dim` than the index.
            ToolError: k is below 1.
        """
        if k < 1:
            raise ToolError(f"k must be at least 1, got {k}")
        count = min(k, self.n_items if allowed is None else int(allowed.sum()))
        if count == 0:
            return np.empty((len(query), 0), np.int64), np.empty((len(query), 0), np.float32)
        queries = self._tensor(query)
        scores = self._masked(queries.to(self._matrix.dtype) @ self._matrix, allowed)
        best, columns = self._rescored(scores, queries, count)
        return columns.cpu().numpy(), best.cpu().numpy()

    def _tensor(self, query: npt.NDArray[np.float32]) -> Tensor:
        if query.ndim != 2 or query.shape[1] != self.dim:
            raise DimensionError(f"a query must have shape (n, {self.dim}), got {query.shape}")
        return torch.tensor(np.asarray(query, np.float32), device=self.device)  # copied: a mapped row is read-only

    def _masked(self, scores: Tensor, allowed: Mask | None) -> Tensor:
        if allowed is None:
            return scores
        return scores.masked_fill(~torch.tensor(allowed, device=self.device), float("-inf"))

    def _rescored(self, scores: Tensor, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Return the best scores and columns; of equal scores the lower column first, also at the cut.

        A matrix product gives equal vectors slightly different scores, depending on where they stand. So everything
        within the rounding of the last place is scored again, each row by itself.
        """
        floor = scores.topk(count, dim=1).values[:, -1:].float() - 2 * ROUNDING[self._matrix.dtype]
        near = scores.float() >= floor
        pool = int(near.sum(dim=1).max())
        columns = near.to(torch.int8).topk(pool, dim=1).indices.sort(dim=1).values
        exact = (self._exact[columns].double() * queries.double()[:, None]).sum(dim=2).float()
        exact = exact.masked_fill(~near.gather(1, columns), float("-inf"))
        values, order = exact.sort(dim=1, descending=True, stable=True)
        return values[:, :count], columns.gather(1, order)[:, :count]


class NearestItems:
    """The tool `nearest_items`: by a text or by an item, with a mask for constraints and seen items."""

    def __init__(
        self, snapshot: Snapshot, encoder: Encoder, index: VectorIndex, vectors: npt.NDArray[np.float32]
    ) -> None:
        self._snapshot = snapshot
        self._encoder = encoder
        self._index = index
        self._vectors = vectors

    @property
    def device(self) -> str:
        """Where the vectors are: cpu or cuda."""
        return self._index.device.type

    def by_text(self, text: str, *, k: int = 10, allowed: Mask | None = None) -> NearestResult:
        """Return the items whose documents are most similar to a text."""
        return self._result(text, self._encoder.encode([text]), k, allowed)

    def by_item(self, item: Iri, *, k: int = 10, allowed: Mask | None = None) -> NearestResult:
        """Return the items most similar to an item, itself left out."""
        column = self._snapshot.item_columns[item]
        others = np.ones(self._index.n_items, bool) if allowed is None else allowed.copy()
        others[column] = False
        vector = np.asarray(self._vectors[column], np.float32)[None]
        return self._result(self._snapshot.label(item), vector, k, others)

    def similarities(self, text: str) -> npt.NDArray[np.float32]:
        """Return the cosine of a text to every item, shape (n_items,)."""
        return self._index.similarities(self._encoder.encode([text])[0])

    def similarities_to(self, columns: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return the cosines of some items to every item, shape (len(columns), n_items)."""
        return np.stack([self._index.similarities(np.asarray(self._vectors[column], np.float32)) for column in columns])

    def _result(self, query: str, vector: npt.NDArray[np.float32], k: int, allowed: Mask | None) -> NearestResult:
        columns, scores = self._index.nearest(vector, k=k, allowed=allowed)
        items = [
            ScoredItem(Iri(iri := self._snapshot.items[column]), self._snapshot.label(iri), float(score))
            for column, score in zip(columns[0], scores[0], strict=True)
        ]
        return NearestResult(query, tuple(items))
