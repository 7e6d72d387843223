"""The relation paths that a schema allows as one regular expression, under which a model can say no other."""

from collections.abc import Iterable

Walk = tuple[str, ...]


def walk_pattern(paths: Iterable[str]) -> str:
    r"""Return a regular expression that exactly these relation paths match.

    Steps that the same paths follow share them, so that it grows with what differs and not with the number of paths.

    Args:
        paths: Steps joined by "/", as "^starring/director"; at least one.

    >>> walk_pattern(["genre", "author", "author/^author"])
    '(author(/(\\^author))?|genre)'
    >>> walk_pattern(["genre/^genre", "author/^genre"])
    '((author|genre)/(\\^genre))'
    """
    return _pattern(frozenset(tuple(one.split("/")) for one in paths))


def _pattern(walks: frozenset[Walk]) -> str:
    alike: dict[frozenset[Walk], list[str]] = {}
    for first in sorted({walk[0] for walk in walks}):
        alike.setdefault(frozenset(walk[1:] for walk in walks if walk[0] == first), []).append(first)
    return f"({'|'.join(_steps(firsts) + _rest(rests) for rests, firsts in alike.items())})"


def _steps(firsts: list[str]) -> str:
    said = "|".join(first.replace("^", r"\^") for first in firsts)
    return f"({said})" if len(firsts) > 1 else said


def _rest(rests: frozenset[Walk]) -> str:
    more = rests - {()}
    if not more:
        return ""
    return f"(/{_pattern(more)})?" if () in rests else f"/{_pattern(more)}"
