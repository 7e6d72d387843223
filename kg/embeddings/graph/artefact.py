"""Graph embeddings on disk: weights in safetensors, with their vocabulary and what was measured."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from kg import artefacts
from kg.adjacency import Adjacency
from kg.embeddings.graph.evaluation import LinkMetrics
from kg.embeddings.graph.models import GraphModel
from kg.embeddings.graph.training import TrainingSettings, new_model
from kg.embeddings.graph.triples import Rows
from kg.errors import ArtefactError

WEIGHTS, CONFIG, ENTITIES, RELATIONS = "model.safetensors", "config.json", "entities.txt", "relations.txt"
LATEST = "graph-embedding.json"
"""Names the embedding that the domain uses: the one trained last."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GraphEmbedding:
    """A trained model with its vocabulary.

    Attributes:
        entities: IRIs by row; the model's rows go on with those of the context.
        relations: IRIs; the model's relations are these, those of the context and, after them, the inverses of all.
        context_entities: Ranges of numbers, see `Context`.
        context_relations: The relations to them.
        metrics: Of the model that was trained without them, on the facts held out, and of the baselines: by name, on
            the validation part where it ends in `(valid)`, else on the test part. The weights are those of a model
            that was trained once more, on all facts.
        best_epoch: How long it was trained.
        counts: Facts in each part, and what was left out of all.
    """

    model: GraphModel
    settings: TrainingSettings
    entities: Sequence[str]
    relations: Sequence[str]
    metrics: Mapping[str, LinkMetrics]
    best_epoch: int
    counts: Mapping[str, int]
    context_entities: Sequence[str] = ()
    context_relations: Sequence[str] = ()

    def scores(self, queries: Rows) -> Vectors:
        """Return the logits of the graph's entities as tails, shape (n, n_entities); see `TailScorer`.

        Args:
            queries: Shape (n, 2): head and relation, the inverses numbered right after the graph's relations.
        """
        n = len(self.relations)
        asked = torch.from_numpy(queries)
        shifted = torch.where(asked[:, 1] < n, asked[:, 1], asked[:, 1] + len(self.context_relations))
        with torch.no_grad():
            found: Vectors = self.model.scores(asked[:, 0], shifted, torch.arange(len(self.entities))).numpy()
        return found

    @property
    def name(self) -> str:
        return self.settings.model

    @property
    def vectors(self) -> Vectors:
        """The entities' vectors, shape (n_entities, dim), float32, by row."""
        with torch.no_grad():
            found: Vectors = self.model.tails(torch.arange(len(self.entities))).numpy()
        return found


def save_embedding(folder: Path, embedding: GraphEmbedding) -> None:
    """Write an embedding into a folder."""
    weights = {name: value.detach().cpu().contiguous() for name, value in embedding.model.whole.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    (folder / ENTITIES).write_text("\n".join([*embedding.entities, *embedding.context_entities]), "utf-8")
    (folder / RELATIONS).write_text("\n".join([*embedding.relations, *embedding.context_relations]), "utf-8")
    told = {
        "settings": embedding.settings.model_dump(),
        "best_epoch": embedding.best_epoch,
        "counts": dict(embedding.counts),
        "context": {"entities": len(embedding.context_entities), "relations": len(embedding.context_relations)},
        "metrics": {name: asdict(one) for name, one in embedding.metrics.items()},
    }
    (folder / CONFIG).write_text(json.dumps(told, indent=2), "utf-8")


def load_embedding(folder: Path) -> GraphEmbedding:
    """Read what `save_embedding` wrote, on the CPU.

    Raises:
        ArtefactError: A file is missing or damaged, or the weights do not fit the vocabulary.
    """
    try:
        told = json.loads((folder / CONFIG).read_text("utf-8"))
        settings = TrainingSettings.model_validate(told["settings"])
        entities = (folder / ENTITIES).read_text("utf-8").split("\n")
        relations = (folder / RELATIONS).read_text("utf-8").split("\n")
        model = new_model(settings, len(entities), len(relations))
        model.whole.load_state_dict(load_file(folder / WEIGHTS))
        metrics = {name: _metrics_from(one) for name, one in told["metrics"].items()}
        counts = {name: int(count) for name, count in told["counts"].items()}
        own = len(entities) - told["context"]["entities"], len(relations) - told["context"]["relations"]
        return GraphEmbedding(
            model, settings, entities[: own[0]], relations[: own[1]], metrics, int(told["best_epoch"]), counts,
            entities[own[0] :], relations[own[1] :],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ValidationError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ArtefactError(
            f"cannot read the graph embedding in {folder}: {reason}; remove the folder and run `thence kg embed`."
        ) from error


def embedding_folder(fitted: Path, settings: TrainingSettings) -> Path:
    """Return the folder of the embedding with some settings."""
    return fitted / f"graph-embedding-{settings.model}-{settings.digest}"


def staged_embedding(fitted: Path, settings: TrainingSettings, build: Callable[[], GraphEmbedding]) -> GraphEmbedding:
    """Return the embedding with some settings, built first where it is not there; it is then the one in use."""
    folder = artefacts.stage(embedding_folder(fitted, settings), lambda partial: save_embedding(partial, build()))
    embedding = load_embedding(folder)
    _put_in_use(folder)
    return embedding


def keep_carried(fitted: Path, settings: TrainingSettings, build: Callable[[], GraphEmbedding]) -> None:
    """Keep an embedding that comes from before a change, and put it in use.

    It has a folder of its own, so that `staged_embedding` trains one on the graph as it is when it is asked to.
    """
    folder = embedding_folder(fitted, settings)
    _put_in_use(
        artefacts.stage(folder.with_name(f"{folder.name}-carried"), lambda partial: save_embedding(partial, build()))
    )


def _put_in_use(folder: Path) -> None:
    beside = folder.parent / f"{LATEST}.partial"
    beside.write_text(json.dumps({"folder": folder.name}), "utf-8")
    os.replace(beside, folder.parent / LATEST)


def embedding_in_use(fitted: Path, adjacency: Adjacency) -> GraphEmbedding | None:
    """Return the embedding of a domain that was trained or asked for last; None where there is none.

    Raises:
        ArtefactError: It is damaged, or belongs to another graph.
    """
    path = fitted / LATEST
    if not path.is_file():
        return None
    try:
        folder = fitted / Path(json.loads(path.read_text("utf-8"))["folder"]).name
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"cannot read {path}: {error}; run `thence kg embed`.") from error
    found = load_embedding(folder)
    if list(found.entities) != list(adjacency.entities) or list(found.relations) != list(adjacency.predicates):
        raise ArtefactError(f"the graph embedding in {folder} belongs to another graph; run `thence kg embed`.")
    return found


def _metrics_from(told: Mapping[str, object]) -> LinkMetrics:
    found = LinkMetrics(**told)  # type: ignore[arg-type]
    return replace(found, hits={int(k): share for k, share in found.hits.items()})
