"""The items' vectors of a domain, as the fused index takes them: graph embedding beside text embedding."""

from kg.embeddings.graph.artefact import embedding_in_use
from kg.embeddings.text import Encoder, SentenceEncoder, item_vectors
from kg.errors import ArtefactError
from kg.snapshot import Progress, Snapshot
from tools.ranking.fused import ItemVectors, item_vectors_of


def open_item_vectors(
    snapshot: Snapshot, encoder: Encoder | None = None, progress: Progress = lambda _: None
) -> ItemVectors | None:
    """Return the vectors of a domain's items; None where it has no graph embedding.

    Args:
        snapshot: The domain.
        encoder: Of the texts; None: the default model.
        progress: Told while texts are read.

    Raises:
        ArtefactError: An embedding is damaged, or belongs to another graph.
    """
    embedding = embedding_in_use(snapshot.folder, snapshot.adjacency)
    if embedding is None:
        return None
    text = item_vectors(snapshot, encoder or SentenceEncoder(), progress)
    return item_vectors_of(embedding.vectors[snapshot.item_rows], text)


def needed_item_vectors(snapshot: Snapshot, weight: float, progress: Progress = lambda _: None) -> ItemVectors | None:
    """Return the vectors if the fused index has a weight, else None.

    Raises:
        ArtefactError: They are needed, and the domain has no graph embedding.
    """
    if not weight:
        return None
    found = open_item_vectors(snapshot, progress=progress)
    if found is None:
        raise ArtefactError(
            f"the ranker of {snapshot.manifest.name} has a weight for `fused`, but there is no graph embedding: "
            "run `thence kg embed` first, or leave `fused` out of ranking.toml."
        )
    return found
