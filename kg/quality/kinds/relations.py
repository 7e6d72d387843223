"""Relations that say what another one says: the same pairs under two names, or the same pairs turned round."""

from collections.abc import Iterable, Iterator, Mapping

from kg import namespaces as ns
from kg.changes import Change
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.view import GraphView, Pair, link

AGREEMENT = 0.8
"""Two predicates whose pairs agree to this share say one thing.

Predicates that merely go together stay far below (people who direct what they wrote: about a fourth), and infobox data
that says a relation twice lacks a few pairs on one side.
"""

FEWEST = 3
"""Predicates with fewer pairs agree by chance."""


class RelationsSaidTwice(Finder):
    """Finds predicates whose pairs another one has too; the other is kept."""

    kind = "relation-twice"
    title = "relations said twice"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Comparing the pairs of relations")
        yield from _findings(self.kind, view, _same_pairs(view.links, view.spoken), turned=False)


class InverseRelations(Finder):
    """Finds predicates whose pairs another one has with the ends exchanged; the other is kept."""

    kind = "inverse"
    title = "inverse relations"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Comparing the pairs of relations, turned round")
        yield from _findings(self.kind, view, _inverse_pairs(view), turned=True)


def redundant_relations(view: GraphView) -> set[str]:
    """Return predicates that say what another one says, in either direction; what is wrong in them is wrong in that."""
    twice = _same_pairs(view.links, view.spoken)
    return {gone for gone, _, _ in (*twice, *_inverse_pairs(view))}


def _same_pairs(links: Mapping[str, Iterable[Pair]], preferred: frozenset[str]) -> Iterator[tuple[str, str, float]]:
    pairs = {predicate: set(entries) for predicate, entries in links.items()}
    kept: list[str] = []
    for predicate in sorted(pairs, key=lambda one: (one not in preferred, -len(pairs[one]), one)):
        shares = {other: _agreement(pairs[other], pairs[predicate]) for other in kept}
        best = max(shares, key=lambda one: shares[one], default=None)
        if best is None or shares[best] < AGREEMENT:
            kept.append(predicate)
        else:
            yield predicate, best, shares[best]


def _inverse_pairs(view: GraphView) -> Iterator[tuple[str, str, float]]:
    doubles = {gone for gone, _, _ in _same_pairs(view.links, view.spoken)}  # told of as such, and once is enough
    pairs = {
        predicate: set(entries)
        for predicate, entries in view.links.items()
        if len(entries) >= FEWEST and predicate not in doubles
    }
    turned = {predicate: {(obj, subject) for subject, obj in entries} for predicate, entries in pairs.items()}
    taken: set[str] = set()
    order = sorted(pairs, key=lambda one: (one not in view.spoken, -len(pairs[one]), one))
    for at, kept in enumerate(order):
        if kept in taken or _agreement(pairs[kept], turned[kept]) >= AGREEMENT:
            continue  # a symmetric relation is the inverse of itself
        for other in order[at + 1 :]:
            share = _agreement(pairs[kept], turned[other])
            if other not in taken and share >= AGREEMENT:
                taken.add(other)
                yield other, kept, share


def _agreement(left: set[Pair], right: set[Pair]) -> float:
    """Return the Jaccard index of two sets of pairs; 0 at once where their sizes alone rule agreement out."""
    smaller, larger = sorted((len(left), len(right)))
    if smaller < AGREEMENT * larger or smaller == 0:
        return 0.0
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


def _findings(
    kind: str, view: GraphView, found: Iterable[tuple[str, str, float]], *, turned: bool
) -> Iterator[Finding]:
    for gone, kept, share in found:
        meant = [(obj, subject) if turned else (subject, obj) for subject, obj in view.links[gone]]
        missing = sorted(set(meant) - set(view.links[kept]))
        change = Change(
            tuple(link(subject, gone, obj) for subject, obj in view.links[gone]),
            tuple(link(subject, kept, obj) for subject, obj in missing),
        )
        same = "with the ends exchanged" if turned else "too"
        reason = (
            f"{ns.local_name(kept)} has {share:.1%} of the {len(meant):,} pairs of {ns.local_name(gone)} {same}; "
            f"{ns.local_name(kept)} would stay, with the {len(missing):,} pairs that it lacks."
        )
        enough = len(meant) >= FEWEST
        yield Finding(kind, (gone, kept), min(share, 0.99) if enough else 0.5, reason, change=change)
