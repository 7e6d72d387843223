"""Sentences: every way in which a piece of evidence can be said."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from agent.evidence import Dated, Evidence, Fact, Moved, Several, Shared
from agent.manner import wording_of
from agent.untrusted import name
from kg.asking import asked_of
from kg.manifest import RelationPhrases
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts.phrases import Wording

MAX_LABELS = 50_000
"""Labels that are kept once they are made: a text names each of its own several times."""


class Sentences:
    """The sentences of one domain in one language."""

    def __init__(self, snapshot: Snapshot, language: str = "en") -> None:
        self._snapshot = snapshot
        self._manifest = snapshot.manifest
        self.wording: Wording = wording_of(snapshot.manifest, language)
        self._labels: Callable[[str, bool], str] = lru_cache(MAX_LABELS)(self._label)

    @property
    def language(self) -> str:
        return self.wording.language

    def speaks(self, relation: str) -> bool:
        """Tell whether the domain has phrases for a relation in this language; English can always be made."""
        return self.language == "en" or self.language in self._manifest.relations[relation].phrases

    def says(self, piece: Evidence) -> bool:
        """Tell whether there are words for a piece of evidence."""
        return (isinstance(piece, Moved) or self.speaks(piece.relation)) and bool(self.clauses(piece))

    def label(self, iri_or_literal: str, *, literal: bool = False) -> str:
        """Return a label as it may stand in a sentence: untrusted text on one line, quoted where it reads as a text."""
        return self._labels(iri_or_literal, literal)

    def _label(self, iri_or_literal: str, literal: bool) -> str:
        languages = tuple(dict.fromkeys((self.language, "en")))
        return name(iri_or_literal if literal else self._snapshot.label(iri_or_literal, languages))

    @property
    def noun(self) -> str:
        """What an item is called."""
        return self._manifest.items.nouns.get(self.language) or self._manifest.items.noun

    @property
    def plural(self) -> str:
        """What several items are called, as it stands after a number."""
        items = self._manifest.items
        if self.language == "en":
            return items.plural
        return items.plurals.get(self.language) or self.wording.plural.format(noun=self.noun)

    @property
    def this(self) -> str:
        """The item as "this film"."""
        return self.wording.this.format(noun=self.noun)

    @property
    def pronoun(self) -> str:
        """The item as "it"; a domain may say something else."""
        return self._manifest.items.pronoun

    @property
    def kind(self) -> str:
        """The item as "a film"; empty where the language says nothing like it."""
        return indefinite(self.wording.kind.format(noun=self.noun))

    @property
    def top(self) -> str:
        """The top of the rating scale; empty where feedback is implicit."""
        numbers = re.findall(r"[\d.]+", self._manifest.interactions.scale)
        return numbers[-1] if numbers else ""

    def said(self, relation: str) -> RelationPhrases:
        """Return the phrases of a relation, with what English can make of the noun where one is missing."""
        found, noun = self._manifest.relations[relation].said(self.language), self.relation_noun(relation)
        if self.language != "en":
            return found
        return found.model_copy(
            update={
                "shared": found.shared or (f"{{a}} and {{b}} share {{o}} as {noun}",),
                "about": found.about or (f"with {{o}} as {noun}",),
            }
        )

    def counts(self, relation: str) -> list[str]:
        """Return the phrases that count the user's items with an entity in common; places are the item, it and {n}.

        Where feedback is implicit nobody is told to have liked anything.
        """
        phrases = self.wording.statements["count_used" if self._manifest.interactions.liked_from is None else "count"]
        facts = self.said(relation).fact
        places = {
            "{fact}": [one for one in facts if one.startswith("{s} ")],
            "{deed}": [one for one in facts if one.startswith("{o} ") and one.endswith(" {s}")],
        }
        found = [
            phrase.replace(place, one)
            for phrase in phrases
            for place, ways in places.items()
            if place in phrase
            for one in ways
        ]
        words = {"plural": self.plural, "noun": self.relation_noun(relation), "role": self.role(relation)}
        plain = [phrase for phrase in phrases if not any(place in phrase for place in places)]
        return [filled(phrase, words) for phrase in found or plain]

    def relation_noun(self, relation: str) -> str:
        found = self._manifest.relations[relation]
        return found.said(self.language).noun or found.noun

    def role(self, relation: str) -> str:
        """Return what an entity is by a relation: "an actor"."""
        return indefinite(f"a {self.relation_noun(relation)}")

    def clauses(self, piece: Evidence, name: str | None = None) -> list[str]:
        """Return the ways to say a piece, without what ends a sentence; the user's history is told apart.

        Args:
            piece: What is to be said.
            name: How the item is called; None: by its label. A pronoun stands only where it reads well.
        """
        label = self.label(piece.item)
        called = name or label
        ways = list(dict.fromkeys(self._phrased(piece, called)))
        if called in (label, self.this):
            return ways
        return [way for way in ways if _refers_well(way, called)]

    def abouts(self, piece: Fact) -> list[str]:
        """Return what may follow "a film" to say a fact of the item ("directed by ..."); none of an inverse one."""
        if piece.triple.subject != piece.item:
            return []
        return [phrase.format(o=self._object(piece)) for phrase in self.said(piece.relation).about]

    def wishes(self, piece: Fact) -> list[str]:
        """Return the ways to say that the request asked for what a fact tells of."""
        return [phrase.format(o=self._object(piece)) for phrase in self.wording.statements["wish"]] * piece.wished

    def history(self, piece: Evidence) -> list[str]:
        """Return the ways to say what the user thinks of the other item; none where it is not in the history."""
        if not isinstance(piece, Shared | Dated | Moved) or piece.value is None:
            return []
        if isinstance(piece, Moved) and not self.top:  # that it is in the history is said already
            return []
        values = {"b": self.label(piece.other), "v": f"{piece.value:g}", "max": self.top}
        threshold = self._manifest.interactions.liked_from
        if threshold is not None and piece.value < threshold:  # it speaks for nothing, though an example may name it
            return []
        kinds = ["rated"] if self.top else ["used"]
        if self.top and values["v"] == values["max"]:
            kinds.append("loved")
        elif threshold is not None:
            kinds.append("liked")
        return [phrase.format(**values) for kind in kinds for phrase in self.wording.statements[kind]]

    def described(self, about: str, name: str) -> list[str]:
        """Return the ways to say that the item is one of its kind, with what it is about."""
        return [phrase.format(s=name, kind=self.kind, about=about) for phrase in self.wording.statements["is"]]

    def ways(self, evidence: Evidence, *, again: bool = False, told: Iri | None = None) -> list[str]:
        """Return the plainest sentences that say one piece of evidence.

        Args:
            evidence: What is to be said.
            again: The item was named before: where it can, the sentence says "it".
            told: An item of the history whose rating was told before.
        """
        ways = self.clauses(evidence)
        if again:
            ways = self.clauses(evidence, self.pronoun) or ways
        endings = [] if told is not None and told in evidence.others else self.history(evidence)
        joined = self.wording.connectors[0]
        return [self.sentence(way + ending) for way in ways for ending in ([joined + one for one in endings] or [""])]

    def sentence(self, text: str) -> str:
        return f"{capital(text)}{self.wording.end}"

    def _phrased(self, piece: Evidence, name: str) -> list[str]:
        match piece:
            case Fact():
                ends = {"s": self.label(piece.triple.subject), "o": self._object(piece)}
                ends["s" if piece.triple.subject == piece.item else "o"] = name
                return [phrase.format(**ends) for phrase in self.said(piece.relation).fact]
            case Shared():
                values = {"a": name, "b": self.label(piece.other), "o": self.label(piece.shared)}
                return [phrase.format(**values) for phrase in self.said(piece.relation).shared]
            case Several():
                return self._several(piece, name)
            case Dated():
                return self._dated(piece, name)
            case Moved():
                values = {"b": self.label(piece.other), "this": self.this if name == self.pronoun else name}
                return [phrase.format(**values) for phrase in self.wording.statements["moved"]]

    def _several(self, piece: Several, name: str) -> list[str]:
        values = {"s": name, "o": self.label(piece.shared), "n": self.wording.number(len(piece.others))}
        return [phrase.format(**values) for phrase in self.counts(piece.relation)]

    def _dated(self, piece: Dated, name: str) -> list[str]:
        ours, theirs = piece.years
        values = {"a": name, "b": self.label(piece.other)}
        ways: list[str] = []
        if ours // 10 == theirs // 10:
            ways += [phrase.format(**values, d=ours // 10 * 10) for phrase in self.wording.statements["decade"]]
        relation = self._manifest.relations[piece.relation]
        asked = asked_of(self._manifest, piece.relation)
        words = asked.more if ours > theirs else asked.less if ours < theirs else ()
        gap = abs(ours - theirs)
        unit = relation.noun if gap == 1 else relation.plural or relation.noun
        for word in words[:1]:
            values |= {"n": self.wording.number(gap), "unit": unit, "more": word}
            ways += [phrase.format(**values) for phrase in self.wording.statements["gap"]]
        return ways

    def _object(self, piece: Fact) -> str:
        return self.label(piece.triple.object, literal=piece.triple.literal)


def _refers_well(way: str, pronoun: str) -> bool:
    """Tell whether a pronoun stands where a reader knows what it means: in front, or after "like X, "."""
    if way.startswith(f"{pronoun} and "):
        return False
    head, mark, _ = way.partition(f", {pronoun} ")
    return way.startswith(f"{pronoun} ") or bool(mark and head.startswith("like "))


def filled(phrase: str, words: Mapping[str, str]) -> str:
    """Put words into some of a phrase's places."""
    for place, word in words.items():
        phrase = phrase.replace(f"{{{place}}}", word)
    return phrase


def indefinite(phrase: str) -> str:
    """Mend the article of an English phrase: "an actor"."""
    return re.sub(r"^a (?=[aeiou])", "an ", phrase)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def words_in(text: str) -> int:
    """Return the length of a text in words; of a language without spaces, in characters."""
    return len(text.split()) if " " in text else len(text)


def joined_list(parts: Sequence[str], wording: Wording) -> str:
    """Join phrases as a list: "A, B and C"."""
    head = wording.list_more.join(parts[:-1])
    return f"{head}{wording.list_two}{parts[-1]}" if head else parts[-1]
