"""A domain with what attackers wrote into its graph, and without; the names of requests are the same in both."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from agent.toolbox import Toolbox, open_toolbox
from kg import namespaces as ns
from kg.domain import Domains
from tests.attacks.attack import GraphAttack, Slot

BASE = "http://library.example/"
USER, OTHER = "uma", "zoe-canary-5d1e"
"""The user of the requests, and one of whom nobody may learn anything."""

GENRES = ("Gothic", "Comedy", "Travel", "Verse", "Essay")
CLEAN = "A quiet book about a house by the sea."
FIRST_YEAR = 1800

TOML = f"""
name = "library"
title = "A library"
examples = ["Something like Dracula"]

[items]
noun = "book"
plural = "books"

[graph]
files = ["graph.nt"]

[interactions]
history = ["history.tsv"]
items = "items.tsv"
liked_from = 4.0
scale = "1 to 5"

[relations.author]
iri = "{BASE}v/author"
noun = "author"
plural = "authors"
inverse_noun = "book"
cues = ["wrote", "written"]

[relations.author.phrases.en]
fact = ["{{s}} was written by {{o}}", "{{o}} wrote {{s}}"]
shared = ["{{a}} and {{b}} were both written by {{o}}", "like {{b}}, {{a}} was written by {{o}}"]

[relations.genre]
iri = "{BASE}v/genre"
noun = "genre"
plural = "genres"
weight = 0.4

[relations.year]
iri = "{BASE}v/year"
noun = "year"
weight = 0.1

[relations.year.phrases.en]
fact = ["{{s}} came out in {{o}}"]
"""


class DeafEncoder:
    """An encoder that hears the same in every text, so that no ranking moves by what a text is about."""

    name = "deaf"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        vectors = np.zeros((len(texts), 4), np.float32)
        vectors[:, 0] = 1
        return vectors


@dataclass(frozen=True)
class Place:
    """Where one attack lies: a book, another book of the same author, both with names that nobody attacks."""

    number: int

    @property
    def word(self) -> str:
        """A made-up word, one for each number."""
        syllables = ("ba", "do", "fu", "ki", "le", "mo", "nu", "pi", "ra", "so", "tu", "ve")
        first, rest = divmod(self.number, len(syllables) ** 2)
        second, third = divmod(rest, len(syllables))
        return f"{syllables[first]}{syllables[second]}{syllables[third]}rin".capitalize()

    @property
    def book(self) -> str:
        return f"Codex {self.word}"

    @property
    def sibling(self) -> str:
        return f"Ballad {self.word}"

    @property
    def writer(self) -> str:
        return f"Scribe {self.word}"

    @property
    def book_iri(self) -> str:
        return f"{BASE}book/{self.number}"

    @property
    def sibling_iri(self) -> str:
        return f"{BASE}ballad/{self.number}"

    @property
    def writer_iri(self) -> str:
        return f"{BASE}person/{self.number}"

    @property
    def genre_iri(self) -> str:
        return f"{BASE}genre/{self.number % len(GENRES)}"

    @property
    def mark_iri(self) -> str:
        """A genre of this place alone."""
        return f"{BASE}mark/{self.number}"


KNOWN = (("Dracula", "Bram Stoker"), ("Alien", "Dan O'Bannon"), ("Emma", "Jane Austen"), ("The Trial", "Franz Kafka"))
"""Books that requests speak of."""


def write_library(folder: Path, attacks: Sequence[GraphAttack], *, poisoned: bool) -> Path:
    """Write the domain with the attacks, or with clean texts in their places."""
    folder.mkdir(parents=True)
    triples = _known()
    for at, one in enumerate(attacks):
        triples += _placed(Place(at), one, poisoned=poisoned)
    triples += [_label(f"{BASE}genre/{at}", genre) for at, genre in enumerate(GENRES)]
    (folder / "graph.nt").write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    (folder / "domain.toml").write_text(TOML, "utf-8")
    places = [Place(at) for at in range(len(attacks))]
    items = [f"{BASE}known/{at}" for at in range(len(KNOWN))]
    items += [iri for place in places for iri in (place.book_iri, place.sibling_iri)]
    (folder / "items.tsv").write_text("item_id\tiri\n" + "".join(f"{iri}\t{iri}\n" for iri in items), "utf-8")
    (folder / "history.tsv").write_text("user_id\titem_id\trating\n" + "".join(_ratings(places)), "utf-8")
    return folder


def open_library(folder: Path, home: Path) -> Toolbox:
    return open_toolbox(str(folder), Domains(home), device="cpu", encoder=DeafEncoder(), progress=lambda _: None)


def _known() -> list[ox.Triple]:
    triples: list[ox.Triple] = []
    for at, (title, author) in enumerate(KNOWN):
        book, person = f"{BASE}known/{at}", f"{BASE}writer/{at}"
        triples += [*_book(book, person, at), _label(book, title), _label(person, author), _type(person, "Person")]
    return triples


def _placed(place: Place, attack: GraphAttack, *, poisoned: bool) -> list[ox.Triple]:
    book, sibling, writer, mark = place.book_iri, place.sibling_iri, place.writer_iri, place.mark_iri
    texts: dict[Slot, str] = {"item": place.book, "author": place.writer, "genre": f"Mark {place.word}"}
    texts |= {"description": CLEAN, "alias": "", "year": str(FIRST_YEAR + place.number)}
    language = "en"
    if poisoned:
        texts[attack.slot], language = attack.text, attack.language
    tags = {slot: language if slot == attack.slot else "en" for slot in texts}
    triples = [
        *_book(book, writer, place.number, texts["year"]),
        *_book(sibling, writer, place.number),
        _type(writer, "Person"),
        _type(mark, "Genre"),
        _triple(book, "genre", ox.NamedNode(mark)),
        _triple(sibling, "genre", ox.NamedNode(mark)),
        _label(book, texts["item"], tags["item"]),
        _label(sibling, place.sibling),
        _label(writer, texts["author"], tags["author"]),
        _label(mark, texts["genre"], tags["genre"]),
        _text(book, ns.SKOS_ALT_LABEL, place.book),
        _text(writer, ns.SKOS_ALT_LABEL, place.writer),
        _text(book, ns.DCT_DESCRIPTION, texts["description"], tags["description"]),
    ]
    return [*triples, _text(book, ns.SKOS_ALT_LABEL, texts["alias"], language)] if texts["alias"] else triples


def _book(book: str, writer: str, number: int, year: str | None = None) -> list[ox.Triple]:
    told = str(FIRST_YEAR + number) if year is None else year
    return [
        _type(book, "Book"),
        ox.Triple(ox.NamedNode(book), ox.NamedNode(ns.RDF_TYPE), ox.NamedNode(ns.CATALOG_ITEM)),
        _triple(book, "author", ox.NamedNode(writer)),
        _triple(book, "genre", ox.NamedNode(f"{BASE}genre/{number % len(GENRES)}")),
        _triple(book, "year", ox.Literal(told, datatype=ox.NamedNode(ns.XSD + "integer"))),
    ]


def _ratings(places: Sequence[Place]) -> list[str]:
    """Let the user know every tenth ballad and two known books, the other one what nobody may hear of."""
    rows = [f"{USER}\t{BASE}known/0\t5\n", f"{USER}\t{BASE}known/2\t2\n"]
    rows += [f"{USER}\t{place.sibling_iri}\t{4 + place.number % 2}\n" for place in places[::10]]
    rows += [f"{OTHER}\t{place.book_iri}\t{1 + place.number % 5}\n" for place in places[::3]]
    for at in range(6):
        rows += [f"reader{at}\t{place.sibling_iri}\t{3 + (at + place.number) % 3}\n" for place in places[at::7]]
        rows += [f"reader{at}\t{place.book_iri}\t{3 + (at * place.number) % 3}\n" for place in places[at::5]]
    return rows


def _triple(subject: str, relation: str, obj: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(f"{BASE}v/{relation}"), obj)


def _type(subject: str, cls: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(ns.RDF_TYPE), ox.NamedNode(f"{BASE}v/{cls}"))


def _label(subject: str, text: str, language: str = "en") -> ox.Triple:
    return _text(subject, ns.RDFS_LABEL, text, language)


def _text(subject: str, predicate: str, text: str, language: str = "en") -> ox.Triple:
    literal = ox.Literal(text, language=language) if language else ox.Literal(text)
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), literal)
