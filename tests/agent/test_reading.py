"""What code reads in a request: names and negations, periods, counts, cues, and what is left over."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.reading import Name, Reader, Reading
from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from tests.agent.conftest import open_quietly
from tools.constraints import RangeConstraint

SHOP = "http://shop.example/"


@pytest.fixture(scope="module")
def reader(tiny: Snapshot) -> Reader:
    return Reader(tiny)


def wanted(reading: Reading) -> list[str]:
    return [name.label for name in reading.names if not name.negated]


def unwanted(reading: Reading) -> list[str]:
    return [name.label for name in reading.names if name.negated]


class TestNames:
    def test_a_name_is_numbered_linked_and_placed(self, reader: Reader) -> None:
        names = reader.read("Something like Dracula, but science fiction").names
        assert [(name.id, name.text, name.label, name.kind, name.start) for name in names] == [
            ("m1", "Dracula", "Dracula", "item", 15),
            ("m2", "science fiction", "Science fiction", "entity", 28),
        ]
        assert names[0].iri == SHOP + "book/dracula"

    def test_equally_good_names_are_rivals(self, reader: Reader) -> None:
        emma, dracula = reader.read("Emma or Dracula").names
        assert (emma.kind, emma.rivals) == ("item", ((SHOP + "house/emma", "Emma"),))
        assert dracula.rivals == ()

    @pytest.mark.parametrize("text", ["", "   ", "?", "something good", "\x00", "a book"])
    def test_where_there_is_no_name_none_is_read(self, reader: Reader, text: str) -> None:
        assert reader.read(text).names == ()


class TestSeveral:
    """Two questions in one request."""

    @pytest.mark.parametrize(
        ("text", "first", "later"),
        [
            ("Who wrote Dracula and when was it written?", "Who wrote Dracula", "when was it written?"),
            ("who wrote Dracula, and what genre is it", "who wrote Dracula", "what genre is it"),
            ("Who wrote Dracula? What genre is Emma?", "Who wrote Dracula", "What genre is Emma?"),
            ("Who wrote Dracula? And when?", "Who wrote Dracula", "when?"),
            ("is Dracula horror and did Bram Stoker write it?", "is Dracula horror", "did Bram Stoker write it?"),
            ("ok, who wrote Emma and where was she born", "ok, who wrote Emma", "where was she born"),
        ],
    )
    def test_the_first_is_read_and_the_other_kept(self, reader: Reader, text: str, first: str, later: str) -> None:
        reading = reader.read(text)
        assert (reading.text, reading.later) == (first, later)
        assert reading.is_question
        assert reading == replace(reader.read(first), later=later)

    @pytest.mark.parametrize(
        "text",
        [
            "Who wrote Dracula and Emma?",
            "which authors wrote horror and who wrote science fiction",
            "books that Mary Shelley wrote and which are horror",
            "who wrote Dracula and is dead",
            "who and when",
            "who wrote it? who?",
            "Recommend something like Dracula? What is it about?",
            "Who wrote Dracula? Thanks",
            "",
        ],
    )
    def test_one_question_stays_one(self, reader: Reader, text: str) -> None:
        reading = reader.read(text)
        assert (reading.text, reading.later) == (text, "")

    def test_a_pronoun_says_what_the_first_is_about(self, reader: Reader) -> None:
        asked = "what genre is it and who wrote it?"
        assert reader.read(asked).later == ""
        assert reader.read(asked, [[SHOP + "book/dracula"]]).later == "who wrote it?"

    def test_a_title_is_not_cut(self, tmp_path: Path) -> None:
        domain = tmp_path / "shop"
        domain.mkdir()
        (domain / "domain.toml").write_text(
            'name = "shop"\ntitle = "Shop"\n[graph]\nfiles = ["graph.ttl"]\n[relations]\n', "utf-8"
        )
        (domain / "graph.ttl").write_text(
            f"<{SHOP}a> a <http://example.org/vocab/CatalogItem> ; "
            '<http://www.w3.org/2000/01/rdf-schema#label> "You and Who Are They" .\n'
            f'<{SHOP}b> <http://www.w3.org/2000/01/rdf-schema#label> "Emma" .',
            "utf-8",
        )
        snapshot = open_snapshot(Domain(domain, load_manifest(domain)), tmp_path / "fitted")
        asked = "did Emma write You and Who Are They"
        assert Reader(snapshot).read(asked).text == asked


class TestNegation:
    @pytest.mark.parametrize(
        ("text", "good", "bad"),
        [
            ("no horror but funny", [], ["Horror"]),
            ("something like Dracula but no horror", ["Dracula"], ["Horror"]),
            ("horror, not Dracula", ["Horror"], ["Dracula"]),
            ("no horror, science fiction please", ["Science fiction"], ["Horror"]),
            ("no romance. Horror", ["Horror"], ["Romance"]),
            ("not horror, rather romance", ["Romance"], ["Horror"]),
            ("no horror (but Dracula is fine)", ["Dracula"], ["Horror"]),
            ("No, I want horror", ["Horror"], []),
            ("I don't like horror or romance", [], ["Horror", "Romance"]),
            ("without Jane Austen and Franz Kafka", [], ["Jane Austen", "Franz Kafka"]),
            ("neither horror nor romance", [], ["Horror", "Romance"]),
            ("neither Emma, nor Dracula", [], ["Emma", "Dracula"]),
            ("nothing like Dracula", [], ["Dracula"]),
            ("anything except Dracula", [], ["Dracula"]),
            ("I'm tired of horror", [], ["Horror"]),
            ("I hated Emma", [], ["Emma"]),
            ("less horror", [], ["Horror"]),
            ("horror with no romance", ["Horror"], ["Romance"]),
            ("no horror with romance", ["Romance"], ["Horror"]),
            ("The War of the Worlds without horror", ["The War of the Worlds"], ["Horror"]),
            ("not only horror", ["Horror"], []),
            ("not just horror but romance", ["Horror", "Romance"], []),
            ("note: horror", ["Horror"], []),
            ("I don’t like horror", [], ["Horror"]),  # with a typographer's apostrophe
            ("I didn't like Emma", [], ["Emma"]),
            ("I can't stand horror", [], ["Horror"]),
            ("anything but horror", [], ["Horror"]),
            ("something other than horror", [], ["Horror"]),
            ("romance instead of horror", ["Romance"], ["Horror"]),
            ("no books with horror", [], ["Horror"]),
            ("I don’t want anything with horror", [], ["Horror"]),
            ("everything but horror", [], ["Horror"]),
            ("apart from horror", [], ["Horror"]),
            ("no horror, with romance", ["Romance"], ["Horror"]),
            ("nothing with horror", [], ["Horror"]),
            ("no horror, romance or science fiction", [], ["Horror", "Romance", "Science fiction"]),
            ("no H. G. Wells or horror", [], ["H. G. Wells", "Horror"]),
        ],
    )
    def test_it_reaches_to_the_end_of_its_clause(
        self, reader: Reader, text: str, good: list[str], bad: list[str]
    ) -> None:
        reading = reader.read(text)
        assert (wanted(reading), unwanted(reading)) == (good, bad)

    @pytest.mark.parametrize(
        ("text", "good", "bad"),
        [
            ("不要恐怖", [], ["Horror"]),
            ("我喜欢德古拉，不要恐怖", ["Dracula"], ["Horror"]),
            ("别推荐恐怖", [], ["Horror"]),
            ("没有恐怖的书", [], ["Horror"]),
            ("推荐弗兰兹·卡夫卡的书", ["Franz Kafka"], []),
            ("推荐特别恐怖的书", ["Horror"], []),  # "especially" holds the sign for "do not"
            ("别的恐怖的书", ["Horror"], []),  # "other" holds the sign for "do not"
            ("不恐怖的书", [], ["Horror"]),
            ("除了恐怖", [], ["Horror"]),
        ],
    )
    def test_chinese_is_read_too(self, reader: Reader, text: str, good: list[str], bad: list[str]) -> None:
        reading = reader.read(text)
        assert (wanted(reading), unwanted(reading)) == (good, bad)


class TestPeriods:
    @pytest.mark.parametrize(
        ("text", "low", "high"),
        [
            ("a book from the 1920s", 1920, 1929),
            ("something from the 90s", 1990, 1999),
            ("'90s books", 1990, 1999),
            ("1890's", 1890, 1899),
            ("the nineties", 1990, 1999),
            ("books of the twenties", 1920, 1929),
            ("the 2010s", 2010, 2019),
            ("between 1810 and 1820", 1810, 1820),
            ("from 1810 to 1820", 1810, 1820),
            ("1810-1820", 1810, 1820),
            ("after 1900", 1901, math.inf),
            ("newer than 1900", 1901, math.inf),
            ("since 1900", 1900, math.inf),
            ("before 1900", -math.inf, 1899),
            ("older than 1900", -math.inf, 1899),
            ("in 1897", 1897, 1897),
            ("a book of 1897", 1897, 1897),
            ("1897 releases", 1897, 1897),
            ("the 1897 gothic books", 1897, 1897),
            ("before the 1920s", -math.inf, 1919),
            ("prior to the twenties", -math.inf, 1919),
            ("after the sixties", 1970, math.inf),
            ("during 1897", 1897, 1897),
            ("after the 1820s", 1830, math.inf),
            ("since the 1900s", 1900, math.inf),
            ("older than the 50s", -math.inf, 1949),
            ("until 1900", -math.inf, 1900),
            ("from 1900 on", 1900, math.inf),
            ("between 1900 and 1800", 1800, 1900),
        ],
    )
    def test_a_period_is_a_range_of_the_first_relation_with_numbers(
        self, reader: Reader, text: str, low: float, high: float
    ) -> None:
        assert reader.read(text).ranges == (RangeConstraint("year", low, high),)

    @pytest.mark.parametrize("text", ["not from the 1920s", "nothing from the 1920s", "no books of the twenties"])
    def test_a_period_can_be_unwanted(self, reader: Reader, text: str) -> None:
        assert reader.read(text).ranges == (RangeConstraint("year", 1920, 1929, wanted=False),)

    @pytest.mark.parametrize(
        "text", ["2001", "20 books", "in 3000", "19201930s", "90 s", "chapter 1800", "Blade Runner 2049 book"]
    )
    def test_another_number_is_no_period(self, reader: Reader, text: str) -> None:
        assert reader.read(text).ranges == ()

    def test_several_periods_come_in_the_order_of_the_text(self, reader: Reader) -> None:
        ranges = reader.read("the nineties, since 2015 or from the 1920s").ranges
        assert [(one.low, one.high) for one in ranges] == [(1990, 1999), (2015, math.inf), (1920, 1929)]

    def test_a_domain_without_numbers_has_no_periods(self, tiny: Snapshot) -> None:
        snapshot = replace(tiny)
        snapshot.__dict__["numbers"] = {}
        reading = Reader(snapshot).read("from the 1920s")
        assert (reading.ranges, reading.rest) == ((), "1920s")


class TestCounts:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("5 books", 5),
            ("Three books", 3),
            ("two good ideas", 2),
            ("give me 10 things", 10),
            ("3 horror books", 3),
            ("one book", 1),
            ("some books", None),
            ("ten", None),
            ("2001 books", None),
            ("5 authors", None),
            ("three books by Mary Shelley", 3),
            ("5 books, please, like Dracula", 5),
        ],
    )
    def test_how_many_are_asked_for(self, reader: Reader, text: str, count: int | None) -> None:
        assert reader.read(text).count == count


class TestCues:
    def test_words_of_a_relation_point_at_it(self, reader: Reader) -> None:
        assert reader.read("who wrote Dracula?").cues == ("author",)
        assert reader.read("Written by Mary Shelley or written by Franz Kafka").cues == ("author", "author")

    def test_a_part_of_a_word_does_not(self, reader: Reader) -> None:
        assert reader.read("rewritten, unwrote").cues == ()

    def test_a_cue_within_a_name_does_not(self, tiny: Snapshot) -> None:
        relations = dict(tiny.manifest.relations)
        relations["genre"] = relations["genre"].model_copy(update={"cues": ("war", "fiction")})
        told = Reader(replace(tiny, manifest=tiny.manifest.model_copy(update={"relations": relations})))
        assert told.read("The War of the Worlds").cues == ()
        assert told.read("a war book").cues == ("genre",)


class TestTheRest:
    @pytest.mark.parametrize(
        ("text", "rest"),
        [
            ("no horror but funny", "funny"),
            ("a melancholy book about letters, like Dracula", "melancholy letters"),
            ("books from the 1920s", ""),
            ("who wrote Dracula?", ""),
            ("推荐一本书", "推荐一本书"),
        ],
    )
    def test_it_is_content_words_only(self, reader: Reader, text: str, rest: str) -> None:
        assert reader.read(text).rest == rest

    @pytest.mark.parametrize(
        ("text", "unknown"),
        [
            ("I liked Ulysses by James Joyce", ("Ulysses", "James Joyce")),
            ('something like "war and peace"', ("war and peace",)),
            ("《红楼梦》那样的书", ("红楼梦",)),
            ('something like "Dracula"', ()),
            ("I want a Book", ()),
            ("Who Wrote the Book Dracula?", ()),
            ("What books I've read are by Jane Austen?", ()),
            ("Hi, I'm Bob. Who wrote Dracula?", ()),
            ("Who wrote Dracula? Thanks, Bob", ()),
            ("Who wrote Dracula with Bob Blorp?", ("Bob Blorp",)),
            ("Do you know Zorblax?", ("Zorblax",)),
            ("Ulysses", ()),  # the first word of a sentence has a capital anyway
            ('something like "The Goldfinch"', ("The Goldfinch",)),
            ("I read Dracula. Avoid that.", ()),
            ("a book without Zorblax", ("Zorblax",)),  # once, though it is both a name and a word that is unwanted
        ],
    )
    def test_names_of_nothing_are_kept(self, reader: Reader, text: str, unknown: tuple[str, ...]) -> None:
        assert reader.read(text).unknown == unknown


class TestKinds:
    @pytest.mark.parametrize(
        ("text", "is_question"),
        [
            ("Who wrote Dracula?", True),
            ("which books did Franz Kafka write", True),
            ("谁写了德古拉？", True),
            ("What should I read?", False),
            ("Is there anything like Dracula?", False),
            ("Dracula", False),
        ],
    )
    def test_a_question_asks_for_facts(self, reader: Reader, text: str, is_question: bool) -> None:
        assert reader.read(text).is_question is is_question

    @pytest.mark.parametrize("text", ["Why Dracula?", "explain Dracula", "为什么推荐审判？"])
    def test_why_is_why(self, reader: Reader, text: str) -> None:
        assert reader.read(text).is_why

    @pytest.mark.parametrize(
        ("text", "is_greeting"),
        [
            ("hello", True),
            ("Hi there!", True),
            ("Thanks", True),
            ("Hello, recommend Dracula", False),
            ("history", False),
            ("Hi, can you recommend a good book?", False),
        ],
    )
    def test_a_greeting_asks_for_nothing(self, reader: Reader, text: str, is_greeting: bool) -> None:
        assert reader.read(text).is_greeting is is_greeting

    @pytest.mark.parametrize(
        ("text", "liked"),
        [
            ("I love Dracula", True),
            ("I really liked Dracula", True),
            ("我喜欢德古拉", True),
            ("I hated Emma", False),
            ("I didn't like Emma", False),
            ("我不喜欢审判", False),
            ("I'd like Dracula", None),
            ("Dracula", None),
            ("I didn’t like Emma", False),
        ],
    )
    def test_a_judgement_is_read(self, reader: Reader, text: str, liked: bool | None) -> None:
        assert reader.read(text).liked is liked

    @pytest.mark.parametrize(
        ("text", "refines"),
        [
            ("but funnier", True),
            ("without horror", True),
            ("something older", True),
            ("darker, please", True),
            ("I like Dracula more", False),
            ("Dracula", False),
            ("a thriller from the 1920s", False),
        ],
    )
    def test_a_refinement_compares(self, reader: Reader, text: str, refines: bool) -> None:
        assert reader.read(text).refines is refines


PIECES = [
    *("Dracula", "Emma", "horror", "no", "not", "but", "with", "without", "H. G. Wells", "德古拉", "不要", "恐怖"),
    *("1920s", "the nineties", "after 1900", "in", "between 1900 and", "three", "books", "wrote", "I liked", "why"),
    *('"', "《", "》", "'", "’", ",", ".", "?", "\n", "\x00", "\u202e", "\ud800", "(", "<|im_end|>"),
]


def within(name: Name, text: str) -> bool:
    return text[name.start : name.start + len(name.text)] == name.text


@pytest.mark.slow
@settings(max_examples=200)
@given(text=st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)))
def test_any_text_is_read(reader: Reader, tiny: Snapshot, text: str) -> None:
    reading = reader.read(text)
    assert reading.text == text
    assert all(within(name, text) for name in reading.names)
    assert [name.id for name in reading.names] == [f"m{at}" for at in range(1, len(reading.names) + 1)]
    ends = [(name.start, name.start + len(name.text)) for name in reading.names]
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
    assert set(reading.cues) <= set(tiny.manifest.relations)
    assert all(word in text for word in (*reading.rest.split(), *reading.unknown))
    assert not set(reading.unknown) & {name.text for name in reading.names}
    assert reading.count is None or reading.count >= 0
    assert reader.read(text) == reading


@pytest.mark.parametrize("piece", ["no ", "1920s ", '"', "Dracula, not ", "between 1900 and ", "three ", "A ", "恐怖"])
def test_a_long_text_is_read_in_time(reader: Reader, piece: str) -> None:
    reader.read((piece * 500)[:1_000])


class TestFeedback:
    @pytest.mark.parametrize(
        ("text", "rating"),
        [
            ("I give Emma 2 out of 5", (2.0, 5.0)),
            ("I'd give Emma two out of ten", (2.0, 10.0)),
            ("I rated Emma 4.5", (4.5, None)),
            ("Emma: 3/5", (3.0, 5.0)),
            ("4 stars for Emma", (4.0, None)),
            ("books like Emma, 2 out of 5 of them short", (None, None)),
            ("give me 3 books", (None, None)),
            ("I give up on 2", (None, None)),
            ("two stars", (None, None)),
        ],
    )
    def test_ratings(self, reader: Reader, text: str, rating: tuple[float | None, float | None]) -> None:
        reading = reader.read(text)
        assert (reading.rating, reading.rating_of) == rating

    @pytest.mark.parametrize(
        ("text", "relation"),
        [
            ("not this author", "author"),
            ("no more of that author please", "author"),
            ("I don't like this genre", "genre"),
            ("never the publisher of Emma again", "publisher"),
            ("this author", None),
            ("not this book", None),
            ("who is the author of Emma?", None),
        ],
    )
    def test_the_other_end_of_a_relation(self, reader: Reader, text: str, relation: str | None) -> None:
        assert reader.read(text).unwanted == relation

    @pytest.mark.parametrize(
        "text", ["more", "another one", "show me three more", "something else", "what else?", "还有"]
    )
    def test_more_of_the_same(self, reader: Reader, text: str) -> None:
        assert reader.read(text).more

    @pytest.mark.parametrize("text", ["more horror", "more from the 1920s", "something more gloomy", "books", ""])
    def test_more_of_something_is_a_wish(self, reader: Reader, text: str) -> None:
        assert not reader.read(text).more

    @pytest.mark.parametrize(
        ("text", "is_meant"),
        [
            ("more like this", True),
            ("like that one, but newer", True),
            ("like Emma", False),
            ("like it was 1920", False),
        ],
    )
    def test_like_what_was_shown(self, reader: Reader, text: str, is_meant: bool) -> None:
        assert reader.read(text).like_this is is_meant

    @pytest.mark.parametrize(("text", "count"), [("three horror", 3), ("two gloomy horror", 2), ("two Emma", None)])
    def test_a_number_before_a_category_counts(self, reader: Reader, text: str, count: int | None) -> None:
        assert reader.read(text).count == count

    def test_a_word_under_a_negation_is_no_query(self, reader: Reader) -> None:
        reading = reader.read("books like Emma, less gloomy")
        assert (reading.rest, reading.unknown, reading.unplaced) == ("", (), ("gloomy",))

    @pytest.mark.parametrize("word", ["maybe", "perhaps", "ok", "kinda", "probably"])
    def test_words_that_say_nothing_are_no_query(self, reader: Reader, word: str) -> None:
        assert reader.read(f"{word} a book with horror").rest == ""


def test_what_is_known_to_be_a_question_is_read_as_one(tiny: Snapshot) -> None:
    """ "Find" asks for what is like something as well; a face that only answers questions knows better."""
    reader = Reader(tiny)
    text = "find books by the author of Dracula"
    assert [name.label for name in reader.read(text).names] == ["Bram Stoker"]
    asked = reader.read(text, asks=True)
    assert asked.is_question
    assert [name.label for name in asked.names] == ["Dracula"]


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("where was Jane Austen born?", ("born",)),
        ("what is the running time of Dracula?", ("running time",)),
        ("how much does Emma cost?", ("cost",)),
        ("who wrote Dracula?", ()),
        ("who wrote the sequel of Dracula?", ("sequel",)),
        ("which book is called Born Free?", ()),  # it may be a title
        ("what is the budget of Dracula?", ("budget",)),
        ("what is the budget of the book Dracula?", ("budget",)),
        ("what's Dracula's cover price?", ("price",)),
        ("tell me the main villain of Dracula", ("main villain",)),
        ("how scary is Dracula?", ("scary",)),
        ("does Dracula have an alternate ending?", ("ending",)),
        ("is Jane Austen a vegetarian?", ("vegetarian",)),
        ("what binding does Emma have?", ("binding",)),
        ("what is the phone number of Jane Austen?", ("phone",)),
        ("where was Emma printed?", ("where was",)),
        ("who is the auhtor of Dracula?", ()),  # a slip of the pen
        ("what is the number of books by Jane Austen?", ()),
        ("which villain did the author of Dracula invent?", ()),  # something else in it speaks of a relation
    ],
)
def test_a_question_may_ask_for_what_no_relation_states(tiny: Snapshot, text: str, beyond: tuple[str, ...]) -> None:
    assert Reader(tiny).read(text, asks=True).beyond == beyond


def test_a_wish_asks_for_nothing_that_is_not_stated(tiny: Snapshot) -> None:
    assert Reader(tiny).read("a book for when I was just born").beyond == ()


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("what does Rosebud mean in Dracula?", ("Rosebud",)),
        ("WHO WROTE DRACULA OR ROSEBUD", ()),  # nothing but capitals: they tell nothing
        ("who but Shelley wrote what Mary Shelley wrote?", ()),  # a part of a name that is known
    ],
)
def test_an_unknown_name_is_told_by_its_capital(tiny: Snapshot, question: str, unknown: tuple[str, ...]) -> None:
    assert Reader(tiny).read(question, asks=True).unknown == unknown


def test_who_is_an_ex_something_was_one(tiny: Snapshot) -> None:
    reading = Reader(tiny).read("who are the ex-wives of ex-Emma", asks=True)
    assert (reading.text, wanted(reading)) == ("who are the former wives of former Emma", ["Emma"])
    assert Reader(tiny).read("Emma's ex members", asks=True).text == "Emma's former members"


def test_a_hyphen_joins_a_name_with_what_is_said_of_it(tiny: Snapshot) -> None:
    assert [one.label for one in Reader(tiny).read("which Dracula-based books are there", asks=True).names] == [
        "Dracula"
    ]
    assert "co-written" in Reader(tiny).read("who has co-written Dracula", asks=True).text


PLACES = """
@prefix : <http://bands.example/> .
@prefix dbo: <http://dbpedia.org/ontology/> .
@prefix ex: <http://example.org/vocab/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:alpha a dbo:Band, ex:CatalogItem ; rdfs:label "Alpha Dogs" ; dbo:hometown :tallinn, :estonia, :riga, :beta .
:tallinn a dbo:Place ; rdfs:label "Tallinn" .
:riga a dbo:Place ; rdfs:label "Riga" .
:estonia a dbo:Country ; rdfs:label "Estonia" .
:beta a dbo:Band ; rdfs:label "Beta Cats" .
"""


@pytest.fixture(scope="module")
def reader_of_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("places")
    (folder / "domain.toml").write_text(
        'name = "bands"\ntitle = "Bands"\nexamples = ["Something like Alpha"]\n[items]\n'
        'noun = "band"\nplural = "bands"\n'
        '[graph]\nfiles = ["graph.ttl"]\n[interactions]\nhistory = ["history.tsv"]\nitems = "items.tsv"\n'
        '[relations.hometown]\niri = "http://dbpedia.org/ontology/hometown"\nnoun = "hometown"\n',
        "utf-8",
    )
    (folder / "graph.ttl").write_text(PLACES, "utf-8")
    (folder / "items.tsv").write_text("item_id\tiri\nalpha\thttp://bands.example/alpha\n", "utf-8")
    (folder / "history.tsv").write_text("user_id\titem_id\numa\talpha\n", "utf-8")
    opened = open_quietly(folder, folder / "home")
    yield Reader(opened.snapshot)
    opened.close()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("bands from Tallinn, Estonia", [("Tallinn, Estonia", "Tallinn")]),
        ("bands from Tallinn, Estonia and Riga", [("Tallinn", "Tallinn"), ("Estonia", "Estonia"), ("Riga", "Riga")]),
        ("bands from Estonia, Tallinn", [("Estonia", "Estonia"), ("Tallinn", "Tallinn")]),
        ("bands from Tallinn, Beta Cats", [("Tallinn", "Tallinn"), ("Beta Cats", "Beta Cats")]),
    ],
)
def test_a_place_behind_another_says_where_that_is(
    reader_of_places: Reader, text: str, names: list[tuple[str, str]]
) -> None:
    assert [(one.text, one.label) for one in reader_of_places.read(text, asks=True).names] == names
