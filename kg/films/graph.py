"""The film graph as rdflib sees it: its files and the namespaces that they use."""

from pathlib import Path
from typing import Final

from rdflib import Graph, Namespace

from kg.namespaces import VOCAB

DBO: Final = Namespace("http://dbpedia.org/ontology/")
EX: Final = Namespace(VOCAB)

FOLDER: Final = Path(__file__).resolve().parent
TURTLE_FILES: Final = ("films.ttl", "people.ttl", "terms.ttl", "labels_zh.ttl")


def load_films(folder: Path = FOLDER) -> Graph:
    """Return the four Turtle files of `folder` as one graph."""
    graph = Graph()
    for name in TURTLE_FILES:
        graph.parse(folder / name, format="turtle")
    return graph
