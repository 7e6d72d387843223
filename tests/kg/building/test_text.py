"""Triples out of texts: only what the schema admits, each with its sentence, waiting until someone accepts it."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.building import BuildError
from kg.building.extracted import EXTRACTED, ExtractedGraph, accept
from kg.building.phrases import PhraseExtractor
from kg.building.text import (
    ExtractedTriple,
    Judged,
    Sentence,
    TextReader,
    TripleExtractor,
    extract_triples,
    split_sentences,
)
from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from kg.types import Iri

SHOP = "http://shop.example/"
EMMA = Iri(SHOP + "book/emma")
TEXT = "It is a romance by Jane Austen of 1820. Mr. Kafka, i.e. Franz Kafka, had no part in it."


class Everything:
    """Takes every candidate for stated, and one that was not asked for."""

    name = "everything"

    async def judge(self, sentence: Sentence) -> Sequence[Judged]:
        return [Judged(one, 0.8) for one in sentence.candidates]


def extracted(snapshot: Snapshot, extractor: TripleExtractor, text: str, **how: object) -> list[ExtractedTriple]:
    async def collect() -> list[ExtractedTriple]:
        reader = TextReader(snapshot)
        return [one async for one in extract_triples(reader, extractor, [(EMMA, text)], **how)]  # type: ignore[arg-type]

    return asyncio.run(collect())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("By H. G. Wells. Then more.", ["By H. G. Wells.", "Then more."]),
        ("Dr. Who came. He left.", ["Dr. Who came.", "He left."]),
        ("它很好。我喜欢。", ["它很好。", "我喜欢。"]),
        ("no end", ["no end"]),
        ("  ", []),
    ],
)
def test_sentences_end_where_they_should(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_candidates_keep_to_domain_and_range(tiny: Snapshot) -> None:
    first, second = TextReader(tiny).sentences(EMMA, TEXT)
    said = {(one.relation, one.triple.object.rsplit("/", 1)[-1]) for one in first.candidates}
    assert said == {("year", "1820")}  # author and genre are known already; a person is no genre
    assert {(one.relation, one.triple.object.rsplit("/", 1)[-1]) for one in second.candidates} == {("author", "kafka")}


def test_each_mention_may_be_what_the_schema_admits(tiny: Snapshot) -> None:
    sentence = next(TextReader(tiny).sentences(EMMA, TEXT, known=True))
    offered = [[one.relation for one in sentence.of(mention)] for mention in range(3)]
    assert dict(zip(sentence.names, offered, strict=True)) == {
        "Romance": ["genre"],
        "Jane Austen": ["author"],
        "1820": ["year"],
    }


def test_each_triple_carries_its_sentence(tiny: Snapshot) -> None:
    found = extracted(tiny, Everything(), TEXT)
    assert [(one.relation, one.sentence[:5], one.extractor, one.confidence) for one in found] == [
        ("year", "It is", "everything", 0.8),
        ("author", "Mr. K", "everything", 0.8),
    ]
    assert extracted(tiny, Everything(), TEXT, floor=0.9) == []


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("It was written by Franz Kafka and Bram Stoker.", {("author", "kafka", 0.9), ("author", "stoker", 0.9)}),
        ("A book with Franz Kafka in it.", {("author", "kafka", 0.5)}),
        ("Franz Kafka wrote it.", {("author", "kafka", 0.6)}),
        ("Some horror.", {("genre", "horror", 0.5)}),
        ("Nothing is named.", set()),
    ],
)
def test_rules_find_phrases_lists_and_cues(text: str, facts: set[tuple[str, str, float]], tiny: Snapshot) -> None:
    found = extracted(tiny, PhraseExtractor(tiny.manifest), text)
    assert {(one.relation, one.triple.object.rsplit("/", 1)[-1], one.confidence) for one in found} == facts
    assert {one.extractor for one in found} <= {"rules"}


@pytest.fixture
def shop(tiny_domain: Path, tmp_path: Path) -> Domain:
    shutil.copytree(tiny_domain, tmp_path / "bookshop")
    return Domain(tmp_path / "bookshop", load_manifest(tmp_path / "bookshop"))


def test_what_was_extracted_waits_with_its_provenance(tiny: Snapshot, shop: Domain) -> None:
    found = extracted(tiny, Everything(), TEXT)
    graph = ExtractedGraph.of(shop)
    assert graph.add(found) == 2
    again = ExtractedGraph.of(shop)
    assert [one.extracted for one in again.proposals("proposed")] == sorted(found, key=lambda one: one.triple)
    assert again.add(found) == 0
    store = ox.Store()
    store.load(path=shop.folder / EXTRACTED, format=ox.RdfFormat.TRIG)
    assert len(list(store.named_graphs())) == 2
    query = "SELECT ?s { ?g prov:value ?s ; prov:wasDerivedFrom ?i ; prov:wasAttributedTo ?a . GRAPH ?g { ?i ?p ?o } }"
    rows = store.query(f"PREFIX prov: <http://www.w3.org/ns/prov#> {query}")
    assert {row["s"].value for row in rows} == set(split_sentences(TEXT))  # type: ignore[union-attr]


@pytest.mark.slow
def test_nothing_extracted_is_in_the_graph_until_it_is_accepted(tiny: Snapshot, shop: Domain, tmp_path: Path) -> None:
    graph = ExtractedGraph.of(shop)
    graph.add(extracted(tiny, Everything(), TEXT))
    before = open_snapshot(shop, tmp_path / "before")
    chosen = [one for one in graph.proposals() if one.extracted.relation == "author"]
    assert chosen[0].extracted.triple not in before.store
    assert accept(shop, graph, chosen) == 1
    changed = Domain(shop.folder, shop.manifest)
    after = open_snapshot(changed, tmp_path / "after")
    assert chosen[0].extracted.triple in after.store
    assert len(after.store) == len(before.store) + 1
    assert changed.changes.changes[0].reason.startswith("everything read: Mr. Kafka")
    assert accept(shop, ExtractedGraph.of(shop), ExtractedGraph.of(shop).choose([chosen[0].id])) == 0


def test_what_was_rejected_is_not_proposed_again(tiny: Snapshot, shop: Domain) -> None:
    found, graph = extracted(tiny, Everything(), TEXT), ExtractedGraph.of(shop)
    graph.add(found)
    graph.decide(graph.proposals(), "rejected")
    assert graph.add(found) == 0
    assert ExtractedGraph.of(shop).proposals("proposed") == []


def test_an_id_that_is_none_is_told(shop: Domain) -> None:
    with pytest.raises(BuildError, match="expected one extracted triple whose id begins with 'zz'; none begins so"):
        ExtractedGraph.of(shop).choose(["zz"])


def test_a_damaged_file_is_told_with_its_line(shop: Domain) -> None:
    (shop.folder / EXTRACTED).write_text("\nbroken")
    with pytest.raises(BuildError, match=r"extracted.trig, line 2: "):
        ExtractedGraph.of(shop)
