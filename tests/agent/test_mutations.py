"""The verifier against 2,000 true texts, each corrupted in a dozen ways: none is accepted, no true one refused."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import pytest

from agent.justify import Subject
from agent.sentences import Sentences
from agent.verify import Grounds, Verifier
from kg.snapshot import Snapshot
from kg.types import Iri
from tests.agent.test_composing import USERS, subjects_of, texts_of

pytestmark = pytest.mark.slow

TEXTS = 2000
STEP = 11
"""Every so many films of each user, so that the texts are of all users and tones, and some of them name a year."""

NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class True_:  # noqa: N801 - the word is taken
    """A true text with what it rests on."""

    text: str
    subject: Subject
    grounds: Grounds
    names: dict[str, str]
    """Labels that the text holds, with their IRIs."""

    @property
    def item(self) -> str:
        return next(label for label, iri in self.names.items() if iri == self.subject.item)


@dataclass(frozen=True)
class World:
    """What corruptions draw from."""

    snapshot: Snapshot
    sentences: Sentences
    labels: list[str]
    rng: random.Random

    def stranger(self, true: True_) -> str:
        """Return the label of an item that the text's evidence does not speak of."""
        known = {
            self.sentences.label(one) for triple in true.grounds.triples for one in (triple.subject, triple.object)
        }
        known |= {self.sentences.label(one) for one in (true.subject.item, *true.grounds.others)}
        return self.rng.choice([label for label in self.labels if label not in known])


def replaced(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text, count=1)


def entity(world: World, true: True_) -> str:
    return replaced(true.text, world.rng.choice(sorted(true.names)), world.stranger(true))


ROLES = {
    "director": ("directed by", "as director", "was directed by", "directed", "the director of", "a director of"),
    "writer": ("written by", "as writer", "was written by", "wrote", "the writers of", "a writer of"),
    "starring": ("starring", "as actor", "stars", "acts in", "in the cast of", "an actor of"),
    "composer": (
        "with music by",
        "as composer",
        "has music by",
        "composed the music of",
        "the music of",
        "a composer of",
    ),
    "genre": ("of the genre", "as genre", "belongs to the genre", "share the genre", "the genres of", "a genre of"),
}
"""Words that say a relation, in one order, so that one relation's can take the place of another's."""


def role(world: World, true: True_) -> str:
    """Say of entities what another relation says, that they are not in: "directed by" is not "written by"."""
    relations = world.snapshot.manifest.relations
    named = set(true.names.values())
    pairs = [
        (old, new)
        for one, words in ROLES.items()
        for other, others in ROLES.items()
        if one != other and not any(
            triple.subject in named and triple.object in named
            for iri in named
            for triple in world.snapshot.store.triples(subject=iri, predicate=relations[other].iri)
        )
        for old, new in zip(words, others, strict=True)
        if re.search(rf"\b{old}\b", true.text)
    ]  # fmt: skip
    return replaced(true.text, *world.rng.choice(pairs)) if pairs else true.text


def direction(world: World, true: True_) -> str:
    """Exchange the item and an entity that is no item."""
    others = [label for label, iri in true.names.items() if iri not in world.snapshot.item_columns]
    if not others or true.item not in true.text:
        return true.text
    other = world.rng.choice(sorted(others))
    swapped = {true.item: other, other: true.item}
    pattern = "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(swapped, key=len, reverse=True))
    return re.sub(pattern, lambda match: swapped[match[0]], true.text)


def year(world: World, true: True_) -> str:
    years = re.findall(r"\b(?:19|20)\d\d\b", true.text)
    return replaced(true.text, years[0], str(int(years[0]) + world.rng.choice((-3, 1, 7)))) if years else true.text


def decade(world: World, true: True_) -> str:
    return re.sub(r"\b(\d{3})0s\b", lambda m: f"{int(m[1]) + world.rng.choice((-1, 1))}0s", true.text)


def negation(world: World, true: True_) -> str:
    verbs = [
        ("was", "was not"), ("were", "were not"), ("is", "is not"), ("stars", "does not star"), ("has", "has no"),
        ("have", "do not have"), ("share", "do not share"), ("loved", "never loved"), ("liked", "never liked"),
        ("gave", "never gave"), ("directed", "never directed"), ("belongs", "does not belong"),
    ]  # fmt: skip
    held = [(old, new) for old, new in verbs if re.search(rf"\b{old}\b", true.text)]
    return replaced(true.text, *world.rng.choice(held)) if held else true.text


def history(world: World, true: True_) -> str:
    """Change what the user thinks: another rating, another item, a love that was a liking."""
    rated = re.search(r"(\d)( out of 5)", true.text)
    ways: list[str] = []
    if rated:
        ways.append(f"{true.text[: rated.start()]}{int(rated[1]) % 5 + 1}{true.text[rated.end(1) :]}")
    if "liked" in true.text and not re.search(r"that you liked", true.text):
        ways.append(true.text.replace("you liked", "you loved"))
    ways.append(f"{true.text[:-1]}, and you rated {world.stranger(true)} 5 out of 5.")
    ways.append(f"{true.text[:-1]}, and you loved {true.item}.")
    return world.rng.choice(ways)


def adjective(world: World, true: True_) -> str:
    word = world.rng.choice(("award-winning", "classic", "acclaimed", "beloved", "brilliant", "underrated", "iconic"))
    return world.rng.choice(
        [
            replaced(true.text, true.item, f"the {word} {true.item}"),
            re.sub(r"\b(film|genre)\b", rf"{word} \1", true.text, count=1),
            f"{true.text[:-1]}, a {word} film.",
        ]
    )


def number(world: World, true: True_) -> str:
    found = [one for one in NUMBERS if re.search(rf"\b{one}\b", true.text)]
    if not found:
        return true.text
    return replaced(true.text, found[0], world.rng.choice([one for one in NUMBERS if one != found[0]]))


def comparison(_: World, true: True_) -> str:
    pairs = {"newer": "older", "older": "newer", "more than": "less than", "most": "least"}
    return next((replaced(true.text, old, new) for old, new in pairs.items() if old in true.text), true.text)


def attribution(world: World, true: True_) -> str:
    """Name another item of the history as what speaks most for the film."""
    others = [world.sentences.label(one) for one in sorted(true.subject.history) if one not in true.grounds.others]
    matched = re.search(r"[Nn]othing in your history speaks for .* more than (.+?)[.;,]", true.text)
    return replaced(true.text, matched[1], world.rng.choice(others)) if matched and others else true.text


def glued(world: World, true: True_) -> str:
    more = world.rng.choice(
        (" It won an award.", " Critics love it.", " You will love it.", " Everybody has seen this film.", " Enjoy!")
    )
    return true.text + more


def hedge(world: World, true: True_) -> str:
    word = world.rng.choice(("arguably", "reportedly", "of course", "as critics say", "surely", "famously"))
    return world.rng.choice(
        [
            true.text.replace(" is ", f" is {word} ", 1),
            f"{word.capitalize()}, {true.text}",
            f"{true.text[:-1]}, {word}.",
        ]
    )


def quantifier(_: World, true: True_) -> str:
    pairs = {"both": "all", "two films": "all films", "a genre": "the only genre", "the director": "the first director"}
    return next((replaced(true.text, old, new) for old, new in pairs.items() if old in true.text), true.text)


CORRUPTIONS: dict[str, Callable[[World, True_], str]] = {
    one.__name__: one
    for one in (
        entity, role, direction, year, decade, negation, history, adjective, number, comparison, attribution, glued,
        hedge, quantifier,
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def world(films: Snapshot) -> World:
    sentences = Sentences(films)
    labels = sorted({sentences.label(iri) for iri in films.items})
    return World(films, sentences, labels, random.Random(7))


@pytest.fixture(scope="module")
def verifier(world: World) -> Verifier:
    return Verifier(world.snapshot, world.sentences)


@pytest.fixture(scope="module")
def truths(world: World) -> list[True_]:
    return list(islice(_truths(world), TEXTS))


def _truths(world: World) -> Iterator[True_]:
    for tone in ("plain", "playful", "expert", "short"):
        for subject in subjects_of(world.snapshot, USERS, step=STEP, tone=tone):
            grounds = subject.grounds
            ends: set[str] = {subject.item, *grounds.others}
            ends |= {end for one in grounds.triples for end in (one.subject, one.object) if "://" in end}
            for text in texts_of(world.sentences, subject)[:3]:
                names = {label: iri for iri in sorted(ends) if (label := world.sentences.label(iri)) in text}
                if subject.item in names.values():
                    yield True_(text, subject, grounds, names)


def test_true_texts_are_accepted(truths: list[True_], verifier: Verifier) -> None:
    refused = [true.text for true in truths if not verifier.check(true.text, true.grounds).holds]
    assert len(truths) == TEXTS
    assert refused == []


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_corrupted_texts_are_refused(kind: str, truths: list[True_], verifier: Verifier, world: World) -> None:
    corrupt = CORRUPTIONS[kind]
    made = [(true, changed) for true in truths if (changed := corrupt(world, true)) != true.text]
    accepted = [changed for true, changed in made if verifier.check(changed, true.grounds).holds]
    assert len(made) >= (10 if kind in ("year", "decade") else 40)  # few texts hold one
    assert accepted == []


def test_the_corruptions_are_a_dozen_and_meet_most_texts(truths: list[True_], world: World) -> None:
    made = Counter(
        kind for true in truths for kind, corrupt in CORRUPTIONS.items() if corrupt(world, true) != true.text
    )
    assert len(made) >= 12
    assert made.total() > 6 * TEXTS


def test_a_rating_of_somebody_else_proves_nothing(truths: list[True_], verifier: Verifier) -> None:
    told = [true for true in truths[:200] if "out of 5" in true.text]
    assert told
    for true in told:
        empty = Grounds(Iri(true.subject.item), true.grounds.triples, {}, true.grounds.others)
        assert not verifier.check(true.text, empty).holds
