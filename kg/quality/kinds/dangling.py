"""References to entities that nothing is said about."""

from collections import defaultdict
from collections.abc import Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kg import namespaces as ns
from kg.changes import Change
from kg.labels import fold
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.view import GraphView, link

DESCRIBED = 0.8
"""Where fewer of a relation's triples point at what is described, it points out of the graph on purpose (web pages)."""

MISSPELT = 0.85
"""Least similarity of local names for one to be the other with a slip of the pen."""


class DanglingReferences(Finder):
    """Finds objects without a label, a class or a fact of their own, where the relation's other objects have some.

    A reference whose local name is all but that of one described object is turned to that one, others are taken out.
    """

    kind = "dangling"
    title = "dangling references"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Looking for references to nothing")
        subjects = {subject for pairs in view.links.values() for subject, _ in pairs}
        subjects |= {subject for entries in view.literals.values() for subject, _ in entries}
        described = subjects | view.types.keys() | view.labels.keys() | view.aliases.keys()
        dangling: dict[str, list[tuple[str, str]]] = defaultdict(list)
        shares: dict[str, float] = {}
        for predicate, pairs in view.links.items():
            shares[predicate] = sum(obj in described for _, obj in pairs) / len(pairs)
            if shares[predicate] >= DESCRIBED:
                for subject, obj in pairs:
                    if obj not in described:
                        dangling[obj].append((subject, predicate))
        for obj, references in sorted(dangling.items()):
            yield self._finding(view, obj, references, min(shares[predicate] for _, predicate in references))

    def _finding(self, view: GraphView, obj: str, references: list[tuple[str, str]], share: float) -> Finding:
        triples = tuple(link(subject, predicate, obj) for subject, predicate in references)
        meant = _meant(view, obj, {predicate for _, predicate in references})
        added = () if meant is None else tuple(link(subject, predicate, meant) for subject, predicate in references)
        ending = f"; {meant} may be meant" if meant else ""
        reason = (
            f"{obj} has no label, no class and no facts, while {share:.0%} of what "
            f"{', '.join(sorted({ns.local_name(predicate) for _, predicate in references}))} points at has{ending}."
        )
        return Finding(self.kind, (obj,), 0.85 + 0.14 * share**4, reason, triples, Change(triples, added))


def _meant(view: GraphView, obj: str, predicates: set[str]) -> str | None:
    """Return the one described object of these relations whose local name is nearest, if it is near enough."""
    choices = {
        other: fold(ns.local_name(other))
        for predicate in sorted(predicates)
        for _, other in view.links[predicate]
        if other in view.types
    }
    found = process.extract(
        fold(ns.local_name(obj)), choices, scorer=OSA.normalized_similarity, score_cutoff=MISSPELT, limit=2
    )
    if not found or (len(found) > 1 and found[0][1] == found[1][1]):
        return None
    return str(found[0][2])
