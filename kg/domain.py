"""Domain folders: where they are, and what is in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from rapidfuzz import process

from kg import artefacts
from kg.changes import CHANGES_FILE, ChangeLog
from kg.errors import DomainError, UnknownDomainError, suggestion
from kg.interactions import Interactions, load_interactions
from kg.manifest import MANIFEST_FILE, Manifest, load_manifest
from kg.remote.access import EndpointAccess
from kg.tables import read_table
from kg.user_attributes import NO_ATTRIBUTES, UserAttributes, load_user_attributes

BUILT_IN = Path(__file__).parent
"""The sample domains are folders beside this file."""

SHAPES_FILE = "shapes.ttl"
REVISION_FILE = "revision.txt"


@dataclass(frozen=True)
class Domain:
    """One catalogue: a folder with a manifest, a graph and, mostly, interactions.

    Attributes:
        overlay: Where what a user adds to a read-only sample lies; None: in the domain's own folder.
        access: How the endpoint that may hold the graph is asked.
    """

    folder: Path
    manifest: Manifest
    overlay: Path | None = None
    access: EndpointAccess = field(default=EndpointAccess(), repr=False)

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def graph_files(self) -> list[Path]:
        return [self._file(name) for name in self.manifest.graph.files]

    @property
    def changes_file(self) -> Path:
        """The log of what `thence kg clean` changed; it need not be there."""
        return (self.overlay or self.folder) / CHANGES_FILE

    @property
    def shapes_file(self) -> Path:
        """The SHACL shapes of the graph; they need not be there."""
        return (self.overlay or self.folder) / SHAPES_FILE

    @property
    def revision_file(self) -> Path:
        """Says when the graph was last read out of its endpoint again; it need not be there."""
        return (self.overlay or self.folder) / REVISION_FILE

    @cached_property
    def revision(self) -> str:
        """The time at which the graph was read out of its endpoint again; empty before the first time."""
        return self.revision_file.read_text("utf-8") if self.revision_file.is_file() else ""

    @cached_property
    def changes(self) -> ChangeLog:
        """What was changed in the graph since its files were written."""
        return ChangeLog(self.changes_file)

    @cached_property
    def listed_items(self) -> Mapping[str, str]:
        """IRIs by the short item ids of the items' table, as it has them; empty where there is none."""
        name = self.manifest.interactions.items
        if name is None:
            return {}
        return {row["item_id"]: row["iri"] for _, row in read_table(self._file(name), ("item_id", "iri"))}

    @cached_property
    def item_ids(self) -> Mapping[str, str]:
        """IRIs by what else may name an item: its short ids, and IRIs that were merged into it."""
        merged = self.changes.merged
        return {name: merged.get(iri, iri) for name, iri in self.listed_items.items()} | merged

    @cached_property
    def user_attributes(self) -> UserAttributes:
        """What the users' table tells of people, as far as the manifest wants it."""
        tables = self.manifest.interactions
        if tables.users is None or tables.user_attributes == ():
            return NO_ATTRIBUTES
        return load_user_attributes(self._file(tables.users), tables.user_attributes)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of everything that the fitted artefacts depend on."""
        tables = self.manifest.interactions
        named = [name for name in (tables.items, tables.users) if name]
        names = [MANIFEST_FILE, *self.manifest.graph.files, *tables.history, *named]
        return artefacts.fingerprint((self._file(name) for name in names), self.changes.data + self.revision.encode())

    def with_changes(self, log: ChangeLog) -> "Domain":
        """Return the domain as it is with another change log, which need not be written yet."""
        return self._with("changes", log)

    def with_revision(self, revision: str) -> "Domain":
        """Return the domain as it is once its endpoint was read at another time, which need not be written yet."""
        return self._with("revision", revision)

    def history(self, catalogue: Sequence[str]) -> Interactions:
        """Return what the users did, without the held-out tables, and what is known of them."""
        return self._interactions(self.manifest.interactions.history, catalogue)

    def held_out(self, catalogue: Sequence[str]) -> Interactions:
        """Return the interactions that only an evaluation may see."""
        return self._interactions(self.manifest.interactions.held_out, catalogue)

    def _interactions(self, tables: Sequence[str], catalogue: Sequence[str]) -> Interactions:
        files, liked_from = [self._file(name) for name in tables], self.manifest.interactions.liked_from
        return replace(
            load_interactions(files, catalogue, liked_from, self.item_ids), user_attributes=self.user_attributes
        )

    def _with(self, name: str, value: object) -> "Domain":
        other = replace(self)
        vars(other)[name] = value  # where a cached property keeps what it read
        return other

    def _file(self, name: str) -> Path:
        try:
            path = (self.folder / name).resolve()
        except ValueError as error:  # a NUL
            raise DomainError(f"{self.folder / MANIFEST_FILE} names {name!r}, which is no file's name.") from error
        if not path.is_relative_to(self.folder.resolve()):
            raise DomainError(f"{self.folder / MANIFEST_FILE} names {name}, which lies outside the domain's folder.")
        packed = path.with_name(path.name + ".gz")
        if not path.exists() and packed.exists():
            return packed
        if not path.is_file():
            raise DomainError(f"{self.folder / MANIFEST_FILE} names {name}, which is not there.")
        return path


class Domains:
    """The domains of one machine: the built-in samples and those imported under `home`."""

    def __init__(self, home: Path, access: EndpointAccess = EndpointAccess()) -> None:  # noqa: B008 - frozen
        self.home = home
        self.access = access

    @property
    def imported(self) -> Path:
        return self.home / "domains"

    def folders(self) -> dict[str, Path]:
        """Return domain folders by name; an imported domain hides a sample of the same name."""
        found = [path.parent for root in (BUILT_IN, self.imported) for path in sorted(root.glob(f"*/{MANIFEST_FILE}"))]
        return {folder.name: folder for folder in found if "." not in folder.name}  # `.partial`: not whole yet

    def find(self, name: str) -> Domain:
        """Return a domain by its name or by the path of its folder.

        Raises:
            UnknownDomainError: Neither; the message lists what there is.
            ManifestError: Its manifest is broken.
        """
        folder = self.folders().get(name)
        if folder is None and _is_domain(Path(name)):
            folder = Path(name)
        if folder is None:
            known = sorted(self.folders())
            near = [found for found, *_ in process.extract(name[:100], known, limit=2, score_cutoff=60)]
            raise UnknownDomainError(
                f"there is no domain {name[:100]!r}.{suggestion(near)} Known: {', '.join(known)}. "
                "`thence domain import PATH --name NAME` adds one."
            )
        sample = folder.resolve().is_relative_to(BUILT_IN.resolve())
        overlay = self.home / "overlays" / folder.name if sample else None
        return Domain(folder, load_manifest(folder), overlay, self.access)

    def fitted(self, domain: Domain) -> Path:
        """Return the folder of a domain's fitted artefacts; another content of the domain has another folder."""
        return self.home / "fitted" / f"{domain.name}-{domain.fingerprint}"


def _is_domain(folder: Path) -> bool:
    try:
        return (folder / MANIFEST_FILE).is_file()
    except OSError:  # longer than any path can be
        return False
