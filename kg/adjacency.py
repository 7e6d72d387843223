"""The graph as integers: a directed multigraph in compressed sparse rows, with relation ids and inverses marked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg import artefacts
from kg.errors import ArtefactError
from kg.paths.multigraph import Multigraph
from kg.store import GraphStore
from kg.types import Iri, Row, Step, Triple

Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Meetings:
    """How many facts a step can end with and another go on from.

    Attributes:
        relations: Names by relation id.
        counts: Shape (2 * n_relations, 2 * n_relations): facts of a relation by their subjects and, after the
            relations, by their objects, that are the same of any fact of another.
    """

    relations: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    def share(self, step: Step, after: Step) -> float | None:
        """Return the share of a step's facts that the next can go on from, or of the next one's that do, the lower.

        By facts and not by entities: one page that is of an instrument and of a person as well is an entity among many,
        and none of the facts of one of the two. None where one of the relations leads to no entities.
        """
        if step.relation not in self.relations or after.relation not in self.relations:
            return None
        end = self._place(step.relation, as_object=step.direction == "forward")
        start = self._place(after.relation, as_object=after.direction == "inverse")
        shares = [self.counts[at, to] / max(1, self.counts[at, at]) for at, to in ((end, start), (start, end))]
        return float(min(shares))

    def _place(self, relation: str, *, as_object: bool) -> int:
        return self.relations.index(relation) + (len(self.relations) if as_object else 0)


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Every triple between entities, seen from both ends.

    Attributes:
        entities: IRIs by row, sorted.
        relations: Names by relation id.
        predicates: IRIs by relation id.
        indptr: Shape (n_entities + 1,); the edges of row `r` are `indptr[r]:indptr[r + 1]`.
        neighbours: Shape (n_edges,), sorted within a row.
        labels: Shape (n_edges,); `relation_id` where the row is the subject, `~relation_id` where it is the object.
    """

    entities: Sequence[str]
    rows: Mapping[str, int]
    relations: Sequence[str]
    predicates: Sequence[str]
    indptr: Int32
    neighbours: Int32
    labels: Int16

    def row(self, iri: str) -> Row | None:
        found = self.rows.get(iri)
        return None if found is None else Row(found)

    def edges(self, row: int) -> tuple[Int32, Int16]:
        """Return the neighbours of a row and the labels of the edges to them."""
        span = slice(self.indptr[row], self.indptr[row + 1])
        return self.neighbours[span], self.labels[span]

    @property
    def graph(self) -> Multigraph:
        """The same edges for the path engine, which needs no names; a view, without what mapped files cost a call."""
        indptr, neighbours, labels = np.asarray(self.indptr), np.asarray(self.neighbours), np.asarray(self.labels)
        return Multigraph(indptr, neighbours, labels, len(self.relations))

    @property
    def degrees(self) -> Int32:
        return np.diff(self.indptr)

    def meetings(self) -> "Meetings":
        """Count where relations meet."""
        n = len(self.relations)
        kinds = np.where(self.labels >= 0, self.labels, n + ~self.labels).astype(np.int32)
        shape = len(self.entities), 2 * n
        facts = sparse.csr_matrix((np.ones(len(kinds), np.int64), kinds, np.array(self.indptr)), shape=shape)
        facts.sum_duplicates()
        return Meetings(
            tuple(self.relations), sparse.csr_matrix(facts.T @ facts.astype(bool).astype(np.int64)).toarray()
        )

    def triple(self, row: int, label: int, neighbour: int) -> Triple:
        """Return the triple that an edge stands for."""
        subject, obj = (row, neighbour) if label >= 0 else (neighbour, row)
        predicate = self.predicates[label if label >= 0 else ~label]
        return Triple(Iri(self.entities[subject]), Iri(predicate), self.entities[obj])

    def without(self, triples: Collection[Triple]) -> "Adjacency":
        """Return the adjacency without the edges of some triples; entities and relations keep their numbers."""
        ids = {predicate: at for at, predicate in enumerate(self.predicates)}
        gone = [
            (self.rows[one.subject], self.rows[one.object], ids[one.predicate])
            for one in triples
            if not one.literal and one.predicate in ids and one.subject in self.rows and one.object in self.rows
        ]
        table, scale = self.graph.triples(), np.array([len(self.entities) * len(ids), len(ids), 1])
        kept = ~np.isin(table @ scale, np.array(gone, np.int64).reshape(-1, 3) @ scale)
        graph = Multigraph.from_triples(table[kept], len(self.entities), len(self.relations))
        return replace(self, indptr=graph.indptr, neighbours=graph.neighbours, labels=graph.labels)

    def save(self, folder: Path) -> None:
        np.save(folder / "indptr.npy", self.indptr)
        np.save(folder / "neighbours.npy", self.neighbours)
        np.save(folder / "labels.npy", self.labels)
        (folder / "entities.txt").write_text("\n".join(self.entities), "utf-8")

    @classmethod
    def load(cls, folder: Path, relations: Mapping[str, str]) -> "Adjacency":
        """Open saved arrays memory-mapped; `relations` maps names to predicates, in the order of the build.

        Raises:
            ArtefactError: A file is missing or damaged.
        """
        try:
            entities = (folder / "entities.txt").read_text("utf-8").split("\n")
            with artefacts.reading_arrays():
                arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("indptr", "neighbours", "labels")]
        except (OSError, ValueError) as error:
            raise ArtefactError(f"cannot read the adjacency in {folder}: {error}") from error
        return cls(
            entities, {iri: row for row, iri in enumerate(entities)}, list(relations), list(relations.values()), *arrays
        )


def build_adjacency(store: GraphStore, relations: Mapping[str, str], items: Iterable[str]) -> Adjacency:
    """Index the triples of the named relations (name to predicate); items without any are rows too.

    Returns:
        Edges sorted by row, neighbour and label, so that equal graphs give equal arrays.
    """
    facts = [
        (triple.subject, relation_id, triple.object)
        for relation_id, predicate in enumerate(relations.values())
        for triple in store.triples(predicate=predicate)
        if not triple.literal and triple.subject != triple.object
    ]
    entities = sorted({*items, *(fact[0] for fact in facts), *(fact[2] for fact in facts)})
    rows = {iri: row for row, iri in enumerate(entities)}
    table = np.array([(rows[s], rows[o], relation) for s, relation, o in facts], np.int32).reshape(-1, 3)
    graph = Multigraph.from_triples(table, len(entities), len(relations))
    return Adjacency(
        entities,
        rows,
        list(relations),
        list(relations.values()),
        graph.indptr,
        graph.neighbours,
        graph.labels,
    )
