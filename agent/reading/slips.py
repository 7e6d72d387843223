"""Slips of the pen in the words that a request is made of: "who direcetd A", "sometihng like A"."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kg.common_words import common_words
from kg.linking import Mention

LEAST, SHORT = 3, 4
"""Letters of a word, and of what it may be a slip for: a shorter one is near to too many. Of a short one no letter may
be another."""

_WORD = re.compile(r"(?<![\w'’-])[A-Za-z][a-z]+(?![\w-]|['’]\w)")
_QUOTED = re.compile(r"[\"“「《][^\"”」》]*[\"”」》]")


class Slips:
    """Mends words that nobody writes and that are one slip away from a known one.

    A slip is a letter too many, too few, or another one, or two that changed places (the optimal string alignment
    distance), never the first letter; long words are forgiven two. Everybody's words are mended with more care, as
    other words are near to them: letters may be missing, doubled or have changed places ("sometihng", not "folksy").
    What is quoted is left as it is, and so is a label of the graph, the last word of one, and a word with a capital,
    unless it begins the text.

    Args:
        words: The words of a domain, in lower case.
        asking: Everybody's words that a request is made of.
        spot: Finds the names in a text.
        is_name: Tells whether a word in lower case is a label, or the last word of one.
    """

    def __init__(
        self,
        words: Iterable[str],
        asking: Iterable[str],
        spot: Callable[[str], Iterable[Mention]],
        is_name: Callable[[str], bool],
    ) -> None:
        self._own, everybodys = _plain(words), _plain(asking)
        self._words, self._known = sorted(self._own | everybodys), self._own | everybodys
        self._spot, self._is_name = spot, is_name

    def mended(self, text: str) -> str:
        """Return a text without the slips in its words; its names are the linker's to mend."""
        slips = {found.span(): meant for found in _WORD.finditer(text) if (meant := self._meant(found))}
        if not slips:
            return text
        names = [(one.start, one.end) for one in self._spot(text)] + [one.span() for one in _QUOTED.finditer(text)]
        for (start, end), meant in reversed(slips.items()):
            if not any(start < name_end and name_start < end for name_start, name_end in names):
                said = meant.capitalize() if text[start].isupper() else meant
                text = f"{text[:start]}{said}{text[end:]}"
        return text

    def _meant(self, found: re.Match[str]) -> str | None:
        """Return what a word may be a slip of the pen for; a word that many people write is none."""
        word = found.group().lower()
        if found.group()[0].isupper() and found.string[: found.start()].strip():
            return None
        if len(word) < LEAST or word in self._known or word in common_words():
            return None
        alike = [one for one in self._words if one[0] == word[0] and self._may_be(word, one)]
        near = process.extract(word, alike, scorer=OSA.distance, score_cutoff=1 + len(word) // 8, limit=None)
        if not near or self._is_name(word):
            return None
        # Of equally near words the one with the same end, as "written" for "writen"; then the longer one: letters that
        # are left out are the commonest slip.
        return min(near, key=lambda one: (one[1], one[0][-1] != word[-1], -len(one[0]), one[0]))[0]

    def _may_be(self, word: str, other: str) -> bool:
        if other not in self._own:
            return _left_out_or_moved(word, other) or _single(word) == _single(other)
        return len(word) > SHORT or _left_out_or_moved(word, other) or _left_out_or_moved(other, word)


def _plain(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in words if len(word) >= LEAST and word.isascii() and word.isalpha())


def _left_out_or_moved(word: str, other: str) -> bool:
    """Tell whether a word has no letter that another has not."""
    return Counter(word) <= Counter(other)


def _single(word: str) -> str:
    """Return a word without its doubled letters."""
    return "".join(letter for letter, _ in groupby(word))
