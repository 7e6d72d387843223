"""A recommender that says what a test told it to say."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Unpack

from agent.answer import (
    Answer,
    AnswerEntity,
    Claim,
    Contribution,
    Event,
    FinishedEvent,
    HistoryFact,
    Intent,
    Justification,
    PathView,
    ProseEvent,
    RankedEvent,
    RankedItem,
    StageEvent,
    StepEvent,
    TraceStep,
)
from agent.manner import Manner
from agent.recommender import Recommender
from kg.errors import ThenceError

SHOP = "http://shop.example/"
FRANKENSTEIN, DRACULA = f"{SHOP}book/frankenstein", f"{SHOP}book/dracula"
GENRE, HORROR = f"{SHOP}vocab/genre", f"{SHOP}genre/gothic_horror"


def ranked(rank: int = 1, label: str = "Frankenstein", *, written: bool = True) -> RankedItem:
    triples = [(DRACULA, GENRE, HORROR), (FRANKENSTEIN, GENRE, HORROR)]
    claim = Claim(
        text="both are gothic horror",
        triples=[(FRANKENSTEIN, GENRE, HORROR)],
        history=[HistoryFact(iri=DRACULA, label="Dracula", value=5.0)],
    )
    prose = Justification(text=f"{label}, like Dracula, is gothic horror.", claims=[claim], written_by="model")
    path = f"Dracula — genre — Gothic horror — genre — {label}"
    return RankedItem(
        iri=f"{FRANKENSTEIN}" if rank == 1 else f"{SHOP}book/{rank}",
        label=label,
        rank=rank,
        score=0.75,
        parts={"collaborative": 0.5, "graph": 0.3, "text": -0.05},
        contributions=[Contribution(part="graph", iri=DRACULA, label="Dracula", value=0.3)],
        justification=prose if written else None,
        paths=[PathView(text=path, entities=[DRACULA, HORROR, FRANKENSTEIN], triples=triples, score=0.5)],
    )


def recommendation(*items: RankedItem, **changes: Any) -> Answer:
    step = TraceStep(
        step=1,
        action="nearest",
        arguments={"text": "gothic"},
        result="2 books",
        size=2,
        decided_by="model",
        seconds=0.5,
        tokens=120,
    )
    answer = Answer(
        domain="bookshop",
        user="ann",
        request="something gothic",
        intent="recommend",
        text="Two books that fit.",
        items=list(items) or [ranked(), ranked(2, "Carmilla")],
        removed_by={"no romance": 1200},
        trace=[step],
        timings={"total": 1.25},
        calls=3,
        tokens=2100,
    )
    return answer.model_copy(update=changes)


def question(*labels: str) -> Answer:
    answers = [AnswerEntity(iri=f"{SHOP}person/{label}", label=label) for label in labels]
    return Answer(
        domain="bookshop", user=None, request="who?", intent="ask", text=f"{len(labels)} people.", answers=answers
    )


def events_of(answer: Answer) -> list[Event]:
    listed = [item.model_copy(update={"justification": None}) for item in answer.items]
    return [
        StageEvent(text="Starting the model server"),
        *(StepEvent(step=step) for step in answer.trace),
        RankedEvent(items=listed),
        StageEvent(text="Writing"),
        *(ProseEvent(rank=one.rank, justification=one.justification) for one in answer.items if one.justification),
        FinishedEvent(answer=answer),
    ]


class FakeRecommender(Recommender):
    """Plays one script a message: an answer, events, or an error; `asked` keeps what it was called with."""

    def __init__(self, *script: Answer | Sequence[Event] | BaseException) -> None:
        self.script = list(script)
        self.asked: list[dict[str, Any]] = []
        self.opened: dict[str, Any] = {}
        self.closed = False
        self.threads: set[str] = set()
        self.before: Callable[[], None] = lambda: None

    async def has_thread(self, thread: str, user: str | None = None) -> bool:
        return thread in self.threads

    async def stream(
        self,
        message: str = "",
        *,
        user: str | None = None,
        k: int = 5,
        thread: str | None = None,
        intent: Intent | None = None,
        item: str | None = None,
        explore: float = 0.0,
        diversity: float = 0.0,
        **manner: Unpack[Manner],
    ) -> AsyncIterator[Event]:
        shares: dict[str, Any] = {"explore": explore, "diversity": diversity}
        knobs = {name: value for name, value in (*shares.items(), *manner.items()) if value}
        self.asked.append({"message": message, "user": user, "k": k, "thread": thread, "intent": intent, **knobs})
        self.before()
        turn = self.script.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        for event in events_of(turn) if isinstance(turn, Answer) else turn:
            await asyncio.sleep(0)
            yield event

    async def aexplain(self, *, item: str, user: str | None = None, **manner: Unpack[Manner]) -> Answer:
        said = {name: value for name, value in manner.items() if value}
        self.asked.append({"item": item, "user": user, **said})
        turn = self.script.pop(0)
        if isinstance(turn, ThenceError):
            raise turn
        assert isinstance(turn, Answer)
        return turn

    def close(self) -> None:
        self.closed = True
