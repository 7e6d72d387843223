"""Evidence: typed facts that connect an item to the request and the user's history, chosen before a word is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.interpretation import Interpretation
from agent.toolbox import Toolbox
from kg.snapshot import Snapshot
from kg.types import Hop, Iri, Path, Triple

TELLING = 0.3
"""Least weight of a relation whose shared entity is worth a sentence: half a catalogue comes from one country."""

CHOSEN = 3
"""Facts that a justification may draw on: two sentences hold no more."""

COMPARED = 4
"""Liked items of the history, those that moved the score most, that are looked at for what they share."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One triple about the item.

    Attributes:
        item: The recommended item; it is the triple's subject or its object.
    """

    relation: str
    triple: Triple
    item: Iri

    @property
    def triples(self) -> tuple[Triple, ...]:
        return (self.triple,)


@dataclass(frozen=True, slots=True)
class Shared:
    """An entity that the item and another one have in common by one relation.

    Attributes:
        other: The other item; an example of the request, or one of the user's history.
        value: The user's own value of the other item; None where it is not in the history.
    """

    relation: str
    item: Iri
    other: Iri
    shared: str
    triples: tuple[Triple, ...]
    value: float | None = None


Evidence = Fact | Shared


class EvidenceFinder:
    """Chooses evidence: what meets the wish, what is shared with the examples, what is shared with the history."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._snapshot: Snapshot = toolbox.snapshot

    def choose(
        self, item: Iri, meaning: Interpretation, history: Mapping[Iri, float], moved: Sequence[Iri]
    ) -> tuple[Evidence, ...]:
        """Return up to `CHOSEN` pieces, the most telling first; empty only for an item without any fact.

        Args:
            item: The recommended item.
            meaning: The request.
            history: The user's values by item.
            moved: Items of the history that raised the score, most first.
        """
        avoided = {ref.iri for ref in meaning.avoid}
        examples = [Iri(ref.iri) for ref in meaning.like]
        wishes = self._wishes(item, meaning)
        shared = self._shared(item, examples, history, avoided)
        if len(wishes) + len(shared) < CHOSEN:
            shared += self._shared(item, [one for one in moved if one not in examples][:COMPARED], history, avoided)
        chosen = self._clear(item, _distinct([*shared[:1], *wishes, *shared[1:]]))
        facts = self._clear(item, self._facts(item, avoided))
        return tuple(_distinct([*chosen, *facts])[: CHOSEN if chosen else 2])

    def paths(self, item: Iri, meaning: Interpretation, moved: Sequence[Iri], limit: int = 3) -> tuple[Path, ...]:
        """Return the best paths from the examples and from what moved the score to the item, one a source first."""
        sources = dict.fromkeys([*(Iri(ref.iri) for ref in meaning.like), *moved[:COMPARED]])
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
            Fact(name, triple, item)
            for name, triple in self._named(item)
            if triple.object in wished or (triple.literal and name in numbers)
        ]

    def _shared(
        self, item: Iri, others: Iterable[Iri], history: Mapping[Iri, float], avoided: set[str]
    ) -> list[Evidence]:
        found: list[tuple[float, Evidence]] = []
        for other in others:
            if self._known(other, item):
                for path in self._toolbox.paths.between(other, item, max_hops=2).paths:
                    evidence = _from_path(path, item, other, history.get(other))
                    if (
                        evidence
                        and self._sound(path.triples)
                        and self._tells(evidence)
                        and not avoided & set(path.entities)
                    ):
                        found.append((path.score, evidence))
        return [evidence for _, evidence in sorted(found, key=lambda pair: -pair[0])]

    def _clear(self, item: Iri, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Drop what names another entity by the item's own label: "Solaris is based on Solaris" says too little."""
        label = self._snapshot.label(item)
        return [piece for piece in evidence if all(self._snapshot.label(one) != label for one in _others(piece))]

    def _tells(self, evidence: Evidence) -> bool:
        return self._snapshot.manifest.relations[evidence.relation].weight >= TELLING

    def _facts(self, item: Iri, avoided: set[str]) -> list[Evidence]:
        relations = self._snapshot.manifest.relations
        facts: list[Evidence] = [
            Fact(name, triple, item)
            for name, triple in self._named(item)
            if triple.subject == item and triple.object not in avoided and relations[name].weight > 0
        ]
        return sorted(facts, key=lambda fact: -relations[fact.relation].weight)

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


def _from_path(path: Path, item: Iri, other: Iri, value: float | None) -> Evidence | None:
    """Return a direct relation as a fact, and one entity in one role in both items as shared; other paths say less."""
    if len(path.hops) == 1:
        return Fact(path.hops[0].relation, path.hops[0].triple, item)
    first, second = path.hops
    if not _same_role(first, second):
        return None
    return Shared(first.relation, item, other, path.entities[1], (second.triple, first.triple), value)


def _same_role(first: Hop, second: Hop) -> bool:
    return (first.relation, first.direction, second.direction) == (second.relation, "forward", "inverse")


def _others(piece: Evidence) -> set[str]:
    """Return the entities of a piece of evidence beside the item; literals are no entities."""
    ends = {triple.subject for triple in piece.triples} | {one.object for one in piece.triples if not one.literal}
    return {str(end) for end in ends} - {str(piece.item)}


def _distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Drop a fact whose triple an earlier piece holds already."""
    kept: list[Evidence] = []
    seen: set[Triple] = set()
    for piece in evidence:
        about_item = next((t for t in piece.triples if piece.item in (t.subject, t.object)), piece.triples[0])
        if about_item not in seen:
            seen.add(about_item)
            kept.append(piece)
    return kept
