"""A domain of which each test writes the graph itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.domain import Domain
from kg.manifest import load_manifest

MANIFEST = """
name = "shelf"
title = "A shelf"

[graph]
files = ["graph.ttl"]

[interactions]
history = ["train.tsv"]
items = "items.tsv"
liked_from = 4.0

[relations.author]
iri = "http://a.example/author"
noun = "author"

[relations.year]
iri = "http://a.example/year"
noun = "year"
weight = 0.0
"""

PREFIXES = """
@prefix : <http://a.example/> .
@prefix ex: <http://example.org/vocab/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""

WriteDomain = Callable[..., Domain]


@pytest.fixture
def write_domain(tmp_path: Path) -> WriteDomain:
    """Write a domain from Turtle, with items by id and rows of user, item and rating."""

    def write(turtle: str, items: str = "", train: str = "") -> Domain:
        folder = tmp_path / "shelf"
        folder.mkdir(exist_ok=True)
        (folder / "domain.toml").write_text(MANIFEST, "utf-8")
        (folder / "graph.ttl").write_text(PREFIXES + turtle, "utf-8")
        (folder / "items.tsv").write_text(("item_id iri\n" + items).replace(" ", "\t"), "utf-8")
        (folder / "train.tsv").write_text(("user_id item_id rating\n" + train).replace(" ", "\t"), "utf-8")
        return Domain(folder, load_manifest(folder))

    return write
