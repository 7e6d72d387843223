"""Places of a request: masked names, what a negation governs, and what "or" joins."""

import re
from collections.abc import Iterable
from functools import lru_cache

NEGATION = re.compile(
    r"\b(?:(?:any|every)thing but|nothing|apart from|other than|instead of|rather than|leav(?:e|ing) out"
    r"|can['’]?t stand|cannot stand|no|not|without|except|excluding|avoid|minus|never|neither|nor|less"
    r"|hate[sd]?|dislike[sd]?|tired of|sick of"
    r"|(?:do|does|did|is|are)n['’]?t)\b|不要|没有|不想|不喜欢|讨厌|除了|(?<![特级区性])别(?![的人])|不(?![错过仅只但])",
    re.IGNORECASE,
)
_LIST = re.compile(r"\s*(?:any\s+)?\x00+(?:\s*,\s*\x00+)*\s*,?\s*(?:or|and|nor)\s+\x00+", re.IGNORECASE)
"""Names in a list, each of them masked: a negation before it governs all of it."""

_EITHER = re.compile(r"\x00+(?:\s*,\s*\x00+)*\s*,?\s*or\s+(?:a\s+|an\s+)?\x00+", re.IGNORECASE)
"""Names of which any will do."""

_CLAUSE_END = re.compile(
    r"[.,;!?，。；！？]|\b(?:but|just|only|rather|though|however)\b",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(r"\x00[^\x00]*\bwith\b", re.IGNORECASE)
"""After a name, "with" begins what is wanted ("no horror, with music"); right after the negation it does not."""


def overlap(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < right and end > left for left, right in spans)


def governed(start: int, masked: str, negations: Iterable[int]) -> bool:
    """Tell whether a negation stands before a place, in the same clause or before the list that the place is in."""
    for end in negations:
        between = masked[end:start]
        if end <= start and not _CLAUSE_END.search(between) and not _AFTER_NAME.search(between):
            return True
        listed = _LIST.match(masked, end)
        if listed is not None and end <= start < listed.end():
            return True
    return False


def masked_text(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length in which names are NULs, so that their words and dots say nothing."""
    for start, end in spans:
        text = text[:start] + "\x00" * (end - start) + text[end:]
    return text


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of some words, the longest first, a hyphen as a space too; of none, nothing."""
    said = "|".join(re.escape(word).replace(r"\-", r"[-\s]") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"\b(?:{said})\b" if said else r"(?!)", re.IGNORECASE)


@lru_cache(maxsize=4)
def alternatives(masked: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of names that "or" joins; kept, because each name of a text asks for them."""
    return tuple(found.span() for found in _EITHER.finditer(masked))
