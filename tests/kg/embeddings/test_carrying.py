"""An embedding after a change: what the change is about is fitted, everything else stays to the last bit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kg.adjacency import Adjacency
from kg.embeddings.graph.artefact import GraphEmbedding, embedding_folder, embedding_in_use, staged_embedding
from kg.embeddings.graph.carrying import carried, carry_embedding, changed_entities
from kg.embeddings.graph.embed import train_embedding
from kg.embeddings.graph.models import ModelName
from kg.embeddings.graph.training import TrainingSettings
from kg.paths import Multigraph
from kg.snapshot import Snapshot

SETTINGS = TrainingSettings(model="transe", dim=32, epochs=40, every=10, batch=32, negatives=1000)
Facts = Sequence[tuple[str, str, str]]


def graph(facts: Facts) -> Adjacency:
    entities = sorted({one for head, _, tail in facts for one in (head, tail)})
    relations = sorted({relation for _, relation, _ in facts})
    rows = {iri: row for row, iri in enumerate(entities)}
    triples = [(rows[head], rows[tail], relations.index(relation)) for head, relation, tail in facts]
    made = Multigraph.from_triples(np.array(triples, np.int32), len(entities), len(relations))
    return Adjacency(
        entities, rows, relations, [f"v:{one}" for one in relations], made.indptr, made.neighbours, made.labels
    )


def families(n: int = 12, size: int = 6) -> list[tuple[str, str, str]]:
    """Return families, each in a house of its own in a town of its own."""
    people = [(f"p{family:02}{child}", f"{family:02}") for family in range(n) for child in range(size)]
    return [
        fact for one, family in people for fact in ((one, "lives", f"house{family}"), (one, "votes", f"town{family}"))
    ]


FAMILIES = families()


@pytest.fixture(scope="module")
def old() -> Adjacency:
    return graph(FAMILIES)


@pytest.fixture(scope="module")
def embedding(old: Adjacency) -> GraphEmbedding:
    return train_embedding(old, SETTINGS)


def rank(embedding: GraphEmbedding, graph: Adjacency, head: str, relation: str, tail: str) -> int:
    """Return the rank of a tail among those that are tails of the relation."""
    query = np.array([[graph.rows[head], graph.relations.index(relation)]])
    scores = embedding.scores(query)[0]
    tails = sorted({graph.rows[one] for _, kind, one in FAMILIES if kind == relation})
    return int((scores[tails] > scores[graph.rows[tail]]).sum()) + 1


@pytest.mark.slow
def test_somebody_new_is_placed_so_that_what_was_not_said_is_found(old: Adjacency, embedding: GraphEmbedding) -> None:
    newcomers = [(f"q{family:02}", "lives", f"house{family:02}") for family in range(12)]
    new = graph([*FAMILIES, *newcomers])
    found = carried(embedding, new, changed_entities(old, new))
    ranks = [rank(found, new, one, "votes", f"town{one[1:]}") for one, _, _ in newcomers]
    assert np.mean(np.array(ranks) == 1) > 0.8, ranks  # of 12 towns, chance is a twelfth


def test_nothing_else_moves(old: Adjacency, embedding: GraphEmbedding) -> None:
    new = graph([*FAMILIES, ("q00", "lives", "house00")])
    changed = changed_entities(old, new)
    found = carried(embedding, new, changed)
    assert [new.entities[row] for row in np.flatnonzero(changed)] == ["house00", "q00"]  # 1 of 7 facts is a tenth
    same = [row for row, iri in enumerate(new.entities) if not changed[row]]
    before = [old.rows[new.entities[row]] for row in same]
    np.testing.assert_array_equal(found.vectors[same], embedding.vectors[before])
    for name in ("vectors.rel_emb.weight", "frequencies.weights"):
        assert torch.equal(found.model.whole.get_parameter(name), embedding.model.whole.get_parameter(name))


def test_one_more_fact_of_many_moves_nothing() -> None:
    many = [(f"p{at}", "lives", "house") for at in range(30)]
    old, new = graph(many), graph([*many, ("p30", "lives", "house")])
    assert [new.entities[row] for row in np.flatnonzero(changed_entities(old, new))] == ["p30"]


def test_what_lost_facts_is_fitted_and_who_is_gone_is_left_out(old: Adjacency, embedding: GraphEmbedding) -> None:
    new = graph([fact for fact in FAMILIES if fact[0] != "p000" and fact != ("p010", "votes", "town01")])
    changed = changed_entities(old, new)
    assert {"p010", "house00", "town00", "town01"} == {new.entities[row] for row in np.flatnonzero(changed)}
    found = carried(embedding, new, changed)
    assert list(found.entities) == [one for one in old.entities if one != "p000"]
    counts, town = found.model.frequencies.counts, new.rows["town00"]
    assert counts[new.relations.index("votes"), town] == 5


@pytest.mark.slow
def test_a_new_relation_is_fitted_with_its_facts(old: Adjacency, embedding: GraphEmbedding) -> None:
    mayors = [(f"town{family:02}", "led by", f"p{family:02}0") for family in range(12)]
    new = graph([*FAMILIES, *mayors])
    found = carried(embedding, new, changed_entities(old, new))
    assert list(found.relations) == ["v:led by", "v:lives", "v:votes"]
    query = np.array([[new.rows["town00"], 0]])
    people = [new.rows[one] for one in new.entities if one.startswith("p")]
    scores = found.scores(query)[0]
    assert (scores[people] > scores[new.rows["p000"]]).sum() < 6  # of 72
    assert rank(found, new, "p010", "lives", "house01") == 1


@pytest.mark.slow
@pytest.mark.parametrize("model", ["distmult", "complex", "rotate"])
def test_every_model_is_carried(old: Adjacency, model: ModelName) -> None:
    embedding = train_embedding(old, SETTINGS.model_copy(update={"model": model, "epochs": 10}))
    new = graph([*FAMILIES, ("q00", "lives", "house00")])
    found = carried(embedding, new, changed_entities(old, new))
    assert rank(found, new, "q00", "lives", "house00") == 1
    assert np.isfinite(found.vectors).all()


@pytest.mark.slow
def test_ranges_of_numbers_stay(old: Adjacency) -> None:
    ages = {"age": np.arange(len(old.entities), dtype=float)}
    embedding = train_embedding(old, SETTINGS.model_copy(update={"epochs": 10}), numbers=ages)
    new = graph([*FAMILIES, ("q00", "lives", "house00")])
    found = carried(embedding, new, changed_entities(old, new))
    assert found.context_entities == embedding.context_entities
    here, there = found.model.frequencies.counts, embedding.model.frequencies.counts
    assert torch.equal(
        here[2], torch.cat([there[2, : len(old.entities)], torch.zeros(1), there[2, len(old.entities) :]])
    )


def test_two_changes_one_after_the_other(old: Adjacency, embedding: GraphEmbedding) -> None:
    second = graph([*FAMILIES, ("q00", "lives", "house00")])
    third = graph([*FAMILIES, ("q00", "lives", "house00"), ("q01", "lives", "house01")])
    once = carried(embedding, second, changed_entities(old, second))
    twice = carried(once, third, changed_entities(second, third))
    assert twice.counts["carried"] == once.counts["carried"] + 2
    assert list(twice.entities) == list(third.entities)


def test_it_is_in_use_and_training_anew_is_still_to_be_had(
    tiny: Snapshot, old: Adjacency, embedding: GraphEmbedding, tmp_path: Path
) -> None:
    new = graph([*FAMILIES, ("q00", "lives", "house00")])
    before = replace(tiny, folder=tmp_path / "old", adjacency=old)
    after = replace(tiny, folder=tmp_path, adjacency=new)
    assert carry_embedding(before, after) is None
    before.folder.mkdir()
    staged_embedding(before.folder, SETTINGS, lambda: embedding)
    assert carry_embedding(before, after) == 2
    found = embedding_in_use(tmp_path, new)
    assert found is not None
    assert found.metrics == embedding.metrics
    assert not embedding_folder(tmp_path, SETTINGS).exists()


def test_the_same_change_gives_the_same_vectors(old: Adjacency, embedding: GraphEmbedding) -> None:
    new = graph([*FAMILIES, ("q00", "lives", "house00")])
    changed = changed_entities(old, new)
    one, two = (carried(replace(embedding), new, changed).vectors for _ in range(2))
    np.testing.assert_array_equal(one, two)
