"""The reader: from the text of a request to what is in it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from agent.comparing import Comparatives, Comparison
from agent.derived import Derived, DerivedNames
from agent.reading import speech
from agent.reading.beyond import Beyond
from agent.reading.periods import DECADES, read_periods
from agent.reading.ratings import NUMBERS, bare_rating, number, without_rating
from agent.reading.request import Kind, Name, Reading
from agent.reading.several import first_question, may_hold_several
from agent.reading.slips import Slips
from agent.reading.spans import NEGATION, alternatives, any_of, governed, masked_text, overlap
from agent.referring import Groups, Referring, besides
from kg.asking import asked_of, item_nouns, nouns_of
from kg.labels import fold
from kg.linking import FUNCTION_WORDS, Mention
from kg.manifest import Manifest
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.constraints import RangeConstraint
from tools.senses import SenseLinker

_COMPANY = re.compile(
    r"\b(?:shar(?:e[sd]?|ing)|same|common|together|along|jointly|work(?:ed)?|co-?\w+)\b[^\x00]*?\b(with)\b",
    re.IGNORECASE,
)
"""In company, "with" says nothing of what a thing has: "films that share a writer with X"."""

_DEMAND = re.compile(r"\b(?:with|by|starring|featuring|from|of|in)\s+(?:the\s+)?$", re.IGNORECASE)
_COUNT_OF = re.compile(r"\b(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\s+(?:[a-z-]+\s+)?(?=\x00)")
"""A number right before a name: "three thrillers"."""

_HYPHENED = re.compile(
    r"(?<=\w)(?<!\bco)-(?=(?:born|based|directed|produced|written|scored|led|penned)\b)", re.IGNORECASE
)
"""Joins a name with what is said of it: "Havana-born". "Co-directed" is one word."""

_EX = re.compile(r"\bex(?:-(?=\w)|\s+(?=(?:band)?(?:members?|mates?)\b))", re.IGNORECASE)

_COUNTED = frozenset({"ideas", "suggestions", "recommendations", "things"})
_WORD = re.compile(r"[\w'’-]+")
SURE = 0.72
"""Cosine from which on an adjective of a question means a category: below, "country bands" would be from Germany."""

PLACES = frozenset({"Place", "PopulatedPlace", "Settlement", "City", "Town", "Region", "Location"})
"""Names of classes of places that may lie in another."""

_MYSELF = re.compile(r"I(?:['’]\w+)?[,;:]?$")


class Reader:
    """Reads requests against one domain."""

    def __init__(self, snapshot: Snapshot, senses: SenseLinker | None = None) -> None:
        self._snapshot = snapshot
        self._senses = senses
        self._referring = Referring(snapshot)
        self._comparatives = Comparatives(snapshot)
        relations = snapshot.manifest.relations.items()
        self._cues = [(name, any_of(relation.cues)) for name, relation in relations if relation.cues]
        self._asked = [(name, any_of(words)) for name, words in _only_asked(snapshot.manifest).items() if words]
        self._beyond = Beyond(snapshot.manifest, senses, snapshot.numbers)
        self._slips = Slips(self._beyond.words | DECADES, self._beyond.asking, self._spot, self._ends_a_label)
        items = snapshot.manifest.items
        self._item_nouns = tuple(sorted(item_nouns(snapshot.manifest)))
        self._nouns = {items.noun, items.plural, *items.synonyms}
        called = (nouns_of(snapshot.manifest, name) for name in snapshot.manifest.relations)
        self._known = {fold(noun) for noun in self._nouns.union(*called)}
        self._before_items = re.compile(rf"\s+(?:{'|'.join(map(re.escape, sorted(self._nouns)))})\b", re.IGNORECASE)
        nouns = "|".join(re.escape(noun) for noun in sorted(self._nouns | _COUNTED))
        self._counted = re.compile(
            rf"\b(\d{{1,3}}|{'|'.join(list(NUMBERS)[1:])})\s+(?:[a-z-]+\s+){{0,2}}?(?:{nouns}|more|others)\b",
            re.IGNORECASE,
        )
        named = {word: name for name, one in relations for word in (one.noun, one.plural) if word}
        said = "|".join(re.escape(word) for word in sorted(named, key=len, reverse=True))
        self._relation_nouns = {word.lower(): name for word, name in named.items()}
        asked = {word: name for name, words in _only_asked(snapshot.manifest).items() for word in words}
        self._derived = DerivedNames(snapshot, asked | self._relation_nouns)
        self._unwanted = re.compile(
            r"\s*(?:(?:any|more|again|of|from|by|with|like|want)\s+)*"
            rf"(?:(?:this|that)\s+({said})\b|the\s+({said})\s+of\s+\x00)",
            re.IGNORECASE,
        )

    def read(self, text: str, spoken_of: Groups = (), *, asks: bool = False) -> Reading:
        """Return what is in a request; never raises for a text.

        Args:
            text: The request.
            spoken_of: What the conversation named before, for the pronouns of a question.
            asks: Whether it is known to be a question; "find" and "list" alone do not tell.
        """
        text, rating = without_rating(_EX.sub("former ", _HYPHENED.sub(" ", self._slips.mended(text))))
        is_question = asks or (bool(speech.QUESTION.search(text)) and not speech.WISH.search(text))
        text, later = self._first(text, spoken_of) if is_question else (text, "")
        ranges, taken = self._ranges(text)
        spotted = [one for one in self._spot(text) if not overlap(one.start, one.end, taken)]
        mentions = self._with_where_they_are(text, spotted)
        referring = self._referring.mentions(text, spoken_of, mentions) if is_question and spoken_of else []
        mentions = sorted([*mentions, *referring], key=lambda one: one.start)
        spans = [*taken, *((one.start, one.end) for one in mentions)]
        negations = [found.end() for found in NEGATION.finditer(text) if not overlap(*found.span(), spans)]
        masked = masked_text(text, spans)
        names = tuple(self._name(at, one, masked, negations) for at, one in enumerate(mentions, start=1))
        derived = [] if is_question else self._derived.find(masked, names, negations)
        comparatives = [] if is_question else list(self._comparatives.read(masked))
        against = [_example(one, names) for one in comparatives]
        names = self._with_derived(_without_yardsticks(names, comparatives), derived, text)
        spans += [*((one.start, one.end) for one in derived), *((one.start, one.end) for one in comparatives)]
        masked = masked_text(masked, [(one.start, one.end) for one in derived if one.iris])
        cues, cue_spans = self._cued(text, spans, [*self._cues, *(self._asked if is_question else ())])
        like_this = speech.LIKE_THIS.search(masked)
        more = list(speech.MORE.finditer(masked))
        said = [*spans, *cue_spans, *(found.span() for found in (*NEGATION.finditer(text), *more))]
        left = self._left(text, said)
        hinting = self._describing(left, masked) if is_question else left
        hinted, unhinted = self._hinted(hinting, masked, negations, len(names), SURE if is_question else 0.0)
        rest = [one for one in left if one not in hinting or one in unhinted]
        counted = self._counted.search(text) or _count_of(masked, (*names, *hinted))
        words = [one for one in rest if counted is None or not overlap(*one.span(), [counted.span(1)])]
        without = [one for one in words if governed(one.start(), masked, negations)]
        unplaced = [] if is_question else self._unplaced(without)  # "not headlined by X" leaves out X, and no word
        return Reading(
            text=text,
            later=later,
            beyond=self._beyond.find(
                masked_text(masked, [(one.start, one.start + len(one.text)) for one in hinted]),
                [one.start for one in names if one.kind != "item"],
            )
            if is_question
            else (),
            names=(*names, *hinted),
            ranges=tuple(
                self._negated(one, start, masked, negations) for one, (start, _) in zip(ranges, taken, strict=True)
            ),
            cues=cues,
            rest=" ".join(match.group() for match in words if match not in without),
            unknown=tuple(_unknown(text, spans, cue_spans, self._known)),
            unplaced=tuple(dict.fromkeys(unplaced)),
            count=number(counted.group(1)) if counted else None,
            is_question=is_question,
            is_why=bool(speech.WHY.search(text)),
            is_greeting=bool(speech.GREETING.search(text))
            and not (names or ranges or cues or speech.WISH.search(text)),
            refines=bool(speech.REFINES.search(text) or speech.FRAGMENT.search(text) or more or like_this)
            and not speech.LIKED.search(text),
            liked=False if speech.DISLIKED.search(text) else True if speech.LIKED.search(text) else None,
            rating=rating[0] if rating else bare_rating(masked),
            rating_of=rating[1] if rating else None,
            unwanted=self._unwanted_in(masked, negations),
            more=bool(more) and not (names or hinted or ranges or cues or words),
            like_this=like_this is not None,
            known=bool(speech.KNOWN.search(masked)),
            cue_spans=tuple(cue_spans),
            besides=(*besides(text, spoken_of, referring), *(one.of for one in derived if not one.keeps)),
            compared=tuple(zip(comparatives, against, strict=True)),
            unstated=tuple((one.noun, self._snapshot.label(one.of)) for one in derived if not one.iris),
        )

    def strange(self, reading: Reading) -> tuple[str, ...]:
        """Return the words of a question that are neither the domain's nor near in meaning to them."""
        return self._beyond.strange(masked_text(reading.text, [(name.start, name.end) for name in reading.names]))

    def _spot(self, text: str) -> tuple[Mention, ...]:
        linker = self._snapshot.linker
        return linker.spot(text, self._senses.calls) if self._senses else linker.spot(text)

    def _ends_a_label(self, word: str) -> bool:
        labels = self._snapshot.labels
        return bool(labels.exact([word])[word] or labels.ending(word, limit=1))

    def _first(self, text: str, spoken_of: Groups) -> tuple[str, str]:
        """Return the first question of a request and what is asked after it; see `first_question`."""
        if not may_hold_several(text):
            return text, ""
        mentions = self._spot(text)
        spans = [(one.start, one.end) for one in mentions]
        spans += [(one.start, one.end) for one in self._referring.mentions(text, spoken_of, mentions)]

        def is_free(start: int, end: int) -> bool:
            return not overlap(start, end, spans)

        return first_question(text, is_free, lambda first: any(end <= len(first) for _, end in spans))

    def _with_where_they_are(self, text: str, mentions: Sequence[Mention]) -> list[Mention]:
        """Return the mentions with each place that only says where the one before it is: "Tallinn, Estonia"."""
        left = list(mentions)
        for one, two in pairwise(mentions):
            behind = text[two.end :].lstrip()[:1]
            is_listed = behind == "," or re.match(r"\s*(?:and|or)\b", text[two.end :])
            if text[one.end : two.start] == ", " and not is_listed and one in left and self._lies_in(one, two):
                said = replace(one, end=two.end, text=text[one.start : two.end])
                left[left.index(one)] = said
                left.remove(two)
        return left

    def _lies_in(self, place: Mention, other: Mention) -> bool:
        kind, larger = (self._snapshot.entity_class(one.best.iri) for one in (place, other))
        return kind in PLACES and larger in PLACES | {"Country"}

    def _with_derived(self, names: Iterable[Name], derived: Sequence[Derived], text: str) -> tuple[Name, ...]:
        """Return the names with those that a relation gives in the place of what they are named by."""
        kept = [one for one in names if not overlap(one.start, one.end, [(at.start, at.end) for at in derived])]
        for one in derived:
            labels = [(iri, self._snapshot.label(iri)) for iri in one.iris]
            if labels:
                (iri, label), *others = labels
                said = text[one.start : one.end]
                given = Name("", said, iri, label, "entity", False, True, False, one.start, others=tuple(others))
                kept.append(given)
        ordered = sorted(kept, key=lambda name: name.start)
        return tuple(replace(name, id=f"m{at}") for at, name in enumerate(ordered, start=1))

    def _unplaced(self, words: Iterable[re.Match[str]]) -> list[str]:
        """Return the words that name no relation either."""
        return [match.group() for match in words if match.group().lower() not in self._relation_nouns]

    def _unwanted_in(self, masked: str, negations: Iterable[int]) -> str | None:
        """Return the relation of which a negation says that its other end is unwanted."""
        found = next((match for end in negations if (match := self._unwanted.match(masked, end))), None)
        return self._relation_nouns[(found[1] or found[2]).lower()] if found else None

    def _name(self, at: int, mention: Mention, masked: str, negations: Iterable[int]) -> Name:
        best = mention.best
        kind: Kind = "item" if best.iri in self._snapshot.item_columns else "entity"
        rivals = tuple((one.iri, self._snapshot.label(one.iri)) for one in mention.rivals)
        negated = governed(mention.start, masked, negations)
        demanded = bool(_DEMAND.search(masked[: mention.start]))
        either = any(start <= mention.start < end for start, end in alternatives(masked))
        label = self._snapshot.label(best.iri)
        return Name(f"m{at}", mention.text, best.iri, label, kind, negated, demanded, either, mention.start, rivals)

    def _negated(self, one: RangeConstraint, start: int, masked: str, negations: Iterable[int]) -> RangeConstraint:
        return RangeConstraint(one.relation, one.low, one.high, wanted=not governed(start, masked, negations))

    def _cued(
        self, text: str, spans: list[tuple[int, int]], cues: Iterable[tuple[str, re.Pattern[str]]]
    ) -> tuple[tuple[str, ...], list[tuple[int, int]]]:
        company = [found.span(1) for found in _COMPANY.finditer(text)]
        found = sorted(
            {
                (*match.span(), name)
                for name, pattern in cues
                for match in pattern.finditer(text)
                if not overlap(*match.span(), spans) and match.span() not in company
            }
        )
        # "Released in which years": a word of two relations means the one that another word of the text names.
        owners = [{name for start, end, name in found if (start, end) == one[:2]} for one in found]
        sure = {one[2] for one, names in zip(found, owners, strict=True) if len(names) == 1}
        kept = [one for one, names in zip(found, owners, strict=True) if one[2] in sure or not names & sure]
        return tuple(name for _, _, name in kept), [(start, end) for start, end, _ in kept]

    def _ranges(self, text: str) -> tuple[list[RangeConstraint], list[tuple[int, int]]]:
        """Return the years and decades of the request; they belong to the domain's first numeric relation."""
        relation = next(iter(self._snapshot.numbers), None)
        return read_periods(text, str(relation), self._item_nouns) if relation else ([], [])

    def _left(self, text: str, spans: list[tuple[int, int]]) -> list[re.Match[str]]:
        """Return the content words outside the spans."""
        words = [match for match in _WORD.finditer(text) if not overlap(*match.span(), spans)]
        nouns = {fold(noun) for noun in self._nouns}
        return [
            match for match in words if (folded := fold(match.group())) not in FUNCTION_WORDS and folded not in nouns
        ]

    def _describing(self, left: list[re.Match[str]], masked: str) -> list[re.Match[str]]:
        """Return the words that stand right before a noun for the items: "romantic films"."""
        return [match for match in left if self._before_items.match(masked, match.end())]

    def _hinted(
        self, left: list[re.Match[str]], masked: str, negations: Iterable[int], n_names: int, least: float
    ) -> tuple[tuple[Name, ...], list[re.Match[str]]]:
        """Return names for the words that mean a category of the domain, and the words that mean none."""
        names: list[Name] = []
        rest: list[re.Match[str]] = []
        for match in left:
            lower = match.group().islower() and len(match.group()) > 2
            sense = self._senses.link(match.group()) if self._senses and lower else None
            if sense is None or sense.score < least:
                rest.append(match)
                continue
            at, negated = f"m{n_names + len(names) + 1}", governed(match.start(), masked, negations)
            names.append(
                Name(
                    at,
                    match.group(),
                    sense.iri,
                    sense.label,
                    "entity",
                    negated,
                    False,
                    False,
                    match.start(),
                    hinted=True,
                )
            )
        return tuple(names), rest


def _example(one: Comparison, names: Sequence[Name]) -> Iri | None:
    """Return the item that a comparative compares with: the one after "than", the nearest before, or the first."""
    items = [name for name in names if name.kind == "item" and not name.negated]
    if one.than is not None:
        return next((name.iri for name in items if name.start == one.than), None)
    before = [name for name in items if name.start < one.start]
    return next((name.iri for name in (*before[::-1], *items)), None)


def _without_yardsticks(names: Iterable[Name], comparatives: Iterable[Comparison]) -> list[Name]:
    """Return the names without those that only stand after "than": what is older than A need not be like it."""
    yardsticks = {one.than for one in comparatives}
    return [name for name in names if name.start not in yardsticks]


def _count_of(masked: str, names: Sequence[Name]) -> re.Match[str] | None:
    """Return a number that counts what a category after it names ("three thrillers"), no part of a title."""
    counted = [name for name in names if name.kind == "entity" and name.text.islower() and not name.negated]
    masked = masked_text(masked, [(name.start, name.start + len(name.text)) for name in counted])
    starts = {name.start for name in counted}
    return next((found for found in _COUNT_OF.finditer(masked) if found.end() in starts), None)


def _only_asked(manifest: Manifest) -> dict[str, list[str]]:
    """Return the nouns by which people ask for one relation and no other, with their plurals."""
    nouns = {name: {*asked_of(manifest, name).nouns} for name in manifest.relations}
    nouns = {name: mine | {plural(noun) for noun in mine} for name, mine in nouns.items()}
    used = Counter(noun for mine in nouns.values() for noun in mine)
    cues = {cue for relation in manifest.relations.values() for cue in relation.cues}
    return {name: sorted(noun for noun in mine if used[noun] == 1 and noun not in cues) for name, mine in nouns.items()}


def _unknown(text: str, spans: list[tuple[int, int]], cues: Sequence[tuple[int, int]], nouns: set[str]) -> list[str]:
    """Return the quoted and the capitalised words that are no name, but neither all of a run that asks for something.

    Where a sentence holds a name or a word for a relation, others are not what is asked: "Thanks, Bob." Where no word
    is without a capital, a capital tells nothing.
    """
    quoted = list(re.finditer(r"[\"“「《]([^\"”」》]{2,60})[\"”」》]", text))
    lower = re.search(r"(?<!\S)[a-z]", masked_text(text, spans))
    runs = list(re.finditer(r"(?<=[^.!?\s]\s)([A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)*)", text)) if lower else []
    inside = [match.span(1) for match in quoted]
    found = [*quoted, *(match for match in runs if not overlap(*match.span(1), inside))]
    named = {word for start, end in spans for word in fold(text[start:end]).split()}
    found = [
        match for match in found if not overlap(*match.span(1), spans) and not {*fold(match.group(1)).split()} <= named
    ]
    asking = [match.span() for match in re.finditer(r"[^.!?]+", text) if overlap(*match.span(), [*spans, *cues])]

    def is_known(word: re.Match[str], start: int) -> bool:
        said, place = fold(word.group()), (start + word.start(), start + word.end())
        return said in FUNCTION_WORDS or said in nouns or bool(_MYSELF.match(word.group())) or overlap(*place, cues)

    told = [
        match.group(1)
        for match in found
        if (not asking or overlap(*match.span(1), asking))
        and not all(is_known(word, match.start(1)) for word in re.finditer(r"\S+", match.group(1)))
    ]
    return list(dict.fromkeys(told))
