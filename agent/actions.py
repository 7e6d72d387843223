"""The actions of a turn: which are valid now, their schema, and how code carries one out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.interpretation import Interpretation, Ref
from agent.schemas import any_of, closed_object
from agent.taste import Taste
from agent.toolbox import Toolbox
from agent.untrusted import plain
from kg.errors import ArtefactError, RuleError
from kg.types import Iri
from tools.errors import ToolError
from tools.inference import InferenceResult
from tools.paths import PathsResult
from tools.plans import PlanResult
from tools.ranking.ranker import RankRequest, RankResult
from tools.result import ToolResult

FINISH = "finish"
GUESSES = 3
"""Facts that are guessed where a question asks for what the graph does not state."""

LOOKED_UP = 3
"""Names of a request that may be looked up; a longer wish would spend its budget on them."""


@dataclass(frozen=True, slots=True)
class Action:
    """A tool and its arguments, as the model says them."""

    tool: str
    arguments: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for equal calls."""
        return json.dumps([self.tool, self.arguments], sort_keys=True, ensure_ascii=False)

    def said(self) -> str:
        return json.dumps({"tool": self.tool, **self.arguments}, ensure_ascii=False)


@dataclass(frozen=True)
class Situation:
    """What the choice of the next action depends on.

    Attributes:
        done: Keys of the calls made so far.
        ranked: Labels of the ranked items; None before a ranking.
        answered: Whether the question was answered, if only by nothing.
        missing: Entities, by IRI, and relations that it asks for, no fact has, and `infer_facts` may guess.
    """

    meaning: Interpretation
    done: frozenset[str] = frozenset()
    ranked: tuple[str, ...] | None = None
    answered: bool = False
    missing: tuple[tuple[str, str], ...] = ()


def valid_actions(situation: Situation) -> list[Action]:
    """Return the calls that make sense now and were not made yet; the first is what the compiled plan would do."""
    meaning = situation.meaning
    if meaning.intent == "ask":
        actions = _for_question(situation)
    elif meaning.intent in ("recommend", "refine"):
        actions = _for_wish(situation)
    else:
        actions = []
    fresh = {action.key: action for action in actions if action.key not in situation.done}
    return list(fresh.values()) or [Action(FINISH)]


def action_schema(actions: Sequence[Action]) -> dict[str, Any]:
    """Return the JSON schema whose instances are exactly these actions."""
    branches = []
    for action in actions:
        properties = {"tool": {"const": action.tool}} | {
            name: {"const": value} for name, value in action.arguments.items()
        }
        branches.append(closed_object(properties))
    return any_of(branches)


def _for_question(situation: Situation) -> list[Action]:
    meaning = situation.meaning
    if situation.answered:
        return [Action("infer_facts", {"about": iri, "relation": relation}) for iri, relation in situation.missing]
    if not meaning.is_answerable:
        return []
    return [Action("answer_question", {"plan": meaning.asked()})]


def _for_wish(situation: Situation) -> list[Action]:
    if situation.ranked is not None:
        return [Action(FINISH), *_paths(situation)]
    return [Action("rank_items"), *_links(situation.meaning), *_look_ups(situation.meaning)]


def _links(meaning: Interpretation) -> list[Action]:
    """Offer each entity that a name may mean, where it may mean several."""
    return [
        Action("link_entities", {"name": ref.text, "as": iri})
        for ref in meaning.named()
        for iri in ([ref.iri, *ref.rivals] if ref.rivals else [])
    ]


def _look_ups(meaning: Interpretation) -> list[Action]:
    wishes = [*meaning.want, *meaning.prefer, *meaning.avoid][:LOOKED_UP]
    nearest = [Action("nearest_items", {"item": ref.label}) for ref in meaning.like[:LOOKED_UP]]
    text = [Action("nearest_items", {"text": meaning.rest})] if meaning.rest else []
    facts = [Action("sparql", {"facts": ref.label}) for ref in meaning.like[:LOOKED_UP]]
    return [*nearest, *text, *facts, *(Action("sparql", {"items_with": ref.label}) for ref in wishes)]


def _paths(situation: Situation) -> list[Action]:
    """Look for the connection between the example and the best item."""
    likes, best = situation.meaning.like[:1], situation.ranked[:1] if situation.ranked else ()
    return [Action("find_paths", {"from": ref.label, "to": label}) for ref in likes for label in best]


def base_request(
    columns: Mapping[str, int], taste: Taste, *, without: int | None = None, shown: Iterable[str] = ()
) -> RankRequest:
    """Return the user's side of a rank request.

    Args:
        columns: Of the items, by IRI.
        taste: What is known of the user.
        without: The column of an item to explain, which is no evidence for itself.
        shown: IRIs of items that were listed before and are not wanted again.
    """
    gone = [columns[iri] for iri in (*taste.history, *sorted(taste.gone), *shown)]
    return RankRequest(
        history={columns[iri]: value for iri, value in taste.history.items() if columns[iri] != without},
        moments={columns[iri]: when for iri, when in taste.moments.items()},
        exclude=[column for column in dict.fromkeys(gone) if column != without],
        spoken=taste.spoken,
        user_attributes=taste.user_attributes,
    )


@dataclass
class Executor:
    """Carries actions out for one request.

    Attributes:
        base: The rank request without what the meaning adds: the user's history, k, items to leave out.
        taste: What the user wants and does not want at all times; the request itself goes before it.
        best: The ranked items so far, as JSON.
    """

    toolbox: Toolbox
    meaning: Interpretation
    base: RankRequest
    taste: Taste = field(default_factory=Taste)
    best: tuple[dict[str, Any], ...] = ()
    answer: PlanResult | None = None
    guess: InferenceResult | None = None
    ranking: RankResult | None = None

    def run(self, action: Action) -> ToolResult:
        """Call the tool that an action names.

        Raises:
            ToolError: The call cannot be carried out; its message is for the model.
        """
        arguments = action.arguments
        if action.tool == "rank_items":
            return self.rank()
        if action.tool == "answer_question":
            self.answer = self.toolbox.plans.run(self.meaning.plan())
            return self.answer
        if action.tool == "infer_facts":
            self.guess = self._inferred(Iri(arguments["about"]), arguments["relation"])
            return self.guess
        return self._looked_up(action.tool, arguments)

    def _looked_up(self, tool: str, arguments: dict[str, str]) -> ToolResult:
        match tool:
            case "nearest_items" if "text" in arguments:
                return self.toolbox.nearest.by_text(arguments["text"], k=5)
            case "nearest_items":
                return self.toolbox.nearest.by_item(self._like(arguments["item"]), k=5)
            case "link_entities":
                iri = arguments["as"]
                self.meaning = self.meaning.relinked(
                    arguments["name"], iri, item=iri in self.toolbox.snapshot.item_columns
                )
                return self.toolbox.entities.link(arguments["name"])
            case "find_paths":
                return self._between(arguments["from"], arguments["to"])
            case _:
                return self._sparql(arguments)

    def rank(self) -> RankResult:
        """Rank under the whole meaning."""
        self.ranking = self.toolbox.ranker.rank(self.request())
        return self.ranking

    def request(self) -> RankRequest:
        """Return the meaning as a rank request."""
        columns = self.toolbox.snapshot.item_columns
        meaning = self.meaning.with_taste(self.taste, self.toolbox.snapshot.label)
        return replace(
            self.base,
            like=[columns[ref.iri] for ref in meaning.like],
            prefer=[Iri(ref.iri) for ref in meaning.prefer],
            query=meaning.rest,
            constraints=meaning.constraints(),
        )

    def _inferred(self, entity: Iri, relation: str) -> InferenceResult:
        """Guess facts; what the guesses need may be damaged, which is no reason to answer nothing."""
        try:
            return self.toolbox.inference.infer(entity, relation, GUESSES)
        except (ArtefactError, RuleError) as error:
            raise ToolError(str(error)) from error

    def _sparql(self, arguments: dict[str, str]) -> ToolResult:
        sparql = self.toolbox.sparql
        if "facts" in arguments:
            return sparql.facts(self._like(arguments["facts"]), limit=8)
        return sparql.items_with(self._wish(arguments["items_with"]))

    def _between(self, source: str, target: str) -> PathsResult:
        found = next(Iri(item["iri"]) for item in self.best if plain(item["label"]) == target)
        return self.toolbox.paths.between(self._like(source), found, limit=3)

    def _like(self, label: str) -> Iri:
        return _labelled(self.meaning.like, label)

    def _wish(self, label: str) -> Iri:
        return _labelled([*self.meaning.want, *self.meaning.prefer, *self.meaning.avoid], label)


def _labelled(refs: Sequence[Ref], label: str) -> Iri:
    """Return the entity of a label; an example and a wish may share one."""
    return next(Iri(ref.iri) for ref in refs if ref.label == label)
