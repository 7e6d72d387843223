"""Taste: what is known of a user when a list is ranked; what was said last lies over the domain's history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from agent.ledger import Kind
from kg.types import Iri


class Remark(Protocol):
    """What a user said, in the ledger or in a conversation."""

    @property
    def kind(self) -> Kind: ...
    @property
    def iri(self) -> str: ...
    @property
    def value(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A remark of a conversation."""

    kind: Kind
    iri: str
    value: float | None = None


@dataclass(frozen=True)
class Taste:
    """What a ranking rests on.

    Attributes:
        history: Values by item that the ranking rests on.
        rated: The part of them that the user gave as a rating; nothing else may be called one.
        gone: Items that are not recommended any more.
        avoid, prefer: Entities that items must not, or should rather, be related to.
        moments: When the history's values were given, in seconds; one without a moment is the newest.
        spoken: Whether the user said anything of an item or an entity, here or in the ledger.
        user_attributes: What else the domain knows of the user, by column; see `kg.user_attributes`. The ranker alone
            is told of it.
    """

    history: dict[Iri, float] = field(default_factory=dict)
    rated: dict[Iri, float] = field(default_factory=dict)
    gone: frozenset[Iri] = frozenset()
    avoid: tuple[Iri, ...] = ()
    prefer: tuple[Iri, ...] = ()
    moments: dict[Iri, float] = field(default_factory=dict)
    spoken: bool = False
    user_attributes: tuple[int, ...] = ()


@dataclass(frozen=True)
class TasteOverlay:
    """What counts of a user's remarks: the latest opinion of each item and each entity.

    Attributes:
        ratings: By item.
        likings: By item, whether it is liked; an item has a rating or a liking, never both.
        seen: Items that are known to the user, without an opinion.
    """

    ratings: dict[Iri, float]
    likings: dict[Iri, bool]
    seen: frozenset[Iri]
    avoid: tuple[Iri, ...]
    prefer: tuple[Iri, ...]

    def over(self, known: Mapping[Iri, float], liked_from: float | None) -> Taste:
        """Lay the remarks over a history.

        A liking has no number. It stands aside for a rating that says the same; against one that says the contrary it
        takes its place in the ranking, and nobody is told of the rating any more. Where the domain has no
        threshold, its history holds what is liked and nothing else, so a disliked item is gone and moves nothing.
        """
        rated = {**known, **self.ratings}
        history = dict(rated)
        for iri, liked in self.likings.items():
            if iri in known and liked == (liked_from is None or known[iri] >= liked_from):
                continue
            rated.pop(iri, None)
            history.pop(iri, None)
            if liked or liked_from is not None:
                history[iri] = _value(liked_from, liked=liked)
        gone = frozenset([*history, *self.likings, *self.seen])
        return Taste(history, rated, gone, self.avoid, self.prefer)


def overlay(remarks: Iterable[Remark], items: Mapping[str, int]) -> TasteOverlay:
    """Return what counts of remarks in their order; `items` holds the catalogue, which may have lost an item."""
    ratings: dict[Iri, float] = {}
    likings: dict[Iri, bool] = {}
    seen: set[Iri] = set()
    wanted: dict[Iri, bool] = {}
    for one in remarks:
        iri = Iri(one.iri)
        if one.kind in ("avoid", "prefer"):
            wanted[iri] = one.kind == "prefer"
        elif iri not in items:
            continue
        elif one.kind == "seen":
            seen.add(iri)
        else:
            ratings.pop(iri, None)
            likings.pop(iri, None)
            if one.kind == "rating" and one.value is not None:
                ratings[iri] = one.value
            else:
                likings[iri] = one.kind == "like"
    avoid = tuple(iri for iri, liked in wanted.items() if not liked)
    return TasteOverlay(ratings, likings, frozenset(seen), avoid, tuple(iri for iri, liked in wanted.items() if liked))


def _value(liked_from: float | None, *, liked: bool) -> float:
    """Return the number that stands for a liking: the threshold itself, or half of it, which counts as disliked."""
    return 1.0 if liked_from is None else liked_from if liked else liked_from / 2
