"""The bookshop opened: everything that belongs together, in a stable order."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kg.errors import StoreVersionError, UnknownEntityError
from kg.snapshot import GRAPH, STORE, Snapshot, open_snapshot
from kg.store import STAMP

BOOK, PERSON, VOCAB = (f"http://shop.example/{kind}/" for kind in ("book", "person", "vocab"))


def test_items_are_those_of_the_class_sorted(tiny: Snapshot) -> None:
    names = ["castle", "dracula", "emma", "frankenstein", "last_man", "persuasion", "trial", "worlds"]
    assert tiny.items == [BOOK + name for name in names]


def test_rows_and_columns_belong_together(tiny: Snapshot) -> None:
    assert [tiny.adjacency.entities[row] for row in tiny.item_rows] == tiny.items
    np.testing.assert_array_equal(tiny.columns_of_rows[tiny.item_rows], np.arange(8))
    assert int((tiny.columns_of_rows == -1).sum()) == 11


def test_numbers_are_those_of_the_items(tiny: Snapshot) -> None:
    assert {name: values.tolist() for name, values in tiny.numbers.items()} == {
        "year": [1926, 1897, 1815, 1818, 1826, 1817, 1925, 1898]
    }


def test_facts_follow_the_manifest_outward_first(tiny: Snapshot) -> None:
    facts = [(triple.predicate.rsplit("/", 1)[-1], triple.object) for triple in tiny.facts(BOOK + "dracula")]
    assert facts == [
        ("author", PERSON + "stoker"),
        ("genre", "http://shop.example/genre/horror"),
        ("year", "1897"),
    ]
    assert [triple.subject.rsplit("/", 1)[-1] for triple in tiny.facts(PERSON + "shelley")] == [
        "frankenstein",
        "last_man",
        "stoker",
        "wells",
    ]


def test_an_unknown_entity_has_no_facts(tiny: Snapshot) -> None:
    assert tiny.facts(BOOK + "ulysses") == []
    assert tiny.facts("no IRI") == []


def test_a_description_is_given_where_there_is_one(tiny: Snapshot) -> None:
    assert tiny.description(BOOK + "dracula") == "Letters and diaries about a count who visits England."
    assert tiny.description(BOOK + "emma") == ""


def test_the_class_of_an_entity_is_the_telling_one(tiny: Snapshot) -> None:
    assert tiny.entity_class(BOOK + "emma") == "Book"
    assert tiny.entity_class(PERSON + "kafka") == "Person"
    assert tiny.entity_class(BOOK + "ulysses") == ""


@pytest.mark.parametrize("name", [BOOK + "trial", "3", "The Trial", "trial", "审判"])
def test_an_item_is_meant_by_iri_id_or_name(tiny: Snapshot, name: str) -> None:
    assert tiny.item(name) == BOOK + "trial"


@pytest.mark.parametrize("name", ["Emma"])
def test_of_entities_with_one_name_the_item_is_meant(tiny: Snapshot, name: str) -> None:
    assert tiny.item(name) == BOOK + "emma"


@pytest.mark.parametrize(
    ("name", "told"),
    [("Frankenstien", "Did you mean Frankenstein"), ("Franz Kafka", "no book 'Franz Kafka'"), ("", "no book ''")],
)
def test_what_is_no_item_is_told(tiny: Snapshot, name: str, told: str) -> None:
    with pytest.raises(UnknownEntityError, match=told):
        tiny.item(name)


def test_a_snapshot_opens_again_without_building(tiny: Snapshot) -> None:
    told: list[str] = []
    again = open_snapshot(tiny.domain, tiny.folder, told.append)
    assert (again.items, told) == (tiny.items, [])
    assert again.schema == tiny.schema


def test_threads_may_open_and_read_at_once(tiny: Snapshot, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_snapshot(tiny.domain, tmp_path / "fitted"), range(4)))
        linked = pool.map(lambda snapshot: [snapshot.linker.link("Dracula")[0].iri for _ in range(50)], opened)
    assert {iri for found in linked for iri in found} == {BOOK + "dracula"}


def test_a_store_of_another_version_is_told_with_what_to_remove(tiny: Snapshot, tmp_path: Path) -> None:
    old = open_snapshot(tiny.domain, tmp_path / "fitted")
    (old.folder / GRAPH / STORE / STAMP).write_text("0\n")
    with pytest.raises(StoreVersionError, match=f"is of format 0.*remove {re.escape(str(old.folder / GRAPH))}, and"):
        open_snapshot(tiny.domain, tmp_path / "fitted")
    shutil.rmtree(old.folder / GRAPH)
    assert open_snapshot(tiny.domain, tmp_path / "fitted").items == tiny.items
