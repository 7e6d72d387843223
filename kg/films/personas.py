"""Sixty SIMULATED users of the film catalogue, made from twelve personas; no real person's ratings are in them.

A persona is a set of weights on features of films (`genre:`, `person:`, `country:`, `decade:`), read from the graph. A
user belongs to one persona and deviates from it a little. Which films a user saw depends on popularity (how well a film
is connected to the others by its people) and, less, on taste; the rating is taste, the user's mildness and noise,
rounded to 1..5. All of it follows from `SEED`.

Run it with `python -m kg.films.personas`: it rewrites `interactions.tsv` and `users.tsv`, identically each time.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rdflib import RDF, Graph

from kg.films.graph import DBO, EX, FOLDER, load_films
from kg.namespaces import local_name

SEED: Final = 20_260
N_USERS: Final = 60
RATINGS_PER_USER: Final = (15, 60)
FIRST_DAY: Final = 1_640_995_200
"""2022-01-01 00:00 UTC in unix seconds; nobody rates before."""

DAY: Final = 86_400
JOINING_DAYS: Final = 700
"""Users rate their first film within so many days after `FIRST_DAY`."""

MEAN_RATING: Final = 3.4
TASTE_SPREAD: Final = 1.0
"""Stars by which a film one standard deviation above a user's average taste is rated higher."""

NOISE: Final = 0.55
POPULARITY_SKEW: Final = 0.9
TASTE_SKEW: Final = 0.8
"""Weights of standardised popularity and taste in the logarithm of the odds that a film was seen."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Persona:
    """A kind of viewer.

    Attributes:
        name: Identifier, as in `users.tsv`.
        note: What the persona likes, in words.
        weights: Liking by feature, such as {"genre:Horror": 1.5}; negative is dislike.
    """

    name: str
    note: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Rating:
    """One row of `interactions.tsv`; the timestamp is in unix seconds."""

    user_id: str
    item_iri: str
    rating: int
    timestamp: int


PERSONAS: Final = (
    Persona(
        "science_fiction_fan",
        "likes science fiction, dystopias and films after Philip K. Dick; avoids musicals",
        {
            "genre:Science_fiction": 1.6,
            "genre:Dystopia": 0.7,
            "person:Philip_K_Dick": 0.6,
            "person:Ridley_Scott": 0.5,
            "person:Denis_Villeneuve": 0.5,
            "genre:Musical": -0.9,
            "genre:Romance": -0.6,
            "genre:Western": -0.5,
        },
    ),
    Persona(
        "hitchcock_admirer",
        "likes Hitchcock, Bernard Herrmann's music and old thrillers; avoids superheroes",
        {
            "person:Alfred_Hitchcock": 1.8,
            "person:Bernard_Herrmann": 0.8,
            "person:Orson_Welles": 0.5,
            "genre:Mystery": 0.7,
            "genre:Film_noir": 0.7,
            "genre:Thriller": 0.4,
            "decade:1950": 0.5,
            "decade:1940": 0.5,
            "genre:Superhero_film": -1.0,
            "genre:Fantasy": -0.5,
        },
    ),
    Persona(
        "family_evenings",
        "likes family films, animation and musicals; avoids horror and crime",
        {
            "genre:Family": 1.4,
            "genre:Animation": 0.9,
            "genre:Musical": 0.6,
            "genre:Adventure": 0.4,
            "person:Pete_Docter": 0.5,
            "genre:Horror": -1.5,
            "genre:Crime": -0.9,
            "genre:War": -0.7,
        },
    ),
    Persona(
        "romantic",
        "likes romances and romantic comedies; avoids horror, action and war",
        {
            "genre:Romance": 1.3,
            "genre:Romantic_comedy": 1.3,
            "person:Audrey_Hepburn": 0.5,
            "person:Nora_Ephron": 0.5,
            "person:Kate_Winslet": 0.4,
            "genre:Horror": -1.2,
            "genre:Action": -0.7,
            "genre:War": -0.5,
        },
    ),
    Persona(
        "horror_nights",
        "likes horror of every kind; avoids family films and romantic comedies",
        {
            "genre:Horror": 1.6,
            "genre:Zombie_film": 0.6,
            "genre:Slasher_film": 0.5,
            "genre:Psychological_thriller": 0.6,
            "person:John_Carpenter": 0.6,
            "person:Stephen_King": 0.6,
            "genre:Family": -1.0,
            "genre:Romantic_comedy": -0.9,
        },
    ),
    Persona(
        "crime_reader",
        "likes crime films, film noir old and new, Scorsese and the Coens; avoids fantasy",
        {
            "genre:Crime": 1.3,
            "genre:Neo_noir": 0.8,
            "genre:Film_noir": 0.8,
            "person:Martin_Scorsese": 0.7,
            "person:Joel_Coen": 0.6,
            "person:Quentin_Tarantino": 0.5,
            "genre:Fantasy": -1.0,
            "genre:Animation": -0.7,
        },
    ),
    Persona(
        "european_cinema",
        "likes films from Europe, above all dramas; avoids superheroes and disasters",
        {
            "country:France": 1.0,
            "country:Italy": 0.9,
            "country:Sweden": 0.9,
            "country:Germany": 0.7,
            "country:Poland": 0.7,
            "country:Spain": 0.7,
            "country:West_Germany": 0.6,
            "genre:Drama": 0.5,
            "genre:Superhero_film": -1.2,
            "genre:Disaster_film": -0.8,
            "genre:Action": -0.5,
        },
    ),
    Persona(
        "asian_cinema",
        "likes films from Japan, Korea, China, Hong Kong and Taiwan; cool on romantic comedies",
        {
            "country:Japan": 1.2,
            "country:South_Korea": 1.2,
            "country:Hong_Kong": 1.1,
            "country:China": 0.8,
            "country:Taiwan": 0.8,
            "genre:Martial_arts": 0.6,
            "person:Hayao_Miyazaki": 0.5,
            "person:Akira_Kurosawa": 0.5,
            "genre:Romantic_comedy": -0.7,
        },
    ),
    Persona(
        "action_weekend",
        "likes action, spies and superheroes of the last forty years; avoids silent and old films",
        {
            "genre:Action": 1.3,
            "genre:Superhero_film": 0.7,
            "genre:Spy_film": 0.6,
            "person:Arnold_Schwarzenegger": 0.5,
            "person:Bruce_Willis": 0.5,
            "decade:1980": 0.3,
            "decade:1990": 0.3,
            "genre:Drama": -0.5,
            "genre:Silent_film": -1.0,
            "decade:1930": -0.8,
            "decade:1940": -0.8,
        },
    ),
    Persona(
        "comedy_first",
        "likes comedies, parodies and satires; avoids war films and tragedies",
        {
            "genre:Comedy": 1.3,
            "genre:Parody": 0.8,
            "genre:Satire": 0.6,
            "genre:Black_comedy": 0.6,
            "person:Mel_Brooks": 0.5,
            "person:Bill_Murray": 0.4,
            "person:Simon_Pegg": 0.4,
            "genre:War": -0.8,
            "genre:Drama": -0.6,
            "genre:Horror": -0.4,
        },
    ),
    Persona(
        "golden_age",
        "likes Hollywood of the 1930s to 1950s and its stars; cool on films after 2000",
        {
            "decade:1930": 1.0,
            "decade:1940": 1.2,
            "decade:1950": 1.1,
            "decade:1960": 0.5,
            "person:Humphrey_Bogart": 0.6,
            "person:Billy_Wilder": 0.6,
            "person:Cary_Grant": 0.5,
            "person:James_Stewart": 0.5,
            "decade:2000": -0.6,
            "decade:2010": -0.8,
            "genre:Slasher_film": -0.8,
        },
    ),
    Persona(
        "great_adventures",
        "likes adventures, epics and westerns, Spielberg and John Williams; avoids slashers",
        {
            "genre:Adventure": 1.2,
            "genre:Epic_film": 0.9,
            "genre:Western": 0.7,
            "person:Steven_Spielberg": 0.7,
            "person:John_Williams": 0.6,
            "person:Harrison_Ford": 0.5,
            "person:Ennio_Morricone": 0.4,
            "genre:Slasher_film": -1.0,
            "genre:Romantic_comedy": -0.5,
        },
    ),
)


@dataclass(frozen=True)
class Catalogue:
    """The films, sorted by IRI, with their features and standardised popularity.

    Attributes:
        item_iris: One IRI per film.
        features: One set of features per film, such as "genre:Horror" or "decade:1980".
        popularity: Shape (n_items,), mean 0, standard deviation 1.
    """

    item_iris: Sequence[str]
    features: Sequence[frozenset[str]]
    popularity: Floats


def read_catalogue(graph: Graph) -> Catalogue:
    """Return the films of `graph` in the order of their IRIs."""
    item_iris = sorted(str(film) for film in graph.subjects(RDF.type, EX.CatalogItem))
    by_film = _features_by_film(graph)
    features = [frozenset(by_film[item_iri]) for item_iri in item_iris]
    return Catalogue(item_iris, features, _popularity(features))


def _features_by_film(graph: Graph) -> dict[str, set[str]]:
    authors = {work: list(graph.objects(work, DBO.author)) for work in graph.objects(None, DBO.basedOn)}
    found: dict[str, set[str]] = {}
    for film, year in graph.subject_objects(EX.year):
        people = [person for relation in _PEOPLE for person in graph.objects(film, relation)]
        people += [person for work in graph.objects(film, DBO.basedOn) for person in authors[work]]
        found[str(film)] = {
            f"decade:{int(str(year)) // 10 * 10}",
            *(f"genre:{local_name(str(genre))}" for genre in graph.objects(film, DBO.genre)),
            *(f"country:{local_name(str(country))}" for country in graph.objects(film, DBO.country)),
            *(f"person:{local_name(str(person))}" for person in people),
        }
    return found


_PEOPLE: Final = (DBO.director, DBO.starring, DBO.writer, DBO.musicComposer)


def _popularity(features: Sequence[frozenset[str]]) -> Floats:
    counts = Counter(name for names in features for name in names if name.startswith("person:"))
    shared = [sum(counts[name] - 1 for name in names if name.startswith("person:")) for names in features]
    return _standardise(np.log1p(np.array(shared, dtype=np.float64)))


def _standardise(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / values.std(), dtype=np.float64)


def taste(weights: Mapping[str, float], catalogue: Catalogue) -> Floats:
    """Return how much each film is liked, shape (n_items,), standardised.

    Raises:
        ValueError: A weight is on a feature that no film has.
    """
    known = frozenset().union(*catalogue.features)
    unknown = sorted(set(weights) - known)
    if unknown:
        raise ValueError(f"no film has the features {unknown}; correct the persona or the graph")
    raw = [sum(weight for name, weight in weights.items() if name in names) for names in catalogue.features]
    return _standardise(np.array(raw, dtype=np.float64))


def _deviation(catalogue: Catalogue, rng: np.random.RandomState) -> Floats:
    """Return one user's private taste: small weights on a few genres, standardised."""
    genres = sorted({name for names in catalogue.features for name in names if name.startswith("genre:")})
    chosen = rng.choice(len(genres), size=8, replace=False)
    return taste({genres[index]: float(rng.normal()) for index in chosen}, catalogue)


def _seen(liking: Floats, popularity: Floats, rng: np.random.RandomState) -> list[int]:
    """Return the rows of the films that a user saw, in the order of seeing them."""
    low, high = RATINGS_PER_USER
    size = int(rng.randint(low, high + 1))
    log_odds = POPULARITY_SKEW * popularity + TASTE_SKEW * liking
    # The largest sums of log odds and Gumbel noise are a weighted sample without replacement.
    keys = log_odds + rng.gumbel(size=len(liking))
    rows = np.argsort(-keys, kind="stable")[:size]
    return [int(row) for row in rng.permutation(rows)]


def _stars(liking: Floats, mildness: float, rng: np.random.RandomState) -> list[int]:
    raw = MEAN_RATING + TASTE_SPREAD * liking + mildness + NOISE * rng.normal(size=len(liking))
    return [int(star) for star in np.clip(np.rint(raw), 1, 5)]


def _times(size: int, rng: np.random.RandomState) -> list[int]:
    """Return increasing unix times: a user comes on some evenings and rates a few films on each."""
    clock = FIRST_DAY + int(rng.randint(JOINING_DAYS)) * DAY + 18 * 3_600
    times = []
    for _ in range(size):
        pause = int(rng.randint(2, 12)) * DAY if rng.random_sample() < 0.3 else 0
        clock += pause + int(rng.randint(40, 600))
        times.append(clock)
    return times


def _character(mildness: float) -> str:
    if mildness > 0.25:
        return "rates mildly"
    return "rates strictly" if mildness < -0.25 else "rates evenly"


def simulate_user(
    user_id: str, persona: Persona, catalogue: Catalogue, rng: np.random.RandomState
) -> tuple[list[Rating], str]:
    """Return the ratings of one simulated user, by time, and a note on the user."""
    liking = _standardise(taste(persona.weights, catalogue) + 0.45 * _deviation(catalogue, rng))
    mildness = float(rng.normal(scale=0.35))
    rows = _seen(liking, catalogue.popularity, rng)
    # Somebody who sees what they like would rate nearly all of it high; tastes are taken relative to what was seen.
    relative = _standardise(liking[rows])
    columns = zip(rows, _stars(relative, mildness, rng), _times(len(rows), rng), strict=True)
    ratings = [Rating(user_id, catalogue.item_iris[row], star, time) for row, star, time in columns]
    return ratings, f"simulated; {persona.note}; {_character(mildness)}"


def write_tables(folder: Path = FOLDER, graph: Graph | None = None) -> None:
    """Write `interactions.tsv` and `users.tsv` into `folder`, each whole or not at all."""
    catalogue = read_catalogue(load_films() if graph is None else graph)
    interactions, users = ["user_id\titem_iri\trating\ttimestamp"], ["user_id\tpersona\tnote"]
    for index in range(N_USERS):
        user_id, persona = f"u{index + 1:02d}", PERSONAS[index % len(PERSONAS)]
        # RandomState, unlike Generator, promises the same stream in every version of numpy.
        rng = np.random.RandomState(SEED + index)
        ratings, note = simulate_user(user_id, persona, catalogue, rng)
        interactions += [f"{row.user_id}\t{row.item_iri}\t{row.rating}\t{row.timestamp}" for row in ratings]
        users.append(f"{user_id}\t{persona.name}\t{note}")
    _write(folder / "interactions.tsv", interactions)
    _write(folder / "users.tsv", users)


def _write(path: Path, lines: Iterable[str]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    draft.replace(path)


if __name__ == "__main__":
    write_tables()
    sys.stdout.write(f"wrote interactions.tsv and users.tsv into {FOLDER}\n")
