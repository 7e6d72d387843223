"""Texts as they are counted and compared: sentences, skeletons, and a lenient yardstick that knows no verifier.

By the lenient yardstick a sentence passes where every word with a capital and every number of it occurs somewhere in
the evidence, and no word of it praises. What it says of them is not looked at: a wrong role or a swapped pair passes.
"""

import re
from collections.abc import Collection, Iterable, Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRAISE = _words(
    """
    acclaim acclaimed amazing award awards award-winning awarded beautiful beautifully beloved best best-selling
    bestselling brilliant brilliantly captivating celebrated charming classic compelling cult delightful engaging
    enjoyable entertaining excellent exceptional exciting famous fantastic fascinating favourite favorite finest fresh
    fun funny great greatest gripping groundbreaking heartwarming hilarious iconic impressive incredible influential
    innovative inspiring intriguing legendary lovely masterful masterpiece masterwork memorable mesmerizing moving
    must must-read must-see nominated outstanding perfect perfectly poignant popular powerful praised prize prizes
    refreshing remarkable renowned riveting satisfying sensational spectacular stunning stylish successful superb
    suspenseful talented terrific thought-provoking thrilling timeless touching unforgettable unique winner winning
    witty wonderful won
    """
)
"""Words that judge or award; nothing in a graph of facts supports them. That the user loved something may be known."""

WORD = re.compile(r"[^\W_]+(?:[-.'’][^\W_]+)*", re.UNICODE)
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""Numbers as words; "one" is more often a pronoun."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_I = frozenset(("i", "i'm", "i've", "i'd", "i'll"))
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"”')\]])\s+")
_CUT = 0xE000
"""First of the private characters that stand for names while a text is cut, so that "H. G. Wells" stays whole."""


def sentences(text: str, names: Collection[str] = ()) -> list[str]:
    """Return the sentences of a text; full stops within `names` end none."""
    ordered = sorted({name for name in names if name}, key=lambda name: (-len(name), name))[:4096]
    for at, name in enumerate(ordered):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", chr(_CUT + at), text)
    found = []
    for sentence in _SENTENCE_END.split(text.strip()):
        for at, name in enumerate(ordered):
            sentence = sentence.replace(chr(_CUT + at), name)  # noqa: PLW2901
        if sentence.strip():
            found.append(sentence.strip())
    return found


def n_words(text: str) -> int:
    """Return how many words a text has; a name of three words counts as three."""
    return len(WORD.findall(text))


def skeleton(text: str, names: Collection[str] = ()) -> str:
    """Return a text without what it speaks of: names become X and numbers 0.

    Args:
        text: The text.
        names: Names that it may hold; every other word with a capital inside a sentence counts as one, too.

    Example:
        >>> skeleton("Alien came out in 1979. Like Aliens, it stars Sigourney Weaver.", ["Alien", "Aliens"])
        'X came out in 0. Like X, it stars X.'
    """
    for name in sorted({name for name in names if name}, key=lambda name: (-len(name), name)):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "X", text)
        capital = name[:1].upper() + name[1:]
        text = re.sub(rf"(?:^|(?<=[.!?]\s)){re.escape(capital)}(?!\w)", "X", text)
    text = re.sub(rf"\b(?:{'|'.join(COUNTS)})\b", "0", _NUMBER.sub("0", text), flags=re.IGNORECASE)
    text = re.sub(r"(?<=[\w,;:]\s)[^\W\d_a-z][\w'’-]*", lambda match: _masked(match.group()), text)
    return re.sub(r"X(?:\s+X)+", "X", " ".join(text.split()))


def unsupported_words(sentence: str, evidence: Iterable[str]) -> list[str]:
    """Return the words of a sentence that the evidence does not hold, by the lenient yardstick.

    Args:
        sentence: One sentence.
        evidence: Everything that the writer was given, as text.

    Returns:
        Names, numbers and words of praise; empty where the sentence passes.
    """
    given = [word for line in evidence for word in WORD.findall(line)]
    known = {form for word in given for form in _forms(word)}
    years = [int(word) for word in given if len(word) == 4 and word.isdigit()]
    known |= {f"{year // 10}0s" for year in years} | {str(abs(one - other)) for one in years for other in years}
    named = [word for word in named_words(sentence) if not _forms(word) & known]
    praise = [word for word in WORD.findall(sentence) if word.casefold() in PRAISE and not _forms(word) & known]
    return list(dict.fromkeys([*named, *praise]))


def mentions(text: str, names: Collection[str]) -> bool:
    """Tell whether a text holds one of the names; case does not count."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in names if name)


def named_words(text: str, *, inside: bool = False) -> list[str]:
    """Return the words of a text that name something: those with a digit or a capital; the first one's says nothing.

    Args:
        text: A sentence.
        inside: Whether the text is what is left of one, so that its first word counts, too.
    """
    found = []
    for at, match in enumerate(WORD.finditer(text)):
        word = match.group()
        capital = (at > 0 or inside) and word[0].isupper() and word.casefold().replace("’", "'") not in _I
        if capital or any(char.isdigit() for char in word):
            found.append(word)
    return found


def _masked(word: str) -> str:
    return word if word.casefold().replace("’", "'") in _I or not word[0].isupper() else "X"


def _forms(word: str) -> set[str]:
    """Return a word as it is compared: without case and a genitive, and the parts of a compound."""
    bare = re.sub(r"['’]s$", "", word.casefold())
    return {bare, *re.split(r"[-.'’]", bare)} - {""}


def commonest(values: Sequence[str]) -> float:
    """Return the share of the commonest value; 0 of none.

    >>> commonest(["a", "b", "a", "c"])
    0.5
    """
    return max(values.count(value) for value in set(values)) / len(values) if values else 0.0
