"""How alike two names are: word by word, with slips of the pen, initials and exchanged words."""

import re

from rapidfuzz.distance import OSA

_NUMBER = re.compile(r"\d|^(ii|iii|iv|vi|vii|viii|ix|xi|xii|xiii)$")
_ARTICLES = frozenset({"the", "a", "an"})

EXCHANGED, JOINED, INITIAL = 0.98, 0.96, 0.6
"""Similarity of names with the words in another order, of names that differ in spaces, of a word to its initial."""

MISSPELT = 0.8
"""Words less alike than this are two words: a first name that differs tells a brother from his brother."""

FIRST_LETTER = 0.1
"""What another first letter costs: it is the one that is seldom mistaken (Winkler, 1990)."""

LONE_INITIAL = 1.0
"""What a middle initial that only one name has counts, in letters."""

LONE_WORD = 2.0
"""What each letter of a longer word that only one name has counts: such a word is there to tell two things apart."""

_IDEOGRAPH = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
"""Scripts without spaces: each character is a word."""


def name_similarity(first: str, second: str) -> float:
    """Return how alike two folded names are.

    Names with different numbers are of different things, however alike: a sequel, another volume, another year.

    Returns:
        1 for equal names, less for each word that differs, 0 where a word has no counterpart that is like it at all.

    >>> name_similarity("jane austen", "jane austen")
    1.0
    >>> name_similarity("jane austen", "austen jane")
    0.98
    >>> round(name_similarity("jane austen", "jane austin"), 2)
    0.91
    >>> name_similarity("jane austen", "john austen")
    0.0
    >>> name_similarity("poems 2", "poems 3")
    0.0
    """
    if first == second:
        return 1.0
    left, right = _words(first), _words(second)
    if _numbers(left) != _numbers(right):
        return 0.0
    if sorted(left) == sorted(right):
        return EXCHANGED
    if "".join(left) == "".join(right):
        return JOINED
    return _aligned(left, right)


def _words(name: str) -> list[str]:
    """Return the words of a name without an article at either end, unless there is nothing else."""
    words = _IDEOGRAPH.sub(r" \1 ", name).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _ARTICLES:
        words = words[:-1]
    return words


def _numbers(words: list[str]) -> list[str]:
    return sorted(word for word in words if _NUMBER.search(word))


def _aligned(left: list[str], right: list[str]) -> float:
    """Pair each word of the shorter name with the likest one left of the longer; weigh by length."""
    shorter, longer = sorted((left, right), key=len)
    rest = list(longer)
    total = weight = 0.0
    for word in sorted(shorter, key=lambda one: -len(one)):
        best = max(rest, key=lambda other: _word_similarity(word, other))
        alike = _word_similarity(word, best)
        if alike < MISSPELT and not _initial(word, best):
            return 0.0
        size = max(len(word), len(best))
        total += alike * size
        weight += size
        rest.remove(best)
    weight += sum(LONE_INITIAL if len(word) == 1 else LONE_WORD * len(word) for word in rest)
    return total / weight


def _word_similarity(first: str, second: str) -> float:
    if _initial(first, second):
        return INITIAL
    return float(OSA.normalized_similarity(first, second)) - FIRST_LETTER * (first[0] != second[0])


def _initial(first: str, second: str) -> bool:
    """Tell whether one word is the first letter of the other, longer one."""
    return first[0] == second[0] and sorted((len(first), len(second)))[0] == 1 != max(len(first), len(second))
