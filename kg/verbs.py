"""Forms of English verb phrases."""

_PLURALS = {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go", "counts": "count", "falls": "fall"}


def base_form(verb_phrase: str) -> str | None:
    """Return the infinitive of a present verb phrase: "acts in" is "act in"; None where the verb is no such form."""
    first, space, rest = verb_phrase.partition(" ")
    if first in ("is", "was", "has", "this", "does") or not first.endswith("s") or first.endswith("ss"):
        return None
    stem = f"{first[:-3]}y" if first.endswith("ies") else first[:-2] if first.endswith(("shes", "ches")) else first[:-1]
    return f"{stem}{space}{rest}"


def agreeing(verb_phrase: str) -> str:
    """Return a verb phrase as it stands after a plural: "was made" is "were made", "stars" is "star"."""
    first, space, rest = verb_phrase.partition(" ")
    if first in _PLURALS:
        return f"{_PLURALS[first]}{space}{rest}"
    return base_form(verb_phrase) or verb_phrase
