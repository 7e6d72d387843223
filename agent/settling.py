"""The last step of understanding a wish: what it compares becomes a range, or a note that says why it does not."""

from collections.abc import Iterable

from agent.comparing import compared
from agent.interpretation import Interpretation, period_of
from kg.snapshot import Snapshot


def settled(meaning: Interpretation, snapshot: Snapshot, shown: Iterable[str]) -> Interpretation:
    """Return a wish with its comparatives as ranges.

    Args:
        meaning: The wish, on top of an earlier one.
        snapshot: The domain.
        shown: IRIs of the items that the conversation is about, for a wish that has no example ("newer ones").
    """
    periods, notes = [*meaning.periods], [*meaning.notes]
    for one in meaning.compared:
        examples = [ref.iri for ref in meaning.like] or list(shown)
        bound, note = compared(snapshot, one.comparison, [one.iri] if one.iri else examples)
        periods += [period_of(bound)] if bound else []
        notes += [note] if note else []
    return meaning.model_copy(update={"periods": periods, "notes": list(dict.fromkeys(notes)), "compared": []})
