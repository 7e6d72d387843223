"""The query worker: `python -m tools.sparql_worker STORE` answers queries, a JSON line each, on stdin and stdout.

It lives in a process of its own because no engine ends a query by itself: here the kernel does, by an alarm. The
process can neither write files nor connect anywhere, and it ends with its parent.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, TypedDict

import pyoxigraph as ox
import rdflib

from kg.store import GraphStore, as_triple
from kg.types import Triple
from tools.errors import QueryRefusedError
from tools.sparql_guard import PREFIXES, GuardedQuery, Pattern, check_query

MEMORY = 2 << 30
"""Bytes of address space; a query that needs more ends the worker."""

MAX_CELL = 2_000
"""Characters of one value; longer ones are cut."""

STARTING = 60
"""Seconds in which the store must be open."""

Kind = Literal["iri", "literal", "blank"]
Form = Literal["select", "ask", "graph"]


class Request(TypedDict):
    """One query; `timeout` in seconds."""

    query: str
    limit: int
    timeout: float


class Answer(TypedDict):
    """What a query found: a cell is its kind and its value, None where a variable is unbound.

    `refused` is empty, or says why the query did not run. `triples` are those of the graph that the rows state.
    """

    refused: str
    form: Form
    holds: bool
    columns: list[str]
    rows: list[list[tuple[Kind, str] | None]]
    truncated: bool
    triples: list[tuple[str, str, str, bool]]


_NOTHING: Answer = {
    "refused": "",
    "form": "select",
    "holds": False,
    "columns": [],
    "rows": [],
    "truncated": False,
    "triples": [],
}


def answer(store: GraphStore, request: Request) -> Answer:
    """Check and run one query."""
    graphs = {graph.value for graph in store.engine.named_graphs() if isinstance(graph, ox.NamedNode)}
    try:
        guarded = check_query(request["query"], graphs)
        found = store.engine.query(guarded.text, prefixes=PREFIXES)
    except QueryRefusedError as error:
        return {**_NOTHING, "refused": str(error)}
    except SyntaxError as error:
        return {**_NOTHING, "refused": f"the engine cannot read the query: {error}"}
    if isinstance(found, ox.QueryBoolean):
        return _asked(store, guarded, holds=bool(found))
    if isinstance(found, ox.QueryTriples):
        return _constructed(store, found, request["limit"])
    return _selected(store, guarded, found, request["limit"])


def _asked(store: GraphStore, guarded: GuardedQuery, *, holds: bool) -> Answer:
    stated = _stated(guarded.patterns, {}) if holds else ()
    return {**_NOTHING, "form": "ask", "holds": holds, "triples": _as_lists(store, stated)}


def _constructed(store: GraphStore, found: ox.QueryTriples, limit: int) -> Answer:
    triples = list(islice(found, limit + 1))
    stated = (as_triple(one.subject, one.predicate, one.object) for one in triples[:limit])
    return {
        **_NOTHING,
        "form": "graph",
        "holds": bool(triples),
        "columns": ["subject", "predicate", "object"],
        "rows": [[_cell(one.subject), _cell(one.predicate), _cell(one.object)] for one in triples[:limit]],
        "truncated": len(triples) > limit,
        "triples": _as_lists(store, stated),
    }


def _selected(store: GraphStore, guarded: GuardedQuery, found: ox.QuerySolutions, limit: int) -> Answer:
    columns = [variable.value for variable in found.variables]
    rows = [dict(zip(columns, solution, strict=True)) for solution in islice(found, limit + 1)]
    stated = (triple for row in rows[:limit] for triple in _stated(guarded.patterns, row))
    return {
        **_NOTHING,
        "holds": bool(rows),
        "columns": columns,
        "rows": [[_cell(term) for term in row.values()] for row in rows[:limit]],
        "truncated": len(rows) > limit,
        "triples": _as_lists(store, stated),
    }


def _stated(patterns: Iterable[Pattern], row: dict[str, object]) -> Iterator[Triple | None]:
    for pattern in patterns:
        subject, predicate, obj = (_bound(term, row) for term in pattern)
        if isinstance(predicate, ox.NamedNode):
            yield as_triple(subject, predicate, obj)


def _bound(term: rdflib.term.Identifier, row: dict[str, object]) -> object:
    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(str(term))
    return ox.Literal(str(term)) if isinstance(term, rdflib.Literal) else row.get(str(term))


def _as_lists(store: GraphStore, triples: Iterable[Triple | None]) -> list[tuple[str, str, str, bool]]:
    stated = dict.fromkeys(triple for triple in triples if triple is not None)
    return [(one.subject, one.predicate, one.object, one.literal) for one in stated if one in store]


def _cell(term: object) -> tuple[Kind, str] | None:
    if isinstance(term, ox.NamedNode):
        return "iri", term.value
    if isinstance(term, ox.Literal):
        return "literal", term.value[:MAX_CELL]
    return None if term is None else ("blank", str(term)[:MAX_CELL])


def _confine() -> None:
    """Give up what a query never needs: more memory, files to write, and sockets, which need a new descriptor."""
    descriptors = os.dup(0)  # the lowest that is free
    os.close(descriptors)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, descriptors),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system lets a process limit itself
            resource.setrlimit(what, (most, most))


def _serve(store: GraphStore) -> None:
    for line in sys.stdin:
        request: Request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, request["timeout"])
        told = json.dumps(answer(store, request))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(told + "\n")
        sys.stdout.flush()


def main() -> None:
    """Open the store, tell that it is open, and answer until stdin ends."""
    signal.alarm(STARTING)
    store = GraphStore(Path(sys.argv[1]), read_only=True)
    answer(store, Request(query="ASK {}", limit=1, timeout=1))  # what is imported late is imported before the limits
    signal.alarm(0)
    _confine()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _serve(store)


if __name__ == "__main__":
    main()
