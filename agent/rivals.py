"""Questions which of several has more of something: "who made more films, A or B"."""

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from agent.fitting import PathFit
from agent.reading import Name, Reading
from kg.asking import item_nouns
from kg.snapshot import Snapshot
from kg.types import Iri, Step
from tools.plans import FEWER, MORE

_MORE_OF = re.compile(
    r"(?<!\bat )(?<!\bany )(?<!\bno )\b(?:(?P<more>more|most|bigger|biggest|larger|largest|greater|longer)"
    r"|(?P<fewer>fewer|fewest|less|least|smaller|smallest))\s+(?!than\b)(?P<noun>(?:[\w-]+\s*){1,4})",
    re.IGNORECASE,
)
"""What several are compared by, with up to four words behind it."""

_EITHER = re.compile(r"\s*,?\s*\b(?:or|vs\.?|versus)\s+(?:the\s+)?|\s*,\s*", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|vs|versus)\b", re.IGNORECASE)
"""Between names of which a question asks for one."""


class Rivals:
    """Finds the plans of such questions by their words alone, which leave no choice.

    Args:
        snapshot: The domain.
        fit: Knows its nouns.
        starts: Returns the steps that the graph states of an entity.
        kinds: Returns the classes that a step leads to.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        fit: PathFit,
        starts: Callable[[Iri], Iterable[Step]],
        kinds: Callable[[Step], frozenset[str]],
    ) -> None:
        self._snapshot, self._fit, self._starts, self._kinds = snapshot, fit, starts, kinds
        nouns = "|".join(map(re.escape, sorted(item_nouns(snapshot.manifest) | fit.nouns)))
        # Nothing ties the names to something else, as in "films with A or B".
        self._before = re.compile(
            r"(?:^|[,:;?–—-]|\b(?:did|do|does|has|have|had|is|was|were)|\b(?:which|who)(?:\s+one)?\s+of"
            rf"|\b(?:{nouns}))\s*(?:the\s+)?$",
            re.IGNORECASE,
        )

    def plan(self, reading: Reading) -> dict[str, str]:
        """Return what to do and a step for each name; empty where a question compares no numbers of things."""
        marked, names = reading.marked(), reading.names
        found = _MORE_OF.search(marked)
        gaps = [reading.text[one.end : two.start] for one, two in pairwise(names)]
        if found is None or not all(map(_EITHER.fullmatch, gaps)) or not any(map(_OR.search, gaps)):
            return {}
        if not self._before.search(marked[: marked.index(f"[{names[0].id}]")]):
            return {}
        step = self._counted_by(reading, found["noun"])
        return {"do": MORE if found["more"] else FEWER, **{name.id: str(step) for name in names}} if step else {}

    def _counted_by(self, reading: Reading, noun: str) -> Step | None:
        """Return the step to what several are compared by: what a relation's noun says, or items.

        Of the relations to items it is the one that the words speak of, or else the commonest: "who was in more films".
        """
        starts = [set(self._starts(name.iri)) for name in reading.names]
        stated = set[Step]().union(*starts)
        named = self._fit.named_in(noun)
        if named:
            step = self._snapshot.manifest.canonical(Step(named, "forward"))
            return step if step in stated else None
        if not self._fit.speaks_of_items(noun):
            return None
        item_class = self._snapshot.manifest.items.item_class
        shared = set[Step].intersection(*starts) or stated
        to_items = sorted((step for step in shared if item_class in self._kinds(step)), key=str)
        spoken = [step for step in to_items if step.relation in reading.cues]
        return max(spoken or to_items, key=lambda step: self._times(step, reading.names), default=None)

    def _times(self, step: Step, names: Iterable[Name]) -> int:
        """Return how many facts the graph states that lead to some names, or from them."""
        predicate, store = self._snapshot.manifest.relations[step.relation].iri, self._snapshot.store
        ends = [{"subject": one.iri} if step.direction == "forward" else {"obj": one.iri} for one in names]
        return sum(1 for end in ends for _ in store.triples(predicate=predicate, **end))
