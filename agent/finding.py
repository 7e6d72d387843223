"""The choice of evidence: few pieces and good ones, for an item of a list and a user."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from agent.evidence import Dated, Evidence, Fact, Moved, Several, Shared
from agent.interpretation import Interpretation
from kg.snapshot import Snapshot
from kg.types import Hop, Iri, Path, Triple
from tools.paths import PathReasoner

TELLING = 0.3
"""Least weight of a relation whose shared entity is worth a sentence: half a catalogue comes from one country."""

CHOSEN = 4
"""Pieces that a justification may draw on: two sentences hold no more."""

COMPARED = 4
"""Liked items of the history, those that moved the score most, that are looked at for what they share."""

WORN = 0.5
"""What is left of a piece's worth for each earlier item of the list that told of the same entity."""


class Graph(Protocol):
    """What evidence is found in: a toolbox, or a part of one."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def paths(self) -> PathReasoner: ...


class EvidenceFinder:
    """Chooses evidence: what meets the wish, what is shared with the examples, what is shared with the history."""

    def __init__(self, toolbox: Graph) -> None:
        self._toolbox = toolbox
        self._snapshot: Snapshot = toolbox.snapshot

    def choose(
        self,
        item: Iri,
        meaning: Interpretation,
        history: Mapping[Iri, float],
        moved: Sequence[Iri],
        *,
        told: Counter[str] | None = None,
        lead: tuple[str, str] | None = None,
    ) -> tuple[Evidence, ...]:
        """Return up to `CHOSEN` pieces, the most telling first; empty only for an item without any fact.

        Args:
            item: The recommended item.
            meaning: The request.
            history: The user's values by item.
            moved: Items of the history that raised the score, most first.
            told: How often the list told of an entity before; what is chosen is added to it.
            lead: An item of the history and what it shares with the item, to begin with if it can be said.
        """
        told = Counter() if told is None else told
        avoided = {ref.iri for ref in meaning.avoid}
        examples = [Iri(ref.iri) for ref in meaning.like]
        liked = {one: value for one, value in history.items() if self._is_liked(value) and one != item}
        raised = [one for one in moved if (one in liked or one not in history) and one not in examples]
        first = self._ordered(self._shared(item, examples, history, avoided), told)
        wishes = self._wishes(item, meaning)
        led = [Iri(lead[0])] if lead is not None and lead[0] in liked else []
        rest = self._shared(item, dict.fromkeys([*led, *raised[:COMPARED]]), history, avoided)
        first += [one for one in rest if isinstance(one, Shared) and (one.other, one.shared) == lead]
        rest += self._several(item, liked, avoided)
        shared = [*first[:1], *wishes, *self._ordered([*first[1:], *rest], told)]
        facts = _one_a_relation(self._ordered(self._facts(item, avoided), told))
        most = raised[:1] if raised[:1] == list(moved[:1]) else []  # what is not liked may add most, and is not told
        spare = [*self._moved(item, most, history), *self._dated(item, [*examples, *raised[:1]], history)]
        chosen = _distinct(self._clear(item, [*shared[:2], *facts[:1], *spare, *shared[2:], *facts[1:]]))[:CHOSEN]
        told.update(end for piece in chosen for end in {*_entities(piece), *piece.others})
        return tuple(chosen)

    def paths(self, item: Iri, meaning: Interpretation, moved: Sequence[Iri], limit: int = 3) -> tuple[Path, ...]:
        """Return the best paths from the examples and from what moved the score to the item, one a source first.

        Where more are asked for, more of what moved the score is looked at.
        """
        sources = dict.fromkeys([*(Iri(ref.iri) for ref in meaning.like), *moved[: max(COMPARED, limit)]])
        avoided = {ref.iri for ref in meaning.avoid}
        results = [
            self._toolbox.paths.between(source, item, limit=limit) for source in sources if self._known(source, item)
        ]
        found = [
            path
            for result in results
            for path in result.paths
            if not avoided & set(path.entities) and self._sound(path.triples)
        ]
        return tuple(sorted(found, key=lambda path: (-path.score, path.entities))[:limit])

    def _wishes(self, item: Iri, meaning: Interpretation) -> list[Evidence]:
        wished = {ref.iri for ref in (*meaning.want, *meaning.prefer)}
        numbers = {one.relation for one in meaning.periods}
        return [
            Fact(name, triple, item, wished=triple.object in wished)
            for name, triple in self._named(item)
            if triple.object in wished or (triple.literal and name in numbers)
        ]

    def _shared(
        self, item: Iri, others: Iterable[Iri], history: Mapping[Iri, float], avoided: set[str]
    ) -> list[Evidence]:
        """Return what the item shares with others; paths of two hops say it, one of one hop is a plain fact."""
        found: list[Evidence] = []
        for other in others:
            if self._known(other, item):
                for path in self._toolbox.paths.between(other, item, max_hops=2).paths:
                    evidence = _from_path(path, item, other, history.get(other))
                    if (
                        evidence
                        and self._sound(path.triples)
                        and self._tells(evidence.relation)
                        and not avoided & set(path.entities)
                    ):
                        found.append(evidence)
        return found

    def _several(self, item: Iri, liked: Mapping[Iri, float], avoided: set[str]) -> list[Evidence]:
        """Return each entity of the item that two or more liked items of the history are related to alike."""
        adjacency = self._snapshot.sound
        row = adjacency.row(item)
        if row is None:
            return []
        by_row = {adjacency.rows[one]: one for one in liked if one in adjacency.rows}
        found: list[Evidence] = []
        for entity, label in zip(*adjacency.edges(row), strict=True):
            name = adjacency.relations[label] if label >= 0 else None
            if name is None or not self._tells(name) or adjacency.entities[entity] in avoided:
                continue
            neighbours, labels = adjacency.edges(int(entity))
            rows = [int(one) for one, back in zip(neighbours, labels, strict=True) if back == ~label]
            others = [one for one in rows if one in by_row]
            triples = tuple(adjacency.triple(one, int(label), int(entity)) for one in (row, *others))
            if len(others) > 1 and self._sound(triples):
                shared = tuple(by_row[one] for one in others)
                found.append(Several(name, item, adjacency.entities[entity], shared, triples))
        return found

    def _dated(self, item: Iri, others: Iterable[Iri], history: Mapping[Iri, float]) -> list[Evidence]:
        """Compare the item's year with that of another item, if both have one."""
        for other in others:
            for name, triple in self._named(item):
                if triple.literal and self._snapshot.manifest.relations[name].noun == "year":
                    theirs = [one for one in self._snapshot.facts(other) if one.predicate == triple.predicate]
                    if len(theirs) == 1 and other != item and self._sound(theirs):
                        dated = Dated(name, item, other, (triple, theirs[0]), history.get(other))
                        return [dated] if all(dated.years) else []
        return []

    def _moved(self, item: Iri, raised: Sequence[Iri], history: Mapping[Iri, float]) -> list[Evidence]:
        return [Moved(item, other, history[other]) for other in raised if other != item and other in history]

    def _ordered(self, evidence: Iterable[Evidence], told: Counter[str]) -> list[Evidence]:
        """Put what tells most first: a weighty relation, a rare entity, and nothing that the list told before."""
        worth = {piece: self._worth(piece, told) for piece in evidence}
        return sorted(worth, key=lambda piece: -worth[piece])

    def _worth(self, piece: Evidence, told: Counter[str]) -> float:
        if isinstance(piece, Moved):
            return 0.0
        relation = self._snapshot.manifest.relations[piece.relation]
        rarity = max((self._rarity(end) for end in _entities(piece)), default=0.5)
        worn = WORN ** max((told[end] for end in (*_entities(piece), *piece.others)), default=0)
        many = 1 + math.log2(len(piece.others)) / 4 if isinstance(piece, Several) else 1.0
        return relation.weight * rarity * many * worn

    def _rarity(self, iri: str) -> float:
        """Return how few entities an entity is related to, in (0, 1]: its inverse document frequency."""
        adjacency = self._snapshot.adjacency
        row = adjacency.rows.get(iri)
        degree = 1 if row is None else max(1, int(adjacency.degrees[row]))
        return 1 - math.log(degree) / math.log(len(adjacency.entities) + 1)

    def _clear(self, item: Iri, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Drop what says too little: "Solaris is based on Solaris", "from Honolulu" beside "from Honolulu, Hawaii"."""
        label = self._snapshot.label
        kept: list[Evidence] = []
        said: list[tuple[str, str]] = []
        for piece in evidence:
            if any(label(one) == label(item) or self._numbers(item, one) for one in _others(piece)):
                continue
            if isinstance(piece, Fact) and not piece.triple.literal:
                name = label(piece.triple.object)
                if any(piece.relation == one and (name in other or other in name) for one, other in said):
                    continue
                said.append((piece.relation, name))
            kept.append(piece)
        return kept

    def _numbers(self, item: Iri, other: str) -> bool:
        """Tell whether an entity is but a number of the item's: DBpedia calls a singer's occupation "Prince 1"."""
        row = self._snapshot.adjacency.rows.get(other)
        name = re.escape(self._snapshot.label(item))
        numbered = re.fullmatch(rf"{name}(?: \(.+\))? \d+", self._snapshot.label(other)) is not None
        return numbered and row is not None and int(self._snapshot.adjacency.degrees[row]) == 1

    def _is_liked(self, value: float) -> bool:
        threshold = self._snapshot.manifest.interactions.liked_from
        return threshold is None or value >= threshold

    def _tells(self, relation: str) -> bool:
        return self._snapshot.manifest.relations[relation].weight >= TELLING

    def _facts(self, item: Iri, avoided: set[str]) -> list[Evidence]:
        relations = self._snapshot.manifest.relations
        return [
            Fact(name, triple, item)
            for name, triple in self._named(item)
            if triple.subject == item and triple.object not in avoided and relations[name].weight > 0
        ]

    def _named(self, item: Iri) -> list[tuple[str, Triple]]:
        named = (
            (self._snapshot.manifest.relation_of(triple.predicate), triple) for triple in self._snapshot.facts(item)
        )
        return [(name, triple) for name, triple in named if name is not None and self._sound((triple,))]

    def _sound(self, triples: Iterable[Triple]) -> bool:
        """Tell whether no fact is flagged by the domain's shapes."""
        return not any(self._snapshot.is_flagged(triple) for triple in triples)

    def _known(self, other: Iri, item: Iri) -> bool:
        rows = self._snapshot.adjacency.rows
        return other != item and other in rows and item in rows


def _from_path(path: Path, item: Iri, other: Iri, value: float | None) -> Fact | Shared | None:
    """Return a direct relation as a fact, and one entity in one role in both items as shared; other paths say less."""
    if len(path.hops) == 1:
        return Fact(path.hops[0].relation, path.hops[0].triple, item)
    first, second = path.hops
    if not _same_role(first, second):
        return None
    return Shared(first.relation, item, other, path.entities[1], (second.triple, first.triple), value)


def _same_role(first: Hop, second: Hop) -> bool:
    return (first.relation, first.direction, second.direction) == (second.relation, "forward", "inverse")


def _entities(piece: Evidence) -> set[str]:
    """Return what a piece is about beside items: the entity of a fact, or what is shared."""
    match piece:
        case Shared() | Several():
            return {piece.shared}
        case Fact():
            ends = {piece.triple.object} if not piece.triple.literal else set()
            return {str(end) for end in (*ends, piece.triple.subject) if end != piece.item}
        case _:
            return set()


def _others(piece: Evidence) -> set[str]:
    """Return the entities of a piece of evidence beside the item; literals are no entities."""
    ends = {triple.subject for triple in piece.triples} | {one.object for one in piece.triples if not one.literal}
    return {str(end) for end in (*ends, *piece.others)} - {str(piece.item)}


def _one_a_relation(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Put the first fact of each relation in front: two of a kind say less than two kinds."""
    found = list(evidence)
    first = {id(one) for one in {getattr(one, "relation", ""): one for one in reversed(found)}.values()}
    return [one for one in found if id(one) in first] + [one for one in found if id(one) not in first]


def _distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Drop a piece that tells what an earlier one holds already."""
    kept: list[Evidence] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    for piece in evidence:
        about_item = next((one for one in piece.triples if piece.item in (one.subject, one.object)), None)
        ends = frozenset((about_item.subject, about_item.object)) if about_item else frozenset[str]()
        key = (about_item.predicate if about_item else type(piece).__name__, ends)
        if key not in seen:
            seen.add(key)
            kept.append(piece)
    return kept
