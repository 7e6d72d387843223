"""The interpret step: code lists what a request may mean, the model chooses, the rules stand in for it."""

import asyncio
from dataclasses import replace
from typing import cast

from agent.answer import Intent, StageEvent
from agent.asking import Asked, Spent, ask
from agent.asking_back import name_settled
from agent.books import emit, total
from agent.gate import ModelGate
from agent.grounding import Grounder
from agent.interpret_prompt import InterpretPrompt
from agent.interpretation import Interpretation, Meanings, Ref, possible_meanings
from agent.manner import asked_tone
from agent.questions import PathPlanner
from agent.reading import Reader
from agent.rereading import SecondLook, Walks, corrected, going_on, listed_instead, stops_early
from agent.settling import settled
from agent.state import State
from agent.toolbox import Toolbox
from agent.untrusted import plain
from kg.snapshot import Snapshot
from tools.plans import CHECK

CHOICE_TOKENS = 120
"""Most tokens of a choice: a meaning, or the next action."""


SURE = 0.7
"""Probability of a plan from which on the model knows such questions; below, a word that no relation is said with may
be what is asked about."""

LOOKS = 3
"""Most times that a plan of the model is doubted, each for another reason."""


class Understanding:
    """Understands the requests to one domain, with a model that may be absent.

    Args:
        second_look: Whether plans of the model are looked at once more; without, they are carried out as they are.
    """

    def __init__(self, toolbox: Toolbox, gate: ModelGate, *, second_look: bool = True) -> None:
        self._snapshot, self._plans, self._gate = toolbox.snapshot, toolbox.plans, gate
        self._looks_again = second_look
        self._reader = Reader(toolbox.snapshot, toolbox.senses)
        self._planner, self._grounder = PathPlanner(toolbox.snapshot), Grounder(toolbox.snapshot)
        self._prompt = InterpretPrompt(toolbox.snapshot)
        walks = Walks(toolbox.snapshot, self._planner, lambda meaning: self._plans.run(meaning.plan()))
        self._second_look = SecondLook(walks)

    async def understood(self, state: State) -> tuple[Interpretation, Asked, str]:
        """Return the meaning, what it took to find it, and who decided it."""
        settled_name = None
        if state.get("intent") in (None, "ask"):
            settled_name = name_settled(state.get("asked_back"), state["request"], self._snapshot)
        if settled_name is not None:
            return self._grounder.grounded(settled_name), Asked(None, Spent()), "code"
        meanings = await asyncio.to_thread(self._meanings, state)
        choice, asked = meanings.only, Asked(None, Spent())
        decided_by = "code"
        if choice is None:
            asked = await self._ask_meaning(state, meanings)
            decided_by = "model" if isinstance(asked.value, dict) else "code"
            choice = cast(dict[str, str], asked.value) if decided_by == "model" else meanings.first
        meaning = self._completed(meanings.interpretation(choice), state)
        if decided_by == "model" and meaning.intent == "ask" and self._looks_again:
            is_sure = asked.probability is None or asked.probability >= SURE
            meaning, decided_by, spent = await self._looked_at_again(meaning, meanings, state)
            if not is_sure and meaning.is_answerable:
                strange = await asyncio.to_thread(self._reader.strange, meanings.reading)
                meaning = meaning.model_copy(update={"beyond": [*strange]})
            asked = replace(asked, spent=total([asked, Asked(None, spent)]))
        return meaning, asked, decided_by

    async def _looked_at_again(
        self, meaning: Interpretation, meanings: Meanings, state: State
    ) -> tuple[Interpretation, str, Spent]:
        """Return the model's plan, or where it is doubted its next one, `LOOKS` times at most.

        One that nothing speaks against but that falls short of the rules' is asked for once more; theirs stands in
        where the second falls short, too.
        """
        meaning, seen = corrected(meaning, meanings.reading), list[Interpretation]()
        decided_by, spent = "model", Spent()
        while len(seen) < LOOKS and (left := await asyncio.to_thread(self._second_look.left, meanings, meaning)):
            second, more = await self._second_plan(left, state)
            spent, seen = total([Asked(None, spent), Asked(None, more)]), [*seen, meaning]
            if second is None or second in seen:
                break
            meaning, decided_by = second, "code" if left.only is not None else "model"
        if seen or self._second_look.ends_apart(meaning):
            return self._answerable(meaning), decided_by, spent
        told = await asyncio.to_thread(self._told_by_rules, meaning, meanings, state)
        if told is None:
            return meaning, "model", spent
        second, more = await self._second_plan(going_on(meanings, meaning, told, self._planner), state)
        if second is not None:
            found = await asyncio.to_thread(self._plans.run, second.plan())
            falls_short = await asyncio.to_thread(self._told_by_rules, second, meanings, state)
            doubted = await asyncio.to_thread(self._second_look.left, meanings, second)
            if found.answers and falls_short is None and doubted is None:
                return second, "model", more
        return told, "code", more

    def _answerable(self, meaning: Interpretation) -> Interpretation:
        return listed_instead(meaning) if meaning.do == CHECK and self._second_look.ends_apart(meaning) else meaning

    async def _second_plan(self, left: Meanings, state: State) -> tuple[Interpretation | None, Spent]:
        """Ask once more, among what is left to mean; None where the model gives no valid answer."""
        if left.only is not None:
            return self._completed(left.interpretation(left.only), state), Spent()
        again = await self._ask_meaning(state, left)
        if not isinstance(again.value, dict):
            return None, again.spent
        return self._completed(left.interpretation(cast(dict[str, str], again.value)), state), again.spent

    def _told_by_rules(self, meaning: Interpretation, meanings: Meanings, state: State) -> Interpretation | None:
        """Return the rules' plan where it is answered and the model's is not what was asked for.

        That is so where the model's begins with what the graph never states, or stops before what the question names.
        """
        plans = self._plans
        other = self._completed(meanings.interpretation(meanings.first), state)
        falls_short = stops_early(meaning, other, meanings.reading.text, self._snapshot)
        # What a yes-or-no question asks for is in its own words, even where the graph has nothing of the kind.
        if not falls_short and (meaning.do == CHECK or not plans.run(meaning.plan()).blind):
            return None
        # The rules follow one name; where the model follows several, theirs would answer a part of the question.
        return other if len(other.routes) >= len(meaning.routes) and plans.run(other.plan()).answers else None

    def _completed(self, meaning: Interpretation, state: State) -> Interpretation:
        """Add what the face or the conversation knows: the item to explain, the earlier wish."""
        named = state.get("item")
        if named:
            iri = self._snapshot.item(named)
            return meaning.model_copy(
                update={"topic": Ref(iri=iri, label=plain(self._snapshot.label(iri)), text=named)}
            )
        if meaning.like_this:
            columns = self._snapshot.item_columns
            like = [iri for one in state.get("focus") or [] if (iri := self._snapshot.current(one)) in columns]
            labels = [(iri, plain(self._snapshot.label(iri))) for iri in like]
            refs = [Ref(iri=iri, label=label, text=label) for iri, label in labels]
            meaning = meaning.model_copy(update={"like": [*meaning.like, *refs]})
        if meaning.intent == "ask":
            return self._grounder.grounded(meaning)
        wish = earlier_wish(state, self._snapshot)
        merged = meaning.merged(wish) if meaning.intent == "refine" and wish else meaning
        return settled(merged, self._snapshot, state.get("focus") or [])

    def _meanings(self, state: State) -> Meanings:
        spoken_of = [[self._snapshot.current(one) for one in group] for group in state.get("spoken_of") or []]
        intent = cast(Intent | None, state.get("intent"))
        reading = self._reader.read(asked_tone(state["request"])[1], spoken_of, asks=intent == "ask")
        goes_on = bool(state.get("wish") or (reading.like_this and state.get("focus")))
        return possible_meanings(reading, self._planner, intent=intent, has_wish=goes_on)

    async def _ask_meaning(self, state: State, meanings: Meanings) -> Asked:
        if state["model_down"]:
            return Asked(None, Spent(), "the model is out of reach")
        emit(StageEvent(text="Asking the model what the request means"))
        messages = self._prompt.messages(meanings.reading)
        return await ask(
            self._gate, "interpret", [*messages], meanings.schema(), meanings.allows, max_tokens=CHOICE_TOKENS
        )


def earlier_wish(state: State, snapshot: Snapshot) -> Interpretation | None:
    """Return the last wish of the conversation, which may be older than the graph is now."""
    told = state.get("wish")
    if not told:
        return None
    wish = Interpretation.model_validate(told)
    return wish.brought_up_to_date(snapshot.current, snapshot.item_columns)
