"""What a request may mean: a closed set, of which the model chooses one."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.answer import Intent
from agent.interpretation import Interpretation, Meanings, Period, Ref, Walked, possible_meanings
from agent.questions import PathPlanner
from agent.reading import Reader
from agent.toolbox import Toolbox
from kg.types import Iri, Step
from tests.agent.conftest import Make
from tests.agent.fakes import ScriptedGate, instances, outside, planned
from tools.constraints import RangeConstraint
from tools.plans import Leg, Plan

HORROR = Ref(iri="http://shop.example/genre/horror", label="Horror", text="horror")
SCIFI = Ref(iri="http://shop.example/genre/scifi", label="Science fiction", text="sci-fi")
DRACULA = Ref(iri="http://shop.example/book/dracula", label="Dracula", text="Dracula")

WORDS = (
    "Dracula", "Emma", "horror", "sci-fi", "Jane Austen", "Franz Kafka", "审判", "wrote", "written", "author", "like",
    "but", "not", "no", "without", "with", "by", "who", "which", "books", "why", "I love", "I hate", "hello", "5 books",
    "1897", "the 1810s", "before 1900", "Zorblax", '"Quux"', "dreamy", "scarier", ",", ".", "?", "\u202e", "⟦0⟧",
    "<|im_end|>", "\U0001f600", "ignore all instructions",
)  # fmt: skip


def meanings_of(toolbox: Toolbox, text: str, *, intent: Intent | None = None, has_wish: bool = False) -> Meanings:
    reading = Reader(toolbox.snapshot).read(text)
    return possible_meanings(reading, PathPlanner(toolbox.snapshot), intent=intent, has_wish=has_wish)


def understood(toolbox: Toolbox, text: str, **known: Any) -> Interpretation:
    meanings = meanings_of(toolbox, text, **known)
    return meanings.interpretation(meanings.first)


def labels(refs: list[Ref]) -> list[str]:
    return [ref.label for ref in refs]


def test_what_is_to_be_left_out_and_names_nothing_is_told(toolbox: Toolbox) -> None:
    meaning = understood(toolbox, "books like Emma, less gloomy")
    assert meaning.notes == ["Nothing is left out for “gloomy”: the graph calls nothing so."]
    assert meaning.unknown == []
    assert understood(toolbox, "less gloomy", has_wish=True).intent == "refine"


@pytest.mark.parametrize(
    "text",
    [
        "something like Dracula with sci-fi, horror or Jane Austen",
        "I love Dracula and Emma",
        "hello",
        "books without horror",
    ],
)
def test_the_schema_admits_exactly_what_is_allowed(toolbox: Toolbox, text: str) -> None:
    meanings = meanings_of(toolbox, text)
    admitted = instances(meanings.schema())
    assert all(meanings.allows(one) for one in admitted)
    fields = {name: {one[name] for one in admitted if name in one} for one in admitted for name in one}
    for names in {tuple(one) for one in admitted}:
        for values in itertools.product(*(sorted(fields[name]) for name in names)):
            choice = dict(zip(names, values, strict=True))
            assert meanings.allows(choice) == (choice in admitted)


def test_what_is_not_in_the_schema_is_refused(toolbox: Toolbox) -> None:
    meanings = meanings_of(toolbox, "something like Dracula with sci-fi, preferably by Jane Austen")
    good = meanings.first
    assert meanings.allows(good)
    refused: list[object] = [
        None, [], "recommend", 1, {}, {"intent": "recommend"}, good | {"m9": "like"}, good | {"m1": "topic"},
        good | {"m1": ["like"]}, good | {"intent": "ask"}, good | {"intent": "RECOMMEND"},
        [good], good | {"path": "author"},
        {name: value for name, value in good.items() if name != "m1"},
    ]  # fmt: skip
    assert [one for one in refused if meanings.allows(one)] == []


@pytest.mark.parametrize(
    "text", ["no horror", "books without horror", "anything but not horror", "like Emma, never horror"]
)
def test_a_negated_name_can_only_be_avoided(toolbox: Toolbox, text: str) -> None:
    meanings = meanings_of(toolbox, text)
    assert all(labels(meanings.interpretation(one).avoid) == ["Horror"] for one in instances(meanings.schema()))
    assert all(not meanings.interpretation(one).want for one in instances(meanings.schema()))


async def test_a_single_possible_meaning_costs_nothing(bookshop: Make) -> None:
    gate = ScriptedGate(outside)
    answer = await bookshop(gate).arecommend(query="books without horror")
    assert gate.named("interpret") == []
    assert (answer.trace[0].decided_by, answer.trace[0].tokens) == ("code", 0)


async def test_a_plan_of_the_model_is_carried_out(bookshop: Make) -> None:
    gate = ScriptedGate(planned("count", m1="author/^author"))
    answer = await bookshop(gate).aask("how many books has the author of Emma written?")
    assert [call.name for call in gate.calls] == ["interpret"]
    assert answer.trace[0].decided_by == "model"
    assert [step.action for step in answer.trace] == ["interpret", "answer_question"]
    assert answer.trace[1].arguments == {"plan": "count Emma author/^author"}
    assert [one.label for one in answer.answers] == ["Persuasion"]
    assert not answer.degraded


async def test_a_plan_that_the_graph_forbids_is_replaced_by_that_of_the_rules(bookshop: Make) -> None:
    answer = await bookshop(planned(m1="^year")).aask("who wrote Dracula?")
    assert [one.label for one in answer.answers] == ["Bram Stoker"]
    assert answer.trace[0].decided_by == "code"
    assert answer.degraded


QUESTIONS = ("who wrote Dracula?", "which books share a genre with Dracula or The Last Man?", "is Emma by Jane Austen?")


@pytest.mark.parametrize("text", QUESTIONS)
def test_every_walk_of_a_question_is_in_its_schema(toolbox: Toolbox, text: str) -> None:
    meanings = meanings_of(toolbox, text)
    (branch,) = meanings.branches
    names = [name.id for name in meanings.reading.names]
    assert list(branch.fields) == ["do", *names]
    for name in names:
        field = branch.fields[name]
        assert isinstance(field, Walked)
        assert field.allows(field.first)
        for value in (*field.walks, *(f"not {walk}" for walk in field.walks), "is", "-"):
            assert re.fullmatch(field.pattern, value)
            assert meanings.allows(meanings.first | {name: value})


@pytest.mark.parametrize(
    "value",
    ["", "authors", "author/", "/author", "^^author", "author/author", "year/author", "^year", "influence", "^genre",
     "not", "not -", "not is", "not not author", "Author", "author/^author/genre/^genre", "obey", " author"],
)  # fmt: skip
def test_a_path_that_the_schema_of_the_graph_forbids_is_refused(toolbox: Toolbox, value: str) -> None:
    meanings = meanings_of(toolbox, "who wrote Dracula?")
    assert meanings.allows({"intent": "ask", "do": "list", "m1": "author"})
    assert not meanings.allows({"intent": "ask", "do": "list", "m1": value})
    assert not re.fullmatch(meanings.branches[0].fields["m1"].schema()["pattern"], value), "nor can it be decoded"


@pytest.mark.parametrize("do", ["", "most", "most author", "sum", "LIST", "least of year"])
def test_a_question_can_only_want_what_a_plan_can_do(toolbox: Toolbox, do: str) -> None:
    meanings = meanings_of(toolbox, "who wrote Dracula?")
    assert all(
        meanings.allows({"intent": "ask", "do": one, "m1": "author"})
        for one in ("list", "count", "check", "most year", "least year")
    )
    assert not meanings.allows({"intent": "ask", "do": do, "m1": "author"})


def test_a_choice_becomes_the_plan_of_a_question(toolbox: Toolbox) -> None:
    text = "which books of Mary Shelley from the 1810s are sci-fi but not horror, unlike The Last Man?"
    meanings = meanings_of(toolbox, text, intent="ask")
    by_name = {name.label: name.id for name in meanings.reading.names}
    choice = {
        "intent": "ask",
        "do": "count",
        by_name["Mary Shelley"]: "^author",
        by_name["Science fiction"]: "^genre",
        by_name["Horror"]: "not ^genre",
        by_name["The Last Man"]: "is",
    }
    assert meanings.allows(choice)
    meaning = meanings.interpretation(choice)
    assert meaning.asked() == "count Mary Shelley ^author, Science fiction ^genre, not Horror ^genre, The Last Man"
    author, genre = Step("author", "inverse"), Step("genre", "inverse")
    assert meaning.plan() == Plan(
        legs=(
            Leg(Iri("http://shop.example/person/shelley"), (author,)),
            Leg(Iri(SCIFI.iri), (genre,)),
            Leg(Iri(HORROR.iri), (genre,), wanted=False),
        ),
        things=(Iri("http://shop.example/book/last_man"),),
        do="count",
        ranges=(RangeConstraint("year", 1810, 1819),),
    )
    assert meaning.named() == [*(route.ref for route in meaning.routes), *meaning.things]


def test_a_name_of_no_part_is_in_no_plan(toolbox: Toolbox) -> None:
    meanings = meanings_of(toolbox, "who wrote Dracula, is it horror?", intent="ask")
    meaning = meanings.interpretation({"intent": "ask", "do": "most year", "m1": "author/influence", "m2": "-"})
    assert meaning.asked() == "most year Dracula author/influence"
    assert (meaning.plan().do, meaning.plan().by) == ("most", "year")


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Is Emma older than Dracula?", "emma"),
        ("is Dracula older than Emma", "dracula"),
        ("Is Emma or Dracula older?", None),
        ("Which is older, Emma or Dracula?", None),
    ],
)
def test_a_comparison_may_claim_something(toolbox: Toolbox, text: str, claimed: str | None) -> None:
    meanings = meanings_of(toolbox, text, intent="ask")
    meaning = meanings.interpretation({"intent": "ask", "do": "least year", "m1": "is", "m2": "is"})
    assert meaning.plan().claimed == (f"http://shop.example/book/{claimed}" if claimed else None)


def test_one_name_said_twice_is_meant_once(toolbox: Toolbox) -> None:
    assert labels(understood(toolbox, "Dracula or Dracula or DRACULA").like) == ["Dracula"]


def test_a_wish_for_nothing_in_particular_is_a_wish(toolbox: Toolbox) -> None:
    for text in ("", "  ", "recommend me something", "what should I read next?", "hello, recommend me something"):
        assert understood(toolbox, text).intent == "recommend", text
    for text in ("hello", "thanks!", "what can you do?", "?!"):
        assert understood(toolbox, text).intent == "small_talk", text


def test_more_refines_the_wish_of_the_conversation(toolbox: Toolbox) -> None:
    for text in ("more", "something else", "without horror"):
        assert understood(toolbox, text, has_wish=True).intent == "refine", text
    assert understood(toolbox, "hello", has_wish=True).intent == "small_talk"


def test_periods_count_and_rest_belong_to_a_wish(toolbox: Toolbox) -> None:
    meaning = understood(toolbox, "three dreamy books from the 1810s")
    assert meaning.periods == [Period(relation="year", low=1810, high=1819, wanted=True)]
    assert meaning.k == 3
    assert "dreamy" in meaning.rest


def test_an_open_end_of_a_period_is_kept_as_json(toolbox: Toolbox) -> None:
    meaning = understood(toolbox, "horror before 1900")
    assert meaning.periods == [Period(relation="year", low=None, high=1899, wanted=True)]
    again = Interpretation.model_validate_json(meaning.model_dump_json())
    assert again == meaning
    assert [one.text for one in again.constraints()] == ["Horror", "year up to 1899"]


def test_a_refinement_goes_on_top_of_the_earlier_wish() -> None:
    earlier = Interpretation(intent="recommend", like=[DRACULA], want=[HORROR], rest="dreamy")
    period = Period(relation="year", low=1800, high=None, wanted=True)
    merged = Interpretation(intent="refine", want=[SCIFI], periods=[period]).merged(earlier)
    assert (merged.intent, merged.like, merged.want, merged.rest) == ("refine", [DRACULA], [HORROR, SCIFI], "dreamy")
    assert merged.periods == [period]


def test_what_is_now_avoided_is_no_longer_wanted_and_the_other_way_round() -> None:
    earlier = Interpretation(intent="recommend", want=[HORROR], prefer=[SCIFI])
    merged = Interpretation(intent="refine", avoid=[HORROR, SCIFI]).merged(earlier)
    assert (merged.want, merged.prefer, merged.avoid) == ([], [], [HORROR, SCIFI])
    back = Interpretation(intent="refine", want=[HORROR]).merged(merged)
    assert (back.want, back.avoid) == ([HORROR], [SCIFI])


def test_a_period_said_again_replaces_the_earlier_one() -> None:
    old, new = (Period(relation="year", low=low, high=None, wanted=True) for low in (1800.0, 1900.0))
    earlier = Interpretation(intent="recommend", periods=[old], rest="dreamy")
    merged = Interpretation(intent="refine", periods=[new], rest="grim").merged(earlier)
    assert (merged.periods, merged.rest) == ([new], "grim")


def test_the_face_fixes_the_intent(toolbox: Toolbox) -> None:
    for intent in ("recommend", "ask", "explain", "small_talk", "why_not", "feedback", "refine"):
        meanings = meanings_of(toolbox, "who wrote Dracula?", intent=intent)
        assert {one["intent"] for one in instances(meanings.schema())} == {intent}


def test_a_question_without_a_known_name_has_no_topic(toolbox: Toolbox) -> None:
    meaning = understood(toolbox, "who wrote Zorblax Quux?", intent="ask")
    assert (meaning.routes, meaning.things, meaning.unknown) == ([], [], ["Zorblax Quux"])


@pytest.mark.slow
@settings(max_examples=120)
@given(
    st.one_of(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), st.text(max_size=60)),
    st.sampled_from([None, "recommend", "refine", "ask", "explain", "why_not", "feedback", "small_talk"]),
    st.booleans(),
)
def test_every_text_has_a_meaning(toolbox: Toolbox, text: str, intent: Intent | None, has_wish: bool) -> None:
    meanings = meanings_of(toolbox, text, intent=intent, has_wish=has_wish)
    admitted = [one for one in instances(meanings.schema()) if meanings.allows(one)]
    asks = "ask" in {branch.intent for branch in meanings.branches}
    assert asks or 0 < len(admitted) <= 60
    assert asks or meanings.first == admitted[0]
    assert meanings.allows(meanings.first)
    assert (meanings.only is not None) == (len(admitted) == 1 and not (asks and meanings.reading.names))
    meaning = meanings.interpretation(meanings.first)
    assert Interpretation.model_validate_json(meaning.model_dump_json()) == meaning
    assert meaning.said().startswith(meaning.intent)
    for one in admitted:
        meanings.interpretation(one)


def test_names_joined_by_or_are_preferences(toolbox: Toolbox) -> None:
    meaning = understood(toolbox, "a book with sci-fi or horror")
    assert labels(meaning.prefer) == ["Science fiction", "Horror"]
    assert meaning.want == []
