"""Import of a folder with a graph, items and interactions as a domain of its own."""

import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from kg import artefacts
from kg import namespaces as ns
from kg.domain import BUILT_IN, Domain, Domains
from kg.errors import DomainError, GraphError, InteractionsError, ManifestError
from kg.interactions import ITEM_ID, VALUES, read_table
from kg.manifest import MANIFEST_FILE, NAME_PATTERN, Manifest, load_manifest
from kg.schema import GraphSchema, entity_types, infer_schema
from kg.store import GraphStore

HISTORY, HELD_OUT = ("train.tsv", "valid.tsv"), ("test.tsv",)
PHRASEBOOK = BUILT_IN / "phrasebook.toml"
SAID_TWICE = 0.98
"""Two predicates whose pairs agree to this share are one relation under two names."""

NEARLY_ALL = 0.95
"""Share of the items that a class must have to give them its name."""

LIKED_SHARE = 0.75
"""On an explicit scale the upper quarter counts as liked: 4 and 5 of 1..5."""


@dataclass(frozen=True, slots=True)
class Import:
    """What an import did; `said_twice` names predicates left out, with the one that says the same."""

    domain: Domain
    said_twice: dict[str, str]


def import_domain(source: Path, name: str, domains: Domains, *, replace: bool = False) -> Import:
    """Copy a dataset folder (`kg.*`, `items.tsv`, `{train,valid,test,users}.tsv`) into a domain of that name.

    The manifest is written from the graph's inferred schema and can be edited afterwards. Nothing of an existing
    domain is touched before the new one is whole.

    Raises:
        DomainError: The name cannot be, is taken, or the folder lacks a file.
        GraphError, InteractionsError: A file cannot be read.
    """
    _check_name(name, domains, replace=replace)
    if not source.is_dir():
        raise DomainError(f"{source} is no folder; expected one with kg.nt.gz, items.tsv and train.tsv.")
    target, said_twice = domains.imported / name, {}
    if not replace:
        artefacts.stage(target, lambda partial: said_twice.update(_fill(source, name, partial)))
        return Import(Domain(target, load_manifest(target)), said_twice)
    fresh = domains.imported / f".{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)  # an interrupted import may have left one
    artefacts.stage(fresh, lambda partial: said_twice.update(_fill(source, name, partial)))
    shutil.rmtree(target, ignore_errors=True)
    fresh.replace(target)
    return Import(Domain(target, load_manifest(target)), said_twice)


def _check_name(name: str, domains: Domains, *, replace: bool) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise DomainError(f"a domain's name must match {NAME_PATTERN}, got {name[:60]!r}.")
    taken = domains.folders().get(name)
    if taken is not None and not (replace and taken.parent == domains.imported):
        raise DomainError(
            f"there is a domain {name!r} already ({taken}); choose another name, or --replace an imported one."
        )


def _fill(source: Path, name: str, folder: Path) -> dict[str, str]:
    graph_file = _graph_file(source)
    store = GraphStore.from_files([graph_file])
    said_twice = find_relations_said_twice(store)
    files = [
        graph_file,
        *(found for table in ("items.tsv", "users.tsv", *HISTORY, *HELD_OUT) if (found := _table(source, table))),
    ]
    manifest = _manifest(source, name, graph_file, store, said_twice)
    _check(manifest, folder)
    for file in files:
        shutil.copyfile(file, folder / file.name)
    (folder / MANIFEST_FILE).write_text(tomli_w.dumps(manifest), "utf-8")
    domain = Domain(folder, load_manifest(folder))
    item_class = domain.manifest.items.item_class
    catalogue = sorted(triple.subject for triple in store.triples(predicate=ns.RDF_TYPE, obj=item_class))
    domain.history(catalogue)
    domain.held_out(catalogue)
    return said_twice


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


def _manifest(
    source: Path, name: str, graph_file: Path, store: GraphStore, said_twice: dict[str, str]
) -> dict[str, Any]:
    schema = infer_schema(store)
    item_class = _item_class(source, schema)
    interactions = _interactions(source)
    return {
        "name": name,
        "title": name,
        "description": f"Imported from {source.name}.",
        "items": {"class": item_class, **_item_nouns(store, schema, item_class)},
        "graph": {"files": [graph_file.name]},
        "interactions": interactions,
        "relations": _relations(schema, said_twice),
    }


def _interactions(source: Path) -> dict[str, Any]:
    history = [table for table in HISTORY if _table(source, table)]
    if not history:
        raise DomainError(
            f"{source} holds no interactions: expected train.tsv (user_id, item_id or item_iri, rating or weight)."
        )
    first = _table(source, history[0])
    header = next(iter(read_table(first, ("user_id",))), (0, {}))[1] if first else {}
    told: dict[str, Any] = {"history": history, "held_out": [table for table in HELD_OUT if _table(source, table)]}
    if ITEM_ID in header:
        told["items"] = "items.tsv"
    if _table(source, "users.tsv"):
        told["users"] = "users.tsv"
    if VALUES[0] in header and first:
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


def _item_class(source: Path, schema: GraphSchema) -> str:
    if ns.CATALOG_ITEM in schema.classes:
        return ns.CATALOG_ITEM
    raise GraphError(f"{source}: no entity is of class {ns.CATALOG_ITEM}, which marks what may be recommended.")


def _item_nouns(store: GraphStore, schema: GraphSchema, item_class: str) -> dict[str, Any]:
    """Name the items after the smallest class that nearly all of them share; "item" where there is none."""
    classes = entity_types(store)
    items = [members for members in classes.values() if item_class in members]
    counts = Counter(cls for members in items for cls in members if cls != item_class)
    shared = [cls for cls, count in counts.items() if count >= NEARLY_ALL * len(items)]
    smallest = min(shared, key=lambda cls: (schema.classes[cls], cls), default="item")
    noun = " ".join(_words(smallest))
    return _phrasebook()["class"].get(smallest) or {"noun": noun, "plural": f"{noun}s"}


def _relations(schema: GraphSchema, said_twice: dict[str, str]) -> dict[str, Any]:
    book = _phrasebook()
    spoken = [
        entry
        for entry in schema.relations.values()
        if entry.predicate not in said_twice
        and entry.predicate not in {*ns.LABEL_PREDICATES, *ns.ALIAS_PREDICATES, *ns.DESCRIPTION_PREDICATES}
        and (entry.range or entry.is_numeric)
    ]
    told: dict[str, Any] = {}
    for entry in spoken:
        known = dict(book.get(entry.predicate) or _plain(entry.predicate))
        name = _free_name(known.pop("name"), told)
        told[name] = {"iri": entry.predicate, **known}
    return told


def _free_name(name: str, taken: Container[str]) -> str:
    """Number a name that another predicate with the same local name has."""
    numbered = (f"{name}_{number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _phrasebook() -> dict[str, Any]:
    return tomllib.loads(PHRASEBOOK.read_text("utf-8"))


def _plain(predicate: str) -> dict[str, Any]:
    """Name a predicate that the phrasebook lacks after its local name: `recordLabel` is "record label"."""
    words = (
        "".join(f" {char.lower()}" if char.isupper() else char for char in ns.local_name(predicate))
        .replace("_", " ")
        .split()
    )
    name = "_".join("".join(char for char in word if char.isascii() and char.isalnum()) for word in words).lstrip(
        "0123456789_"
    )
    return {"name": name or "relation", "noun": " ".join(words), "cues": words, "weight": 0.5}


def _words(iri: str) -> list[str]:
    spaced = "".join(f" {char.lower()}" if char.isupper() else char for char in ns.local_name(iri))
    return spaced.replace("_", " ").split()


def find_relations_said_twice(store: GraphStore) -> dict[str, str]:
    """Return predicates whose subject-object pairs another, earlier predicate says too, with that other."""
    pairs: dict[str, set[tuple[str, str]]] = {}
    for triple in store.triples():
        if not triple.literal and triple.predicate != ns.RDF_TYPE:
            pairs.setdefault(triple.predicate, set()).add((triple.subject, triple.object))
    kept: list[str] = []
    twice: dict[str, str] = {}
    for predicate in sorted(pairs, key=lambda one: (-len(pairs[one]), one)):
        same = next((one for one in kept if _agree(pairs[one], pairs[predicate])), None)
        if same is None:
            kept.append(predicate)
        else:
            twice[predicate] = same
    return twice


def _agree(left: set[tuple[str, str]], right: set[tuple[str, str]]) -> bool:
    if min(len(left), len(right)) < SAID_TWICE * max(len(left), len(right)):
        return False
    return len(left & right) >= SAID_TWICE * max(len(left), len(right))
