"""Whole traces to learn from: the tools of a domain run as at run time, and each choice of the next action is a pair.

The right action is the one that the compiled plan takes next, from wherever it is. Some traces go astray, by look-ups
that find nothing, fail or were not needed, so that the way back is learnt too; some rank to an empty list, and in some
several entities bear a name.
"""

import random
from dataclasses import replace

from agent.act_prompt import ActPrompt, observation
from agent.actions import FINISH, Action, Executor, Situation, base_request, valid_actions
from agent.settling import settled
from agent.taste import Taste
from agent.toolbox import Toolbox
from agent.tune.dataset import Pair, PairMaker
from agent.tune.wishes import WishMaker
from agent.untrusted import plain
from agent.views import ranked_item
from kg.types import Iri
from tools.errors import ToolError
from tools.ranking.ranker import RankRequest

ASTRAY = 0.5
"""Share of the actions that are drawn from the valid ones."""

FAILS = 0.2
"""Share of the look-ups that are ended before they have found anything."""

ENDED = "error: the query took longer than 5 seconds and was ended. Ask for less."
HISTORY = (0, 8)
LENGTHS = (3, 5, 8, 10)


class TraceMaker:
    """Makes traces in one domain; nobody's real history is read."""

    def __init__(self, toolbox: Toolbox, seed: int = 0) -> None:
        self._toolbox, self._rng = toolbox, random.Random(seed)
        self._wishes, self._writer = WishMaker(toolbox.snapshot, seed), PairMaker(toolbox.snapshot, seed)
        self._prompt, self._items = ActPrompt(), [Iri(iri) for iri in toolbox.snapshot.items]

    def make(self, count: int) -> list[Pair]:
        """Return the choices of whole traces, about `count`; fewer where the domain gives little to wish for."""
        made: list[Pair] = []
        for _ in range(count):
            if len(made) >= count:
                break
            made += self._trace()
        return made

    def _trace(self) -> list[Pair]:
        """Return the choices of one trace: those at which more than one action is valid."""
        rng, (example,) = self._rng, self._wishes.make(1)
        read = self._writer.read(example)
        if read is None:
            return []
        meaning = settled(read.meanings.interpretation(read.choice), self._toolbox.snapshot, [])
        executor = Executor(self._toolbox, meaning, self._base())
        done, observed, pairs = set[str](), list[str](), list[Pair]()
        while True:
            actions = valid_actions(Situation(executor.meaning, frozenset(done), _ranked(executor)))
            taken = rng.choice(actions) if rng.random() < ASTRAY else actions[0]
            if len(actions) > 1:
                messages = self._prompt.messages(read.text, executor.meaning, observed, actions)
                kind = "finish" if actions[0].tool == FINISH else "next action"
                pairs.append(Pair(tuple(messages), actions[0].said(), kind, read.text))
            if taken.tool == FINISH:
                return pairs
            done.add(taken.key)
            observed.append(observation(taken, self._run(executor, taken)))

    def _run(self, executor: Executor, action: Action) -> str:
        """Carry an action out and return what the model is told of it."""
        if action.tool != "rank_items" and self._rng.random() < FAILS:
            return ENDED
        try:
            result = executor.run(action)
        except ToolError as error:
            return f"error: {error}"
        if executor.ranking is not None:
            listed = executor.ranking.items
            executor.best = tuple(ranked_item(self._toolbox.snapshot, one, one.rank).model_dump() for one in listed)
        return result.text

    def _base(self) -> RankRequest:
        rng = self._rng
        known = rng.sample(self._items, min(len(self._items) // 2, rng.randint(*HISTORY)))
        taste = Taste(history=dict.fromkeys(known, 5.0))
        columns = self._toolbox.snapshot.item_columns
        return replace(base_request(columns, taste), k=min(rng.choice(LENGTHS), len(columns)))


def _ranked(executor: Executor) -> tuple[str, ...] | None:
    return None if executor.ranking is None else tuple(plain(one.label) for one in executor.ranking.items)
