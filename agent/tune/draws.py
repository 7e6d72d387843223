"""Draws from a graph: walks through its schema, and entities that they can begin from."""

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from agent.tune.ways import MEET, Ways
from kg.snapshot import Snapshot
from kg.types import Iri, Step
from tools.sparql_walk import RelationWalker

EMPTY = 0.05
"""Share of questions that may have no answer: that the graph lacks a fact is to be found out, not guessed."""

PERSONS, THERE_AND_BACK, TRIED = 1.7, 3.0, 4
"""How much more often a walk takes a relation to persons, and one by which it came; of how many walks one is taken."""


class Draws:
    """Draws walks and entities of one domain.

    Args:
        snapshot: The domain.
        ways: Its relations.
        rng: Chooses.
    """

    def __init__(self, snapshot: Snapshot, ways: Mapping[str, Ways], rng: random.Random) -> None:
        self._snapshot, self._ways, self._rng = snapshot, ways, rng
        self._walker, self._meetings = RelationWalker(snapshot), snapshot.adjacency.meetings()
        self.entities = {name: self._ends(name) for name in ways}
        counts = {name: len(subjects) for name, (subjects, _) in self.entities.items()}
        # A relation that few things have is asked about less, but has to be learnt as well.
        self._salience: dict[str, float] = {
            name: (count / max(counts.values())) ** 0.3 for name, count in counts.items()
        }
        # People ask most of who made or plays in a thing.
        self._salience = {
            name: share * (PERSONS if ways[name].is_person else 1.0) for name, share in self._salience.items()
        }
        self._made: Counter[tuple[int, Step]] = Counter()
        self._steps = [Step(name, "forward") for name in ways]
        self._steps += [Step(name, "inverse") for name, one in ways.items() if not one.is_value]

    def walk(self, n_hops: int) -> tuple[Step, ...]:
        """Walk through the schema at random, without values before the end; every last step gets its share."""
        walks = [self._random_walk(n_hops) for _ in range(TRIED)]
        best = min(walks, key=lambda one: self._made[len(one), one[-1]] / self._salience[one[-1].relation])
        self._made[len(best), best[-1]] += 1
        return best

    def _random_walk(self, n_hops: int) -> tuple[Step, ...]:
        for _ in range(200):
            steps: list[Step] = []
            while len(steps) < n_hops:
                after = [step for step in self._steps if self._follows(steps, step, last=len(steps) == n_hops - 1)]
                if not after:
                    break
                steps.append(self._rng.choices(after, [self._weight(steps, step) for step in after])[0])
            if len(steps) == n_hops:
                return tuple(steps)
        return (self._rng.choice(self._steps),)

    def _weight(self, steps: Sequence[Step], step: Step) -> float:
        """Return how often a step is taken: by the root of the share of facts it has in common with the last."""
        salience = self._salience[step.relation]
        if not steps:
            return salience
        share = self._meetings.share(steps[-1], step)
        back = THERE_AND_BACK if step.relation == steps[-1].relation else 1.0
        return salience * back * (1.0 if share is None else math.sqrt(share))

    def _follows(self, steps: Sequence[Step], step: Step, *, last: bool) -> bool:
        if self._ways[step.relation].is_value and not last:
            return False
        if not steps:
            return True
        schema, manifest = self._snapshot.schema.relations, self._snapshot.manifest.relations
        before, after = schema[manifest[steps[-1].relation].iri], schema[manifest[step.relation].iri]
        reached = before.range if steps[-1].direction == "forward" else before.domain
        wanted = after.domain if step.direction == "forward" else after.range
        same_relation = step.relation == steps[-1].relation
        share = self._meetings.share(steps[-1], step)
        if share is not None and share < MEET:
            return False
        return bool(set(reached) & set(wanted)) and (not same_relation or step.direction != steps[-1].direction)

    def topic(self, steps: Sequence[Step]) -> Iri | None:
        """Return an entity from which a walk leads somewhere, mostly."""
        starts = self.entities[steps[0].relation][0 if steps[0].direction == "forward" else 1]
        for _ in range(4):
            topic = self._rng.choice(starts)
            if self._rng.random() < EMPTY or self._walker.walk(topic, steps, 1).found:
                return topic
        return None

    def _ends(self, name: str) -> tuple[list[Iri], list[Iri]]:
        """Return the subjects and the objects of a relation that have a name of their own, sorted."""
        triples = list(self._snapshot.store.triples(predicate=self._snapshot.manifest.relations[name].iri))
        subjects = sorted({one.subject for one in triples})
        objects = sorted({Iri(one.object) for one in triples if not one.literal})
        return [one for one in subjects if self._is_named(one)], [one for one in objects if self._is_named(one)]

    def _is_named(self, iri: Iri) -> bool:
        label = self._snapshot.label(iri)
        return 1 < len(label) <= 60 and "{" not in label and "}" not in label

    def pick(self, fits: Callable[[Ways], bool]) -> Ways:
        fitting = [one for one in self._ways.values() if fits(one) and all(self.entities[one.name])]
        return self._rng.choices(fitting, [self._salience[one.name] for one in fitting])[0]

    def inverse(self) -> Ways:
        return self.pick(lambda one: not one.is_value)

    def object_of(self, way: Ways, subject: Iri | None) -> Iri | None:
        if subject is None:
            return self._rng.choice(self.entities[way.name][1])
        predicate = self._snapshot.manifest.relations[way.name].iri
        found = sorted(Iri(one.object) for one in self._snapshot.store.triples(subject=subject, predicate=predicate))
        found = [one for one in found if self._is_named(one)]
        return self._rng.choice(found) if found else None

    def subjects_of(self, way: Ways, target: Iri) -> list[Iri]:
        predicate = self._snapshot.manifest.relations[way.name].iri
        found = sorted(one.subject for one in self._snapshot.store.triples(predicate=predicate, obj=target))
        return [one for one in found if self._is_named(one)]
