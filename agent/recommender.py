"""The programmatic face: one asynchronous core, and a thin synchronous one over it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote

from pydantic import TypeAdapter

from agent.answer import Answer, Basis, Event, FinishedEvent, Intent
from agent.errors import LedgerError, RequestError
from agent.feedback import Feedback
from agent.gate import ModelGate
from agent.graph import Compiled, build_graph
from agent.ledger import FILE, Entry, Ledger
from agent.manner import Manner, spoken_languages
from agent.model.adapters import is_untaught, with_adapter
from agent.nodes import Nodes
from agent.proof import Proof, make_proof
from agent.refit import Refitter
from agent.settings import Settings, load_settings
from agent.state import RequestState, State
from agent.threads import has_thread, open_threads, prune
from agent.toolbox import Toolbox, open_toolbox
from agent.untrusted import plain
from agent.views import labels_in
from kg.domain import Domains
from prompts.phrases import TONES
from tools.path_quality import GOALS

MAX_REQUEST = 2000
"""Characters of a request; what people type is shorter, and a prompt holds no more."""

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_T = TypeVar("_T")


class Recommender:
    """Recommends, answers and explains in one domain.

    Use as a context manager, or call `close`. Many requests may run at once.
    """

    def __init__(self, toolbox: Toolbox, gate: ModelGate, settings: Settings) -> None:
        self._toolbox = toolbox
        self._gate = gate
        self._settings = settings
        ledger = Ledger(settings.home / FILE)
        self._feedback = Feedback(toolbox.snapshot, ledger)
        ranker = toolbox.ranker
        self._refitter = Refitter(toolbox.snapshot, self._feedback, ledger, ranker.model, ranker.swap)
        self._refitter.open()
        self._graph = build_graph(Nodes(toolbox, gate, settings, self._feedback))
        self.graph: Compiled = self._graph.compile()
        """The compiled LangGraph loop without a checkpointer, for streaming it yourself."""

    @classmethod
    def load(
        cls,
        domain: str,
        *,
        settings: Settings | None = None,
        progress: Callable[[str], None] | None = None,
        gate: ModelGate | None = None,
    ) -> Self:
        """Open a domain, fitting what is missing, while the model server starts in the background.

        Args:
            domain: Name of a domain, or path of its folder.
            settings: Default: from the environment and the configuration file.
            progress: Told each stage.
            gate: Another way to a model than the one that the settings describe.

        Raises:
            ThenceError: The domain is unknown or cannot be read.
        """
        settings, progress = settings or load_settings(), progress or _silent
        domains = Domains(settings.home, settings.endpoint_access)
        # A wrong name fails before a server starts; an adapter is kept by the name of a domain, not by its path.
        settings = with_adapter(settings, domains.find(domain).name)
        gate = gate or ModelGate(settings, progress)
        gate.begin()
        try:
            toolbox = open_toolbox(domain, domains, device=settings.device, progress=progress)
        except BaseException:
            gate.close()
            raise
        return cls(toolbox, gate, settings)

    @property
    def is_untaught(self) -> bool:
        """Whether the model has not learned the words of this domain: `thence tune` teaches it."""
        return is_untaught(self._settings, self._toolbox.snapshot.manifest.relations)

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
        """Answer a message and yield events; the last one is a `FinishedEvent` with the whole answer.

        Args:
            message: The user's words; empty asks for recommendations by history alone.
            user: A user of the domain or of the ledger; None for somebody without a history.
            k: Length of the list.
            thread: Name of a conversation that goes on, or that begins; None keeps nothing.
            intent: Fixed by the caller; None leaves it to the interpret step.
            item: The item to explain, by IRI, id or name.
            explore: How much more than usual the facts speak for items that nobody liked yet, in [0, 1].
            diversity: How much unlike each other the items are, at the cost of their scores, in [0, 1].
            manner: Tone, language, and what chooses the explanations; see `Manner`.

        Raises:
            RequestError: The message is too long, or a number is out of its range.
            UnknownUserError: Neither the domain nor the ledger has such a user; the message names near ones.
            UnknownEntityError: The domain has no such item.
            LedgerError: The ledger cannot be read or written.
        """
        request = self._checked(message, user, k, intent, item)
        request["explore"], request["diversity"] = _share("explore", explore), _share("diversity", diversity)
        self._add_manner(request, manner)
        if thread is None:
            async for event in self._run(self.graph, request, None):
                yield event
            return
        async with open_threads(self._settings.home) as saver:
            async for event in self._run(self._graph.compile(checkpointer=saver), request, thread):
                yield event
            await prune(saver, self._thread_id(thread, user))

    async def arecommend(
        self,
        *,
        user: str | None = None,
        query: str = "",
        k: int = 5,
        thread: str | None = None,
        explore: float = 0.0,
        diversity: float = 0.0,
        **manner: Unpack[Manner],
    ) -> Answer:
        """Recommend items to a user, or to nobody in particular; see `stream` for the arguments and errors."""
        events = self.stream(
            query, user=user, k=k, thread=thread, intent="recommend", explore=explore, diversity=diversity, **manner
        )
        return await _finished(events)

    def recommend(
        self,
        *,
        user: str | None = None,
        query: str = "",
        k: int = 5,
        thread: str | None = None,
        explore: float = 0.0,
        diversity: float = 0.0,
        **manner: Unpack[Manner],
    ) -> Answer:
        """Do what `arecommend` does, from code that is not asynchronous."""
        asked = self.arecommend(
            user=user, query=query, k=k, thread=thread, explore=explore, diversity=diversity, **manner
        )
        return _waited(asked)

    async def aask(self, question: str, *, user: str | None = None, thread: str | None = None) -> Answer:
        """Answer a question about the graph with the complete set of answers and their triples.

        In a conversation a pronoun speaks of what was named last: "who wrote it?". See `stream` for the errors.
        """
        return await _finished(self.stream(question, user=user, intent="ask", thread=thread))

    def ask(self, question: str, *, user: str | None = None, thread: str | None = None) -> Answer:
        """Do what `aask` does, from code that is not asynchronous."""
        return _waited(self.aask(question, user=user, thread=thread))

    async def aexplain(self, *, item: str, user: str | None = None, **manner: Unpack[Manner]) -> Answer:
        """Say where an item ranks for a user, and why: parts and contributions sum to its score."""
        return await _finished(self.stream("", user=user, intent="explain", item=item, **manner))

    def explain(self, *, item: str, user: str | None = None, **manner: Unpack[Manner]) -> Answer:
        """Do what `aexplain` does, from code that is not asynchronous."""
        return _waited(self.aexplain(item=item, user=user, **manner))

    def rate(self, user: str, item: str, value: float) -> Entry:
        """Note a rating in the ledger; the very next ranking rests on it, without a refit.

        Args:
            user: A user of the domain, or a new one, who begins with this.
            item: Its IRI, id or name.
            value: On the scale of the domain.

        Raises:
            RequestError: The value is not on the scale, or the domain has none.
            UnknownEntityError: The domain has no such item; the message names near ones.
            LedgerError: The ledger cannot be written.
        """
        return self._feedback.rate(user, item, value)

    def like(self, user: str, item: str) -> Entry:
        """Note that a user likes an item; see `rate`."""
        return self._feedback.like(user, item)

    def dislike(self, user: str, item: str) -> Entry:
        """Note that a user dislikes an item; see `rate`."""
        return self._feedback.dislike(user, item)

    def seen(self, user: str, item: str) -> Entry:
        """Note that a user knows an item, so that it is not recommended; see `rate`."""
        return self._feedback.seen(user, item)

    def avoid(self, user: str, entity: str) -> Entry:
        """Note that a user wants nothing related to an entity; see `rate` for the errors."""
        return self._feedback.avoid(user, entity)

    def prefer(self, user: str, entity: str) -> Entry:
        """Note that a user would rather have what is related to an entity; see `rate` for the errors."""
        return self._feedback.prefer(user, entity)

    def undo(self, user: str, entry: int | None = None) -> Entry:
        """Take back an entry of a user, the last one that counts where none is named, and return it.

        Raises:
            RequestError: The user has no such entry that counts.
            UnknownUserError: Neither the domain nor the ledger has such a user.
        """
        return self._feedback.undo(user, entry)

    def feedback(self, user: str) -> list[Entry]:
        """Return all that a user said, in order, with what was taken back and the undoing of it.

        Raises:
            UnknownUserError: Neither the domain nor the ledger has such a user.
        """
        return self._feedback.entries(user)

    def label(self, iri: str) -> str:
        """Return the name of an item or an entity, such as an entry of the ledger holds."""
        return self._feedback.label(iri)

    def erase(self, user: str) -> int:
        """Delete all that a user said for good, and return how many entries it was.

        Raises:
            UnknownUserError: Neither the domain nor the ledger has such a user.
            LedgerError: Somebody holds the file for too long; ask again.
        """
        erased = self._feedback.erase(user)
        self._refitter.forget()
        return erased

    def refit(self) -> int:
        """Fit the ranker anew on the domain's history and the ledger; return how many of its users that rests on.

        It takes seconds; rankings go on meanwhile, and come from the new model as soon as it is there. In a
        conversation it begins by itself, in the background, when enough was said since the last time.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        return self._refitter.run()

    async def has_thread(self, thread: str, user: str | None = None) -> bool:
        """Tell whether a user, or nobody in particular, began a conversation of that name in this domain."""
        async with open_threads(self._settings.home) as saver:
            return await has_thread(saver, self._thread_id(thread, user))

    def proof(self, answer: Answer) -> Proof:
        """Return the proof of an answer of this recommender; `agent.proof.write_proof` writes it to a file.

        Raises:
            ProofError: The answer states nothing of the graph, or cites what it does not state any more.
        """
        return make_proof(answer, self._toolbox.snapshot)

    def close(self) -> None:
        """Let go of the tools; a model server that runs goes on for others."""
        self._refitter.wait()
        self._gate.close()
        self._toolbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self, message: str, user: str | None, k: int, intent: Intent | None, item: str | None) -> RequestState:
        if len(message) > MAX_REQUEST:
            raise RequestError(
                f"a request holds at most {MAX_REQUEST:,} characters, got {len(message):,}; say it shorter."
            )
        n_items = len(self._toolbox.snapshot.items)
        if not 1 <= k <= n_items:
            noun = self._toolbox.snapshot.manifest.items.plural
            raise RequestError(f"k must be in 1..{n_items} (there are {n_items} {noun}), got {k}.")
        if user is not None:
            self._feedback.check_user(user)
        if item is not None:
            self._toolbox.snapshot.item(item)
        return RequestState(request=plain(message, MAX_REQUEST), user=user, k=k, intent=intent, item=item)

    def _add_manner(self, request: RequestState, manner: Manner) -> None:
        tone, language, steer = manner.get("tone"), manner.get("language"), manner.get("steer")
        spoken = spoken_languages(self._toolbox.snapshot.manifest)
        for name, value, known in (("tone", tone, TONES), ("language", language, spoken), ("steer", steer, GOALS)):
            if value is not None and value not in known:
                raise RequestError(f"{name} must be one of {', '.join(known)}, got {value!r}.")
        if tone is not None:
            request["tone"] = tone
        if language is not None:
            request["language"] = language
        request["steer"] = steer

    async def _run(self, graph: Compiled, request: RequestState, thread: str | None) -> AsyncIterator[Event]:
        config: Any = {"configurable": {"thread_id": self._thread_id(thread, request.get("user"))}} if thread else {}
        final: State | None = None
        kept: Any = {"durability": "exit"} if thread else {}
        async for mode, chunk in graph.astream(request, config, stream_mode=["custom", "values"], **kept):
            if mode == "custom":
                yield _EVENT.validate_python(chunk)
            else:
                final = chunk
        assert final is not None
        if thread is not None and final.get("user") is not None:
            with suppress(LedgerError):  # the answer is there; whether a refit is due can wait
                await asyncio.to_thread(self._refitter.run_if_due)
        yield FinishedEvent(answer=self._answer(final, thread))

    def _thread_id(self, thread: str, user: str | None) -> str:
        """Keep equal names of different domains and users apart: a conversation knows the wishes of its user."""
        parts = [self._toolbox.snapshot.manifest.name, *([user] if user is not None else []), thread]
        return "/".join(quote(part, safe="") for part in parts)

    def _answer(self, state: State, thread: str | None) -> Answer:
        return Answer.model_validate(
            {
                "domain": self._toolbox.snapshot.manifest.name,
                "user": state.get("user"),
                "request": state["request"],
                "intent": state["meaning"]["intent"],
                "text": state["text"],
                "overview": state["overview"],
                "items": state["items"] or [],
                "answers": state["answers"],
                "verdict": state["verdict"],
                "predicted": state["predicted"],
                "degraded": bool(state["reasons"]),
                "degraded_because": state["reasons"],
                "what_if": state["what_if"],
                "removed_by": state["removed_by"],
                "labels": labels_in(self._toolbox.snapshot, state),
                "trace": state["trace"],
                "timings": state["timings"],
                "calls": state["calls"],
                "tokens": state["tokens"],
                "thread": thread,
                "basis": _basis(state),
            }
        )


def _basis(state: State) -> Basis:
    """Return what an answer was made from; an explanation rests on the wish of its conversation."""
    meaning, wish = state["meaning"], state.get("wish")
    explains = meaning["intent"] in ("explain", "why_not")
    return Basis(
        meaning=wish if explains and wish else meaning,
        k=meaning["k"] or state["k"],
        explore=state["explore"],
        diversity=state["diversity"],
        alone=not state.get("remarks") and not meaning["more"],
    )


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise RequestError(f"{name} must be in 0..1, got {value:g}.")
    return value


async def _finished(events: AsyncIterator[Event]) -> Answer:
    answer: Answer | None = None
    async for event in events:
        if isinstance(event, FinishedEvent):
            answer = event.answer
    assert answer is not None
    return answer


def _waited(answer: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(answer)


def _silent(_: str) -> None:
    return
