"""Building graphs: from RDF, tables, RecBole files and texts to a domain."""

from kg.building.build import BuildOptions, BuildProgress, Built, build_domain
from kg.building.errors import BuildError, MappingError
from kg.building.meter import Meter
from kg.building.plan import plan_sources
from kg.building.source import Converted, Source

__all__ = [
    "BuildError",
    "BuildOptions",
    "BuildProgress",
    "Built",
    "Converted",
    "MappingError",
    "Meter",
    "Source",
    "build_domain",
    "plan_sources",
]
