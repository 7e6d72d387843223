"""The scoring functions: the same as the kept library's, and what is trained with them."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from kg.embeddings.graph import training
from kg.embeddings.graph.artefact import (
    CONFIG,
    ENTITIES,
    LATEST,
    WEIGHTS,
    GraphEmbedding,
    embedding_folder,
    embedding_in_use,
    load_embedding,
    save_embedding,
    staged_embedding,
)
from kg.embeddings.graph.embed import DEFAULTS, Watch, numbers_of, train_embedding
from kg.embeddings.graph.evaluation import evaluate
from kg.embeddings.graph.models import MODELS, ModelName
from kg.embeddings.graph.training import ModelScorer, TrainingSettings, train
from kg.embeddings.graph.triples import TripleSplit, split_triples
from kg.errors import ArtefactError
from kg.snapshot import Snapshot

NAMES: tuple[ModelName, ...] = get_args(ModelName)
QUICK = TrainingSettings(model="transe", dim=16, epochs=4, every=2, batch=16, negatives=1000)


def families(n: int = 12) -> TripleSplit:
    """Return a graph of `n` families of five, each in a house of its own (relation 0) in a town of its own (1)."""
    facts = [(7 * one + at, kind, 7 * one + 5 + kind) for one in range(n) for at in range(5) for kind in (0, 1)]
    return split_triples(np.array(facts), 7 * n, 2, seed=0)


def test_each_model_has_a_class_and_defaults() -> None:
    assert set(MODELS) == set(DEFAULTS) == set(NAMES)
    assert all(DEFAULTS[name].model == name for name in NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_tails_at_once_score_as_the_librarys_forward_does(name: ModelName) -> None:
    model = MODELS[name](7, 4, 10, seed=1)
    heads, relations = torch.tensor([0, 3, 6]), torch.tensor([1, 0, 3])
    found = model.compare(model.queries(heads, relations), model.tails(torch.arange(7)))
    if name == "rotate":  # the library's has free lengths, ours unit ones
        both = model.tails(torch.arange(7)).detach().chunk(2, dim=1)
        model.module.node_emb.weight.data, model.module.node_emb_im.weight.data = both
    for row in range(3):
        one = heads[row].expand(7), relations[row].expand(7), torch.arange(7)
        torch.testing.assert_close(found[row], model.module(*one), atol=1e-4, rtol=1e-4)


def test_the_frequency_of_a_tail_adds_to_its_score_and_a_known_fact_does_not_count_itself() -> None:
    model = MODELS["distmult"](4, 2, 4)
    model.module.node_emb.weight.data.zero_()
    model.frequencies.counts[1] = torch.tensor([0.0, 1.0, 3.0, 0.0])
    model.frequencies.weights.data[1] = 0.5
    relation = torch.tensor([1])
    found = model.scores(torch.tensor([0]), relation, torch.arange(4))[0]
    assert found.tolist() == pytest.approx([0, 0.5 * np.log(2), 0.5 * np.log(4), 0])
    known = [float(model.known_scores(torch.tensor([0]), relation, torch.tensor([tail])).detach()) for tail in (1, 2)]
    assert known == pytest.approx([0, 0.5 * np.log(3)])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_sparse(name: ModelName) -> None:
    model = MODELS[name](50, 2, 8)
    queries, tails = model.queries(torch.tensor([1]), torch.tensor([0])), model.tails(torch.tensor([2, 3]))
    model.compare(queries, tails).sum().backward()  # type: ignore[no-untyped-call]
    assert model.module.node_emb.weight.grad.is_sparse
    assert set(model.module.node_emb.weight.grad.coalesce().indices()[0].tolist()) <= {1, 2, 3}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_training_finds_a_pattern_that_an_untrained_model_does_not(name: ModelName) -> None:
    split = families()
    settings = DEFAULTS[name].model_copy(update={"dim": 32, "epochs": 30, "every": 10, "batch": 32})
    before = evaluate(ModelScorer(MODELS[name](84, 4, 32)), split, split.valid).mrr
    after = train(split, settings).valid.mrr
    assert after > 2 * before
    assert after > 0.2


def test_one_seed_gives_one_model_and_another_seed_another() -> None:
    split = families(4)
    one, same, other = (
        train(split, QUICK.model_copy(update={"seed": seed, "negatives": 7})).model.whole.state_dict()
        for seed in (3, 3, 4)
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["vectors.node_emb.weight"], other["vectors.node_emb.weight"])


def test_what_was_trained_by_another_method_is_not_taken_for_this(
    tiny: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build() -> GraphEmbedding:
        built.append(training.METHOD)
        return train_embedding(tiny.adjacency, QUICK)

    built: list[int] = []
    staged_embedding(tmp_path, QUICK, build)
    staged_embedding(tmp_path, QUICK, build)
    monkeypatch.setattr(training, "METHOD", training.METHOD + 1)
    assert embedding_in_use(tmp_path, tiny.adjacency) is not None, "the old one serves until another is asked for"
    staged_embedding(tmp_path, QUICK, build)
    assert built == [training.METHOD - 1, training.METHOD]


@pytest.mark.slow
def test_a_head_is_no_wrong_answer_to_its_own_question() -> None:
    # Pairs whose facts hold both ways: a translation that leads back and forth is a short one, so that each head is
    # nearest to where it leads. Trained to keep heads away, it is 0.97 long, where entities have length 1.
    pairs = np.arange(80).reshape(40, 2)
    facts = np.stack([pairs[:, 0], np.zeros(40, np.int64), pairs[:, 1]], axis=1)
    split = TripleSplit(facts, facts, facts[:0], facts[:, ::-1], (), 80, 1)
    trained = train(split, QUICK.model_copy(update={"epochs": 40, "every": 10, "learning_rate": 0.3}))
    assert trained.valid.hits[1] > 0.9
    assert float(trained.model.module.rel_emb.weight[0].norm().detach()) < 0.5


def test_training_does_not_touch_the_callers_random_state() -> None:
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    train(families(2), QUICK)
    assert torch.equal(torch.rand(1), expected)


def test_training_stops_when_validation_gets_no_better_and_keeps_the_best() -> None:
    split = families(4)
    settings = QUICK.model_copy(update={"epochs": 200, "every": 1, "patience": 2, "learning_rate": 1.0})
    trained = train(split, settings)
    looked = [epoch.valid_mrr or 0.0 for epoch in trained.epochs]
    assert len(looked) < 200
    assert trained.best_epoch == int(np.argmax(looked)) + 1 == len(looked) - 2
    assert trained.valid.mrr == pytest.approx(max(looked))


def test_tensorboards_files_are_written(tmp_path: Path) -> None:
    train(families(2), QUICK, tensorboard=tmp_path / "board")
    assert [path.name.startswith("events.out.tfevents") for path in (tmp_path / "board").iterdir()] == [True]


@pytest.fixture(scope="module")
def embedding(tiny: Snapshot) -> GraphEmbedding:
    return train_embedding(tiny.adjacency, QUICK, numbers=numbers_of(tiny))


def test_each_epoch_of_both_trainings_is_told(tiny: Snapshot) -> None:
    told: list[tuple[int, int]] = []
    watch = Watch(epoch=lambda epoch, most: told.append((epoch.number, most)))
    best = train_embedding(tiny.adjacency, QUICK, watch=watch).best_epoch
    assert told == [*((at, 4) for at in range(1, 5)), *((at, best) for at in range(1, best + 1))]


def test_a_domains_embedding_is_measured_beside_both_baselines(embedding: GraphEmbedding) -> None:
    assert [name for name in embedding.metrics if "(valid)" not in name] == ["transe", "most frequent", "mined rules"]
    assert embedding.vectors.shape == (len(embedding.entities), 16)
    assert embedding.counts["train"] + embedding.counts["valid"] + embedding.counts["test"] == 22
    assert embedding.metrics["transe"].n == 2 * embedding.counts["test"]


def test_numbers_are_trained_on_and_never_predicted(embedding: GraphEmbedding, tiny: Snapshot) -> None:
    n, author = len(tiny.adjacency.entities), tiny.adjacency.relations.index("author")
    assert embedding.counts["numbers"] == 16
    assert len(embedding.context_relations) == 2
    assert embedding.model.module.num_nodes == n + len(embedding.context_entities)
    kafka = tiny.adjacency.rows["http://shop.example/person/kafka"]
    asked = np.array([[kafka, author], [kafka, author + len(tiny.adjacency.relations)]])
    found = embedding.scores(asked)
    assert found.shape == (2, n)
    inverse = torch.tensor([author + len(tiny.adjacency.relations) + 2])
    same = embedding.model.scores(torch.tensor([kafka]), inverse, torch.arange(n)).detach().numpy()
    np.testing.assert_allclose(found[1], same[0], rtol=1e-5)  # one row or two: a processor may add up otherwise


def test_what_is_saved_reads_back_equal(embedding: GraphEmbedding, tmp_path: Path) -> None:
    save_embedding(tmp_path, embedding)
    found = load_embedding(tmp_path)
    np.testing.assert_array_equal(found.vectors, embedding.vectors)
    assert found.metrics == embedding.metrics
    assert found.context_entities == list(embedding.context_entities)
    assert found.entities == embedding.entities
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".pkl", ".pt", ".bin")]


@pytest.mark.parametrize("file", [WEIGHTS, CONFIG, ENTITIES])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
def test_a_damaged_file_is_an_error_that_says_what_to_do(
    embedding: GraphEmbedding, tmp_path: Path, file: str, damage: str
) -> None:
    save_embedding(tmp_path, embedding)
    data = (tmp_path / file).read_bytes()
    (tmp_path / file).unlink()
    if damage != "missing":
        (tmp_path / file).write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    with pytest.raises(ArtefactError, match="run `thence kg embed`"):
        load_embedding(tmp_path)


def test_an_embedding_is_trained_once_and_is_then_in_use(
    embedding: GraphEmbedding, tiny: Snapshot, tmp_path: Path
) -> None:
    assert embedding_in_use(tmp_path, tiny.adjacency) is None
    built = [staged_embedding(tmp_path, QUICK, lambda: embedding) for _ in range(2)]
    np.testing.assert_array_equal(built[0].vectors, built[1].vectors)
    found = embedding_in_use(tmp_path, tiny.adjacency)
    assert found is not None
    assert found.settings == QUICK


def test_a_training_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def build() -> GraphEmbedding:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        staged_embedding(tmp_path, QUICK, build)
    assert not embedding_folder(tmp_path, QUICK).exists()
    assert not (tmp_path / LATEST).exists()


def test_an_embedding_of_another_graph_is_refused(embedding: GraphEmbedding, tiny: Snapshot, tmp_path: Path) -> None:
    staged_embedding(tmp_path, QUICK, lambda: embedding)
    other = replace(tiny.adjacency, entities=["x", *tiny.adjacency.entities[1:]])
    with pytest.raises(ArtefactError, match="belongs to another graph"):
        embedding_in_use(tmp_path, other)
