"""Predicted facts about the bookshop: where they come from, why, and that they are never taken for stated ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kg.domain import Domain
from kg.embeddings.graph.artefact import staged_embedding
from kg.embeddings.graph.embed import train_embedding
from kg.embeddings.graph.training import TrainingSettings
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from kg.types import Iri, Triple
from tests.conftest import write_bookshop
from tools.errors import ToolError, UnknownNameError
from tools.inference import FactInference, InferredFact
from tools.inference.facts import InferenceResult, merged
from tools.result import MAX_TEXT

BOOK, PERSON, GENRE, VOCAB = (f"http://shop.example/{kind}/" for kind in ("book", "person", "genre", "vocab"))
RULE = f"CONSTRUCT {{ ?b <{VOCAB}influence> ?a }} WHERE {{ ?a <{VOCAB}influencedBy> ?b }}"
SAME_AUTHOR = f"?a <{VOCAB}author> ?w . ?b <{VOCAB}author> ?w ; <{VOCAB}genre> ?g"
GENRE_RULE = f"CONSTRUCT {{ ?a <{VOCAB}genre> ?g }} WHERE {{ {SAME_AUTHOR} }}"
QUICK = TrainingSettings(model="distmult", dim=16, epochs=6, every=2, batch=16)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The bookshop with two rules of its own and an embedding."""
    folder = write_bookshop(tmp_path_factory.mktemp("domains") / "bookshop")
    (folder / "rules").mkdir()
    (folder / "rules" / "influence.rq").write_text(RULE, "utf-8")
    (folder / "rules" / "genre.rq").write_text(GENRE_RULE, "utf-8")
    snapshot = open_snapshot(Domain(folder, load_manifest(folder)), tmp_path_factory.mktemp("fitted"))
    staged_embedding(snapshot.folder, QUICK, lambda: train_embedding(snapshot.adjacency, QUICK))
    return snapshot


@pytest.fixture(scope="module")
def result_of(shop: Snapshot) -> Callable[..., InferenceResult]:
    return FactInference(shop).infer


def test_a_rule_of_the_domain_derives_and_is_sure(result_of: Callable[..., InferenceResult]) -> None:
    first = result_of(Iri(BOOK + "last_man"), "genre").facts[0]
    assert first.triple == Triple(Iri(BOOK + "last_man"), Iri(VOCAB + "genre"), GENRE + "horror")
    assert (first.score, first.source, first.predicted) == (1.0, "rule", True)
    assert first.explanation.startswith("by the rule genre, from: the author of The Last Man is Mary Shelley")
    assert Triple(Iri(BOOK + "frankenstein"), Iri(VOCAB + "genre"), GENRE + "horror") in first.premises


def test_all_sources_speak_and_each_fact_stands_once_best_first(
    result_of: Callable[..., InferenceResult],
) -> None:
    found = result_of(Iri(BOOK + "worlds"), k=50).facts
    assert {one.source for one in found} >= {"mined", "learned"}
    assert len({one.triple for one in found}) == len(found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 and one.predicted and one.explanation for one in found)


@pytest.mark.parametrize("entity", [BOOK + "dracula", PERSON + "shelley", GENRE + "scifi"])
def test_nothing_that_is_stated_is_predicted_and_no_premise_is_a_prediction(
    shop: Snapshot, result_of: Callable[..., InferenceResult], entity: str
) -> None:
    found = result_of(Iri(entity), k=50)
    assert found.facts
    assert not [one.triple for one in found.facts if one.triple in shop.store]
    assert all(entity in (one.triple.subject, one.triple.object) for one in found.facts)
    assert all(premise in shop.store for premise in found.triples)
    assert not {one.triple for one in found.facts} & set(found.triples)


def test_what_a_symmetric_relation_says_from_the_other_end_is_known(shop: Snapshot) -> None:
    relations = shop.manifest.relations
    either = relations | {"influence": relations["influence"].model_copy(update={"symmetric": True})}
    symmetric = replace(shop, manifest=shop.manifest.model_copy(update={"relations": either}))
    stated = list(shop.store.triples(predicate=relations["influence"].iri))
    turned = {Triple(Iri(one.object), one.predicate, one.subject) for one in stated}

    def guessed(snapshot: Snapshot) -> set[Triple]:
        inference = FactInference(snapshot)
        found = [inference.infer(Iri(one.object), "influence", k=50).facts for one in stated]
        return {fact.triple for facts in found for fact in facts}

    assert guessed(shop) & turned
    assert guessed(symmetric)
    assert not guessed(symmetric) & turned


def test_a_learned_fact_is_explained_by_known_ones_like_it(
    shop: Snapshot, result_of: Callable[..., InferenceResult]
) -> None:
    learned = [one for one in result_of(Iri(BOOK + "worlds"), k=50).facts if one.source == "learned" and one.premises]
    assert learned
    for one in learned:
        ends = {one.triple.subject, one.triple.object}
        assert all(ends & {premise.subject, premise.object} and premise in shop.store for premise in one.premises)
        assert "is near" in one.explanation


def test_only_relations_that_fit_the_entity_are_asked(result_of: Callable[..., InferenceResult]) -> None:
    found = result_of(Iri(GENRE + "scifi"), k=50).facts
    assert {one.triple.predicate for one in found} == {VOCAB + "genre"}
    assert all(one.triple.object == GENRE + "scifi" for one in found)


def test_the_text_says_that_it_is_predicted(result_of: Callable[..., InferenceResult]) -> None:
    text = result_of(Iri(BOOK + "last_man"), "genre", 1).text
    assert text == "predicted about The Last Man, not stated: the genre of The Last Man is Horror (rule, 1.00)"
    assert len(result_of(Iri(BOOK + "last_man"), k=50).text) <= MAX_TEXT


def test_twice_the_same_question_has_the_same_answer(result_of: Callable[..., InferenceResult]) -> None:
    assert result_of(Iri(BOOK + "emma"), k=20) == result_of(Iri(BOOK + "emma"), k=20)


def test_without_an_embedding_the_rules_speak_alone(shop: Snapshot, tmp_path: Path) -> None:
    found = FactInference(replace(shop, folder=tmp_path)).infer(Iri(BOOK + "worlds"), k=50)
    assert not found.learned
    assert {one.source for one in found.facts} <= {"rule", "mined"}


def test_mistakes_say_what_is_valid(result_of: Callable[..., InferenceResult]) -> None:
    with pytest.raises(UnknownNameError, match="has no relations in this graph"):
        result_of(Iri(BOOK + "ulysses"))
    with pytest.raises(UnknownNameError, match="valid: author, genre, publisher, influence"):
        result_of(Iri(BOOK + "emma"), "year")
    with pytest.raises(ToolError, match=r"k must be in 1\.\.100, got 0"):
        result_of(Iri(BOOK + "emma"), k=0)


def test_a_fact_of_several_sources_keeps_the_best_and_all_reasons() -> None:
    triple, one, other = (Triple(Iri(subject), Iri("p"), obj) for subject, obj in ("ab", "ac", "db"))
    facts = [
        InferredFact(triple, 0.2, "learned", "by embeddings", (other,)),
        InferredFact(triple, 0.5, "mined", "by a rule", (one,)),
        InferredFact(one, 0.9, "learned", "by embeddings", ()),
    ]
    found = merged(facts)
    assert [(fact.triple, fact.score, fact.source) for fact in found] == [(one, 0.9, "learned"), (triple, 0.5, "mined")]
    assert found[1].explanation == "by a rule | also learned (0.20): by embeddings"
    assert found[1].premises == (one, other)
