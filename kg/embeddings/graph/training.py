"""Training by sampled softmax over the tails, with early stopping on the filtered MRR of the validation part."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional

from kg.embeddings.graph.board import Board
from kg.embeddings.graph.evaluation import LinkMetrics, Scores, evaluate
from kg.embeddings.graph.models import MODELS, GraphModel, ModelName
from kg.embeddings.graph.triples import KnownTails, Rows, TripleSplit, with_inverses

METHOD = 2
"""Raised where the same settings give another model or other metrics than before, so that those are not taken for
these: from 2 on, symmetric facts are known from both ends, and an entity is no answer to its own question."""

PASSES = 40
"""Over the facts of rows that are fitted beside others that stand still."""

VALID_SAMPLE = 1000
"""Validation facts, drawn once, that early stopping looks at; the metrics that are told are over all of them."""


class TrainingSettings(BaseModel):
    """How a model is trained.

    Attributes:
        dim: Numbers an entity has.
        epochs: Most passes over the facts.
        batch: Queries a step.
        negatives: Entities drawn a step, which all its queries share; as many as there are: all of them.
        learning_rate: Of Adagrad.
        penalty: Weight of the third power of the factors (N3; Lacroix et al., ICML 2018).
        scale: What a distance is multiplied by before the softmax, as unit vectors are never far apart.
        patience: Looks at the validation part without a better MRR, after which training ends.
        every: Epochs between the looks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelName = "complex"
    dim: int = Field(default=128, ge=2, le=4096, multiple_of=2)
    epochs: int = Field(default=60, ge=1, le=10_000)
    batch: int = Field(default=256, ge=1)
    negatives: int = Field(default=2048, ge=1)
    learning_rate: float = Field(default=0.1, gt=0)
    penalty: float = Field(default=0.0, ge=0)
    scale: float = Field(default=10.0, gt=0)
    patience: int = Field(default=3, ge=1)
    every: int = Field(default=3, ge=1)
    seed: int = 0

    @property
    def digest(self) -> str:
        """Names what is trained with these settings, by the method of now."""
        return hashlib.blake2b(f"{METHOD} {self.model_dump_json()}".encode(), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass came to; `valid_mrr` is None where the validation part was not looked at."""

    number: int
    loss: float
    valid_mrr: float | None = None


@dataclass(frozen=True)
class Trained:
    """A model at its best epoch.

    Attributes:
        valid: Over the whole validation part.
    """

    model: GraphModel
    settings: TrainingSettings
    epochs: tuple[Epoch, ...]
    best_epoch: int
    valid: LinkMetrics


@dataclass
class ModelScorer:
    """A model as the evaluation asks it."""

    model: GraphModel
    name: str = "model"

    @torch.no_grad()
    def scores(self, queries: Rows) -> Scores:
        device = self.model.module.node_emb.weight.device
        asked, everything = (
            torch.from_numpy(queries).to(device),
            torch.arange(self.model.module.num_nodes, device=device),
        )
        found: Scores = self.model.scores(asked[:, 0], asked[:, 1], everything).cpu().numpy()
        return found


def train(
    split: TripleSplit,
    settings: TrainingSettings,
    device: str = "cpu",
    *,
    progress: Callable[[Epoch], None] = lambda _: None,
    tensorboard: Path | None = None,
) -> Trained:
    """Train a model on the train part; one seed and one device give one model.

    Args:
        split: The facts.
        settings: How.
        device: Torch device.
        progress: Told after each epoch.
        tensorboard: Folder for TensorBoard's event files; None: none are written.
    """
    run = _Run(split, settings, device)
    epochs: list[Epoch] = []
    best, state = Epoch(0, 0.0, -1.0), run.state()
    with Board(tensorboard) as board:
        for number in range(1, settings.epochs + 1):
            loss, looked = run.epoch(), number % settings.every == 0 or number == settings.epochs
            epochs.append(Epoch(number, loss, run.valid_mrr() if looked else None))
            board.write(epochs[-1])
            progress(epochs[-1])
            if looked and (epochs[-1].valid_mrr or 0.0) > (best.valid_mrr or 0.0):
                best, state = epochs[-1], run.state()
            if number - best.number >= settings.patience * settings.every:
                break
        run.model.whole.load_state_dict(state)
        valid = evaluate(ModelScorer(run.model), split, split.valid)
        board.finish(valid)
    return Trained(run.model, settings, tuple(epochs), best.number, valid)


def train_on_all(
    split: TripleSplit,
    settings: TrainingSettings,
    epochs: int,
    device: str = "cpu",
    *,
    progress: Callable[[Epoch], None] = lambda _: None,
) -> GraphModel:
    """Train a model on all facts, those held out too, for a number of epochs that validation found best."""
    nothing = split.valid[:0]
    run = _Run(replace(split, train=split.facts, valid=nothing, test=nothing), settings, device)
    for number in range(1, epochs + 1):
        progress(Epoch(number, run.epoch()))
    return run.model


@dataclass(frozen=True, slots=True)
class Movable:
    """What of a model may change.

    Attributes:
        entities: Shape (n_entities,).
        relations: Shape (2 * n_relations,): the relations and, after them, their inverses.
    """

    entities: npt.NDArray[np.bool_]
    relations: npt.NDArray[np.bool_]


def fit_rows(model: GraphModel, facts: Rows, n_relations: int, settings: TrainingSettings, movable: Movable) -> None:
    """Fit some rows of a model to the facts that they are in, with all others as they are.

    Args:
        model: Gets the frequencies of the facts, too, beside those that it counts of other relations.
        facts: All that are known, shape (n, 3).
        n_relations: Of the model, inverses not counted.
        settings: Those of the training.
        movable: The rows.
    """
    near = movable.entities[facts[:, [0, 2]]].any(axis=1) | movable.relations[facts[:, 1]]
    nothing = facts[:0]
    split = TripleSplit(facts, nothing, nothing, nothing, (), len(movable.entities), n_relations)
    run = _Run(split, settings, "cpu", model=model, learned=facts[near], movable=movable)
    for _ in range(PASSES if near.any() else 0):
        run.epoch()


def new_model(settings: TrainingSettings, n_entities: int, n_relations: int) -> GraphModel:
    """Return an untrained model for a graph of `n_relations` relations, inverses not counted."""
    return MODELS[settings.model](n_entities, 2 * n_relations, settings.dim, settings.seed, settings.scale)


class _Run:
    """The state of one training.

    Args:
        split: The facts; those to train on are known to be right, and are counted.
        settings: How.
        device: Torch device.
        model: To go on with; None: a new one.
        learned: Of the facts to train on, those that it goes through; None: all.
        movable: What may change; None: everything.
    """

    def __init__(
        self,
        split: TripleSplit,
        settings: TrainingSettings,
        device: str,
        *,
        model: GraphModel | None = None,
        learned: Rows | None = None,
        movable: Movable | None = None,
    ) -> None:
        self._settings = settings
        self._split = split
        self._device = device
        self._movable = movable
        self.model = model or new_model(settings, split.n_entities, split.n_relations)
        facts = with_inverses(split.train, split.n_relations)
        places = torch.from_numpy(facts[:, 1]), torch.from_numpy(facts[:, 2])
        self.model.frequencies.counts.index_put_(places, torch.tensor(1.0), accumulate=True)
        self.model.whole.to(device)
        self._known = KnownTails(with_inverses(split.learnable, split.n_relations), split.n_relations)
        self._both = facts if learned is None else with_inverses(learned, split.n_relations)
        self._rng = np.random.default_rng(settings.seed)
        torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]  # warned of if unsaid
        self._optimizer = torch.optim.Adagrad(self.model.whole.parameters(), settings.learning_rate)
        chosen = self._rng.permutation(len(split.valid))[:VALID_SAMPLE]
        self._valid = split.valid[np.sort(chosen)]

    def epoch(self) -> float:
        """Go once through the facts, from both ends, and return the mean loss."""
        order, size = self._rng.permutation(len(self._both)), self._settings.batch
        total = 0.0
        for start in range(0, len(order), size):
            batch = self._both[order[start : start + size]]
            loss = self._loss(batch)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if self._movable is not None:
                _hold_still(self.model, self._movable)
            self._optimizer.step()
            total += float(loss.detach()) * len(batch)
        return total / len(order)

    def valid_mrr(self) -> float:
        return evaluate(ModelScorer(self.model), self._split, self._valid).mrr

    def state(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.model.whole.state_dict().items()}

    def _loss(self, batch: Rows) -> Tensor:
        """Return the softmax's cross-entropy of the right tails among the drawn entities.

        A drawn entity stands for `n_entities / drawn` of them, and its logit is raised accordingly, so that the loss
        is in expectation near that over all entities. Drawn tails that are known to be right do not count, and neither
        do heads, which nobody asks about: it would cost a translation its shortest ones to keep them away.
        """
        model, settings = self.model, self._settings
        drawn, others = self._drawn(), self._split.n_entities
        heads, relations, tails = torch.from_numpy(batch.T.copy()).to(self._device)
        right = model.known_scores(heads, relations, tails)
        wrong = model.scores(heads, relations, torch.from_numpy(drawn).to(self._device)) + math.log(others / len(drawn))
        wrong = wrong.masked_fill(self._not_wrong(batch, drawn), float("-inf"))
        logits = torch.cat([right[:, None], wrong], dim=1)
        target = torch.zeros(len(batch), dtype=torch.long, device=self._device)
        loss = functional.cross_entropy(logits, target)
        for factor in model.factors(heads, relations, tails) if settings.penalty else []:
            loss = loss + settings.penalty * factor.abs().pow(3).sum() / len(batch)
        return loss

    def _drawn(self) -> Rows:
        n, wanted = self._split.n_entities, self._settings.negatives
        return np.arange(n) if wanted >= n else np.sort(self._rng.choice(n, wanted, replace=False))

    def _not_wrong(self, batch: Rows, drawn: Rows) -> Tensor:
        """Return which drawn entities are right tails, or the head itself, shape (n_queries, n_drawn)."""
        at, tails = self._known.places(batch[:, :2])
        at, tails = np.concatenate([at, np.arange(len(batch))]), np.concatenate([tails, batch[:, 0]])
        places = np.searchsorted(drawn, tails)
        found = (places < len(drawn)) & (drawn[np.minimum(places, len(drawn) - 1)] == tails)
        mask = np.zeros((len(batch), len(drawn)), bool)
        mask[at[found], places[found]] = True
        return torch.from_numpy(mask).to(self._device)


def _hold_still(model: GraphModel, movable: Movable) -> None:
    """Take the gradients of what may not change away."""
    for name, value in model.whole.named_parameters():
        mask = {"node": movable.entities, "rel": movable.relations}.get(name.split(".")[1].split("_")[0])
        if value.grad is None or mask is None:  # what a frequency weighs is not for a few facts to say
            value.grad = None
            continue
        gradient = value.grad.coalesce() if value.grad.is_sparse else value.grad.to_sparse(1).coalesce()
        rows = gradient.indices()[0]
        may = torch.from_numpy(mask)[rows]
        value.grad = torch.sparse_coo_tensor(rows[may][None], gradient.values()[may], value.shape)
