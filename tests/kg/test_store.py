"""The graph store: what it loads, what it refuses, and what it finds."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.errors import GraphError, StoreVersionError
from kg.store import STAMP, GraphStore
from kg.types import Iri, Triple

TRIPLE = Triple(Iri("http://a.example/s"), Iri("http://a.example/p"), "http://a.example/o")
SAID = Triple(Iri("http://a.example/s"), Iri("http://a.example/q"), "审判", literal=True)
FORMATS = {
    "g.ttl": '<http://a.example/s> <http://a.example/p> <http://a.example/o> ; <http://a.example/q> "审判"@zh .',
    "g.nt": "<http://a.example/s> <http://a.example/p> <http://a.example/o> .\n"
    '<http://a.example/s> <http://a.example/q> "审判"@zh .',
    "g.nq": "<http://a.example/s> <http://a.example/p> <http://a.example/o> .\n"
    '<http://a.example/s> <http://a.example/q> "审判"@zh .',
    "g.trig": '{ <http://a.example/s> <http://a.example/p> <http://a.example/o> ; <http://a.example/q> "审判"@zh . }',
    "g.rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://a.example/">'
    '<rdf:Description rdf:about="http://a.example/s"><a:p rdf:resource="http://a.example/o"/>'
    '<a:q xml:lang="zh">审判</a:q></rdf:Description></rdf:RDF>',
    "g.jsonld": '{"@id": "http://a.example/s", "http://a.example/p": {"@id": "http://a.example/o"}, '
    '"http://a.example/q": {"@value": "审判", "@language": "zh"}}',
}


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", [*FORMATS, "g.xml"])
def test_every_format_gives_the_same_triples(tmp_path: Path, name: str) -> None:
    store = GraphStore.from_files([written(tmp_path / name, FORMATS[name.replace(".xml", ".rdf")])])
    assert sorted(store.triples()) == [TRIPLE, SAID]


def test_a_gzip_file_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "g.ttl.gz").write_bytes(gzip.compress(FORMATS["g.ttl"].encode()))
    assert len(GraphStore.from_files([tmp_path / "g.ttl.gz"])) == 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-10], lambda data: b"plain text", lambda data: data[:30] + b"x" * 20]
)
def test_a_damaged_gzip_file_is_told_as_such(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "g.ttl.gz").write_bytes(damage(gzip.compress(FORMATS["g.ttl"].encode())))
    with pytest.raises(GraphError, match=r"g\.ttl\.gz is a damaged gzip file, readable up to line \d+ "):
        GraphStore().load(tmp_path / "g.ttl.gz")


def test_broken_turtle_names_file_and_line(tmp_path: Path) -> None:
    file = written(tmp_path / "broken.ttl", "@prefix a: <http://a.example/> .\na:s a:p a:o .\na:s a:p ; .\n")
    with pytest.raises(GraphError, match=r"broken\.ttl, line 3"):
        GraphStore().load(file)


@pytest.mark.parametrize("name", ["g.ttl", "g.nt", "g.jsonld", "g.rdf", "g.trig"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GraphError, match=name):
        GraphStore().load(written(tmp_path / name, ""))


@pytest.mark.parametrize("name", ["g.csv", "g", "g.csv.gz", "g.gz"])
def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(GraphError, match=r"expected one of \.jsonld, \.nq, \.nt, \.rdf, \.trig, \.ttl, \.xml"):
        GraphStore().load(written(tmp_path / name, "x"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"absent\.ttl"):
        GraphStore().load(tmp_path / "absent.ttl")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "g.ttl").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(GraphError, match=r"g\.ttl"):
        GraphStore().load(tmp_path / "g.ttl")


@pytest.mark.parametrize(
    ("triple", "held"),
    [
        (TRIPLE, True),
        (SAID, True),
        (Triple(SAID.subject, SAID.predicate, SAID.object, literal=False), False),
        (Triple(TRIPLE.subject, TRIPLE.predicate, TRIPLE.object, literal=True), False),
        (Triple(Iri(TRIPLE.object), TRIPLE.predicate, TRIPLE.subject), False),
        (Triple(SAID.subject, SAID.predicate, "审", literal=True), False),
        (Triple(Iri("no IRI"), TRIPLE.predicate, TRIPLE.object), False),
        (Triple(TRIPLE.subject, Iri(""), "审判", literal=True), False),
    ],
)
def test_membership(tmp_path: Path, triple: Triple, held: bool) -> None:
    assert (triple in GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])])) is held


def test_membership_compares_a_literal_by_its_lexical_form(tmp_path: Path) -> None:
    store = GraphStore.from_files([written(tmp_path / "g.ttl", "<http://a.example/s> <http://a.example/year> 1926 .")])
    assert Triple(Iri("http://a.example/s"), Iri("http://a.example/year"), "1926", literal=True) in store


def test_has_entity_knows_subjects_and_objects_only(tmp_path: Path) -> None:
    store = GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])])
    told = {iri: store.has_entity(iri) for iri in (TRIPLE.subject, TRIPLE.object, TRIPLE.predicate, "审判", "", "<x>")}
    assert [iri for iri, held in told.items() if held] == [TRIPLE.subject, TRIPLE.object]


def test_blank_nodes_are_left_out(tmp_path: Path) -> None:
    turtle = "@prefix a: <http://a.example/> . a:s a:p [ a:q a:o ] ; a:r a:o . [] a:p a:s ."
    store = GraphStore.from_files([written(tmp_path / "g.ttl", turtle)])
    assert [triple.predicate for triple in store.triples()] == ["http://a.example/r"]


def test_named_graphs_are_left_out(tmp_path: Path) -> None:
    quads = "<http://a.example/s> <http://a.example/p> <http://a.example/o> <http://a.example/g> ."
    store = GraphStore.from_files([written(tmp_path / "g.nq", quads)])
    assert list(store.triples()) == []
    assert TRIPLE not in store


def test_patterns_select_by_each_place(tmp_path: Path) -> None:
    store = GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])])
    assert list(store.triples(obj=TRIPLE.object)) == [TRIPLE]
    assert list(store.triples(predicate=SAID.predicate)) == [SAID]
    assert list(store.triples(subject="http://a.example/other")) == []


def test_rdflib_sees_the_same_triples(tmp_path: Path) -> None:
    graph = GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])]).rdf
    assert len(graph) == 2
    assert {str(row[0]) for row in graph.query("SELECT ?o { ?s <http://a.example/p> ?o }")} == {TRIPLE.object}  # type: ignore[index]


@pytest.mark.slow
def test_two_processes_read_one_store(tmp_path: Path) -> None:
    GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])], tmp_path / "store")
    here = GraphStore(tmp_path / "store", read_only=True)
    code = (
        "import sys\nfrom pathlib import Path\nfrom kg.store import GraphStore\n"
        "print(len(GraphStore(Path(sys.argv[1]), read_only=True)))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert int(there.stdout) == len(here) == 2


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = GraphStore(tmp_path / "store")
    with pytest.raises(GraphError, match="Is another process writing to it"):
        GraphStore(tmp_path / "store")
    assert len(first) == 0


def test_a_store_that_is_not_there_is_not_made_for_reading(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="cannot open the graph store"):
        GraphStore(tmp_path / "absent", read_only=True)
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("stamp", [None, "0", "99", ""])
def test_a_store_of_another_version_is_told_and_left_alone(tmp_path: Path, stamp: str | None) -> None:
    GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])], tmp_path / "store")
    (tmp_path / "store" / STAMP).unlink()
    if stamp is not None:
        (tmp_path / "store" / STAMP).write_text(stamp, "utf-8")
    before = sorted((path.name, path.read_bytes()) for path in (tmp_path / "store").iterdir())
    for read_only in (True, False):
        with pytest.raises(StoreVersionError, match=r"is of format .*, and this version of Thence reads 1"):
            GraphStore(tmp_path / "store", read_only=read_only)
    assert sorted((path.name, path.read_bytes()) for path in (tmp_path / "store").iterdir()) == before


def test_a_copy_on_disk_is_changed_without_the_original(tmp_path: Path) -> None:
    GraphStore.from_files([written(tmp_path / "g.ttl", FORMATS["g.ttl"])], tmp_path / "store")
    original = GraphStore(tmp_path / "store", read_only=True)
    copy = original.copy_to(tmp_path / "copy")
    copy.engine.update("DELETE WHERE { ?s ?p ?o }")
    assert (len(original), len(copy)) == (2, 0)
    with pytest.raises(GraphError, match="cannot copy the graph store"):
        original.copy_to(tmp_path / "copy")


def test_memory_is_not_copied_to_disk(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="cannot copy the graph store"):
        GraphStore().copy_to(tmp_path / "copy")
