"""What a question asks about that no relation of the domain states: the budget of a film, where no fact holds one."""

import re
from collections.abc import Container, Iterable

from agent.reading.spans import any_of
from kg.asking import asked_of, item_nouns, nouns_of, wording, words_for_nothing, words_of
from kg.common_words import common_words
from kg.labels import fold
from kg.linking import FUNCTION_WORDS
from kg.manifest import Manifest
from kg.plurals import plural, singulars
from tools.senses import SenseLinker

NEAR = 0.52
"""Cosine to a word for a relation from which on an unknown word may be another one for it ("maker"); below, it is
none. Chosen on lists of 60 nouns that ask for something else and 55 synonyms, for films and for musicians."""

STRANGE = 0.6
"""Cosine to a word for a relation below which a word is strange to a domain, where the model is not sure either."""

_FRAME = frozenset(
    """people known others person persons man men woman women guy guys individual individuals whoever anyone
    everyone everything
    common names number numbers exist exists except excluding different overview fellow alongside among jointly
    co again back both total list lists enumerate answer answers fact facts example examples case title titles ones
    im ive id looking searching seeking interested mood vein choose pick collection catalogue
    liked enjoyed watched leaving bigger biggest larger largest smaller smallest fewer fewest greater
    altogether combined overall alone far solo collectively
    catalog database graph data remaining rest further additional available anybody projects stuff
    hi hello hey thanks thank dear quick question help need remind wonder wondering forgot forget remember wise exactly
    mentioned think believe happen mean share shares shared apart idea ideas sorry pls ie eg fancy loved everybody
    somebody serve serves served mind employ employs employed hire hires hired
    folks doing
    ask asking myself yourself nowadays right days currently ever today yesterday lately moment anymore anyway
    through during across against around behind beside besides despite throughout towards
    take takes took taken come comes came get gets got getting put puts hit call called calls turn turns turned
    whats whos""".split()  # noqa: SIM905
)
"""Words that say how something is asked, and not what."""

_SHORTENED = frozenset(
    """arent isnt wasnt werent dont doesnt didnt havent hasnt hadnt wont cant couldnt wouldnt shouldnt aint thats
    theres hes shes theyre youre""".split()  # noqa: SIM905
)
"""The same, with or without an apostrophe."""

_NEVER = (
    "why",
    "how come",
    "reason",
    "reasons",
    "how many times",
    "how many days",
    "how many weeks",
    "how many months",
)
"""Asks for reasons, or counts what no graph of ours states."""

_WORD = re.compile(r"[A-Za-zÀ-ɏ](?:[A-Za-zÀ-ɏ\d-]|['’](?=\w))+")
"""A word in Latin script: of other scripts the lists hold none."""

_DETERMINED = re.compile(r"(?:\b(?:the|an?|any|what|which|how|many|much)|['’]s)\s+$", re.IGNORECASE)
"""Stands before a noun or what describes one."""

_PHRASE = r"(?:[^\W\d_][\w'’-]*\s+)*?[^\W\d_][\w'’-]*(?=\W|$)"
_END = (
    r"(?=\s*(?:[^\w\s'’-]|$|\b(?:of|for|on|in|at|by|from|to|with|about|behind|over|under|into|onto|out|up|off|through|during|after"
    r"|before|between|as|than|that|since|until|like|and|or|but|if|there|who|whom|whose|which|what|when|where|how|is|are|was"
    r"|were|be|been|do|does|did|has|have|had|can|could|will|would|should|may|might|he|she|it|they|we|you|i)\b))"
)
"""Stands where a noun phrase is over."""

_WHICH = re.compile(rf"(?:\b(?:what|which|(how many))\s+(?:\x00+\s+)?|\x00['’]s\s+)({_PHRASE}){_END}", re.IGNORECASE)
"""A noun phrase that is asked for, and a verb perhaps: "which songs", "what song plays", "A's agent"."""

_THE = re.compile(
    rf"\b(?:what|who)(?:['’]s|\s+(?:is|are|was|were))\s+(?:the|an?|\x00+['’]s)\s+({_PHRASE}){_END}", re.IGNORECASE
)
"""A noun phrase that is asked for: "who was the production designer"."""

_AUXILIARY = re.compile(r"\s+(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would)\b", re.IGNORECASE)

_CONTRACTED = re.compile(r"['’](?:ve|re|ll|d|m|s)$", re.IGNORECASE)
_OF_WHAT = re.compile(r"\s+(?:an?|the)\s+([^\W\d_]+)", re.IGNORECASE)

_OPENS = re.compile(r"(?:how|where|what|which)\b", re.IGNORECASE)
"""Begins what tells less than a noun or a verb does: "how much does" beside "cost"."""


class Beyond:
    """Finds what a domain knows nothing of in the questions put to it.

    Three kinds of words tell: those that ask about a predicate of a common vocabulary that the domain has nothing of; a
    noun that is asked for and that is neither one of the domain's nor near in meaning to one; and, where no word of a
    question speaks of a relation, those that are none of the domain's nor near in meaning to one. Where the domain
    has no list of the ways to say each relation, the last are nouns only: any verb might be one of them.

    Args:
        manifest: Of the domain.
        senses: Tells how near words are in meaning; without it no other word is.
        numbers: The relations that state a number of an item.

    Attributes:
        words: What the items and relations of the domain are called and asked about by.
        asking: The words that say how something is asked.
    """

    def __init__(self, manifest: Manifest, senses: SenseLinker | None = None, numbers: Iterable[str] = ()) -> None:
        self._senses = senses
        relations, called = manifest.relations, " ".join(item_nouns(manifest))
        self._empty = FUNCTION_WORDS | _FRAME | _SHORTENED | set(fold(called).split())
        words = words_of(manifest)
        self._known = words | wording(" ".join(words))
        self.words, self.asking = words, FUNCTION_WORDS | _FRAME
        self._knows_verbs = all(asked_of(manifest, name).said for name in relations)
        self._nouns = sorted(set[str]().union(*(nouns_of(manifest, name) for name in relations)))
        self._empty -= set(self._nouns)
        self._telling = _told_by({*words_for_nothing(manifest), *_NEVER})
        asked = (one for name in numbers for one in asked_of(manifest, name).questions if "{s}" in one)
        self._of_an_item = _told_by(asked)
        subjects = {noun for one in relations.values() if (noun := one.inverse_noun)}
        nouns = {*self._nouns, *item_nouns(manifest), *subjects, *map(plural, subjects)}
        self._own_noun = any_of(noun.split(" of ")[0] for noun in nouns)

    def find(self, masked: str, others: Container[int] = ()) -> tuple[str, ...]:
        """Return the words of a question, its names masked, that ask about what no relation states.

        Args:
            masked: The question.
            others: Where the names of what is no item begin: "how old is A" asks for the year of a film, and not of
                somebody.
        """
        of_others = [
            one for one in self._of_an_item.finditer(masked) if one.start() + one.group().index("\x00") in others
        ]
        if of_others:
            return tuple(_shown(one.group()) for one in of_others)
        telling = (one for one in self._telling.finditer(masked) if not _is_titled(one))
        told = [_shown(one.group()) for one in telling if not self._leads_to_its_own(masked, one)]
        if told:
            return tuple(dict.fromkeys([one for one in told if not _OPENS.match(one)] or told))
        if "\x00" not in masked:
            return ()  # of whom or what is asked is not known either, and told instead
        if strange := self._asked_for_in_vain(masked):
            return strange
        words = [one for one in _WORD.finditer(masked) if not _is_titled(one) and not self._is_empty(one.group())]
        if any(self._is_known(one.group()) for one in words):
            return ()
        spans: list[tuple[int, int]] = []
        for one in words:
            if spans and masked[spans[-1][1] : one.start()].isspace():
                spans[-1] = spans[-1][0], one.end()
            else:
                spans.append(one.span())
        said = [span for span in spans if self._knows_verbs or _DETERMINED.search(masked[: span[0]])]
        runs = dict.fromkeys(masked[start:end] for start, end in said)
        return () if any(map(self._may_be_known, runs)) else tuple(runs)

    def strange(self, masked: str) -> tuple[str, ...]:
        """Return the words of a question, its names masked, that are neither the domain's nor near in meaning to them.

        Any question may hold such a word. They tell what it asks about where the model does not know such questions,
        either: it has learnt from questions that the graph can answer, and is the less sure of its plan the less one
        looks like them (the baseline of Hendrycks and Gimpel, ICLR 2017, for what a model was not trained on).
        """
        if self._senses is None:
            return ()
        words = [one for one in _WORD.finditer(masked) if not _is_titled(one)]
        left = [one.group() for one in words if not self._is_empty(one.group()) and not self._is_known(one.group())]
        return tuple(one for one in dict.fromkeys(left) if self._senses.nearness(one, self._nouns) < STRANGE)

    def _asked_for_in_vain(self, masked: str) -> tuple[str, ...]:
        """Return what a question asks for by a noun that is none of the domain's, whatever else it speaks of.

        What is counted is a noun. Else it may be a verb: one of the domain's words, or for the next rule to judge.
        """
        for found in _THE.finditer(masked):
            phrase = found[1]
            if not any(noun.end() == len(phrase) for noun in self._own_noun.finditer(phrase)):
                head = phrase.split()[-1]
                if not self._is_known(head) and self._is_strange(head):
                    return (phrase,)
        for found in _WHICH.finditer(masked):
            counts, phrase = found[1], found[2]
            head = phrase.split()[-1]
            if _AUXILIARY.match(masked, found.end()) and not self._is_known(head) and self._is_strange(head):
                return (phrase,)  # no verb is in it, so that its last word is the noun: "what film stock did A use"
            if not self._own_noun.search(phrase):
                words = [one for one in phrase.split() if counts or not self._is_empty(one)]
                if words and (counts or not self._is_known(words[0])) and self._is_strange(words[0]):
                    return (words[0],)
        return ()

    def _leads_to_its_own(self, masked: str, told: re.Match[str]) -> bool:
        """Tell whether words lead to one of the domain: "based on a screenplay by" asks for what somebody wrote."""
        behind = _OF_WHAT.match(masked, told.end())
        return behind is not None and told.group().endswith(" on") and self._is_known(behind[1])

    def _is_strange(self, noun: str) -> bool:
        """Tell whether a common noun says something that no noun of the domain is near in meaning to."""
        if self._senses is None or self._is_empty(noun) or noun not in common_words():
            return False
        return self._senses.nearness(next(iter(singulars(noun)), noun), self._nouns) < NEAR

    def _is_empty(self, word: str) -> bool:
        """Tell whether a word says nothing of what is asked."""
        parts = fold(_CONTRACTED.sub("", word)).split()
        # Two letters that nobody writes are a slip for what is too short to be told.
        return all(one in self._empty or len(one) < (2 if one in common_words() else 3) for one in parts)

    def _is_known(self, word: str) -> bool:
        """Tell whether a word is one of the domain's."""
        return bool(({*fold(word).split()} | wording(word)) & self._known)

    def _may_be_known(self, words: str) -> bool:
        """Tell whether words are near in meaning to a word for a relation."""
        return self._senses is not None and self._senses.nearness(words, self._nouns) >= NEAR


def _told_by(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of some phrases, in which `{s}` is a masked name."""
    words = [re.escape(one).replace(r"\-", r"[-\s]").replace(r"\{s\}", "\x00+") for one in phrases]
    said = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{said})(?!\w)" if said else r"(?!)", re.IGNORECASE)


def _shown(words: str) -> str:
    """Return words without the names among them."""
    return re.sub(r"\x00+", "…", words).strip("… ")


def _is_titled(word: re.Match[str]) -> bool:
    """Tell whether a word has a capital though it does not begin the text: it may be of a title that is not known."""
    return word.start() > 0 and word.group()[0].isupper()
