"""The tool `sparql`: facts, relation walks and linked items as look-ups with typed parameters, and a guarded query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from kg.snapshot import STORE, Snapshot
from kg.types import Iri, Step, Triple
from tools.errors import ToolError, UnknownNameError
from tools.result import FLAGGED, clipped, marked
from tools.sparql_process import QueryProcess
from tools.sparql_walk import RelationWalker, WalkResult
from tools.sparql_worker import Form, Kind, Request

MAX_ROWS = 1_000
MAX_SECONDS = 60.0
_CELL = 80


@dataclass(frozen=True, slots=True)
class FactsResult:
    """What the graph states about an entity.

    Attributes:
        found: How many facts there are, those beyond the limit too.
        told: The facts in words, those that the domain's shapes refuse with a mark.
        flagged: Those of the triples that the shapes refuse.
    """

    entity: Iri
    label: str
    triples: tuple[Triple, ...]
    found: int
    told: tuple[str, ...]
    flagged: tuple[Triple, ...] = ()

    @property
    def truncated(self) -> bool:
        return self.found > len(self.triples)

    @property
    def text(self) -> str:
        return clipped(f"{self.label}: {'; '.join(self.told) or 'no facts'}")

    @property
    def size(self) -> int:
        return len(self.triples)


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """An item with the triples that link it to the entity asked for; `flagged`: the domain's shapes refuse them all."""

    iri: Iri
    label: str
    triples: tuple[Triple, ...]
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class ItemsResult:
    """The items linked to an entity, in catalogue order."""

    entity: Iri
    label: str
    items: tuple[LinkedItem, ...]

    @property
    def text(self) -> str:
        told = ", ".join(marked(item.label, flagged=item.flagged) for item in self.items)
        return clipped(f"{self.size} linked to {self.label}: {told}" if told else f"nothing is linked to {self.label}")

    @property
    def size(self) -> int:
        return len(self.items)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return tuple(dict.fromkeys(triple for item in self.items for triple in item.triples))


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row; `label` is the value itself unless it is an IRI."""

    kind: Kind
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a free query found.

    Attributes:
        form: What kind of query it was; "graph" is CONSTRUCT or DESCRIBE, whose rows are triples.
        holds: The answer to ASK; otherwise whether there are rows.
        rows: Cells by column, None where a variable is unbound.
        triples: Statements of the graph that a row completes: triple patterns of the query whose variables are all in
            the row. What only joins the rows, and is not selected, is not among them.
        truncated: Whether there are more rows than asked for.
        flagged: Those of the triples that the domain's shapes refuse.
    """

    form: Form
    holds: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    triples: tuple[Triple, ...]
    truncated: bool
    flagged: tuple[Triple, ...] = ()

    @property
    def text(self) -> str:
        if self.form == "ask":
            return "yes" if self.holds else "no"
        if not self.rows:
            return "no rows"
        lines = [" | ".join("" if cell is None else _short(cell.label) for cell in row) for row in self.rows]
        count = f"{self.size}{' or more' if self.truncated else ''} rows"
        count += f" ({len(self.flagged)} of their facts are {FLAGGED})" if self.flagged else ""
        return clipped("\n".join([f"{count}: {' | '.join(self.columns)}", *lines]))

    @property
    def size(self) -> int:
        return len(self.rows)


class SparqlTool:
    """Says what the graph states. Safe for use from many threads; free queries take turns.

    Use it as a context manager, or call `close`: a free query starts a worker process.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._walker = RelationWalker(snapshot)
        self._process = QueryProcess(snapshot.folder / "graph" / STORE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker; None before the first free query and after `close`."""
        return self._process.pid

    def close(self) -> None:
        """End the worker process, if there is one; a later query starts a new one."""
        self._process.close()

    def facts(self, entity: Iri, limit: int = 20) -> FactsResult:
        """Return up to `limit` facts about an entity, in the order of the manifest's relations.

        Raises:
            UnknownNameError: The graph does not hold the entity.
        """
        self._require(entity)
        found = self._snapshot.facts(entity)
        kept = tuple(found[:limit])
        told, flagged = self._grouped(entity, kept), self._flagged(kept)
        return FactsResult(entity, self._snapshot.label(entity), kept, len(found), told, flagged)

    def walk(self, start: Iri, path: Sequence[Step], limit: int = 200) -> WalkResult:
        """Follow a relation path from an entity and return where it ends.

        The start is left out of every hop from the second on: nothing is reached by going back through it.

        Args:
            start: The topic.
            path: Names of the manifest's relations; one that leads to a value can only be last, forward.
            limit: Most answers returned.

        Raises:
            UnknownNameError: The graph lacks the start, or the manifest a relation.
            ToolError: The path is empty, too long, or goes on after a value.
        """
        self._require(start)
        return self._walker.walk(start, path, limit)

    def items_with(self, entity: Iri) -> ItemsResult:
        """Return the items that any relation links to an entity, in either direction.

        Raises:
            UnknownNameError: The graph does not hold the entity.
        """
        self._require(entity)
        linked: dict[Iri, list[Triple]] = {}
        for iri, triple in self._links(entity):
            linked.setdefault(iri, []).append(triple)
        items = tuple(self._linked(iri, tuple(linked[iri])) for iri in sorted(linked))
        return ItemsResult(entity, self._snapshot.label(entity), items)

    def query(self, text: str, *, limit: int = 200, timeout: float = 5.0) -> QueryResult:
        """Run a SELECT, ASK, CONSTRUCT or DESCRIBE query over the domain's graph.

        Args:
            text: The query; code fences and prose around it are dropped.
            limit: Most rows returned, 1..`MAX_ROWS`.
            timeout: Seconds until the query is ended, at most `MAX_SECONDS`.

        Raises:
            QueryRefusedError: No such query; the message says what is valid.
            QueryTimeoutError: It took too long.
            GraphError: The store cannot be opened.
        """
        if not 1 <= limit <= MAX_ROWS:
            raise ToolError(f"limit must be in 1..{MAX_ROWS}, got {limit}")
        if not 0 < timeout <= MAX_SECONDS:
            raise ToolError(f"timeout must be above 0 and at most {MAX_SECONDS:g} seconds, got {timeout}")
        found = self._process.run(Request(query=text, limit=limit, timeout=timeout))
        triples = tuple(Triple(Iri(s), Iri(p), o, literal) for s, p, o, literal in found["triples"])
        return QueryResult(
            found["form"],
            found["holds"],
            tuple(found["columns"]),
            tuple(tuple(self._cell(cell) for cell in row) for row in found["rows"]),
            triples,
            found["truncated"],
            self._flagged(triples),
        )

    def _require(self, entity: Iri) -> None:
        if not self._snapshot.live.has_entity(entity):
            raise UnknownNameError(f"the graph holds no entity {entity[:200]}; use an IRI that a tool returned.")

    def _linked(self, iri: Iri, triples: tuple[Triple, ...]) -> LinkedItem:
        return LinkedItem(iri, self._snapshot.label(iri), triples, len(self._flagged(triples)) == len(triples))

    def _flagged(self, triples: Iterable[Triple]) -> tuple[Triple, ...]:
        return tuple(one for one in triples if self._snapshot.is_flagged(one))

    def _grouped(self, entity: Iri, triples: Iterable[Triple]) -> tuple[str, ...]:
        groups: dict[str, list[str]] = {}
        for triple in triples:
            name = self._snapshot.manifest.relation_of(triple.predicate) or ""
            noun = self._snapshot.manifest.relations[name].noun
            outward = triple.subject == entity
            other = triple.object if outward else triple.subject
            said = other if triple.literal else self._snapshot.label(other)
            groups.setdefault(noun if outward else f"{noun} of", []).append(
                marked(_short(said), flagged=self._snapshot.is_flagged(triple))
            )
        return tuple(f"{noun}: {', '.join(dict.fromkeys(said))}" for noun, said in groups.items())

    def _links(self, entity: Iri) -> list[tuple[Iri, Triple]]:
        adjacency, row = self._snapshot.adjacency, self._snapshot.adjacency.row(entity)
        if row is None:
            return []
        neighbours, labels = adjacency.edges(row)
        is_item = self._snapshot.columns_of_rows[neighbours] >= 0
        return [
            (Iri(adjacency.entities[neighbour]), adjacency.triple(row, label, neighbour))
            for neighbour, label in zip(neighbours[is_item].tolist(), labels[is_item].tolist(), strict=True)
        ]

    def _cell(self, cell: tuple[Kind, str] | None) -> Cell | None:
        if cell is None:
            return None
        kind, value = cell
        return Cell(kind, value, self._snapshot.label(value) if kind == "iri" else value)


def _short(label: str) -> str:
    return clipped(" ".join(label.split()), _CELL)
