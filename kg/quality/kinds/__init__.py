"""The kinds of findings, one module each; importing them puts them into the registry."""

from kg.quality.kinds.dangling import DanglingReferences
from kg.quality.kinds.duplicates import Duplicates, SaidToBeTheSame
from kg.quality.kinds.hubs import HubAnomalies
from kg.quality.kinds.item_ids import DoubledItemIds
from kg.quality.kinds.literals import LiteralsForEntities
from kg.quality.kinds.relations import InverseRelations, RelationsSaidTwice
from kg.quality.kinds.self_loops import SelfLoops
from kg.quality.kinds.unlabelled import UnlabelledEntities

__all__ = [
    "DanglingReferences",
    "DoubledItemIds",
    "Duplicates",
    "HubAnomalies",
    "InverseRelations",
    "LiteralsForEntities",
    "RelationsSaidTwice",
    "SaidToBeTheSame",
    "SelfLoops",
    "UnlabelledEntities",
]
