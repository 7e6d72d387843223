"""Newcomers of whom nothing is known but a wish that they type: lists of what meets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from eval.few_shot import Newcomers
from eval.models import RankingModel, Scores
from eval.ours import NAME, Ours
from eval.ranking import Trial, differences_from
from eval.report import WishReport, WishScore
from eval.significance import Bootstrap
from eval.split import Split, pick_rows
from kg.embeddings.text import Encoder, item_vectors
from kg.interactions import Interactions
from kg.snapshot import Progress, Snapshot
from kg.types import Iri
from tools.constraints import ConstraintMasks, EntityConstraint
from tools.nearest import NearestItems, VectorIndex
from tools.ranking.ranker import Ranker, RankRequest

LEAST = 10
"""Items that must be of a kind for somebody to wish for it; who wishes for one film asks for the film."""

UNMET = np.float32(1e6)
"""What an item loses that does not meet the wish: it comes after all that do."""

SHOWN = 5


@dataclass(frozen=True)
class Wishes:
    """What newcomers wish for, and what of it they liked later.

    Attributes:
        kinds: The entity that each user wishes items to be related to.
        met: Shape (n_users, n_items): what meets the wish.
        split: Without any history; relevant is what was liked later and meets the wish.
    """

    kinds: Mapping[str, Iri]
    met: npt.NDArray[np.bool_]
    split: Split


def wishes_of(snapshot: Snapshot, newcomers: Newcomers) -> Wishes | None:
    """Return the wishes of newcomers; None where none of them later liked anything that meets theirs.

    A newcomer wishes for the entity that most of the first liked items are related to, the rarest of several, as
    "rock" or "comedy". These items are neither listed nor relevant, and no model is told of them.
    """
    first = newcomers.by_shots[max(newcomers.by_shots)].histories.liked
    related = _related(snapshot)
    of_kind = np.bincount(related.indices, minlength=related.shape[1])
    counts = np.asarray((first @ related).todense(), np.float64)
    counts[:, of_kind < LEAST] = 0.0
    counts[:, snapshot.item_rows] = 0.0
    chosen = np.argmax(counts - of_kind / (of_kind.max() + 1.0), axis=1)
    wishing = counts[np.arange(len(chosen)), chosen] > 0
    masks, entities = ConstraintMasks(snapshot), snapshot.adjacency.entities
    met = np.stack([masks.mask(EntityConstraint(entities[kind], "")) for kind in chosen]) & wishing[:, None]
    bare = newcomers.by_shots[min(newcomers.by_shots)]
    relevant = sparse.csr_matrix(bare.relevant.multiply(met))
    relevant.eliminate_zeros()
    rows = np.flatnonzero(np.diff(relevant.indptr))
    if not len(rows):
        return None
    split = replace(
        bare,
        histories=pick_rows(bare.histories, rows),
        seen=bare.seen[rows],
        relevant=relevant[rows],
        same_moment=None,
    )
    return Wishes({bare.users[row]: entities[chosen[row]] for row in rows}, met[rows], split)


def _related(snapshot: Snapshot) -> sparse.csr_matrix:
    """Return which entities each item is related to, shape (n_items, n_entities)."""
    adjacency, rows = snapshot.sound, snapshot.item_rows
    counts = np.diff(adjacency.indptr)[rows]
    edges = np.concatenate([np.empty(0, np.int64), *(np.arange(*adjacency.indptr[row : row + 2]) for row in rows)])
    places = np.repeat(np.arange(len(rows)), counts), adjacency.neighbours[edges.astype(np.int64)]
    shape = len(rows), len(adjacency.entities)
    found = sparse.csr_matrix((np.ones(len(edges), np.float32), places), shape=shape)
    found.data[:] = 1.0
    return found


@dataclass
class OursForWishes:
    """Our ranker with the wish as what it is in a request: a demand. It is fitted before."""

    ours: Ours
    nearest: NearestItems
    kinds: Mapping[str, Iri]
    name: str = NAME

    def fit(self, interactions: Interactions) -> None:
        """Nothing is left to be fitted."""

    def score(self, histories: Interactions) -> Scores:
        snapshot = self.ours.snapshot
        ranker = Ranker(snapshot, self.nearest, self.ours.model)
        rows: list[npt.NDArray[np.float64]] = []
        for user in histories.users:
            wish = EntityConstraint(self.kinds[user], "")
            known = histories.user_attributes.of(user)
            scoring = ranker.scoring(RankRequest(constraints=(wish,), user_attributes=known))
            rows.append(np.where(scoring.allowed, scoring.totals, scoring.totals - UNMET))
        return np.stack(rows).astype(np.float32)


@dataclass
class Met:
    """Another model that lists what meets the wish first."""

    model: RankingModel
    wishes: Wishes

    @property
    def name(self) -> str:
        return f"{self.model.name}, of what meets it"

    def fit(self, interactions: Interactions) -> None:
        self.model.fit(interactions)

    def score(self, histories: Interactions) -> Scores:
        places = {user: row for row, user in enumerate(self.wishes.split.users)}
        unmet = ~self.wishes.met[[places[user] for user in histories.users]]
        return np.asarray(self.model.score(histories) - unmet * UNMET, np.float32)


@dataclass
class TextSearch:
    """Scores items by the cosine of their text and the words of the wish."""

    snapshot: Snapshot
    nearest: NearestItems
    kinds: Mapping[str, Iri]
    name: str = "text search"

    def fit(self, interactions: Interactions) -> None:
        """Nothing is learned from interactions."""

    def score(self, histories: Interactions) -> Scores:
        labels = [self.snapshot.label(self.kinds[user]) for user in histories.users]
        found = {label: self.nearest.similarities(label) for label in dict.fromkeys(labels)}
        return np.stack([found[label] for label in labels])


def open_nearest(snapshot: Snapshot, encoder: Encoder, progress: Progress) -> NearestItems:
    """Return the search by text over a domain, on the CPU."""
    vectors = item_vectors(snapshot, encoder, progress)
    return NearestItems(snapshot, encoder, VectorIndex(vectors, "cpu"), vectors)


def wish_models(ours: Ours, popular: RankingModel, wishes: Wishes, nearest: NearestItems) -> list[RankingModel]:
    """Return what makes lists for wishes, from fitted models; ours is the first."""
    text = TextSearch(ours.snapshot, nearest, wishes.kinds)
    return [OursForWishes(ours, nearest, wishes.kinds), Met(popular, wishes), Met(text, wishes), text, popular]


def compare_wishes(snapshot: Snapshot, wishes: Wishes, trials: Sequence[Trial], seed: int) -> WishReport:
    """Return every model's measures; the first is ours, which all others are tested against in one family."""
    users = wishes.split.users
    bootstrap = Bootstrap(len(users), seed)
    differences = [None, *differences_from(trials[0], trials[1:], bootstrap)]
    labels = dict.fromkeys(snapshot.label(kind) for kind in wishes.kinds.values())
    return WishReport(
        n_users=len(users),
        examples=[*labels][:SHOWN],
        scores=[
            WishScore(
                trial.name, {name: bootstrap.estimate(values) for name, values in trial.values.items()}, difference
            )
            for trial, difference in zip(trials, differences, strict=True)
        ],
    )
