"""The last step of understanding a wish: what it compares becomes a range, and notes say what it leaves open."""

from collections.abc import Iterable

from agent.comparing import compared
from agent.interpretation import Interpretation, Ref, period_of
from agent.untrusted import name, quoted
from kg.labels import fold
from kg.snapshot import Snapshot


def settled(meaning: Interpretation, snapshot: Snapshot, shown: Iterable[str]) -> Interpretation:
    """Return a wish with its comparatives as ranges, and with a note of each last name that several have.

    Args:
        meaning: The wish, on top of an earlier one.
        snapshot: The domain.
        shown: IRIs of the items that the conversation is about, for a wish that has no example ("newer ones").
    """
    shared = [_shared(ref, snapshot) for ref in meaning.named() if ref.rivals and fold(ref.text) != fold(ref.label)]
    periods, notes = [*meaning.periods], [*meaning.notes, *shared]
    for one in meaning.compared:
        examples = [ref.iri for ref in meaning.like] or list(shown)
        bound, note = compared(snapshot, one.comparison, [one.iri] if one.iri else examples)
        periods += [period_of(bound)] if bound else []
        notes += [note] if note else []
    return meaning.model_copy(update={"periods": periods, "notes": list(dict.fromkeys(notes)), "compared": []})


def _shared(ref: Ref, snapshot: Snapshot) -> str:
    """Say who else is called so: whoever asks for "Scott" may not have asked for the one who was taken for it."""
    *others, last = sorted(name(snapshot.label(iri)) for iri in (ref.iri, *ref.rivals))
    return (
        f"Several are called {quoted(ref.text)}: {', '.join(others)} and {last}; the whole name tells which is meant."
    )
