"""Entities that are one: said to be the same, or alike by name and neighbours."""

from collections.abc import Iterator
from itertools import chain

from kg.changes import Change
from kg.quality.blocking import Encode, by_meaning, by_name, by_neighbour, by_spelling
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.matching import Match, Matcher
from kg.quality.view import GraphView, link

WORTH_TELLING = 0.5
"""Pairs that are more likely two than one are not told."""

STEP = 20_000
TOLD = 4


class SaidToBeTheSame(Finder):
    """Finds two entities of the graph that a triple of it says are the same (`owl:sameAs`, `skos:exactMatch`)."""

    kind = "same-as"
    title = "entities said to be the same"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Reading which entities are said to be the same")
        matcher = Matcher(view)
        known = view.types.keys() | view.ends.keys() | view.labels.keys()
        seen: set[frozenset[str]] = set()
        for one, predicate, other in view.identities:
            ends = frozenset((one, other))
            if len(ends) == 2 and ends <= known and ends not in seen:
                seen.add(ends)
                kept, old = sorted(ends, key=view.preference)
                same_class = matcher.comparable(kept, old)
                doubt = "" if same_class else "; yet they have no class in common"
                reason = f"The graph says that {old} ({view.name(old)}) is {kept} ({view.name(kept)}){doubt}."
                change = Change(merged=(old, kept))
                yield Finding(
                    self.kind, (old, kept), 0.97 if same_class else 0.6, reason, (link(one, predicate, other),), change
                )


class Duplicates(Finder):
    """Finds pairs of one class with near names, common neighbours and nothing that tells them apart.

    Pairs to compare come from equal names, near spellings (hashed trigrams) and common neighbours; with an encoder,
    from near meanings too.
    """

    kind = "duplicate"
    title = "duplicates"

    def __init__(self, encode: Encode | None = None) -> None:
        self._encode = encode

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        said = {frozenset((one, other)) for one, _, other in view.identities}
        matcher = Matcher(view)
        pairs = sorted(self._pairs(view, progress))
        for at, (one, other) in enumerate(pairs):
            if at % STEP == 0:
                progress(f"Comparing pairs of entities ({at:,} of {len(pairs):,})")
            if matcher.comparable(one, other) and frozenset((one, other)) not in said:
                match = matcher.match(one, other)
                if match.probability >= WORTH_TELLING:
                    yield self._finding(view, one, other, match)

    def _pairs(self, view: GraphView, progress: Progress) -> set[tuple[str, str]]:
        progress("Choosing pairs to compare, by name, spelling and neighbours")
        found = set(chain(by_name(view), by_spelling(view), by_neighbour(view)))
        if self._encode is not None:
            progress("Choosing pairs to compare, by meaning")
            found.update(by_meaning(view, self._encode))
        return found

    def _finding(self, view: GraphView, one: str, other: str, match: Match) -> Finding:
        kept, old = sorted((one, other), key=view.preference)
        shared = ", ".join(view.name(end) for end in match.shared[:TOLD])
        more = f" and {len(match.shared) - TOLD} more" if len(match.shared) > TOLD else ""
        parts = [
            f"{view.name(old)!r} and {view.name(kept)!r} have the same name"
            if match.name == 1.0
            else f"{view.name(old)!r} and {view.name(kept)!r} are spelt {match.name:.0%} alike",
            f"share {shared}{more}" if shared else "share no neighbour",
        ]
        if match.against:
            parts.append(f"differ in {', '.join(match.against)}")
        reason = f"{' and '.join(parts) if len(parts) == 2 else ', '.join(parts)}."
        return Finding(self.kind, (old, kept), match.probability, reason, change=Change(merged=(old, kept)))
