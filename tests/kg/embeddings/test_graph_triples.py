"""Facts as rows, and a split from which nothing can be read off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.embeddings.graph.triples import (
    KnownTails,
    Redundant,
    both_ways,
    redundant_relations,
    split_triples,
    triples_of,
    with_inverses,
)
from kg.errors import GraphError
from kg.snapshot import Snapshot

Rows = np.ndarray


def rows(*facts: tuple[int, int, int]) -> Rows:
    return np.array(facts, np.int64).reshape(-1, 3)


def random_facts(rng: np.random.Generator, n: int, n_entities: int = 30, n_relations: int = 3) -> Rows:
    drawn = np.stack(
        [rng.integers(0, n_entities, n), rng.integers(0, n_relations, n), rng.integers(0, n_entities, n)], axis=1
    )
    drawn = drawn[drawn[:, 0] != drawn[:, 2]]
    return np.unique(drawn, axis=0)


def test_facts_are_those_of_the_graph_once_each(tiny: Snapshot) -> None:
    facts = triples_of(tiny.adjacency)
    stated = {tiny.adjacency.triple(head, relation, tail) for head, relation, tail in facts.tolist()}
    assert len(facts) == len(stated) == len(tiny.adjacency.neighbours) // 2
    assert all(triple in tiny.store for triple in stated)


def test_inverses_stand_below_with_relations_numbered_on() -> None:
    both = with_inverses(rows((4, 0, 7), (5, 1, 8)), n_relations=2)
    assert both.tolist() == [[4, 0, 7], [5, 1, 8], [7, 2, 4], [8, 3, 5]]


def test_a_relation_that_repeats_another_is_redundant() -> None:
    big = [(head, 0, head + 20) for head in range(10)]
    same = [(head, 1, head + 20) for head in range(8)] + [(0, 1, 25)]
    turned = [(head + 20, 2, head) for head in range(5)]
    other = [(head, 3, head + 21) for head in range(9)]
    found = redundant_relations(rows(*big, *same, *turned, *other), 4)
    assert found == (Redundant(1, 0, inverse=False, share=8 / 9), Redundant(2, 0, inverse=True, share=1.0))


def test_a_symmetric_relation_is_not_its_own_repetition() -> None:
    assert redundant_relations(rows((0, 0, 1), (1, 0, 0), (2, 0, 3), (3, 0, 2)), 1) == ()


def as_set(part: Rows) -> set[tuple[int, ...]]:
    return {tuple(fact) for fact in part.tolist()}


def test_no_held_out_fact_is_stated_inversely_in_another_part(rng: np.random.Generator) -> None:
    once = random_facts(rng, 200)
    facts = np.unique(np.concatenate([once, once[:, ::-1]]), axis=0)
    split = split_triples(facts, 30, 3, seed=1)
    parts = as_set(split.facts)
    assert not {(tail, relation, head) for head, relation, tail in parts if head != tail} & parts
    np.testing.assert_array_equal(np.unique(split.known, axis=0), facts)


@pytest.mark.parametrize("symmetric", [(), (1,)])
def test_what_holds_from_tail_to_head_stays_known(rng: np.random.Generator, symmetric: tuple[int, ...]) -> None:
    """Else a model that knows the relation for symmetric would be counted wrong for true facts."""
    facts = random_facts(rng, 200)
    split = split_triples(facts, 30, 3, seed=1, symmetric=symmetric)
    closed = as_set(facts) | {(tail, rel, head) for head, rel, tail in facts.tolist() if rel in symmetric}
    assert as_set(split.known) == closed
    assert len(split.known) == len(closed)
    turned_back = {(tail, relation, head) for head, relation, tail in as_set(split.train)}
    assert as_set(split.learnable) == as_set(split.train) | (turned_back & closed), "of what is held out nothing"


def test_facts_hold_both_ways_of_some_relations_and_stand_once() -> None:
    facts = rows((2, 0, 1), (1, 0, 2), (0, 0, 3), (4, 1, 5))
    assert both_ways(facts, [0]).tolist() == [[0, 0, 3], [1, 0, 2], [2, 0, 1], [3, 0, 0], [4, 1, 5]]
    assert both_ways(facts, ()).tolist() == sorted(facts.tolist())


@pytest.mark.slow
@given(seed=st.integers(0, 50), n=st.integers(40, 300))
def test_parts_are_disjoint_and_hold_no_unseen_entity_or_relation(seed: int, n: int) -> None:
    facts = random_facts(np.random.default_rng(seed), n)
    split = split_triples(facts, 30, 3, seed)
    parts = [{tuple(fact) for fact in part.tolist()} for part in (split.train, split.valid, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert set.union(*parts) <= {tuple(fact) for fact in facts.tolist()}
    seen, told = set(split.train[:, [0, 2]].ravel()), set(split.train[:, 1])
    held = np.concatenate([split.valid, split.test])
    assert set(held[:, [0, 2]].ravel()) <= seen
    assert set(held[:, 1]) <= told


def test_one_seed_gives_one_split_and_another_seed_another(rng: np.random.Generator) -> None:
    facts = random_facts(rng, 300)
    one, same, other = (split_triples(facts, 30, 3, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.test, same.test)
    assert not np.array_equal(one.test, other.test)


def test_too_few_facts_are_an_error_that_says_so() -> None:
    with pytest.raises(GraphError, match="2 facts between entities: too few"):
        split_triples(rows((0, 0, 1), (2, 0, 3)), 4, 1, 0)


def test_known_tails_are_those_of_the_head_and_the_relation() -> None:
    known = KnownTails(with_inverses(rows((0, 0, 5), (0, 0, 3), (0, 1, 4), (1, 0, 5)), 2), 2)
    assert known.of(0, 0).tolist() == [3, 5]
    assert known.of(5, 2).tolist() == [0, 1]
    assert known.of(9, 0).tolist() == []
    at, tails = known.places(np.array([[1, 0], [0, 0]]))
    assert (at.tolist(), tails.tolist()) == ([0, 1, 1], [5, 3, 5])
