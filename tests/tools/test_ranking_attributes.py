"""Items as vectors of what they are related to, worked by hand on the bookshop."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from kg.adjacency import build_adjacency
from kg.snapshot import Snapshot
from kg.store import GraphStore
from tools.ranking.attributes import attribute_rows, item_attributes

SHOP = "http://shop.example/"


@pytest.fixture(scope="module")
def attributes(tiny: Snapshot) -> sparse.csr_matrix:
    return item_attributes(tiny)


def row(snapshot: Snapshot, matrix: sparse.csr_matrix, book: str) -> dict[str, float]:
    found = matrix[[snapshot.item_columns[f"{SHOP}book/{book}"]]]
    return {
        snapshot.adjacency.entities[int(entity)].removeprefix(SHOP): float(value)
        for entity, value in zip(found.indices, found.data, strict=True)
    }


def unit(**entries: float) -> dict[str, float]:
    length = math.sqrt(sum(value**2 for value in entries.values()))
    return {name.replace("__", "/"): value / length for name, value in entries.items()}


def test_entries_are_weight_times_idf(tiny: Snapshot, attributes: sparse.csr_matrix) -> None:
    # Of 8 books 1 is by Stoker and 2 are horror; 2 are by Austen, 2 romance, 2 published by Murray.
    assert row(tiny, attributes, "dracula") == pytest.approx(
        unit(person__stoker=math.log(8), genre__horror=0.4 * math.log(4))
    )
    assert row(tiny, attributes, "emma") == pytest.approx(
        unit(person__austen=math.log(4), genre__romance=0.4 * math.log(4), house__murray=0.2 * math.log(4))
    )
    assert row(tiny, attributes, "worlds") == pytest.approx(
        unit(person__wells=math.log(8), genre__scifi=0.4 * math.log(8 / 3))
    )


def test_rows_have_unit_length(tiny: Snapshot, attributes: sparse.csr_matrix) -> None:
    assert attributes.shape == (8, len(tiny.adjacency.entities))
    assert attributes.dtype == np.float32
    np.testing.assert_allclose(np.sqrt(attributes.multiply(attributes).sum(axis=1)), np.ones((8, 1)), atol=1e-6)


def over(snapshot: Snapshot, triples: str, n_items: int) -> sparse.csr_matrix:
    """Return the attributes of items e0, e1, ... in a graph of the bookshop's relations."""
    items = [f"{SHOP}e{number}" for number in range(n_items)]
    relations = {name: snapshot.manifest.relations[name].iri for name in snapshot.adjacency.relations}
    store = GraphStore()
    store.engine.update(f"PREFIX s: <{SHOP}> PREFIX v: <{SHOP}vocab/> INSERT DATA {{ {triples} }}")
    return item_attributes(replace(snapshot, items=items, adjacency=build_adjacency(store, relations, items)))


def test_an_item_without_relations_has_a_row_of_zeros(tiny: Snapshot) -> None:
    matrix = over(tiny, "s:e0 v:author s:ann .", 2)
    assert matrix[[1]].nnz == 0
    assert matrix[[0]].data.tolist() == [1.0]


def test_what_every_item_has_tells_nothing(tiny: Snapshot) -> None:
    matrix = over(tiny, "s:e0 v:author s:ann ; v:genre s:g . s:e1 v:author s:ann .", 2)
    assert np.abs(matrix.toarray()).sum(axis=1).tolist() == [1.0, 0.0]


def test_a_relation_may_point_at_the_item(tiny: Snapshot) -> None:
    matrix = over(tiny, "s:list v:author s:e0 . s:list v:author s:e1 . s:e2 v:genre s:g .", 3)
    similar = (matrix @ matrix.T).toarray()
    np.testing.assert_allclose(similar, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=1e-6)


def test_items_related_to_each_other_are_attributes(tiny: Snapshot) -> None:
    matrix = over(tiny, "s:e0 v:influencedBy s:e1 . s:e2 v:influencedBy s:e1 . s:e3 v:genre s:g .", 4)
    similar = (matrix @ matrix.T).toarray()
    # The relation weighs 0.6, an item as its own attribute 2. Two items have e0, two have e2, three have e1.
    two, three = math.log(4 / 2), math.log(4 / 3)
    end, middle = math.hypot(2 * two, 0.6 * three), math.hypot(0.6 * two, 2 * three, 0.6 * two)
    assert similar[0, 1] == pytest.approx((2 * two * 0.6 * two + 0.6 * three * 2 * three) / (end * middle))
    assert similar[0, 2] == pytest.approx((0.6 * three) ** 2 / end**2)  # both have e1
    assert similar[0, 3] == 0.0


def test_relations_to_one_entity_add_up_to_one_at_most(tiny: Snapshot) -> None:
    # The author's weight is 1, so the publisher's 0.2 adds nothing; the weights of genre and publisher make 0.6.
    triples = "s:e0 v:author s:ann ; v:publisher s:ann ; v:genre s:g . s:e1 v:genre s:x ; v:publisher s:x, s:y ."
    matrix = over(tiny, triples, 2)
    assert sorted(matrix[[0]].data.tolist()) == pytest.approx([0.4 / math.hypot(1, 0.4), 1 / math.hypot(1, 0.4)])
    assert sorted(matrix[[1]].data.tolist()) == pytest.approx([0.2 / math.hypot(0.2, 0.6), 0.6 / math.hypot(0.2, 0.6)])


def test_what_several_items_share_is_a_row_over_them() -> None:
    matrix = sparse.csr_matrix(np.array([[0.6, 0.8, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.6, 0.8, 0.0]], np.float32))
    rows, entities = attribute_rows(matrix, 2.0)
    assert entities.tolist() == [0, 1]
    np.testing.assert_allclose(rows.toarray(), [[1.2, 2.0, 0.0], [1.6, 0.0, 1.2]], rtol=1e-6)


def test_without_a_weight_there_are_no_rows() -> None:
    rows, entities = attribute_rows(sparse.csr_matrix(np.ones((3, 4), np.float32)), 0.0)
    assert rows.shape == (0, 3)
    assert len(entities) == 0
