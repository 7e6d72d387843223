"""The graph store: rdflib's interface over Oxigraph, in memory or on disk, and the pattern interface for hot paths."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import pyoxigraph as ox
import rdflib
from oxrdflib import OxigraphStore

from kg.errors import GraphError
from kg.types import Iri, Triple

_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}


class GraphStore:
    """Triples behind one face.

    Args:
        path: Folder of a store on disk; None keeps everything in memory.
        read_only: Open a store on disk so that many processes can read it at once.

    Raises:
        GraphError: The folder cannot be opened, or another process is writing to it.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        self.path = path
        try:
            self._store = _open(path, read_only=read_only)
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

        Raises:
            GraphError: The file is missing, empty, of an unknown format, damaged, or has a syntax error;
                the message names the file and, where known, the line.
        """
        rdf_format = _FORMATS.get(Path(file.name.removesuffix(".gz")).suffix)
        if rdf_format is None:
            raise GraphError(f"{file}: expected one of {', '.join(sorted(_FORMATS))} (or with .gz)")
        before = len(self._store)
        try:
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            self._store.bulk_load(data, format=rdf_format)
        except SyntaxError as error:
            raise GraphError(f"{file}, line {error.lineno}: {error.msg}") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise GraphError(f"{file} is a damaged gzip file ({error}); fetch it again.") from error
        except (OSError, ValueError) as error:
            raise GraphError(f"cannot read the graph file {file}: {error}") from error
        if len(self._store) == before:
            raise GraphError(f"{file} holds no triples that are new; is it empty?")

    def optimize(self) -> None:
        """Compact a store on disk after loading."""
        if self.path is not None:
            self._store.optimize()
            self._store.flush()

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
        """Tell whether the graph states a triple; a literal is compared by its lexical form."""
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
        """Yield the triples of the default graph that match a pattern of IRIs; blank nodes are left out.

        What is no IRI matches nothing.
        """
        try:
            pattern = [None if part is None else ox.NamedNode(part) for part in (subject, predicate, obj)]
        except ValueError:
            return
        for quad in self._store.quads_for_pattern(pattern[0], pattern[1], pattern[2], ox.DefaultGraph()):
            triple = as_triple(quad.subject, quad.predicate, quad.object)
            if triple is not None:
                yield triple

    def has_entity(self, iri: str) -> bool:
        """Tell whether an IRI is the subject or the object of a triple."""
        return next(self.triples(subject=iri), None) is not None or next(self.triples(obj=iri), None) is not None


def as_triple(subject: object, predicate: ox.NamedNode, obj: object) -> Triple | None:
    """Return Oxigraph's terms as a triple; None where a blank node is involved."""
    if not isinstance(subject, ox.NamedNode) or not isinstance(obj, ox.NamedNode | ox.Literal):
        return None
    return Triple(Iri(subject.value), Iri(predicate.value), obj.value, isinstance(obj, ox.Literal))


def _open(path: Path | None, *, read_only: bool) -> ox.Store:
    if path is None:
        return ox.Store()
    return ox.Store.read_only(str(path)) if read_only else ox.Store(str(path))
