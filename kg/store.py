"""The graph store: rdflib's interface over Oxigraph, in memory or on disk, and the pattern interface for hot paths."""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol, Self

import pyoxigraph as ox
import rdflib
from oxrdflib import OxigraphStore

from kg.errors import GraphError, StoreVersionError
from kg.types import Iri, Triple

STORE_FORMAT = 1
"""Raised when stores on disk change so that an older one cannot be read as it stands."""

STAMP = "thence.format"
"""The file in a store's folder that holds `STORE_FORMAT`; the engine leaves it alone, and a backup leaves it out."""

MAX_DOCTYPE = 1 << 20
"""Bytes at the beginning of an XML file in which entities are declared."""

_NESTED_ENTITY = re.compile(rb"""<!ENTITY\s[^>"']*(?:"[^"]*&[^"]*"|'[^']*&[^']*')""")

_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}


class TripleStore(Protocol):
    """What can be asked of a graph, wherever it is: in memory, on disk or behind a SPARQL endpoint.

    What is no IRI matches nothing. An answer holds each triple once, in no particular order.
    """

    def __len__(self) -> int:
        """Return the number of triples, those with blank nodes too."""
        ...

    def __contains__(self, triple: Triple) -> bool:
        """Tell whether the graph states a triple; a literal is compared by its lexical form."""
        ...

    def triples(
        self, subject: str | None = None, predicate: str | None = None, obj: str | None = None
    ) -> Iterator[Triple]:
        """Yield the triples that match a pattern of IRIs; those with a blank node are left out."""
        ...

    def statements(
        self, subject: str | None = None, predicate: str | None = None, obj: str | None = None
    ) -> Iterator[ox.Triple]:
        """Yield the same triples in RDF terms, with the languages and the datatypes of their literals."""
        ...

    def has_entity(self, iri: str) -> bool:
        """Tell whether an IRI is the subject or the object of a triple without a blank node."""
        ...


class GraphStore:
    """A `TripleStore` of our own: the default graph of an Oxigraph store.

    Args:
        path: Folder of a store on disk; None keeps everything in memory.
        read_only: Open a store on disk so that many processes can read it at once.

    Raises:
        StoreVersionError: The store is of another version.
        GraphError: The folder cannot be opened, or another process is writing to it.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        self.path = path
        if path is not None:
            _check_version(path)
        try:
            self._store = _open(path, read_only=read_only)
            if path is not None and not read_only:
                _stamp(path)
        except OSError as error:
            raise GraphError(
                f"cannot open the graph store {path}: {error}. Is another process writing to it?"
            ) from error

    @classmethod
    def from_files(cls, files: Iterable[Path], path: Path | None = None) -> Self:
        """Load RDF files into a new store; see `load`."""
        store = cls(path)
        for file in files:
            store.load(file)
        store.optimize()
        return store

    def load(self, file: Path) -> None:
        """Add the triples of one RDF file; its format follows from its suffix, `.gz` is unpacked.

        The file is streamed. Where it breaks off, a store may hold some of its triples.

        Raises:
            GraphError: The file is missing, empty, of an unknown format, damaged, or has a syntax error;
                the message names the file and, where known, the line.
        """
        rdf_format = format_of(file)
        if rdf_format == ox.RdfFormat.RDF_XML:
            _check_entities(file)
        before = len(self._store)
        try:
            if file.suffix == ".gz":
                with open_rdf(file) as stream:
                    self._store.bulk_load(stream, format=rdf_format)
            else:  # the engine reads a file of its own in several threads
                self._store.bulk_load(path=str(file), format=rdf_format)
        except SyntaxError as error:
            raise GraphError(f"{file}, line {error.lineno}: {error.msg}") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise damaged_gzip(file, error) from error
        except (OSError, ValueError) as error:
            raise GraphError(f"cannot read the graph file {file}: {error}") from error
        if len(self._store) == before:
            raise GraphError(f"{file} holds no triples that are new; is it empty?")

    def optimize(self) -> None:
        """Compact a store on disk after loading."""
        if self.path is not None:
            self._store.optimize()
            self._store.flush()

    def copy_to(self, path: Path) -> "GraphStore":
        """Open a copy of a store on disk for writing; unchanged files are shared by hard links, so it costs little.

        Raises:
            GraphError: The folder is there already, or the store lies in memory.
        """
        try:
            self._store.backup(str(path))
            _stamp(path)
        except (OSError, RuntimeError) as error:
            raise GraphError(f"cannot copy the graph store {self.path} to {path}: {error}") from error
        return GraphStore(path)

    @property
    def engine(self) -> ox.Store:
        """The Oxigraph store itself."""
        return self._store

    @property
    def rdf(self) -> rdflib.Graph:
        """The same triples as an rdflib graph (default graph)."""
        return rdflib.Graph(OxigraphStore(store=self._store), identifier=rdflib.graph.DATASET_DEFAULT_GRAPH_ID)

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, triple: Triple) -> bool:
        if triple.literal:
            return any(one == triple for one in self.triples(triple.subject, triple.predicate))
        try:
            parts = [ox.NamedNode(part) for part in (triple.subject, triple.predicate, triple.object)]
        except ValueError:  # what is no IRI is in no triple
            return False
        return ox.Quad(*parts) in self._store

    def triples(
        self, subject: str | None = None, predicate: str | None = None, obj: str | None = None
    ) -> Iterator[Triple]:
        for quad in self._quads(subject, predicate, obj):
            triple = as_triple(quad.subject, quad.predicate, quad.object)
            if triple is not None:
                yield triple

    def statements(
        self, subject: str | None = None, predicate: str | None = None, obj: str | None = None
    ) -> Iterator[ox.Triple]:
        for quad in self._quads(subject, predicate, obj):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                yield quad.triple

    def has_entity(self, iri: str) -> bool:
        return next(self.triples(subject=iri), None) is not None or next(self.triples(obj=iri), None) is not None

    def _quads(self, subject: str | None, predicate: str | None, obj: str | None) -> Iterator[ox.Quad]:
        try:
            s, p, o = (None if part is None else ox.NamedNode(part) for part in (subject, predicate, obj))
        except ValueError:
            return iter(())
        found: Iterator[ox.Quad] = self._store.quads_for_pattern(s, p, o, ox.DefaultGraph())
        return found


def as_triple(subject: object, predicate: ox.NamedNode, obj: object) -> Triple | None:
    """Return Oxigraph's terms as a triple; None where a blank node is involved."""
    if not isinstance(subject, ox.NamedNode) or not isinstance(obj, ox.NamedNode | ox.Literal):
        return None
    return Triple(Iri(subject.value), Iri(predicate.value), obj.value, isinstance(obj, ox.Literal))


def format_of(file: Path) -> ox.RdfFormat:
    """Return the RDF format that a file's suffix says.

    Raises:
        GraphError: The suffix says none.
    """
    found = _FORMATS.get(Path(file.name.removesuffix(".gz")).suffix)
    if found is None:
        raise GraphError(f"{file}: expected one of {', '.join(sorted(_FORMATS))} (or with .gz)")
    return found


def _check_entities(file: Path) -> None:
    """Refuse XML entities made of entities: a few lines of them unfold to gigabytes, and no RDF needs one.

    Raises:
        GraphError: There is one; or the file cannot be read.
    """
    try:
        with open_rdf(file) as stream:
            head = stream.read(MAX_DOCTYPE)
    except (OSError, EOFError, zlib.error) as error:
        raise GraphError(f"cannot read the graph file {file}: {error}") from error
    nested = _NESTED_ENTITY.search(head)
    if nested is not None:
        line = head[: nested.start()].count(b"\n") + 1
        raise GraphError(f"{file}, line {line}: an XML entity holds another one, which is refused; write it out.")


def damaged_gzip(file: Path, error: Exception) -> GraphError:
    """Return the error of a packed file that breaks off or holds no gzip, with the line up to which it can be read."""
    lines = 0
    with suppress(EOFError, zlib.error, OSError), open_rdf(file) as stream:
        for _ in stream:
            lines += 1
    return GraphError(f"{file} is a damaged gzip file, readable up to line {lines + 1} ({error}); fetch it again.")


def open_rdf(file: Path) -> IO[bytes]:
    """Open a file for reading, unpacking it where its name ends in `.gz`."""
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def _open(path: Path | None, *, read_only: bool) -> ox.Store:
    if path is None:
        return ox.Store()
    return ox.Store.read_only(str(path)) if read_only else ox.Store(str(path))


def _stamp(path: Path) -> None:
    (path / STAMP).write_text(f"{STORE_FORMAT}\n", "utf-8")


def _check_version(path: Path) -> None:
    """Refuse a store of another version before the engine touches it: opening one for writing may convert it."""
    stamp, engine = path / STAMP, path / "CURRENT"
    found = stamp.read_text("utf-8").strip() if stamp.is_file() else "0"
    if engine.is_file() and found != str(STORE_FORMAT):
        raise StoreVersionError(
            f"the graph store {path} is of format {found[:20]}, and this version of Thence reads {STORE_FORMAT}. "
            "It was left as it is: use it with the version that made it, or build it anew from its files."
        )
