"""Question plans: walks from several entities, combined, counted, checked or compared, with their triples."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kg.snapshot import Snapshot
from kg.types import Iri, Step, Triple
from tools.constraints import RangeConstraint
from tools.errors import UnknownNameError
from tools.result import clipped, marked
from tools.sparql_walk import Answer, RelationWalker

LIST, COUNT, CHECK, MOST, LEAST, MORE, FEWER = "list", "count", "check", "most", "least", "more", "fewer"
ALL = 1_000_000
"""A question wants the complete set; this only bounds a walk over the whole graph."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A walk from one entity; the ends of one that is not wanted are left out."""

    start: Iri
    steps: tuple[Step, ...]
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a question asks.

    Attributes:
        legs: Walks; an answer is an end of every wanted one and of no other.
        things: Entities that the question holds up against the ends, or compares.
        do: `list`, `count`, `check` (yes or no), `most` or `least` by a number; `more` or `fewer`: of the starts, whose
            walk has so many ends.
        by: The numeric relation of `most` and `least`.
        ranges: Numbers that answers must have; where these are no items, the last items on the way to them.
        claimed: What a comparison says of one thing ("is A older than B"): it has a verdict.
        besides: What is no answer, because it is known already ("what else did X direct").
    """

    legs: tuple[Leg, ...]
    things: tuple[Iri, ...] = ()
    do: str = LIST
    by: str = ""
    ranges: tuple[RangeConstraint, ...] = ()
    claimed: Iri | None = None
    besides: tuple[Iri, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanResult:
    """The complete answer to a plan.

    Attributes:
        answers: In the order of a walk, each with the triples of one way there; of a check, what it rests on: where
            numbers say no, the things whose numbers do.
        verdict: Of a check, and of a comparison that claims something; else None.
        doubtful: What would answer too if flagged facts counted.
        counts: Of `more` and `fewer`, the ends of each leg.
        blind: Legs whose start the graph states no triple of the first relation for; for a thing compared, its number.
    """

    plan: Plan
    answers: tuple[Answer, ...]
    verdict: bool | None = None
    blind: tuple[Leg, ...] = ()
    doubtful: tuple[Answer, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        told = f"{len(self.answers)} found: {', '.join(answer.label for answer in self.answers[:50])}"
        said = {None: told, True: f"yes; {told}", False: "no"}[self.verdict]
        sound = said if self.answers or self.verdict is not None else "nothing is found"
        doubtful = ", ".join(marked(one.label, flagged=True) for one in self.doubtful[:50])
        return clipped(f"{sound}; in doubt: {doubtful}" if doubtful else sound)

    @property
    def size(self) -> int:
        return len(self.answers)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return tuple(dict.fromkeys(triple for answer in self.answers for triple in answer.witness))


class PlanRunner:
    """Answers question plans on the integer adjacency."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._walker = RelationWalker(snapshot)

    def run(self, plan: Plan) -> PlanResult:
        """Return the complete answer to a plan.

        Raises:
            UnknownNameError: A relation is not one of the domain, or `by` holds no numbers.
            ToolError: A walk is too long, or goes on behind a value.
        """
        if plan.do in (MORE, FEWER):
            return self._counted(plan)
        every = self._found(plan)
        found, doubtful = [one for one in every if not one.flagged], tuple(one for one in every if one.flagged)
        blind = self._blind(plan.legs)
        if plan.do == CHECK:
            return self._checked(plan, found, blind, doubtful) if plan.legs else self._dated(plan)
        if plan.do in (MOST, LEAST):
            if not plan.legs:
                return self._compared(plan)
            found = self._extreme(plan, found)
        return PlanResult(plan, tuple(found), None, blind, doubtful)

    def _blind(self, legs: Iterable[Leg]) -> tuple[Leg, ...]:
        return tuple(leg for leg in legs if leg.wanted and not self._walker.walk(leg.start, leg.steps[:1], 1).found)

    def _counted(self, plan: Plan) -> PlanResult:
        """Compare walks by how many ends they have; one that cannot begin has no number, which is told."""
        blind = self._blind(plan.legs)
        if blind:
            return PlanResult(plan, (), None, blind)
        ends = [self._found(replace(plan, do=LIST, legs=(leg,))) for leg in plan.legs]
        sound = [[one for one in found if not one.flagged] for found in ends]
        counts = tuple(map(len, sound))
        best = (max if plan.do == MORE else min)(counts)
        answers = [
            _with(answer, [triple for one in found for triple in one.witness])
            for answer, found in zip(self._as_answers(leg.start for leg in plan.legs), sound, strict=True)
            if len(found) == best
        ]
        doubtful = tuple({one.iri_or_literal: one for found in ends for one in found if one.flagged}.values())
        return PlanResult(plan, tuple(answers), None, (), doubtful, counts)

    def _found(self, plan: Plan) -> list[Answer]:
        """Return the ends that all wanted legs share, without those of the others and those out of range."""
        left: dict[str, Answer] | None = None
        for leg in plan.legs:
            if leg.wanted:
                ends = self._ends(leg, plan.ranges)
                left = ends if left is None else {key: _both(left[key], ends[key]) for key in left if key in ends}
        unwanted = {key for leg in plan.legs if not leg.wanted for key in self._ends(leg, ())}
        starts = {leg.start for leg in plan.legs}
        known = unwanted | starts | set(plan.besides)
        kept = [answer for key, answer in (left or {}).items() if key not in known]
        return self._in_range(kept, plan.ranges)

    def _ends(self, leg: Leg, ranges: Sequence[RangeConstraint]) -> dict[str, Answer]:
        """Return the ends of a walk; where they are no items, of its ways through items within the ranges."""
        ends = self._walked(leg.start, leg.steps)
        if not ranges or not ends or self._has_items(ends):
            return ends
        for at in range(len(leg.steps) - 1, 0, -1):
            passed = self._walked(leg.start, leg.steps[:at])
            if self._has_items(passed):
                kept = [one for one in self._in_range([*passed.values()], ranges) if one.iri_or_literal != leg.start]
                return self._on_from(kept, leg.steps[at:])
        return ends

    def _on_from(self, passed: Iterable[Answer], steps: tuple[Step, ...]) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for one in passed:
            for key, end in self._walked(Iri(one.iri_or_literal), steps).items():
                witness = tuple(dict.fromkeys((*one.witness, *end.witness)))
                flagged = one.flagged or end.flagged
                if key not in found or (found[key].flagged and not flagged):
                    found[key] = replace(end, witness=witness, flagged=flagged)
        return found

    def _walked(self, start: Iri, steps: tuple[Step, ...]) -> dict[str, Answer]:
        return {one.iri_or_literal: one for one in self._walker.walk(start, steps, ALL).answers}

    def _has_items(self, ends: Iterable[str]) -> bool:
        return any(one in self._snapshot.item_columns for one in ends)

    def _in_range(self, answers: list[Answer], ranges: Sequence[RangeConstraint]) -> list[Answer]:
        """Keep the items within the ranges, with the triple that says so; what is no item has no numbers to fail by."""
        columns = self._snapshot.item_columns
        if not ranges or not self._has_items(one.iri_or_literal for one in answers):
            return answers
        for bound in ranges:
            numbers = self._numbers(bound.relation)
            answers = [
                _with(one, self._numeric(one.iri_or_literal, bound.relation))
                for one in answers
                if one.iri_or_literal in columns
                and (bound.low <= numbers[columns[one.iri_or_literal]] <= bound.high) == bound.wanted
            ]
        return answers

    def _checked(
        self, plan: Plan, found: list[Answer], blind: tuple[Leg, ...], doubtful: tuple[Answer, ...]
    ) -> PlanResult:
        things = set(plan.things)
        proof = [one for one in found if one.iri_or_literal in things] if things else found
        doubted = tuple(one for one in doubtful if one.iri_or_literal in things) if things else doubtful
        return PlanResult(plan, tuple(proof), len(proof) == len(things) if things else bool(proof), blind, doubted)

    def _dated(self, plan: Plan) -> PlanResult:
        """Check whether things have the numbers that a question gives: "was A released in 1979"."""
        unknown = tuple(leg for bound in plan.ranges for leg in self._without_number(plan.things, bound.relation))
        if unknown or not plan.ranges or not plan.things:
            return PlanResult(plan, (), None, unknown)
        within = self._in_range(self._as_answers(plan.things), plan.ranges)
        held = {one.iri_or_literal for one in within}
        others = [one for one in self._as_answers(plan.things) if one.iri_or_literal not in held]
        for bound in plan.ranges:
            others = [_with(one, self._numeric(one.iri_or_literal, bound.relation)) for one in others]
        return PlanResult(plan, tuple(others or within), not others)

    def _without_number(self, things: Iterable[Iri], relation: str) -> tuple[Leg, ...]:
        columns, numbers = self._snapshot.item_columns, self._numbers(relation)
        return tuple(
            Leg(thing, (Step(relation, "forward"),))
            for thing in things
            if thing not in columns
            or numbers[columns[thing]] != numbers[columns[thing]]  # NaN: the graph knows no number
        )

    def _compared(self, plan: Plan) -> PlanResult:
        """Compare things by a number; what has none cannot be compared, which is told and not passed over."""
        blind = self._without_number(plan.things, plan.by)
        if blind:
            return PlanResult(plan, (), None, blind)
        found = self._extreme(plan, self._as_answers(plan.things))
        verdict = None if plan.claimed is None else [one.iri_or_literal for one in found] == [plan.claimed]
        return PlanResult(plan, tuple(found), verdict)

    def _extreme(self, plan: Plan, found: Iterable[Answer]) -> list[Answer]:
        """Return the answers with the largest or smallest number; several where they tie."""
        columns, numbers = self._snapshot.item_columns, self._numbers(plan.by)
        valued = [(float(numbers[columns[one.iri_or_literal]]), one) for one in found if one.iri_or_literal in columns]
        valued = [(value, one) for value, one in valued if value == value]  # noqa: PLR0124  NaN: the graph knows no number
        if not valued:
            return []
        best = (max if plan.do == MOST else min)(value for value, _ in valued)
        return [_with(one, self._numeric(one.iri_or_literal, plan.by)) for value, one in valued if value == best]

    def _as_answers(self, things: Iterable[Iri]) -> list[Answer]:
        return [Answer(iri, self._snapshot.label(iri), False, ()) for iri in things]

    def _numbers(self, relation: str) -> Sequence[float]:
        numbers = self._snapshot.numbers
        if relation not in numbers:
            raise UnknownNameError(f"{relation!r} holds no numbers here. Valid: {', '.join(numbers) or 'none'}.")
        return numbers[relation]  # type: ignore[return-value]  # an array is indexed like a sequence

    def _numeric(self, iri: str, relation: str) -> tuple[Triple, ...]:
        predicate = self._snapshot.manifest.relations[relation].iri
        return tuple(one for one in self._snapshot.store.triples(subject=iri, predicate=predicate) if one.literal)


def _both(one: Answer, other: Answer) -> Answer:
    return replace(_with(one, other.witness), flagged=one.flagged or other.flagged)


def _with(answer: Answer, more: Iterable[Triple]) -> Answer:
    return replace(answer, witness=tuple(dict.fromkeys((*answer.witness, *more))))
