"""Phrases by language that belong to no domain."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, get_args

Tone = Literal["plain", "short", "playful", "expert"]
TONES: tuple[Tone, ...] = get_args(Tone)


@dataclass(frozen=True, slots=True)
class ToneWords:
    """How a tone sounds, and how it is asked for.

    Attributes:
        openers: What a sentence may begin with; they state nothing.
        connectors: What may stand between two statements of a sentence.
        cues: Words of a request that ask for the tone.
    """

    openers: tuple[str, ...]
    connectors: tuple[str, ...]
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a language says of items, of the user's history and of lists, whatever the domain.

    Attributes:
        end, space: What ends a sentence, and what stands between two.
        kind: An indefinite item ("a {noun}"); empty where the language has no such phrase.
        this: The item, beside its name and its pronoun ("this {noun}").
        list_two, list_more: Between the last two of a list, and between the others.
        connectors: Everything that may stand between two statements of a sentence.
        numbers: Words for 0, 1, 2, ...; larger numbers are written in digits.
        statements: Phrases by the kind of statement.
        overview: Phrases of what is said of a whole list.
    """

    language: str
    end: str
    space: str
    kind: str
    this: str
    list_two: str
    list_more: str
    connectors: tuple[str, ...]
    numbers: tuple[str, ...]
    statements: dict[str, tuple[str, ...]]
    overview: dict[str, tuple[str, ...]]
    tones: dict[Tone, ToneWords]

    def number(self, value: int) -> str:
        """Return a small number in words, a larger one in digits."""
        return self.numbers[value] if 0 <= value < len(self.numbers) else str(value)


def load_wording(language: str = "en") -> Wording:
    """Read `LANGUAGE.toml`.

    Raises:
        FileNotFoundError: There are no phrases in that language.
    """
    data = tomllib.loads(resources.files("prompts.phrases").joinpath(f"{language}.toml").read_text("utf-8"))
    connectors = tuple(data["connectors"])
    return Wording(
        language=language,
        connectors=connectors,
        numbers=tuple(data["numbers"]),
        statements=_phrases(data["statements"]),
        overview=_phrases(data["overview"]),
        tones={tone: _tone(data["tones"][tone], connectors) for tone in TONES},
        **{name: data[name] for name in ("end", "space", "kind", "this", "list_two", "list_more")},
    )


def languages() -> tuple[str, ...]:
    """Return the tags of the languages that there are phrases in, English first."""
    files = (one.name for one in resources.files("prompts.phrases").iterdir() if one.name.endswith(".toml"))
    found = {name.removesuffix(".toml") for name in files} - {"requests", "en"}
    return ("en", *sorted(found))


def load_frames(group: str) -> dict[str, tuple[str, ...]]:
    """Read a group of `requests.toml`: frames of requests by what they say."""
    data = tomllib.loads(resources.files("prompts.phrases").joinpath("requests.toml").read_text("utf-8"))
    return {name: tuple(frames) for name, frames in data[group].items()}


def _phrases(table: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(phrases) for name, phrases in table.items()}


def _tone(table: dict[str, Any], connectors: tuple[str, ...]) -> ToneWords:
    return ToneWords(
        tuple(table.get("openers", ())), tuple(table.get("connectors", connectors)), tuple(table.get("cues", ()))
    )
