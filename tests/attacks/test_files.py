"""Hostile queries and hostile files of a domain: nothing is written, nothing else is read, nobody is called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.toolbox import Toolbox
from kg.domain import Domain
from kg.errors import DomainError, EndpointError, GraphError, ManifestError, RuleError, ShapesError, ThenceError
from kg.manifest import RelationPhrases, load_manifest
from kg.quality.validation import Validation, read_shapes, validate
from kg.remote.client import SparqlClient
from kg.rules.construct import parse_rule
from kg.store import GraphStore
from tests.attacks.attack import InputAttack
from tests.attacks.checks import SECRET
from tests.attacks.conftest import params
from tests.attacks.file_attacks import GRAPH_FILES, MANIFESTS, QUERIES, RULES, SHAPES
from tests.attacks.world import TOML
from tools.errors import QueryRefusedError

Fill = Callable[[str], str]

RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://a.example/">'
    '<rdf:Description rdf:about="http://a.example/x"><a:p>&e;</a:p></rdf:Description></rdf:RDF>'
)
PREFIXES = (
    "@prefix sh: <http://www.w3.org/ns/shacl#> .\n@prefix ex: <http://example.org/vocab/> .\n"
    "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    "ex:S a sh:NodeShape ; sh:targetClass ex:CatalogItem .\n"
)


@pytest.mark.parametrize("attack", params(QUERIES))
def test_a_query_that_does_more_than_reading_the_graph_is_refused(
    clean: Toolbox, filled: Fill, attack: InputAttack
) -> None:
    before = len(clean.snapshot.store)
    with pytest.raises(QueryRefusedError) as caught:
        clean.sparql.query(filled(attack.text))
    assert len(str(caught.value)) < 1_000
    assert SECRET not in str(caught.value)
    assert len(clean.snapshot.store) == before
    assert clean.sparql.query("ASK { ?s ?p ?o }").holds


@pytest.mark.parametrize("attack", params(GRAPH_FILES))
def test_a_graph_file_reads_nothing_beside_itself(tmp_path: Path, filled: Fill, attack: InputAttack) -> None:
    file = tmp_path / attack.name.partition(":")[0]
    text = filled(attack.text).replace("{rdf}", RDF)
    for of in "abcdf":
        text = text.replace(f"{{laughs_{of}}}", f"&{of};" * 40)
    file.write_text(text, "utf-8")
    try:
        store = GraphStore.from_files([file])
        told = [part for triple in store.triples() for part in (triple.subject, triple.predicate, triple.object)]
    except GraphError as error:
        told = [str(error)]
    assert not any(SECRET in part or "root:" in part or len(part) > 1_000 for part in told)


@pytest.mark.parametrize("attack", params(MANIFESTS))
def test_a_manifest_names_nothing_outside_and_its_phrases_are_no_format_strings(
    worlds: Path, tmp_path: Path, attack: InputAttack
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text(SECRET, "utf-8")
    (folder / "link.ttl").symlink_to(tmp_path / "secret.txt")
    (folder / "graph.nt").write_bytes((worlds / "clean" / "graph.nt").read_bytes())
    toml = TOML
    if attack.kind == "manifest":
        toml = toml.replace('files = ["graph.nt"]', attack.text)
    elif attack.kind == "manifest name":
        toml = toml.replace('name = "library"', f'name = "{attack.text}"')
    else:
        toml = toml.replace('fact = ["{s} was written by {o}", "{o} wrote {s}"]', f'fact = ["{attack.text}"]')
        with pytest.raises(ValueError, match="must hold"):
            RelationPhrases(fact=(attack.text,))
    (folder / "domain.toml").write_text(toml, "utf-8")
    with pytest.raises((ManifestError, DomainError)) as caught:
        assert Domain(folder, load_manifest(folder)).graph_files
    assert SECRET not in str(caught.value)


def test_the_graph_of_an_endpoint_is_an_iri_and_no_piece_of_a_query() -> None:
    with pytest.raises(EndpointError, match="expected the IRI of a graph"):
        SparqlClient("http://127.0.0.1:9/", "a:g>{SERVICE<a:b>{}}#")


@pytest.mark.parametrize("attack", params(RULES))
def test_a_rule_that_does_more_than_deriving_is_refused(filled: Fill, attack: InputAttack) -> None:
    with pytest.raises(RuleError):
        parse_rule(filled(attack.text), "rule", "rules/rule.rq")


@pytest.mark.parametrize("attack", params(SHAPES))
def test_shapes_read_nothing_beside_the_graph(
    clean: Toolbox, tmp_path: Path, filled: Fill, attack: InputAttack
) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + filled(attack.text), "utf-8")
    store = GraphStore.from_files([_few(clean, tmp_path)])
    told: Validation | ShapesError
    try:
        told = validate(store, read_shapes(file))
    except ShapesError as error:
        told = error
    assert isinstance(told, ShapesError) or not told.flagged
    assert SECRET not in str(told)


def _few(toolbox: Toolbox, folder: Path) -> Path:
    """Write a few triples of the library into a file."""
    file = folder / "few.nt"
    lines = (toolbox.snapshot.domain.graph_files[0]).read_text("utf-8").splitlines()[:30]
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_errors_are_ours() -> None:
    assert all(issubclass(one, ThenceError) for one in (QueryRefusedError, GraphError, RuleError, ShapesError))
