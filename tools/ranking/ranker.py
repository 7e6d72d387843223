"""The tool `rank_items`: scores that are sums of parts, each part a sum over what it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kg import artefacts
from kg.snapshot import Progress, Snapshot
from kg.types import Iri, Triple
from tools.constraints import Constraint, ConstraintMasks, EntityConstraint, Filtered
from tools.errors import ToolError
from tools.nearest import NearestItems
from tools.ranking.attributes import item_attributes
from tools.ranking.diversity import rerank
from tools.ranking.ease import MAX_ITEMS, covered_share
from tools.ranking.fitting import fit_hybrid
from tools.ranking.history import weigh
from tools.ranking.hybrid import Hybrid, Values
from tools.ranking.kinds import kind_lift
from tools.ranking.settings import ranking_settings
from tools.ranking.threads import one_thread
from tools.ranking.vectors import needed_item_vectors
from tools.result import clipped

WEIGHTS: Mapping[str, float] = {"like": 2.0, "wish": 1.5, "query": 1.0}
"""Weight of each part of the request after it is scaled to unit spread over the catalogue."""

SUPPORT = 50.0
"""An example's neighbours in the interactions count half as much as its facts and text once so many users liked it."""

DECIMALS = 9
"""Scores that are equal to so many decimals are equal: sums in another order differ in the last bits."""


@dataclass(frozen=True, slots=True)
class RankRequest:
    """What is to be ranked.

    Attributes:
        history: The user's values by item column.
        moments: When they were given, in seconds, by item column; see `weigh`.
        like: Columns of items that the request names as examples.
        prefer: Entities that items should rather be related to, without having to.
        query: Free text that the items' documents are compared with; empty: no query part.
        constraints: What items must or must not be.
        exclude: Columns that are never returned.
        k: Length of the list, k >= 1.
        spoken: Whether the user told us what is liked, so that popularity need not stand in for it.
        explore: How much more than usual the facts speak for items that nobody liked yet, in [0, 1].
        diversity: How much unlike each other the items are, at the cost of their scores, in [0, 1]; see `rerank`.
        user_attributes: Of the user, by their columns; see `kg.user_attributes`.
    """

    history: Mapping[int, float] = field(default_factory=dict)
    moments: Mapping[int, float] = field(default_factory=dict)
    like: Sequence[int] = ()
    prefer: Sequence[Iri] = ()
    query: str = ""
    constraints: Sequence[Constraint] = ()
    exclude: Sequence[int] = ()
    k: int = 5
    spoken: bool = False
    explore: float = 0.0
    diversity: float = 0.0
    user_attributes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """What one cause adds to an item's score.

    Attributes:
        part: history (what users who liked this item liked besides), graph (what is related to the item), fused (what
            the history's vectors are near to), user (what people with an attribute of the user like), like, wish,
            kind (what people like who like what is demanded), query or prior.
        iri: The history item, example, wish or kind; empty for the user, the query and the prior.
        value: May be negative.
        via: The entity that speaks for the item, in the graph part; else empty.
        name: The user's attribute, in its part; else empty.
    """

    part: str
    iri: str
    value: float
    via: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """An item with its score, the parts that sum to it, and the shares that sum to the parts."""

    iri: Iri
    label: str
    rank: int
    score: float
    parts: dict[str, float]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class RankResult:
    """The best items, best first; equal scores keep catalogue order."""

    items: tuple[Scored, ...]
    removed_by: dict[str, int]
    emptied_by: str | None

    @property
    def text(self) -> str:
        if not self.items:
            return f"nothing is left: {self.emptied_by or 'all items are seen'}"
        return clipped("ranked: " + ", ".join(f"{item.rank}. {item.label}" for item in self.items))

    @property
    def size(self) -> int:
        return len(self.items)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Cause:
    """One example, wish, kind or query, with what it adds to every item's score: shape (n_items,)."""

    part: str
    iri: str
    values: Values


class Kinds:
    """The kinds of items that a request demands, each with what people like who like it; looked up where it counts."""

    def __init__(self, model: Hybrid, masks: ConstraintMasks, constraints: Sequence[Constraint]) -> None:
        self.model, self._masks = model, masks
        self._demanded = [one for one in constraints if isinstance(one, EntityConstraint) and one.wanted]

    def weighted(self, weight: float) -> list[Cause]:
        """Return the lifts times a weight; none where it is 0."""
        return [replace(one, values=one.values * weight) for one in self._lifts] if weight else []

    @cached_property
    def _lifts(self) -> list[Cause]:
        likes = self.model.collaborative.likes
        return [Cause("kind", one.iri, kind_lift(likes, self._masks.mask(one))) for one in self._demanded]


class Ranker:
    """Ranks by history, graph, examples, wishes, demanded kinds, query text and popularity.

    Every part is a sum of shares, one a cause: so a score is the sum of its shares, exactly.
    """

    def __init__(self, snapshot: Snapshot, nearest: NearestItems, model: Hybrid) -> None:
        self._snapshot = snapshot
        self._nearest = nearest
        self._model = model
        self.masks = ConstraintMasks(snapshot)

    @property
    def model(self) -> Hybrid:
        """The fitted model; may be exchanged at any time, so whoever needs it twice keeps it."""
        return self._model

    def swap(self, model: Hybrid) -> None:
        """Rank by another model from now on; rankings under way end with the one that they began with."""
        self._model = model

    def rank(self, request: RankRequest) -> RankResult:
        """Return the `k` best items that the constraints allow.

        Raises:
            ToolError: k, `explore` or `diversity` is out of its range.
        """
        self._check(request)
        with one_thread():
            scoring = self.scoring(request)
            filtered = scoring.filtered
            columns = rerank(scoring.best(), scoring.totals, scoring.model.attributes, request.k, request.diversity)
            return RankResult(tuple(scoring.scored(columns)), filtered.removed_by, filtered.emptied_by)

    def scoring(self, request: RankRequest) -> "Scoring":
        """Return the scores of all items under a request."""
        model = self._model
        causes = [
            cause
            for part in (self._like(model, request), self._wish(request), self._query(request))
            for cause in _scaled(part)
        ]
        kinds = Kinds(model, self.masks, request.constraints)
        allowed = np.ones(len(self._snapshot.items), bool)
        allowed[[*request.exclude, *request.like]] = False
        filtered = self.masks.apply(request.constraints, allowed)
        return Scoring(self._snapshot, causes, kinds, request, filtered)

    def _check(self, request: RankRequest) -> None:
        n_items = len(self._snapshot.items)
        if not 1 <= request.k <= n_items:
            raise ToolError(f"k must be in 1..{n_items} (the size of the catalogue), got {request.k}")
        for name in ("explore", "diversity"):
            value = getattr(request, name)
            if not 0 <= value <= 1:
                raise ToolError(f"{name} must be in 0..1, got {value:g}")

    def _like(self, model: Hybrid, request: RankRequest) -> list[Cause]:
        columns = list(request.like)
        if not columns:
            return []
        liked_by = model.popularity[columns].astype(np.float64)[:, None]
        together = np.stack([model.together(column) for column in columns])
        together[np.arange(len(columns)), columns] = 0.0
        together = _unit(together) * (liked_by / (liked_by + SUPPORT))
        shared = (model.attributes[columns] @ model.attributes.T).toarray()
        rows = shared + self._nearest.similarities_to(columns) + together
        return [Cause("like", self._snapshot.items[column], row) for column, row in zip(columns, rows, strict=True)]

    def _wish(self, request: RankRequest) -> list[Cause]:
        wishes = [(iri, self.masks.mask(EntityConstraint(iri, ""))) for iri in request.prefer]
        return [Cause("wish", iri, mask.astype(np.float64)) for iri, mask in wishes]

    def _query(self, request: RankRequest) -> list[Cause]:
        if not request.query:
            return []
        return [Cause("query", "", self._nearest.similarities(request.query).astype(np.float64))]


class Scoring:
    """The scores of all items under one request.

    Attributes:
        history: The user's history, weighed.
        filtered: What may be listed, and what each constraint removed.
        totals: Shape (n_items,).
        model: That they come from.
    """

    def __init__(
        self, snapshot: Snapshot, causes: Sequence[Cause], kinds: Kinds, request: RankRequest, filtered: Filtered
    ) -> None:
        liked_from = snapshot.interactions.liked_from
        self._snapshot = snapshot
        self.model = model = kinds.model
        self._given, self._kinds = causes, kinds
        self._request = request
        history = weigh(request.history, request.moments, liked_from, model.settings)
        self.history = history = replace(history, user_attributes=request.user_attributes)
        self.filtered = filtered
        self._wished = wished = request.spoken or bool(causes)
        self._causes = [*causes, *kinds.weighted(model.kind_weight(history, wished=wished))]
        self.totals = model.totals(history, explore=request.explore, wished=wished)
        for cause in self._causes:
            self.totals += cause.values

    @property
    def allowed(self) -> npt.NDArray[np.bool_]:
        """Shape (n_items,): what may be listed."""
        return self.filtered.allowed

    def without(self, columns: Sequence[int]) -> "Scoring":
        """Return the scores as if some items were not in the history; what may be listed stays."""
        gone = set(columns)
        left = {column: value for column, value in self._request.history.items() if column not in gone}
        return self._with(replace(self._request, history=left), self.filtered)

    def liking(self, columns: Sequence[int]) -> "Scoring":
        """Return the scores as if the user said now that some items are liked, which are then listed no more."""
        request, interactions = self._request, self._snapshot.interactions
        history = {**request.history, **dict.fromkeys(columns, interactions.liked_from or 1.0)}
        timed = interactions.times is not None or request.moments
        moments = {**request.moments, **dict.fromkeys(columns, np.inf)} if timed else {}
        allowed = self.allowed.copy()
        allowed[list(columns)] = False
        changed = replace(request, history=history, moments=moments, spoken=True)
        return self._with(changed, replace(self.filtered, allowed=allowed))

    def _with(self, request: RankRequest, filtered: Filtered) -> "Scoring":
        return Scoring(self._snapshot, self._given, self._kinds, request, filtered)

    def without_fact(self, column: int, entity: int) -> float:
        """Return the score of an item if it were not related to an entity, by its row; see `Hybrid.without_fact`.

        A wish for the entity is not met then; the likeness to an example stays.
        """
        change = self.model.without_fact(self.history, column, entity, explore=self._request.explore)
        iri = self._snapshot.adjacency.entities[entity]
        met = sum(float(cause.values[column]) for cause in self._causes if cause.part == "wish" and cause.iri == iri)
        return float(self.totals[column]) + change - met

    def near(self, column: int, count: int) -> list[int]:
        """Return the items that go with an item most, best first, of those that may be listed, without itself."""
        likeness = np.where(self.allowed, self.model.together(column), -np.inf)
        likeness[[*self.history.columns.tolist(), column]] = -np.inf
        order = np.argsort(-np.round(likeness, DECIMALS), kind="stable")[:count]
        return [int(one) for one in order if np.isfinite(likeness[one])]

    def best(self) -> npt.NDArray[np.int64]:
        """Return the columns that may be listed, best first; equal scores keep catalogue order."""
        order = np.argsort(-np.round(self.totals, DECIMALS), kind="stable")
        return order[self.allowed[order]]

    def explained(self, column: int) -> tuple[Scored, int]:
        """Return an item with its shares, and its rank among itself and what may be listed."""
        rank = self.rank_of(column)
        return replace(self.scored(np.array([column]))[0], rank=rank), rank

    def rank_of(self, column: int) -> int:
        """Return the rank of an item among what may be listed and itself."""
        rounded = np.round(self.totals, DECIMALS)
        ahead = (rounded > rounded[column]) | ((rounded == rounded[column]) & (np.arange(len(rounded)) < column))
        return 1 + int((ahead & self.allowed).sum())

    def scored(self, columns: npt.NDArray[np.int64]) -> list[Scored]:
        """Return items with their shares, ranked in the order given."""
        items = self._snapshot.items
        told: list[list[Share]] = [[] for _ in columns]
        explore = self._request.explore
        for part in self.model.shares(self.history, columns, explore=explore, wished=self._wished):
            for cause, entity, place, value in zip(part.causes, part.entities, part.places, part.values, strict=True):
                iri = items[cause] if cause >= 0 else ""
                via = self._snapshot.adjacency.entities[entity] if entity >= 0 else ""
                told[place].append(Share(part.part, iri, float(value), via, part.name))
        for cause in self._causes:
            for place, column in enumerate(columns):
                told[place].append(Share(cause.part, cause.iri, float(cause.values[column])))
        return [
            self._item(int(column), rank, shares)
            for rank, (column, shares) in enumerate(zip(columns, told, strict=True), start=1)
        ]

    def _item(self, column: int, rank: int, shares: Sequence[Share]) -> Scored:
        parts: dict[str, float] = {}
        for share in shares:
            parts[share.part] = parts.get(share.part, 0.0) + share.value
        moving = sorted((share for share in shares if share.value), key=lambda share: -abs(share.value))
        iri = Iri(self._snapshot.items[column])
        return Scored(iri, self._snapshot.label(iri), rank, sum(parts.values()), parts, tuple(moving))


def open_model(snapshot: Snapshot, device: str = "cpu", progress: Progress = lambda _: None) -> Hybrid:
    """Return the model of a domain, fitted on its history first where that was not done yet.

    Args:
        snapshot: The domain.
        device: Where many users are scored at once.
        progress: Told before a fit, and told what the item-item model of a large catalogue leaves out.

    Raises:
        ArtefactError: The fitted model is damaged, or the settings want a graph embedding that is not there.
        ManifestError: The domain's settings are wrong.
    """
    attributes = item_attributes(snapshot)
    settings = ranking_settings(snapshot.domain.folder, snapshot.interactions)

    def fit(partial: Path) -> None:
        progress("Fitting the ranker")
        liked = snapshot.interactions.liked
        left_out = 1 - covered_share(liked)
        if left_out and settings.items_together:
            progress(
                f"The item-item model covers the {MAX_ITEMS:,} most liked of {liked.shape[1]:,} items; the other "
                f"{left_out:.1%} of the likes are left to the factors"
            )
        vectors = needed_item_vectors(snapshot, settings.fused, progress)
        fit_hybrid(snapshot.interactions, attributes, settings, vectors=vectors).save(partial)

    return Hybrid.load(
        artefacts.stage(snapshot.folder / f"ranking-{settings.digest}{snapshot.doubts}", fit), attributes, device
    )


def open_ranker(
    snapshot: Snapshot, nearest: NearestItems, device: str = "cpu", progress: Progress = lambda _: None
) -> Ranker:
    """Return the ranker of a domain; see `open_model` for arguments and errors."""
    return Ranker(snapshot, nearest, open_model(snapshot, device, progress))


def _scaled(part: Sequence[Cause]) -> list[Cause]:
    """Scale the causes of one part by one number, so that the part has its weight as spread over the catalogue."""
    if not part:
        return []
    spread = float(np.sum([cause.values for cause in part], axis=0).std())
    factor = WEIGHTS[part[0].part] / spread if spread > 1e-9 else 0.0
    return [Cause(cause.part, cause.iri, cause.values * factor) for cause in part]


def _unit(rows: Values) -> Values:
    """Scale each row so that its largest entry is 1; a row of zeros stays."""
    scaled: Values = rows / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-9)
    return scaled
