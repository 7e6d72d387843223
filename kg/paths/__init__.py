"""Paths on the integer index: all simple ones as arrays, or the best ones, between two sets of nodes."""

from kg.paths.best import BestPaths, RankedPath, best_paths
from kg.paths.costs import PathCosts
from kg.paths.enumeration import AllPaths, PathTable, all_paths
from kg.paths.multigraph import Multigraph
from kg.paths.pattern import mask_of, parse_pattern
from kg.paths.query import MAX_HOPS, Budget, PathQuery

__all__ = [
    "MAX_HOPS",
    "AllPaths",
    "BestPaths",
    "Budget",
    "Multigraph",
    "PathCosts",
    "PathQuery",
    "PathTable",
    "RankedPath",
    "all_paths",
    "best_paths",
    "mask_of",
    "parse_pattern",
]
