"""The nodes of the loop: each takes the state and returns only what changed."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from langgraph.config import get_config

from agent.act_prompt import ActPrompt, observation
from agent.actions import FINISH, Action, Executor, Situation, action_schema, base_request, valid_actions
from agent.answer import (
    AnswerEntity,
    Counterfactual,
    ProseEvent,
    RankedEvent,
    RankedItem,
    StageEvent,
    StepEvent,
    TraceStep,
)
from agent.asking import Asked, ask
from agent.books import accounted, emit, marked, spent_budget, spent_on_model, stepped, total, with_reason
from agent.feedback import Feedback
from agent.gate import ModelGate
from agent.guessing import missing_facts, predicted_facts
from agent.interpretation import Interpretation, Ref
from agent.justify import Written
from agent.manner import asked_language, asked_tone, spoken_languages
from agent.noting import Noted, NoteTaker, kept_remarks
from agent.referring import remembered
from agent.settings import Settings
from agent.state import Json, State, fresh
from agent.steering import CANDIDATES, Steering
from agent.taste import Taste, Told
from agent.telling import Request, Teller, history_scores, raised
from agent.toolbox import Toolbox
from agent.understanding import CHOICE_TOKENS, Understanding, earlier_wish
from agent.untrusted import name, plain
from agent.views import answer_entities, explained_item, path_view, ranked_item, step_in_words
from agent.what_if import WhatIfs
from agent.wording import in_doubt, introduction, not_known, nothing_left, otherwise, question_answer, small_talk
from kg.types import Iri, Path
from prompts.phrases import Tone
from tools.errors import ToolError
from tools.path_quality import Goal
from tools.ranking.ranker import RankRequest, RankResult
from tools.result import ToolResult

SHOWN_PATHS = 3
"""Paths of an item that an answer holds."""

SHOWN = 1000
"""Items of a conversation that "more" leaves out."""


class Nodes:
    """What the loop can do, over the tools of one domain and a model that may be absent."""

    def __init__(self, toolbox: Toolbox, gate: ModelGate, settings: Settings, feedback: Feedback) -> None:
        self._toolbox = toolbox
        self._snapshot = toolbox.snapshot
        self._gate = gate
        self._settings = settings
        self._feedback = feedback
        self._notes = NoteTaker(toolbox.snapshot, feedback)
        self._understanding = Understanding(toolbox, gate, second_look=settings.second_look)
        self._teller = Teller(toolbox, settings.model_languages)
        self._steering = Steering(self._snapshot)
        self._what_ifs = WhatIfs(self._snapshot)
        self._act_prompt = ActPrompt()

    async def open(self, state: State) -> Json:
        """Begin a request: what an earlier one left is cleared, but its wish, remarks and manner."""
        spoken = spoken_languages(self._snapshot.manifest)
        language = asked_language(state["request"], spoken) or state.get("language") or "en"
        tone = asked_tone(state["request"])[0] or state.get("tone") or "plain"
        return {**fresh(state, time.time()), "tone": tone, "language": language}

    async def interpret(self, state: State) -> Json:
        """Understand the request: code lists what it may mean, the model chooses, the rules stand in."""
        started = time.perf_counter()
        emit(StageEvent(text="Reading the request"))
        meaning, asked, decided_by = await self._understanding.understood(state)
        arguments = {"request": plain(state["request"], 200)}
        step = stepped(
            state, "interpret", asked, started, result=meaning.said(), decided_by=decided_by, arguments=arguments
        )
        return {
            "meaning": meaning.model_dump(),
            "wish": meaning.model_dump() if meaning.intent in ("recommend", "refine") else state.get("wish"),
            **accounted(state, step, asked, "the rules read the request" if asked.reason else None, "interpreted"),
        }

    async def act(self, state: State) -> Json:
        """Choose the next action: the model does, unless one is valid only or a budget is spent."""
        actions = valid_actions(self._situation(state))
        spent = spent_budget(state, self._settings)
        if len(actions) == 1 or spent or state["model_down"]:
            reason = f"the plan finished the request: {spent} were spent" if spent and len(actions) > 1 else None
            return {"next_action": _chosen(actions[0], "code"), "reasons": with_reason(state, reason)}
        started = time.perf_counter()
        asked = await self._ask_action(state, actions)
        if asked.reason:
            step = stepped(state, "act", asked, started, result="the plan chose", decided_by="code", arguments={})
            booked = accounted(state, step, asked, "the plan chose the next action", None)
            return {"next_action": _chosen(actions[0], "code"), **booked}
        value = cast(dict[str, str], asked.value)
        action = Action(value["tool"], {name: text for name, text in value.items() if name != "tool"})
        return {
            "next_action": {**_chosen(action, "model"), "seconds": asked.spent.seconds, "tokens": asked.spent.tokens},
            "calls": state["calls"] + asked.spent.calls,
            "tokens": state["tokens"] + asked.spent.tokens,
        }

    async def tool(self, state: State) -> Json:
        """Carry the chosen action out; a tool's error is an observation like any other."""
        started = time.perf_counter()
        chosen = cast(Json, state["next_action"])
        action = Action(chosen["tool"], chosen["arguments"])
        executor = await asyncio.to_thread(self._executor, state)
        result: ToolResult | None = None
        error: str | None = None
        try:
            result = await asyncio.to_thread(executor.run, action)
        except ToolError as mistake:
            error = str(mistake)
        said = result.text if result else f"error: {error}"
        step = TraceStep(
            step=len(state["trace"]) + 1,
            action=action.tool,
            arguments=action.arguments,
            result=plain(said, 300),
            size=result.size if result else 0,
            decided_by=chosen["decided_by"],
            seconds=round(time.perf_counter() - started + chosen.get("seconds", 0.0), 4),
            tokens=chosen.get("tokens", 0),
            error=error,
        )
        emit(StepEvent(step=step))
        return {
            "done": [*state["done"], action.key],
            "observed": [*state["observed"], observation(action, said)],
            "trace": [*state["trace"], step.model_dump()],
            **self._found(executor),
        }

    async def rank(self, state: State) -> Json:
        """Give the ranked items their evidence paths and show the list, before any prose."""
        listed = [RankedItem.model_validate(item) for item in state["items"] or []]
        found = await asyncio.to_thread(self._paths, state)
        items = [
            item.model_copy(update={"paths": [path_view(self._toolbox.paths, path) for path in paths]})
            for item, paths in zip(listed, found, strict=True)
        ]
        emit(RankedEvent(items=items))
        return {"items": [item.model_dump() for item in items], "timings": marked(state, "ranked")}

    async def explain(self, state: State) -> Json:
        """Score one item as if it were recommended."""
        meaning = _meaning(state)
        column = self._snapshot.item_columns[cast(Ref, meaning.topic).iri]
        wish = earlier_wish(state, self._snapshot) or meaning
        taste = await asyncio.to_thread(self._taste, state)
        executor = Executor(self._toolbox, wish, self._base(state, taste, without=column), taste)
        request = executor.request()
        scoring = await asyncio.to_thread(self._toolbox.ranker.scoring, request)
        scored, rank = await asyncio.to_thread(scoring.explained, column)
        item = explained_item(self._snapshot, scored, rank)
        emit(StageEvent(text="Asking what would be otherwise"))
        what_if = await asyncio.to_thread(self._what_ifs.of, scoring, request.k, item)
        failed = await asyncio.to_thread(self._failed, self._lasting(wish, taste), column)
        step = TraceStep(
            step=len(state["trace"]) + 1, action="explain", result=f"rank {rank}", size=1, decided_by="code"
        )
        emit(StepEvent(step=step))
        return {
            "items": [item.model_dump()],
            "what_if": what_if.model_dump(),
            "removed_by": dict.fromkeys(failed, 1),
            "trace": [*state["trace"], step.model_dump()],
        }

    async def justify(self, state: State) -> Json:
        """Write why, one call an item, all at once, so that the server batches them; show each as soon as it holds."""
        started = time.perf_counter()
        emit(StageEvent(text="Writing why"))
        request = await asyncio.to_thread(self._request, state)
        spent = spent_on_model(state, self._settings)
        gate = None if state["model_down"] or spent else self._gate
        items = state["items"] or []

        def tell(at: int, one: Written) -> None:
            emit(ProseEvent(rank=items[at]["rank"], justification=one.justification))

        written, (overview, more) = await asyncio.gather(
            self._teller.write(gate, items, request, tell), self._teller.overview(gate, items, request)
        )
        told = [
            item | {"justification": one.justification.model_dump()} for item, one in zip(items, written, strict=True)
        ]
        by_model = sum(one.justification.written_by == "model" for one in written)
        asked = Asked(
            None,
            total([*written, more]),
            next((one.reason for one in written if one.reason and gate), f"{spent} were spent" if spent else None),
            any(one.down for one in written),
        )
        words = f"{by_model} by the model, {len(written) - by_model} by code"
        step = stepped(
            state,
            "justify",
            asked,
            started,
            result=words,
            decided_by="model" if by_model else "code",
            arguments={"items": len(items)},
            size=len(items),
        )
        reason = f"code worded {len(written) - by_model} of {len(written)} justifications" if asked.reason else None
        listed = overview.model_dump() if overview else None
        return {"items": told, "overview": listed, **accounted(state, step, asked, reason, "justified")}

    async def verify(self, state: State) -> Json:
        """Let nothing out that the graph does not state now: an unsupported claim takes its justification with it."""
        request = await asyncio.to_thread(self._request, state)
        items = [
            item if self._teller.holds(item, request) else item | {"justification": None}
            for item in state["items"] or []
        ]
        lost = sum(item["justification"] is None for item in items)
        reason = f"{lost} justifications did not hold and are left out" if lost else None
        return {"items": items, "reasons": with_reason(state, reason), "timings": marked(state, "verified")}

    async def answer(self, state: State) -> Json:
        """Say the rest: an introduction, an answer to a question, or what to do."""
        noted = await asyncio.to_thread(self._noted, state)
        return {
            "text": self._text(state, noted),
            "remarks": kept_remarks(state.get("remarks") or [], noted.remarks),
            "timings": marked(state, "total"),
            **_in_focus(state),
            "spoken_of": _spoken_of(state),
            "asked_back": state["meaning"] if _meaning(state).unclear else None,
        }

    async def _ask_action(self, state: State, actions: list[Action]) -> Asked:
        emit(StageEvent(text="Choosing the next step"))
        said = {action.key for action in actions}
        messages = self._act_prompt.messages(state["request"], _meaning(state), state["observed"], actions)

        def valid(value: Any) -> bool:
            if not isinstance(value, dict) or "tool" not in value:
                return False
            return Action(value["tool"], {k: v for k, v in value.items() if k != "tool"}).key in said

        return await ask(self._gate, "act", [*messages], action_schema(actions), valid, max_tokens=CHOICE_TOKENS)

    def _situation(self, state: State) -> Situation:
        items = state["items"]
        ranked = None if items is None else tuple(plain(item["label"]) for item in items)
        missing = tuple((iri, relation) for iri, relation in state["missing"])
        return Situation(_meaning(state), frozenset(state["done"]), ranked, state["answered"], missing)

    def _executor(self, state: State) -> Executor:
        taste = self._taste(state)
        return Executor(
            self._toolbox, _meaning(state), self._base(state, taste), taste, best=tuple(state["items"] or ())
        )

    def _base(self, state: State, taste: Taste, without: int | None = None) -> RankRequest:
        """Return the user's side of a rank request; an item to explain is no evidence for itself."""
        columns, meaning = self._snapshot.item_columns, _meaning(state)
        past = map(self._snapshot.current, (*meaning.besides, *((state.get("shown") or []) if meaning.more else ())))
        shown = [iri for iri in past if iri in columns]
        return replace(
            base_request(columns, taste, without=without, shown=shown),
            k=min(meaning.k or state["k"], len(columns)),
            explore=state["explore"],
            diversity=state["diversity"],
        )

    def _taste(self, state: State) -> Taste:
        """Return what is known of the user now: the domain's history, the ledger, and this conversation."""
        told = [Told(**one) for one in state.get("remarks") or []]
        return self._feedback.taste(state.get("user"), told)

    def _lasting(self, meaning: Interpretation, taste: Taste) -> Interpretation:
        return meaning.with_taste(taste, self._snapshot.label)

    def _found(self, executor: Executor) -> Json:
        changed: Json = {"meaning": executor.meaning.model_dump()}
        if executor.ranking is not None:
            ranking: RankResult = executor.ranking
            changed |= {
                "items": [ranked_item(self._snapshot, item, item.rank).model_dump() for item in ranking.items],
                "removed_by": ranking.removed_by,
                "emptied_by": ranking.emptied_by,
            }
        if executor.answer is not None:
            found = executor.answer
            changed |= {
                "answered": True,
                "answers": [one.model_dump() for one in answer_entities(found)],
                "verdict": found.verdict,
                "counts": [*found.counts],
                "blind": [step_in_words(self._snapshot, leg) for leg in found.blind],
                "doubtful": [one.label for one in found.doubtful],
                "missing": missing_facts(self._toolbox, found),
            }
        if executor.guess is not None:
            changed["predicted"] = [one.model_dump() for one in predicted_facts(executor.guess)]
        return changed

    def _failed(self, wish: Interpretation, column: int) -> list[str]:
        constraints = wish.constraints()
        return [one.text for one in constraints if not self._toolbox.ranker.masks.mask(one)[column]]

    def _paths(self, state: State) -> list[Sequence[Path]]:
        """Return the evidence paths of each ranked item, the first one chosen by a measure if one is asked for."""
        items, taste, goal = state["items"] or [], self._taste(state), cast(Goal | None, state.get("steer"))
        meaning = self._lasting(_meaning(state), taste)
        limit = CANDIDATES if goal else SHOWN_PATHS
        paths = [
            self._teller.finder.paths(Iri(item["iri"]), meaning, raised(history_scores(item)), limit) for item in items
        ]
        return [*self._steering.ordered(paths, goal, taste.moments, SHOWN_PATHS)] if goal else [*paths]

    def _request(self, state: State) -> Request:
        """Return what a list is told for: an explained item is measured by the wish that the list was made for."""
        meaning, taste = _meaning(state), self._taste(state)
        if meaning.intent == "explain" and state.get("wish"):
            meaning = Interpretation.model_validate(state["wish"])
        language = state.get("language") or "en"
        tone = cast(Tone, state.get("tone") or "plain")
        return Request(self._lasting(meaning, taste), taste, tone, language, steered=bool(state.get("steer")))

    def _noted(self, state: State) -> Noted:
        """Keep what the message says of items and entities; a face that fixes the intent wants none of it kept."""
        if state.get("intent") is not None:
            return Noted()
        thread = bool(get_config().get("configurable", {}).get("thread_id"))
        focus = [self._snapshot.current(one) for one in state.get("focus") or []]
        return self._notes.note(_meaning(state), state["request"], user=state.get("user"), thread=thread, focus=focus)

    def _text(self, state: State, noted: Noted) -> str:
        meaning, manifest = _meaning(state), self._snapshot.manifest
        match meaning.intent:
            case "recommend" | "refine":
                listed = (
                    introduction(manifest, meaning, len(state["items"]), state.get("user"))
                    if state["items"]
                    else nothing_left(manifest, meaning, state["emptied_by"])
                )
                return f"{listed} {noted.text}".strip()
            case "ask":
                answers = [AnswerEntity.model_validate(one) for one in state["answers"]]
                verdict, blind = state["verdict"], state["blind"]
                said = question_answer(manifest, meaning, answers, verdict, blind, counts=state["counts"])
                return said + in_doubt(state["doubtful"])
            case "explain" | "why_not":
                return self._explained(state)
            case "feedback" if noted.text:
                return noted.text
            case _:
                return small_talk(manifest) + not_known(meaning)

    def _explained(self, state: State) -> str:
        items = state["items"] or []
        if not items:
            return f"I do not know which {self._snapshot.manifest.items.noun} you mean.{not_known(_meaning(state))}"
        item, user = items[0], state.get("user")
        whom = f" for {plain(user)}" if user else ""
        failed = ", ".join(state["removed_by"])
        lacks = f" It does not meet your wish: {failed}." if failed else ""
        what_if = Counterfactual.model_validate(state["what_if"])
        place = f"{name(item['label'])} ranks {item['rank']} of {what_if.n_items}{whom}.{lacks}"
        return f"{place} {otherwise(what_if)}".strip()


def route(state: State) -> str:
    """Return the node after a choice: the tool, or what finishes the intent."""
    chosen = state["next_action"]
    if chosen and chosen["tool"] != FINISH:
        return "tool"
    intent = _meaning(state).intent
    if intent in ("recommend", "refine"):
        return "rank" if state["items"] else "answer"
    topic = _meaning(state).topic
    return "explain" if intent in ("explain", "why_not") and topic else "answer"


def _meaning(state: State) -> Interpretation:
    return Interpretation.model_validate(state["meaning"])


def _in_focus(state: State) -> Json:
    """Return what the conversation has to know about the items that are shown now."""
    iris = [item["iri"] for item in state["items"] or []]
    if not iris:
        return {}
    if _meaning(state).intent not in ("recommend", "refine"):
        return {"focus": iris}
    return {"focus": iris, "shown": list(dict.fromkeys([*(state.get("shown") or []), *iris]))[-SHOWN:]}


def _spoken_of(state: State) -> list[list[str]]:
    """Return what pronouns of the next question may mean; what the user was asked back about is left open."""
    meaning, earlier = _meaning(state), state.get("spoken_of") or []
    named = [] if meaning.unclear else [ref.iri for ref in meaning.named()]
    topics = named if meaning.topic is None else [meaning.topic.iri, *named]
    answers = [one["iri"] for one in state["answers"] if one["iri"]]
    return remembered([*answers, *(item["iri"] for item in state["items"] or [])], topics, earlier)


def _chosen(action: Action, decided_by: str) -> Json:
    return {"tool": action.tool, "arguments": action.arguments, "decided_by": decided_by}
