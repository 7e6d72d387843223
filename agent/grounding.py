"""Which owner of a name a question means: the one that has what is asked about, or the user is asked."""

from collections import Counter
from collections.abc import Sequence

from agent.interpretation import Interpretation, Period, Ref, Route
from agent.untrusted import name, plain
from kg.labels import fold
from kg.namespaces import local_name
from kg.snapshot import Snapshot
from kg.types import Iri, Step


def step_back(step: Step) -> Step:
    """Return the step that leads back."""
    return Step(step.relation, "inverse" if step.direction == "forward" else "forward")


class Grounder:
    """Links the names of a question that several entities share."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def grounded(self, meaning: Interpretation) -> Interpretation:
        """Return the meaning with shared names linked by what is asked of them.

        `unclear` says which are left open; these keep their other owners that fit, so that the user can choose.
        """
        unclear: dict[str, list[str]] = {}
        periods = meaning.periods
        routes: list[Route] = []
        for route in meaning.routes:
            owners = self._having(route.ref, route.steps[0])
            dated = [iri for iri in owners if len(owners) > 1 and self._within(iri, periods)]
            if dated and len(dated) < len(owners):
                owners, periods = dated, []
            owners = self._as_written(route.ref, owners)
            if len(owners) > 1:
                unclear[route.ref.text] = self._told_apart(owners)
            ref = self._linked(route.ref, owners or [route.ref.iri])
            routes.append(route.model_copy(update={"ref": ref}))
        things: list[Ref] = []
        for ref in meaning.things:
            owners = self._held_up(ref, meaning)
            if len(owners) > 1:
                unclear[ref.text] = self._told_apart(owners)
            things.append(self._linked(ref, owners))
        update = {"routes": routes, "things": things, "periods": periods, "unclear": unclear}
        return meaning.model_copy(update=update)

    def _linked(self, ref: Ref, owners: list[str]) -> Ref:
        first, *others = owners
        return ref.model_copy(update={"iri": first, "label": plain(self._snapshot.label(first)), "rivals": others})

    def _held_up(self, ref: Ref, meaning: Interpretation) -> list[str]:
        """Return the owners of a name that can be an end of a walk, or have the number compared; else the first."""
        if not ref.rivals:
            return [ref.iri]
        owners = (ref.iri, *ref.rivals)
        ends = [step_back(route.steps[-1]) for route in meaning.routes]
        if ends:
            fitting = [iri for iri in owners if any(self._has(iri, step) for step in ends)]
        else:
            _, _, by = meaning.do.partition(" ")
            fitting = [iri for iri in owners if by and self._has(iri, Step(by, "forward"))]
        return self._as_written(ref, fitting) or [ref.iri]

    def _having(self, ref: Ref, step: Step) -> list[str]:
        """Return the owners of a name that have the relation asked about; if none does, the likeliest owner."""
        if not ref.rivals:
            return [ref.iri]
        return [iri for iri in (ref.iri, *ref.rivals) if self._has(iri, step)] or [ref.iri]

    def _as_written(self, ref: Ref, owners: list[str]) -> list[str]:
        """Return the one whose name is written so to the letter, if there is one: "P.J. Hogan" is not "P. J. Hogan".

        Of categories whose names differ in capitals and hyphens only it is the one with the most facts: "Gangsta Rap"
        beside "Gangsta rap" is the same genre written twice, and nobody could say which is meant.
        """
        labels = [self._snapshot.label(iri) for iri in owners]
        same = [iri for iri, label in zip(owners, labels, strict=True) if label == ref.text]
        if len(same) == 1:
            return same
        kinds = {(fold(label), self._snapshot.entity_class(iri)) for iri, label in zip(owners, labels, strict=True)}
        once = len(kinds) == 1 and len(set(labels)) == len(labels) > 1
        if once and not self._snapshot.item_columns.keys() & set(owners):
            return [max(owners, key=self._n_facts)]
        return owners

    def _n_facts(self, iri: str) -> int:
        store = self._snapshot.store
        return sum(1 for _ in store.triples(subject=iri)) + sum(1 for _ in store.triples(obj=iri))

    def _has(self, iri: str, step: Step) -> bool:
        relation = self._snapshot.manifest.relations[step.relation]
        ends = [{"subject": iri}, {"obj": iri}]
        if not relation.symmetric:
            ends = ends[:1] if step.direction == "forward" else ends[1:]
        found = (next(self._snapshot.store.triples(predicate=relation.iri, **one), None) for one in ends)
        return any(one is not None for one in found)

    def _within(self, iri: str, periods: list[Period]) -> bool:
        column = self._snapshot.item_columns.get(iri)
        if column is None or not periods:
            return False
        return all(one.covers(float(self._snapshot.numbers[one.relation][column])) for one in periods)

    def _told_apart(self, owners: Sequence[str]) -> list[str]:
        """Tell owners of a name from each other, by the names in their IRIs where nothing else does."""
        told = [self._told(iri) for iri in owners]
        again = Counter(told)
        labels = [name(self._snapshot.label(iri)) for iri in owners]
        in_iris = [f"{label} ({plain(local_name(iri))})" for label, iri in zip(labels, owners, strict=True)]
        return [one if again[one] == 1 else other for one, other in zip(told, in_iris, strict=True)]

    def _told(self, iri: str) -> str:
        """Tell an owner from the others: its class, or its numbers if it is an item."""
        label, column = name(self._snapshot.label(iri)), self._snapshot.item_columns.get(iri)
        if column is None:
            return f"{label} ({plain(self._snapshot.entity_class(iri)).lower() or 'entity'})"
        values = [numbers[column] for numbers in self._snapshot.numbers.values()]
        said = ", ".join(f"{value:g}" for value in values if value == value)  # noqa: PLR0124  not NaN
        return f"{label} ({said or Iri(iri)})"
