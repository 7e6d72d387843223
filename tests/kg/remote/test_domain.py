"""A domain whose graph lies behind an endpoint: built by reading it, asked live, and usable when it is gone."""

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from agent.cli.main import run
from kg.changes import Change
from kg.domain import Domains
from kg.errors import EndpointError, GraphError, ManifestError
from kg.manifest import load_manifest
from kg.remote import EndpointAccess
from kg.snapshot import Snapshot, open_snapshot
from kg.updating import refresh_domain, update_domain
from tests.conftest import DOMAIN_TOML, GRAPH_TTL, LABELS_ZH_TTL, write_bookshop
from tests.endpoint import Endpoint
from tests.virtuoso import Virtuoso

FILES = 'files = ["graph.ttl", "labels_zh.ttl"]'
DRACULA = "http://shop.example/book/dracula"
ACCESS = EndpointAccess(retries=0, page=50)
SEQUEL = ox.Quad(
    ox.NamedNode(DRACULA),
    ox.NamedNode("http://shop.example/vocab/genre"),
    ox.NamedNode("http://shop.example/genre/scifi"),
)


def bookshop(home: Path, graph: str) -> Domains:
    """Write the bookshop without its graph."""
    folder = write_bookshop(home / "domains" / "bookshop")
    for name in ("graph.ttl", "labels_zh.ttl"):
        (folder / name).unlink()
    (folder / "domain.toml").write_text(DOMAIN_TOML.replace(FILES, graph), "utf-8")
    return Domains(home, ACCESS)


def opened(domains: Domains, told: list[str] | None = None) -> Snapshot:
    domain = domains.find("bookshop")
    said: list[str] = [] if told is None else told
    return open_snapshot(domain, domains.fitted(domain), said.append)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        for turtle in (GRAPH_TTL, LABELS_ZH_TTL):
            running.store.load(turtle.encode(), ox.RdfFormat.TURTLE)
        yield running


@pytest.fixture
def domains(tmp_path: Path, endpoint: Endpoint) -> Domains:
    return bookshop(tmp_path, f'endpoint = "{endpoint.url}"')


def check_same(remote: Snapshot, local: Snapshot) -> None:
    assert remote.items == local.items
    assert remote.schema == local.schema
    assert remote.adjacency.entities == local.adjacency.entities
    assert remote.adjacency.labels.tolist() == local.adjacency.labels.tolist()
    assert [remote.facts(item) for item in remote.items] == [local.facts(item) for item in local.items]
    assert remote.label(DRACULA, ["zh"]) == "德古拉"
    assert remote.item("Frankenstein") == local.item("Frankenstein")


@pytest.mark.slow
def test_it_is_the_same_domain_as_from_files(domains: Domains, tiny: Snapshot) -> None:
    check_same(opened(domains), tiny)


@pytest.mark.slow
def test_it_is_the_same_domain_out_of_virtuoso(tmp_path: Path, virtuoso: Virtuoso, tiny: Snapshot) -> None:
    graph = "http://shop.example/graph"
    for turtle in (GRAPH_TTL, LABELS_ZH_TTL):
        virtuoso.load(turtle, graph)
    check_same(opened(bookshop(tmp_path, f'endpoint = "{virtuoso.url}"\ngraph = "{graph}"')), tiny)


@pytest.mark.slow
def test_look_ups_see_the_graph_as_it_is_now(domains: Domains, endpoint: Endpoint) -> None:
    snapshot = opened(domains)
    endpoint.store.add(SEQUEL)
    assert "http://shop.example/genre/scifi" in [triple.object for triple in snapshot.facts(DRACULA)]


@pytest.mark.slow
def test_a_first_reading_needs_the_endpoint(domains: Domains, endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: (503, {}, b"closed")]
    with pytest.raises(EndpointError, match="answered 503: closed"):
        opened(domains)
    assert len(opened(domains).items) == 8


def test_an_unreachable_endpoint_is_told_with_the_line_that_names_it(tmp_path: Path) -> None:
    domains = bookshop(tmp_path, '# endpoint = "http://127.0.0.1:2/"\nendpoint = "http://127.0.0.1:1/sparql"')
    manifest = domains.find("bookshop").folder / "domain.toml"
    line = manifest.read_text("utf-8").splitlines().index('endpoint = "http://127.0.0.1:1/sparql"') + 1
    with pytest.raises(EndpointError) as raised:
        opened(domains)
    assert str(raised.value).startswith(
        f"{manifest}, line {line}: cannot reach the SPARQL endpoint http://127.0.0.1:1/"
    )


@pytest.mark.slow
def test_what_was_read_stays_usable_without_the_endpoint(domains: Domains, endpoint: Endpoint) -> None:
    facts = opened(domains).facts(DRACULA)
    endpoint.faults = [lambda: (503, {}, b"closed")]
    told: list[str] = []
    assert opened(domains, told).facts(DRACULA) == facts
    assert told[-1].startswith("Going on with what was read before: the SPARQL endpoint")


@pytest.mark.slow
def test_a_look_up_that_gets_no_answer_is_no_empty_one(domains: Domains, endpoint: Endpoint) -> None:
    snapshot = opened(domains)
    endpoint.faults = [lambda: (503, {}, b"closed")]
    with pytest.raises(EndpointError):
        snapshot.facts(DRACULA)


@pytest.mark.slow
def test_a_refresh_is_swapped_in_whole(domains: Domains, endpoint: Endpoint) -> None:
    before = opened(domains)
    endpoint.store.add(SEQUEL)
    after = refresh_domain(domains, domains.find("bookshop"))
    assert len(after.store) == len(before.store) + 1
    assert opened(domains).folder == after.folder != before.folder


@pytest.mark.slow
def test_a_refresh_that_fails_leaves_what_was_read(domains: Domains, endpoint: Endpoint) -> None:
    before = opened(domains)
    endpoint.faults = [None, None, lambda: (503, {}, b"closed")]
    with pytest.raises(EndpointError):
        refresh_domain(domains, domains.find("bookshop"))
    assert opened(domains).folder == before.folder
    assert [path.name for path in before.folder.parent.iterdir() if (path / "graph").exists()] == [before.folder.name]


def test_a_graph_elsewhere_is_changed_there(domains: Domains) -> None:
    with pytest.raises(GraphError, match="change it there, then `thence kg refresh --domain bookshop`"):
        update_domain(domains, domains.find("bookshop"), Change(), kind="x", reason="x")


def test_a_domain_of_files_needs_no_refresh(tiny: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="is read from files"):
        refresh_domain(Domains(tmp_path), tiny.domain)


def test_an_empty_endpoint_is_told(domains: Domains, endpoint: Endpoint) -> None:
    endpoint.store.clear()
    with pytest.raises(GraphError, match="holds no triples"):
        opened(domains)


@pytest.mark.parametrize(
    ("graph", "told"),
    [
        (f'{FILES}\nendpoint = "http://a.example/sparql"', "either `files` or an `endpoint`"),
        ("", "either `files` or an `endpoint`"),
        (f'{FILES}\ngraph = "http://a.example/g"', "there is none"),
        ('endpoint = "a.example"', "endpoint"),
    ],
)
def test_a_graph_lies_in_one_place(tmp_path: Path, graph: str, told: str) -> None:
    bookshop(tmp_path, graph)
    with pytest.raises(ManifestError, match=told):
        load_manifest(tmp_path / "domains" / "bookshop")


@pytest.mark.slow
def test_the_command_refreshes(
    domains: Domains, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], endpoint: Endpoint
) -> None:
    opened(domains)
    monkeypatch.setenv("THENCE_SPARQL_HOST", endpoint.host)
    monkeypatch.setenv("THENCE_SPARQL_TOKEN", "t0")
    endpoint.authorization = "Bearer t0"
    assert run(["kg", "refresh", "--domain", "bookshop", "--home", str(domains.home)]) == 0
    assert "bookshop: 84 triples, 8 books" in capsys.readouterr().out
