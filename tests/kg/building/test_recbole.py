"""RecBole's atomic files: items, their entities, what they have in common, and links that cannot be."""

import random
from pathlib import Path

import pytest

from kg.building import BuildError
from tests.kg.building.conftest import Build

ITEM = (
    "item_id:token\ttitle:token_seq\tyear:token\tclass:token_seq\n1\tToy Car\t1995\tToy Fun\n2\tToy Train\t1996\tToy\n"
)
KG = "head_id:token\trelation_id:token\ttail_id:token\nm.1\tmade.by\tm.9\nm.2\tmade.by\tm.9\n"
LINK = "item_id:token\tentity_id:token\n1\tm.1\n2\tm.2\n"
INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\t1\t5\t10\nu2\t2\t2\t11\nu2\t7\t4\t12\n"


def write(folder: Path, **parts: str) -> Path:
    for suffix, text in parts.items():
        (folder / f"toys.{suffix}").write_text(text)
    return folder


def test_a_data_set_becomes_a_domain(tmp_path: Path, build: Build) -> None:
    built = build(write(tmp_path, item=ITEM, kg=KG, link=LINK, inter=INTER))
    snapshot = built.snapshot
    assert [snapshot.label(iri) for iri in snapshot.items] == ["Toy Car", "Toy Train", "7"]
    assert snapshot.interactions.users == ["u1", "u2"]
    assert set(snapshot.manifest.relations) == {"class", "year", "madeby"}
    first = "http://shop.example/entity/m.1"
    said = {(t.predicate.rsplit("/", 1)[-1], t.object.rsplit("/", 1)[-1]) for t in snapshot.store.triples(first)}
    assert {("class", "Toy"), ("class", "Fun"), ("year", "1995"), ("made.by", "m.9")} <= said
    notes = built.sources[0][1].notes
    assert "2 of 3 items (67%) are linked to an entity; of 2 of those .kg says something." in notes
    assert "1 items have interactions and no row in .item; they have an id and no more." in notes


def test_no_two_items_become_one_by_a_link(tmp_path: Path, build: Build) -> None:
    built = build(write(tmp_path, item=ITEM, kg=KG, link=LINK.replace("m.2", "m.1")))
    assert len(built.snapshot.items) == 2
    assert any("another item has their entity (2)" in note for note in built.sources[0][1].notes)


def test_links_of_strangers_are_told(tmp_path: Path, build: Build) -> None:
    built = build(write(tmp_path, item=ITEM, kg=KG, link=LINK + "99\tm.3\n"))
    assert any("1 links are of items that are not in the catalogue" in note for note in built.sources[0][1].notes)


@pytest.mark.parametrize("shifted", [False, True])
def test_links_of_another_version_are_suspicious(shifted: bool, tmp_path: Path, build: Build) -> None:
    """80 makers, each with three things of one kind; shifted links give each entity to a thing at random."""
    rng, ids = random.Random(7), list(range(240))
    linked = rng.sample(ids, len(ids)) if shifted else ids
    item = "item_id:token\tclass:token_seq\n" + "".join(f"{n}\tkind{n // 3 % 8} size{n % 4}\n" for n in ids)
    link = "item_id:token\tentity_id:token\n" + "".join(f"{n}\tm.{e}\n" for n, e in zip(ids, linked, strict=True))
    kg = "head_id:token\trelation_id:token\ttail_id:token\n" + "".join(f"m.{n}\tby\tt.{n // 3}\n" for n in ids)
    notes = build(write(tmp_path, item=item, link=link, kg=kg)).sources[0][1].notes
    assert any("as unlike as any two" in note for note in notes) is shifted


@pytest.mark.parametrize(
    ("part", "text", "message"),
    [
        ("kg", "head\trelation\ttail\n", "toys.kg, line 1: expected a header such as head_id:token"),
        ("link", LINK + "3\n", "toys.link, line 4: expected 2 fields, got 1"),
        ("item", "", "toys.item is empty; expected a header line with item_id"),
    ],
)
def test_a_damaged_file_is_told_with_its_line(part: str, text: str, message: str, tmp_path: Path, build: Build) -> None:
    write(tmp_path, **({"item": ITEM, "kg": KG, "link": LINK} | {part: text}))
    with pytest.raises(BuildError, match=message):
        build(tmp_path)
