"""The inner loops of the trigram search, compiled: which labels share most of the rarest trigrams with a text.

It is imported when a name that is nearly right is first searched for: numba takes a third of a second to load.
"""

import numpy as np
import numpy.typing as npt

from kg.compiling import compiled, inlined
from kg.trigrams import CHARACTER_BITS, LABEL_BITS, LENGTH_BITS, LONGEST

Int64 = npt.NDArray[np.int64]
Uint32 = npt.NDArray[np.uint32]

READ = 40_000
"""Entries that a search reads at most, but for its `LEAST` rarest trigrams."""

LEAST, MOST = 5, 6
"""Trigrams that a search reads. One wrong character spoils three, and the spoilt ones may be the rarest."""


@inlined
def _place(grams: Int64, gram: np.int64) -> int:
    """Return where a trigram is among the sorted ones, -1 if it is not."""
    low, high = 0, len(grams)
    while low < high:
        middle = (low + high) >> 1
        if grams[middle] < gram:
            low = middle + 1
        else:
            high = middle
    return low if low < len(grams) and grams[low] == gram else -1


@inlined
def _has(places: Int64, n_kept: int, wanted: int) -> bool:
    at = 0
    while at < n_kept and places[at] != wanted:
        at += 1
    return at < n_kept


@inlined
def _is_rarer(bounds: Int64, one: int, other: int) -> bool:
    sizes = bounds[one + 1] - bounds[one], bounds[other + 1] - bounds[other]
    return bool(sizes[0] < sizes[1] or (sizes[0] == sizes[1] and one < other))


@inlined
def _rarest(codes: Uint32, grams: Int64, bounds: Int64) -> Int64:
    """Return the places of the rarest trigrams of a text, the rarest first; of equally rare ones the lower first."""
    places, n_kept = np.empty(MOST + 1, np.int64), 0
    for at in range(len(codes) - 2):
        one, two, three = np.int64(codes[at]), np.int64(codes[at + 1]), np.int64(codes[at + 2])
        place = _place(grams, one << 2 * CHARACTER_BITS | two << CHARACTER_BITS | three)
        if place < 0 or _has(places, n_kept, place):
            continue
        spot = n_kept
        while spot > 0 and _is_rarer(bounds, place, places[spot - 1]):
            places[spot] = places[spot - 1]
            spot -= 1
        places[spot] = place
        n_kept = min(n_kept + 1, MOST)
    return places[:n_kept]


@inlined
def _affordable(places: Int64, bounds: Int64) -> int:
    """Return how many of the rarest trigrams are read."""
    left = READ
    for at in range(len(places)):
        left -= bounds[places[at] + 1] - bounds[places[at]]
        if left < 0 and at >= LEAST:
            return at
    return len(places)


@inlined
def _fewest(at_least: Int64, wanted: int) -> int:
    """Return how many trigrams a label must share to come into question, so that `wanted` do where possible.

    Fewer labels are cheaper to read. None that shares less than half as many as the first one comes into question.
    """
    most = MOST
    while most > 1 and at_least[most] == 0:
        most -= 1
    fewest = most
    while fewest > 1 and 2 * (fewest - 1) >= most and at_least[fewest] < wanted:
        fewest -= 1
    return fewest


@inlined
def _label(entry: np.uint32) -> np.int64:
    return np.int64(entry) >> LENGTH_BITS


@inlined
def _past_last(places: Int64, bounds: Int64, entries: Uint32) -> np.int64:
    """Return the number after the highest id of the labels that hold any of the trigrams."""
    found = np.int64(0)
    for place in places:
        found = np.int64(max(found, _label(entries[bounds[place + 1] - 1]) + 1))
    return found


@inlined
def _kept(lowest: Int64, n_kept: int, key: np.int64) -> int:
    """Take a number in among the lowest, which are sorted and of which all but one may be kept; return how many are."""
    spot = n_kept
    while spot > 0 and lowest[spot - 1] > key:
        lowest[spot] = lowest[spot - 1]
        spot -= 1
    lowest[spot] = key
    return min(n_kept + 1, len(lowest) - 1)


@compiled
def most_alike(codes: Uint32, grams: Int64, bounds: Int64, entries: Uint32, limit: int) -> Int64:
    """Return the ids of labels for `TrigramIndex.similar_labels`.

    Args:
        codes: Characters of the text, shape (n,).
        grams: Of the index, shape (n_grams,).
        bounds: Of its entries, shape (n_grams + 1,).
        entries: Shape (bounds[-1],).
        limit: Most ids returned.
    """
    places = _rarest(codes, grams, bounds)
    places = places[: _affordable(places, bounds)]
    shared, at_least = np.zeros(_past_last(places, bounds, entries), np.uint8), np.zeros(MOST + 1, np.int64)
    for place in places:
        for at in range(bounds[place], bounds[place + 1]):
            label = _label(entries[at])
            shared[label] += 1
            at_least[shared[label]] += 1
    fewest, length = _fewest(at_least, limit >> 1), min(len(codes), LONGEST)
    best, n_kept = np.empty(limit + 1, np.int64), 0
    for place in places:
        for at in range(bounds[place], bounds[place + 1]):
            label = _label(entries[at])
            if shared[label] < fewest:
                continue
            apart = abs(np.int64(entries[at]) % (LONGEST + 1) - length)
            key = ((MOST - np.int64(shared[label])) << LENGTH_BITS | apart) << LABEL_BITS | label
            shared[label] = 0  # it is seen once
            n_kept = _kept(best, n_kept, key)
    return best[:n_kept] & ((1 << LABEL_BITS) - 1)
