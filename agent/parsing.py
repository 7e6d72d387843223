"""The way back from a text to what it claims: sentences, their clauses, and the statements that a clause may make."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.sentences import Sentences, capital, filled
from kg.asking import asked_of
from kg.manifest import Manifest

Kind = Literal[
    "fact", "shared", "rated", "loved", "liked", "used", "moved", "count", "decade", "gap", "wish",
    "list_count", "list_span", "list_moved",
]  # fmt: skip

IT, THIS = "\x00it", "\x00this"
"""What stands for the item in a slot, where a text says "it" or "this film"; no label holds a control character."""

_ITEM, _THIS = 10**6, 10**6 + 1
_MASK, _MARK = re.compile(r"⟦(\d+)⟧"), re.compile("[⟦⟧]")
_NAME = r"(⟦\d+⟧|[\d.,-]+\d|\d+)"
_SLOTS = {
    **dict.fromkeys(("s", "o", "a", "b", "low", "high"), _NAME),
    "v": r"([\d.]+)",
    "max": r"([\d.]+)",
    "n": r"(\d+|[^\W\d_]+)",
    "d": r"(\d{3}0)",
    "this": rf"(⟦{_ITEM}⟧|⟦{_THIS}⟧|⟦\d+⟧)",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a text may claim; `slots` hold labels, numbers as they are written, `IT` or `THIS`."""

    kind: Kind
    relation: str
    slots: tuple[tuple[str, str], ...]

    def __getitem__(self, slot: str) -> str:
        return dict(self.slots)[slot]

    @property
    def names_item_by_pronoun(self) -> bool:
        return any(value == IT for _, value in self.slots)


Clause = tuple[str, list[Statement]]
"""Words, and what they may state: one reading must hold."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    kind: Kind
    relation: str
    regex: re.Pattern[str]
    order: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...] = ()
    anchor: str = ""
    """The longest literal part; a text without it needs no match."""

    def match(self, words: str) -> re.Match[str] | None:
        return self.regex.fullmatch(words) if self.anchor in words else None


class ClaimParser:
    """Takes the texts of one domain and language apart."""

    def __init__(self, sentences: Sentences, manifest: Manifest) -> None:
        self._sentences = sentences
        self._wording = sentences.wording
        self._pronoun = manifest.items.pronoun
        self._patterns = list(_patterns(sentences, manifest))
        self._abouts = [
            _pattern("fact", name, phrase) for name in manifest.relations for phrase in sentences.said(name).about
        ]
        self._is = [_is_pattern(phrase, sentences.kind) for phrase in self._wording.statements["is"]]
        self._openers = [opener for tone in self._wording.tones.values() for opener in tone.openers]

    def parse(self, text: str, names: Sequence[str]) -> list[Clause] | None:
        """Take a text apart.

        Args:
            text: One or more sentences.
            names: Labels that may occur in it.

        Returns:
            Each clause with what it may state (one reading a phrase that matches), or None where a sentence says
            something that no phrase of the domain says.
        """
        if _MARK.search(text):  # in a text of ours they stand for names only
            return None
        masked = self._masked(text, names)
        found: list[Clause] = []
        end, space = re.escape(self._wording.end), self._wording.space and r"\s+"
        for sentence in re.split(rf"(?<={end}){space}", masked.strip()):
            body = sentence.strip().removesuffix(self._wording.end)
            if not body and found:
                continue
            clauses = self._sentence(body)
            if clauses is None:
                return None
            for at, (words, readings) in enumerate(clauses):
                said = _MASK.sub(lambda match: names[int(match[1])], words)
                told = [_unmasked(one, names) for one in readings]
                found.append((said if at else capital(said), told))
        return found

    def _sentence(self, body: str) -> list[Clause] | None:
        opener = next((one for one in self._openers if body.startswith(one)), "")
        rest = body[len(opener) :]
        for variant in dict.fromkeys((rest, rest[:1].lower() + rest[1:])):
            clauses = self._clauses(variant)
            if clauses is not None:
                return clauses
        return None

    def _clauses(self, body: str) -> list[Clause] | None:
        whole = self._clause(body)
        if whole is not None:
            return whole
        for connector in self._wording.connectors:
            at = body.find(connector)
            while at >= 0:
                head = self._clause(body[:at])
                tail = self._clauses(body[at + len(connector) :]) if head is not None else None
                if head is not None and tail is not None:
                    return [*head, *tail]
                at = body.find(connector, at + 1)
        return None

    def _clause(self, words: str) -> list[Clause] | None:
        """Return what one clause states: one thing, or several where the item is described."""
        referring = self._referring(words)
        readings = [_read(one, match) for one in self._patterns if (match := one.match(referring))]
        if readings:
            return [(words, readings)]
        return self._described(words, referring) or self._fronted(words)

    def _described(self, words: str, referring: str) -> list[Clause] | None:
        """Read "X is a film directed by Y and with music by Z"."""
        for pattern in self._is:
            match = pattern.fullmatch(referring)
            abouts = self._listed(match[2]) if match else None
            if match and abouts is not None:
                return [(words, [_of_subject(one, match[1]) for one in about]) for about in abouts]
        return None

    def _fronted(self, words: str) -> list[Clause] | None:
        """Read "Directed by Y, X stars Z": the head speaks of the subject that the tail begins with."""
        at = words.find(", ")
        while at >= 0:
            abouts, tail = self._listed(words[:at]), words[at + 2 :]
            facts = self._facts_about_first(self._referring(tail)) if abouts is not None else []
            if abouts is not None and facts:
                subject = facts[0]["s"]
                head = [(words[:at], [_of_subject(one, subject) for one in about]) for about in abouts]
                return [*head, (tail, facts)]
            at = words.find(", ", at + 1)
        return None

    def _facts_about_first(self, words: str) -> list[Statement]:
        """Read a clause as facts whose subject it begins with."""
        facts = [one for one in self._patterns if one.kind == "fact" and one.order[0] == "s"]
        return [_read(one, match) for one in facts if (match := one.match(words)) and match.start(1) == 0]

    def _listed(self, text: str) -> list[list[tuple[str, str]]] | None:
        """Read a list of what an item is about; each member as its readings, a relation and an object."""
        whole = [(one.relation, match[1]) for one in self._abouts if (match := one.match(text))]
        if whole:
            return [whole]
        for mark in (self._wording.list_two, self._wording.list_more):
            at = text.find(mark)
            while at >= 0:
                head = [(one.relation, m[1]) for one in self._abouts if (m := one.match(text[:at]))]
                tail = self._listed(text[at + len(mark) :]) if head else None
                if head and tail is not None:
                    return [head, *tail]
                at = text.find(mark, at + 1)
        return None

    def _referring(self, words: str) -> str:
        """Put marks where a text refers to the item without its name."""
        spaced = bool(self._wording.space)
        edge = r"\b" if spaced else ""
        marked = re.sub(rf"{edge}{re.escape(self._sentences.this)}{edge}", f"⟦{_THIS}⟧", words)
        return re.sub(rf"{edge}{re.escape(self._pronoun)}{edge}", f"⟦{_ITEM}⟧", marked) if spaced else marked

    def _masked(self, text: str, names: Sequence[str]) -> str:
        order = sorted(range(len(names)), key=lambda at: -len(names[at]))
        before, after = (r"(?<!\w)", r"(?!\w)") if self._wording.space else (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
        for at in order:
            if not names[at].replace(".", "").isdigit():
                text = re.sub(f"{before}{re.escape(names[at])}{after}", f"⟦{at}⟧", text)
        for at in order:  # a sentence begins with a capital, whatever it begins with: "Comedy is a genre of ..."
            if names[at][:1].islower():
                pattern = rf"(?:^|(?<=[.!?]\s)){re.escape(capital(names[at]))}{after}"
                text = re.sub(pattern, f"⟦{at}⟧", text)
        return text


def _patterns(sentences: Sentences, manifest: Manifest) -> Iterator[_Pattern]:
    statements, overview = sentences.wording.statements, sentences.wording.overview
    for name, relation in manifest.relations.items():
        said, noun = sentences.said(name), sentences.relation_noun(name)
        phrases: list[tuple[Kind, str]] = [("fact", one) for one in said.fact]
        phrases += [("shared", one) for one in said.shared]
        words = {"noun": noun, "role": sentences.role(name)}
        phrases += [("count", one) for one in sentences.counts(name)]
        phrases += [("list_count", filled(one, words)) for one in overview["count"]]
        if relation.noun == "year":
            phrases += [("decade", one) for one in statements["decade"]]
            phrases += [("list_span", one) for one in overview["span"]]
            units = {relation.noun, relation.plural or relation.noun}
            for more in (*asked_of(manifest, name).more[:1], *asked_of(manifest, name).less[:1]):
                yield from (
                    _pattern("gap", name, filled(one, {"unit": unit, "more": more}), (("more", more),))
                    for one in statements["gap"]
                    for unit in sorted(units)
                )
        yield from (_pattern(kind, name, phrase) for kind, phrase in phrases)
    for kind in ("rated", "loved", "liked", "used", "moved", "wish"):
        yield from (_pattern(kind, "", phrase) for phrase in statements[kind])
    yield from (_pattern("list_moved", "", phrase) for phrase in overview["moved"])


def _pattern(kind: Kind, relation: str, phrase: str, fixed: tuple[tuple[str, str], ...] = ()) -> _Pattern:
    anchor = max(re.split(r"\{\w+\}", phrase), key=len)
    return _Pattern(kind, relation, _compiled(phrase), tuple(re.findall(r"\{(\w+)\}", phrase)), fixed, anchor)


def _compiled(phrase: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", phrase)
    return re.compile("".join(_SLOTS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def _is_pattern(phrase: str, kind: str) -> re.Pattern[str]:
    text = re.escape(phrase.format(s="§", kind=kind, about="¶"))
    return re.compile(text.replace("§", _NAME).replace("¶", "(.+)"))


def _read(pattern: _Pattern, match: re.Match[str]) -> Statement:
    return Statement(pattern.kind, pattern.relation, (*zip(pattern.order, match.groups(), strict=True), *pattern.fixed))


def _of_subject(about: tuple[str, str], subject: str) -> Statement:
    relation, obj = about
    return Statement("fact", relation, (("s", subject), ("o", obj)))


def _unmasked(statement: Statement, names: Sequence[str]) -> Statement:
    slots = tuple((slot, _name(value, names)) for slot, value in statement.slots)
    return Statement(statement.kind, statement.relation, slots)


def _name(value: str, names: Sequence[str]) -> str:
    """Return the label that a mask stands for; a number stays as it is."""
    match = _MASK.fullmatch(value)
    if match is None:
        return value
    number = int(match[1])
    return IT if number == _ITEM else THIS if number == _THIS else names[number]
