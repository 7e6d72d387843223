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


def singulars(noun: str) -> tuple[str, ...]:
    """Return what an English noun may be the plural of; nothing where it is none."""
    if len(noun) < len("gos") or not noun.endswith("s") or noun.endswith("ss"):
        return ()
    found = [noun[:-1]]
    if noun.endswith("ies"):
        found.append(f"{noun[:-3]}y")
    if noun.endswith(("sses", "xes", "ches", "shes")):
        found.append(noun[:-2])
    return tuple(one for one in found if plural(one) == noun)
