"""Fixtures for all tests: a domain that fits on a page, and an environment that no test can leave."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from kg.domain import Domain, Domains
from kg.importing import import_domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from tests.virtuoso import PACKAGE, Virtuoso, is_installed

SHARED_DATA = Path(os.environ.get("THENCE_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
SEED = 20240607

# How long an example takes says something of the machine and its load, nothing of the code.
settings.register_profile("thence", deadline=None)
settings.load_profile("thence")

RANKING_TOML = """
# Six readers say little; what a book shares with others says more.
graph = 0.4
newcomer = 0.1
"""

DOMAIN_TOML = """
name = "bookshop"
title = "A small bookshop"
languages = ["en", "zh"]
examples = ["Something like Dracula"]

[items]
noun = "book"
plural = "books"

[graph]
files = ["graph.ttl", "labels_zh.ttl"]

[interactions]
history = ["train.tsv"]
held_out = ["test.tsv"]
items = "items.tsv"
liked_from = 4.0
scale = "1 to 5"

[relations.author]
iri = "http://shop.example/vocab/author"
noun = "author"
plural = "authors"
inverse_noun = "book"
cues = ["wrote", "written"]

[relations.author.phrases.en]
fact = ["{s} was written by {o}"]
shared = ["{a} and {b} were both written by {o}"]

[relations.author.phrases.zh]
fact = ["{s}的作者是{o}"]
shared = ["{a}和{b}的作者都是{o}"]

[relations.genre]
iri = "http://shop.example/vocab/genre"
noun = "genre"
plural = "genres"
weight = 0.4

[relations.publisher]
iri = "http://shop.example/vocab/publisher"
noun = "publisher"
plural = "publishers"
weight = 0.2

[relations.influence]
iri = "http://shop.example/vocab/influencedBy"
noun = "influence"
plural = "influences"
weight = 0.6

[relations.year]
iri = "http://shop.example/vocab/year"
noun = "year"
weight = 0.0
"""

GRAPH_TTL = """
@prefix : <http://shop.example/book/> .
@prefix p: <http://shop.example/person/> .
@prefix g: <http://shop.example/genre/> .
@prefix h: <http://shop.example/house/> .
@prefix v: <http://shop.example/vocab/> .
@prefix ex: <http://example.org/vocab/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> .

:emma a v:Book, ex:CatalogItem ; rdfs:label "Emma"@en ; v:author p:austen ; v:genre g:romance ;
    v:publisher h:murray ; v:year 1815 .
:persuasion a v:Book, ex:CatalogItem ; rdfs:label "Persuasion"@en ; v:author p:austen ; v:genre g:romance ;
    v:publisher h:murray ; v:year 1817 .
:trial a v:Book, ex:CatalogItem ; rdfs:label "The Trial"@en ; v:author p:kafka ; v:genre g:absurdist ; v:year 1925 .
:castle a v:Book, ex:CatalogItem ; rdfs:label "The Castle"@en ; v:author p:kafka ; v:genre g:absurdist ; v:year 1926 .
:dracula a v:Book, ex:CatalogItem ; rdfs:label "Dracula"@en ; v:author p:stoker ; v:genre g:horror ; v:year 1897 ;
    dct:description "Letters and diaries about a count who visits England."@en .
:frankenstein a v:Book, ex:CatalogItem ; rdfs:label "Frankenstein"@en ; skos:altLabel "The Modern Prometheus"@en ;
    v:author p:shelley ; v:genre g:horror, g:scifi ; v:publisher h:emma ; v:year 1818 .
:last_man a v:Book, ex:CatalogItem ; rdfs:label "The Last Man"@en ; v:author p:shelley ; v:genre g:scifi ;
    v:year 1826 .
:worlds a v:Book, ex:CatalogItem ; rdfs:label "The War of the Worlds"@en ; v:author p:wells ; v:genre g:scifi ;
    v:year 1898 .

p:austen a v:Person ; rdfs:label "Jane Austen"@en .
p:kafka a v:Person ; rdfs:label "Franz Kafka"@en .
p:stoker a v:Person ; rdfs:label "Bram Stoker"@en ; v:influencedBy p:shelley .
p:shelley a v:Person ; rdfs:label "Mary Shelley"@en .
p:wells a v:Person ; rdfs:label "H. G. Wells"@en ; v:influencedBy p:shelley .

g:romance a v:Genre ; rdfs:label "Romance"@en .
g:absurdist a v:Genre ; rdfs:label "Absurdist fiction"@en .
g:horror a v:Genre ; rdfs:label "Horror"@en .
g:scifi a v:Genre ; rdfs:label "Science fiction"@en ; skos:altLabel "sci-fi"@en .

h:murray a v:House ; rdfs:label "John Murray"@en .
h:emma a v:House ; rdfs:label "Emma"@en .
"""

LABELS_ZH_TTL = """
@prefix : <http://shop.example/book/> .
@prefix p: <http://shop.example/person/> .
@prefix g: <http://shop.example/genre/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:trial rdfs:label "审判"@zh .
:dracula rdfs:label "德古拉"@zh .
:worlds rdfs:label "世界大战"@zh .
p:kafka rdfs:label "弗兰兹·卡夫卡"@zh .
g:horror rdfs:label "恐怖"@zh .
"""

ITEMS_TSV = """
item_id iri
1 http://shop.example/book/emma
2 http://shop.example/book/persuasion
3 http://shop.example/book/trial
4 http://shop.example/book/castle
5 http://shop.example/book/dracula
6 http://shop.example/book/frankenstein
7 http://shop.example/book/last_man
8 http://shop.example/book/worlds
"""

TRAIN_TSV = """
user_id item_id rating timestamp
ann 1 5 10
ann 2 4 20
ann 5 2 30
ben 5 5 10
ben 6 5 20
ben 8 4 30
cat 3 5 10
cat 4 5 20
cat 1 1 30
dan 6 4 10
dan 7 4 20
dan 8 5 30
eve 5 4 10
eve 3 3 20
eve 6 5 30
fay 1 4 10
"""

TEST_TSV = """
user_id item_id rating timestamp
ann 6 4 90
ben 7 5 90
dan 5 4 90
eve 4 2 90
"""


REAL = frozenset({"ml100k", "virtuoso"})
"""Fixtures that take seconds to come up; what uses one is slow."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what waits for a real graph or a real server."""
    for item in items:
        if isinstance(item, pytest.Function) and REAL.intersection(item.fixturenames):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the caller's settings, folders and proxies."""
    for name in os.environ:
        if name.startswith("THENCE_") or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    for name in ("THENCE_HOME", "THENCE_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


@pytest.fixture(params=["cpu", "cuda"])
def torch_device(request: pytest.FixtureRequest) -> str:
    """Run a test on the CPU, and once more on a GPU where there is one."""
    import torch  # noqa: PLC0415 - takes seconds, and few tests need it

    device: str = request.param
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    return device


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the two real data sets."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the data sets in {SHARED_DATA}; set THENCE_SHARED_DATA to the folder that holds them")
    return SHARED_DATA


def write_bookshop(folder: Path) -> Path:
    """Write the tiny domain into a folder."""
    folder.mkdir(parents=True)
    for name, text in (("domain.toml", DOMAIN_TOML), ("graph.ttl", GRAPH_TTL), ("labels_zh.ttl", LABELS_ZH_TTL)):
        (folder / name).write_text(text, "utf-8")
    (folder / "ranking.toml").write_text(RANKING_TOML, "utf-8")
    for name, text in (("items.tsv", ITEMS_TSV), ("train.tsv", TRAIN_TSV), ("test.tsv", TEST_TSV)):
        (folder / name).write_text(text.lstrip().replace(" ", "\t"), "utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_domain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bookshop with 8 books and 6 readers; tests that change it copy it first."""
    return write_bookshop(tmp_path_factory.mktemp("domains") / "bookshop")


@pytest.fixture(scope="session")
def tiny(tiny_domain: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The bookshop, opened."""
    return open_snapshot(Domain(tiny_domain, load_manifest(tiny_domain)), tmp_path_factory.mktemp("fitted"))


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The sample domain, opened."""
    domains = Domains(tmp_path_factory.mktemp("home"))
    domain = domains.find("films")
    return open_snapshot(domain, domains.fitted(domain))


@pytest.fixture(scope="session")
def ml100k(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A real data set of 1,663 items, imported and opened."""
    domains = Domains(tmp_path_factory.mktemp("home"))
    domain = import_domain(shared_data / "ml100k", "ml100k", domains).domain
    return open_snapshot(domain, domains.fitted(domain))


@pytest.fixture(scope="session")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Virtuoso]:
    """A real SPARQL server."""
    if not is_installed():
        pytest.skip(f"needs Virtuoso: apt-get install {PACKAGE}")
    with Virtuoso(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server
