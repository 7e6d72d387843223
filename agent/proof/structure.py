"""Checking what a proof says of scores and paths: sums, order, and that each path leads from a source to the item."""

from collections.abc import Iterator
from itertools import pairwise

from agent.interpretation import Interpretation
from agent.proof.document import Proof
from agent.proof.grounds import CitedGraph
from agent.proof.parts import ProvenItem, ProvenPath
from agent.proof.report import Check
from agent.proof.sums import added, equal
from kg.snapshot import Snapshot
from kg.types import Hop, Iri, Path, Triple
from tools.paths import PathReasoner


def sums(where: str, item: ProvenItem) -> Iterator[Check]:
    """Yield whether the parts sum to the score, and the contributions, where all are told, to the parts."""
    parts = added((one.part, one.value) for one in item.parts)
    total = added(("score", one.value) for one in item.parts).get("score", 0.0)
    told = "" if equal(total, item.score) else f"the parts sum to {total:.9g}, and the score is {item.score:.9g}"
    yield Check("sum", f"{where}, score", f"{item.score:.9g}", told)
    if not item.complete:
        return
    causes = added((one.part, one.value) for one in item.contributions)
    for name in sorted(parts.keys() | causes.keys()):
        part, cause = parts.get(name, 0.0), causes.get(name, 0.0)
        wrong = "" if equal(part, cause) else f"its contributions sum to {cause:.9g}, and the part is {part:.9g}"
        yield Check("sum", f"{where}, part {name}", f"{part:.9g}", wrong)


def order(proof: Proof) -> Iterator[Check]:
    """Yield whether a list's ranks count up and its scores go down; one made for diversity has its own order."""
    if proof.request.intent not in ("recommend", "refine") or not proof.items:
        return
    ranks, scores = [one.rank for one in proof.items], [one.score for one in proof.items]
    reason = ""
    if ranks != list(range(1, len(ranks) + 1)):
        reason = f"the ranks are {ranks[:10]}, and 1 to {len(ranks)} was expected"
    elif len({one.item for one in proof.items}) < len(proof.items):
        reason = "an item stands in the list twice"
    elif not proof.request.diversity:
        falls = [a > b or equal(a, b) for a, b in pairwise(scores)]
        reason = "" if all(falls) else f"rank {falls.index(False) + 2} has a higher score than the rank before it"
    yield Check("sum", "order of the list", reason=reason)


class PathChecker:
    """Checks paths: their triples, their connection, their source and how they are said."""

    def __init__(self, meaning: Interpretation, snapshot: Snapshot, cited: CitedGraph) -> None:
        self._snapshot = snapshot
        self._cited = cited
        self._reasoner = PathReasoner(snapshot)
        self._examples = {ref.iri for ref in meaning.like}

    def checks(self, where: str, item: ProvenItem) -> Iterator[Check]:
        """Yield a check for each path of an item."""
        sources = self._examples | {one.of for one in item.contributions if one.of is not None}
        for at, path in enumerate(item.paths, start=1):
            lost = self._cited.lost(path.hops)
            reason = "a step of it is not in the graph" if lost else self._broken(path, item.item, sources)
            yield Check("path", f"{where}, path {at}", path.text, reason, lost)

    def _broken(self, path: ProvenPath, item: str, sources: set[str]) -> str:
        triples = self._cited.triples(path.hops)
        if len(path.entities) != len(triples) + 1 or not triples:
            return f"{len(path.entities)} entities cannot be joined by {len(triples)} triples"
        if path.entities[-1] != item:
            return f"it ends at {self._cited.label(path.entities[-1])}, not at the item"
        if path.entities[0] not in sources:
            return f"it begins at {self._cited.label(path.entities[0])}, which is neither example nor contribution"
        hops = [self._hop(*step) for step in zip(path.entities, triples, path.entities[1:], strict=False)]
        joined = [one for one in hops if one is not None]
        if len(joined) < len(hops):
            at = hops.index(None)
            ends = (self._cited.label(one) for one in path.entities[at : at + 2])
            return f"step {at + 1} does not join {' and '.join(ends)}"
        said = self._reasoner.say(Path(tuple(map(Iri, path.entities)), tuple(joined), path.score))
        return "" if said == path.text else f"by its triples it reads: {said}"

    def _hop(self, start: str, triple: Triple, end: str) -> Hop | None:
        relation = self._snapshot.manifest.relation_of(triple.predicate)
        if relation is None or triple.literal or {start, end} != {triple.subject, triple.object}:
            return None
        return Hop(relation, "forward" if triple.subject == start else "inverse", triple)
