"""A first manifest for a graph, drafted from its inferred schema: what is recommended, and what may be said of it."""

import tomllib
from collections import Counter
from collections.abc import Container, Sequence
from itertools import count
from typing import Any

import pyoxigraph as ox

from kg import namespaces as ns
from kg.agreement import relations_said_twice
from kg.domain import BUILT_IN
from kg.errors import GraphError, suggestion
from kg.schema import GraphSchema, entity_types
from kg.store import GraphStore

PHRASEBOOK = BUILT_IN / "phrasebook.toml"
SAID_TWICE = 0.96
"""Two predicates whose pairs agree to this Jaccard index are one relation under two names. The import leaves one out
unasked, and so wants more agreement than `thence kg clean`, which proposes."""

NEARLY_ALL = 0.95
"""Share of the items that a class must have to give them its name."""

MOST_CLASSES = 8
"""Classes that an error lists; the largest come first."""


def choose_item_class(schema: GraphSchema, wanted: str | None) -> str:
    """Return the class of what may be recommended.

    Args:
        schema: Of the graph.
        wanted: An IRI or a local name; None: the class that marks catalogue items, or the only one that there is.

    Raises:
        GraphError: No such class, several, or nothing says which; the message lists the classes.
    """
    if wanted is None:
        if ns.CATALOG_ITEM in schema.classes:
            return ns.CATALOG_ITEM
        if len(schema.classes) == 1:
            return next(iter(schema.classes))
        raise GraphError(
            f"no entity is of class {ns.CATALOG_ITEM}, which marks what may be recommended; "
            f"say which class it is. {_listed(schema)}"
        )
    found = [cls for cls in schema.classes if wanted in (cls, ns.local_name(cls))]
    if len(found) == 1:
        return found[0]
    said = f"{len(found)} classes are called" if found else "no entity is of class"
    raise GraphError(f"{said} {wanted!r}.{suggestion(found)} {_listed(schema)}")


def draft_relations(schema: GraphSchema, said_twice: Container[str]) -> dict[str, Any]:
    """Return `[relations]` of a manifest: every predicate that is no label and links entities or holds numbers."""
    book = read_phrasebook()
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


def draft_nouns(store: GraphStore, schema: GraphSchema, item_class: str) -> dict[str, Any]:
    """Name the items after the smallest class that nearly all of them share, their own included; else "item"."""
    items = [members for members in entity_types(store).values() if item_class in members]
    counts = Counter(cls for members in items for cls in members if cls != ns.CATALOG_ITEM)
    shared = [cls for cls, members in counts.items() if members >= NEARLY_ALL * len(items)]
    smallest = min(shared, key=lambda cls: (schema.classes[cls], cls), default="item")
    noun = " ".join(_words(smallest))
    return read_phrasebook()["class"].get(smallest) or {"noun": noun, "plural": f"{noun}s"}


def find_relations_said_twice(store: GraphStore) -> dict[str, str]:
    """Return predicates whose subject-object pairs another one says too, with that other.

    Pairs are looked up in the store and a comparison ends at the first miss too many, so that the memory does not
    grow with the graph.
    """
    sizes: Counter[str] = Counter()
    for triple in store.triples():
        if not triple.literal and triple.predicate != ns.RDF_TYPE:
            sizes[triple.predicate] += 1

    def shared(kept: str, other: str, needed: int) -> int:
        return _shared(store, kept, other, most=sizes[other] - needed)

    return {one.predicate: one.kept for one in relations_said_twice(sizes, shared, SAID_TWICE)}


def read_phrasebook() -> dict[str, Any]:
    """Return how predicates of common vocabularies are said, by predicate."""
    return tomllib.loads(PHRASEBOOK.read_text("utf-8"))


def _listed(schema: GraphSchema) -> str:
    most = list(schema.classes.items())[:MOST_CLASSES]
    told = ", ".join(f"{cls} ({size:,})" for cls, size in most) or "none"
    return f"Classes of the graph: {told}{', ...' if len(schema.classes) > MOST_CLASSES else ''}."


def _free_name(name: str, taken: Container[str]) -> str:
    """Number a name that another predicate with the same local name has."""
    numbered = (f"{name}_{number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _plain(predicate: str) -> dict[str, Any]:
    """Name a predicate that the phrasebook lacks after its local name: `recordLabel` is "record label"."""
    words = _words(predicate)
    name = "_".join("".join(char for char in word if char.isascii() and char.isalnum()) for word in words).lstrip(
        "0123456789_"
    )
    return {"name": name or "relation", "noun": " ".join(words), "cues": words, "weight": 0.5}


def _words(iri: str) -> Sequence[str]:
    spaced = "".join(f" {char.lower()}" if char.isupper() else char for char in ns.local_name(iri))
    return spaced.replace("_", " ").split()


def _shared(store: GraphStore, kept: str, other: str, *, most: int) -> int:
    """Return how many pairs of a predicate another one has too; 0 where more than `most` are missing."""
    found, missing, predicate = 0, 0, ox.NamedNode(kept)
    for triple in store.triples(predicate=other):
        if not triple.literal:
            there = ox.Quad(ox.NamedNode(triple.subject), predicate, ox.NamedNode(triple.object)) in store.engine
            found, missing = found + there, missing + (not there)
            if missing > most:
                return 0
    return found
