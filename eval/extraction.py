"""How well triples are read out of texts: hidden facts of films, blurbs with what they say written beside them.

`blurbs.tsv` was written for this measurement: each text states some facts of its item in its own words and names
people who have no part in it. Extractors may be mended on the part `dev`; `test` was written before any was run on it,
and is for the numbers that are told. Facts count by relation and object.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from kg.building.text import ExtractedTriple, Judged, Sentence, TextReader, TripleExtractor, extract_triples
from kg.labels import fold
from kg.snapshot import Snapshot
from kg.types import Iri

Fact = tuple[str, str, str]
"""Item, relation, and the folded name of the object."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one extractor found.

    Attributes:
        found: Facts that it stated.
        right: Of those, the ones that the texts state.
        stated: Facts that the texts state.
    """

    extractor: str
    found: int
    right: int
    stated: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.stated if self.stated else 0.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class EveryCandidate:
    """The baseline: whatever the schema admits is stated."""

    name = "every candidate"

    async def judge(self, sentence: Sentence) -> Sequence[Judged]:
        return [Judged(one, 0.0) for one in sentence.candidates]


def read_blurbs(snapshot: Snapshot, part: str) -> tuple[list[tuple[Iri, str]], set[Fact]]:
    """Return the texts of a part (dev, test) about items of the sample domain, and the facts that they state."""
    texts, facts = list[tuple[Iri, str]](), set[Fact]()
    with resources.files("eval").joinpath("blurbs.tsv").open("r", encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["part"] != part:
                continue
            item = snapshot.item(row["item"])
            texts.append((item, row["text"]))
            for fact in row["facts"].split(";"):
                relation, _, name = fact.partition("=")
                facts.add((item, relation, fold(name)))
    return texts, facts


async def read(
    snapshot: Snapshot, extractor: TripleExtractor, texts: Iterable[tuple[Iri, str]]
) -> list[ExtractedTriple]:
    """Return what an extractor reads, as though the graph stated nothing of the items."""
    reader = TextReader(snapshot)
    return [one async for one in extract_triples(reader, extractor, texts, known=True)]


def score(
    snapshot: Snapshot, name: str, found: Sequence[ExtractedTriple], facts: set[Fact], floor: float = 0.0
) -> Reading:
    """Compare what was read, from a confidence upwards, with what the texts state."""
    said = {(one.triple.subject, one.relation, fold(_label(snapshot, one))) for one in found if one.confidence >= floor}
    return Reading(name, len(said), len(said & facts), len(facts))


def _label(snapshot: Snapshot, one: ExtractedTriple) -> str:
    return one.triple.object if one.triple.literal else snapshot.label(one.triple.object)
