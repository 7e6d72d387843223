"""What the commands about domains tell: rows and summaries made from a domain."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.cli import session
from kg.errors import ManifestError

if TYPE_CHECKING:
    from kg.domain import Domains
    from kg.interactions import Interactions
    from kg.snapshot import Snapshot
    from kg.succession import Carried


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain of the list; `error` says what is wrong with its manifest."""

    name: str
    title: str
    items: str
    folder: str
    imported: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One relation that a domain speaks of."""

    name: str
    noun: str
    weight: float
    triples: int


@dataclass(frozen=True, slots=True)
class DomainSummary:
    """What is in a domain."""

    name: str
    title: str
    description: str
    languages: list[str]
    noun: str
    plural: str
    items: int
    users: int
    interactions: int
    scale: str
    liked_from: float | None
    entities: int
    triples: int
    relations: list[RelationRow]
    examples: list[str]


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user, with the size of the history."""

    user: str
    interactions: int
    liked: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item; `liked_by` is the number of users who liked it."""

    iri: str
    label: str
    liked_by: int


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """What a domain kept of the one that it replaced; see `kg.succession.Carried`."""

    changes: int
    set_aside: int
    files: tuple[str, ...]
    manifest: str


def carried_row(carried: "Carried") -> CarriedRow:
    """Return what came along as it is printed."""
    return CarriedRow(carried.changes, carried.set_aside, carried.files, carried.manifest)


def carried_lines(carried: CarriedRow) -> list[str]:
    """Return what came along, and what did not, in sentences; none where there was nothing."""
    from kg.succession import SET_ASIDE_FILE  # noqa: PLC0415 - brings pyoxigraph

    lines = [f"Kept {carried.changes:,} changes of the graph that was there."] if carried.changes else []
    if carried.set_aside:
        lines.append(
            f"Set aside {carried.set_aside:,} changes that the new graph does not admit as they are: {SET_ASIDE_FILE}; "
            "`thence kg clean` finds what is still to do."
        )
    if carried.files:
        lines.append(f"Kept {', '.join(carried.files)}.")
    if carried.manifest:
        lines.append(f"domain.toml is drafted anew; the one that was there is {carried.manifest}.")
    return lines


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did.

    Attributes:
        said_twice: Predicates left out, with those that say the same.
        carried: What came along of the domain that it replaced.
    """

    name: str
    folder: str
    said_twice: dict[str, str]
    carried: CarriedRow


def domain_row(known: "Domains", name: str) -> DomainRow:
    """Return one row of the list of domains."""
    folder = known.folders()[name]
    imported = folder.parent == known.imported
    try:
        manifest = known.find(name).manifest
    except ManifestError as error:
        return DomainRow(name, "", "", str(folder), imported, str(error))
    return DomainRow(name, manifest.title, manifest.items.plural, str(folder), imported)


def summarise(snapshot: "Snapshot") -> DomainSummary:
    """Count what is in a domain."""
    manifest, interactions, schema = snapshot.manifest, snapshot.interactions, snapshot.schema
    counts = {iri: relation.count for iri, relation in schema.relations.items()}
    return DomainSummary(
        name=manifest.name,
        title=manifest.title,
        description=manifest.description,
        languages=list(manifest.languages),
        noun=manifest.items.noun,
        plural=manifest.items.plural,
        items=len(snapshot.items),
        users=len(interactions.users),
        interactions=int(interactions.values.nnz),
        scale=manifest.interactions.scale,
        liked_from=manifest.interactions.liked_from,
        entities=len(snapshot.adjacency.entities),
        triples=sum(counts.values()),
        relations=[
            RelationRow(name, relation.noun, relation.weight, counts.get(relation.iri, 0))
            for name, relation in manifest.relations.items()
        ],
        examples=list(manifest.examples),
    )


def user_rows(interactions: "Interactions", limit: int) -> list[UserRow]:
    """Return the first users, in the order of the data."""
    sizes, liked = (matrix.indptr.tolist() for matrix in (interactions.values, interactions.liked))
    return [
        UserRow(user, sizes[row + 1] - sizes[row], liked[row + 1] - liked[row])
        for row, user in enumerate(interactions.users[:limit])
    ]


def search_items(snapshot: "Snapshot", text: str) -> list[str]:
    """Return the items with a name that holds the text, case and accents aside; else those with a similar name."""
    wanted = session.fold(text)
    held = [iri for iri in snapshot.items if any(wanted in session.fold(one) for one in snapshot.labels.names(iri))]
    return held or [one.iri for one in snapshot.linker.link(text) if one.iri in snapshot.item_columns]


def item_rows(snapshot: "Snapshot", found: Iterable[str]) -> list[ItemRow]:
    """Return items, those that most users liked first."""
    liked = snapshot.interactions.popularity
    rows = [ItemRow(iri, snapshot.label(iri), int(liked[snapshot.item_columns[iri]])) for iri in found]
    return sorted(rows, key=lambda row: (-row.liked_by, row.label, row.iri))
