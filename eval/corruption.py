"""Faults planted in a graph, of eight kinds, with the key by which each can be found again."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from kg import namespaces as ns
from kg.quality.view import GraphView, link, literal_of

PLANTED = "http://planted.example/"
"""Names of what is planted say nothing of what it doubles."""

AGREES = 0.95, 1.0
"""A planted relation has this share of the pairs of the one that it repeats."""

HUB_TIMES = 4, 10
"""A planted hub is so many times as large as the largest entity of its like."""

HUB_LEAST = 20
COPIED = 0.6
"""Chance that a planted double has a fact of its original; it has two at least, or all of them."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted fault.

    Attributes:
        kind: What was done.
        found_as: Kinds of findings that name it.
        key: What such a finding must concern: all of these entities, or predicates.
        removed, added: What was done to the graph.
        original: A planted double and what it doubles.
    """

    kind: str
    found_as: tuple[str, ...]
    key: frozenset[str]
    removed: tuple[ox.Triple, ...] = ()
    added: tuple[ox.Triple, ...] = ()
    original: tuple[str, str] | None = None


@dataclass
class Planter:
    """Plants faults into what is not taken by an earlier one, so that each can be told by itself."""

    view: GraphView
    rng: random.Random
    taken: set[str] = field(default_factory=set)
    count: int = 0

    def plant(self, total: int) -> list[Plant]:
        """Return about `total` faults: as many of whole relations and of hubs as there is room for, then the others.

        Raises:
            ValueError: The graph is too small for so many.
        """
        plants = self._hubs(max(2, total // 25))
        links = self._with_hubs(plants)  # a relation is said twice with the faults that it has
        plants += [
            *self._relations(links, "relation-twice", turned=False),
            *self._relations(links, "inverse", turned=True),
        ]
        plants = plants[: total // 2]
        single: list[Callable[[], Plant | None]] = [
            self._duplicate,
            self._self_loop,
            self._literal,
            self._dangling,
            self._unlabelled,
        ]
        tries = 0
        while len(plants) < total:
            tries += 1
            if tries > 200 * total:
                raise ValueError(f"the graph has room for {len(plants)} faults, not for {total}; ask for fewer")
            plant = single[len(plants) % len(single)]()
            if plant is not None:
                plants.append(plant)
        return plants

    def _name(self) -> str:
        self.count += 1
        return f"{PLANTED}{self.rng.getrandbits(40):010x}{self.count}"

    def _with_hubs(self, hubs: list[Plant]) -> dict[str, list[tuple[str, str]]]:
        links = {predicate: list(pairs) for predicate, pairs in self.view.links.items()}
        for hub in hubs:
            for triple in hub.added:
                if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode):
                    links[triple.predicate.value].append((triple.subject.value, triple.object.value))
        return links

    def _relations(self, links: dict[str, list[tuple[str, str]]], kind: str, *, turned: bool) -> Iterator[Plant]:
        for predicate, pairs in links.items():
            if len(pairs) >= 20:
                kept = self.rng.sample(pairs, round(self.rng.uniform(*AGREES) * len(pairs)))
                name = self._name()
                added = tuple(link(o, name, s) if turned else link(s, name, o) for s, o in sorted(kept))
                yield Plant(kind, (kind,), frozenset({name, predicate}), added=added)

    def _hubs(self, most: int) -> list[Plant]:
        slots = [(predicate, side) for predicate in self.view.links for side in (0, 1)]
        self.rng.shuffle(slots)
        plants: list[Plant] = []
        for predicate, side in slots:
            plant = self._hub(predicate, side)
            if plant is not None and len(plants) < most:
                plants.append(plant)
        return plants

    def _hub(self, predicate: str, side: int) -> Plant | None:
        """Connect one entity of few connections to many more than the largest of its like has."""
        pairs = self.view.links[predicate]
        degrees = Counter(pair[side] for pair in pairs)
        others = sorted({pair[1 - side] for pair in pairs})
        size = max(HUB_LEAST, round(self.rng.uniform(*HUB_TIMES) * max(degrees.values())))
        small = [iri for iri, degree in sorted(degrees.items()) if degree <= 2 and iri not in self.taken]
        if size > len(others) / 2 or len(degrees) < 50 or not small:
            return None
        hub = self.rng.choice(small)
        self.taken.add(hub)
        linked = self.rng.sample([other for other in others if other != hub], size)
        new = {(hub, other) if side == 0 else (other, hub) for other in linked} - set(pairs)
        added = tuple(link(subject, predicate, obj) for subject, obj in sorted(new))
        return Plant("hub", ("hub",), frozenset({hub, predicate}), added=added)

    def _entity(self, least: int) -> str | None:
        """Return an entity with a class, a label and so many connections that no fault has touched."""
        iri = self.rng.choice(self._entities)
        return None if iri in self.taken or len(self.view.ends.get(iri, ())) < least else iri

    @property
    def _entities(self) -> list[str]:
        if not hasattr(self, "_all"):
            self._all = sorted(self.view.types.keys() & self.view.labels.keys())
        return self._all

    def _duplicate(self) -> Plant | None:
        """Double an entity under another IRI, with its class, its label spelt in some way, and part of its facts."""
        iri = self._entity(1)
        label = self.view.labels[iri][0] if iri else None
        if iri is None or label is None or len(label.value) < 5 or len(self.view.ends[iri]) > 200:
            return None
        double = self._name()
        kept = [end for end in self.view.ends[iri] if self.rng.random() < COPIED]
        rest = [end for end in self.view.ends[iri] if end not in kept]
        while len(kept) < 2 and rest:
            kept.append(rest.pop(self.rng.randrange(len(rest))))
        said = self.rng.random() < 0.2
        text = label.value if self.rng.random() < 0.4 else vary(label.value, self.rng)
        added = [literal_of(double, self.view.settings.label[0], ox.Literal(text, language=label.language))]
        added += [link(double, ns.RDF_TYPE, cls) for cls in sorted(self.view.types[iri])]
        added += [link(double, p, other) if forward else link(other, p, double) for p, forward, other in kept]
        added += [
            ox.Triple(ox.NamedNode(double), ox.NamedNode(predicate), literal)
            for predicate, literal in self._numbers.get(iri, ())
        ]
        if said:
            added.append(link(double, ns.OWL_SAME_AS, iri))
        self.taken.update((iri, double))
        found_as = ("same-as", "duplicate")
        return Plant("duplicate", found_as, frozenset({iri, double}), added=tuple(added), original=(double, iri))

    @property
    def _numbers(self) -> dict[str, list[tuple[str, ox.Literal]]]:
        if not hasattr(self, "_literals"):
            self._literals: dict[str, list[tuple[str, ox.Literal]]] = defaultdict(list)
            for predicate, pairs in self.view.literals.items():
                for subject, literal in pairs:
                    if literal.datatype.value in ns.NUMERIC_TYPES:
                        self._literals[subject].append((predicate, literal))
        return self._literals

    def _self_loop(self) -> Plant | None:
        iri = self._entity(1)
        if iri is None:
            return None
        self.taken.add(iri)
        predicate = self.rng.choice(sorted({end[0] for end in self.view.ends[iri]}))
        return Plant("self-loop", ("self-loop",), frozenset({iri}), added=(link(iri, predicate, iri),))

    def _fact(self) -> tuple[str, str, str] | None:
        """Return a fact between two entities that no fault has touched, of which the object has other facts too."""
        subject = self._entity(1)
        facts = [(p, o) for p, forward, o in self.view.ends[subject] if forward] if subject else []
        if subject is None or not facts:
            return None
        predicate, obj = self.rng.choice(facts)
        if obj in self.taken or obj not in self.view.labels:
            return None
        self.taken.add(subject)
        return subject, predicate, obj

    def _literal(self) -> Plant | None:
        """Put a name of the object in the object's place."""
        fact = self._fact()
        if fact is None:
            return None
        subject, predicate, obj = fact
        label = self.view.labels[obj][0]
        text = self.rng.choice([label.value, label.value.upper(), vary(label.value, self.rng)])
        literal = ox.Literal(text, language=label.language if self.rng.random() < 0.5 else None)
        added = literal_of(subject, predicate, literal)
        key = frozenset({subject, predicate})
        return Plant("literal", ("literal",), key, (link(*fact),), (added,))

    def _dangling(self) -> Plant | None:
        """Put an IRI of which nothing is known in the object's place: misspelt, or of somewhere else."""
        fact = self._fact()
        if fact is None:
            return None
        subject, predicate, obj = fact
        wrong = self._name()
        if self.rng.random() < 0.5:
            local = ns.local_name(obj)
            wrong = obj.removesuffix(local) + vary(local.replace("_", " "), self.rng).replace(" ", "_")
        if wrong in self.view.types or wrong in self.view.ends:
            return None
        return Plant("dangling", ("dangling",), frozenset({wrong}), (link(*fact),), (link(subject, predicate, wrong),))

    def _unlabelled(self) -> Plant | None:
        iri = self._entity(1)
        if iri is None:
            return None
        self.taken.add(iri)
        removed = tuple(
            literal_of(iri, predicate, label)
            for predicate in self.view.settings.label
            for label in self.view.labels[iri]
        )
        return Plant("unlabelled", ("unlabelled",), frozenset({iri}), removed)


def vary(text: str, rng: random.Random) -> str:
    """Return a text with a slip of the pen past its first letter, or with its words written otherwise."""
    words = text.split()
    if len(words) > 1 and rng.random() < 0.25:
        return f"{words[-1]}, {' '.join(words[:-1])}"
    letters = [at for at in range(1, len(text)) if text[at].isalpha() and text[at - 1].isalpha()]
    if not letters:
        return text + "."
    at = rng.choice(letters)
    match rng.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at > 1 else text[:at] + text[at + 1 :]
        case _:
            return text[:at] + rng.choice("aeinrst") + text[at + 1 :]
