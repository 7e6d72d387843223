"""Wishes by relation and by comparison: "by the author of A", "like B but newer", and what the graph cannot compare."""

import math
from pathlib import Path

import pytest

from agent.answer import Answer
from agent.comparing import Comparatives, Comparison, compared
from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.proof import check_proof, make_proof
from agent.reading import Reader, Reading
from agent.recommender import Recommender
from agent.toolbox import Toolbox
from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from tests.agent.conftest import Make
from tests.agent.fakes import ScriptedGate, first, unreachable
from tests.agent.test_recommender import finished
from tests.conftest import write_bookshop
from tools.constraints import ConstraintMasks, EntityConstraint, RangeConstraint

SHOP = "http://shop.example/"
EMMA, DRACULA, TRIAL, CASTLE = (SHOP + f"book/{name}" for name in ("emma", "dracula", "trial", "castle"))


@pytest.fixture(scope="module")
def reader(tiny: Snapshot) -> Reader:
    return Reader(tiny)


def said(reading: Reading) -> list[tuple[str, str]]:
    return [(name.id, name.label) for name in reading.names]


class TestComparatives:
    @pytest.mark.parametrize(
        ("text", "word", "more", "iri"),
        [
            ("something like Dracula but newer", "newer", True, DRACULA),
            ("something like Dracula, only much older", "older", False, DRACULA),
            ("a newer book like Emma", "newer", True, EMMA),
            ("recommend me something older than The Trial", "older", False, TRIAL),
            ("like Emma and Dracula but more recent", "more recent", True, DRACULA),
            ("like Emma but older than The Trial", "older", False, TRIAL),
            ("newer ones", "newer", True, None),
        ],
    )
    def test_they_compare_with_an_item(self, reader: Reader, text: str, word: str, more: bool, iri: str | None) -> None:
        reading = reader.read(text)
        ((one, than),) = reading.compared
        assert (one.word, one.more, one.relation, than) == (word, more, "year", iri)
        assert word not in reading.rest

    def test_what_stands_after_than_is_no_example(self, reader: Reader) -> None:
        assert said(reader.read("I want something older than The Trial")) == []
        assert said(reader.read("like Emma but older than The Trial")) == [("m1", "Emma")]

    def test_years_and_questions_are_read_as_before(self, reader: Reader) -> None:
        dated = reader.read("something older than 1900")
        assert dated.compared == ()
        assert dated.ranges == (RangeConstraint("year", -math.inf, 1899.0),)
        assert reader.read("is Emma older than Dracula?").compared == ()
        assert said(reader.read("which is older, Emma or Dracula?")) == [("m1", "Emma"), ("m2", "Dracula")]

    def test_a_word_without_a_relation_is_known_as_such(self, reader: Reader) -> None:
        shorter, cheaper = (reader.read(f"like Emma but {word}").compared[0][0] for word in ("shorter", "cheaper"))
        assert (shorter.relation, shorter.noun, shorter.more) == (None, "length", False)
        assert (cheaper.relation, cheaper.noun) == (None, "price")

    def test_the_words_of_the_domain_go_first(self, tmp_path: Path) -> None:
        folder = write_bookshop(tmp_path / "bookshop")
        toml = folder / "domain.toml"
        toml.write_text(toml.read_text("utf-8") + '\n[relations.year.asked]\nmore = ["fresher", "longer"]\n', "utf-8")
        shop = open_snapshot(Domain(folder, load_manifest(folder)), tmp_path / "fitted")
        found = [(one.word, one.relation, one.more) for one in Comparatives(shop).read("fresher, longer and shorter")]
        assert found == [("fresher", "year", True), ("longer", "year", True), ("shorter", None, False)]


def comparison(word: str, relation: str | None, *, more: bool) -> Comparison:
    return Comparison(word, "year" if relation else "length", relation, more, 0, 5)


class TestRanges:
    @pytest.mark.parametrize(
        ("more", "examples", "low", "high"),
        [
            (True, [DRACULA], 1898.0, math.inf),
            (False, [DRACULA], -math.inf, 1896.0),
            (True, [EMMA, DRACULA], 1898.0, math.inf),
            (False, [EMMA, DRACULA], -math.inf, 1814.0),
        ],
    )
    def test_each_example_is_surpassed(
        self, tiny: Snapshot, more: bool, examples: list[str], low: float, high: float
    ) -> None:
        assert compared(tiny, comparison("newer", "year", more=more), examples) == (
            RangeConstraint("year", low, high),
            None,
        )

    def test_what_cannot_be_compared_is_told(self, tiny: Snapshot) -> None:
        assert compared(tiny, comparison("shorter", None, more=False), [EMMA]) == (
            None,
            "The graph holds no length of books, so I leave “shorter” out.",
        )
        assert compared(tiny, comparison("newer", "year", more=True), []) == (
            None,
            "I do not know what is to be compared, so I leave “newer” out.",
        )

    def test_an_item_without_the_number_is_told(self, tmp_path: Path) -> None:
        folder = write_bookshop(tmp_path / "bookshop")
        graph = folder / "graph.ttl"
        graph.write_text(graph.read_text("utf-8").replace(" ; v:year 1897", ""), "utf-8")
        shop = open_snapshot(Domain(folder, load_manifest(folder)), tmp_path / "fitted")
        bound, note = compared(shop, comparison("newer", "year", more=True), [DRACULA])
        assert (bound, note) == (None, "The graph states no year for “Dracula”, so I leave “newer” out.")
        bound, _ = compared(shop, comparison("newer", "year", more=True), [DRACULA, TRIAL])
        assert bound == RangeConstraint("year", 1926.0, math.inf)


class TestDerivedNames:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("something by the author of Dracula", [("m1", "Bram Stoker")]),
            ("recommend me books by the author of The Trial", [("m1", "Franz Kafka")]),
            ("something by Emma's author", [("m1", "Jane Austen")]),
            ("books from the publisher of Persuasion", [("m1", "John Murray")]),
            ("something with the same author as Dracula", [("m1", "Bram Stoker")]),
            ("like Dracula, by the same author", [("m1", "Dracula"), ("m2", "Bram Stoker")]),
            (
                "like Emma but by the author of Dracula and not horror",
                [("m1", "Emma"), ("m2", "Bram Stoker"), ("m3", "Horror")],
            ),
            ("something like Dracula", [("m1", "Dracula")]),
            ("something by Franz Kafka", [("m1", "Franz Kafka")]),
        ],
    )
    def test_a_relation_names_an_entity(self, reader: Reader, text: str, names: list[tuple[str, str]]) -> None:
        reading = reader.read(text)
        assert said(reading) == names
        assert all(name.text in text for name in reading.names)

    def test_what_it_is_named_by_is_no_answer_unless_it_is_an_example(self, reader: Reader) -> None:
        assert reader.read("something by the author of Dracula").besides == (DRACULA,)
        assert reader.read("like Dracula, by the same author").besides == ()

    def test_several_will_do(self, reader: Reader) -> None:
        (name,) = reader.read("something with the genre of Frankenstein").names
        assert (name.label, [label for _, label in name.others]) == ("Horror", ["Science fiction"])

    def test_what_the_graph_does_not_state_is_told(self, reader: Reader) -> None:
        reading = reader.read("something from the publisher of Dracula")
        assert (reading.names, reading.unstated) == ((), (("publisher", "Dracula"),))

    def test_questions_and_refusals_are_read_as_before(self, reader: Reader) -> None:
        assert said(reader.read("Who is the author of Dracula?")) == [("m1", "Dracula")]
        refused = reader.read("not by the author of Dracula")
        assert (said(refused), refused.unwanted) == ([("m1", "Dracula")], "author")


def test_any_of_several_entities_meets_a_wish(tiny: Snapshot) -> None:
    horror, romance = (SHOP + f"genre/{name}" for name in ("horror", "romance"))
    mask = ConstraintMasks(tiny).mask(EntityConstraint(horror, "Horror or Romance", others=(romance,)))  # type: ignore[arg-type]
    met = {tiny.label(iri) for iri, one in zip(tiny.items, mask, strict=True) if one}
    assert met == {"Emma", "Persuasion", "Dracula", "Frankenstein"}


@pytest.fixture(params=["model", "rules"])
def shop(request: pytest.FixtureRequest, bookshop: Make) -> Recommender:
    return bookshop(ScriptedGate(first) if request.param == "model" else unreachable)


def items(answer: Answer) -> set[str]:
    return {item.label for item in answer.items}


class TestFromRequestToList:
    def test_like_one_but_newer(self, shop: Recommender) -> None:
        answer = shop.recommend(query="something like Dracula but newer", k=8)
        assert items(answer) == {"The Trial", "The Castle", "The War of the Worlds"}
        assert "year from 1898" in answer.text

    def test_like_one_but_shorter(self, shop: Recommender) -> None:
        answer = shop.recommend(query="something like Dracula but shorter", k=3)
        assert len(answer.items) == 3
        assert "The graph holds no length of books, so I leave “shorter” out." in answer.text

    def test_by_the_author_of_one(self, shop: Recommender) -> None:
        answer = shop.recommend(query="something by the author of The Trial", k=8)
        assert items(answer) == {"The Castle"}
        assert "Franz Kafka" in answer.text

    def test_from_what_the_graph_does_not_state(self, shop: Recommender) -> None:
        answer = shop.recommend(query="books from the publisher of Dracula", k=3)
        assert "The graph states no publisher of “Dracula”." in answer.text

    async def test_a_list_is_refined_by_what_it_was_like(self, bookshop: Make) -> None:
        shop = bookshop(unreachable)
        await finished(shop.stream("something like Dracula", k=3, thread="t"))
        answer = await finished(shop.stream("newer", k=8, thread="t"))
        assert (answer.intent, items(answer)) == ("refine", {"The Trial", "The Castle", "The War of the Worlds"})
        again = await finished(shop.stream("but shorter", k=8, thread="t"))
        assert items(again) == items(answer), "what was asked for before still counts"
        assert "The graph holds no length of books" in again.text

    @pytest.mark.parametrize(
        "query",
        [
            "something like Emma but newer, by the author of Frankenstein",
            "something by the author of The Trial",
            "something with the genre of Frankenstein",
            "like Dracula, with the same genre",
        ],
    )
    def test_the_proof_of_such_a_wish_holds(self, bookshop: Make, query: str, toolbox: Toolbox, tmp_path: Path) -> None:
        answer = bookshop(unreachable).recommend(query=query, k=3)
        assert answer.items
        proof = make_proof(answer, toolbox.snapshot)
        report = check_proof(proof, toolbox.snapshot, Feedback(toolbox.snapshot, Ledger(tmp_path / FILE)))
        assert report.holds, report.failed
