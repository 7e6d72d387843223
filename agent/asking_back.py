"""The answer to a question that was asked back: which of the entities of a name is meant, said in a few words."""

from collections.abc import Mapping
from typing import Any

from agent.interpretation import Interpretation, Ref
from agent.referring import ORDINALS
from kg.labels import fold
from kg.namespaces import local_name
from kg.snapshot import Snapshot

_FILLERS = frozenset("the i mean meant one ones number no it is its was that please a an by of from in called".split())  # noqa: SIM905
"""What may stand around a choice and chooses nothing: "I mean the one from 1979, please"."""


def name_settled(asked_back: Mapping[str, Any] | None, text: str, snapshot: Snapshot) -> Interpretation | None:
    """Return the question that was left open, with the name that a text chooses an owner for linked to it.

    A text chooses where all of its words are said of one owner and of no other: its label, class, numbers, or what its
    IRI is called by; or where it is an ordinal. Any other text is a request of its own.

    Args:
        asked_back: The `Interpretation` of the request before as JSON, if it was asked back about.
        text: The request.
        snapshot: The domain.
    """
    if not asked_back:
        return None
    meaning = Interpretation.model_validate(asked_back)
    said = frozenset(fold(text).split()) - _FILLERS
    for ref in (*(route.ref for route in meaning.routes), *meaning.things):
        if ref.text in meaning.unclear and said:
            owners: list[str] = [snapshot.current(iri) for iri in (ref.iri, *ref.rivals)]
            chosen = _chosen(said, owners, snapshot)
            if chosen is not None:
                return _linked(meaning, ref.text, chosen, snapshot)
    return None


def _chosen(said: frozenset[str], owners: list[str], snapshot: Snapshot) -> str | None:
    fitting = [iri for iri in owners if said <= _words_of(iri, snapshot)]
    if fitting:
        return fitting[0] if len(fitting) == 1 else None
    at = ORDINALS.get(next(iter(said)), len(owners)) if len(said) == 1 else len(owners)
    return owners[at] if at < len(owners) else None


def _words_of(iri: str, snapshot: Snapshot) -> frozenset[str]:
    """Return the words that an entity may be told from others by."""
    column, items = snapshot.item_columns.get(iri), snapshot.manifest.items
    texts = [snapshot.label(iri), local_name(iri), snapshot.entity_class(iri)]
    if column is not None:
        texts += [items.noun, *items.synonyms]
        texts += [f"{numbers[column]:g}" for numbers in snapshot.numbers.values()]
    return frozenset(word for text in texts for word in fold(text).split())


def _linked(meaning: Interpretation, name: str, iri: str, snapshot: Snapshot) -> Interpretation:
    def linked(ref: Ref) -> Ref:
        chosen = {"iri": iri, "label": snapshot.label(iri), "rivals": []}
        return ref.model_copy(update=chosen) if ref.text == name else ref

    routes = [route.model_copy(update={"ref": linked(route.ref)}) for route in meaning.routes]
    return meaning.model_copy(update={"routes": routes, "things": [linked(ref) for ref in meaning.things]})
