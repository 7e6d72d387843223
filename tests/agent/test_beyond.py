"""Words of a question that ask about what no relation of the domain states."""

from collections.abc import Sequence

import pytest

from agent.reading.beyond import Beyond
from kg.snapshot import Snapshot
from tests.fakes import BagOfWordsEncoder
from tools.senses import SenseLinker

NAME = "\x00\x00\x00\x00\x00"


@pytest.fixture(scope="module")
def of_films(films: Snapshot) -> Beyond:
    return Beyond(films.manifest)


@pytest.fixture(scope="module")
def of_books(tiny: Snapshot) -> Beyond:
    return Beyond(tiny.manifest)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (f"what is the budget of {NAME}?", ("budget",)),
        (f"What Oscars did {NAME} win?", ("win",)),
        (f"is {NAME} married?", ("married",)),
        (f"where was {NAME} buried?", ("buried",)),
        (f"who choreographed {NAME}", ("choreographed",)),
        (f"what is the secret recipe in {NAME}?", ("secret recipe",)),
        (f"why does the girl in {NAME} not speak?", ("why",)),
        (f"did critics like {NAME}?", ("critics",)),
        (f"what snack should I eat with {NAME}?", ("snack", "eat")),
        (f"how much did {NAME} cost?", ("cost",)),
    ],
)
def test_what_nothing_in_the_domain_is_called_is_beyond_it(of_films: Beyond, question: str, words: tuple[str]) -> None:
    assert of_films.find(question) == words


@pytest.mark.parametrize(
    "question",
    [
        f"who directed {NAME}?",
        f"what film genres does {NAME} have?",
        f"which films don't have {NAME}?",
        f"whose flicks are like {NAME}",
        f"I forgot who wrote {NAME}, can you remind me?",
        f"which of the actors in {NAME} are famous?",  # something in it speaks of a relation
        f"{NAME}?",
        "what is the tagline of Blorp?",  # it is told that nothing is named so
        f"{NAME} 是什么类型的电影",
        f"what is there with {NAME} and Bob Blorp?",  # a title or a name that is not known is no word
        "",
    ],
)
def test_what_speaks_of_a_relation_or_says_nothing_is_not(of_films: Beyond, question: str) -> None:
    assert of_films.find(question) == ()


def test_without_a_list_of_the_ways_to_say_relations_any_verb_may_be_one(of_books: Beyond) -> None:
    assert of_books.find(f"who bound {NAME}?") == ()
    assert of_books.find(f"who did the binding of {NAME}?") == ("binding",)
    assert of_books.find(f"what does {NAME} weigh?") == ("weigh",), "it asks about the weight, whatever the domain"


def test_what_is_near_in_meaning_to_a_word_for_a_relation_may_be_one(tiny: Snapshot) -> None:
    near = SenseLinker(tiny, BagOfWordsEncoder())
    assert Beyond(tiny.manifest).find(f"what is the binding of {NAME}?") == ("binding",)
    question = f"does {NAME} have the binding publisher?"
    assert Beyond(tiny.manifest, near).find(question) == ()


class Literal(SenseLinker):
    """Finds nothing near in meaning but what is the same."""

    def nearness(self, words: str, others: Sequence[str]) -> float:
        return float(words in others)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (f"who was the production designer of {NAME}?", ("production designer",)),
        (f"what film stock did {NAME} use?", ("film stock",)),
        (f"which song plays over the credits of {NAME}", ("song",)),
        (f"how many tickets did {NAME} sell?", ("tickets",)),
        (f"what is {NAME}'s shoe size", ("shoe size",)),
        (f"is {NAME} set in the desert?", ("set",)),
        (f"what is {NAME} about?", ("what is … about",)),
        (f"what does {NAME} mean?", ("mean",)),
        (f"who is the director of {NAME}?", ()),
        (f"which films did {NAME} direct?", ()),
        (f"how many people directed {NAME}?", ()),
        (f"what are the others that {NAME} directed?", ()),
        (f"what is known about the actors of {NAME}?", ()),
        (f"what do people who acted in {NAME} look like", ()),
        (f"years of gigs by {NAME}", ()),
    ],
)
def test_the_noun_that_is_asked_for_has_to_be_one_of_the_domain(
    films: Snapshot, question: str, words: tuple[str, ...]
) -> None:
    assert Beyond(films.manifest, Literal(films, BagOfWordsEncoder())).find(question) == words


def test_what_is_based_on_what_somebody_wrote_is_no_adaptation(tiny: Snapshot) -> None:
    beyond = Beyond(tiny.manifest)
    assert beyond.find(f"is {NAME} based on an opera?") == ("based on",)
    assert beyond.find(f"what is based on a text by the author of {NAME}") == ("based on",)
    assert beyond.find(f"what is based on an author of {NAME}") == ()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (f"which director had tea with {NAME}", ("tea",)),
        (f"which director did they tease with {NAME} and a Pony", ("tease",)),  # "Pony" may be a title
        (f"please tell me the director of {NAME}", ()),
    ],
)
def test_words_are_strange_that_are_near_to_none_of_the_domain(
    films: Snapshot, question: str, words: tuple[str, ...]
) -> None:
    assert Beyond(films.manifest, Literal(films, BagOfWordsEncoder())).strange(question) == words
    assert Beyond(films.manifest).strange(question) == (), "without a model of meaning any word may be near"


def test_a_number_of_items_is_asked_of_items_only(films: Snapshot) -> None:
    beyond = Beyond(films.manifest, numbers=films.numbers)
    question = f"how old is {NAME}?"
    assert beyond.find(question) == ()
    assert beyond.find(question, others=[question.index(NAME)]) == ("how old is",)
