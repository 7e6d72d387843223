"""The look-ups of the tool `sparql`, on the bookshop."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from kg.snapshot import Snapshot
from kg.types import Iri, Step, Triple
from tools.errors import ToolError, UnknownNameError
from tools.result import MAX_TEXT
from tools.sparql import SparqlTool

BOOK, PERSON, GENRE, VOCAB = (f"http://shop.example/{kind}/" for kind in ("book", "person", "genre", "vocab"))
SHELLEY = Iri(PERSON + "shelley")
BACK, TO_AUTHOR = Step("author", "inverse"), Step("author")


@pytest.fixture
def tool(tiny: Snapshot) -> Iterator[SparqlTool]:
    with SparqlTool(tiny) as opened:
        yield opened


def ends(tool: SparqlTool, start: str, *path: Step) -> list[str]:
    return [answer.iri_or_literal for answer in tool.walk(Iri(start), path).answers]


def test_facts_are_told_by_relation_with_labels(tool: SparqlTool) -> None:
    found = tool.facts(Iri(BOOK + "frankenstein"))
    assert (
        found.text == "Frankenstein: author: Mary Shelley; genre: Horror, Science fiction; publisher: Emma; year: 1818"
    )
    assert found.size == 5
    assert not found.truncated


def test_facts_name_the_other_end_of_an_inverse_relation(tool: SparqlTool) -> None:
    assert (
        tool.facts(SHELLEY).text
        == "Mary Shelley: author of: Frankenstein, The Last Man; influence of: Bram Stoker, H. G. Wells"
    )


def test_facts_beyond_the_limit_are_counted(tool: SparqlTool) -> None:
    found = tool.facts(Iri(BOOK + "frankenstein"), limit=2)
    assert (found.size, found.found, found.truncated) == (2, 5, True)


def test_facts_rest_on_triples_of_the_graph(tool: SparqlTool, tiny: Snapshot) -> None:
    assert all(triple in tiny.store for triple in tool.facts(SHELLEY).triples)


@pytest.mark.parametrize("iri", [BOOK + "ulysses", "Frankenstein", "", "<x> <y> <z> . INSERT", "\x00"])
def test_an_unknown_entity_is_no_empty_answer(tool: SparqlTool, iri: str) -> None:
    for call in (tool.facts, tool.items_with, lambda entity: tool.walk(entity, [BACK])):
        with pytest.raises(UnknownNameError, match="holds no entity"):
            call(Iri(iri))


def test_one_hop_inverse(tool: SparqlTool) -> None:
    assert ends(tool, SHELLEY, BACK) == [BOOK + "frankenstein", BOOK + "last_man"]


def test_a_symmetric_relation_is_walked_both_ways(tiny: Snapshot) -> None:
    """Whoever states it, and by the triple that is stated."""
    relations = tiny.manifest.relations
    both = relations | {"influence": relations["influence"].model_copy(update={"symmetric": True})}
    manifest = tiny.manifest.model_copy(update={"relations": both})
    one_way, step = SparqlTool(tiny), Step("influence")
    with one_way, SparqlTool(replace(tiny, manifest=manifest)) as either_way:
        stated = {(one.subject, one.object) for one in tiny.store.triples(predicate=relations["influence"].iri)}
        assert stated
        for subject, obj in stated:
            assert subject not in ends(one_way, obj, step) or (obj, subject) in stated
            for way in (step, Step("influence", "inverse")):
                found = {one.iri_or_literal: one.witness for one in either_way.walk(Iri(obj), [way]).answers}
                assert {(found[subject][0].subject, found[subject][0].object)} <= stated


def test_the_topic_is_left_out_from_the_second_hop_on(tool: SparqlTool) -> None:
    assert ends(tool, BOOK + "frankenstein", TO_AUTHOR, BACK) == [BOOK + "last_man"]


def test_a_walk_does_not_pass_through_the_topic(tool: SparqlTool) -> None:
    # From Frankenstein's genres to books and on to authors: Mary Shelley only through The Last Man.
    found = tool.walk(Iri(BOOK + "frankenstein"), [Step("genre"), Step("genre", "inverse"), TO_AUTHOR])
    assert [answer.label for answer in found.answers] == ["Mary Shelley", "Bram Stoker", "H. G. Wells"]
    assert all(BOOK + "frankenstein" not in (triple.subject, triple.object) for triple in found.answers[0].witness[1:])


def test_a_walk_ends_in_values_sorted_by_size(tool: SparqlTool) -> None:
    found = tool.walk(Iri(GENRE + "scifi"), [Step("genre", "inverse"), Step("year")])
    assert [(answer.label, answer.is_literal) for answer in found.answers] == [
        ("1818", True),
        ("1826", True),
        ("1898", True),
    ]


def test_a_value_can_be_one_hop_away(tool: SparqlTool) -> None:
    assert tool.walk(Iri(BOOK + "emma"), [Step("year")]).answers[0].witness == (
        Triple(Iri(BOOK + "emma"), Iri(VOCAB + "year"), "1815", True),
    )


def test_a_witness_is_a_chain_of_triples_from_the_start(tool: SparqlTool, tiny: Snapshot) -> None:
    start = Iri(PERSON + "wells")
    found = tool.walk(start, [Step("influence"), BACK, Step("genre"), Step("genre", "inverse")])
    assert found.size == 4
    for answer in found.answers:
        assert len(answer.witness) == 4
        assert all(triple in tiny.store for triple in answer.witness)
        assert start in (answer.witness[0].subject, answer.witness[0].object)
        for one, other in pairwise(answer.witness):
            assert {one.subject, one.object} & {other.subject, other.object}


def test_a_walk_beyond_the_limit_is_marked_and_counted(tool: SparqlTool) -> None:
    found = tool.walk(Iri(GENRE + "scifi"), [Step("genre", "inverse")], limit=2)
    assert (found.size, found.found, found.truncated) == (2, 3, True)
    assert found.text == "3 found: Frankenstein, The Last Man"


def test_a_walk_without_end_says_so(tool: SparqlTool) -> None:
    found = tool.walk(Iri(BOOK + "dracula"), [Step("publisher")])
    assert (found.size, found.text) == (0, "nothing is found along publisher")


def test_an_unknown_relation_lists_the_valid_ones(tool: SparqlTool) -> None:
    with pytest.raises(UnknownNameError, match="Valid: author, genre, publisher, influence, year"):
        tool.walk(SHELLEY, [Step("illustrator")])


@pytest.mark.parametrize(
    "path", [[], [BACK] * 6, [Step("year"), BACK], [Step("year", "inverse")], [BACK, Step("year", "inverse")]]
)
def test_a_path_that_cannot_be_walked_is_refused(tool: SparqlTool, path: list[Step]) -> None:
    with pytest.raises(ToolError):
        tool.walk(SHELLEY, path)


def test_items_of_an_entity_come_with_the_triples_that_link_them(tool: SparqlTool) -> None:
    found = tool.items_with(Iri(GENRE + "horror"))
    assert found.text == "2 linked to Horror: Dracula, Frankenstein"
    assert found.items[0].triples == (Triple(Iri(BOOK + "dracula"), Iri(VOCAB + "genre"), GENRE + "horror"),)


def test_an_entity_without_items_says_so(tool: SparqlTool) -> None:
    assert tool.items_with(Iri(BOOK + "emma")).text == "nothing is linked to Emma"


@pytest.mark.slow
def test_texts_stay_within_what_a_small_model_reads(tool: SparqlTool) -> None:
    assert len(tool.query("SELECT * { ?s ?p ?o }").text) <= MAX_TEXT


def test_look_ups_start_no_process(tool: SparqlTool) -> None:
    before = threading.active_count()
    tool.facts(SHELLEY)
    assert tool.worker_pid is None
    assert threading.active_count() == before


def test_every_question_of_the_dev_set_is_answered_as_recorded(ml100k: Snapshot, shared_data: Path) -> None:
    names = {relation.iri: name for name, relation in ml100k.manifest.relations.items()}
    questions = [json.loads(line) for line in (shared_data / "questions" / "dev.jsonl").open(encoding="utf-8")]
    tool = SparqlTool(ml100k)
    for question in questions:
        path = [Step(names[step["predicate"]], step["direction"]) for step in question["relation_path"]]
        found = ends(tool, question["topic_entity_iri"], *path)
        assert set(found) == {answer.get("iri") or str(answer["literal"]) for answer in question["answers"]}
    assert len(questions) == 900


def test_three_hops_from_the_largest_hub_reach_every_film(ml100k: Snapshot) -> None:
    path = [Step("genre", "inverse"), Step("starring"), Step("starring", "inverse")]
    found = SparqlTool(ml100k).walk(Iri("http://example.org/genre/Drama"), path)
    assert (found.found, len(found.answers)) == (927, 200)
