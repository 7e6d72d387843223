"""Import of a folder with a graph, items and interactions as a domain of its own."""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import tomli_w
from pydantic import ValidationError

from kg import artefacts
from kg import namespaces as ns
from kg.changes import CHANGES_FILE
from kg.domain import Domain, Domains
from kg.drafting import choose_item_class, draft_nouns, draft_relations, find_relations_said_twice
from kg.errors import ChangesError, DomainError, InteractionsError, ManifestError
from kg.interactions import ITEM_ID, VALUES
from kg.manifest import MANIFEST_FILE, NAME_PATTERN, Manifest, load_manifest
from kg.schema import infer_schema
from kg.store import GraphStore
from kg.succession import Carried, carry_over, log_of
from kg.tables import read_table

HISTORY, HELD_OUT = ("train.tsv", "valid.tsv"), ("test.tsv",)
ITEMS, USERS = "items.tsv", "users.tsv"
LIKED_SHARE = 0.75
"""On an explicit scale the upper quarter counts as liked: 4 and 5 of 1..5."""


@dataclass(frozen=True, slots=True)
class Import:
    """What an import did.

    Attributes:
        said_twice: Predicates left out, with the one that says the same.
        carried: What came along of the domain that it replaced.
    """

    domain: Domain
    said_twice: dict[str, str]
    carried: Carried


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an import is told beyond its folder.

    Attributes:
        item_class: IRI or local name of the class that may be recommended; None: see `choose_item_class`.
        interactions: Whether there must be any.
        store: Folder where the graph is loaded on disk and left behind; None: it is read in memory, for the import.
        folder: Where the domain comes to lie; None: among the imported ones.
        description: For the manifest.
        extra: Files that lie beside the graph and belong to the domain.
    """

    item_class: str | None = None
    interactions: bool = True
    store: Path | None = None
    folder: Path | None = None
    description: str = ""
    extra: tuple[str, ...] = ()


def import_domain(
    source: Path, name: str, domains: Domains, *, replace: bool = False, wanted: Wanted | None = None
) -> Import:
    """Copy a dataset folder (`kg.*`, `items.tsv`, `{train,valid,test,users}.tsv`) into a domain of that name.

    The manifest is written from the graph's inferred schema and can be edited afterwards. Nothing of an existing
    domain is touched before the new one is whole, and what users made of it comes along: see `kg.succession`.

    Raises:
        DomainError: The name cannot be, is taken, or the folder lacks a file.
        GraphError, InteractionsError: A file cannot be read.
        ChangesError: The change log of the domain to be replaced cannot be read.
    """
    wanted = wanted or Wanted()
    target = free_folder(name, domains, replace=replace, folder=wanted.folder)
    if not source.is_dir():
        raise DomainError(f"{source} is no folder; expected one with kg.nt.gz, items.tsv and train.tsv.")
    filled: list[tuple[dict[str, str], Carried]] = []
    old = target if (target / MANIFEST_FILE).is_file() else None
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)  # an interrupted import may have left one
    artefacts.stage(fresh, lambda partial: filled.append(_fill(source, name, partial, wanted, old)))
    if old is not None and filled[-1][1].log != log_of(old):
        raise ChangesError(f"{old / CHANGES_FILE} was changed by another process meanwhile; run the command again.")
    swap_folder(fresh, target)
    return Import(Domain(target, load_manifest(target)), *filled[-1])


def free_folder(name: str, domains: Domains, *, replace: bool, folder: Path | None = None) -> Path:
    """Return where a domain of that name will lie.

    Raises:
        DomainError: The name cannot be, or something else is there that may not be replaced.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise DomainError(f"a domain's name must match {NAME_PATTERN}, got {name[:60]!r}.")
    if folder is not None:
        if folder.exists() and not (replace and (folder / MANIFEST_FILE).is_file()):
            raise DomainError(f"{folder} is there already; name another folder, or --replace a domain's folder.")
        return folder
    taken = domains.folders().get(name)
    if taken is not None and not (replace and taken.parent == domains.imported):
        raise DomainError(
            f"there is a domain {name!r} already ({taken}); choose another name, or --replace an imported one."
        )
    return domains.imported / name


def swap_folder(fresh: Path, target: Path) -> None:
    """Put a whole folder in the place of another, which stays whole until then."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    fresh.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def _fill(source: Path, name: str, folder: Path, wanted: Wanted, old: Path | None) -> tuple[dict[str, str], Carried]:
    graph_file = _graph_file(source)
    store = GraphStore.from_files([graph_file], wanted.store)
    schema, said_twice = infer_schema(store), find_relations_said_twice(store)
    item_class = choose_item_class(schema, wanted.item_class)
    interactions = _interactions(source, needed=wanted.interactions)
    catalogue = sorted(triple.subject for triple in store.triples(predicate=ns.RDF_TYPE, obj=item_class))
    tables = [found for table in (ITEMS, USERS, *HISTORY, *HELD_OUT) if (found := _table(source, table))]
    manifest = {
        "name": name,
        "title": name,
        "description": wanted.description or f"Imported from {source.name}.",
        "items": {"class": item_class, **draft_nouns(store, schema, item_class)},
        "graph": {"files": [graph_file.name]},
        "interactions": interactions,
        "relations": draft_relations(schema, said_twice),
    }
    _check(manifest, folder)
    for file in [graph_file, *tables, *(source / extra for extra in wanted.extra)]:
        shutil.copyfile(file, folder / file.name)
    if "items" in interactions and not _table(source, ITEMS):
        _list_items(folder / ITEMS, catalogue)
    (folder / MANIFEST_FILE).write_text(tomli_w.dumps(manifest), "utf-8")
    domain = Domain(folder, load_manifest(folder))
    try:
        if old is not None:
            return said_twice, carry_over(old, domain, store, catalogue)
        domain.history(catalogue)
        domain.held_out(catalogue)
    except InteractionsError as error:  # told of the copy, which will be gone
        raise InteractionsError(str(error).replace(f"{folder}{os.sep}", f"{source}{os.sep}")) from error
    return said_twice, Carried()


def _check(manifest: dict[str, Any], folder: Path) -> None:
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        raise ManifestError(f"cannot write a manifest into {folder} that holds: {error}") from error


def _graph_file(source: Path) -> Path:
    found = sorted(path for path in source.glob("kg.*") if path.is_file())
    if not found:
        raise DomainError(f"{source} holds no graph: expected kg.nt.gz, kg.ttl or another RDF file named kg.")
    return found[0]


def _table(source: Path, name: str) -> Path | None:
    return next((path for path in (source / name, source / f"{name}.gz") if path.is_file()), None)


def _interactions(source: Path, *, needed: bool) -> dict[str, Any]:
    history = [table for table in HISTORY if _table(source, table)]
    if not history and needed:
        raise DomainError(
            f"{source} holds no interactions: expected train.tsv (user_id, item_id or item_iri, rating or weight)."
        )
    told: dict[str, Any] = {"history": history, "held_out": [table for table in HELD_OUT if _table(source, table)]}
    if _table(source, USERS):
        told["users"] = USERS
    first = _table(source, history[0]) if history else None
    if first is None:
        return told
    header = next(iter(read_table(first, ("user_id",))), (0, {}))[1]
    if ITEM_ID in header:
        told["items"] = ITEMS
    if VALUES[0] in header:
        ratings = _ratings(first)
        told["liked_from"] = ratings[0] + LIKED_SHARE * (ratings[-1] - ratings[0])
        told["scale"] = f"{ratings[0]:g} to {ratings[-1]:g}"
    return told


def _ratings(file: Path) -> list[float]:
    """Return the distinct ratings of a table, lowest first."""
    found: set[float] = set()
    for line, row in read_table(file, (VALUES[0],)):
        try:
            found.add(float(row[VALUES[0]]))
        except ValueError as error:
            raise InteractionsError(f"{file}, line {line}: {error}") from error
    return sorted(found)


def _list_items(file: Path, catalogue: Sequence[str]) -> None:
    """Write a table of items whose short ids are the last pieces of their IRIs, as templates of mappings make them."""
    ids = [unquote(ns.local_name(iri)) for iri in catalogue]
    if len(set(ids)) < len(ids):
        raise InteractionsError(
            "the interactions name items by item_id, and two items' IRIs end alike; add items.tsv (item_id, iri)."
        )
    rows = (f"{short}\t{iri}\n" for short, iri in zip(ids, catalogue, strict=True))
    file.write_text("item_id\tiri\n" + "".join(rows), "utf-8")
