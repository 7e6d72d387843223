"""Nearest items to a text and a person at once, in the fused index of graph, text and taste."""

import hashlib
from collections.abc import Sequence

import numpy as np

from kg import artefacts
from kg.embeddings.text import Encoder
from kg.snapshot import Progress, Snapshot
from kg.types import Iri
from tools.errors import ToolError
from tools.nearest import NearestResult, ScoredItem
from tools.ranking.fused import FusedIndex, FusedSettings, fit_fused
from tools.ranking.vectors import open_item_vectors


class FusedNearest:
    """Finds items whose fused vectors are nearest to a query, to somebody's likes, or to both."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, index: FusedIndex) -> None:
        self._snapshot = snapshot
        self._encoder = encoder
        self._index = index

    def near(self, text: str, liked: Sequence[int] = (), *, k: int = 10, exclude: Sequence[int] = ()) -> NearestResult:
        """Return the `k` nearest items by cosine, best first; equal ones keep catalogue order.

        Args:
            text: What they should be about; empty: only what is liked counts.
            liked: Columns of liked items.
            k: Length of the list.
            exclude: Columns never to return.

        Raises:
            ToolError: There is neither a text nor anything liked, or k is below 1.
        """
        if k < 1 or not (text.strip() or liked):
            raise ToolError(f"expected a text or liked items, and k from 1, got {text[:40]!r}, {len(liked)} and {k}")
        vector = self._encoder.encode([text])[0] if text.strip() else None
        scores = self._index.near(vector, liked)
        scores[list(exclude)] = -np.inf
        order = np.argsort(-scores, kind="stable")[: min(k, len(scores) - len(set(exclude)))]
        found = [(Iri(self._snapshot.items[at]), float(scores[at])) for at in order]
        items = (ScoredItem(iri, self._snapshot.label(iri), score) for iri, score in found)
        return NearestResult(text or "what is liked", tuple(items))


def open_fused_nearest(snapshot: Snapshot, encoder: Encoder, progress: Progress = lambda _: None) -> FusedNearest:
    """Open the fused index of a domain, fitted on its history first where that was not done yet.

    Raises:
        ToolError: The domain has no graph embedding.
        ArtefactError: Something is damaged.
    """
    vectors = open_item_vectors(snapshot, encoder, progress)
    if vectors is None:
        raise ToolError(f"{snapshot.manifest.name} has no graph embedding: run `thence kg embed` first.")
    settings = FusedSettings()
    digest = hashlib.blake2b(repr(settings).encode() + vectors.joined.tobytes(), digest_size=6).hexdigest()
    progress("Fitting the fused index")
    folder = artefacts.stage(
        snapshot.folder / f"fused-{digest}",
        lambda partial: fit_fused(snapshot.interactions.liked, vectors, settings).save(partial),
    )
    return FusedNearest(snapshot, encoder, FusedIndex.load(folder))
