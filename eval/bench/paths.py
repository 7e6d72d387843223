"""Paths: how long ours take, beside the same search in other libraries on the same pairs."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from eval.bench.graphs import RELATIONS, power_law_triples
from eval.bench.path_peers import Igraph, Networkx, PathPeer
from eval.bench.table import BenchTable, BenchTask, Value
from eval.errors import EvaluationError
from kg.paths import MAX_HOPS, AllPaths, BestPaths, Multigraph, PathCosts, PathQuery, all_paths, best_paths
from kg.snapshot import Snapshot
from kg.users import with_users

K = 10
PEER_SECONDS = 10.0
"""A peer gets no further pair after so long; some take seconds for one."""

Pair = tuple[int, int]
Search = Callable[[PathQuery], AllPaths | BestPaths]


@dataclass(frozen=True)
class Subject:
    """A graph with pairs of its nodes.

    Attributes:
        peers: Who searches the same, and up to how many hops.
    """

    name: str
    title: str
    graph: Multigraph
    pairs: Sequence[Pair]
    peers: Sequence[tuple[PathPeer, int]] = field(default=())


def measure(task: BenchTask) -> Iterator[BenchTable]:
    """Yield the tables of the path engine: on the domain with its users as nodes, and on a generated graph."""
    snapshot = task.open_domain()
    for subject in (*_on_domain(snapshot, task), *_on_generated(task)):
        yield _table(subject, task)


def _on_domain(snapshot: Snapshot, task: BenchTask) -> Iterator[Subject]:
    adjacency = with_users(snapshot.adjacency, snapshot.interactions)
    graph, triples = adjacency.graph, adjacency.graph.triples()
    liked = snapshot.interactions.liked.tocoo()
    users = liked.row + len(snapshot.adjacency.entities)
    items = snapshot.item_rows[liked.col]
    if not len(items):
        raise EvaluationError(f"{snapshot.manifest.name} has no likings, so that its users have no edges")
    peers = (Igraph(triples, graph.n_nodes), MAX_HOPS), (Networkx(triples, graph.n_nodes), 3)
    rng = np.random.default_rng(task.seed)
    for what, sources in (("a user and an item", users), ("two items", items)):
        chosen = rng.integers(0, len(items), (2, task.pairs))
        title = f"{snapshot.manifest.name} with users, {len(triples):,} triples: {what}, as often as liked"
        name = f"paths, {what}"
        yield Subject(name, title, graph, _pairs(sources[chosen[0]], items[chosen[1]]), peers)


def _on_generated(task: BenchTask) -> Iterator[Subject]:
    task.progress(f"Generating {task.triples:,} triples")
    triples, n_nodes = power_law_triples(task.triples, task.seed)
    graph = Multigraph.from_triples(triples, n_nodes, RELATIONS)
    rng = np.random.default_rng(task.seed)
    nodes = rng.choice(np.flatnonzero(graph.degrees), (2, task.pairs))
    title = f"generated power-law graph, {len(graph.labels) // 2:,} triples"
    peer = Igraph(graph.triples(), n_nodes)
    yield Subject("paths, generated", f"{title}: two entities, evenly drawn", graph, _pairs(*nodes), [(peer, 3)])
    ends = graph.neighbours[rng.integers(0, len(graph.neighbours), (2, task.pairs))]
    yield Subject("paths, generated, busy", f"{title}: ends of edges, so mostly busy ones", graph, _pairs(*ends))


def _pairs(sources: Sequence[int], targets: Sequence[int]) -> list[Pair]:
    return [(int(one), int(other)) for one, other in zip(sources, targets, strict=True) if one != other]


def _table(subject: Subject, task: BenchTask) -> BenchTable:
    graph = subject.graph
    rng = np.random.default_rng(task.seed)
    costs = PathCosts.penalising_hubs(rng.uniform(0.2, 1.0, graph.n_relations), graph.degrees)
    names = [
        name
        for peer, _ in subject.peers
        for name in (f"{peer.name} p50, ms", f"pairs of {peer.name}", f"{peer.name} / ours")
    ]
    columns = ["search", "paths a pair, p50", "ours p50, ms", "ours p95, ms", "truncated", *names]
    rows: list[Sequence[Value]] = []
    for hops in range(1, MAX_HOPS + 1):
        task.progress(f"Finding paths of up to {hops} hops, {subject.title}")
        peers = [peer if hops <= most else None for peer, most in subject.peers]
        rows.append(_row(f"all paths, {hops} hops", subject, hops, lambda query: all_paths(graph, query), peers))
        best = _row(
            f"best {K}, {hops} hops",
            subject,
            hops,
            lambda query: best_paths(graph, query, costs, k=K),
            [None] * len(peers),
        )
        rows.append(best)
    note = (
        f"{len(subject.pairs):,} pairs; a peer's time is compared with ours on the pairs that it did within "
        f"{PEER_SECONDS:.0f} s, and its paths are the same. Times are those of the processor, one thread each."
    )
    return BenchTable(subject.name, subject.title, columns, rows, note)


def _row(name: str, subject: Subject, hops: int, search: Search, peers: Sequence[PathPeer | None]) -> list[Value]:
    for source, target in subject.pairs[:3]:
        search(PathQuery.between([source], [target], max_hops=hops))  # the first calls load code and memory
    times, found, truncated = [], [], 0
    for source, target in subject.pairs:
        began = time.thread_time()
        result = search(PathQuery.between([source], [target], max_hops=hops))
        times.append(1000 * (time.thread_time() - began))
        found.append(result.found)
        truncated += result.truncated
    row: list[Value] = [name, float(np.median(found)), *map(float, np.percentile(times, [50, 95])), truncated]
    for peer in peers:
        peer_times = [] if peer is None else _peer_times(peer, subject, hops)
        if peer_times:
            median = float(np.median(peer_times))
            row += [median, len(peer_times), median / float(np.median(times[: len(peer_times)]))]
        else:
            row += [None, None, None]
    return row


def _peer_times(peer: PathPeer, subject: Subject, hops: int) -> list[float]:
    """Return the milliseconds of a peer for each pair that it did, having seen that its paths are ours.

    Raises:
        EvaluationError: They are not.
    """
    times: list[float] = []
    started = time.perf_counter()
    for source, target in subject.pairs:
        began = time.thread_time()
        theirs = peer.paths(source, target, hops)
        times.append(1000 * (time.thread_time() - began))
        result = all_paths(subject.graph, PathQuery.between([source], [target], max_hops=hops))
        ours = [tuple(nodes) for table in result.tables for nodes in table.nodes.tolist()]
        told = sorted(map(tuple, theirs)) if peer.counts_parallel else sorted(set(map(tuple, theirs)))
        if not result.truncated and told != (sorted(ours) if peer.counts_parallel else sorted(set(ours))):
            raise EvaluationError(f"{peer.name} finds other paths than we do from node {source} to {target}")
        if time.perf_counter() - started > PEER_SECONDS:
            break
    return times
