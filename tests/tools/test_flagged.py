"""Flagged facts in the tools: look-ups tell them with a mark, paths, numbers, wishes, answers and scores do without."""

from dataclasses import replace

import numpy as np
import pytest

from kg.snapshot import Snapshot
from kg.types import Iri, Step, Triple
from tools.constraints import ConstraintMasks, EntityConstraint, RangeConstraint
from tools.paths import PathReasoner
from tools.plans import CHECK, COUNT, LEAST, LIST, Leg, Plan, PlanResult, PlanRunner
from tools.ranking.attributes import item_attributes
from tools.sparql import SparqlTool

SHOP = "http://shop.example/"
DRACULA, FRANKENSTEIN, HORROR = (Iri(SHOP + one) for one in ("book/dracula", "book/frankenstein", "genre/horror"))
GENRE = Triple(DRACULA, Iri(SHOP + "vocab/genre"), HORROR)
EMMA_YEAR = Triple(Iri(SHOP + "book/emma"), Iri(SHOP + "vocab/year"), "1815", literal=True)
GENRES, YEAR = (Step("genre", "inverse"),), (Step("year", "forward"),)


@pytest.fixture(scope="module")
def doubted(tiny: Snapshot) -> Snapshot:
    return replace(tiny, flagged=frozenset({GENRE, EMMA_YEAR}))


def run(snapshot: Snapshot, *legs: Leg, things: tuple[Iri, ...] = (), do: str = LIST, by: str = "") -> PlanResult:
    return PlanRunner(snapshot).run(Plan(legs, things, do, by))


def ends(result: PlanResult) -> list[str]:
    return [one.label for one in result.answers]


def test_nothing_changes_where_nothing_is_flagged(tiny: Snapshot, doubted: Snapshot) -> None:
    assert tiny.sound is tiny.adjacency
    assert tiny.doubts == ""
    assert doubted.doubts not in ("", replace(tiny, flagged=frozenset({GENRE})).doubts)


def test_the_sound_edges_are_all_but_the_flagged_ones_seen_from_both_ends(tiny: Snapshot, doubted: Snapshot) -> None:
    assert (doubted.sound.entities, doubted.sound.relations) == (tiny.adjacency.entities, tiny.adjacency.relations)
    edges = [
        {tuple(row) for row in adjacency.graph.triples().tolist()} for adjacency in (tiny.adjacency, doubted.sound)
    ]
    rows = tiny.adjacency.rows
    assert edges[0] - edges[1] == {(rows[DRACULA], rows[HORROR], tiny.adjacency.relations.index("genre"))}
    assert edges[1] <= edges[0]
    assert rows[DRACULA] not in doubted.sound.edges(rows[HORROR])[0]


def test_no_path_leads_over_a_flagged_fact(tiny: Snapshot, doubted: Snapshot) -> None:
    assert any(GENRE in path.triples for path in PathReasoner(tiny).between(DRACULA, FRANKENSTEIN).paths)
    found = PathReasoner(doubted).between(DRACULA, FRANKENSTEIN)
    assert found.paths
    assert not any(GENRE in path.triples for path in found.paths)


def test_a_flagged_fact_is_no_attribute_that_a_score_rests_on(tiny: Snapshot, doubted: Snapshot) -> None:
    place = tiny.items.index(DRACULA), tiny.adjacency.rows[HORROR]
    assert item_attributes(tiny)[place] > 0
    assert item_attributes(doubted)[place] == 0


def test_a_flagged_number_is_none(tiny: Snapshot, doubted: Snapshot) -> None:
    emma = tiny.items.index(EMMA_YEAR.subject)
    assert (tiny.numbers["year"][emma], np.isnan(doubted.numbers["year"][emma])) == (1815, True)
    masks = ConstraintMasks(doubted)
    assert not masks.mask(RangeConstraint("year", 1800, 1816)).any()
    horror = Leg(HORROR, GENRES)
    assert ends(run(tiny, horror, do=LEAST, by="year")) == ["Frankenstein"]


def test_a_flagged_fact_fulfils_no_wish_but_breaks_one(doubted: Snapshot) -> None:
    masks, dracula = ConstraintMasks(doubted), doubted.items.index(DRACULA)
    assert not masks.mask(EntityConstraint(HORROR, "Horror"))[dracula]
    assert not masks.mask(EntityConstraint(HORROR, "Horror", wanted=False))[dracula]


def test_facts_and_linked_items_are_told_with_a_mark(doubted: Snapshot) -> None:
    with SparqlTool(doubted) as tool:
        facts = tool.facts(DRACULA)
        assert facts.flagged == (GENRE,)
        assert "genre: Horror (flagged)" in facts.text
        assert "Bram Stoker (flagged)" not in facts.text
        items = tool.items_with(HORROR)
        assert {item.label: item.flagged for item in items.items} == {"Dracula": True, "Frankenstein": False}
        assert "Dracula (flagged)" in items.text


def test_a_walk_tells_what_only_a_flagged_fact_leads_to_last_and_with_a_mark(doubted: Snapshot) -> None:
    with SparqlTool(doubted) as tool:
        found = tool.walk(HORROR, GENRES)
        assert [(one.label, one.flagged) for one in found.answers] == [("Frankenstein", False), ("Dracula", True)]
        assert found.text == "2 found: Frankenstein, Dracula (flagged)"
        assert [one.label for one in tool.walk(HORROR, GENRES, 1).answers] == ["Frankenstein"]
        assert tool.walk(EMMA_YEAR.subject, YEAR).text == "1 found: 1815 (flagged)"


def test_what_can_be_reached_soundly_is_not_marked(tiny: Snapshot) -> None:
    one_way = Triple(Iri(SHOP + "book/last_man"), Iri(SHOP + "vocab/genre"), SHOP + "genre/scifi")
    with SparqlTool(replace(tiny, flagged=frozenset({one_way}))) as tool:
        found = tool.walk(Iri(SHOP + "person/shelley"), (Step("author", "inverse"), Step("genre", "forward")))
        assert {one.label: one.flagged for one in found.answers} == {"Horror": False, "Science fiction": False}


@pytest.mark.slow
def test_a_free_query_says_how_many_of_its_facts_are_flagged(doubted: Snapshot) -> None:
    with SparqlTool(doubted) as tool:
        found = tool.query(f"SELECT ?book WHERE {{ ?book <{SHOP}vocab/genre> <{HORROR}> }}")
    assert found.flagged == (GENRE,)
    assert found.text.startswith("2 rows (1 of their facts are flagged): book")


def test_an_answer_rests_on_sound_facts_and_names_what_is_in_doubt(doubted: Snapshot) -> None:
    horror = Leg(HORROR, GENRES)
    listed = run(doubted, horror)
    assert (ends(listed), [one.label for one in listed.doubtful]) == (["Frankenstein"], ["Dracula"])
    assert listed.text == "1 found: Frankenstein; in doubt: Dracula (flagged)"
    assert GENRE not in listed.triples
    assert ends(run(doubted, horror, do=COUNT)) == ["Frankenstein"]
    checked = run(doubted, horror, things=(DRACULA,), do=CHECK)
    assert (checked.verdict, [one.label for one in checked.doubtful]) == (False, ["Dracula"])


def test_what_two_walks_lead_to_is_in_doubt_if_one_of_them_is(doubted: Snapshot) -> None:
    both = run(doubted, Leg(HORROR, GENRES), Leg(Iri(SHOP + "person/stoker"), (Step("author", "inverse"),)))
    assert (ends(both), [one.label for one in both.doubtful]) == ([], ["Dracula"])
