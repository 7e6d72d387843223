"""Updates: what they make equals what a build from scratch makes, appears whole, and leaves no trace when it fails."""

import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.changes import Change
from kg.domain import Domain, Domains
from kg.embeddings.graph.artefact import LATEST, embedding_in_use, staged_embedding
from kg.embeddings.graph.embed import train_embedding
from kg.embeddings.graph.training import TrainingSettings
from kg.embeddings.text import item_vectors
from kg.errors import ChangesError, GraphError, InteractionsError
from kg.snapshot import Snapshot, open_snapshot
from kg.updating import read_triples, update_domain
from tests.fakes import BagOfWordsEncoder

SHOP = "http://shop.example/"
V = SHOP + "vocab/"
RDFS_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
ITEM = ox.NamedNode("http://example.org/vocab/CatalogItem")


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(SHOP + name)


def linked(subject: str, relation: str, obj: str) -> ox.Triple:
    return ox.Triple(node(subject), ox.NamedNode(V + relation), node(obj))


def said(subject: str, label: str, language: str = "en") -> ox.Triple:
    return ox.Triple(node(subject), RDFS_LABEL, ox.Literal(label, language=language))


def typed(subject: str, cls: ox.NamedNode) -> ox.Triple:
    return ox.Triple(node(subject), RDF_TYPE, cls)


def year(subject: str, value: str) -> ox.Triple:
    return ox.Triple(
        node(subject),
        ox.NamedNode(V + "year"),
        ox.Literal(value, datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    )


ULYSSES = (
    ox.Triple(node("book/ulysses"), RDF_TYPE, ITEM),
    ox.Triple(node("book/ulysses"), RDF_TYPE, ox.NamedNode(V + "Book")),
    said("book/ulysses", "Ulysses"),
    linked("book/ulysses", "author", "person/joyce"),
    linked("book/ulysses", "genre", "genre/absurdist"),
    year("book/ulysses", "1922"),
    said("person/joyce", "James Joyce"),
)


@pytest.fixture
def domains(tmp_path: Path) -> Domains:
    return Domains(tmp_path / "home")


@pytest.fixture
def domain(tmp_path: Path, domains: Domains, tiny_domain: Path) -> Domain:
    shutil.copytree(tiny_domain, domains.imported / "bookshop")
    return domains.find("bookshop")


def changed(domains: Domains, add: Sequence[ox.Triple] = (), remove: Sequence[ox.Triple] = (), **more: Any) -> Snapshot:
    change = Change(tuple(remove), tuple(add))
    return update_domain(domains, domains.find("bookshop"), change, kind="added", reason="a test", **more).snapshot


def contents(snapshot: Snapshot) -> dict[str, Any]:
    """Return everything that a snapshot holds, without the numbers that the label database gives its rows."""
    graph = snapshot.folder / "graph"
    with sqlite3.connect(graph / "labels.sqlite") as connection:
        columns = "iri, label, language, alias, folded, bare, degree"
        labels = connection.execute(f"SELECT {columns} FROM labels ORDER BY iri, id").fetchall()
        sizes = connection.execute("SELECT gram, size FROM trigrams ORDER BY gram").fetchall()
    connection.close()
    adjacency = snapshot.adjacency
    return {
        "triples": sorted(map(str, snapshot.store.statements())),
        "items": snapshot.items,
        "schema": snapshot.schema,
        "counts": json.loads((graph / "schema_counts.json").read_text("utf-8")),
        "labels": labels,
        "trigrams": sizes,
        "entities": list(adjacency.entities),
        "relations": dict(zip(adjacency.relations, adjacency.predicates, strict=True)),
        "edges": [adjacency.indptr.tolist(), adjacency.neighbours.tolist(), adjacency.labels.tolist()],
    }


def rebuilt(snapshot: Snapshot, folder: Path) -> Snapshot:
    return open_snapshot(snapshot.domain, folder)


@pytest.mark.slow
def test_a_new_book_is_an_item_with_facts_and_a_name(domain: Domain, domains: Domains) -> None:
    snapshot = changed(domains, ULYSSES)
    assert [triple.object for triple in snapshot.facts(SHOP + "book/ulysses")] == [
        SHOP + "person/joyce",
        SHOP + "genre/absurdist",
        "1922",
    ]
    assert snapshot.item("ulysses") == SHOP + "book/ulysses"
    assert domains.fitted(domains.find("bookshop")) == snapshot.folder


@pytest.mark.slow
def test_what_was_opened_before_stays_as_it_was(domain: Domain, domains: Domains) -> None:
    before = open_snapshot(domain, domains.fitted(domain))
    held = contents(before)
    changed(domains, ULYSSES, [linked("book/emma", "author", "person/austen")])
    assert contents(before) == held
    assert len(list(before.store.triples(SHOP + "book/emma", V + "author"))) == 1


@pytest.mark.slow
def test_what_the_graph_says_already_changes_nothing(domain: Domain, domains: Domains) -> None:
    before = domains.fitted(domain)
    snapshot = changed(domains, [linked("book/emma", "author", "person/austen")], [linked("book/emma", "author", "x")])
    assert snapshot.folder == before
    assert not domain.changes_file.exists()


@pytest.mark.slow
def test_undoing_leads_back_to_what_is_there_still(domain: Domain, domains: Domains) -> None:
    before = open_snapshot(domain, domains.fitted(domain))
    changed(domains, ULYSSES)
    domains.find("bookshop").changes.undo()
    assert domains.fitted(domains.find("bookshop")) == before.folder
    assert before.folder.is_dir()


@pytest.mark.slow
def test_old_updates_are_cleared_away_and_the_build_is_not(domain: Domain, domains: Domains) -> None:
    built = open_snapshot(domain, domains.fitted(domain)).folder
    made = [changed(domains, [said("book/emma", f"Emma {number}")]).folder for number in range(5)]
    assert {folder for folder in (built, *made) if folder.is_dir()} == {built, *made[-3:]}


TERMS = st.sampled_from(
    ["book/emma", "book/trial", "book/new", "person/kafka", "person/new", "genre/scifi", "house/emma"]
)
TRIPLES = st.one_of(
    st.builds(linked, TERMS, st.sampled_from(["author", "genre", "influencedBy", "translator"]), TERMS),
    st.builds(said, TERMS, st.sampled_from(["Emma", "The New One", "審判", ""]), st.sampled_from(["en", "zh"])),
    st.builds(year, TERMS, st.sampled_from(["1815", "1700", "2024"])),
    st.builds(typed, TERMS, st.sampled_from([ox.NamedNode(V + "Book"), ox.NamedNode(V + "Essay")])),
    st.builds(typed, st.sampled_from(["book/new", "person/new"]), st.just(ITEM)),
)


@pytest.fixture(scope="module")
def shop(tiny_domain: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Domains, list[ox.Triple]]:
    """Domains with the bookshop built, and what it states: what hypothesis changes begins from there each time."""
    domains = Domains(tmp_path_factory.mktemp("home"))
    shutil.copytree(tiny_domain, domains.imported / "bookshop")
    domain = domains.find("bookshop")
    stated = open_snapshot(domain, domains.fitted(domain)).store.statements()
    return domains, sorted((one for one in stated if one.object != ITEM), key=str)  # readers rated these


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_updated_snapshot_equals_one_built_anew(
    data: st.DataObject, shop: tuple[Domains, list[ox.Triple]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    domains, stated = shop
    domains.find("bookshop").changes_file.unlink(missing_ok=True)
    for _ in range(2):  # an update of an update
        add = data.draw(st.lists(TRIPLES, max_size=6))
        remove = data.draw(st.lists(st.one_of(st.sampled_from(stated), TRIPLES), max_size=6))
        snapshot = changed(domains, add, remove)
    assert contents(snapshot) == contents(rebuilt(snapshot, tmp_path_factory.mktemp("anew")))


@pytest.mark.slow
def test_a_relation_that_appears_and_one_that_vanishes(domain: Domain, domains: Domains, tmp_path: Path) -> None:
    influences = [
        linked("person/stoker", "influencedBy", "person/shelley"),
        linked("person/wells", "influencedBy", "person/shelley"),
    ]
    without = changed(domains, remove=influences)
    assert "influence" not in without.adjacency.relations
    assert contents(without) == contents(rebuilt(without, tmp_path / "without"))
    again = changed(domains, influences[:1])
    assert "influence" in again.adjacency.relations
    assert contents(again) == contents(rebuilt(again, tmp_path / "again"))


@pytest.mark.slow
def test_only_texts_that_differ_are_embedded_anew(domain: Domain, domains: Domains, tmp_path: Path) -> None:
    encoder = BagOfWordsEncoder()
    item_vectors(open_snapshot(domain, domains.fitted(domain)), encoder)
    encoder.calls.clear()
    renamed = said("person/kafka", "F. Kafka")
    update = update_domain(
        domains,
        domain,
        Change((said("person/kafka", "Franz Kafka"),), (*ULYSSES, renamed)),
        kind="x",
        reason="x",
        encoder=encoder,
    )
    assert (update.reread, len(encoder.calls[0])) == (
        3,
        3,
    )  # the new book, and the two of the author who is called otherwise
    anew = item_vectors(rebuilt(update.snapshot, tmp_path / "anew"), encoder)
    np.testing.assert_array_equal(item_vectors(update.snapshot, encoder), anew)


@pytest.mark.slow
def test_an_update_that_leaves_nothing_to_recommend_is_refused(domain: Domain, domains: Domains) -> None:
    before = open_snapshot(domain, domains.fitted(domain))
    gone = [ox.Triple(ox.NamedNode(item), RDF_TYPE, ITEM) for item in before.items]
    with pytest.raises(GraphError, match="would leave bookshop without any book"):
        changed(domains, remove=gone)
    assert not domain.changes_file.exists()
    assert domains.fitted(domains.find("bookshop")) == before.folder


@pytest.mark.slow
def test_an_item_that_readers_rated_stays(domain: Domain, domains: Domains) -> None:
    before = open_snapshot(domain, domains.fitted(domain))
    with pytest.raises(InteractionsError, match=r"train\.tsv: item http://shop\.example/book/emma of user"):
        changed(domains, remove=[typed("book/emma", ITEM)])
    assert [path for path in (domains.home / "fitted").iterdir() if (path / "graph").exists()] == [before.folder]
    assert not domain.changes_file.exists()


@pytest.mark.slow
def test_a_failure_half_way_leaves_the_domain_as_it_was(
    domain: Domain, domains: Domains, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_snapshot(domain, domains.fitted(domain))

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("kg.updating.update.update_labels", fail)
    with pytest.raises(OSError, match="no space"):
        changed(domains, ULYSSES)
    assert [
        path.name for path in (domains.home / "fitted").iterdir() if path.is_dir() and (path / "graph").exists()
    ] == [before.folder.name]
    assert not domain.changes_file.exists()


@pytest.mark.slow
def test_two_writers_do_not_overwrite_each_other(domain: Domain, domains: Domains) -> None:
    errors: list[BaseException] = []

    def add(number: int) -> None:
        try:
            changed(domains, [said("book/emma", f"Emma {number}")])
        except (GraphError, ChangesError, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = domains.find("bookshop")
    names = open_snapshot(found, domains.fitted(found)).labels.names(SHOP + "book/emma")
    assert (errors, sorted(names)) == ([], ["Emma", *(f"Emma {number}" for number in range(4))])


READER = """
import sys
from pathlib import Path
from kg.domain import Domains
from kg.snapshot import open_snapshot
domains, seen = Domains(Path(sys.argv[1])), set()
print("ready", flush=True)
while len(seen) < 2:
    domain = domains.find("bookshop")
    snapshot = open_snapshot(domain, domains.fitted(domain))
    ulysses = "http://shop.example/book/ulysses"
    seen.add((ulysses in snapshot.items, len(snapshot.facts(ulysses)), ulysses in snapshot.adjacency.rows,
              bool(snapshot.labels.names(ulysses))))
print(sorted(seen))
"""


@pytest.mark.slow
def test_a_reader_in_another_process_sees_all_or_nothing(domain: Domain, domains: Domains) -> None:
    open_snapshot(domain, domains.fitted(domain))
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(domains.home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as reader:
        try:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
            changed(domains, ULYSSES)
            assert reader.stdout.readline() == "[(False, 0, False, False), (True, 3, True, True)]\n"
        finally:
            reader.kill()


WRITER = """
import sys, time
from pathlib import Path
from kg import updating
from kg.changes import Change
from kg.domain import Domains
from kg.updating import read_triples, update, update_domain
def stop(*_):
    print("half way", flush=True)
    time.sleep(60)
update.update_labels = stop
domains = Domains(Path(sys.argv[1]))
update_domain(domains, domains.find("bookshop"), Change((), read_triples(Path(sys.argv[2]))), kind="x", reason="x")
"""


@pytest.mark.slow
def test_a_writer_killed_half_way_leaves_the_old_graph_and_the_next_update_works(
    domain: Domain, domains: Domains, tmp_path: Path
) -> None:
    before = open_snapshot(domain, domains.fitted(domain))
    (tmp_path / "add.nt").write_text("".join(f"{one} .\n" for one in ULYSSES), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(domains.home), str(tmp_path / "add.nt")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half way\n"
        os.kill(writer.pid, signal.SIGKILL)
    found = domains.find("bookshop")
    assert domains.fitted(found) == before.folder
    assert contents(open_snapshot(found, before.folder)) == contents(before)
    assert SHOP + "book/ulysses" in changed(domains, ULYSSES).items


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<http://a.example/s> <http://a.example/p> _:b .", "holds a blank node"),
        ("<http://a.example/s> <http://a.example/p> .", "line 1"),
        ("", "holds no triples"),
    ],
)
def test_a_file_that_cannot_be_a_change_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "add.nt").write_text(text, "utf-8")
    with pytest.raises(GraphError, match=f"add.nt.*{told}"):
        read_triples(tmp_path / "add.nt")


@pytest.mark.parametrize("cut", [slice(-30), slice(40)])
def test_a_packed_file_that_breaks_off_is_told_with_the_line(tmp_path: Path, cut: slice) -> None:
    lines = "".join(f"<{SHOP}{at}> <{V}by> <{SHOP}{at * at}> .\n" for at in range(400))
    (tmp_path / "cut.nt.gz").write_bytes(gzip.compress(lines.encode())[cut])
    with pytest.raises(GraphError, match=r"cut.nt.gz is a damaged gzip file, readable up to line \d+ "):
        read_triples(tmp_path / "cut.nt.gz")


def embedded(domains: Domains) -> Snapshot:
    """Return the bookshop, with a graph embedding in use."""
    snapshot = open_snapshot(domains.find("bookshop"), domains.fitted(domains.find("bookshop")))
    chosen = TrainingSettings(model="transe", dim=8, epochs=2, every=2, batch=16, negatives=1000)
    staged_embedding(snapshot.folder, chosen, lambda: train_embedding(snapshot.adjacency, chosen))
    return snapshot


@pytest.mark.slow
@pytest.mark.usefixtures("domain")
def test_a_graph_embedding_comes_along(domains: Domains) -> None:
    old = embedded(domains)
    update = update_domain(domains, domains.find("bookshop"), Change((), ULYSSES), kind="added", reason="a test")
    found = embedding_in_use(update.snapshot.folder, update.snapshot.adjacency)
    before = embedding_in_use(old.folder, old.adjacency)
    assert found is not None
    assert before is not None
    assert update.refitted
    row = found.entities.index(SHOP + "person/joyce")
    assert np.linalg.norm(found.vectors[row]) == pytest.approx(1.0, abs=1e-5)
    dracula = SHOP + "book/dracula"
    np.testing.assert_array_equal(
        found.vectors[found.entities.index(dracula)], before.vectors[before.entities.index(dracula)]
    )


@pytest.mark.slow
@pytest.mark.usefixtures("domain")
def test_a_damaged_graph_embedding_is_told_and_left_behind(domains: Domains) -> None:
    (embedded(domains).folder / LATEST).write_text("{", "utf-8")
    told: list[str] = []
    update = update_domain(
        domains, domains.find("bookshop"), Change((), ULYSSES), kind="added", reason="a test", progress=told.append
    )
    assert update.refitted is None
    assert update.delta
    assert any("run `thence kg embed`" in one for one in told)
