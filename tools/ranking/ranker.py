"""The tool `rank_items`: scores that are sums of parts, each part a sum over what it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg import artefacts
from kg.errors import ArtefactError
from kg.snapshot import Snapshot
from kg.types import Iri, Triple
from tools.constraints import Constraint, ConstraintMasks, EntityConstraint
from tools.errors import ToolError
from tools.nearest import NearestItems
from tools.ranking.attributes import item_attributes
from tools.ranking.ease import fit_ease
from tools.result import clipped

Scores = npt.NDArray[np.float32]

WEIGHTS: Mapping[str, float] = {"history": 1.0, "graph": 0.4, "like": 2.0, "wish": 1.5, "query": 1.0, "prior": 0.1}
"""Weight of each part after it is scaled to unit spread over the catalogue."""

SUPPORT = 50.0
"""An example's neighbours in the interactions count half as much as its facts and text once so many users liked it."""

DISLIKED = -0.5
"""What a history item below the liking threshold adds, per unit of what a liked one does, to the graph part only."""


@dataclass(frozen=True, slots=True)
class RankRequest:
    """What is to be ranked.

    Attributes:
        history: The user's values by item column.
        like: Columns of items that the request names as examples.
        prefer: Entities that items should rather be related to, without having to.
        query: Free text that the items' documents are compared with; empty: no query part.
        constraints: What items must or must not be.
        exclude: Columns that are never returned.
        k: Length of the list, k >= 1.
    """

    history: Mapping[int, float] = field(default_factory=dict)
    like: Sequence[int] = ()
    prefer: Sequence[Iri] = ()
    query: str = ""
    constraints: Sequence[Constraint] = ()
    exclude: Sequence[int] = ()
    k: int = 5


@dataclass(frozen=True, slots=True)
class Share:
    """What one history item, example or wish adds to an item's score; `iri` is empty for the query and the prior."""

    part: str
    iri: str
    value: float


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


class Ranker:
    """Ranks by history (EASE), graph (shared entities), examples, wishes, query text and popularity.

    Each part is linear in what it rests on: a matrix of shares, one row a cause, whose column sums are the part. So a
    score is the sum of its shares, exactly.
    """

    def __init__(
        self, snapshot: Snapshot, nearest: NearestItems, item_item: Scores, attributes: sparse.csr_matrix
    ) -> None:
        self._snapshot = snapshot
        self._nearest = nearest
        self._item_item = item_item
        self._attributes = attributes
        self.masks = ConstraintMasks(snapshot)

    def rank(self, request: RankRequest) -> RankResult:
        """Return the `k` best items that the constraints allow.

        Raises:
            ToolError: k is not in 1..n_items.
        """
        n_items = len(self._snapshot.items)
        if not 1 <= request.k <= n_items:
            raise ToolError(f"k must be in 1..{n_items} (the size of the catalogue), got {request.k}")
        allowed = np.ones(n_items, bool)
        allowed[[*request.exclude, *request.like]] = False
        filtered = self.masks.apply(request.constraints, allowed)
        causes = self.causes(request)
        totals = _total(causes)
        columns = _best(np.where(filtered.allowed, totals, -np.inf), min(request.k, int(filtered.allowed.sum())))
        items = tuple(self._scored(column, rank, causes) for rank, column in enumerate(columns.tolist(), start=1))
        return RankResult(items, filtered.removed_by, filtered.emptied_by)

    def score(self, request: RankRequest, column: int) -> tuple[Scored, int]:
        """Return one item with its shares, and its rank among the items that are not excluded."""
        causes = self.causes(request)
        totals = _total(causes)
        others = np.ones(len(totals), bool)
        others[[one for one in (*request.exclude, *request.like) if one != column]] = False
        ahead = (totals > totals[column]) | ((totals == totals[column]) & (np.arange(len(totals)) < column))
        rank = 1 + int((ahead & others).sum())
        return self._scored(column, rank, causes), rank

    def causes(self, request: RankRequest) -> list["Cause"]:
        """Return everything that moves a score, scaled and weighted."""
        parts = [
            self._history(request),
            self._graph(request),
            self._like(request),
            self._wish(request),
            self._query(request),
            self._prior(),
        ]
        return [cause for part in parts for cause in _scaled(part)]

    def _history(self, request: RankRequest) -> list["Cause"]:
        liked = [column for column, value in request.history.items() if self._likes(value)]
        return [Cause("history", self._snapshot.items[column], np.asarray(self._item_item[column])) for column in liked]

    def _graph(self, request: RankRequest) -> list["Cause"]:
        columns = list(request.history)
        signs = [1.0 if self._likes(value) else DISLIKED for value in request.history.values()]
        similar = self._shared(columns)
        scale = 1.0 / max(len(columns), 1)
        return [
            Cause("graph", self._snapshot.items[column], row * np.float32(sign * scale))
            for column, sign, row in zip(columns, signs, similar, strict=True)
        ]

    def _like(self, request: RankRequest) -> list["Cause"]:
        columns = list(request.like)
        if not columns:
            return []
        liked_by = self._snapshot.interactions.popularity[columns][:, None]
        together = _unit(self._item_item[columns]) * (liked_by / (liked_by + SUPPORT))
        rows = self._shared(columns) + self._nearest.similarities_to(columns) + together
        return [Cause("like", self._snapshot.items[column], row) for column, row in zip(columns, rows, strict=True)]

    def _wish(self, request: RankRequest) -> list["Cause"]:
        wishes = [(iri, self.masks.mask(EntityConstraint(iri, ""))) for iri in request.prefer]
        return [Cause("wish", iri, mask.astype(np.float32)) for iri, mask in wishes]

    def _query(self, request: RankRequest) -> list["Cause"]:
        return [Cause("query", "", self._nearest.similarities(request.query))] if request.query else []

    def _prior(self) -> list["Cause"]:
        return [Cause("prior", "", np.log1p(self._snapshot.interactions.popularity))]

    def _shared(self, columns: Sequence[int]) -> Scores:
        """Return the attribute cosine of some items to every item, shape (len(columns), n_items)."""
        if not columns:
            return np.empty((0, self._attributes.shape[0]), np.float32)
        return np.asarray((self._attributes[columns] @ self._attributes.T).todense(), np.float32)

    def _likes(self, value: float) -> bool:
        threshold = self._snapshot.interactions.liked_from
        return threshold is None or value >= threshold

    def _scored(self, column: int, rank: int, causes: Sequence["Cause"]) -> Scored:
        shares = [Share(cause.part, cause.iri, float(cause.values[column])) for cause in causes]
        parts: dict[str, float] = {}
        for share in shares:
            parts[share.part] = parts.get(share.part, 0.0) + share.value
        told = tuple(sorted((share for share in shares if share.value), key=lambda share: -abs(share.value)))
        iri = Iri(self._snapshot.items[column])
        return Scored(iri, self._snapshot.label(iri), rank, sum(parts.values()), parts, told)


@dataclass(frozen=True, slots=True)
class Cause:
    """One history item, example or wish, with what it adds to every item's score: shape (n_items,)."""

    part: str
    iri: str
    values: Scores


def open_ranker(snapshot: Snapshot, nearest: NearestItems) -> Ranker:
    """Return the ranker of a domain, fitting its item-item model first where that is missing.

    Raises:
        ArtefactError: The fitted model is damaged.
    """
    folder = artefacts.stage(
        snapshot.folder / "ranking",
        lambda partial: np.save(partial / "item_item.npy", fit_ease(snapshot.interactions.liked)),
    )
    try:
        item_item = np.load(folder / "item_item.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise ArtefactError(f"cannot read the ranking model in {folder}: {error}; remove the folder.") from error
    return Ranker(snapshot, nearest, item_item, item_attributes(snapshot))


def _scaled(part: Sequence[Cause]) -> list[Cause]:
    """Scale the causes of one part by one number, so that the part has its weight as spread over the catalogue."""
    if not part:
        return []
    spread = float(_total(part).std())
    factor = np.float32(WEIGHTS[part[0].part] / spread) if spread > 1e-9 else np.float32(0.0)
    return [Cause(cause.part, cause.iri, cause.values * factor) for cause in part]


def _total(causes: Sequence[Cause]) -> npt.NDArray[np.float64]:
    totals: npt.NDArray[np.float64] = np.stack([cause.values for cause in causes]).sum(axis=0, dtype=np.float64)
    return totals


def _unit(rows: Scores) -> Scores:
    """Scale each row so that its largest entry is 1; a row of zeros stays."""
    top = np.abs(rows).max(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(top, 1e-9), np.float32)


def _best(totals: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    return np.argsort(-totals, kind="stable")[:count]
