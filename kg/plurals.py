"""The plural of an English noun, for words that a domain names in the singular only."""


def plural(noun: str) -> str:
    """Return the plural of an English noun, of its head where it is a phrase with "of"."""
    head, of, rest = noun.partition(" of ")
    if head.endswith(("ss", "x", "ch", "sh")):
        head += "es"
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        head = f"{head[:-1]}ies"
    else:
        head += "s"
    return f"{head}{of}{rest}"
