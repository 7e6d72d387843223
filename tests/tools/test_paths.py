"""Paths between entities: exactly the simple ones that networkx finds, scored and ordered as documented."""

import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.adjacency import Adjacency, build_adjacency
from kg.paths import Budget
from kg.snapshot import Snapshot
from kg.store import GraphStore
from kg.types import Iri, Path
from kg.users import user_iri, with_users
from tools.errors import ToolError, UnknownNameError
from tools.paths import PathReasoner

BOOK, PERSON, GENRE = (f"http://shop.example/{kind}/" for kind in ("book", "person", "genre"))
NAMES = ("author", "genre", "publisher", "influence")
Edge = tuple[int, int, int]
Walk = tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]]


@pytest.fixture(scope="module")
def paths(tiny: Snapshot) -> PathReasoner:
    return PathReasoner(tiny)


def book(name: str) -> Iri:
    return Iri(BOOK + name)


def entity(number: int) -> Iri:
    return Iri(f"http://a.example/e{number}")


def over(snapshot: Snapshot, edges: Iterable[Edge]) -> PathReasoner:
    """Return a reasoner over numbered entities 0 to 6 with the relations, and so the weights, of the bookshop."""
    relations = {name: snapshot.manifest.relations[name].iri for name in NAMES}
    lines = "".join(f"<{entity(s)}> <{relations[NAMES[r]]}> <{entity(o)}> .\n" for s, r, o in edges)
    store = GraphStore()
    store.engine.update(f"INSERT DATA {{ {lines} }}")
    adjacency = build_adjacency(store, relations, [entity(number) for number in range(7)])
    return PathReasoner(replace(snapshot, store=store, adjacency=adjacency))


def network(adjacency: Adjacency) -> "nx.MultiGraph":
    """Return the triples as a multigraph without directions; the key of an edge is its triple."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(adjacency.entities)
    for row in range(len(adjacency.entities)):
        for neighbour, label in zip(*adjacency.edges(row), strict=True):
            triple = adjacency.triple(row, int(label), int(neighbour))
            graph.add_edge(triple.subject, triple.object, key=triple.row)
    return graph


def walks(graph: "nx.MultiGraph", source: str, target: str, max_hops: int) -> list[Walk]:
    if source == target:
        return []
    found = nx.all_simple_edge_paths(graph, source, target, cutoff=max_hops)
    return sorted(((source, *(edge[1] for edge in path)), tuple(edge[2] for edge in path)) for path in found)


def walked(paths: Iterable[Path]) -> list[Walk]:
    return [(path.entities, tuple(triple.row for triple in path.triples)) for path in paths]


def documented_score(snapshot: Snapshot, adjacency: Adjacency, path: Path) -> float:
    weights = [max(snapshot.manifest.relations[hop.relation].weight, 1e-3) for hop in path.hops]
    hubs = [1 / math.log2(2 + adjacency.degrees[adjacency.rows[one]]) for one in path.entities[1:-1]]
    return math.prod(weights) ** (1 / len(weights)) * math.prod(hubs) * 0.5 ** (len(path.hops) - 1)


def assert_in_order(paths: Iterable[Path]) -> None:
    keys = [(-round(path.score, 12), path.entities) for path in paths]
    assert keys == sorted(keys)


def assert_sound(snapshot: Snapshot, path: Path) -> None:
    """Check that a path is simple, and that each hop's triple is in the graph and joins its two ends."""
    assert len(set(path.entities)) == len(path.entities) == len(path.hops) + 1
    for (one, other), hop in zip(pairwise(path.entities), path.hops, strict=True):
        assert hop.triple in snapshot.store
        assert hop.triple.predicate == snapshot.manifest.relations[hop.relation].iri
        ends = (one, other) if hop.direction == "forward" else (other, one)
        assert (hop.triple.subject, hop.triple.object) == ends


class TestOnTheBookshop:
    def test_one_hop(self, paths: PathReasoner) -> None:
        result = paths.between(book("dracula"), Iri(PERSON + "stoker"))
        # The author's weight is 1, and nothing stands between.
        assert [(path.score, path.entities) for path in result.paths] == [
            (1.0, (BOOK + "dracula", PERSON + "stoker")),
        ]
        assert result.text == "Dracula -author-> Bram Stoker"

    def test_two_hops_by_each_entity_in_common(self, paths: PathReasoner) -> None:
        result = paths.between(book("frankenstein"), book("last_man"))
        # Mary Shelley has 4 edges, science fiction 3: 1 / log2(6) / 2 and 0.4 / log2(5) / 2.
        assert result.texts == (
            "Frankenstein -author-> Mary Shelley <-author- The Last Man",
            "Frankenstein -genre-> Science fiction <-genre- The Last Man",
        )
        assert [path.score for path in result.paths] == pytest.approx([0.193426, 0.086135], abs=1e-6)
        assert (result.found, result.size) == (2, 2)

    def test_three_hops_to_an_influence(self, paths: PathReasoner) -> None:
        result = paths.between(book("dracula"), Iri(PERSON + "shelley"))
        # Two hops: (1 * 0.6) ** (1/2) / log2(4) / 2. Three: (0.4 * 0.4 * 1) ** (1/3) / log2(4) / log2(6) / 4.
        assert result.texts == (
            "Dracula -author-> Bram Stoker -influence-> Mary Shelley",
            "Dracula -genre-> Horror <-genre- Frankenstein -author-> Mary Shelley",
        )
        assert [path.score for path in result.paths] == pytest.approx([0.193649, 0.026252], abs=1e-6)

    def test_the_way_back_is_the_same_way_turned(self, paths: PathReasoner) -> None:
        there = paths.between(book("dracula"), Iri(PERSON + "shelley"))
        back = paths.between(Iri(PERSON + "shelley"), book("dracula"))
        assert back.texts[0] == "Mary Shelley <-influence- Bram Stoker <-author- Dracula"
        assert [path.entities[::-1] for path in back.paths] == [path.entities for path in there.paths]
        assert [path.score for path in back.paths] == pytest.approx([path.score for path in there.paths])

    def test_a_hop_carries_its_triple(self, paths: PathReasoner) -> None:
        path = paths.between(Iri(GENRE + "romance"), Iri(PERSON + "austen")).paths[0]
        assert [(hop.relation, hop.direction) for hop in path.hops] == [("genre", "inverse"), ("author", "forward")]
        assert path.triples[0].row == (BOOK + "emma", "http://shop.example/vocab/genre", GENRE + "romance")

    def test_ties_are_in_the_order_of_their_entities(self, paths: PathReasoner) -> None:
        result = paths.between(Iri(GENRE + "romance"), Iri(PERSON + "austen"))
        assert [path.entities[1] for path in result.paths] == [BOOK + "emma", BOOK + "persuasion"]
        assert result.paths[0].score == result.paths[1].score

    def test_a_tie_at_the_cut_keeps_the_first(self, paths: PathReasoner) -> None:
        result = paths.between(Iri(GENRE + "romance"), Iri(PERSON + "austen"), limit=1)
        assert [path.entities[1] for path in result.paths] == [BOOK + "emma"]
        assert (result.found, result.size) == (2, 1)

    def test_many_ties_are_cut_in_one_order(self, tiny: Snapshot) -> None:
        # By each of 40 a lone way, by each of 40 others two, which are hubs; the walk begins at the busier target.
        middle, outer = range(10, 50), range(50, 90)
        edges = [*((0, 0, one) for one in middle), *((0, 0, one) for one in outer), *((1, 0, one) for one in middle)]
        edges += [*((one, 0, 1) for one in outer), *((one, 1, 1) for one in middle)]
        result = over(tiny, edges).between(entity(0), entity(1), max_hops=2, limit=25)
        assert [path.entities[1] for path in result.paths] == [entity(one) for one in outer[:25]]
        assert result.found == 120

    @pytest.mark.parametrize(("max_hops", "found"), [(1, 0), (2, 1), (3, 2)])
    def test_no_path_is_longer_than_asked(self, paths: PathReasoner, max_hops: int, found: int) -> None:
        assert paths.between(book("dracula"), Iri(PERSON + "shelley"), max_hops=max_hops).found == found

    def test_unrelated_books_have_no_path(self, paths: PathReasoner) -> None:
        result = paths.between(book("emma"), book("trial"))
        assert (result.paths, result.found, result.triples) == ((), 0, ())
        assert result.text == "no path of up to 3 hops"

    def test_an_entity_has_no_path_to_itself(self, paths: PathReasoner) -> None:
        assert paths.between(book("emma"), book("emma")).found == 0

    def test_a_triple_of_two_paths_is_told_once(self, tiny: Snapshot) -> None:
        # The second hop of two parallel first ones.
        result = over(tiny, [(0, 0, 1), (0, 1, 1), (1, 0, 2)]).between(entity(0), entity(2))
        assert result.size == 2
        assert [triple.object for triple in result.triples] == [entity(1), entity(2), entity(1)]

    @pytest.mark.parametrize("max_hops", [0, 5])
    def test_other_lengths_are_refused(self, paths: PathReasoner, max_hops: int) -> None:
        with pytest.raises(ToolError, match=rf"max_hops must be in 1\.\.4, got {max_hops}"):
            paths.between(book("emma"), book("trial"), max_hops=max_hops)

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_below_one_is_refused(self, paths: PathReasoner, limit: int) -> None:
        with pytest.raises(ToolError, match=f"limit must be at least 1, got {limit}"):
            paths.between(book("frankenstein"), book("last_man"), limit=limit)

    @pytest.mark.parametrize("iri", [BOOK + "ulysses", "http://shop.example/vocab/Book", "1897", ""])
    def test_what_is_no_entity_is_told(self, paths: PathReasoner, iri: str) -> None:
        with pytest.raises(UnknownNameError, match="has no relations"):
            paths.between(book("emma"), Iri(iri))
        with pytest.raises(UnknownNameError, match="has no relations"):
            paths.between(Iri(iri), book("emma"))

    def test_an_item_without_relations_has_no_path(self, tiny: Snapshot) -> None:
        reasoner = over(tiny, [(0, 0, 1)])
        assert reasoner.between(entity(0), entity(6)).found == 0
        assert reasoner.between(entity(6), entity(0)).found == 0

    def test_a_long_result_is_clipped(self, tiny: Snapshot) -> None:
        reasoner = over(tiny, [(0, r, o) for r in range(3) for o in range(1, 6)] + [(6, 0, o) for o in range(1, 6)])
        assert len(reasoner.between(entity(0), entity(6)).text) <= 600


class TestScores:
    def test_a_hub_between_lowers_the_score(self, tiny: Snapshot) -> None:
        plain = [(0, 0, 1), (2, 0, 1)]
        scores = [
            over(tiny, [*plain, *((number, 0, 1) for number in range(3, busy))]).between(entity(0), entity(2))
            for busy in range(3, 8)
        ]
        assert [result.found for result in scores] == [1] * 5
        values = [result.paths[0].score for result in scores]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == 5

    def test_a_hub_at_an_end_does_not(self, tiny: Snapshot) -> None:
        plain = [(0, 0, 1), (2, 0, 1)]
        busy = over(tiny, [*plain, (0, 0, 3), (0, 0, 4), (2, 1, 5)]).between(entity(0), entity(2))
        assert busy.paths[0].score == over(tiny, plain).between(entity(0), entity(2)).paths[0].score

    def test_a_weightier_relation_comes_first(self, tiny: Snapshot) -> None:
        result = over(tiny, [(0, relation, 1) for relation in range(3)]).between(entity(0), entity(1))
        assert [(path.hops[0].relation, path.score) for path in result.paths] == [
            ("author", 1.0),
            ("genre", pytest.approx(0.4)),
            ("publisher", pytest.approx(0.2)),
        ]

    def test_the_order_of_the_relations_does_not_matter(self, tiny: Snapshot) -> None:
        # Genre once and influence twice, by three ways from 0 to 1.
        ways = {(2, 3): (1, 3, 3), (4, 5): (3, 1, 3), (6, 7): (3, 3, 1)}
        edges = [
            edge
            for (one, other), (first, second, third) in ways.items()
            for edge in ((0, first, one), (one, second, other), (other, third, 1))
        ]
        result = over(tiny, edges).between(entity(0), entity(1))
        assert [path.entities[1:3] for path in result.paths] == [(entity(one), entity(other)) for one, other in ways]
        assert len({path.score for path in result.paths}) == 1

    def test_both_directions_between_two_entities_are_two_paths(self, tiny: Snapshot) -> None:
        result = over(tiny, [(0, 0, 1), (1, 0, 0)]).between(entity(0), entity(1))
        assert sorted(path.hops[0].direction for path in result.paths) == ["forward", "inverse"]


class TestPatternsAndSets:
    def test_a_pattern_says_every_hop(self, paths: PathReasoner) -> None:
        result = paths.between(book("dracula"), book("frankenstein"), pattern="author/influence/^author")
        assert result.texts == ("Dracula -author-> Bram Stoker -influence-> Mary Shelley <-author- Frankenstein",)

    def test_a_pattern_has_alternatives_and_any_step(self, paths: PathReasoner) -> None:
        result = paths.between(book("worlds"), book("last_man"), pattern="author|genre/*")
        assert result.texts == ("The War of the Worlds -genre-> Science fiction <-genre- The Last Man",)

    def test_a_pattern_without_a_path_is_told(self, paths: PathReasoner) -> None:
        assert paths.between(book("emma"), book("trial"), pattern="author/^author").text == (
            "no path along author/^author"
        )

    def test_relations_hold_for_every_hop(self, paths: PathReasoner) -> None:
        result = paths.between(book("emma"), book("persuasion"), relations=["publisher"])
        assert result.texts == ("Emma -publisher-> John Murray <-publisher- Persuasion",)

    def test_sets_are_any_of_their_entities(self, paths: PathReasoner) -> None:
        result = paths.between([book("trial"), book("emma")], [book("castle"), book("persuasion")], max_hops=2, limit=2)
        assert [(path.entities[0], path.entities[-1]) for path in result.paths] == [
            (book("emma"), book("persuasion")),
            (book("trial"), book("castle")),
        ]
        assert result.found == 5

    def test_four_hops(self, paths: PathReasoner) -> None:
        result = paths.between(
            book("worlds"), book("dracula"), max_hops=4, pattern=None, relations=["author", "influence"]
        )
        assert result.texts == (
            "The War of the Worlds -author-> H. G. Wells -influence-> Mary Shelley <-influence- Bram Stoker "
            "<-author- Dracula",
        )

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            ({"pattern": "autor"}, "no relation 'autor'"),
            ({"pattern": "author//genre"}, "a pattern is hops like"),
            ({"pattern": "*/*/*/*/*"}, r"1\.\.4 hops, got 5"),
            ({"pattern": "author", "relations": ["author"]}, "not both"),
            ({"relations": ["autor"]}, "no relation 'autor'"),
        ],
    )
    def test_a_mistake_says_what_is_valid(self, paths: PathReasoner, asked: dict[str, Any], told: str) -> None:
        with pytest.raises(ToolError, match=told):
            paths.between(book("emma"), book("trial"), **asked)

    def test_a_search_that_was_cut_short_says_so(self, tiny: Snapshot) -> None:
        result = PathReasoner(tiny, budget=Budget(edges=3)).between(book("dracula"), book("frankenstein"))
        assert result.truncated
        assert result.text.endswith("(the search was cut short; there may be better paths)")

    def test_users_connect_what_they_like(self, tiny: Snapshot) -> None:
        reasoner = PathReasoner(tiny, with_users(tiny.adjacency, tiny.interactions))
        result = reasoner.between(book("trial"), book("castle"), pattern="^likes/likes")
        assert result.texts == ("The Trial <-likes- user cat -likes-> The Castle",)
        assert reasoner.between(user_iri("ann"), book("trial"), max_hops=4).found == 0


EDGES = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=30)


@settings(deadline=None, max_examples=80)
@given(edges=EDGES, max_hops=st.integers(1, 4))
def test_the_paths_are_those_of_networkx(tiny: Snapshot, edges: set[Edge], max_hops: int) -> None:
    reasoner = over(tiny, edges)
    snapshot = reasoner._snapshot
    graph = network(snapshot.adjacency)
    for target in (1, 2, 6):
        result = reasoner.between(entity(0), entity(target), max_hops=max_hops, limit=1_000_000)
        assert sorted(walked(result.paths)) == walks(graph, entity(0), entity(target), max_hops)
        assert result.found == len(result.paths) == len(set(result.paths))
        assert_in_order(result.paths)
        for path in result.paths:
            assert_sound(snapshot, path)
            assert path.score == pytest.approx(documented_score(snapshot, snapshot.adjacency, path))


@settings(deadline=None, max_examples=60)
@given(edges=EDGES, limit=st.integers(1, 12))
def test_a_limit_cuts_the_full_list(tiny: Snapshot, edges: set[Edge], limit: int) -> None:
    reasoner = over(tiny, edges)
    full, cut = (reasoner.between(entity(0), entity(1), limit=number) for number in (1_000_000, limit))
    assert cut.paths == full.paths[:limit]
    assert (cut.found, cut.texts) == (full.found, full.texts[:limit])


@pytest.fixture(scope="module")
def pairs(ml100k: Snapshot) -> list[tuple[Iri, Iri]]:
    """100 pairs of items of which most have a neighbour in common, and 20 of an item and an entity."""
    chosen = np.random.default_rng(7)
    adjacency = ml100k.adjacency
    found: list[tuple[Iri, Iri]] = []
    while len(found) < 120:
        source = int(chosen.choice(ml100k.item_rows))
        middle = chosen.choice(adjacency.edges(source)[0]) if adjacency.degrees[source] else source
        target = (
            int(chosen.choice(adjacency.edges(int(middle))[0]))
            if len(found) % 3
            else int(chosen.choice(ml100k.item_rows if len(found) < 100 else len(adjacency.entities)))
        )
        found.append((Iri(adjacency.entities[source]), Iri(adjacency.entities[target])))
    return found


@pytest.mark.slow
def test_real_pairs_have_the_paths_of_networkx(ml100k: Snapshot, pairs: list[tuple[Iri, Iri]]) -> None:
    reasoner, graph = PathReasoner(ml100k), network(ml100k.adjacency)
    results = [reasoner.between(*pair, limit=1_000_000) for pair in pairs]
    for pair, result in zip(pairs, results, strict=True):
        assert sorted(walked(result.paths)) == walks(graph, *pair, 3)
        assert_in_order(result.paths)
        for path in result.paths[:5]:
            assert_sound(ml100k, path)
            assert path.score == pytest.approx(documented_score(ml100k, ml100k.adjacency, path))
    assert sum(result.found > 0 for result in results) > 60


def test_threads_may_ask_at_once(ml100k: Snapshot, pairs: list[tuple[Iri, Iri]]) -> None:
    reasoner = PathReasoner(ml100k)
    alone = [reasoner.between(*pair) for pair in pairs]
    with ThreadPoolExecutor(8) as pool:
        for together in pool.map(lambda _: [reasoner.between(*pair) for pair in pairs], range(8)):
            assert together == alone
