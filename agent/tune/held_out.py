"""Phrases kept out of a training, so that an evaluation can ask in words that were never taught."""

import random
import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import RequestError
from kg.asking import asked_of, wording
from kg.manifest import Manifest
from kg.plurals import plural
from kg.snapshot import Snapshot

FILE = "held_out.json"
"""Beside the weights of an adapter that was trained without the phrases in it."""


class HeldOut(BaseModel):
    """Phrases kept out, and how they were chosen.

    Attributes:
        share: Of the phrases of each relation.
        seed: The same seed and share choose the same phrases of a domain.
        phrases: As the phrasebooks say them, with `{s}` and `{o}`; nouns without.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    share: float = Field(gt=0, lt=1)
    seed: int
    phrases: tuple[str, ...] = Field(min_length=1)


def hold_out(snapshot: Snapshot, share: float, seed: int, known: Collection[str] = ()) -> HeldOut:
    """Choose the phrases of a domain that a training is to do without.

    Of each relation a share of the ways to say it is kept out, with all that says it in the same words: "hails from"
    goes with "where does {s} hail from". At least one noun is, with whatever holds it. What two relations share is not,
    since it tells neither, nor what the domain says things with itself, since justifications teach that.

    Args:
        snapshot: The domain.
        share: Of the phrases of each relation.
        seed: Of the choice.
        known: Phrases that the training begins with, of another domain: nothing can be new that says the same.

    Raises:
        RequestError: No relation has words to spare.
    """
    manifest, rng = snapshot.manifest, random.Random(seed)
    names = [name for name, one in manifest.relations.items() if one.iri in snapshot.schema.relations]
    owners = Counter(phrase for name in names for phrase in {*_asked(manifest, name), *_told(manifest, name)})
    usual = {manifest.relations[name].noun for name in names}
    known_ways = {wording(phrase) for phrase in known}
    phrases: list[str] = []
    for name in names:
        mine = [phrase for phrase in _asked(manifest, name) if owners[phrase] == 1 and phrase not in usual]
        mine = [phrase for phrase in mine if wording(phrase) not in known_ways]
        nouns = [phrase for phrase in asked_of(manifest, name).nouns if phrase in mine]
        unknown = rng.sample(nouns, max(1, round(share * len(nouns)))) if nouns else []
        told = {wording(phrase) for phrase in _told(manifest, name)}
        ways = list(dict.fromkeys(wording(phrase) for phrase in mine if phrase not in nouns))
        free = [words for words in ways if words and words not in told]
        chosen = set(rng.sample(free, round(share * len(free))))
        holding = _any_of(unknown) if unknown else None
        phrases += [
            phrase
            for phrase in mine
            if phrase in unknown
            or (phrase not in nouns and (wording(phrase) in chosen or (holding and holding.search(phrase))))
        ]
    if not phrases:
        raise RequestError("no relation of this domain is said in several ways, so that no phrase can be kept out.")
    return HeldOut(share=share, seed=seed, phrases=tuple(phrases))


def phrases_of(manifest: Manifest) -> frozenset[str]:
    """Return all that a training for a domain may say of its relations."""
    return frozenset(
        phrase for name in manifest.relations for phrase in (*_asked(manifest, name), *_told(manifest, name))
    )


def read_held_out(path: Path) -> HeldOut:
    """Read what `write_held_out` wrote.

    Raises:
        RequestError: The file is not there, or holds something else.
    """
    try:
        return HeldOut.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RequestError(
            f"cannot read the phrases kept out in {path}: {error}. `thence tune --hold-out` writes them."
        ) from error
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
        raise RequestError(
            f"{path} holds no phrases kept out: {told}. `thence tune --hold-out` writes them."
        ) from error


def write_held_out(folder: Path, held_out: HeldOut) -> None:
    """Write the phrases beside the adapter that does not know them."""
    (folder / FILE).write_text(held_out.model_dump_json(indent=1), "utf-8")


def _asked(manifest: Manifest, name: str) -> list[str]:
    asked = asked_of(manifest, name)
    return list(dict.fromkeys((*asked.nouns, *asked.said, *asked.questions)))


def _told(manifest: Manifest, name: str) -> tuple[str, ...]:
    return (manifest.relations[name].noun, *manifest.relations[name].said().fact)


def _any_of(nouns: Iterable[str]) -> re.Pattern[str]:
    words = {word for noun in nouns for word in (noun, plural(noun))}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})\b", re.IGNORECASE)
