"""Wishes, refinements, opinions and small talk, made from the items and entities of a domain."""

import random
from collections.abc import Sequence

from agent.tune.examples import Example, Slot
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts.phrases import load_frames

WANT, PREFER, LIKE, AVOID = "want", "prefer", "like", "avoid"

_SHAPES: tuple[tuple[str, ...], ...] = (
    (LIKE,),
    (WANT,),
    (LIKE, PREFER),
    (LIKE, WANT),
    (LIKE, AVOID),
    (WANT, AVOID),
    (WANT, PREFER),
    (PREFER,),
    (LIKE, PREFER, AVOID),
    (WANT, WANT),
    (LIKE, LIKE),
)


class WishMaker:
    """Makes requests for recommendations; with a wish before them they may refine it."""

    def __init__(self, snapshot: Snapshot, seed: int = 0) -> None:
        self._rng, self._frames = random.Random(seed), load_frames("wishes")
        manifest = snapshot.manifest
        self._nouns = (manifest.items.noun, manifest.items.plural, *manifest.items.synonyms)
        self._items = [Iri(iri) for iri in snapshot.items]
        schema = snapshot.schema.relations
        related: list[list[Iri]] = []
        for relation in manifest.relations.values():
            entry = schema.get(relation.iri)
            if entry is not None and not entry.datatype and manifest.items.item_class in entry.domain:
                found = sorted({Iri(one.object) for one in snapshot.store.triples(predicate=relation.iri)})
                related.append([iri for iri in found if iri not in snapshot.item_columns])
        self._entities = [one for one in related if one]

    def make(self, count: int) -> list[Example]:
        """Return requests with their roles."""
        return [self._one() for _ in range(count)]

    def _one(self) -> Example:
        rng = self._rng
        roles = list(rng.choice(_SHAPES))
        refines = LIKE not in roles and rng.random() < 0.3
        slots = [Slot(self._entity(role), role) for role in roles]
        rest = _listed([rng.choice(self._frames[role]).format(x=f"{{{at}}}") for at, role in enumerate(roles)], rng)
        frame = rng.choice(self._frames["refine" if refines else "openings"])
        text = frame.format(n=rng.choice((f"a {self._nouns[0]}", self._nouns[1], *self._nouns[2:])), rest=rest)
        intent = "refine" if refines else "recommend"
        return Example(text, tuple(slots), {"intent": intent}, "refine" if refines else "wish")

    def _entity(self, role: str) -> Iri:
        if role == LIKE or not self._entities:
            return self._rng.choice(self._items)
        return self._rng.choice(self._rng.choice(self._entities))


def _listed(parts: Sequence[str], rng: random.Random) -> str:
    return "".join(part if at == 0 else rng.choice((", ", " ", " and ")) + part for at, part in enumerate(parts))
