"""A domain's graph brought into a store of its own: from its files or out of its endpoint, with its changes."""

import re
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from kg.domain import Domain
from kg.errors import EndpointError, EndpointTimeoutError, GraphError
from kg.manifest import MANIFEST_FILE
from kg.remote import RemoteStore
from kg.store import GraphStore

BATCH = 100_000
"""Statements of an endpoint that are written at once."""

_ENDPOINT_KEY = re.compile(r"""[^#]*\bendpoint["']?\s*=""")


def load_graph(domain: Domain, path: Path | None = None) -> GraphStore:
    """Return a new store of a domain's graph as its change log has it, in memory or in a folder.

    Raises:
        GraphError: A graph file cannot be read, or the endpoint's graph is empty.
        EndpointError: The endpoint cannot be reached, or does not give all that it holds.
        ChangesError: The log cannot be read.
    """
    endpoint = domain.manifest.graph.endpoint
    store = GraphStore.from_files(domain.graph_files, path) if endpoint is None else GraphStore(path)
    if endpoint is not None:
        _download(domain, endpoint, store)
    if domain.changes.changes:
        domain.changes.apply(store)
        store.optimize()
    return store


def open_endpoint(domain: Domain, endpoint: str) -> RemoteStore:
    """Return the store behind a domain's endpoint; it is not asked yet."""
    return RemoteStore(endpoint, domain.manifest.graph.graph, domain.access)


def _download(domain: Domain, endpoint: str, store: GraphStore) -> None:
    try:
        with open_endpoint(domain, endpoint) as remote:
            statements = remote.statements()
            while batch := [ox.Quad(*one) for one in islice(statements, BATCH)]:
                store.engine.bulk_extend(batch)
    except EndpointTimeoutError as error:
        raise EndpointTimeoutError(f"{_place(domain)}: {error}") from error
    except EndpointError as error:
        raise EndpointError(f"{_place(domain)}: {error}") from error
    if not len(store):
        graph = domain.manifest.graph.graph
        told = f"{endpoint} holds no triples{f' in the graph {graph}' if graph else ''}"
        raise GraphError(f"{_place(domain)}: {told}; see [graph].")
    store.optimize()


def _place(domain: Domain) -> str:
    """Return the file that names a domain's endpoint, and the line where it does."""
    path = domain.folder / MANIFEST_FILE
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    line = next((number for number, text in lines if _ENDPOINT_KEY.match(text)), None)
    return str(path) if line is None else f"{path}, line {line}"
