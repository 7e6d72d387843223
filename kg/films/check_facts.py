"""A check of the film graph against another one: the DBpedia-based graph of MovieLens-100K.

Films are matched by title (or other title) and year, one year of tolerance. A disagreement is

- a director, writer, composer or actor whom we state and they do not, where they state somebody for that relation;
- a year that differs;
- genres that share nothing, after ours are mapped to MovieLens's coarser ones.

What they leave unsaid is no disagreement: their credits are partial. `settled.tsv` holds the disagreements that have
been looked at; the others are printed, and the exit status is 1 if there are any.

Run it with `python -m kg.films.check_facts PATH_TO_ml100k_FOLDER`.
"""

import argparse
import csv
import gzip
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rdflib import RDF, RDFS, SKOS, Graph, URIRef
from rdflib.term import Node

from kg.films.graph import DBO, EX, FOLDER, load_films
from kg.namespaces import local_name

SETTLED_COLUMNS: Final = ("film_iri", "relation", "ours", "theirs", "verdict", "why")
VERDICTS: Final = ("ours", "theirs", "both")
PEOPLE_RELATIONS: Final = (DBO.director, DBO.writer, DBO.musicComposer, DBO.starring)

# MovieLens has 18 broad genres; a genre of ours without a counterpart there is left out of the comparison.
MOVIELENS_GENRES: Final[dict[str, tuple[str, ...]]] = {
    "Action": ("Action",),
    "Adventure": ("Adventure",),
    "Animation": ("Animation",),
    "Black_comedy": ("Comedy",),
    "Comedy": ("Comedy",),
    "Crime": ("Crime", "Film-Noir"),
    "Drama": ("Drama",),
    "Dystopia": ("Sci-Fi",),
    "Family": ("Children's",),
    "Fantasy": ("Fantasy", "Children's"),
    "Film_noir": ("Film-Noir",),
    "Horror": ("Horror",),
    "Musical": ("Musical",),
    "Mystery": ("Mystery",),
    "Neo_noir": ("Film-Noir",),
    "Parody": ("Comedy",),
    "Psychological_thriller": ("Thriller",),
    "Romance": ("Romance",),
    "Romantic_comedy": ("Romance", "Comedy"),
    "Satire": ("Comedy",),
    "Science_fiction": ("Sci-Fi",),
    "Slasher_film": ("Horror",),
    "Spy_film": ("Thriller", "Action"),
    "Thriller": ("Thriller",),
    "War": ("War",),
    "Western": ("Western",),
    "Zombie_film": ("Horror",),
}


@dataclass(frozen=True, order=True)
class Disagreement:
    """One statement of ours that the other graph contradicts.

    Attributes:
        film_iri: The film in our graph.
        relation: Local name of the property, such as "director".
        ours: What we state (a name, a year, or genres).
        theirs: What they state for the same relation, joined by "; ".
    """

    film_iri: str
    relation: str
    ours: str
    theirs: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies the disagreement in `settled.tsv`."""
        return self.film_iri, self.relation, self.ours


def normalise(name: str) -> str:
    """Return `name` without case, accents, punctuation, bracketed parts and leading article.

    >>> normalise("The Léon (1994 film)")
    'leon'
    """
    plain = unicodedata.normalize("NFKD", re.sub(r"\(.*?\)", "", name).replace("&", " and ").replace("ł", "l"))
    letters = "".join(c for c in plain.casefold() if not unicodedata.combining(c))
    words = re.sub(r"[^\w\s]", "", letters.replace("-", " ")).split()
    if len(words) > 1 and words[0] in {"a", "an", "the"}:
        words = words[1:]
    return "".join(words)


def names(graph: Graph, node: Node) -> list[str]:
    """Return the labels of `node`, English or untagged ones first, then its other names."""
    labels = [label for label in graph.objects(node, RDFS.label) if getattr(label, "language", None) in (None, "en")]
    return [str(label) for label in [*labels, *graph.objects(node, SKOS.altLabel)]]


def _year(graph: Graph, film: Node) -> int | None:
    value = graph.value(film, EX.year)
    return None if value is None else int(str(value))


def _title_index(graph: Graph) -> dict[str, list[URIRef]]:
    index: dict[str, list[URIRef]] = defaultdict(list)
    for film in sorted(graph.subjects(RDF.type, DBO.Film), key=str):
        for title in {normalise(name) for name in names(graph, film)}:
            index[title].append(URIRef(str(film)))
    return index


def match_films(ours: Graph, theirs: Graph) -> dict[URIRef, URIRef]:
    """Return which film of `theirs` is which of `ours`: same title, and years at most one apart."""
    index = _title_index(theirs)
    matches: dict[URIRef, URIRef] = {}
    for film in sorted(ours.subjects(RDF.type, DBO.Film), key=str):
        year = _year(ours, film)
        titles = [normalise(name) for name in names(ours, film)]
        candidates = [other for title in titles for other in index.get(title, [])]
        near = [other for other in candidates if _is_near(year, _year(theirs, other))]
        if near:
            matches[URIRef(str(film))] = near[0]
    return matches


def _is_near(year: int | None, other: int | None) -> bool:
    return year is not None and other is not None and abs(year - other) <= 1


def _known_names(graph: Graph, people: Iterable[Node]) -> set[str]:
    return {normalise(name) for person in people for name in [*names(graph, person), local_name(str(person))]}


def _people(ours: Graph, film: URIRef, theirs: Graph, other: URIRef) -> Iterator[Disagreement]:
    for relation in PEOPLE_RELATIONS:
        their_people = sorted(theirs.objects(other, relation), key=str)
        known = _known_names(theirs, their_people)
        said = "; ".join(names(theirs, person)[0] for person in their_people)
        for person in sorted(ours.objects(film, relation), key=str) if their_people else []:
            if not {normalise(name) for name in names(ours, person)} & known:
                yield Disagreement(str(film), local_name(str(relation)), names(ours, person)[0], said)


def _years(ours: Graph, film: URIRef, theirs: Graph, other: URIRef) -> Iterator[Disagreement]:
    year, their_year = _year(ours, film), _year(theirs, other)
    if year != their_year:
        yield Disagreement(str(film), "year", str(year), str(their_year))


def _genres(ours: Graph, film: URIRef, theirs: Graph, other: URIRef) -> Iterator[Disagreement]:
    our_genres = sorted(local_name(str(genre)) for genre in ours.objects(film, DBO.genre))
    mapped = {name for genre in our_genres for name in MOVIELENS_GENRES.get(genre, ())}
    their_genres = sorted(str(theirs.value(genre, RDFS.label)) for genre in theirs.objects(other, DBO.genre))
    if mapped and their_genres and not mapped & set(their_genres):
        yield Disagreement(str(film), "genre", "; ".join(our_genres), "; ".join(their_genres))


def find_disagreements(ours: Graph, theirs: Graph) -> list[Disagreement]:
    """Return every disagreement on the films that both graphs hold, sorted."""
    found: list[Disagreement] = []
    for film, other in match_films(ours, theirs).items():
        for compare in (_people, _years, _genres):
            found.extend(compare(ours, film, theirs, other))
    return sorted(found)


def read_settled(path: Path = FOLDER / "settled.tsv") -> list[dict[str, str]]:
    """Return the rows of `settled.tsv`.

    Raises:
        ValueError: The header is not `SETTLED_COLUMNS`, or a verdict is unknown.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(reader.fieldnames or ()) != SETTLED_COLUMNS:
            raise ValueError(f"{path.name} must have the columns {SETTLED_COLUMNS}, got {reader.fieldnames}")
        rows = list(reader)
    for row in rows:
        if row["verdict"] not in VERDICTS:
            raise ValueError(f"{path.name}: verdict must be one of {VERDICTS}, got {row['verdict']!r}")
    return rows


def load_ml100k(folder: Path) -> Graph:
    """Return the graph in `folder/kg.nt.gz`."""
    return Graph().parse(data=gzip.decompress((folder / "kg.nt.gz").read_bytes()), format="nt")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the disagreements that are not settled and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m kg.films.check_facts", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of MovieLens-100K, with kg.nt.gz in it")
    folder: Path = parser.parse_args(arguments).folder
    found = find_disagreements(load_films(), load_ml100k(folder))
    settled = {(row["film_iri"], row["relation"], row["ours"]) for row in read_settled()}
    unsettled = [disagreement for disagreement in found if disagreement.key not in settled]
    for item in unsettled:
        sys.stdout.write("\t".join((item.film_iri, item.relation, item.ours, item.theirs)) + "\n")
    sys.stderr.write(f"{len(found)} disagreements, {len(unsettled)} not settled\n")
    return 1 if unsettled else 0


if __name__ == "__main__":
    sys.exit(main())
