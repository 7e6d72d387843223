"""Triples out of texts: sentences, what may be said in them by the graph's own schema, and who judges whether it is.

A candidate joins an item, a relation whose domain admits the item, and an entity (or number) that a sentence mentions
and the relation's range admits. No extractor can say anything else, and none invents a name.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Protocol

from kg import namespaces as ns
from kg.linking import Mention
from kg.manifest import Relation
from kg.snapshot import Snapshot
from kg.types import Iri, Triple

NONE = "nothing"
"""What is offered beside the relations: the sentence says none of them."""

SURE = 0.95
"""Least score of a linked name: exact labels and aliases; a near spelling is no evidence."""

AT_ONCE = 16
"""Texts that are judged at once; a server decodes their sentences together."""

MOST_MENTIONS = 12
"""Of one sentence, at most; each costs a request."""

_END = re.compile(r"(?<=[.!?。！？])[\"”’)]*\s+(?=[\"“‘(]*[A-Z0-9À-Þ\u3400-\u9fff])|(?<=[。！？])")
_SHORT = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|No|etc|e\.g|i\.e))\.[\"”’)]*$")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,6}(?![\w-]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A triple that a sentence may state.

    Attributes:
        relation: Its name in the domain.
        mention: Number of the mention among those of the sentence.
    """

    triple: Triple
    relation: str
    mention: int


@dataclass(frozen=True)
class Sentence:
    """A sentence about an item, with what it mentions and what it may state.

    Attributes:
        item, label: What the text is about.
        spans: Start and end of each mention within `text`, in the order of the text.
        names: What each mention is called in the graph.
    """

    item: Iri
    label: str
    text: str
    spans: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    candidates: tuple[Candidate, ...]

    def of(self, mention: int) -> list[Candidate]:
        return [one for one in self.candidates if one.mention == mention]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate that an extractor takes for stated, with how sure it is, 0 to 1."""

    candidate: Candidate
    confidence: float


class TripleExtractor(Protocol):
    """Says which candidates a sentence states.

    Attributes:
        name: Of the model or the rules, for the provenance.
    """

    @property
    def name(self) -> str: ...

    async def judge(self, sentence: Sentence) -> Sequence[Judged]:
        """Return the candidates that the sentence states; the others are left out."""
        ...


@dataclass(frozen=True, slots=True)
class ExtractedTriple:
    """A triple with where it was read.

    Attributes:
        extractor: Who read it there.
        confidence: 0 to 1.
    """

    triple: Triple
    relation: str
    sentence: str
    extractor: str
    confidence: float

    @property
    def id(self) -> str:
        """A short name that stays the same when the same text is read again."""
        said = "\n".join((*self.triple.row, self.sentence))
        return hashlib.blake2b(said.encode(), digest_size=5).hexdigest()


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text; a full stop after an initial or a title ends none."""
    sentences: list[str] = []
    for piece in filter(None, map(str.strip, _END.split(text))):
        if sentences and _SHORT.search(sentences[-1]):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    return sentences


class TextReader:
    """Finds what the texts about the items of a domain may state."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def sentences(self, item: Iri, text: str, *, known: bool = False) -> Iterator[Sentence]:
        """Yield the sentences of a text that mention what the schema admits.

        Args:
            item: What the text is about.
            text: Any.
            known: Whether triples that the graph states already are candidates too.
        """
        for sentence in split_sentences(text):
            mentions = [one for one in self._snapshot.linker.spot(sentence) if one.best.score >= SURE]
            spans = [(one.start, one.end) for one in mentions]
            numbers = [
                found
                for found in _NUMBER.finditer(sentence)
                if all(found.end() <= s or found.start() >= e for s, e in spans)
            ]
            marks: list[Mention | re.Match[str]] = sorted(
                [*mentions, *numbers], key=lambda one: one.start if isinstance(one, Mention) else one.start()
            )
            read = self._read(item, sentence, marks[:MOST_MENTIONS], known=known)
            if read.candidates:
                yield read

    def _read(self, item: Iri, sentence: str, marks: Sequence["Mention | re.Match[str]"], *, known: bool) -> Sentence:
        spans, names, candidates = [], [], list[Candidate]()
        for number, mark in enumerate(marks):
            if isinstance(mark, Mention):
                triples = list(self._about_entity(item, mark))
                spans.append((mark.start, mark.end))
                names.append(self._snapshot.label(triples[0][1].object) if triples else mark.text)
            else:
                triples = list(self._about_number(item, mark.group()))
                spans.append(mark.span())
                names.append(mark.group())
            candidates += [
                Candidate(triple, name, number)
                for name, triple in triples
                if known or triple not in self._snapshot.store
            ]
        label = self._snapshot.label(item)
        return Sentence(item, label, sentence, tuple(spans), tuple(names), tuple(candidates))

    @cached_property
    def _admitting(self) -> list[tuple[str, Relation]]:
        """The relations whose domain admits the items."""
        schema, wanted = self._snapshot.schema.relations, self._snapshot.manifest.items.item_class
        return [
            (name, relation)
            for name, relation in self._snapshot.manifest.relations.items()
            if relation.iri in schema and wanted in schema[relation.iri].domain
        ]

    def _about_entity(self, item: Iri, mention: Mention) -> Iterator[tuple[str, Triple]]:
        best = mention.best
        for entity in (one.iri for one in mention.candidates if one.score >= best.score - 1e-9):
            classes = {t.object for t in self._snapshot.store.triples(subject=entity, predicate=ns.RDF_TYPE)}
            found = [
                (name, Triple(item, Iri(relation.iri), entity))
                for name, relation in self._admitting
                if entity != item and classes & set(self._snapshot.schema.relations[relation.iri].range)
            ]
            if found:
                yield from found
                return

    def _about_number(self, item: Iri, number: str) -> Iterator[tuple[str, Triple]]:
        for name, relation in self._admitting:
            entry = self._snapshot.schema.relations[relation.iri]
            if (
                entry.minimum is not None
                and entry.maximum is not None
                and entry.minimum <= int(number) <= entry.maximum
            ):
                yield name, Triple(item, Iri(relation.iri), number, literal=True)


async def extract_triples(
    reader: TextReader,
    extractor: TripleExtractor,
    texts: Iterable[tuple[Iri, str]],
    *,
    floor: float = 0.0,
    known: bool = False,
    tick: Callable[[], None] = lambda: None,
) -> AsyncIterator[ExtractedTriple]:
    """Yield what an extractor reads out of texts, in their order.

    Args:
        reader: Of the domain.
        extractor: Who judges.
        texts: Items with what is written about them.
        floor: Least confidence.
        known: Whether to extract what the graph states already; for measuring.
        tick: Called after each text.
    """
    for batch in _batches(texts):
        read = [sentence for item, text in batch for sentence in reader.sentences(item, text, known=known)]
        for sentence, found in zip(read, await asyncio.gather(*map(extractor.judge, read)), strict=True):
            for judged in found:
                if judged.confidence >= floor and judged.candidate in sentence.candidates:
                    one, sure = judged.candidate, round(judged.confidence, 4)
                    yield ExtractedTriple(one.triple, one.relation, sentence.text, extractor.name, sure)
        for _ in batch:
            tick()


def _batches(texts: Iterable[tuple[Iri, str]]) -> Iterator[list[tuple[Iri, str]]]:
    rest = iter(texts)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch


def described_items(snapshot: Snapshot) -> list[tuple[Iri, str]]:
    """Return the items that have a description, with it."""
    texts = ((Iri(iri), snapshot.description(iri)) for iri in snapshot.items)
    return [(iri, text) for iri, text in texts if text]
