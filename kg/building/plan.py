"""From the files that a user names to the sources of a build."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.building.columns import DATABASES, TABLES, kind_of
from kg.building.errors import BuildError
from kg.building.interactions import TABLES as DOMAIN_TABLES
from kg.building.interactions import InteractionsSource
from kg.building.mappings import YARRRML
from kg.building.rdf import RdfSource
from kg.building.recbole import SUFFIXES as ATOMIC
from kg.building.recbole import RecBoleSource
from kg.building.source import Source
from kg.building.tables import TableSource

RDF = (".ttl", ".nt", ".nq", ".trig", ".rdf", ".xml", ".jsonld")


@dataclass(frozen=True)
class _Named:
    """What the user named, by what it is."""

    rdf: list[Path]
    tables: list[Path]
    databases: list[str]
    atomic: dict[str, dict[str, Path]]
    interactions: list[Path]


def plan_sources(named: Sequence[str], mappings: Sequence[Path], base: str) -> list[Source]:
    """Return the sources of a build, in the order of the command.

    Args:
        named: Files, folders of files, or the URL of a database.
        mappings: From tables to RDF.
        base: What the IRIs begin with that are made for RecBole's ids.

    Raises:
        BuildError, MappingError: A file is missing or of an unknown kind, or a table has no mapping; the message says
            what to do.
    """
    found = _sort(_files(named))
    mapped = {file.resolve() for mapping in mappings for file in TableSource(mapping).files}
    alone = [table for table in found.tables if table.resolve() not in mapped]
    tables = [table for table in found.interactions if table.resolve() not in mapped]
    if alone:
        raise BuildError(
            f"no mapping says what the columns of {alone[0]} mean. `thence kg map {alone[0]} --out mapping.yml` writes "
            "one to start from; then add --mapping mapping.yml."
        )
    if len(found.databases) > 1:
        raise BuildError(f"expected one database, got {' and '.join(found.databases)}; build one after the other.")
    database = found.databases[0] if found.databases else None
    if database and not mappings:
        raise BuildError(f"no mapping says what the tables of {database} mean; add --mapping mapping.yml.")
    sources: list[Source] = [RdfSource(file) for file in found.rdf]
    sources += [TableSource(mapping, database) for mapping in mappings]
    sources += [RecBoleSource(parts, base) for parts in found.atomic.values()]
    if tables:
        sources.append(InteractionsSource(tuple(tables)))
    if not any(source.kind != "interactions" for source in sources):
        raise BuildError(
            "there is nothing to make a graph of; name RDF files, RecBole files, or tables with a mapping."
        )
    return sources


def _files(named: Sequence[str]) -> list[Path | str]:
    files: list[Path | str] = []
    for name in named:
        path = Path(name)
        if "://" in name:
            files.append(name)
        elif path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if file.is_file() and _is_known(file)]
            if not inside:
                raise BuildError(f"the folder {path} holds no file that a graph can be built from.")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise BuildError(f"there is no file {path}.")
    return files


def _is_known(file: Path) -> bool:
    return kind_of(file) in (*RDF, *ATOMIC, *TABLES, *DATABASES)


def _sort(files: Sequence[Path | str]) -> _Named:
    found = _Named([], [], [], {}, [])
    for file in files:
        kind = "" if isinstance(file, str) else kind_of(file)
        if isinstance(file, str) or kind in DATABASES:
            found.databases.append(str(file))
        elif kind in RDF:
            found.rdf.append(file)
        elif kind in ATOMIC:
            found.atomic.setdefault(str(file.with_name(_stem(file))), {})[kind] = file
        elif file.name.removesuffix(".gz") in DOMAIN_TABLES:
            found.interactions.append(file)
        elif kind in TABLES:
            found.tables.append(file)
        else:
            hint = " A mapping is given with --mapping." if kind in YARRRML else ""
            known = ", ".join((*RDF, *ATOMIC, *TABLES, *DATABASES))
            raise BuildError(f"{file}: expected one of {known} (or with .gz).{hint}")
    return found


def _stem(file: Path) -> str:
    return Path(file.name.removesuffix(".gz")).stem
