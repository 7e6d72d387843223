"""Numbers as facts: which range an entity is in."""

import numpy as np

from kg.embeddings.graph.context import Context, context_of, with_context
from kg.embeddings.graph.triples import split_triples


def test_each_number_is_in_a_fine_and_in_a_coarse_range() -> None:
    years = np.array([np.nan, 1900.0, 1950.0, 1950.0, 2000.0])
    found = context_of({"year": years}, n_entities=5, n_relations=3)
    assert found.relations == ("year in 100 ranges", "year in 20 ranges")
    assert found.triples[:, 0].tolist() == [1, 2, 3, 4] * 2
    assert found.triples[:, 1].tolist() == [3] * 4 + [4] * 4
    tails = found.triples[:4, 2] - 5
    assert tails[1] == tails[2]
    assert tails[0] < tails[1] < tails[3]
    assert found.triples[:, 2].max() < 5 + len(found.entities)
    assert found.entities[tails[0]].startswith("year from 1900 to ")


def test_one_value_alone_is_one_range_and_no_value_is_none() -> None:
    alone = context_of({"pages": np.array([7.0, np.nan, 7.0])}, 3, 0)
    assert alone.entities == ("pages from 7 to 7", "pages from 7 to 7")
    assert alone.triples.tolist() == [[0, 0, 3], [2, 0, 3], [0, 1, 4], [2, 1, 4]]
    assert len(context_of({"pages": np.full(3, np.nan)}, 3, 0).triples) == 0


def test_a_context_is_trained_on_and_never_held_out() -> None:
    facts = np.array([(head, 0, 10 + tail) for head in range(10) for tail in range(4)])
    split = split_triples(facts, 14, 1, seed=0)
    more = with_context(split, Context(np.array([[0, 1, 14]]), ("range",), ("in",)))
    assert (more.n_entities, more.n_relations) == (15, 2)
    assert len(more.train) == len(split.train) + 1
    assert more.valid is split.valid
    assert more.test is split.test
