"""RDF files of every syntax become one graph; damage is told with its line."""

import gzip
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import namespaces as ns
from kg.building.meter import Meter
from kg.building.rdf import read_rdf
from kg.errors import GraphError
from tests.kg.building.conftest import Build

A, B = "http://a.example/a", "http://a.example/b"
TRIPLES = [
    ox.Triple(ox.NamedNode(A), ox.NamedNode(ns.RDF_TYPE), ox.NamedNode(ns.CATALOG_ITEM)),
    ox.Triple(ox.NamedNode(A), ox.NamedNode(ns.RDFS_LABEL), ox.Literal("Grüße", language="de")),
    ox.Triple(ox.NamedNode(A), ox.NamedNode("http://a.example/knows"), ox.NamedNode(B)),
]
FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("suffix", list(FORMATS))
def test_every_syntax_gives_the_same_triples(suffix: str, packed: bool, tmp_path: Path) -> None:
    data = ox.serialize(TRIPLES, format=FORMATS[suffix])
    assert data is not None
    file = tmp_path / (f"kg.{suffix}.gz" if packed else f"kg.{suffix}")
    file.write_bytes(gzip.compress(data) if packed else data)
    meter = Meter(file.stat().st_size)
    assert set(read_rdf(file, meter)) == set(TRIPLES)
    assert meter.share == 1.0


def test_a_graph_of_three_syntaxes_is_one(tmp_path: Path, build: Build) -> None:
    for triple, suffix in zip(TRIPLES, ("ttl", "rdf", "nq"), strict=True):
        ox.serialize([triple], tmp_path / f"{suffix}.{suffix}", FORMATS[suffix])
    built = build(*(tmp_path / f"{suffix}.{suffix}" for suffix in ("ttl", "rdf", "nq")))
    assert built.triples == 3
    assert built.snapshot.items == [A]


def test_triples_that_two_sources_say_count_once(tmp_path: Path, build: Build) -> None:
    for name in ("one.nt", "two.nt"):
        ox.serialize(TRIPLES, tmp_path / name, ox.RdfFormat.N_TRIPLES)
    assert build(tmp_path / "one.nt", tmp_path / "two.nt").triples == 3


def test_triples_of_named_graphs_join_and_it_is_said(tmp_path: Path, build: Build) -> None:
    quads = [
        ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode("http://a.example/g"))
        for triple in TRIPLES
    ]
    ox.serialize(quads, tmp_path / "kg.trig", ox.RdfFormat.TRIG)
    built = build(tmp_path / "kg.trig")
    assert built.triples == 3
    assert built.sources[0][1].notes == ("3 triples of 1 named graphs were put with the others.",)


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    file = tmp_path / "kg.nt"
    file.write_text("_:b <http://a.example/p> _:b .\n")
    first, second = (next(iter(read_rdf(file, Meter()))) for _ in range(2))
    assert first.subject == first.object
    assert first.subject != second.subject


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("kg.nt", f"<{A}> <{A}> <{B}> .\n<{A}> <{A}> broken .\n", "kg.nt, line 2: "),
        ("kg.ttl", f"<{A}> <{A}>\n\n ; .\n", "kg.ttl, line 3: "),
        ("kg.jsonld", '{"@id": "http://a.example/a"\n', "kg.jsonld, line 1: |kg.jsonld, line 2: "),
        ("kg.rdf", "<rdf:RDF>", "kg.rdf, line 1: "),
        ("kg.nt", "", "kg.nt holds no triples; is it empty"),
        ("kg.nt.gz", "no gzip", "kg.nt.gz is a damaged gzip file, readable up to line 1 "),
    ],
)
def test_what_is_damaged_is_told_with_file_and_line(
    name: str, text: str, message: str, tmp_path: Path, build: Build
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(GraphError, match=message):
        build(tmp_path / name)


@pytest.mark.slow
def test_a_truncated_gzip_file_is_told_with_the_line_it_ends_in(tmp_path: Path) -> None:
    lines = "".join(f"<{A}{n * 7919 % 10_007}> <{A}> <{B}> .\n" for n in range(20_000))
    packed = gzip.compress(lines.encode())
    (tmp_path / "kg.nt.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(GraphError, match=r"readable up to line \d{4,5} ") as caught:
        list(read_rdf(tmp_path / "kg.nt.gz", Meter()))
    assert "fetch it again" in str(caught.value)
