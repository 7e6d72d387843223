"""Predicted facts. None of them is evidence: each says that it is predicted, and results give stated premises only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from kg.types import Triple
from tools.result import clipped

Source = Literal["rule", "mined", "learned"]
ORDER: dict[Source, int] = {"rule": 0, "mined": 1, "learned": 2}


@dataclass(frozen=True, slots=True)
class InferredFact:
    """A fact that the graph does not state.

    Attributes:
        triple: The fact; it counts as evidence nowhere.
        score: In (0, 1]: 1 for what a rule derives; the belief of the surest mined rule; the chance that the model
            gives the fact among all that would complete it.
        source: rule (RDFS, OWL 2 RL, the domain's own), mined (Horn rules), learned (embedding).
        explanation: Why, in words.
        premises: Facts that it rests on; those of a rule may be derived themselves.
        predicted: Always.
    """

    triple: Triple
    score: float
    source: Source
    explanation: str
    premises: tuple[Triple, ...]
    predicted: Literal[True] = True


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """Predicted facts about an entity, best first.

    Attributes:
        entity: Label of the entity.
        said: The facts in words.
        triples: The premises that the graph states and no shape refuses, never the facts themselves.
        learned: Whether the domain has a graph embedding; without one nothing is learned.
    """

    entity: str
    facts: tuple[InferredFact, ...]
    said: tuple[str, ...]
    triples: tuple[Triple, ...]
    learned: bool

    @property
    def text(self) -> str:
        if not self.facts:
            return clipped(f"nothing is predicted about {self.entity}")
        told = (f"{said} ({one.source}, {one.score:.2f})" for said, one in zip(self.said, self.facts, strict=True))
        return clipped(f"predicted about {self.entity}, not stated: {'; '.join(told)}")

    @property
    def size(self) -> int:
        return len(self.facts)


def merged(facts: Iterable[InferredFact]) -> list[InferredFact]:
    """Return each fact once, by its best score, with the other sources' explanations after its own; best first."""
    by_triple: dict[Triple, list[InferredFact]] = {}
    for fact in facts:
        by_triple.setdefault(fact.triple, []).append(fact)
    found = []
    for several in by_triple.values():
        first, *others = sorted(several, key=lambda one: (-one.score, ORDER[one.source]))
        also = "".join(f" | also {one.source} ({one.score:.2f}): {one.explanation}" for one in others)
        premises = tuple(dict.fromkeys(premise for one in (first, *others) for premise in one.premises))
        found.append(replace(first, explanation=first.explanation + also, premises=premises))
    return sorted(found, key=lambda one: (-one.score, ORDER[one.source], one.triple))
