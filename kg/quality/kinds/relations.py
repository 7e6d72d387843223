"""Relations that say what another one says: the same pairs under two names, or the same pairs turned round."""

from collections.abc import Iterable, Iterator, Mapping

from kg import namespaces as ns
from kg.agreement import SaidTwice, Shared, agreement, relations_said_twice
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
        yield from _findings(self.kind, view, _same_pairs(view), turned=False)


class InverseRelations(Finder):
    """Finds predicates whose pairs another one has with the ends exchanged; the other is kept."""

    kind = "inverse"
    title = "inverse relations"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Comparing the pairs of relations, turned round")
        yield from _findings(self.kind, view, _inverse_pairs(view), turned=True)


def redundant_relations(view: GraphView) -> set[str]:
    """Return predicates that say what another one says, in either direction; what is wrong in them is wrong in that."""
    return {one.predicate for one in (*_same_pairs(view), *_inverse_pairs(view))}


def _same_pairs(view: GraphView) -> Iterator[SaidTwice]:
    pairs = {predicate: set(entries) for predicate, entries in view.links.items()}
    sizes = {predicate: len(entries) for predicate, entries in pairs.items()}
    yield from relations_said_twice(sizes, _shared(pairs, pairs), AGREEMENT, view.spoken)


def _inverse_pairs(view: GraphView) -> Iterator[SaidTwice]:
    doubles = {one.predicate for one in _same_pairs(view)}  # told of as such, and once is enough
    pairs = {
        predicate: set(entries)
        for predicate, entries in view.links.items()
        if len(entries) >= FEWEST and predicate not in doubles
    }
    sizes = {predicate: len(entries) for predicate, entries in pairs.items()}
    turned = {predicate: {(obj, subject) for subject, obj in entries} for predicate, entries in pairs.items()}
    shared = _shared(pairs, turned)
    taken: set[str] = set()
    order = sorted(pairs, key=lambda one: (one not in view.spoken, -sizes[one], one))
    for at, kept in enumerate(order):
        if kept in taken or agreement(kept, kept, sizes, shared, AGREEMENT):
            continue  # a symmetric relation is the inverse of itself
        for other in order[at + 1 :]:
            share = agreement(kept, other, sizes, shared, AGREEMENT)
            if other not in taken and share:
                taken.add(other)
                yield SaidTwice(other, kept, share)


def _shared(pairs: Mapping[str, set[Pair]], others: Mapping[str, set[Pair]]) -> Shared:
    return lambda kept, other, _: len(pairs[kept] & others[other])


def _findings(kind: str, view: GraphView, found: Iterable[SaidTwice], *, turned: bool) -> Iterator[Finding]:
    for one in found:
        gone, kept, share = one.predicate, one.kept, one.share
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
