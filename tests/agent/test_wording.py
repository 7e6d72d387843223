"""What code says itself."""

import pytest

from agent.answer import AnswerEntity
from agent.interpretation import Interpretation, Period, Ref
from agent.wording import introduction, not_known, nothing_left, question_answer, small_talk, walk_in_words
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
    meaning = Interpretation(intent="ask", topic=ref("Dracula"), path=path)
    assert walk_in_words(manifest, meaning) == said


def test_answers_to_a_question_are_listed(manifest: Manifest) -> None:
    meaning = Interpretation(intent="ask", topic=ref("Horror"), path=["^genre"])

    def answered(count: int) -> str:
        return question_answer(manifest, meaning, [AnswerEntity(iri=None, label=f"B{at}") for at in range(count)])

    asked = "he books with Horror as genre"
    assert answered(0) == f"The graph says nothing about t{asked}."
    assert answered(1) == "The book with Horror as genre: B0."
    assert answered(3) == f"T{asked}: B0, B1 and B2."
    assert answered(20).endswith("B10, B11 and 8 more.")


def test_small_talk_says_what_can_be_asked(manifest: Manifest) -> None:
    assert small_talk(manifest) == (
        "I recommend books, say why, and answer questions about them. For example: “Something like Dracula”."
    )
