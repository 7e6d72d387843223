"""A small shop as tables, and a build that tells nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.building import BuildOptions, Built, Converted, Meter, Source, build_domain, plan_sources
from kg.domain import Domains

BOOKS = """id,title,author,genres,year,publisher_id
1,Emma,Jane Austen,romance|comedy,1815,10
2,"The Trial, a novel",Franz Kafka,absurdist,1925,11
3,Dracula,Bram Stoker,horror|gothic fiction,1897,10
"""
PUBLISHERS = """id,name,country
10,John Murray,England
11,Die Schmiede,Germany
12,Arrow,England
"""
MAPPING = """prefixes:
  ex: http://example.org/vocab/
mappings:
  book:
    sources:
      - access: books.csv
        referenceFormulation: csv
    s: http://example.org/book/$(id)
    po:
      - [a, ex:CatalogItem]
      - [rdfs:label, $(title)]
      - [ex:year, $(year), xsd:integer]
"""


class Silent:
    """Keeps what a build tells."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.shares: list[float] = []

    def converting(self, source: Source, meter: Meter) -> None:
        self.shares.append(meter.share)

    def converted(self, source: Source, done: Converted, *, kept: bool) -> None:
        if kept:
            self.kept.append(source.name)

    def say(self, text: str) -> None:
        pass


Build = Callable[..., Built]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "books.csv").write_text(BOOKS)
    (folder / "publishers.csv").write_text(PUBLISHERS)
    (folder / "mapping.yml").write_text(MAPPING)
    return folder


@pytest.fixture
def domains(tmp_path: Path) -> Domains:
    return Domains(tmp_path / "home")


@pytest.fixture
def told() -> Silent:
    return Silent()


@pytest.fixture
def build(domains: Domains, told: Silent) -> Build:
    def run(*named: Path | str, mappings: tuple[Path, ...] = (), name: str = "shop", **options: object) -> Built:
        sources = plan_sources([str(one) for one in named], mappings, "http://shop.example/")
        return build_domain(sources, name, domains, told, BuildOptions(**options))  # type: ignore[arg-type]

    return run
