"""The state of the loop: plain JSON values, so that a conversation is small and can be read back years later."""

from typing import Any, Required, TypedDict

Json = dict[str, Any]


class RequestState(TypedDict, total=False):
    """What comes in.

    Attributes:
        request: The user's words; may be empty.
        user: A user of the domain, or None.
        k: Length of the list.
        intent: Fixed by the face; absent or None leaves it to the interpret step.
        item: Item to explain, where the face names it.
        tone, language: The manner of the answer; absent: what the request or the conversation asks for.
        steer: The measure that chooses among explanation paths: "lir", "sep" or "etd"; absent: their own score.
    """

    request: Required[str]
    user: str | None
    k: int
    intent: str | None
    item: str | None
    explore: float
    diversity: float
    tone: str
    language: str
    steer: str | None


class State(RequestState, total=False):
    """What the nodes pass on; each node returns only what changed.

    Attributes:
        meaning: The `Interpretation` of this request.
        wish: The last wish of the conversation, kept between requests, so that it can be refined.
        remarks: What somebody without a name said of items and entities, `Told` as JSON, kept between requests.
        shown: IRIs of the items listed in this conversation, kept between requests: "more" leaves them out.
        focus: IRIs of the items of the latest list or explanation, kept between requests: what "this" may mean.
        spoken_of: IRIs of answers, of what was asked about, and of items listed, the latest group first, kept between
            requests: what "it" and "he" may mean.
        asked_back: The `Interpretation` of the request before, where it was answered by asking which one is meant.
        done: Keys of the calls made.
        observed: What the tools said, for the model.
        next_action: The chosen call: `tool`, `arguments`, `decided_by`.
        items: `RankedItem`s as JSON; None before a ranking.
        verdict: The answer to a yes-or-no question.
        counts: Where a question compares how many, the number of each name, in their order.
        blind: What the graph says nothing about at all, in words; a question may fail on it.
        doubtful: Labels of what only flagged facts would answer with.
        missing: Entities, by IRI, and relations that a question asks for and no fact has.
        predicted: `PredictedFact`s as JSON: guesses at what is missing.
        answered: Whether the question's plan was carried out.
        overview: A `Justification` as JSON: what the items of a list have in common.
        what_if: A `Counterfactual` as JSON, for an explained item.
        reasons: What stood in for the model, and why.
        model_down: Whether the model was lost during this request, so that no call waits for it again.
        started: Unix time of the request.
    """

    meaning: Json
    wish: Json | None
    remarks: list[Json]
    shown: list[str]
    focus: list[str]
    spoken_of: list[list[str]]
    asked_back: Json | None
    done: list[str]
    observed: list[str]
    next_action: Json | None
    items: list[Json] | None
    answers: list[Json]
    verdict: bool | None
    counts: list[int]
    blind: list[str]
    doubtful: list[str]
    missing: list[tuple[str, str]]
    predicted: list[Json]
    answered: bool
    overview: Json | None
    what_if: Json | None
    removed_by: dict[str, int]
    emptied_by: str | None
    text: str
    trace: list[Json]
    reasons: list[str]
    model_down: bool
    timings: dict[str, float]
    calls: int
    tokens: int
    started: float


def fresh(request: RequestState, started: float) -> State:
    """Return the state of a new request: all that an earlier one left is cleared, but its wish and remarks."""
    return State(
        request=request["request"],
        user=request.get("user"),
        k=request.get("k", 5),
        intent=request.get("intent"),
        item=request.get("item"),
        explore=request.get("explore", 0.0),
        diversity=request.get("diversity", 0.0),
        steer=request.get("steer"),
        meaning={},
        done=[],
        observed=[],
        next_action=None,
        items=None,
        answers=[],
        verdict=None,
        counts=[],
        blind=[],
        doubtful=[],
        missing=[],
        predicted=[],
        answered=False,
        overview=None,
        what_if=None,
        removed_by={},
        emptied_by=None,
        text="",
        trace=[],
        reasons=[],
        model_down=False,
        timings={},
        calls=0,
        tokens=0,
        started=started,
    )
