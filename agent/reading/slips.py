"""Slips of the pen in the words that a request is made of: "who direcetd A", "sometihng like A"."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kg.common_words import common_words
from kg.linking import Mention

LEAST, SHORT = 3, 5
"""Letters of a word, and of what it may be a slip for: a shorter one is near to too many. Of a short one no letter may
be another: too many last names are so near."""

_WORD = re.compile(r"(?<![\w'’-])[A-Za-z][a-z]+(?![\w-])")


class Slips:
    """Mends words that nobody writes and that are one slip away from a known one.

    A slip is a letter too many, too few, or another one, or two that changed places (the optimal string alignment
    distance), never the first letter; long words are forgiven two. What the graph may call something is left as it is,
    and so is a word with a capital, unless it begins the text.

    Args:
        words: The words that a request is made of, in lower case.
        spot: Finds the names in a text.
        is_name: Tells whether a word in lower case is the last name of anything.
    """

    def __init__(
        self, words: Iterable[str], spot: Callable[[str], Iterable[Mention]], is_name: Callable[[str], bool]
    ) -> None:
        self._words = sorted(word for word in words if len(word) >= LEAST and word.isascii() and word.isalpha())
        self._known = frozenset(self._words)
        self._spot, self._is_name = spot, is_name

    def mended(self, text: str) -> str:
        """Return a text without the slips in its words; its names are the linker's to mend."""
        slips = {found.span(): meant for found in _WORD.finditer(text) if (meant := self._meant(found))}
        if not slips:
            return text
        names = [(one.start, one.end) for one in self._spot(text)]
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
        alike = [one for one in self._words if one[0] == word[0] and (len(word) > SHORT or _keeps_letters(word, one))]
        near = process.extract(word, alike, scorer=OSA.distance, score_cutoff=1 + len(word) // 8, limit=None)
        if not near or self._is_name(word):
            return None
        # Of equally near words the one with the same end, as "written" for "writen"; then the longer one: letters that
        # are left out are the commonest slip.
        return min(near, key=lambda one: (one[1], one[0][-1] != word[-1], -len(one[0]), one[0]))[0]


def _keeps_letters(word: str, other: str) -> bool:
    """Tell whether two words have the same letters, or one of them some more: "yeats" is no slip for "years"."""
    few, many = sorted((Counter(word), Counter(other)), key=Counter.total)
    return few <= many
