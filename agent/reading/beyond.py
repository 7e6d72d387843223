"""What a question asks about that no relation of the domain states: the budget of a film, where no fact holds one."""

import re

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.reading.spans import any_of
from kg.asking import nouns_of, wording, words_for_nothing, words_of
from kg.labels import fold
from kg.linking import FUNCTION_WORDS
from kg.manifest import Manifest
from tools.senses import SenseLinker

NEAR = 0.52
"""Cosine to a word for a relation from which on an unknown noun may be another word for it ("maker"); below, it is
none. Chosen on lists of 60 nouns that ask for something else and 55 synonyms, for films and for musicians."""

_FRAME = frozenset(
    """people person persons man men woman women guy guys individual individuals whoever anyone common number numbers
    exist except different overview fellow alongside among jointly mentioned co again thanks types total list answer
    answers fact facts example examples rest part parts case""".split()  # noqa: SIM905
)
"""Words that say how something is asked for, and not what."""

_WORDS = r"([a-z][\w'’-]*(?:\s+[a-z][\w'’-]*){0,3}?)"
_WORD = re.compile(r"[\w'’-]+")
_NOUN_OF = rf"\b(?:the|an?|any)\s+{_WORDS}\s+(?:of|for|behind|in|on)\s+(?:the\s+)?(?:NOUN\s+)?[\"“]?\x00"
_WHICH = rf"\b(?:what|which|how\s+many|how\s+much)\s+{_WORDS}\s+(?:is|are|was|were|does|do|did|has|have|had)\b"
_HOW = r"\bhow\s+(\w+)\s+(?:is|are|was|were)\s+(?:the\s+)?(?:NOUN\s+)?\x00"
_OPENS = re.compile(r"(?:how|where|what|which)\b", re.IGNORECASE)
"""Begins what tells less than a noun or a verb does: "how much does" beside "cost"."""

_ASKED = r"^\W*(?:(?:what|who)(?:['’]s|\s+(?:is|are|was|were))|(?:show|tell|give)\s+me|name|list)"
_OWN = rf"{_ASKED}\s+\x00+(?:['’]s?)?\s+{_WORDS}[^\w\x00]*$"
_IS = rf"^\W*(?:is|are|was|were)\s+(?:the\s+)?(?:NOUN\s+)?\x00+\s+(?:an?\s+)?{_WORDS}[^\w\x00]*$"
_HAS = rf"^\W*(?:has|have|had|do|does|did)\s+(?:the\s+)?(?:NOUN\s+)?\x00+\s+{_WORDS}[^\w\x00]*$"


class Beyond:
    """Finds what a domain knows nothing of in the questions put to it.

    Two kinds of words tell: those that ask about a predicate of a common vocabulary that the domain has nothing of, and
    a noun asked for ("the budget of A", "what budget did A have") that is none of the domain's words, nor a slip or
    near in meaning to a word for a relation, where nothing else in the question speaks of a relation.

    Args:
        manifest: Of the domain.
        senses: Tells how near words are in meaning; without it only slips of the pen are forgiven.
    """

    def __init__(self, manifest: Manifest, senses: SenseLinker | None = None) -> None:
        self._senses = senses
        self._known = words_of(manifest) | wording(" ".join(_FRAME | FUNCTION_WORDS))
        self._nouns = sorted(set[str]().union(*(nouns_of(manifest, name) for name in manifest.relations)))
        self._telling = any_of(words_for_nothing(manifest))
        items = manifest.items
        called = sorted({items.noun, items.plural, *items.synonyms, *self._nouns}, key=len, reverse=True)
        long = {word for word in self._known | FUNCTION_WORDS | _FRAME if len(word) > 3}
        self._slips = sorted(long.union(*(fold(noun).split() for noun in called)))
        self._items = {fold(noun) for noun in (items.noun, items.plural, *items.synonyms)}
        nouns = f"(?:{'|'.join(map(re.escape, called))})"
        patterns = (_NOUN_OF, _WHICH, _HOW, _OWN, _IS, _HAS)
        self._asking = [re.compile(one.replace("NOUN", nouns)) for one in patterns]

    def find(self, masked: str) -> tuple[str, ...]:
        """Return the words of a question, its names masked, that ask about what no relation states."""
        told = [one.group() for one in self._telling.finditer(masked) if not _is_titled(one)]
        if told:
            return tuple(dict.fromkeys([one for one in told if not _OPENS.match(one)] or told))
        text = masked[:1].lower() + masked[1:]
        asked = [found.group(1) for pattern in self._asking for found in pattern.finditer(text)]
        heads = [head for one in asked if (head := self._head(one))]
        if not heads or any(self._speaks(word) for word in _WORD.findall(text)):
            return ()
        return tuple(dict.fromkeys(one for one in heads if not self._may_be_known(one)))

    def _head(self, phrase: str) -> str | None:
        """Return the noun that a phrase is about with what stands before it, where it is no word of the domain."""
        words = phrase.split()
        while words and self._is_frame(words[-1]):
            words.pop()
        if not words or self._is_known(words[-1]):
            return None
        start = next((at for at in range(len(words), 0, -1) if self._is_known(words[at - 1])), 0)
        return " ".join(words[start:])

    def _speaks(self, word: str) -> bool:
        """Tell whether a word speaks of a relation of the domain."""
        return not self._is_frame(word) and fold(word) not in self._items and self._is_known(word)

    def _is_frame(self, word: str) -> bool:
        return all(part in FUNCTION_WORDS or part in _FRAME for part in fold(word).split())

    def _is_known(self, word: str) -> bool:
        return not wording(word) - self._known

    def _may_be_known(self, words: str) -> bool:
        """Tell whether words are a slip of the pen for known ones, or near in meaning to a word for a relation."""
        last = words.rsplit(maxsplit=1)[-1]
        alike = [one for one in self._slips if one[0] == last[0]]
        if process.extractOne(last, alike, scorer=OSA.distance, score_cutoff=1 + len(last) // 8):
            return True
        return self._senses is not None and self._senses.nearness(words, self._nouns) >= NEAR


def _is_titled(word: re.Match[str]) -> bool:
    """Tell whether a word has a capital though it does not begin the text: it may be of a title that is not known."""
    return word.start() > 0 and word.group()[0].isupper()
