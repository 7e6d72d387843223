"""Years and decades of a request: "from the 90s", "before 1980", "between 1950 and 1960"."""

import math
import re
from functools import cache

from agent.reading.spans import overlap
from tools.constraints import RangeConstraint

_DECADES = {
    name: at
    for at, name in enumerate(
        ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"), 2
    )
}
DECADES = frozenset(_DECADES)
"""The decades that have a name."""

_YEAR = r"(1[89]\d\d|20\d\d)"
_BEFORE_YEAR = r"(?:^|(?<=\bthe )|(?<=\bwhich )|(?<=\bwhat )|(?<=\ball )|(?<=\bany )|(?<=\bof )|(?<=\blist ))"


def _decade(match: re.Match[str]) -> tuple[float, float]:
    digits = int(match.group(1))
    start = digits if digits >= 1000 else (2000 + digits if digits < 30 else 1900 + digits)
    return float(start), float(start + 9)


def _one_year(match: re.Match[str]) -> tuple[float, float]:
    return float(match[1]), float(match[1])


def _named_decade(match: re.Match[str]) -> tuple[float, float]:
    start = 1900 + 10 * _DECADES[match.group(1).lower()]
    return float(start), float(start + 9)


def _between(match: re.Match[str]) -> tuple[float, float]:
    low, high = sorted((float(match.group(1)), float(match.group(2))))
    return low, high


def _before_decade(match: re.Match[str]) -> tuple[float, float]:
    return -math.inf, _any_decade(match)[0] - 1


def _after_decade(match: re.Match[str]) -> tuple[float, float]:
    return _any_decade(match)[1] + 1, math.inf


def _since_decade(match: re.Match[str]) -> tuple[float, float]:
    return _any_decade(match)[0], math.inf


def _any_decade(match: re.Match[str]) -> tuple[float, float]:
    return (_named_decade if match.group(1).lower() in _DECADES else _decade)(match)


_BEFORE, _AFTER = r"(?:before|prior to|older than|earlier than)", r"(?:after|newer than|later than)"
_OF_DECADE = rf"\s+(?:the\s+)?['’]?((?:1[89]|20)?\d0(?=['’]?s\b)|{'|'.join(_DECADES)})(?:['’]?s)?\b"
_PERIODS = (
    (re.compile(rf"\b{_BEFORE}{_OF_DECADE}", re.IGNORECASE), _before_decade),
    (re.compile(rf"\b{_AFTER}{_OF_DECADE}", re.IGNORECASE), _after_decade),
    (re.compile(rf"\bsince{_OF_DECADE}", re.IGNORECASE), _since_decade),
    (re.compile(rf"\bfrom\s+{_YEAR}\s+on(?:wards)?\b", re.IGNORECASE), lambda m: (float(m[1]), math.inf)),
    (re.compile(rf"\b(?:until|up to|till)\s+{_YEAR}\b", re.IGNORECASE), lambda m: (-math.inf, float(m[1]))),
    (
        re.compile(rf"\b(?:between|from)\s+{_YEAR}\s+(?:and|to|until|-)\s+{_YEAR}\b", re.IGNORECASE),
        _between,
    ),
    (re.compile(rf"\b{_YEAR}\s*[-–]\s*{_YEAR}\b"), _between),
    (re.compile(rf"\b{_AFTER}\s+{_YEAR}\b", re.IGNORECASE), lambda m: (float(m[1]) + 1, math.inf)),
    (re.compile(rf"\bsince\s+{_YEAR}\b", re.IGNORECASE), lambda m: (float(m[1]), math.inf)),
    (re.compile(rf"\b{_BEFORE}\s+{_YEAR}\b", re.IGNORECASE), lambda m: (-math.inf, float(m[1]) - 1)),
    (re.compile(rf"\b(?:from|in|of|during)\s+{_YEAR}\b(?!s)", re.IGNORECASE), _one_year),
    (re.compile(r"\b(?:the\s+)?['’]?((?:1[89]|20)?\d0)['’]?s\b", re.IGNORECASE), _decade),
    (re.compile(rf"\b(?:the\s+)?({'|'.join(_DECADES)})\b", re.IGNORECASE), _named_decade),
)


def read_periods(
    text: str, relation: str, nouns: tuple[str, ...] = ()
) -> tuple[list[RangeConstraint], list[tuple[int, int]]]:
    """Return the years and decades of a request as ranges of a numeric relation, and where they stand.

    Args:
        text: The request.
        relation: What the years are of.
        nouns: What the items are called: a year before one of them is when they came out ("1996 books"); behind other
            words it may be the end of a title.
    """
    found: dict[tuple[int, int], RangeConstraint] = {}
    for pattern, limits in (*_PERIODS, (_year_of(nouns), _one_year)):
        for match in pattern.finditer(text):
            if not overlap(*match.span(), found):
                found[match.span()] = RangeConstraint(relation, *limits(match))
    return [found[span] for span in sorted(found)], sorted(found)


@cache
def _year_of(nouns: tuple[str, ...]) -> re.Pattern[str]:
    said = "|".join(map(re.escape, ("release", "releases", *nouns)))
    return re.compile(rf"{_BEFORE_YEAR}{_YEAR}(?=\s+(?:\w+\s+)?(?:{said})\b)", re.IGNORECASE)
