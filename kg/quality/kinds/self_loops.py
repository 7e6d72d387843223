"""Entities that are related to themselves."""

from collections.abc import Iterator

from kg import namespaces as ns
from kg.changes import Change
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.view import GraphView, link

REFLEXIVE = 0.5
"""A relation of whose triples this share are loops is meant so."""


class SelfLoops(Finder):
    """Finds triples whose subject is their object, and would take them out."""

    kind = "self-loop"
    title = "self-loops"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Looking for self-loops")
        for predicate, pairs in view.links.items():
            loops = [subject for subject, obj in pairs if subject == obj]
            if len(loops) > REFLEXIVE * len(pairs) and len(pairs) > 1:
                continue
            for subject in loops:
                triple = link(subject, predicate, subject)
                reason = f"{view.name(subject)} is said to be the {ns.local_name(predicate)} of itself."
                yield Finding(self.kind, (subject,), 0.99, reason, (triple,), Change((triple,)))
