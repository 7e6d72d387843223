"""What code can read in a request by itself: names, negations, numbers, relations that are hinted at, and the rest."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from agent.comparing import Comparatives, Comparison
from agent.derived import Derived, DerivedNames
from agent.referring import Groups, Referring, besides
from kg.asking import asked_of
from kg.labels import fold
from kg.linking import FUNCTION_WORDS, Mention
from kg.manifest import Manifest
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.constraints import RangeConstraint
from tools.senses import SenseLinker

Kind = Literal["item", "entity"]

_NEGATION = re.compile(
    r"\b(?:(?:any|every)thing but|nothing|apart from|other than|instead of|rather than|can['’]?t stand|cannot stand"
    r"|no|not|without|except|excluding|avoid|minus|never|neither|nor|less|hate[sd]?|dislike[sd]?|tired of|sick of"
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

_WISH = re.compile(
    r"\b(?:recommend|suggest|should i|for me|something|anything|in the mood|i want|i['’]d like|looking for)\b"
    r"|\b(?:give|find|show) me\b"
    r"|推荐|想看|想听",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^\s*(?:(?:and|so|but|ok|okay|then)\W+)*"
    r"(?:who|whom|whose|what|which|when|where|how many|is|are|was|were|did|does|do|name|list)\b|谁|什么|哪"
    r"|\b(?:who|whom|what)\W*$|\b(?:which|what)\s+\w+(?:\s+\w+)?\W*$",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"\b(?:shar(?:e[sd]?|ing)|same|common|together|along|jointly|work(?:ed)?|co-?\w+)\b[^\x00]*?\b(with)\b",
    re.IGNORECASE,
)
"""In company, "with" says nothing of what a thing has: "films that share a writer with X"."""

_DEMAND = re.compile(r"\b(?:with|by|starring|featuring|from|of|in)\s+(?:the\s+)?$", re.IGNORECASE)
_WHY = re.compile(r"^\s*(?:why|explain|how come)\b|为什么", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|thanks|thank you|good (?:morning|evening)|bye|help|你好|谢谢)\b", re.IGNORECASE
)
_LIKED = re.compile(
    r"\bi (?:really |also |absolutely )*(?:love|loved|like|liked|enjoy|enjoyed|adore|adored)\b|我喜欢|我爱",
    re.IGNORECASE,
)
_DISLIKED = re.compile(
    r"\bi (?:really |also |absolutely )*(?:hate|hated|dislike|disliked|didn['’]?t like|did not like|don['’]?t like)\b"
    r"|我讨厌|我不喜欢",
    re.IGNORECASE,
)
_GIVES = re.compile(r"\bi(?:['’]d|\s+would)?\s+(?:give|gave|rate|rated)\b", re.IGNORECASE)
_VALUE = r"(\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten)"
_RATED_OF = re.compile(
    rf"\b{_VALUE}\s*(?:(?:/|out\s+of)\s*(\d+|five|ten)\b(?:\s+stars?)?|(?:stars?|points?)\b)", re.IGNORECASE
)
_RATED = re.compile(rf"\b{_VALUE}\W*$", re.IGNORECASE)
_COUNT_OF = re.compile(r"\b(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\s+(?:[a-z-]+\s+)?(?=\x00)")
"""A number right before a name: "three thrillers"."""

_MORE = re.compile(r"\b(?:more|another|others?|else|next|different)\b|更多|还有|再来|其他|换", re.IGNORECASE)
_LIKE_THIS = re.compile(
    r"\b(?:like|similar to)\s+(?:this|that|it|these|those)(?:\s+ones?)?\b(?!\s+\w)|像这", re.IGNORECASE
)
_FRAGMENT = re.compile(
    r"^\W*(?:(?:and|only|just|maybe|perhaps|ok|okay)\W+)*"
    r"(?:from|in|of|before|after|since|until|between|by|with|starring|featuring)\b",
    re.IGNORECASE,
)
"""The beginning of what is no sentence by itself: it goes on with the wish before it."""

_KNOWN = re.compile(
    r"\bi(?:['’]ve|\s+have)?\s+(?:already\s+)?(?:seen|saw|watched|read|heard|played|know)\b|看过|听过|读过",
    re.IGNORECASE,
)
_REFINES = re.compile(
    r"\b(?:but|instead|more|less|also|other|another|else|without|no|newer|older|shorter|longer|darker|lighter|slower|faster"
    r"|better|bigger|smaller|\w+ier)\b",
    re.IGNORECASE,
)
_NUMBERS = {word: at for at, word in enumerate("zero one two three four five six seven eight nine ten".split())}  # noqa: SIM905
_COUNTED = frozenset({"ideas", "suggestions", "recommendations", "things"})
_DECADES = {
    name: at
    for at, name in enumerate(
        ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"), 2
    )
}
_YEAR = r"(1[89]\d\d|20\d\d)"
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the request, linked.

    Attributes:
        id: "m1", "m2", ... in the order of the text.
        text: The user's words.
        negated: Whether a negation governs it.
        hinted: Whether the words only mean it, by their sense, and do not name it.
        others: Entities besides, any of which will do, where a relation gives several ("the director of A").
        alternative: Whether it is one of several joined by "or", any of which will do.
        demanded: Whether a word before it ties the result to it ("with", "by", "starring").
        rivals: Other entities of equally good name.
    """

    id: str
    text: str
    iri: Iri
    label: str
    kind: Kind
    negated: bool
    demanded: bool
    alternative: bool
    start: int
    rivals: tuple[tuple[Iri, str], ...] = ()
    hinted: bool = False
    others: tuple[tuple[Iri, str], ...] = ()

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Reading:
    """A request as code reads it.

    Attributes:
        cues: Names of relations that words of the request point at, in the order of the text, repeated as often.
        cue_spans: Where these words stand.
        rest: Content words that are no part of a name, a number or a cue.
        unknown: Quoted or capitalised words that name nothing in the graph.
        count: How many items the request asks for.
        rating: The number that the text gives to an item, and `rating_of` the greatest possible one, if it says so.
        unwanted: Name of the relation whose other end is unwanted ("not this author", "not the author of Emma").
        more: Whether the text asks for other items and for nothing else.
        like_this: Whether it asks for items like those that were shown.
        known: Whether it says that its items are known ("I've seen ...").
        besides: What is no answer: what the conversation named already, where a question with a pronoun asks what else
            there is, and the item by which a wish names an entity.
        compared: Comparatives of a wish, each with the item that it compares with, if the request says one.
        unstated: Nouns and labels by which a wish names an entity that the graph does not state.
    """

    text: str
    names: tuple[Name, ...]
    ranges: tuple[RangeConstraint, ...]
    cues: tuple[str, ...]
    rest: str
    unknown: tuple[str, ...]
    count: int | None
    is_question: bool
    is_why: bool
    is_greeting: bool
    refines: bool
    liked: bool | None
    rating: float | None = None
    rating_of: float | None = None
    unwanted: str | None = None
    more: bool = False
    like_this: bool = False
    known: bool = False
    cue_spans: tuple[tuple[int, int], ...] = ()
    besides: tuple[Iri, ...] = ()
    compared: tuple[tuple[Comparison, Iri | None], ...] = ()
    unstated: tuple[tuple[str, str], ...] = ()

    def marked(self) -> str:
        """Return the text with each name replaced by its id in brackets, so that only what is said of it is left."""
        marked = self.text
        for name in sorted(self.names, key=lambda one: -one.start):
            marked = f"{marked[: name.start]}[{name.id}]{marked[name.start + len(name.text) :]}"
        return marked

    @property
    def wishes(self) -> bool:
        """Whether the words ask for something, if only for anything ("recommend me something")."""
        return bool(_WISH.search(self.text))


class Reader:
    """Reads requests against one domain."""

    def __init__(self, snapshot: Snapshot, senses: SenseLinker | None = None) -> None:
        self._snapshot = snapshot
        self._senses = senses
        self._referring = Referring(snapshot)
        self._comparatives = Comparatives(snapshot)
        relations = snapshot.manifest.relations.items()
        self._cues = [(name, _any_of(relation.cues)) for name, relation in relations if relation.cues]
        self._asked = [(name, _any_of(words)) for name, words in _only_asked(snapshot.manifest).items() if words]
        items = snapshot.manifest.items
        self._nouns = {items.noun, items.plural, *items.synonyms}
        nouns = "|".join(re.escape(noun) for noun in sorted(self._nouns | _COUNTED))
        self._counted = re.compile(
            rf"\b(\d{{1,3}}|{'|'.join(list(_NUMBERS)[1:])})\s+(?:[a-z-]+\s+){{0,2}}?(?:{nouns}|more|others)\b",
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

    def read(self, text: str, spoken_of: Groups = ()) -> Reading:
        """Return what is in a request; never raises for a text.

        Args:
            text: The request.
            spoken_of: What the conversation named before, for the pronouns of a question.
        """
        text, rating = _without_rating(text)
        is_question = bool(_QUESTION.search(text)) and not _WISH.search(text)
        ranges, taken = self._ranges(text)
        mentions = [one for one in self._snapshot.linker.spot(text) if not _overlap(one.start, one.end, taken)]
        referring = self._referring.mentions(text, spoken_of, mentions) if is_question and spoken_of else []
        mentions = sorted([*mentions, *referring], key=lambda one: one.start)
        spans = [*taken, *((one.start, one.end) for one in mentions)]
        negations = [found.end() for found in _NEGATION.finditer(text) if not _overlap(*found.span(), spans)]
        masked = _masked(text, spans)
        names = tuple(self._name(at, one, masked, negations) for at, one in enumerate(mentions, start=1))
        derived = [] if is_question else self._derived.find(masked, names, negations)
        comparatives = [] if is_question else list(self._comparatives.read(masked))
        against = [_example(one, names) for one in comparatives]
        names = self._with_derived(_without_yardsticks(names, comparatives), derived, text)
        spans += [*((one.start, one.end) for one in derived), *((one.start, one.end) for one in comparatives)]
        masked = _masked(masked, [(one.start, one.end) for one in derived if one.iris])
        cues, cue_spans = self._cued(text, spans, [*self._cues, *(self._asked if is_question else ())])
        like_this = _LIKE_THIS.search(masked)
        more = list(_MORE.finditer(masked))
        said = [*spans, *cue_spans, *(found.span() for found in (*_NEGATION.finditer(text), *more))]
        left = self._left(text, said)
        hinted, rest = ((), left) if is_question else self._hinted(left, masked, negations, len(names))
        counted = self._counted.search(text) or _count_of(masked, (*names, *hinted))
        words = [one for one in rest if counted is None or not _overlap(*one.span(), [counted.span(1)])]
        without = [one for one in words if _governed(one.start(), masked, negations)]
        return Reading(
            text=text,
            names=(*names, *hinted),
            ranges=tuple(
                self._negated(one, start, masked, negations) for one, (start, _) in zip(ranges, taken, strict=True)
            ),
            cues=cues,
            rest=" ".join(match.group() for match in words if match not in without),
            unknown=(*_unknown(text, spans, self._nouns), *self._unplaced(without)),
            count=_number(counted.group(1)) if counted else None,
            is_question=is_question,
            is_why=bool(_WHY.search(text)),
            is_greeting=bool(_GREETING.search(text)) and not (names or ranges or cues or _WISH.search(text)),
            refines=bool(_REFINES.search(text) or _FRAGMENT.search(text) or more or like_this)
            and not _LIKED.search(text),
            liked=False if _DISLIKED.search(text) else True if _LIKED.search(text) else None,
            rating=rating[0] if rating else _bare_rating(masked),
            rating_of=rating[1] if rating else None,
            unwanted=self._unwanted_in(masked, negations),
            more=bool(more) and not (names or hinted or ranges or cues or words),
            like_this=like_this is not None,
            known=bool(_KNOWN.search(masked)),
            cue_spans=tuple(cue_spans),
            besides=(*besides(text, spoken_of, referring), *(one.of for one in derived if not one.keeps)),
            compared=tuple(zip(comparatives, against, strict=True)),
            unstated=tuple((one.noun, self._snapshot.label(one.of)) for one in derived if not one.iris),
        )

    def _with_derived(self, names: Iterable[Name], derived: Sequence[Derived], text: str) -> tuple[Name, ...]:
        """Return the names with those that a relation gives in the place of what they are named by."""
        kept = [one for one in names if not _overlap(one.start, one.end, [(at.start, at.end) for at in derived])]
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
        negated = _governed(mention.start, masked, negations)
        demanded = bool(_DEMAND.search(masked[: mention.start]))
        either = any(start <= mention.start < end for start, end in _alternatives(masked))
        label = self._snapshot.label(best.iri)
        return Name(f"m{at}", mention.text, best.iri, label, kind, negated, demanded, either, mention.start, rivals)

    def _negated(self, one: RangeConstraint, start: int, masked: str, negations: Iterable[int]) -> RangeConstraint:
        return RangeConstraint(one.relation, one.low, one.high, wanted=not _governed(start, masked, negations))

    def _cued(
        self, text: str, spans: list[tuple[int, int]], cues: Iterable[tuple[str, re.Pattern[str]]]
    ) -> tuple[tuple[str, ...], list[tuple[int, int]]]:
        company = [found.span(1) for found in _COMPANY.finditer(text)]
        found = sorted(
            {
                (*match.span(), name)
                for name, pattern in cues
                for match in pattern.finditer(text)
                if not _overlap(*match.span(), spans) and match.span() not in company
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
        found: dict[tuple[int, int], RangeConstraint] = {}
        for pattern, limits in _PERIODS if relation else ():
            for match in pattern.finditer(text):
                if not _overlap(*match.span(), found):
                    found[match.span()] = RangeConstraint(str(relation), *limits(match))
        return [found[span] for span in sorted(found)], sorted(found)

    def _left(self, text: str, spans: list[tuple[int, int]]) -> list[re.Match[str]]:
        """Return the content words outside the spans."""
        words = [match for match in _WORD.finditer(text) if not _overlap(*match.span(), spans)]
        nouns = {fold(noun) for noun in self._nouns}
        return [
            match for match in words if (folded := fold(match.group())) not in FUNCTION_WORDS and folded not in nouns
        ]

    def _hinted(
        self, left: list[re.Match[str]], masked: str, negations: Iterable[int], n_names: int
    ) -> tuple[tuple[Name, ...], list[re.Match[str]]]:
        """Return names for the words that mean a category of the domain, and the words that mean none."""
        names: list[Name] = []
        rest: list[re.Match[str]] = []
        for match in left:
            lower = match.group().islower() and len(match.group()) > 2
            sense = self._senses.link(match.group()) if self._senses and lower else None
            if sense is None:
                rest.append(match)
                continue
            at, negated = f"m{n_names + len(names) + 1}", _governed(match.start(), masked, negations)
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
    masked = _masked(masked, [(name.start, name.start + len(name.text)) for name in counted])
    starts = {name.start for name in counted}
    return next((found for found in _COUNT_OF.finditer(masked) if found.end() in starts), None)


def _without_rating(text: str) -> tuple[str, tuple[float, float | None] | None]:
    """Return the text with a rating blanked, so that "Alien 3 out of 5" names Alien, and the rating with its best."""
    for found in reversed(list(_RATED_OF.finditer(text))):
        before, after = text[: found.start()], text[found.end() :]
        if _GIVES.search(before) or before.rstrip().endswith((":", "：")) or re.match(r"\s+(?:for|to)\b", after):
            value, most = _decimal(found[1]), _decimal(found[2]) if found[2] else None
            return before + " " * (found.end() - found.start()) + after, (value, most)
    return text, None


def _bare_rating(masked: str) -> float | None:
    """Return the number at the end of "I give Emma 4"."""
    gives, value = _GIVES.search(masked), _RATED.search(masked)
    return _decimal(value[1]) if gives and value and "\x00" in masked[gives.end() : value.start()] else None


def _decimal(word: str) -> float:
    return float(_NUMBERS.get(word.lower(), word))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]


def _decade(match: re.Match[str]) -> tuple[float, float]:
    digits = int(match.group(1))
    start = digits if digits >= 1000 else (2000 + digits if digits < 30 else 1900 + digits)
    return float(start), float(start + 9)


def _named_decade(match: re.Match[str]) -> tuple[float, float]:
    start = 1900 + 10 * _DECADES[match.group(1).lower()]
    return float(start), float(start + 9)


def _between(match: re.Match[str]) -> tuple[float, float]:
    low, high = sorted((float(match.group(1)), float(match.group(2))))
    return low, high


def _before_decade(match: re.Match[str]) -> tuple[float, float]:
    return -math.inf, _decade(match)[0] - 1


def _after_decade(match: re.Match[str]) -> tuple[float, float]:
    return _decade(match)[1] + 1, math.inf


def _since_decade(match: re.Match[str]) -> tuple[float, float]:
    return _decade(match)[0], math.inf


_OF_DECADE = r"\s+(?:the\s+)?['’]?((?:1[89]|20)?\d0)['’]?s\b"
_PERIODS = (
    (re.compile(rf"\b(?:before|older than|earlier than){_OF_DECADE}", re.IGNORECASE), _before_decade),
    (re.compile(rf"\b(?:after|newer than|later than){_OF_DECADE}", re.IGNORECASE), _after_decade),
    (re.compile(rf"\bsince{_OF_DECADE}", re.IGNORECASE), _since_decade),
    (re.compile(rf"\bfrom\s+{_YEAR}\s+on(?:wards)?\b", re.IGNORECASE), lambda m: (float(m[1]), math.inf)),
    (re.compile(rf"\b(?:until|up to|till)\s+{_YEAR}\b", re.IGNORECASE), lambda m: (-math.inf, float(m[1]))),
    (
        re.compile(rf"\b(?:between|from)\s+{_YEAR}\s+(?:and|to|until|-)\s+{_YEAR}\b", re.IGNORECASE),
        _between,
    ),
    (re.compile(rf"\b{_YEAR}\s*[-–]\s*{_YEAR}\b"), _between),
    (
        re.compile(rf"\b(?:after|newer than|later than)\s+{_YEAR}\b", re.IGNORECASE),
        lambda m: (float(m[1]) + 1, math.inf),
    ),
    (re.compile(rf"\bsince\s+{_YEAR}\b", re.IGNORECASE), lambda m: (float(m[1]), math.inf)),
    (
        re.compile(rf"\b(?:before|older than|earlier than)\s+{_YEAR}\b", re.IGNORECASE),
        lambda m: (-math.inf, float(m[1]) - 1),
    ),
    (re.compile(rf"\b(?:from|in|of)\s+{_YEAR}\b(?!s)", re.IGNORECASE), lambda m: (float(m[1]), float(m[1]))),
    (re.compile(r"\b(?:the\s+)?['’]?((?:1[89]|20)?\d0)['’]?s\b", re.IGNORECASE), _decade),
    (re.compile(rf"\b(?:the\s+)?({'|'.join(_DECADES)})\b", re.IGNORECASE), _named_decade),
)


def _only_asked(manifest: Manifest) -> dict[str, list[str]]:
    """Return the nouns by which people ask for one relation and no other, with their plurals."""
    nouns = {name: {*asked_of(manifest, name).nouns} for name in manifest.relations}
    nouns = {name: mine | {plural(noun) for noun in mine} for name, mine in nouns.items()}
    used = Counter(noun for mine in nouns.values() for noun in mine)
    cues = {cue for relation in manifest.relations.values() for cue in relation.cues}
    return {name: sorted(noun for noun in mine if used[noun] == 1 and noun not in cues) for name, mine in nouns.items()}


def _any_of(cues: Iterable[str]) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:{'|'.join(re.escape(cue) for cue in sorted(cues, key=len, reverse=True))})\b", re.IGNORECASE
    )


def _overlap(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < right and end > left for left, right in spans)


def _governed(start: int, masked: str, negations: Iterable[int]) -> bool:
    """Tell whether a negation stands before a place, in the same clause or before the list that the place is in."""
    for end in negations:
        between = masked[end:start]
        if end <= start and not _CLAUSE_END.search(between) and not _AFTER_NAME.search(between):
            return True
        listed = _LIST.match(masked, end)
        if listed is not None and end <= start < listed.end():
            return True
    return False


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length in which names are NULs, so that their words and dots say nothing."""
    for start, end in spans:
        text = text[:start] + "\x00" * (end - start) + text[end:]
    return text


def _unknown(text: str, spans: list[tuple[int, int]], nouns: set[str]) -> tuple[str, ...]:
    quoted = list(re.finditer(r"[\"“「《]([^\"”」》]{2,60})[\"”」》]", text))
    runs = list(re.finditer(r"(?<=[^.!?\s]\s)([A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)*)", text))
    inside = [match.span(1) for match in quoted]
    loose = [match for match in runs if not _overlap(*match.span(1), inside)]
    found = [match.group(1) for match in (*quoted, *loose) if not _overlap(*match.span(1), spans)]
    return tuple(
        dict.fromkeys(one for one in found if fold(one) not in FUNCTION_WORDS and fold(one) not in nouns and one != "I")
    )


@lru_cache(maxsize=4)
def _alternatives(masked: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of names that "or" joins; kept, because each name of a text asks for them."""
    return tuple(found.span() for found in _EITHER.finditer(masked))
