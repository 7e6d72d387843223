"""The inner loops of the path engine, compiled: partial paths from both sides, and where they meet.

numba's cache notices a change of the file that holds a function, but not of another file whose functions it calls; so
all kernels are in this one. It is imported when paths are first asked for: numba takes a second to load.
"""

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kg.compiling import advise_huge_pages, compiled, inlined
from kg.paths.query import PathQuery

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Bits = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
Values = TypeVar("Values", Int64, Int32, Int16)

NEVER = np.iinfo(np.int64).max
"""More than any path costs."""

MAX_NODES, MAX_LABELS = 5, 4
"""Of the longest path."""

_LARGE = 1 << 22
"""Bytes of an array from which on it is to lie in large pages, as those that numpy itself makes do."""

_ABSENT, _NOWHERE = -1, -2
"""Two nodes that are none and differ, so that what is absent on both sides is never taken for a node met twice."""

_ONE, _SIX, _LOW, _WORD = np.uint64(1), np.uint64(6), np.uint64(63), 6
_PAIRS, _FOURS, _EIGHTS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES = np.uint64(0x0101010101010101)


class Graph(NamedTuple):
    """The arrays of a `Multigraph`."""

    indptr: Int32
    neighbours: Int32
    labels: Int16


class Side(NamedTuple):
    """One side of a query.

    Attributes:
        roots: Where its partial paths begin.
        allowed: Which labels its first two hops may take, as seen from it, shape (2, 2 * n_relations); any may be taken
            where the first dimension is 0.
    """

    roots: Int32
    allowed: Mask


class Prices(NamedTuple):
    """The numbers of `PathCosts`.

    Attributes:
        multiple: `kg.paths.costs.LENGTHS`.
    """

    labels: Int64
    nodes: Int64
    hop: int
    least_node: int
    multiple: int


class Partials(NamedTuple):
    """Partial simple paths of up to two hops from one side, one a row.

    Attributes:
        hops: Of each.
        root: Where it begins; a node that is none where it has no hop, as it is the end.
        via: The node between root and end; one that is none where it has fewer than two hops.
        end: Where it ends.
        first, last: Its labels, as seen from the side; 0 where it has fewer hops.
    """

    hops: int
    root: Int32
    via: Int32
    end: Int32
    first: Int16
    last: Int16


class FirstHops(NamedTuple):
    """The first hops of both sides; from those of `near` the next hop walks over no more edges.

    Attributes:
        turned: Whether `near` begins at the targets.
        cut: Whether there are roots that were left out, as the budget did not allow them.
    """

    near_side: Side
    near: Partials
    far_side: Side
    far: Partials
    turned: bool
    cut: bool


class Places(NamedTuple):
    """The groups of rows that are sorted by a node: a set of nodes as bits, whose rank is the number of the group.

    It takes an eighth of a byte for each node of the graph, so that it stays in the fast caches where the graph does
    not, and each search can have its own.

    Attributes:
        bits: Which nodes there are.
        before: How many nodes there are before each word of the bits.
        starts: The rows of group `g` are `starts[g]:starts[g + 1]`.
    """

    bits: Bits
    before: Int32
    starts: Int32


class Halves(NamedTuple):
    """The halves of the paths of one length; `far` is sorted by its ends, and the places are those of its ends."""

    near: Partials
    far: Partials
    places: Places
    turned: bool


class Limits(NamedTuple):
    """What a search for the best paths may take.

    Attributes:
        edges, paths: See `Budget`.
        thorough: Edges of a length, and paths in all, up to which every path is looked at. From there on only those
            are that can be among the best.
        k: Paths wanted.
    """

    edges: int
    paths: int
    thorough: int
    k: int


class Best(NamedTuple):
    """The best paths so far: a heap whose first row is the worst of them.

    Attributes:
        costs: Shape (n_rows,).
        nodes: Shape (n_rows, 5), -1 behind the last node.
        labels: Shape (n_rows, 4), 0 behind the last label.
        tally: How many paths were put together; how many rows are filled; how many may be; the least that a path can
            cost that the limits left out; 1 if paths were passed over, as they could not be among the best.
    """

    costs: Int64
    nodes: Int32
    labels: Int16
    tally: Int64


_FOUND, _FILLED, _MOST, _LEFT_OUT, _PASSED = 0, 1, 2, 3, 4


def sides_of(query: PathQuery, n_relations: int) -> tuple[Side, Side]:
    """Return what is known of a query at its source and at its target."""
    allowed = query.masks(n_relations)
    return Side(query.sources, allowed[0]), Side(query.targets, allowed[1])


@inlined
def _ones(word: np.uint64) -> np.int64:
    word = word - ((word >> _ONE) & _PAIRS)
    word = (word & _FOURS) + ((word >> np.uint64(2)) & _FOURS)
    word = (word + (word >> np.uint64(4))) & _EIGHTS
    return np.int64((word * _BYTES) >> np.uint64(56))


@inlined
def _has(bits: Bits, node: int) -> bool:
    # Unsigned, so that no index has to be looked at for being one from the end.
    place = np.uint64(node)
    return bool((bits[place >> _SIX] >> (place & _LOW)) & _ONE)


@inlined
def _group(bits: Bits, before: Int32, node: int) -> np.int64:
    """Return the number of the group of a node that is one of the places."""
    word = node >> _WORD
    return np.int64(before[word]) + _ones(bits[word] & ((_ONE << np.uint64(node & 63)) - _ONE))


@inlined
def _grouped(ends: Int32, n_nodes: int) -> tuple[Int32, Places]:
    """Return the rows in the order of their ends, those of one end as they are now, and the groups that they make."""
    bits = np.zeros((n_nodes >> _WORD) + 1, np.uint64)
    for end in ends:
        bits[end >> _WORD] |= _ONE << np.uint64(end & 63)
    before, n_groups = np.empty(len(bits), np.int32), np.int64(0)
    for at in range(len(bits)):
        before[at] = n_groups
        n_groups += _ones(bits[at])
    # One place more than there are bounds: while rows are put in order, each group counts up the begin of the next.
    starts, groups, order = np.zeros(n_groups + 2, np.int32), _empty(len(ends), ends), _empty(len(ends), ends)
    for row in range(len(ends)):
        groups[row] = _group(bits, before, ends[row])
        starts[groups[row] + 2] += 1
    for at in range(n_groups):
        starts[at + 2] += starts[at + 1]
    for row in range(len(ends)):
        order[starts[groups[row] + 1]] = row
        starts[groups[row] + 1] += 1
    return order, Places(bits, before, starts[:-1])


@inlined
def _degree(graph: Graph, node: int) -> np.int64:
    return np.int64(graph.indptr[node + 1]) - np.int64(graph.indptr[node])


@inlined
def _reach(graph: Graph, nodes: Int32) -> np.int64:
    """Return over how many edges the next hop walks."""
    total = np.int64(0)
    for node in nodes:
        total += _degree(graph, node)
    return total


@inlined
def _degrees(graph: Graph, nodes: Int32) -> Int64:
    degrees = np.empty(len(nodes), np.int64)
    for row in range(len(nodes)):
        degrees[row] = _degree(graph, nodes[row])
    return degrees


@inlined
def _affordable(degrees: Int64, priority: Int64, max_edges: int) -> Int32:
    """Return which nodes are gone on from where not all can be: first those of the lowest number."""
    left, kept, n_kept = max_edges, np.empty(len(degrees), np.int32), 0
    for row in np.argsort(priority, kind="mergesort"):
        left -= degrees[row]
        if left < 0:
            break
        kept[n_kept] = row
        n_kept += 1
    return np.sort(kept[:n_kept])


@inlined
def _no_hop(roots: Int32) -> Partials:
    n_rows = len(roots)
    nobody, labels = np.full(n_rows, _NOWHERE, np.int32), np.zeros(n_rows, np.int16)
    return Partials(0, nobody, nobody, roots, labels, labels)


@inlined
def _one_hop(graph: Graph, side: Side, roots: Int32) -> Partials:
    n_rows, allowed = _reach(graph, roots), side.allowed
    root, end, first = np.empty(n_rows, np.int32), np.empty(n_rows, np.int32), np.empty(n_rows, np.int16)
    row, free = 0, len(allowed) == 0
    for node in roots:
        for edge in range(graph.indptr[node], graph.indptr[node + 1]):
            label = graph.labels[edge]
            if free or allowed[0, label]:
                root[row], end[row], first[row] = node, graph.neighbours[edge], label
                row += 1
    return Partials(1, root[:row], np.full(row, _ABSENT, np.int32), end[:row], first[:row], np.zeros(row, np.int16))


@inlined
def _next_hops(graph: Graph, side: Side, short: Partials, wanted: Bits) -> tuple[Int32, Int32]:
    """Return by which edges partial paths of one hop go on to wanted nodes that are not on them, and whose they are."""
    indptr, neighbours, labels = graph.indptr, graph.neighbours, graph.labels
    n_edges, at, free = int(_reach(graph, short.end)), 0, len(side.allowed) == 0
    rows, edges = _empty(n_edges, short.end), _empty(n_edges, short.end)
    for row in range(len(short.end)):
        root, node, first = short.root[row], short.end[row], at
        for edge in range(np.uint64(indptr[node]), np.uint64(indptr[node + 1])):
            # Without a branch: written in any case, and kept by counting on.
            edges[at] = edge
            end = neighbours[edge]
            at += _has(wanted, end) & (end != root) & (free or side.allowed[1, labels[edge]])
        rows[first:at] = row
    return rows[:at], edges[:at]


@inlined
def _two_hops(short: Partials, rows: Int32, end: Int32, last: Int16) -> Partials:
    """Return partial paths of two hops: those of one hop in the rows told, each with a last hop."""
    return Partials(2, _picked(short.root, rows), _picked(short.end, rows), end, _picked(short.first, rows), last)


@inlined
def _empty(n_rows: int, like: Values) -> Values:
    """Return an array of the type of another, for all rows that there may be: what is never written to is free."""
    values = np.empty(n_rows, like.dtype)
    if values.nbytes >= _LARGE:
        advise_huge_pages(values.ctypes.data, values.nbytes)
    return values


@inlined
def _picked(values: Values, rows: Int32) -> Values:
    picked = _empty(len(rows), values)
    for at in range(len(rows)):
        picked[at] = values[np.uint32(rows[at])]
    return picked


@inlined
def _longer(values: Values, held: int, more: int) -> Values:
    """Return the values held with room for more behind them."""
    longer = _empty(held + more, values)
    longer[:held] = values[:held]
    return longer


@inlined
def _reached(graph: Graph, nodes: Int32) -> Bits:
    """Return the nodes that are next to some, as bits."""
    bits = np.zeros((len(graph.indptr) >> _WORD) + 1, np.uint64)
    for node in nodes:
        for edge in range(graph.indptr[node], graph.indptr[node + 1]):
            reached = graph.neighbours[edge]
            bits[reached >> _WORD] |= _ONE << np.uint64(reached & 63)
    return bits


@inlined
def _taken(partials: Partials, rows: Int32) -> Partials:
    root, via, end = _picked(partials.root, rows), _picked(partials.via, rows), _picked(partials.end, rows)
    return Partials(partials.hops, root, via, end, _picked(partials.first, rows), _picked(partials.last, rows))


@inlined
def _roots(graph: Graph, roots: Int32, max_edges: int) -> Int32:
    """Return the roots that are walked from: the quietest ones, where not all can be."""
    if _reach(graph, roots) <= max_edges:
        return roots
    degrees = _degrees(graph, roots)
    kept: Int32 = roots[_affordable(degrees, degrees, max_edges)]
    return kept


@inlined
def _first_hops(graph: Graph, sides: tuple[Side, Side], longest: int, max_edges: int) -> FirstHops:
    source, target = sides
    sources, targets = _roots(graph, source.roots, max_edges), _roots(graph, target.roots, max_edges)
    cut = len(sources) < len(source.roots) or len(targets) < len(target.roots)
    one = _one_hop(graph, source, sources)
    other = _one_hop(graph, target, targets if longest > 1 else targets[:0])
    turned = longest > 1 and bool(_reach(graph, other.end) < _reach(graph, one.end))
    near, far = (other, one) if turned else (one, other)
    far.via[:] = _NOWHERE
    return FirstHops((target if turned else source), near, (source if turned else target), far, turned, cut)


@inlined
def _halves(graph: Graph, first: FirstHops, near: Partials, far: Partials, length: int) -> Halves:
    """Return the halves of a length, grown from those first hops that are gone on with."""
    n_nodes = len(graph.indptr) - 1
    if length == 1:
        far = _no_hop(first.far_side.roots)
    if length == 4:
        rows, edges = _next_hops(graph, first.far_side, far, _reached(graph, near.end))
        ends = _picked(graph.neighbours, edges)
        order, places = _grouped(ends, n_nodes)
        last = _picked(_picked(graph.labels, edges), order)
        far = _two_hops(far, _picked(rows, order), _picked(ends, order), last)
    else:
        order, places = _grouped(far.end, n_nodes)
        far = _taken(far, order)
    if length > 2:
        rows, edges = _next_hops(graph, first.near_side, near, places.bits)
        near = _two_hops(near, rows, _picked(graph.neighbours, edges), _picked(graph.labels, edges))
    return Halves(near, far, places, first.turned)


@compiled
def enumerate_paths(
    graph: Graph, sides: tuple[Side, Side], lengths: tuple[int, int], budget: tuple[int, int]
) -> tuple[Int32, Int16, Int64, bool]:
    """Find all simple paths of the lengths from the first to the last.

    Args:
        graph: Where to.
        sides: From where and to where.
        lengths: The fewest and the most hops.
        budget: Edges that one hop of one side walks over, and paths that are put together.

    Returns:
        The nodes of all paths one after another, those of the shortest first, then their labels; how many paths there
        are of each length, shape (5,); and whether the budget ended the search.
    """
    nodes, labels, counts = np.empty(0, np.int32), np.empty(0, np.int16), np.zeros(MAX_NODES, np.int64)
    first = _first_hops(graph, sides, lengths[1], budget[0])
    truncated, left, node, hop = first.cut, budget[1], 0, 0
    for length in range(lengths[0], lengths[1] + 1):
        near, far = first.near, first.far
        if length > 2:
            near = _quiet(graph, near, budget[0])
        if length == 4:
            far = _quiet(graph, far, budget[0])
        truncated |= len(near.end) < len(first.near.end) or len(far.end) < len(first.far.end)
        halves = _halves(graph, first, near, far, length)
        room = _room(halves, left)
        nodes, labels = _longer(nodes, node, room * (length + 1)), _longer(labels, hop, room * length)
        found = _put_together(halves, left, nodes[node:], labels[hop:])
        truncated, found = truncated or found > left, min(found, left)
        counts[length], left = found, left - found
        node, hop = node + found * (length + 1), hop + found * length
    return nodes, labels, counts, truncated


@inlined
def _quiet(graph: Graph, short: Partials, max_edges: int) -> Partials:
    """Return the partial paths that are gone on with: those that end at the quietest nodes, where not all can be."""
    if _reach(graph, short.end) <= max_edges:
        return short
    degrees = _degrees(graph, short.end)
    return _taken(short, _affordable(degrees, degrees, max_edges))


@inlined
def _room(halves: Halves, most: int) -> int:
    """Return for how many paths there must be room, some of which may turn out not to be simple."""
    bits, before, starts = halves.places
    total, widest = np.int64(0), np.int64(0)
    for end in halves.near.end:
        if _has(bits, end):
            group = _group(bits, before, end)
            size = np.int64(starts[group + 1]) - np.int64(starts[group])
            total, widest = total + size, max(widest, size)
    return int(min(total, most + widest))


@inlined
def _put_together(halves: Halves, most: int, nodes: Int32, labels: Int16) -> int:
    """Write the simple paths that two halves make, from the source on.

    Returns:
        How many they are; where that is more than are wanted, there may be even more.
    """
    near, far, (bits, before, starts) = halves.near, halves.far, halves.places
    n_hops, n_near, is_long = near.hops + far.hops, near.hops, near.hops == 2
    # Each side sees its own hops from itself, and a path is seen from its source.
    step, away, back = (-1, np.int16(-1), np.int16(0)) if halves.turned else (1, np.int16(0), np.int16(-1))
    first_node, first_hop, count = n_hops * halves.turned, (n_hops - 1) * halves.turned, np.int64(0)
    for row in range(len(near.end)):
        if not _has(bits, near.end[row]):
            continue
        group = _group(bits, before, near.end[row])
        one, two, end = near.root[row], near.via[row], near.end[row]
        first, last = near.first[row] ^ away, near.last[row] ^ away
        for other in range(starts[group], starts[group + 1]):
            # Without a branch: written in any case, and kept by counting on.
            three, four = far.via[other], far.root[other]
            node, hop = count * (n_hops + 1) + first_node, count * n_hops + first_hop
            nodes[node], labels[hop] = one, first
            if is_long:
                nodes[node + step], labels[hop + step] = two, last
            nodes[node + n_near * step] = end
            if far.hops == 2:
                nodes[node + (n_near + 1) * step] = three
                labels[hop + n_near * step] = far.last[other] ^ back
            if far.hops > 0:
                nodes[node + n_hops * step] = four
                labels[hop + (n_hops - 1) * step] = far.first[other] ^ back
            count += (one != three) & (one != four) & (two != three) & (two != four)
        if count > most:
            break
    return int(count)


@compiled
def rank_paths(
    graph: Graph, sides: tuple[Side, Side], lengths: tuple[int, int], limits: Limits, prices: Prices
) -> Best:
    """Find the best simple paths of the lengths from the first to the last."""
    best = _with_room(_no_path(limits.k), 64)
    first = _first_hops(graph, sides, lengths[1], limits.edges)
    if first.cut:
        best.tally[_LEFT_OUT], best.tally[_PASSED] = prices.multiple * prices.hop * (lengths[0] - 1), 1
    for length in range(lengths[0], lengths[1] + 1):
        near, far, pruning = first.near, first.far, False
        if length > 2 and len(near.end) and len(far.end):
            near, far, pruning = _hopeful(graph, first, length, (limits, prices), best)
        best = _rank(_halves(graph, first, near, far, length), (limits, prices), best, pruning)
    return best


@inlined
def _no_path(k: int) -> Best:
    tally = np.zeros(5, np.int64)
    tally[_MOST], tally[_LEFT_OUT] = k, NEVER
    nodes, labels = np.empty((0, MAX_NODES), np.int32), np.empty((0, MAX_LABELS), np.int16)
    return Best(np.empty(0, np.int64), nodes, labels, tally)


@inlined
def _with_room(best: Best, n_rows: int) -> Best:
    costs, nodes = np.empty(n_rows, np.int64), np.full((n_rows, MAX_NODES), -1, np.int32)
    labels, held = np.zeros((n_rows, MAX_LABELS), np.int16), len(best.costs)
    costs[:held], nodes[:held], labels[:held] = best.costs, best.nodes, best.labels
    return Best(costs, nodes, labels, best.tally)


@inlined
def _worst(best: Best) -> np.int64:
    """Return what a path may cost at most to be among the best."""
    return best.costs[0] if best.tally[_FILLED] == best.tally[_MOST] else np.int64(NEVER)


@inlined
def _costs(prices: Prices, partials: Partials, length: int, through: bool) -> Int64:
    """Return what the hops of partial paths cost, and the nodes between their ends; the last node, too, if `through`.

    The mean over the hops is one over those of whole paths of a length.
    """
    share, costs = prices.multiple // length, np.zeros(len(partials.end), np.int64)
    for row in range(len(costs)):
        if partials.hops > 0:
            costs[row] += share * prices.labels[partials.first[row]]
        if partials.hops > 1:
            costs[row] += share * prices.labels[partials.last[row]]
            costs[row] += prices.multiple * prices.nodes[partials.via[row]]
        if through:
            costs[row] += prices.multiple * prices.nodes[partials.end[row]]
    return costs


@inlined
def _hopeful(
    graph: Graph, first: FirstHops, length: int, terms: tuple[Limits, Prices], best: Best
) -> tuple[Partials, Partials, bool]:
    """Return the first hops to go on with, and whether the length has so many paths that most are passed over.

    Every path is one first hop of each side and what lies between; that costs at least as much as the cheapest labels
    and nodes, and the other first hop at least as much as the cheapest one.
    """
    limits, prices = terms
    near, far, multiple = first.near, first.far, prices.multiple
    near_costs, far_costs = _costs(prices, near, length, True), _costs(prices, far, length, True)
    between = (length - 2) * (multiple // length) * prices.labels.min() + (length - 3) * multiple * prices.least_node
    rest = multiple * prices.hop * (length - 1) + between
    n_edges = _reach(graph, near.end) + (_reach(graph, far.end) if length == 4 else 0)
    pruning = bool(n_edges > limits.thorough)
    near = _pruned(graph, near, near_costs + (rest + far_costs.min()), (limits.edges, pruning), best)
    if length == 4:
        far = _pruned(graph, far, far_costs + (rest + near_costs.min()), (limits.edges, pruning), best)
    return near, far, pruning


@inlined
def _pruned(graph: Graph, short: Partials, least: Int64, limits: tuple[int, bool], best: Best) -> Partials:
    """Return the partial paths that can become one of the best, the most hopeful ones if that is still too many."""
    max_edges, pruning = limits
    if pruning:
        kept = np.flatnonzero(least <= _worst(best)).astype(np.int32)
        if len(kept) < len(least):
            best.tally[_PASSED] = 1
            short, least = _taken(short, kept), least[kept]
    if _reach(graph, short.end) > max_edges:
        kept = _affordable(_degrees(graph, short.end), least, max_edges)
        best.tally[_PASSED] = 1
        left_out = np.ones(len(least), np.bool_)
        left_out[kept] = False
        for row in range(len(least)):
            if left_out[row]:
                best.tally[_LEFT_OUT] = min(best.tally[_LEFT_OUT], least[row])
        short = _taken(short, kept)
    return short


@inlined
def _rank(halves: Halves, terms: tuple[Limits, Prices], best: Best, pruning: bool) -> Best:
    """Look for better paths where partial ones meet."""
    limits, prices = terms
    root, via, end = halves.near.root, halves.near.via, halves.near.end
    far_root, far_via = halves.far.root, halves.far.via
    bits, before, starts = halves.places
    near_costs, far_costs, least = _half_costs(halves, prices)
    found, worst = best.tally[_FOUND], _worst(best)
    for row in range(len(end)):
        if not _has(bits, end[row]):
            continue
        group = _group(bits, before, end[row])
        if (pruning or found >= limits.thorough) and near_costs[row] + least[group] > worst:
            best.tally[_PASSED] = 1
            continue
        if found + starts[group + 1] - starts[group] > limits.paths:
            best.tally[_PASSED] = 1
            best.tally[_LEFT_OUT] = min(best.tally[_LEFT_OUT], near_costs[row:].min() + least.min())
            break
        one, two = root[row], via[row]
        for other in range(starts[group], starts[group + 1]):
            three, four = far_root[other], far_via[other]
            is_simple = (one != three) & (one != four) & (two != three) & (two != four)
            found += is_simple
            if is_simple & (near_costs[row] + far_costs[other] <= worst):
                best = _with_path(best, near_costs[row] + far_costs[other], halves, row, other)
                worst = _worst(best)
    best.tally[_FOUND] = found
    return best


@inlined
def _half_costs(halves: Halves, prices: Prices) -> tuple[Int64, Int64, Int64]:
    """Return what the near and the far half of a path cost, and the least that the far one costs in each group."""
    length, starts = halves.near.hops + halves.far.hops, halves.places.starts
    near_costs = _costs(prices, halves.near, length, halves.far.hops > 0)
    near_costs += prices.multiple * prices.hop * (length - 1)
    far_costs, least = _costs(prices, halves.far, length, False), np.full(len(starts), NEVER, np.int64)
    for group in range(len(starts) - 1):
        for other in range(starts[group], starts[group + 1]):
            least[group] = min(least[group], far_costs[other])
    return near_costs, far_costs, least


@inlined
def _with_path(best: Best, cost: int, halves: Halves, row: int, other: int) -> Best:
    """Write a path from the source on behind the others, and take it in if it is better than the worst of them."""
    near, far, turned, at = halves.near, halves.far, halves.turned, best.tally[_FILLED]
    if at == len(best.costs):
        best = _with_room(best, 2 * at)
    n_hops = near.hops + far.hops
    away, back = np.int64(near.first[row]), ~np.int64(far.first[other])
    nodes = (near.root[row], near.end[row], far.root[other], far.root[other], far.root[other])
    labels = (away, back, back, back)
    if near.hops == 2:
        nodes = (near.root[row], near.via[row], near.end[row], far.root[other], far.root[other])
        labels = (away, np.int64(near.last[row]), back, back)
    if far.hops == 2:
        nodes = (near.root[row], near.via[row], near.end[row], far.via[other], far.root[other])
        labels = (away, np.int64(near.last[row]), ~np.int64(far.last[other]), back)
    best.costs[at] = cost
    for place in range(n_hops + 1):
        best.nodes[at, n_hops - place if turned else place] = nodes[place]
    for place in range(n_hops):
        best.labels[at, n_hops - 1 - place if turned else place] = ~labels[place] if turned else labels[place]
    _keep(best, at)
    return best


@inlined
def _keep(best: Best, at: int) -> None:
    """Take the path of a row behind the last one into the heap, unless all of as many as there may be are better."""
    n_rows = best.tally[_MOST]
    if at < n_rows:
        best.tally[_FILLED] += 1
        while at > 0 and _is_better(best, (at - 1) >> 1, at):
            _swap(best, (at - 1) >> 1, at)
            at = (at - 1) >> 1
        return
    if not _is_better(best, at, 0):
        return
    _swap(best, at, 0)
    at, below = 0, 1
    while below < n_rows:
        if below + 1 < n_rows and _is_better(best, below, below + 1):
            below += 1
        if not _is_better(best, at, below):
            return
        _swap(best, at, below)
        at, below = below, 2 * below + 1


@inlined
def _swap(best: Best, one: int, other: int) -> None:
    best.costs[one], best.costs[other] = best.costs[other], best.costs[one]
    for column in range(MAX_NODES):
        nodes = best.nodes[one, column], best.nodes[other, column]
        best.nodes[other, column], best.nodes[one, column] = nodes
    for column in range(MAX_LABELS):
        labels = best.labels[one, column], best.labels[other, column]
        best.labels[other, column], best.labels[one, column] = labels


@inlined
def _is_better(best: Best, one: int, other: int) -> bool:
    """Compare two rows by cost, then by nodes, then by labels."""
    if best.costs[one] != best.costs[other]:
        return bool(best.costs[one] < best.costs[other])
    for column in range(MAX_NODES):
        if best.nodes[one, column] != best.nodes[other, column]:
            return bool(best.nodes[one, column] < best.nodes[other, column])
    for column in range(MAX_LABELS):
        if best.labels[one, column] != best.labels[other, column]:
            return bool(best.labels[one, column] < best.labels[other, column])
    return False
