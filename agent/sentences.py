"""Sentences: every way in which a piece of evidence can be said, and the way back from a sentence to what it claims."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.evidence import Evidence, Fact, Shared
from agent.untrusted import plain
from kg.manifest import Manifest
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts.phrases import load_connectives

_MASK, _MARK = re.compile(r"⟦(\d+)⟧"), re.compile("[⟦⟧]")
_QUOTES = str.maketrans("“”", "''")
_TEXT_IN_LABEL = re.compile(
    r"(?<!\b\w)(?<!\b[DMS][rst])(?<!\bMrs)(?<!\bvs)[.!?][\"'’”)]*\s+(?![a-z])\S+\s+\S"
    r"|(?<=\b\w)\.\s+(?![a-z])(?:[^\s.]+\s+){2}\S"
    r"|, and\b"
    r"|(?:\S+\s+){4}\S+(?<!\b[JS]r)[.!?]$"
)
"""A label that would read as a statement of ours: "Bram Stoker. It won a prize", but not "H. G. Wells"."""

_SLOT = r"(⟦\d+⟧|[\d.,-]+\d|\d+)"


@dataclass(frozen=True, slots=True)
class FactClaim:
    """`subject` and `object` are labels, or the item by its pronoun as None."""

    relation: str
    subject: str | None
    object: str | None


@dataclass(frozen=True, slots=True)
class SharedClaim:
    """Two items, by label or pronoun, have `object` in common."""

    relation: str
    first: str | None
    second: str | None
    object: str | None


@dataclass(frozen=True, slots=True)
class HistoryClaim:
    """The user rated an item, or used it (`value` None)."""

    item: str | None
    value: str | None
    top: str | None


SentenceClaim = FactClaim | SharedClaim | HistoryClaim


class Sentences:
    """The sentences of one domain in one language."""

    def __init__(self, snapshot: Snapshot, language: str = "en") -> None:
        self._snapshot = snapshot
        self._language = language
        self._connectives = load_connectives(language)
        self._patterns = list(_patterns(snapshot.manifest, language))
        self._history_patterns = [
            *(
                (_compiled(phrase, {"b": _SLOT, "v": r"([\d.]+)", "max": r"([\d.]+)"}), True)
                for phrase in self._connectives.rated
            ),
            *((_compiled(phrase, {"b": _SLOT}), False) for phrase in self._connectives.used),
        ]

    def label(self, iri_or_literal: str, *, literal: bool = False) -> str:
        """Return a label as it may stand in a sentence: untrusted text on one line, quoted where it reads as a text."""
        label = plain(iri_or_literal if literal else self._snapshot.label(iri_or_literal, (self._language,)))
        return f"“{label.translate(_QUOTES)}”" if _TEXT_IN_LABEL.search(label) else label

    def ways(self, evidence: Evidence, *, again: bool = False, told: Iri | None = None) -> list[str]:
        """Return the sentences that say a piece of evidence.

        Args:
            evidence: What is to be said.
            again: The item was named before: where it can, the sentence says "it".
            told: An item of the history whose rating was told before.
        """
        said = self._snapshot.manifest.relations[evidence.relation].said(self._language)
        item = self.label(evidence.item)
        if isinstance(evidence, Fact):
            values = {"s": self.label(evidence.triple.subject), "o": self._object(evidence)}
            ways = [phrase.format(**values) for phrase in said.fact]
        else:
            values = {"a": item, "b": self.label(evidence.other), "o": self.label(evidence.shared)}
            phrases = said.shared or (
                "{a} and {b} share {o} as " + said_noun(self._snapshot.manifest, evidence.relation),
            )
            ways = [phrase.format(**values) for phrase in phrases]
        if again:
            ways = [short for way in ways if (short := self._referring(way, item))] or ways
        endings = self._endings(evidence, told)
        return [_sentence(way + ending) for way in ways for ending in endings]

    def claims(self, text: str, names: Sequence[str]) -> list[tuple[str, list[SentenceClaim]]] | None:
        """Take a text apart.

        Args:
            text: One or more sentences.
            names: Labels that may occur in it.

        Returns:
            Each sentence with what it may claim (one reading a phrase that matches), or None where a sentence says
            something that no phrase of the domain says.
        """
        if _MARK.search(text):  # in a text of ours they stand for names only
            return None
        masked = self._masked(text, names)
        found: list[tuple[str, list[SentenceClaim]]] = []
        for sentence in re.split(r"(?<=[.!?])\s+", masked.strip()):
            body = sentence.strip().removesuffix(".")
            for at, part in enumerate(self._parts(body)):
                readings = [self._unmasked(one, names) for one in self._read(part)]
                if not readings:
                    return None
                told = self._plain(part, names)
                found.append((told if at else _capital(told), readings))
        return found

    def _referring(self, way: str, item: str) -> str | None:
        """Return a sentence with "it" for the item where that reads well: in front, or after "like X, "."""
        pronoun = self._connectives.pronoun
        if way.startswith(f"{item} ") and not way.startswith(f"{item} and "):
            return pronoun + way[len(item) :]
        head, mark, tail = way.partition(f", {item} ")
        return f"{head}, {pronoun} {tail}" if mark and head.startswith("like ") else None

    def _endings(self, evidence: Evidence, told: Iri | None) -> list[str]:
        if not isinstance(evidence, Shared) or evidence.value is None or evidence.other == told:
            return [""]
        values = {"b": self.label(evidence.other), "v": f"{evidence.value:g}", "max": self.top}
        phrases = self._connectives.rated if values["max"] else self._connectives.used
        return [f", and {phrase.format(**values)}" for phrase in phrases]

    @property
    def top(self) -> str:
        """The top of the rating scale; empty where feedback is implicit."""
        numbers = re.findall(r"[\d.]+", self._snapshot.manifest.interactions.scale)
        return numbers[-1] if numbers else ""

    def _object(self, evidence: Fact) -> str:
        return self.label(evidence.triple.object, literal=evidence.triple.literal)

    def _masked(self, text: str, names: Sequence[str]) -> str:
        order = sorted(range(len(names)), key=lambda at: -len(names[at]))
        for at in order:
            if not names[at].replace(".", "").isdigit():
                pattern = rf"(?<!\w){re.escape(names[at])}(?!\w)"
                text = re.sub(pattern, f"⟦{at}⟧", text)
        for at in order:  # a sentence begins with a capital, whatever it begins with: "Comedy is a genre of ..."
            if names[at][:1].islower():
                pattern = rf"(?:^|(?<=[.!?]\s)){re.escape(_capital(names[at]))}(?!\w)"
                text = re.sub(pattern, f"⟦{at}⟧", text)
        return text

    def _parts(self, body: str) -> list[str]:
        """Split off what a sentence says of the user's history; the comma is no part of a phrase."""
        head, mark, tail = body.rpartition(", and ")
        return (
            [head, tail] if mark and any(pattern.fullmatch(tail) for pattern, _ in self._history_patterns) else [body]
        )

    def _read(self, part: str) -> Iterator[SentenceClaim]:
        variants = {part, part[:1].lower() + part[1:]}
        for variant in sorted(variants):
            referring = re.sub(rf"\b{self._connectives.pronoun}\b", f"⟦{_ITEM}⟧", variant)
            for relation, kind, pattern, order in self._patterns:
                match = pattern.fullmatch(referring)
                if match:
                    yield _claim(kind, relation, dict(zip(order, match.groups(), strict=True)))
            for pattern, rated in self._history_patterns:
                match = pattern.fullmatch(variant)
                if match:
                    yield HistoryClaim(*(match.groups() if rated else (match.group(1), None, None)))

    def _unmasked(self, claim: SentenceClaim, names: Sequence[str]) -> SentenceClaim:
        match claim:
            case FactClaim():
                return replace(claim, subject=_name(claim.subject, names), object=_name(claim.object, names))
            case SharedClaim():
                first, second = _name(claim.first, names), _name(claim.second, names)
                return replace(claim, first=first, second=second, object=_name(claim.object, names))
            case HistoryClaim():
                return replace(claim, item=_name(claim.item, names))

    def _plain(self, part: str, names: Sequence[str]) -> str:
        return _MASK.sub(lambda match: names[int(match.group(1))], part)


def _claim(kind: str, relation: str, slots: Mapping[str, str]) -> SentenceClaim:
    if kind == "fact":
        return FactClaim(relation, slots["s"], slots["o"])
    return SharedClaim(relation, slots["a"], slots["b"], slots["o"])


_ITEM = 10**6
"""The number that stands for the item where a sentence says "it"."""


def said_noun(manifest: Manifest, relation: str) -> str:
    return manifest.relations[relation].noun


def _patterns(manifest: Manifest, language: str) -> Iterator[tuple[str, str, re.Pattern[str], tuple[str, ...]]]:
    for name, relation in manifest.relations.items():
        said = relation.said(language)
        shared = said.shared or (f"{{a}} and {{b}} share {{o}} as {relation.noun}",)
        for kind, phrases in (("fact", said.fact), ("shared", shared)):
            for phrase in phrases:
                order = tuple(re.findall(r"\{(\w+)\}", phrase))
                yield name, kind, _compiled(phrase, dict.fromkeys(order, _SLOT)), order


def _compiled(phrase: str, slots: Mapping[str, str]) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", phrase)
    return re.compile("".join(slots[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def _name(slot: str | None, names: Sequence[str]) -> str | None:
    """Return the label that a mask stands for, None for the pronoun; a number and a relation stay as they are."""
    match = _MASK.fullmatch(slot or "")
    if match is None:
        return slot
    return None if int(match.group(1)) == _ITEM else names[int(match.group(1))]


def _sentence(text: str) -> str:
    return f"{_capital(text)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def names_of(evidence: Sequence[Evidence], sentences: Sentences) -> dict[str, set[str]]:
    """Return the IRIs and literals behind each label that may be said of some evidence."""
    found: dict[str, set[str]] = {}
    for piece in evidence:
        entities: list[tuple[str, bool]] = [(piece.item, False)]
        entities += [(end, False) for triple in piece.triples for end in (triple.subject,)]
        entities += [(triple.object, triple.literal) for triple in piece.triples]
        if isinstance(piece, Shared):
            entities.append((piece.other, False))
        for value, literal in entities:
            found.setdefault(sentences.label(value, literal=literal), set()).add(value)
    return found
