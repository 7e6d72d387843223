"""What code says itself."""

import pytest

from agent.answer import AnswerEntity
from agent.interpretation import Interpretation, Period, Ref, Route
from agent.wording import introduction, not_known, nothing_left, plan_in_words, question_answer, small_talk
from kg.manifest import Manifest
from kg.snapshot import Snapshot


@pytest.fixture
def manifest(tiny: Snapshot) -> Manifest:
    return tiny.manifest


def ref(label: str) -> Ref:
    return Ref(iri=f"http://shop.example/{label}", label=label, text=label)


WISH = Interpretation(
    intent="recommend",
    like=[ref("Dracula")],
    want=[ref("Horror")],
    prefer=[ref("Romance")],
    avoid=[ref("Mary Shelley")],
    periods=[Period(relation="year", low=None, high=1899, wanted=True)],
    rest="dreamy",
    unknown=["Zorblax"],
)


def test_an_introduction_names_every_wish(manifest: Manifest) -> None:
    assert introduction(manifest, WISH, 3, "ann") == (
        "3 books for ann: like Dracula, preferably Romance, Horror, no Mary Shelley, year up to 1899, about “dreamy”. "
        "I know nothing named “Zorblax”."
    )


def test_an_introduction_without_wishes_is_short(manifest: Manifest) -> None:
    assert introduction(manifest, Interpretation(intent="recommend"), 1, None) == "1 book."


def test_an_empty_list_names_what_emptied_it(manifest: Manifest) -> None:
    assert nothing_left(manifest, WISH, "Horror").startswith(
        "None of the books meets “Horror” beside no Mary Shelley, year up to 1899. Ask again without it."
    )
    alone = Interpretation(intent="recommend", want=[ref("Horror")])
    assert nothing_left(manifest, alone, "Horror") == "None of the books meets “Horror”. Ask again without it."
    more = alone.model_copy(update={"more": True})
    assert nothing_left(manifest, more, "Horror") == "I have shown all books that meet the wish."
    assert nothing_left(manifest, alone, None) == ("Nothing is left: every one of the books is seen or excluded.")


def test_at_most_three_unknown_names_are_told() -> None:
    meaning = Interpretation(intent="recommend", unknown=["A", "B", "C", "D"])
    assert not_known(meaning) == " I know nothing named “A”, “B”, “C”."
    assert not_known(Interpretation(intent="recommend")) == ""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (["author"], "the authors of Dracula"),
        (["^author"], "the books with Dracula as author"),
        (["genre", "^genre"], "the books with the genres of Dracula as genre"),
        (["year"], "the year of Dracula"),
    ],
)
def test_a_walk_is_a_noun_phrase(manifest: Manifest, path: list[str], said: str) -> None:
    meaning = Interpretation(intent="ask", routes=[Route(ref=ref("Dracula"), path=path)])
    assert plan_in_words(manifest, meaning) == said


def asks(do: str = "list", *routes: Route, things: tuple[str, ...] = ()) -> Interpretation:
    return Interpretation(intent="ask", do=do, routes=[*routes], things=[ref(label) for label in things])


def along(label: str, *path: str, wanted: bool = True) -> Route:
    return Route(ref=ref(label), path=[*path], wanted=wanted)


def found(*names: str) -> list[AnswerEntity]:
    return [AnswerEntity(iri=None, label=name) for name in names]


def test_a_plan_of_several_walks_is_a_noun_phrase(manifest: Manifest) -> None:
    both = asks("list", along("Horror", "^genre"), along("Shelley", "^author"))
    assert plan_in_words(manifest, both) == (
        "the books with Horror as genre that are also the books with Shelley as author"
    )
    without = asks("list", along("Horror", "^genre"), along("Shelley", "^author", wanted=False))
    assert (
        plan_in_words(manifest, without) == "the books with Horror as genre, without the books with Shelley as author"
    )
    early = without.model_copy(update={"periods": [Period(relation="year", low=None, high=1899, wanted=True)]})
    assert plan_in_words(manifest, early).endswith("as author, year up to 1899")
    assert plan_in_words(manifest, asks("most year", things=("Emma", "Dracula"))) == "Emma and Dracula"


def test_a_count_comes_before_what_was_counted(manifest: Manifest) -> None:
    meaning = asks("count", along("Shelley", "^author"))
    assert question_answer(manifest, meaning, found("A", "B")) == "2: the books with Shelley as author: A and B."
    assert question_answer(manifest, meaning, []) == "0: the books with Shelley as author."


def test_an_extreme_says_of_what_it_is_one(manifest: Manifest) -> None:
    compared = asks("most year", things=("Emma", "Dracula"))
    assert question_answer(manifest, compared, found("Dracula")) == "Dracula: the largest year among Emma and Dracula."
    said = "Yes: Dracula has the larger year of Emma and Dracula."
    assert question_answer(manifest, compared, found("Dracula"), verdict=True) == said
    assert question_answer(manifest, compared, found("Dracula"), verdict=False) == said.replace("Yes", "No")
    tie = question_answer(manifest, compared, found("Emma", "Dracula"), verdict=False)
    assert tie == "No: Emma and Dracula have the same year."
    lacks = question_answer(manifest, compared, [], blind=["any year of Emma"])
    assert lacks == "I cannot tell: the graph does not state any year of Emma."
    least = asks("least year", along("Kafka", "^author"))
    assert question_answer(manifest, least, found("The Trial")) == (
        "The Trial: the smallest year among the books with Kafka as author."
    )


def test_which_of_several_has_more_is_told_with_all_numbers(manifest: Manifest) -> None:
    more = asks("more", along("Shelley", "^author"), along("Stoker", "^author"))
    numbers = "the books with Shelley as author: 2; the books with Stoker as author: "
    said = question_answer(manifest, more, found("Shelley"), counts=[2, 1])
    assert said == f"Shelley has more: {numbers}1."
    tie = question_answer(manifest, more, found("Shelley", "Stoker"), counts=[2, 2])
    assert tie == f"Shelley and Stoker have as many: {numbers}2."
    three = asks("more", *(along(one, "^author") for one in ("Shelley", "Stoker", "Kafka")))
    most = question_answer(manifest, three, found("Shelley", "Kafka"), counts=[2, 1, 2])
    assert most == f"Shelley and Kafka have the most: {numbers}1; the books with Kafka as author: 2."
    early = more.model_copy(
        update={"do": "fewer", "periods": [Period(relation="year", low=None, high=1899, wanted=True)]}
    )
    assert question_answer(manifest, early, found("Stoker"), counts=[2, 1]) == (
        f"Stoker has fewer, year up to 1899: {numbers}1."
    )


def test_a_check_is_answered_by_yes_or_no(manifest: Manifest) -> None:
    one = asks("check", along("Shelley", "^author"), things=("Frankenstein",))
    yes = question_answer(manifest, one, found("Frankenstein"), verdict=True)
    assert yes == "Yes: Frankenstein is one of the books with Shelley as author."
    assert question_answer(manifest, one, [], verdict=False) == (
        "No, as far as the graph knows: Frankenstein is not one of the books with Shelley as author."
    )
    two = asks("check", along("Shelley", "^author"), things=("A", "B"))
    assert question_answer(manifest, two, found("A"), verdict=False) == (
        "No, as far as the graph knows: A and B are not among the books with Shelley as author."
    )
    existence = asks("check", along("Shelley", "^author"))
    assert question_answer(manifest, existence, found("A"), verdict=True) == "Yes: the books with Shelley as author: A."
    assert question_answer(manifest, existence, [], verdict=False) == (
        "No, the graph knows none: the books with Shelley as author."
    )


def test_a_plan_that_only_leaves_out_can_be_said(manifest: Manifest) -> None:
    asked = asks("list", along("Shelley", "^author", wanted=False))
    told = "The graph knows none: books, without the books with Shelley as author."
    assert question_answer(manifest, asked, []) == told


def test_a_second_question_is_not_passed_over(manifest: Manifest) -> None:
    asked = asks("list", along("Shelley", "^author"))
    told = question_answer(manifest, asked, found("A"))
    two = asked.model_copy(update={"later": "when was it written?"})
    left = " I answer one question at a time: “when was it written?” is still to be asked."
    assert question_answer(manifest, two, found("A")) == told + left
    assert question_answer(manifest, two, [], blind=["any book"]).endswith(left), "nor where the first has no answer"
    unclear = two.model_copy(update={"unclear": {"Shelley": ["Mary Shelley", "Percy Shelley"]}})
    assert question_answer(manifest, unclear, []).endswith("Which one do you mean?")


def test_a_question_with_a_name_that_the_graph_does_not_hold_is_not_answered_without_it(manifest: Manifest) -> None:
    asked = asks("list", along("Shelley", "^author"))
    more = asked.model_copy(update={"unknown": ["Bob Blorp"]})
    assert (asked.is_answerable, more.is_answerable) == (True, False)
    assert question_answer(manifest, more, []) == "I cannot tell: I know nothing named “Bob Blorp”."


def test_words_for_what_the_graph_does_not_state_are_told_and_nothing_is_answered(manifest: Manifest) -> None:
    asked = asks("list", along("Shelley", "^author")).model_copy(update={"beyond": ["born", "price"]})
    said = "I cannot tell: I know of nothing in the graph that “born” and “price” ask about."
    assert question_answer(manifest, asked, []).startswith(f"{said} Ask me about ")


def test_one_thing_is_compared_with_nothing(manifest: Manifest) -> None:
    one = asks("least year", things=("Emma",)).model_copy(update={"unknown": ["Blorp"]})
    said = "There is nothing to compare Emma with. I know nothing named “Blorp”."
    assert question_answer(manifest, one, found("Emma"), verdict=True) == said


def test_a_check_of_a_number_names_it(manifest: Manifest) -> None:
    in_1818 = Period(relation="year", low=1818, high=1818, wanted=True)
    dated = asks("check", things=("Frankenstein",)).model_copy(update={"periods": [in_1818]})
    assert question_answer(manifest, dated, found("Frankenstein"), verdict=True) == "Yes: Frankenstein, year 1818."
    assert question_answer(manifest, dated, found("The Last Man"), verdict=False) == (
        "No, this does not hold for The Last Man: year 1818."
    )
    lacks = question_answer(manifest, dated, [], blind=["any year of Frankenstein"])
    assert lacks == "I cannot tell: the graph does not state any year of Frankenstein."


def test_a_check_of_nothing_is_said_not_to_be_understood(manifest: Manifest) -> None:
    said = question_answer(manifest, asks("check", things=("Emma",)), [])
    assert said == "I cannot tell what the question asks of Emma."


def test_what_the_graph_does_not_state_is_no_denial(manifest: Manifest) -> None:
    meaning, blind = asks("list", along("Emma", "influence")), ["any influence of Emma"]
    said = "I cannot tell: the graph does not state any influence of Emma."
    assert question_answer(manifest, meaning, [], blind=blind) == said
    assert question_answer(manifest, meaning.model_copy(update={"do": "check"}), [], verdict=False, blind=blind) == said
    assert question_answer(manifest, meaning, found("X"), blind=blind) == "The influence of Emma: X."


def test_a_name_of_several_entities_is_asked_about(manifest: Manifest) -> None:
    meaning = asks("list", along("Emma", "author")).model_copy(
        update={"unclear": {"Emma": ["Emma (1815)", "Emma (1996)", "Emma (house)"]}}
    )
    assert question_answer(manifest, meaning, []) == (
        "“Emma” may be Emma (1815), Emma (1996) or Emma (house). Which one do you mean?"
    )


def test_answers_to_a_question_are_listed(manifest: Manifest) -> None:
    meaning = asks("list", along("Horror", "^genre"))

    def answered(count: int) -> str:
        return question_answer(manifest, meaning, [AnswerEntity(iri=None, label=f"B{at}") for at in range(count)])

    asked = "he books with Horror as genre"
    assert answered(0) == f"The graph knows none: t{asked}."
    assert answered(1) == "The book with Horror as genre: B0."
    assert answered(3) == f"T{asked}: B0, B1 and B2."
    assert answered(20).endswith("B10, B11 and 8 more.")


def test_small_talk_says_what_can_be_asked(manifest: Manifest) -> None:
    assert small_talk(manifest) == (
        "I recommend books, say why, and answer questions about them. For example: “Something like Dracula”."
    )
