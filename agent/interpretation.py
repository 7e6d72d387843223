"""What a request means: the result of the interpret step, and the closed set of meanings that code leaves open."""

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.answer import Intent
from agent.comparing import Comparison
from agent.questions import NO_PART, THING, UNWANTED, PathPlanner, is_claim
from agent.reading import Name, Reading
from agent.schemas import any_of, closed_object
from agent.taste import Taste
from agent.untrusted import name, plain, quoted
from kg.types import Iri, Step
from tools.constraints import Constraint, EntityConstraint, RangeConstraint
from tools.plans import FEWER, LIST, MORE, Leg, Plan

MAX_CHOICES = 40
"""More meanings than this are no choice for a small model; the least fitting ones are dropped."""


class Ref(BaseModel):
    """An entity with the words by which the request named it.

    Attributes:
        rivals: Others of that very name, of which one is meant.
        others: Entities of which any will do as well, where a relation names several ("the director of A").
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    iri: str
    label: str
    text: str
    rivals: list[str] = []
    others: list["Ref"] = []

    @property
    def told(self) -> str:
        """The label, or all of the labels."""
        return " or ".join(name(one.label) for one in (self, *self.others))


class Period(BaseModel):
    """A range of a numeric relation; an open end is None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relation: str
    low: float | None
    high: float | None
    wanted: bool

    def covers(self, value: float) -> bool:
        """Tell whether a number lies within; NaN does not."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high) and value == value  # noqa: PLR0124


class Route(BaseModel):
    """A relation path of a question, from a name on, as "director" or "^starring"; unwanted: its ends are left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: Ref
    path: list[str]
    wanted: bool = True

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(map(step_of, self.path))


class Compared(BaseModel):
    """A comparative of a wish, with the item that it compares with; None: what the conversation is about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    comparison: Comparison
    iri: str | None


class Interpretation(BaseModel):
    """A request, understood.

    Attributes:
        like: Items that results should be similar to.
        want, avoid: Entities that every result must, or must not, be related to.
        prefer: Entities that results should rather be related to.
        topic: What an explanation or feedback is about.
        do: What a question wants: "list", "count", "check", "most" or "least" with a numeric relation, or "more" or
            "fewer": which of its names has so many ends.
        routes: Relation paths of a question; an answer is at the end of each wanted one.
        things: What a question holds up against the answers, or compares.
        claims: Whether a comparison says which one it is, and asks whether it is so.
        besides: IRIs that are no answer, because the request asks what else there is.
        compared: What a wish compares, until `agent.comparing` makes periods of it.
        notes: Sentences for the user on what of the request is left out.
        later: A question after this one, which is not answered.
        unclear: Names of a question that several entities fit, with what tells these apart.
        rest: Words that name nothing; results' texts are compared with them.
        unknown: Words that look like names and are not in the graph.
        beyond: Words of a question that ask about what no relation of the graph states: it cannot be answered.
        liked: Whether feedback is good or bad; its items stand in `like` and `avoid`.
        rating: The number that feedback gives, and `rating_of` the greatest one that it could, if it says so.
        known: Whether feedback says no more of its items than that the user knows them.
        unwanted: The relation whose other end is unwanted ("not this author"): of the topic, or of what was shown.
        lasting: IRIs of what the user says not to like, not only now.
        more: Whether it asks for other items than those shown.
        like_this: Whether it asks for items like those shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    intent: Intent
    like: list[Ref] = []
    want: list[Ref] = []
    prefer: list[Ref] = []
    avoid: list[Ref] = []
    periods: list[Period] = []
    topic: Ref | None = None
    do: str = LIST
    routes: list[Route] = []
    things: list[Ref] = []
    claims: bool = False
    besides: list[str] = []
    compared: list[Compared] = []
    notes: list[str] = []
    later: str = ""
    unclear: dict[str, list[str]] = {}
    rest: str = ""
    unknown: list[str] = []
    beyond: list[str] = []
    k: int | None = None
    liked: bool | None = None
    rating: float | None = None
    rating_of: float | None = None
    known: bool = False
    unwanted: str | None = None
    lasting: list[str] = []
    more: bool = False
    like_this: bool = False

    def plan(self) -> Plan:
        """Return what a question asks, for the tool that answers it."""
        do, _, by = self.do.partition(" ")
        legs = tuple(Leg(Iri(one.ref.iri), one.steps, one.wanted) for one in self.routes)
        ranges = [one for one in self.constraints() if isinstance(one, RangeConstraint)]
        things = tuple(Iri(ref.iri) for ref in self.things)
        claimed = things[0] if self.claims and by and not legs and len(things) == 2 else None
        return Plan(legs, things, do, by, tuple(ranges), claimed, tuple(map(Iri, self.besides)))

    @property
    def is_answerable(self) -> bool:
        """Tell whether all that a question names and asks about is something that the graph can hold.

        One with a name that is not known is another question without it.
        """
        strange = self.unclear or self.beyond or self.unknown
        return not strange and bool(self.routes or self.things)

    def constraints(self) -> list[Constraint]:
        """Return what results must and must not be."""
        wanted = [_required(ref, wanted=True) for ref in self.want]
        unwanted = [_required(ref, wanted=False) for ref in self.avoid]
        periods = [
            RangeConstraint(
                one.relation,
                float("-inf") if one.low is None else one.low,
                float("inf") if one.high is None else one.high,
                one.wanted,
            )
            for one in self.periods
        ]
        return [*wanted, *unwanted, *periods]

    def with_taste(self, taste: Taste, label: Callable[[str], str]) -> "Interpretation":
        """Return this meaning with what the user wants and avoids at all times, where the request does not name it."""
        named = {ref.iri for ref in self.named()}

        def refs(iris: Iterable[Iri]) -> list[Ref]:
            labels = ((iri, plain(label(iri))) for iri in iris if iri not in named)
            return [Ref(iri=iri, label=name, text=name) for iri, name in labels]

        avoid, prefer = [*self.avoid, *refs(taste.avoid)], [*self.prefer, *refs(taste.prefer)]
        return self.model_copy(update={"avoid": avoid, "prefer": prefer})

    def relinked(self, name: str, iri: str, *, item: bool = True) -> "Interpretation":
        """Return this meaning with a name linked to one of its rivals, for good; only an item can be an example."""
        roles = {
            role: [ref.model_copy(update={"iri": iri, "rivals": []}) if ref.text == name else ref for ref in refs]
            for role, refs in self._roles()
        }
        if not item:
            roles["want"] = [*roles["want"], *(ref for ref in roles["like"] if ref.iri == iri)]
            roles["like"] = [ref for ref in roles["like"] if ref.iri != iri]
        return self.model_copy(update=roles)

    def brought_up_to_date(self, current: Callable[[str], Iri], items: Container[str]) -> "Interpretation":
        """Return an earlier meaning with the entities that its own are by now; an example that is gone is left out."""
        roles = {
            role: list({(iri := current(ref.iri)): ref.model_copy(update={"iri": iri}) for ref in refs}.values())
            for role, refs in self._roles()
        }
        return self.model_copy(update=roles | {"like": [ref for ref in roles["like"] if ref.iri in items]})

    def named(self) -> list[Ref]:
        """Return every entity of a wish or a question."""
        asked = [*(route.ref for route in self.routes), *self.things]
        return [*(ref for _, refs in self._roles() for ref in refs), *asked]

    def said(self) -> str:
        """Return the meaning in a few words, for a prompt or a trace."""
        parts = [f"{role} {', '.join(ref.label for ref in refs)}" for role, refs in self._roles() if refs]
        parts += [constraint.text for constraint in self.constraints() if isinstance(constraint, RangeConstraint)]
        if self.topic:
            parts.append(f"about {self.topic.label}")
        if self.intent == "ask":
            parts.append(self.asked())
        if self.rest:
            parts.append(f"words: {self.rest}")
        return f"{self.intent}: {'; '.join(parts) or 'anything'}"

    def asked(self) -> str:
        """Return a question's plan in a line: "count Tom Hanks ^starring, not comedy ^genre"."""
        routes = [f"{'' if one.wanted else 'not '}{one.ref.label} {'/'.join(one.path)}" for one in self.routes]
        return f"{self.do} {', '.join([*routes, *(ref.label for ref in self.things)])}".strip()

    def merged(self, earlier: "Interpretation") -> "Interpretation":
        """Return this refinement on top of an earlier wish; what is now avoided is no longer wanted."""
        now = {ref.iri for _, refs in self._roles() for ref in refs}
        kept = {role: [ref for ref in refs if ref.iri not in now] for role, refs in earlier._roles()}
        mine = dict(self._roles())
        roles = {role: [*kept[role], *mine[role]] for role in kept}
        return self.model_copy(
            update=roles
            | {
                "periods": self.periods or earlier.periods,
                "besides": [*earlier.besides, *self.besides],
                "rest": self.rest or earlier.rest,
                "k": self.k or earlier.k,
            }
        )

    def _roles(self) -> list[tuple[str, list[Ref]]]:
        return [("like", self.like), ("want", self.want), ("prefer", self.prefer), ("avoid", self.avoid)]


@dataclass(frozen=True, slots=True)
class Listed:
    """A field with a few values, likeliest first."""

    values: tuple[str, ...]

    @property
    def first(self) -> str:
        return self.values[0]

    @property
    def is_open(self) -> bool:
        return len(self.values) > 1

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.values)}

    def allows(self, value: object) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Walked:
    """A field whose value is a relation path from a name, or says that the name is compared or plays no part."""

    first: str
    pattern: str
    walks: frozenset[str]
    is_open: bool = True

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": self.pattern}

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None


Field = Listed | Walked


@dataclass(frozen=True, slots=True)
class Branch:
    """One intent with the fields that it leaves open."""

    intent: Intent
    fields: dict[str, Field]

    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {"intent": {"const": self.intent}}
        properties |= {name: one.schema() for name, one in self.fields.items()}
        return closed_object(properties)

    @property
    def first(self) -> dict[str, str]:
        return {"intent": self.intent, **{name: one.first for name, one in self.fields.items()}}

    def allows(self, choice: object) -> bool:
        if not isinstance(choice, dict) or choice.keys() != self.first.keys() or choice["intent"] != self.intent:
            return False
        return all(one.allows(choice[name]) for name, one in self.fields.items())


@dataclass(frozen=True)
class Meanings:
    """Everything that a request may mean: the schema of the interpret step, and the way from a choice to a meaning."""

    reading: Reading
    branches: tuple[Branch, ...]

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the possible meanings; what it admits, `allows` admits."""
        return any_of([branch.schema() for branch in self.branches])

    @property
    def only(self) -> dict[str, str] | None:
        """The single possible meaning; None where there are several."""
        if len(self.branches) > 1 or any(one.is_open for one in self.branches[0].fields.values()):
            return None
        return self.first

    @property
    def first(self) -> dict[str, str]:
        """What the rules take the request to mean."""
        return self.branches[0].first

    def allows(self, choice: object) -> bool:
        return any(branch.allows(choice) for branch in self.branches)

    def interpretation(self, choice: dict[str, str]) -> Interpretation:
        """Return the meaning of a choice that `allows` admits."""
        reading = self.reading
        names = {name.id: name for name in reading.names}
        roles: dict[str, list[Ref]] = {"like": [], "want": [], "prefer": [], "avoid": []}
        for field, value in choice.items():
            if field in names and value in roles and names[field].iri not in {ref.iri for ref in roles[value]}:
                roles[value].append(_ref(names[field]))
        if choice["intent"] == "feedback":
            roles |= _opinions(reading)
        topic = names.get(choice.get("topic", ""))
        asks = choice["intent"] == "ask"
        said = [(names[field], value) for field, value in choice.items() if asks and field in names]
        wishes = choice["intent"] in ("recommend", "refine")
        return Interpretation(
            intent=choice["intent"],  # type: ignore[arg-type]  # pydantic checks it
            like=roles["like"],
            want=roles["want"],
            prefer=roles["prefer"],
            avoid=roles["avoid"],
            periods=[period_of(one) for one in reading.ranges] if wishes or asks else [],
            topic=_ref(topic) if topic else None,
            do=choice.get("do", LIST),
            routes=[_route(name, value) for name, value in said if value not in (THING, NO_PART)],
            things=[_ref(name) for name, value in said if value == THING],
            claims=asks and is_claim(reading),
            besides=[*reading.besides] if asks or wishes else [],
            notes=_notes(reading),
            later=reading.later if asks else "",
            compared=[Compared(comparison=one, iri=iri) for one, iri in reading.compared] if wishes else [],
            rest=reading.rest if wishes else "",
            unknown=list(reading.unknown),
            beyond=list(reading.beyond) if asks else [],
            k=reading.count if wishes else None,
            liked=reading.liked if choice["intent"] == "feedback" else None,
            rating=reading.rating if choice["intent"] == "feedback" else None,
            rating_of=reading.rating_of if choice["intent"] == "feedback" else None,
            known=choice["intent"] == "feedback" and reading.known and reading.liked is None,
            unwanted=reading.unwanted if choice["intent"] == "feedback" else None,
            lasting=[ref.iri for ref in roles["avoid"]] if wishes and reading.liked is False else [],
            more=wishes and reading.more,
            like_this=wishes and reading.like_this,
        )


def possible_meanings(
    reading: Reading, planner: PathPlanner, *, intent: Intent | None = None, has_wish: bool = False
) -> Meanings:
    """Return what a request may mean.

    Args:
        reading: The request as code reads it.
        planner: Knows the relation paths that a question may mean.
        intent: Given where the face fixes it (`thence ask`); None leaves it open.
        has_wish: Whether the conversation has an earlier wish that can be refined.
    """
    intents = (intent,) if intent else _intents(reading, has_wish=has_wish)
    branches = [branch for one in intents for branch in _branches(one, reading, planner)]
    return Meanings(reading, tuple(branches))


def _intents(reading: Reading, *, has_wish: bool) -> tuple[Intent, ...]:
    """Return the intents that the words allow, the likeliest first."""
    items = [name for name in reading.names if name.kind == "item"]
    found = reading.names or reading.ranges or reading.rest or reading.cues or reading.unknown or reading.unplaced
    says = found or reading.unwanted or reading.count
    wishes = reading.wishes or not reading.text.strip()
    if not wishes and (reading.is_greeting or not (says or (has_wish and reading.refines))):
        return ("small_talk",)
    if reading.is_why and items:
        return ("explain",)
    if reading.is_question and reading.names:
        return ("ask",)
    opinion = reading.rating is not None or reading.liked is not None or (reading.known and not wishes)
    feedback = reading.unwanted or (items and opinion)
    if feedback:
        return ("feedback", "recommend") if reading.liked and reading.rating is None else ("feedback",)
    if has_wish and (reading.refines or reading.liked is False) and not items:
        return ("refine",)
    return ("recommend", "refine") if has_wish and not items else ("recommend",)


def _branches(intent: Intent, reading: Reading, planner: PathPlanner) -> list[Branch]:
    items = tuple(name.id for name in reading.names if name.kind == "item")
    match intent:
        case "ask":
            return _questions(reading, planner)
        case "feedback":
            return [Branch(intent, {"topic": Listed(items[:1])} if items else {})]
        case "explain" | "why_not":
            return [Branch(intent, {"topic": Listed(items)} if items else {})]
        case "small_talk":
            return [Branch(intent, {})]
        case _:
            return [Branch(intent, _roles(reading))]


def _questions(reading: Reading, planner: PathPlanner) -> list[Branch]:
    """Return the branch of a question: what it wants, and for each name a path, as the rules see them first."""
    first = planner.first(reading)
    if first["do"] in (MORE, FEWER):
        # The words leave no choice, and the model has not learnt such plans.
        return [Branch("ask", {field: Listed((value,)) for field, value in first.items()})]
    does: dict[str, Field] = {"do": Listed(tuple(dict.fromkeys((first["do"], *planner.does))))}
    walks = {name.id: _walks(name, planner) for name in reading.names}
    paths = {name: Walked(first[name], planner.pattern(found), found) for name, found in walks.items()}
    return [Branch("ask", {**does, **paths} if paths else {})]


def _walks(name: Name, planner: PathPlanner) -> frozenset[str]:
    """Return the walks from every owner of a name: what is asked tells which of them is meant."""
    owners = (name.iri, *(iri for iri, _ in name.rivals))
    return frozenset[str]().union(*(planner.walks(iri) for iri in owners))


def _roles(reading: Reading) -> dict[str, Field]:
    choices: dict[str, Field] = {}
    open_choices = 1
    for one in reading.names:
        roles = _roles_of(one)
        open_choices *= len(roles)
        choices[one.id] = Listed(roles if open_choices <= MAX_CHOICES else roles[:1])
    return choices


def _roles_of(name: Name) -> tuple[str, ...]:
    """Return the roles that a name's words allow, likeliest first: "funnier" is a preference, "a comedy" a demand."""
    if name.negated:
        return ("avoid",)
    if name.kind == "item":
        return ("like",)
    if name.hinted or name.alternative:
        return ("prefer",)
    if name.demanded:
        return ("want",)
    comparative = name.text.lower().endswith("er") and " " not in name.text
    return ("prefer", "want") if comparative else ("want", "prefer")


def _notes(reading: Reading) -> list[str]:
    """Return what of a wish cannot be met, in sentences."""
    notes = [f"The graph states no {noun} of {quoted(label)}." for noun, label in reading.unstated]
    unplaced = [quoted(word) for word in reading.unplaced]
    if unplaced:
        notes.append(f"Nothing is left out for {' and '.join(unplaced)}: the graph calls nothing so.")
    return notes


def _opinions(reading: Reading) -> dict[str, list[Ref]]:
    """Return the items of a feedback by what is said of them; where no negation is near one, the whole text decides."""
    items = [name for name in reading.names if name.kind == "item"]
    negated = any(name.negated for name in items)
    good = [name for name in items if not name.negated and (negated or reading.liked is not False)]
    return {"like": [_ref(name) for name in good], "avoid": [_ref(name) for name in items if name not in good]}


def step_of(said: str) -> Step:
    """Return a step from its text: "director", or "^starring" for the way back."""
    return Step(said.lstrip("^"), "inverse" if said.startswith("^") else "forward")


def _route(name: Name, value: str) -> Route:
    return Route(ref=_ref(name), path=value.removeprefix(UNWANTED).split("/"), wanted=not value.startswith(UNWANTED))


def _ref(name: Name) -> Ref:
    label = plain(name.label) or name.text
    others = [Ref(iri=iri, label=plain(said), text=name.text) for iri, said in name.others]
    return Ref(iri=name.iri, label=label, text=name.text, rivals=[iri for iri, _ in name.rivals], others=others)


def _required(ref: Ref, *, wanted: bool) -> EntityConstraint:
    return EntityConstraint(Iri(ref.iri), ref.told, wanted, tuple(Iri(one.iri) for one in ref.others))


def period_of(one: RangeConstraint) -> Period:
    """Return a range as JSON can hold it."""
    finite = [value if abs(value) < float("inf") else None for value in (one.low, one.high)]
    return Period(relation=one.relation, low=finite[0], high=finite[1], wanted=one.wanted)
