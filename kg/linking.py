"""Entity linking: from words of a request to entities of the graph."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kg.common_words import common_words
from kg.labels import LabelHit, LabelIndex, fold
from kg.plurals import singulars
from kg.types import Iri

MAX_WORDS = 9
"""Longest mention looked for, in words; longer labels are found by `link`, not by `spot`."""

MAX_CJK = 16
FUZZY_FLOOR = 0.84
"""Least edit similarity that still counts as the same name: one slip in six letters."""

SHORT, SHORT_FLOOR = 5, 0.9
"""In a name of up to five letters one slip makes another word ("Heat", "Heart")."""

SURNAME_SCORE = 0.9
"""Of a last name alone, as of a long prefix: what several are called does not tell which of them is meant."""

LONGEST_WORD = 40
_CAPITAL_BEFORE = re.compile(r"([A-Z][\w'’-]*)\s+\Z")
_CAPITAL_AFTER = re.compile(r"\s+[A-Z]")
_JOINED = re.compile(r"\s*(?:(?:,|&|\bor\b|\band\b|\bthan\b)\s*)+", re.IGNORECASE)
"""Between two names of a list, of which the writer may have given but one a capital."""

_WORD = re.compile(r"[\w'’.&+!-]*\w[\w!]*|[^\s\w]+")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+(?:[·:0-9\u3400-\u9fff]+)?")
_PUNCTUATION = re.compile(r"[,.;:?…'()\[\]–—-]+|!")
_QUOTED = re.compile(r"[\"“「『《]([^\"“”「」『』《》]{1,80})[\"”」』》]")

UNUSUAL = 5
"""Letters of a last name in lower case, at least."""

FUNCTION_WORDS = frozenset(
    """a about after all also am an and another any anything are as at be because been before being best better between
    but by can could d did do does done down easy else ever every few find for from get give go good great had
    has have he her here him his how i if in into is it its just kind know less let like list little ll long
    look lot love m made make many may me might mine more most movie much my name new no none nor not nothing
    now of off old on once one only or other our out over please quite re really recent recommend s same say see
    she should show similar since so some someone something somewhat still such suggest t tell than that the
    their them then there these they thing things this those to together tonight too true two under until up us
    ve very want was watch way we well went were what when where whether which while who whom whose why will
    with without would year years you your yours
    actually although already especially hmm however ideally instead kinda maybe ok okay perhaps possibly preferably
    probably rather stuff though""".split()  # noqa: SIM905
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

    def spot(self, text: str) -> tuple[Mention, ...]:
        """Return the entities that a text mentions, longest names first come, in the order of the text."""
        taken: list[Mention] = []
        spans = _spans(text)
        hits = self._labels.exact(folded for _, _, folded in spans if folded not in self._plain)
        hits |= self._categories(
            folded for start, end, folded in spans if not hits.get(folded) and _is_plain(text, start, end)
        )
        for start, end, folded in spans:
            if hits.get(folded) and _free(start, end, taken) and not self._says_nothing(text, start, end):
                candidates = self._ordered([_exact(hit, folded) for hit in hits[folded]])
                taken.append(Mention(start, end, text[start:end], candidates[:5]))
        taken = self._without_plain_words(text, sorted(taken, key=lambda mention: mention.start))
        taken += self._nearly_named(text, taken)
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
        if _PUNCTUATION.fullmatch(span):
            return True
        folded = fold(span).split()
        asks = len(folded) > 1 or (span.islower() and not _is_quoted(text, start))
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
        plain = lower and not _is_quoted(text, mention.start)
        return plain and self._has_name(mention.best.iri) and mention.best.label[:1].isupper()

    def _nearly_named(self, text: str, taken: Sequence[Mention]) -> list[Mention]:
        """Return the mentions of whom a text calls by the last name alone, and of what it spells with a slip."""
        found: list[Mention] = []
        for start, end in _name_like(text):
            folded = fold(text[start:end])
            if len(folded) < 4 or folded in self._plain or not _free(start, end, [*taken, *found]):
                continue
            surnamed = self._surnamed(folded) if self._stands_alone(text, start, end) else []
            candidates = self._ordered(surnamed or self._fuzzy(folded))
            if candidates and any(word not in self._plain for word in folded.split()):
                found.append(Mention(start, end, text[start:end], candidates[:5]))
        if text.islower():
            found += self._surnamed_in_lower_case(text, [*taken, *found])
        return found

    def _surnamed_in_lower_case(self, text: str, taken: Sequence[Mention]) -> list[Mention]:
        """Return whom a text without capitals calls by a last name that is nobody's common word.

        The apostrophe of a possessive may be missing, too: "kubricks films".
        """
        found: list[Mention] = []
        for word in _WORD.finditer(text):
            said = re.sub(r"['’]s$", "", word.group())
            unusual = len(said) >= UNUSUAL and said.isalpha() and said not in self._asking | common_words()
            if not unusual or not _free(*word.span(), taken):
                continue
            for name in (said, said.removesuffix("s")):
                candidates = self._ordered(self._surnamed(fold(name)))
                if candidates:
                    end = word.start() + len(name)
                    found.append(Mention(word.start(), end, text[word.start() : end], candidates[:5]))
                    break
        return found

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


def _is_plain(text: str, start: int, end: int) -> bool:
    """Tell whether a span has no capital that makes it a title: of several words the first of a text has one anyway."""
    span = text[start:end]
    return span.islower() or (not text[:start].strip() and " " in span and span[1:].islower())


def _is_quoted(text: str, start: int) -> bool:
    return text[max(start - 1, 0) : start] in tuple('"“「『《')


def _exact(hit: LabelHit, folded: str) -> Candidate:
    same = hit.folded == folded
    score = (0.98 if hit.alias else 1.0) if same else 0.96
    return Candidate(hit.iri, hit.label, score, "alias" if hit.alias else "exact", hit.degree)


def _spans(text: str) -> list[tuple[int, int, str]]:
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    spans = [(match.start(1), match.end(1)) for match in _QUOTED.finditer(text)]
    for length in range(min(MAX_WORDS, len(words)), 0, -1):
        spans += [(words[at][0], words[at + length - 1][1]) for at in range(len(words) - length + 1)]
    for run in _CJK.finditer(text):
        for length in range(min(MAX_CJK, run.end() - run.start()), 1, -1):
            spans += [(at, at + length) for at in range(run.start(), run.end() - length + 1)]
    folded = [(start, end, fold(text[start:end])) for start, end in spans]
    possessive = [
        (start, end - 2, fold(text[start : end - 2]))
        for start, end, _ in folded
        if text[start:end].endswith(("'s", "’s"))
    ]
    return sorted(folded + possessive, key=lambda span: (-len(span[2]), span[1] - span[0], span[0]))


def _name_like(text: str) -> list[tuple[int, int]]:
    """Return quoted spans and runs of capitalised words, longest first; a sentence's first word alone is none."""
    spans = [(match.start(1), match.end(1)) for match in _QUOTED.finditer(text)]
    words = [match for match in _WORD.finditer(text) if match.group()[0].isalnum()]
    for length in range(min(5, len(words)), 0, -1):
        for at in range(len(words) - length + 1):
            run = words[at : at + length]
            named = run[0].group()[0].isupper() and run[-1].group()[0].isupper()
            if named and (at > 0 or length > 1):
                spans.append((run[0].start(), run[-1].end()))
    return [(start, end - 2 if text[start:end].endswith(("'s", "’s")) else end) for start, end in spans]


def _free(start: int, end: int, taken: Iterable[Mention]) -> bool:
    return all(end <= mention.start or start >= mention.end for mention in taken)
