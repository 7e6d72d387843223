"""Training of a domain's graph embedding, beside the baselines that it must beat on the same held-out facts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from kg.adjacency import Adjacency
from kg.embeddings.graph.artefact import GraphEmbedding
from kg.embeddings.graph.context import Numbers, context_of, with_context
from kg.embeddings.graph.evaluation import LinkMetrics, PopularTails, TailScorer, evaluate
from kg.embeddings.graph.models import ModelName
from kg.embeddings.graph.training import Epoch, ModelScorer, TrainingSettings, train, train_on_all
from kg.embeddings.graph.triples import TripleSplit, split_triples, triples_of
from kg.rules.mining import MiningSettings, mine_rules
from kg.rules.prediction import RuleScorer
from kg.rules.walks import RelationMatrices
from kg.snapshot import Snapshot

VALID = " (valid)"

DEFAULTS: dict[ModelName, TrainingSettings] = {
    "complex": TrainingSettings(model="complex", dim=512, epochs=30, penalty=0.1),
    "distmult": TrainingSettings(model="distmult", dim=256, epochs=45, penalty=0.05),
    "transe": TrainingSettings(model="transe", dim=256, epochs=60),
    "rotate": TrainingSettings(model="rotate", dim=256, epochs=30),
}
"""Settings by model, chosen on the validation part of ml100k; there TransE is best after 54 epochs, and after
27 on lastfm."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far it is.

    Attributes:
        say: Told what is done now.
        epoch: Told after each epoch, and how many there are at most: first of the model that is measured, then of the
            one that is trained on all facts.
    """

    say: Callable[[str], None] = lambda _: None
    epoch: Callable[[Epoch, int], None] = lambda *_: None


def train_embedding(
    adjacency: Adjacency,
    settings: TrainingSettings,
    device: str = "cpu",
    *,
    numbers: Numbers | None = None,
    symmetric: Collection[int] = (),
    watch: Watch = Watch(),
    tensorboard: Path | None = None,
) -> GraphEmbedding:
    """Train a model on a part of the facts, measure it and the baselines on the rest, and train it again on all.

    Args:
        adjacency: The graph.
        settings: How.
        device: Torch device.
        numbers: Of the entities, which are trained on too, by the model and by the rules.
        symmetric: Relations whose facts hold both ways.
        watch: Who is told how far it is.
        tensorboard: Folder for TensorBoard's event files.

    Raises:
        GraphError: The graph has too few facts.
    """
    n_entities, n_relations = len(adjacency.entities), len(adjacency.relations)
    facts = triples_of(adjacency)
    held = split_triples(facts, n_entities, n_relations, settings.seed, symmetric=symmetric)
    context = context_of(numbers or {}, n_entities, n_relations)
    split = with_context(held, context)
    watch.say(f"Training {settings.model} on {len(split.train):,} facts")
    trained = train(
        split, settings, device, progress=lambda epoch: watch.epoch(epoch, settings.epochs), tensorboard=tensorboard
    )
    metrics: dict[str, LinkMetrics] = {}
    for scorer in (ModelScorer(trained.model, settings.model), *baselines(split, watch.say)):
        watch.say(f"Measuring {scorer.name}")
        metrics[scorer.name + VALID] = evaluate(scorer, split, split.valid)
        metrics[scorer.name] = evaluate(scorer, split, split.test)
    watch.say("Training on all facts")
    model = train_on_all(
        split, settings, trained.best_epoch, device, progress=lambda epoch: watch.epoch(epoch, trained.best_epoch)
    )
    model.whole.cpu()
    n_redundant = int(np.isin(facts[:, 1], [one.relation for one in held.redundant]).sum())
    counts = {
        "train": len(held.train),
        "valid": len(held.valid),
        "test": len(held.test),
        "numbers": len(context.triples),
        "reversed": len(facts) - len(held.facts) - n_redundant,
        "redundant": n_redundant,
    }
    return GraphEmbedding(
        model, settings, list(adjacency.entities), list(adjacency.predicates), metrics, trained.best_epoch, counts,
        context.entities, context.relations,
    )  # fmt: skip


def numbers_of(snapshot: Snapshot) -> Numbers:
    """Return the numeric facts of a domain's items by relation name, by row of the graph."""
    found = {}
    for name, values in snapshot.numbers.items():
        found[name] = np.full(len(snapshot.adjacency.entities), np.nan)
        found[name][snapshot.item_rows] = values
    return found


def baselines(split: TripleSplit, say: Callable[[str], None] = lambda _: None) -> list[TailScorer]:
    """Return the most frequent entities of each relation, and rules mined from the train part."""
    matrices = RelationMatrices(split.train, split.n_entities, split.n_relations)
    rules = mine_rules(matrices, MiningSettings(), say).rules
    return [PopularTails(split.train, split.n_entities, split.n_relations), RuleScorer(rules, matrices)]


def device_of(name: str) -> str:
    """Return the torch device that "auto", "cpu" or "cuda" means."""
    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
