"""Entity linking: from words of a request to entities of the graph."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kg.common_words import common_words
from kg.labels import LabelHit, LabelIndex, fold
from kg.name_spans import POSSESSIVE, WORD, is_plain, is_quoted, is_without_capitals, name_like, spans_of
from kg.plurals import singulars
from kg.types import Iri

FUZZY_FLOOR = 0.84
"""Least edit similarity that still counts as the same name: one slip in six letters."""

SHORT, SHORT_FLOOR = 5, 0.9
"""In a name of up to five letters one slip makes another word ("Heat", "Heart")."""

SURNAME_SCORE = 0.9
"""Of a last name alone, as of a long prefix: what several are called does not tell which of them is meant."""

LONGEST_WORD = 40
MAX_SLIPPED = 6
"""Most words of a name in lower case that is looked for with a slip of the pen."""

SURE_SLIP = 0.855
"""Score of a near spelling, nine letters in ten alike, from which on it stands in for an exact name within it."""

_CAPITAL_BEFORE = re.compile(r"([A-Z][\w'’-]*)\s+\Z")
_CAPITAL_AFTER = re.compile(r"\s+[A-Z]")
_JOINED = re.compile(r"\s*(?:(?:,|&|\bor\b|\band\b|\bthan\b)\s*)+", re.IGNORECASE)
"""Between two names of a list, of which the writer may have given but one a capital."""

_SHORTENED = re.compile(r"i['’](?:d|m|ve|ll)", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[,.;:?…'()\[\]–—-]+|!")

UNUSUAL = 5
"""Letters of a last name in lower case, at least."""

ARTICLES = ("the", "a", "an")
_ARTICLE = re.compile(
    r"\b(?:the|an?|each|every|some(?:thing)?|any(?:thing)?|this|that|these|those|my|his|her|their|more)\s+\Z",
    re.IGNORECASE,
)
"""Before a common word: it is no name."""

Calls = Callable[[str, str], bool]

FUNCTION_WORDS = frozenset(
    """a about after all also am an and another any anything are as at be because been before being best better between
    but by can could d did do does done down easy else ever every few find for from get give go good great had
    has have he her here him his how i if in into is it its just kind know less let like list little ll long
    look lot love m made make many may me might mine more most movie much my name new no none nor not nothing
    now of off old on once one only or other our out over please quite re really recent recommend s same say see
    she should show similar since so some someone something somewhat still such suggest t tell than that the
    their them then there these they thing things this those to together tonight too true two under until up us
    folks used ve very want was watch way we well went were what when where whether which while who whom whose why will
    with without would year years you your yours
    actually although already especially hmm however ideally instead kinda maybe ok okay perhaps possibly preferably
    probably rather stuff though wise both""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that a text may mean.

    Attributes:
        score: 1.0 for the exact label, less for an alias, a prefix or a near spelling.
        match: How it was found.
    """

    iri: Iri
    label: str
    score: float
    match: str
    degree: int = 0


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of a request with the entities that it may mean, best first; never empty."""

    start: int
    end: int
    text: str
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        return self.candidates[0]

    @property
    def rivals(self) -> tuple[Candidate, ...]:
        """The other entities that fit the words as well as the best one."""
        return tuple(one for one in self.candidates[1:] if one.score >= self.best.score - 1e-9)


class EntityLinker:
    """Finds entities by name.

    Args:
        labels: The label index.
        prior: Maps an IRI to a number; among equally good names the higher one comes first.
        has_name: Tells whether an entity is called by a name, which people begin with a capital: an item, somebody.
        is_somebody: Tells whether an entity is a person or a group, which people may call by the last name alone.
        plain_words: Folded words that name nothing by themselves in this domain, such as the noun for its items.
        cues: Words that point at relations; with plain words beside them they ask and name nothing ("who wrote").
    """

    def __init__(
        self,
        labels: LabelIndex,
        *,
        prior: Callable[[Iri], float] | None = None,
        has_name: Callable[[Iri], bool] = lambda _: False,
        is_somebody: Callable[[Iri], bool] = lambda _: False,
        plain_words: Iterable[str] = (),
        cues: Iterable[str] = (),
    ) -> None:
        self._labels = labels
        self._prior = prior
        self._has_name = has_name
        self._is_somebody = is_somebody
        self._plain = FUNCTION_WORDS | {fold(word) for word in plain_words}
        self._asking = self._plain | {fold(word) for cue in cues for word in cue.split()}

    def link(self, text: str, limit: int = 5) -> tuple[Candidate, ...]:
        """Return the entities that a name may mean: exact, alias, prefix, near spelling; best first."""
        folded = fold(text)
        if not folded:
            return ()
        found = [_exact(hit, folded) for hit in self._labels.exact([folded])[folded]]
        if not any(candidate.score >= 0.95 for candidate in found):
            found += [
                Candidate(hit.iri, hit.label, min(0.9, 0.9 * len(folded) / len(hit.folded)), "prefix", hit.degree)
                for hit in self._labels.prefix(folded)
            ]
            found += self._fuzzy(folded)
        return self._ordered(found)[:limit]

    def spot(self, text: str, calls: Calls = lambda _, __: False) -> tuple[Mention, ...]:
        """Return the entities that a text mentions, longest names first come, in the order of the text.

        Args:
            text: Any text.
            calls: Tells whether a common word, in lower case, calls somebody of that label to mind: "spielberg" does,
                "weaver" does not.
        """
        taken: list[Mention] = []
        spans = spans_of(text)
        hits = self._labels.exact(folded for _, _, folded in spans if folded not in self._plain)
        hits |= self._categories(
            folded for start, end, folded in spans if not hits.get(folded) and is_plain(text, start, end)
        )
        for start, end, folded in spans:
            if hits.get(folded) and _free(start, end, taken) and not self._says_nothing(text, start, end):
                candidates = self._ordered([_exact(hit, folded) for hit in hits[folded]])
                taken.append(Mention(start, end, text[start:end], candidates[:5]))
        taken = self._without_plain_words(text, sorted(taken, key=lambda mention: mention.start))
        named = self._nearly_named(text, taken)
        taken = [one for one in taken if _free(one.start, one.end, named)] + named
        if is_without_capitals(text):
            taken = self._without_capitals(text, taken, calls)
        return tuple(sorted(taken, key=lambda mention: mention.start))

    def _categories(self, spans: Iterable[str]) -> dict[str, list[LabelHit]]:
        """Return what the graph calls by the singular of a span, folded: "comedies" are of the genre comedy."""
        plurals = {span: singulars(span) for span in spans if span.isascii() and span not in self._plain}
        hits = self._labels.exact(one for said in plurals.values() for one in said if one not in self._plain)
        found = {
            span: [hit for one in said for hit in hits.get(one, ()) if not self._has_name(hit.iri)]
            for span, said in plurals.items()
        }
        return {span: of for span, of in found.items() if of}

    def _says_nothing(self, text: str, start: int, end: int) -> bool:
        """Tell whether a span is punctuation or everybody's words, whatever the graph calls by them.

        A capital makes such words a title ("Get Out"), but not that of "I", nor that of a first word. Words that point
        at a relation ask for it in lower case ("who wrote"), unless they stand in quotes.
        """
        span = text[start:end]
        if _PUNCTUATION.fullmatch(span) or _SHORTENED.fullmatch(span):
            return True
        folded = fold(span).split()
        asks = len(folded) > 1 or (span.islower() and not is_quoted(text, start))
        if any(word not in (self._asking if asks else self._plain) for word in folded):
            return False
        words = span.split()
        is_capital_anyway = not text[:start].strip() or words[0] == "I"
        titled = words[1:] if is_capital_anyway else words[:1]
        return len(folded) == 1 or not any(word[:1].isupper() for word in titled)

    def _without_plain_words(self, text: str, taken: list[Mention]) -> list[Mention]:
        """Drop the words in lower case that a title happens to be, from a text that gives its names capitals.

        "Which genres do the films of Ang Lee fall under" does not speak of the film "Fall"; a text all in lower case
        may, and so does a list ("Alien or heat").
        """
        if not any(one.text[:1].isupper() and text[: one.start].strip() for one in taken):
            return taken
        kept: list[Mention] = []
        for at, one in enumerate(taken):
            neighbours = [*(taken[at - 1 : at] if at else []), *taken[at + 1 : at + 2]]
            gaps = [text[min(one.end, two.end) : max(one.start, two.start)] for two in neighbours]
            if not self._is_lower_title(text, one) or any(map(_JOINED.fullmatch, gaps)):
                kept.append(one)
        return kept

    def _is_lower_title(self, text: str, mention: Mention) -> bool:
        """Tell whether a mention is one word in lower case, without quotes, of which the graph knows a title."""
        lower = mention.text.isascii() and mention.text.islower() and " " not in mention.text
        plain = lower and not is_quoted(text, mention.start)
        return plain and self._has_name(mention.best.iri) and mention.best.label[:1].isupper()

    def _nearly_named(self, text: str, taken: Sequence[Mention]) -> list[Mention]:
        """Return the mentions of whom a text calls by the last name alone, and of what it spells with a slip.

        A last name of several words is more than a name that one of them is: "Van Damme" is not "The Van".
        """
        found: list[Mention] = []
        for start, end in name_like(text):
            folded = fold(text[start:end])
            if len(folded) < 4 or folded in self._plain or not _free(start, end, found):
                continue
            inside = [one for one in taken if not _free(start, end, [one])]
            if inside and (" " not in folded or any(one.end - one.start >= end - start for one in inside)):
                continue
            surnamed = self._surnamed(folded) if self._stands_alone(text, start, end) else []
            candidates = self._ordered(surnamed or ([] if inside else self._fuzzy(folded)))
            if candidates and any(word not in self._plain for word in folded.split()):
                found.append(Mention(start, end, text[start:end], candidates[:5]))
        return found

    def _without_capitals(self, text: str, taken: list[Mention], calls: Calls) -> list[Mention]:
        """Return the mentions of a text in lower case, with those that a capital would have shown to be names."""
        slipped = self._misspelt(text, taken)
        taken = [one for one in taken if _free(one.start, one.end, slipped)] + slipped
        return taken + self._surnamed_in_lower_case(text, taken, calls)

    def _misspelt(self, text: str, taken: Sequence[Mention]) -> list[Mention]:
        """Return the names in lower case that have a slip of the pen, the nearest spelling first.

        One of the words has to be nobody's common word, nor near to a word that asks: "direcotrs" names nothing. A
        name that is spelt without a slip is no part of one unless the whole is all the nearer ("anna kareenina").
        """
        found: list[Mention] = []
        for start, end in self._lower_runs(text, taken):
            candidates = self._ordered(self._slipped(fold(text[start:end])))
            inside = [one for one in taken if not _free(start, end, [one])]
            nearer = [start <= one.start and one.end <= end and one.end - one.start < end - start for one in inside]
            if candidates and all(nearer) and (not inside or candidates[0].score >= SURE_SLIP):
                found.append(Mention(start, end, text[start:end], candidates[:5]))
        kept: list[Mention] = []
        for one in sorted(found, key=lambda one: (-one.best.score, one.start - one.end)):
            if _free(one.start, one.end, kept):
                kept.append(one)
        return kept

    def _lower_runs(self, text: str, taken: Sequence[Mention]) -> Iterator[tuple[int, int]]:
        """Yield where some words in a row might be a misspelt name: one of them is unusual, and of no other name."""
        words = [one for one in WORD.finditer(text) if one.group()[0].isalnum()]
        for length in range(1, min(MAX_SLIPPED, len(words)) + 1):
            for at in range(len(words) - length + 1):
                start, last = words[at].start(), words[at + length - 1]
                end = last.start() + len(POSSESSIVE.sub("", last.group()))
                folded = fold(text[start:end]).split()
                bare = folded[1:] if folded[:1] and folded[0] in ARTICLES else folded
                if not bare or bare[0] in self._plain or bare[-1] in self._plain:
                    continue
                least = UNUSUAL if length == 1 else UNUSUAL - 1
                free = [one.group() for one in words[at : at + length] if _free(*one.span(), taken)]
                if any(self._is_unusual(POSSESSIVE.sub("", one.lower()), least) for one in free):
                    yield start, end

    def _slipped(self, folded: str) -> list[Candidate]:
        """Return what is spelt nearly so, or a category of which that is nearly the plural ("documentries").

        Of a word alone another ending makes another word: who choreographs is no choreographer.
        """
        found = self._fuzzy(folded)
        for one in singulars(folded):
            found += [alike for alike in self._fuzzy(one) if not self._has_name(alike.iri)]
        if " " in folded:
            return found
        return [one for one in found if fold(one.label)[-1:] in (folded[-1], *(said[-1] for said in singulars(folded)))]

    def _is_unusual(self, word: str, least: int = UNUSUAL) -> bool:
        """Tell whether a word of so many letters at least is nobody's common word: a name or a slip of the pen."""
        if len(word) < least or not word.isalpha() or word in self._asking or word in common_words():
            return False
        allowed = 1 + len(word) // 8
        return process.extractOne(word, self._asking, scorer=OSA.distance, score_cutoff=allowed) is None

    def _surnamed_in_lower_case(self, text: str, taken: Sequence[Mention], calls: Calls) -> list[Mention]:
        """Return whom a text without capitals calls by a last name.

        It is nobody's common word, or one that calls somebody to mind and has no article ("a barber"). The apostrophe
        of a possessive may be missing, too: "kubricks films".
        """
        found: list[Mention] = []
        for word in WORD.finditer(text):
            said = POSSESSIVE.sub("", word.group())
            if not _free(*word.span(), taken):
                continue
            for name in (said, said.removesuffix("s")):
                candidates = self._called(said.lower(), name.lower(), text[: word.start()], calls)
                if candidates:
                    end = word.start() + len(name)
                    found.append(Mention(word.start(), end, text[word.start() : end], candidates[:5]))
                    break
        return found

    def _called(self, said: str, name: str, before: str, calls: Calls) -> tuple[Candidate, ...]:
        """Return who may be called by a last name in lower case, or by one with an s behind it."""
        if self._is_unusual(said):
            return self._ordered(self._surnamed(fold(name)))
        if len(name) < UNUSUAL or name not in common_words() or name in self._asking or _ARTICLE.search(before):
            return ()
        return self._ordered(one for one in self._surnamed(fold(name)) if calls(name, one.label))

    def _stands_alone(self, text: str, start: int, end: int) -> bool:
        """Tell whether no word with a capital is beside a name: who speaks of "King Arthur" means no Stephen King."""
        before = _CAPITAL_BEFORE.search(text[max(start - LONGEST_WORD, 0) : start])
        return not _CAPITAL_AFTER.match(text, end) and (before is None or fold(before[1]) in self._asking)

    def _surnamed(self, folded: str) -> list[Candidate]:
        hits = self._labels.ending(folded)
        return [
            Candidate(hit.iri, hit.label, SURNAME_SCORE, "surname", hit.degree)
            for hit in hits
            if self._is_somebody(hit.iri)
        ]

    def _fuzzy(self, folded: str) -> list[Candidate]:
        return [
            Candidate(hit.iri, hit.label, 0.95 * similarity, "fuzzy", hit.degree)
            for hit, similarity in self._labels.similar(folded)
            if similarity >= (FUZZY_FLOOR if len(folded) > SHORT else SHORT_FLOOR)
        ]

    def _ordered(self, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
        best: dict[Iri, Candidate] = {}
        for candidate in candidates:
            if candidate.iri not in best or candidate.score > best[candidate.iri].score:
                best[candidate.iri] = candidate
        prior = self._prior or (lambda _: 0.0)
        return tuple(sorted(best.values(), key=lambda one: (-one.score, -prior(one.iri), -one.degree, one.iri)))


def _exact(hit: LabelHit, folded: str) -> Candidate:
    same = hit.folded == folded
    score = (0.98 if hit.alias else 1.0) if same else 0.96
    return Candidate(hit.iri, hit.label, score, "alias" if hit.alias else "exact", hit.degree)


def _free(start: int, end: int, taken: Iterable[Mention]) -> bool:
    return all(end <= mention.start or start >= mention.end for mention in taken)
