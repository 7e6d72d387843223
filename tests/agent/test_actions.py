"""The actions of a turn: always valid, never twice, and an end in sight."""

import json
import random

import pytest

from agent.actions import FINISH, LOOKED_UP, Action, Executor, Situation, action_schema, valid_actions
from agent.interpretation import Interpretation, Ref, Route
from agent.toolbox import Toolbox
from tests.agent.conftest import Make
from tests.agent.fakes import Choose, any_of, by_step, first, instances, last
from tools.ranking.ranker import RankRequest, RankResult
from tools.sparql import FactsResult, ItemsResult

BOOK, GENRE, HOUSE = "http://shop.example/book/", "http://shop.example/genre/", "http://shop.example/house/"


def book(name: str, label: str | None = None) -> Ref:
    return Ref(iri=BOOK + name, label=label or name.title(), text=name)


def genre(name: str) -> Ref:
    return Ref(iri=GENRE + name, label=name.title(), text=name)


WISH = Interpretation(
    intent="recommend",
    like=[book("dracula"), book("emma")],
    want=[genre("horror")],
    prefer=[genre("romance")],
    avoid=[genre("scifi"), genre("absurdist")],
    rest="dreamy",
)


def test_a_wish_may_be_ranked_at_once_or_looked_up_first() -> None:
    said = [action.said() for action in valid_actions(Situation(WISH))]
    assert said == [
        '{"tool": "rank_items"}',
        '{"tool": "nearest_items", "item": "Dracula"}',
        '{"tool": "nearest_items", "item": "Emma"}',
        '{"tool": "nearest_items", "text": "dreamy"}',
        '{"tool": "sparql", "facts": "Dracula"}',
        '{"tool": "sparql", "facts": "Emma"}',
        '{"tool": "sparql", "items_with": "Horror"}',
        '{"tool": "sparql", "items_with": "Romance"}',
        '{"tool": "sparql", "items_with": "Scifi"}',
    ]


def test_finish_is_valid_only_after_a_ranking() -> None:
    assert FINISH not in {action.tool for action in valid_actions(Situation(WISH))}
    after = valid_actions(Situation(WISH, ranked=("Persuasion",)))
    assert after == [Action(FINISH), Action("find_paths", {"from": "Dracula", "to": "Persuasion"})]
    assert valid_actions(Situation(WISH, ranked=())) == [Action(FINISH)]


def test_what_was_done_is_not_offered_again() -> None:
    every = valid_actions(Situation(WISH))
    done = frozenset(action.key for action in every[1:])
    assert valid_actions(Situation(WISH, done)) == [Action("rank_items")]


def test_entities_of_one_label_are_not_offered_twice() -> None:
    twins = Interpretation(intent="recommend", like=[book("a", "Twin"), book("b", "Twin")], want=[genre("horror")] * 2)
    keys = [action.key for action in valid_actions(Situation(twins))]
    assert len(keys) == len(set(keys)) == 4


def test_a_long_wish_is_looked_up_in_part() -> None:
    long = Interpretation(intent="recommend", like=[book(str(at)) for at in range(9)], want=[genre("a")] * 9)
    looked_up = [action for action in valid_actions(Situation(long)) if action.tool == "nearest_items"]
    assert len(looked_up) == LOOKED_UP


def test_a_question_is_answered_and_then_finished() -> None:
    question = Interpretation(intent="ask", routes=[Route(ref=book("dracula"), path=["author", "^author"])])
    answer = Action("answer_question", {"plan": "list Dracula author/^author"})
    assert valid_actions(Situation(question)) == [answer]
    assert valid_actions(Situation(question, answered=True)) == [Action(FINISH)]
    assert valid_actions(Situation(question, frozenset({answer.key}))) == [Action(FINISH)]


def test_a_comparison_has_no_paths_and_is_answered_too() -> None:
    question = Interpretation(intent="ask", do="most year", things=[book("dracula"), book("emma")])
    assert valid_actions(Situation(question)) == [Action("answer_question", {"plan": "most year Dracula, Emma"})]


def test_a_question_about_an_unclear_name_is_not_answered() -> None:
    question = Interpretation(
        intent="ask",
        routes=[Route(ref=book("emma"), path=["author"])],
        unclear={"Emma": ["Emma (1815)", "Emma (1996)"]},
    )
    assert valid_actions(Situation(question)) == [Action(FINISH)]


def test_the_plan_of_a_question_is_carried_out_and_kept(toolbox: Toolbox) -> None:
    question = Interpretation(intent="ask", routes=[Route(ref=book("dracula"), path=["author"])])
    done = executor(toolbox, question)
    result = done.run(*valid_actions(Situation(question)))
    assert done.answer is result
    assert [one.label for one in done.answer.answers] == ["Bram Stoker"]


@pytest.mark.parametrize("intent", ["small_talk", "feedback", "explain", "why_not", "ask"])
def test_other_intents_are_finished_at_once(intent: str) -> None:
    meaning = Interpretation.model_validate({"intent": intent})
    assert valid_actions(Situation(meaning)) == [Action(FINISH)]


@pytest.mark.parametrize("ranked", [None, ("Persuasion", "Emma")])
def test_instances_of_the_schema_are_exactly_the_actions(ranked: tuple[str, ...] | None) -> None:
    actions = valid_actions(Situation(WISH, ranked=ranked))
    assert instances(action_schema(actions)) == [json.loads(action.said()) for action in actions]
    assert instances(action_schema(actions[:1])) == [{"tool": actions[0].tool}]


def test_equal_calls_have_equal_keys() -> None:
    one, other = Action("find_paths", {"from": "a", "to": "b"}), Action("find_paths", {"to": "b", "from": "a"})
    assert one.key == other.key
    assert one.key != Action("find_paths", {"from": "a", "to": "c"}).key


@pytest.mark.parametrize("max_steps", [1, 6, 50])
def test_any_order_of_choices_comes_to_an_end(max_steps: int) -> None:
    for seed in range(200):
        rng, done, ranked, steps = random.Random(seed), set[str](), None, 0
        while True:
            actions = valid_actions(Situation(WISH, frozenset(done), ranked))
            assert len({action.key for action in actions}) == len(actions)
            assert not done & {action.key for action in actions if action.tool != FINISH}
            chosen = rng.choice(actions) if steps < max_steps else actions[0]
            if chosen.tool == FINISH:
                break
            done.add(chosen.key)
            ranked, steps = ("Persuasion",) if chosen.tool == "rank_items" else ranked, steps + 1
        assert ranked is not None
        assert steps <= min(max_steps + 1, 10)


REQUEST = "dreamy books like Dracula with sci-fi or Jane Austen, without absurdist fiction"


@pytest.mark.slow
async def test_whatever_the_model_picks_the_loop_ends_with_a_ranking(bookshop: Make) -> None:
    for choose in (first, last, *(any_of(seed) for seed in range(40))):
        answer = await bookshop(choose, max_steps=4).arecommend(query=REQUEST, k=1)
        tools = [(step.action, json.dumps(step.arguments)) for step in answer.trace]
        done = [tool for tool in tools if tool[0] not in ("interpret", "justify")]
        assert len(done) == len(set(done)) <= 5
        assert sum(name == "rank_items" for name, _ in done) == 1
        assert answer.items or "None of the books" in answer.text
        assert answer.timings["total"] < 60


async def test_many_steps_may_be_allowed(bookshop: Make) -> None:
    query = "strange books like Dracula, The Trial and Emma with horror, Jane Austen, sci-fi or Franz Kafka"
    answer = await bookshop(last, max_steps=50).arecommend(query=query)
    assert len(answer.trace) > 12
    assert "rank_items" in [step.action for step in answer.trace]
    assert not answer.degraded


def executor(toolbox: Toolbox, meaning: Interpretation) -> Executor:
    return Executor(toolbox, meaning, RankRequest(k=3))


def test_code_turns_the_whole_meaning_into_a_rank_request(toolbox: Toolbox) -> None:
    columns = toolbox.snapshot.item_columns
    request = executor(toolbox, WISH).request()
    assert request.like == [columns[BOOK + "dracula"], columns[BOOK + "emma"]]
    assert request.prefer == [GENRE + "romance"]
    assert (request.query, request.k) == ("dreamy", 3)
    assert [one.text for one in request.constraints] == ["Horror", "no Scifi", "no Absurdist"]


def test_an_example_and_a_wish_of_one_label_are_told_apart(toolbox: Toolbox) -> None:
    house = Ref(iri=HOUSE + "emma", label="Emma", text="Emma")
    done = executor(toolbox, Interpretation(intent="recommend", like=[book("emma")], want=[house]))
    with_house, facts = (
        done.run(Action("sparql", {"items_with": "Emma"})),
        done.run(Action("sparql", {"facts": "Emma"})),
    )
    assert isinstance(with_house, ItemsResult)
    assert [item.label for item in with_house.items] == ["Frankenstein"]
    assert isinstance(facts, FactsResult)
    assert facts.entity == BOOK + "emma"


async def test_a_name_of_two_entities_may_be_linked_to_either(bookshop: Make) -> None:
    """Emma is a book and a publisher; a publisher is no example, but what results must have."""

    def linked_to(iri: str) -> Choose:
        return lambda call: next((one for one in call.choices if one.get("as") == iri), call.choices[0])

    as_book = await bookshop(by_step(act=linked_to(BOOK + "emma"))).arecommend(query="books like Emma")
    as_house = await bookshop(by_step(act=linked_to(HOUSE + "emma"))).arecommend(query="books like Emma")
    assert as_book.items[0].label == "Persuasion"
    assert [item.label for item in as_house.items] == ["Frankenstein"]
    for answer in (as_book, as_house):
        assert [step.action for step in answer.trace[1:3]] == ["link_entities", "rank_items"]
        assert "Emma may mean: Emma (Book emma)" in answer.trace[1].result


@pytest.mark.slow
async def test_every_choice_among_namesakes_can_be_carried_out(bookshop: Make) -> None:
    for seed in range(25):
        answer = await bookshop(any_of(seed), max_steps=20).arecommend(query="books like Emma with Emma, no Emma", k=1)
        assert sum(step.action == "rank_items" for step in answer.trace) == 1


async def test_the_trace_shows_a_path_as_it_is(bookshop: Make) -> None:
    answer = await bookshop(last, max_steps=20).arecommend(query="books like The Trial")
    (path,) = [step.result for step in answer.trace if step.action == "find_paths"]
    assert path.startswith("The Trial -author-> Franz Kafka <-author- The Castle")


def test_every_action_of_a_wish_can_be_carried_out(toolbox: Toolbox) -> None:
    done = executor(toolbox, WISH)
    for action in valid_actions(Situation(WISH)):
        assert done.run(action).text
    assert isinstance(done.ranking, RankResult)
    found = Executor(toolbox, WISH, RankRequest(), best=({"label": "Frankenstein", "iri": BOOK + "frankenstein"},))
    paths = found.run(Action("find_paths", {"from": "Dracula", "to": "Frankenstein"}))
    assert paths.size > 0
    assert paths.triples
