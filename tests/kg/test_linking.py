"""From words to entities: what is linked, what is spotted, and what is left alone."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.labels import LabelHit, fold
from kg.linking import FUNCTION_WORDS, EntityLinker
from kg.snapshot import Snapshot
from kg.types import Iri

BOOK, PERSON, GENRE, HOUSE = (f"http://shop.example/{kind}/" for kind in ("book", "person", "genre", "house"))


@pytest.fixture(scope="module")
def linker(tiny: Snapshot) -> EntityLinker:
    return tiny.linker


def spotted(linker: EntityLinker, text: str) -> list[tuple[str, str]]:
    return [(mention.text, mention.best.iri) for mention in linker.spot(text)]


@pytest.mark.parametrize(
    ("name", "iri", "match", "score"),
    [
        ("Dracula", BOOK + "dracula", "exact", 1.0),
        ("dracula!", BOOK + "dracula", "exact", 1.0),
        ("Trial", BOOK + "trial", "exact", 0.96),
        ("the trial", BOOK + "trial", "exact", 1.0),
        ("The Modern Prometheus", BOOK + "frankenstein", "alias", 0.98),
        ("modern prometheus", BOOK + "frankenstein", "alias", 0.96),
        ("Sci-Fi", GENRE + "scifi", "alias", 0.98),
        ("德古拉", BOOK + "dracula", "exact", 1.0),
        ("弗兰兹·卡夫卡", PERSON + "kafka", "exact", 1.0),
        ("H.G. Wells", PERSON + "wells", "exact", 1.0),
    ],
)
def test_a_name_is_linked(linker: EntityLinker, name: str, iri: str, match: str, score: float) -> None:
    best = linker.link(name)[0]
    assert (best.iri, best.match, best.score) == (iri, match, score)


def test_a_prefix_is_linked_below_a_full_name(linker: EntityLinker) -> None:
    best = linker.link("franken")[0]
    assert (best.iri, best.match) == (BOOK + "frankenstein", "prefix")
    assert best.score < 0.9


@pytest.mark.parametrize("name", ["Frankenstien", "Jane Austin", "Persuassion", "War of the Wolds"])
def test_a_slip_is_linked_as_fuzzy(linker: EntityLinker, name: str) -> None:
    best = linker.link(name)[0]
    assert best.match == "fuzzy"
    assert 0.7 < best.score < 0.95


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("something by Austen", ["Jane Austen"]),
        ("a book, no Kafka", ["Franz Kafka"]),
        ("Did Kafka write The Trial?", ["Franz Kafka", "The Trial"]),
        ("is Shelley's Frankenstein good", ["Mary Shelley", "Frankenstein"]),
        ("something by Lady Austen", []),
        ("something by Austen Smith", []),
        ("something by austen", []),
        ("Austen books", []),
        ("a book about Worlds", []),
    ],
)
def test_people_are_called_by_their_last_name(tiny: Snapshot, text: str, people: list[str]) -> None:
    """A capital tells such a name from a word, so the first word of a text is none; a title is no last name."""
    mentions = tiny.linker.spot(text)
    assert [tiny.label(one.best.iri) for one in mentions] == people


def test_people_of_one_last_name_are_rivals(films: Snapshot) -> None:
    (mention,) = films.linker.spot("something with Ford")
    assert [films.label(one.iri) for one in mention.candidates] == ["Harrison Ford", "Glenn Ford"]
    assert mention.rivals


@pytest.mark.parametrize("name", ["", "   ", "Ulysses", "xyzzy"])
def test_what_the_graph_lacks_is_not_linked(linker: EntityLinker, name: str) -> None:
    assert linker.link(name) == ()


def test_an_ambiguous_name_gives_every_candidate_items_first(linker: EntityLinker) -> None:
    mention = linker.spot("I liked Emma a lot")[0]
    assert [candidate.iri for candidate in mention.candidates] == [BOOK + "emma", HOUSE + "emma"]
    assert mention.rivals


def test_a_name_of_one_entity_is_not_ambiguous(linker: EntityLinker) -> None:
    assert not linker.spot("I liked Dracula")[0].rivals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Something like Dracula.", [("Dracula", BOOK + "dracula")]),
        ("dracula's castle", [("dracula", BOOK + "dracula"), ("castle", BOOK + "castle")]),
        ("Dracula’s author", [("Dracula", BOOK + "dracula")]),
        (
            "books by Mary Shelley and Jane Austen?",
            [("Mary Shelley", PERSON + "shelley"), ("Jane Austen", PERSON + "austen")],
        ),
        ("the war of the worlds, please", [("the war of the worlds", BOOK + "worlds")]),
        ('a book like "The Trial"', [("The Trial", BOOK + "trial")]),
        ("(Emma/Persuasion)", [("Emma", BOOK + "emma"), ("Persuasion", BOOK + "persuasion")]),
        ("science fiction by H. G. Wells", [("science fiction", GENRE + "scifi"), ("H. G. Wells", PERSON + "wells")]),
        ("some sci-fi", [("sci-fi", GENRE + "scifi")]),
        ("我喜欢德古拉", [("德古拉", BOOK + "dracula")]),
        ("像《审判》一样的书", [("审判", BOOK + "trial")]),
        ("推荐弗兰兹·卡夫卡的书", [("弗兰兹·卡夫卡", PERSON + "kafka")]),
        ("I read Frankenstien last week", [("Frankenstien", BOOK + "frankenstein")]),
        ("DRACULA", [("DRACULA", BOOK + "dracula")]),
    ],
)
def test_mentions_are_spotted(linker: EntityLinker, text: str, expected: list[tuple[str, str]]) -> None:
    assert spotted(linker, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Can you recommend something good for tonight?",
        "I want a book by an author that I know",
        "books, please",
        "What is the year and the publisher?",
        "?!.,",
        "推荐一本书",
        "\x00\x01",
        "\ud800\ud800\ud800 \ud800",
    ],
)
def test_plain_words_are_not_mentions(linker: EntityLinker, text: str) -> None:
    assert spotted(linker, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("which books by Mary Shelley are about emma woods", [("Mary Shelley", PERSON + "shelley")]),
        ("which books by Mary Shelley are about Emma", [("Mary Shelley", PERSON + "shelley"), ("Emma", BOOK + "emma")]),
        ("which books by mary shelley are like emma", [("mary shelley", PERSON + "shelley"), ("emma", BOOK + "emma")]),
        ("which books did Mary Shelley emma under", [("Mary Shelley", PERSON + "shelley")]),
        ("who wrote dracula", [("dracula", BOOK + "dracula")]),
        ("Dracula or emma", [("Dracula", BOOK + "dracula"), ("emma", BOOK + "emma")]),
        ("which is older, Dracula or emma", [("Dracula", BOOK + "dracula"), ("emma", BOOK + "emma")]),
        ('what did Mary Shelley think of "emma"', [("Mary Shelley", PERSON + "shelley"), ("emma", BOOK + "emma")]),
        ("what horror did Mary Shelley write", [("horror", GENRE + "horror"), ("Mary Shelley", PERSON + "shelley")]),
        (
            "is Mary Shelley behind the last man",
            [("Mary Shelley", PERSON + "shelley"), ("the last man", BOOK + "last_man")],
        ),
    ],
)
def test_a_title_in_lower_case_is_a_word_among_names_with_capitals(
    linker: EntityLinker, text: str, expected: list[tuple[str, str]]
) -> None:
    assert spotted(linker, text) == expected


def test_only_what_is_called_by_a_name_is_such_a_title(tiny: Snapshot) -> None:
    text = "which books by Mary Shelley are about emma woods"
    named = EntityLinker(tiny.labels, has_name=lambda _: True)
    assert spotted(named, text) == [("Mary Shelley", PERSON + "shelley")]
    category = EntityLinker(tiny.labels, has_name=lambda _: False)
    assert [words for words, _ in spotted(category, text)] == ["Mary Shelley", "emma"]


def test_items_and_somebody_have_names(tiny: Snapshot) -> None:
    assert tiny.is_somebody(PERSON + "shelley")
    assert not tiny.is_somebody(BOOK + "emma")
    assert not tiny.is_somebody(GENRE + "horror")


def test_function_words_are_never_spotted(linker: EntityLinker) -> None:
    for word in FUNCTION_WORDS:
        assert linker.spot(word) == ()


def test_words_that_point_at_a_relation_name_nothing_in_lower_case(tiny: Snapshot) -> None:
    # In this graph "Dracula" is what questions point with, as "wrote" is where an author is called "wrote".
    asking = EntityLinker(tiny.labels, cues=["dracula"])
    assert spotted(asking, "who dracula The Trial?") == [("The Trial", BOOK + "trial")]
    assert spotted(asking, "who likes Dracula?") == [("Dracula", BOOK + "dracula")]
    assert spotted(asking, 'who likes "dracula"?') == [("dracula", BOOK + "dracula")]


class OneLabel:
    """A label index that knows one name."""

    def __init__(self, label: str) -> None:
        self._hit = LabelHit(Iri("http://shop.example/band"), label, "", False, fold(label), 1)

    def exact(self, keys: Iterable[str]) -> dict[str, list[LabelHit]]:
        return {key: [self._hit] if key == self._hit.folded else [] for key in keys}

    def similar(self, _: str) -> list[tuple[LabelHit, float]]:
        return []

    def ending(self, _: str) -> list[LabelHit]:
        return []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("do you know I am after bands from Prague", []),
        ("I am after bands", []),
        ("I’d like bands", []),
        ("which bands are like I Am", ["I Am"]),
        ("I Am", ["I Am"]),
    ],
)
def test_the_capital_of_i_makes_no_title(text: str, found: list[str]) -> None:
    linker = EntityLinker(cast(Any, OneLabel("I Am")))
    assert [words for words, _ in spotted(linker, text)] == found


def test_the_longest_name_comes_first(linker: EntityLinker) -> None:
    assert spotted(linker, "The Last Man") == [("The Last Man", BOOK + "last_man")]


WORDS = [
    "Dracula",
    "Emma",
    "the",
    "Trial",
    "war of the worlds",
    "'s",
    "’s",
    "《审判》",
    "德古拉",
    '"',
    "(",
    "Frankenstien",
    "·",
    "\n",
    "a",
]


@pytest.mark.slow
@settings(max_examples=150)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
def test_spans_lie_within_the_text_and_never_overlap(tiny: Snapshot, text: str) -> None:
    mentions = tiny.linker.spot(text)
    for mention in mentions:
        assert 0 <= mention.start < mention.end <= len(text)
        assert mention.text == text[mention.start : mention.end]
        assert mention.candidates
    for one, other in pairwise(mentions):
        assert one.end <= other.start


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_link_gives_distinct_entities_best_first(tiny: Snapshot, text: str) -> None:
    found = tiny.linker.link(text)
    assert len({candidate.iri for candidate in found}) == len(found) <= 5
    assert [candidate.score for candidate in found] == sorted((candidate.score for candidate in found), reverse=True)


def test_a_long_text_is_spotted_in_time(linker: EntityLinker) -> None:
    assert len(linker.spot("I read Dracula and the Trial. " * 100)) == 200


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("romances by Jane Austen", [("romances", GENRE + "romance"), ("Jane Austen", PERSON + "austen")]),
        ("Romances by Jane Austen", [("Jane Austen", PERSON + "austen")]),
        ("which draculas did Jane Austen read", [("Jane Austen", PERSON + "austen")]),
        ("horrors", [("horrors", GENRE + "horror")]),
        ("science-fictions", [("science-fictions", GENRE + "scifi")]),
        ("Science fictions of now", [("Science fictions", GENRE + "scifi")]),
    ],
)
def test_a_category_may_be_named_in_the_plural_and_a_title_may_not(
    linker: EntityLinker, text: str, found: list[tuple[str, str]]
) -> None:
    assert spotted(linker, text) == found


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("movies that villeneuve made", ["Denis Villeneuve"]),
        ("villeneuves movies", ["Denis Villeneuve"]),  # its apostrophe is missing
        (
            "movies that villeneuve made with Tom Hanks",
            ["Tom Hanks"],
        ),  # who writes one name with a capital writes all so
        ("movies by scott", []),  # anybody may be called so
    ],
)
def test_in_a_text_without_capitals_a_rare_last_name_is_one(films: Snapshot, text: str, people: list[str]) -> None:
    assert [films.label(one.best.iri) for one in films.linker.spot(text)] == people


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("movies that denis vileneuve made", ["Denis Villeneuve"]),
        ("Who directed blade runer 2049?", ["Blade Runner 2049"]),  # "Blade Runner" is not there without a slip
        ("blade runner twenty forty-nine's direcotr", ["Blade Runner"]),  # a slip of what asks names nothing
        ("who choreographs for tom hanks", ["Tom Hanks"]),  # another ending is another word
        ("westrens about a bank", ["western"]),
        ("Movies that denis vileneuve made with Tom Hanks", ["Tom Hanks"]),  # capitals are given where there are any
    ],
)
def test_a_slip_in_a_name_without_capitals_is_forgiven(films: Snapshot, text: str, names: list[str]) -> None:
    assert [films.label(one.best.iri) for one in films.linker.spot(text)] == names


def test_a_last_name_of_several_words_is_more_than_one_of_them(films: Snapshot) -> None:
    mentions = films.linker.spot("genres that De Niro acted in")
    assert [(one.text, films.label(one.best.iri)) for one in mentions] == [("De Niro", "Robert De Niro")]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("films by spielberg", ["Steven Spielberg"]),
        ("spielbergs films", ["Steven Spielberg"]),
        ("films with a spielberg", []),  # an article makes it a thing
        ("something spielberg than this", []),
        ("films by scott", []),  # the word calls nobody to mind
        ("films by spielberg with Tom Hanks", ["Tom Hanks"]),  # capitals are given where there are any
    ],
)
def test_a_common_word_in_lower_case_may_call_somebody_to_mind(films: Snapshot, text: str, people: list[str]) -> None:
    found = films.linker.spot(text, lambda word, label: (word, label) == ("spielberg", "Steven Spielberg"))
    assert [films.label(one.best.iri) for one in found] == people


def test_a_common_word_is_no_name_where_nothing_tells_what_it_calls_to_mind(films: Snapshot) -> None:
    assert films.linker.spot("films by spielberg") == ()
