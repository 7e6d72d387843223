"""The quality of a graph: what seems wrong in it, what would mend it, and whether it has the shape that it should."""

from kg.quality.cleaning import Applied, apply, clean_view, find, open_effective
from kg.quality.finding import Finder, Finding, finders
from kg.quality.view import GraphView, read_view

__all__ = [
    "Applied",
    "Finder",
    "Finding",
    "GraphView",
    "apply",
    "clean_view",
    "find",
    "finders",
    "open_effective",
    "read_view",
]
