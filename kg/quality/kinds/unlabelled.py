"""Entities without a label where their like have one."""

from collections.abc import Iterator
from urllib.parse import unquote

import pyoxigraph as ox

from kg import namespaces as ns
from kg.changes import Change
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.view import GraphView, literal_of

LABELLED = 0.5
"""A class of which fewer are labelled goes without labels on purpose (statements, measurements)."""


class UnlabelledEntities(Finder):
    """Finds typed entities without a label; an alias, or else a readable local name, would become it."""

    kind = "unlabelled"
    title = "unlabelled entities"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Looking for entities without a label")
        shares = {
            cls: sum(iri in view.labels for iri in members) / len(members) for cls, members in view.members.items()
        }
        for iri, classes in view.types.items():
            share = max(shares[cls] for cls in classes)
            if iri not in view.labels and share >= LABELLED:
                yield self._finding(view, iri, share)

    def _finding(self, view: GraphView, iri: str, share: float) -> Finding:
        label = _label_for(view, iri)
        change = Change() if label is None else Change(add=(literal_of(iri, view.settings.label[0], label),))
        proposal = "it has no name that could become one" if label is None else f"{label.value!r} could be it"
        reason = f"{iri} has no label, while {share:.0%} of its class have one; {proposal}."
        return Finding(self.kind, (iri,), 0.7 + 0.29 * share, reason, change=change)


def _label_for(view: GraphView, iri: str) -> ox.Literal | None:
    alias = next(iter(view.aliases.get(iri, ())), None)
    if alias is not None:
        return alias
    name = " ".join(unquote(ns.local_name(iri)).replace("_", " ").split())
    readable = sum(char.isalpha() for char in name) >= 0.5 * len(name) and len(name) > 1
    return ox.Literal(name) if readable else None
