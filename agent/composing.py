"""Composing: from pieces of evidence to the sentences that the model may choose among, in a tone."""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from agent.evidence import Dated, Evidence, Fact, Shared
from agent.sentences import Sentences, capital, joined_list, words_in
from kg.types import Iri
from prompts.phrases import Tone

OFFERED = 16
"""Sentences that a field of the schema lists: two fields make 256 texts, and the grammar is compiled for each item."""

LONG, LATER, SHORT = (10, 26), (10, 19), (5, 20)
"""Words of a first sentence, of a second one, and of the only one of a short text; both together make 20 to 45."""


class Composer:
    """Makes sentences of one domain and language; each names what it says, and "it" only where that is clear."""

    def __init__(self, sentences: Sentences) -> None:
        self._sentences = sentences
        self._wording = sentences.wording

    def options(self, evidence: Sequence[Evidence], tone: Tone, seed: str) -> list[list[str]]:
        """Return what each sentence of a justification may be: one list, or two.

        Args:
            evidence: Of one item, the most telling first.
            tone: Chooses connectors, openers and length.
            seed: Different seeds draw different sentences, so that a list does not sound alike.
        """
        pieces = [piece for piece in evidence if self._sentences.says(piece)]
        if not pieces:
            return []
        rng = random.Random(seed)
        told = self._sentences.history(pieces[0])
        size = 1 if told or len(pieces) < 3 else 2
        opener = rng.choice(self._wording.tones[tone].openers or ("",))
        first = [f"{opener}{text}" for text in self._lead(pieces[:size], tone)]
        if tone == "short":
            return [self._drawn(first, SHORT, rng)]
        rest = list(self._later(pieces[size:], pieces[0].others if told else (), tone))
        if not isinstance(pieces[0], Fact):  # the item is called one of its kind once
            rest += self._described(pieces[size:], self._sentences.label(pieces[0].item))
        fields = [self._drawn(first, LONG, rng)]
        return [*fields, self._drawn(rest, LATER, rng)] if rest else fields

    def _lead(self, pieces: Sequence[Evidence], tone: Tone) -> list[str]:
        """Return the ways to say the first piece, with what the user thinks of the other item or with a second fact."""
        lead, name = pieces[0], self._sentences.label(pieces[0].item)
        clauses, history = self._sentences.clauses(lead), self._sentences.history(lead)
        joins = self._wording.tones[tone].connectors
        if history:
            return [
                text
                for clause, told, join in product(clauses, history, joins)
                for text in (f"{clause}{join}{told}", f"{told}{join}{clause}")
            ]
        ways = list(clauses)
        if isinstance(lead, Fact):
            ways += [f"{wish}{join}{way}" for wish, join, way in product(self._sentences.wishes(lead), joins, clauses)]
        if len(pieces) > 1:
            ways += self._joined(lead, pieces[1], name, joins)
        return [*ways, *self._described(pieces, name)]

    def _later(self, pieces: Sequence[Evidence], told: tuple[Iri, ...], tone: Tone) -> Iterator[str]:
        """Yield the ways to say what is left; the item is "this film" or called by its name."""
        joins = self._wording.tones[tone].connectors
        for piece in pieces:
            history = [] if set(piece.others) & set(told) else self._sentences.history(piece)
            for name in (self._sentences.this, self._sentences.label(piece.item)):
                for clause in self._sentences.clauses(piece, name):
                    yield clause
                    yield from (f"{clause}{join}{one}" for one, join in product(history, joins))
        for one in pieces:
            for two in pieces:
                if one is not two:
                    for name in (self._sentences.this, self._sentences.label(one.item)):
                        yield from self._joined(one, two, name, joins)

    def _joined(self, one: Evidence, two: Evidence, name: str, joins: Sequence[str]) -> list[str]:
        """Return two pieces in one sentence: side by side, or the second in front of the first."""
        firsts = self._sentences.clauses(one, name)
        named = self._sentences.clauses(two, self._sentences.this)
        short = self._sentences.clauses(two, self._sentences.pronoun) or named
        compares = isinstance(one, Shared | Dated)
        ways = [
            f"{first}{join}{second}"
            for first, join in product(firsts, joins)
            for second in (short if first.startswith("like " if compares else (f"{name} ", "like ")) else named)
            if not (first.startswith("like ") and second.startswith("like "))  # once in a sentence is enough
        ]
        if isinstance(one, Fact) and isinstance(two, Fact) and self._wording.kind:
            other = self._sentences.label(one.triple.object, literal=one.triple.literal)
            heads = [way for way in firsts if way.startswith(f"{name} ") and not way.startswith(f"{other} ")]
            ways += [f"{about}, {head}" for about, head in product(self._sentences.abouts(two), heads)]
        return ways

    def _described(self, pieces: Sequence[Evidence], name: str) -> list[str]:
        """Return the item as one of its kind, with one fact or two."""
        facts = [piece for piece in pieces if isinstance(piece, Fact)]
        lists = [[self._sentences.abouts(fact)] for fact in facts[:1]]
        lists += [[self._sentences.abouts(one) for one in pair] for pair in (facts[:2], facts[1::-1]) if len(pair) > 1]
        return [
            way
            for members in lists
            for abouts in product(*members)
            for way in self._sentences.described(joined_list(abouts, self._wording), name)
        ]

    def _drawn(self, ways: Iterable[str], window: tuple[int, int], rng: random.Random) -> list[str]:
        """Return `OFFERED` different sentences at most, those of a good length if there are any."""
        low, high = window
        texts = [f"{capital(way)}{self._wording.end}" for way in dict.fromkeys(ways)]
        fit = [text for text in texts if low <= words_in(text) <= high]
        if not fit:
            fit = sorted(texts, key=lambda text: (words_in(text) > high, abs(words_in(text) - low)))[:4]
        rng.shuffle(fit)
        return fit[:OFFERED]
