"""What Thence answers: the models that every face prints and that other tools read."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Intent = Literal["recommend", "refine", "ask", "explain", "why_not", "feedback", "small_talk"]
Decider = Literal["model", "code"]
TripleRow = tuple[str, str, str]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HistoryFact(_Model):
    """One entry of the user's own history, as evidence; it is not in the graph."""

    iri: str
    label: str
    value: float


class Claim(_Model):
    """One statement of a justification, with what it rests on.

    Attributes:
        text: The words that make the statement.
        triples: Statements of the graph that entail it; an object is an IRI or a literal's lexical form.
        history: Entries of the user's history that entail it.
        scores: The history items that it ranks by what they add to the item's score, most first.
        wishes: IRIs of what the request asked for, as far as it says so.
    """

    text: str
    triples: list[TripleRow] = []
    history: list[HistoryFact] = []
    scores: list[HistoryFact] = []
    wishes: list[str] = []


class Justification(_Model):
    """Why an item is recommended; every statement in `text` is one of the `claims`."""

    text: str
    claims: list[Claim]
    written_by: Decider


class PathView(_Model):
    """A path from the user's history or wish to the item, for reading: `text` names the entities and relations."""

    text: str
    entities: list[str]
    triples: list[TripleRow]
    score: float


class Contribution(_Model):
    """What one history item or wish adds to a score.

    Attributes:
        iri: Empty for the query, the prior, and the attributes of a user, which an explanation names as labels.
        via: In an explanation, the entity through which a history item speaks for the item; else empty.
    """

    part: str
    iri: str
    label: str
    value: float
    via: str = ""
    via_label: str = ""


class RankedItem(_Model):
    """One recommended item; `parts` sum to `score`."""

    iri: str
    label: str
    rank: int
    score: float
    parts: dict[str, float]
    contributions: list[Contribution] = []
    justification: Justification | None = None
    paths: list[PathView] = []


class WhatIf(_Model):
    """The score and rank of an item without one thing: a history item, or a relation to an entity."""

    iri: str
    label: str
    score: float
    rank: int


class HistoryChange(_Model):
    """History items without which an item would not be listed, or items whose liking would bring it into the list.

    Attributes:
        rank: Of the item afterwards.
        smallest: Whether it is proven that no smaller set does it (of an addition: of the items that were tried).
    """

    iris: list[str]
    labels: list[str]
    rank: int
    smallest: bool


class Behind(_Model):
    """The last item that is listed; `lacks` is by how much it is ahead in each part."""

    iri: str
    label: str
    rank: int
    score: float
    lacks: dict[str, float]


class Counterfactual(_Model):
    """What would be otherwise for an explained item.

    Attributes:
        k: Length of the list that the item is in or not.
        n_items: How many items may be listed, this one among them.
        without_history: Without each of the weightiest history items.
        without_facts: Were it not related to each of the weightiest entities.
        removal: Of history items; None where the item is not listed, or would be without any history.
        addition: Of liked items; None where the item is listed, or none was found.
        behind: None where the item is listed.
    """

    k: int
    n_items: int
    without_history: list[WhatIf] = []
    without_facts: list[WhatIf] = []
    removal: HistoryChange | None = None
    addition: HistoryChange | None = None
    behind: Behind | None = None


class AnswerEntity(_Model):
    """One answer to a question; `iri` is None for a literal."""

    iri: str | None
    label: str
    triples: list[TripleRow] = []


class PredictedFact(_Model):
    """A fact that the graph does not state: a guess, told apart from answers, on which nothing rests.

    Attributes:
        text: The fact in words.
        score: In (0, 1], see `tools.inference.InferredFact`.
        source: Rules that derive, rules that were mined, or a graph embedding.
        explanation: Why it is guessed.
        predicted: Always.
    """

    text: str
    triple: TripleRow
    score: float
    source: Literal["rule", "mined", "learned"]
    explanation: str
    predicted: Literal[True] = True


class TraceStep(_Model):
    """One step of the loop.

    Attributes:
        action: The node or tool.
        arguments: What it was called with.
        result: What it said, shortened.
        size: Rows, items or paths in its result.
        decided_by: Who chose the step.
        error: The tool's or the model's error, where there was one.
    """

    step: int
    action: str
    arguments: dict[str, Any] = {}
    result: str = ""
    size: int = 0
    decided_by: Decider
    seconds: float = 0.0
    tokens: int = 0
    error: str | None = None


class Basis(_Model):
    """What an answer was made from, so that its proof can be checked without the model.

    Attributes:
        meaning: The `Interpretation` that was ranked by or answered, as JSON.
        alone: Whether nothing else counted: no remark and no list of an earlier turn of the conversation.
    """

    meaning: dict[str, Any]
    k: int
    explore: float
    diversity: float
    alone: bool


class Answer(_Model):
    """The answer to one request.

    Attributes:
        text: The answer in words; for a recommendation, an introduction to the list.
        overview: What the items of a list have in common, verified like a justification.
        items: Recommended or explained items, best first.
        answers: The complete answer set of a question.
        verdict: The answer to a yes-or-no question.
        predicted: Guesses at what a question asks for and the graph does not state.
        degraded: Whether something stood in for the model.
        degraded_because: What stood in for what, and why.
        what_if: What would be otherwise, for an explained item.
        removed_by: How many items each constraint removed.
        labels: Labels of the entities and relations that the triples name by IRI.
        timings: Seconds by stage, and `total`.
        calls, tokens: Requests to the model and what they cost, prompts included.
        basis: What it was made from.
    """

    domain: str
    user: str | None
    request: str
    intent: Intent
    text: str
    overview: Justification | None = None
    items: list[RankedItem] = []
    answers: list[AnswerEntity] = []
    predicted: list[PredictedFact] = []
    verdict: bool | None = None
    degraded: bool = False
    degraded_because: list[str] = []
    what_if: Counterfactual | None = None
    removed_by: dict[str, int] = {}
    labels: dict[str, str] = {}
    trace: list[TraceStep] = []
    timings: dict[str, float] = {}
    calls: int = 0
    tokens: int = 0
    thread: str | None = None
    basis: Basis | None = None


class StageEvent(_Model):
    """What is being done now."""

    kind: Literal["stage"] = "stage"
    text: str


class StepEvent(_Model):
    """A step of the loop is done."""

    kind: Literal["step"] = "step"
    step: TraceStep


class RankedEvent(_Model):
    """The list is there, with its evidence and before its prose."""

    kind: Literal["ranked"] = "ranked"
    items: list[RankedItem]


class ProseEvent(_Model):
    """The verified justification of the item at `rank`; they come in the order in which they are ready."""

    kind: Literal["prose"] = "prose"
    rank: int
    justification: Justification


class FinishedEvent(_Model):
    """The whole answer."""

    kind: Literal["finished"] = "finished"
    answer: Answer


Event = Annotated[StageEvent | StepEvent | RankedEvent | ProseEvent | FinishedEvent, Field(discriminator="kind")]
