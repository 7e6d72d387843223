"""Phrases by language that belong to no domain."""

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, get_args

Tone = Literal["plain", "short", "playful", "expert"]
TONES: tuple[Tone, ...] = get_args(Tone)


_TEXTS = {
    "end": ".", "space": " ", "kind": "", "this": "this {noun}", "plural": "{noun}", "list_two": " and ",
    "list_more": ", ",
}  # fmt: skip
_TABLES = {"connectors", "numbers", "statements", "overview", "tones"}
_COUNT = {"s", "o", "n", "noun", "role", "plural", "fact", "deed"}
_STATEMENTS = {
    "rated": {"b", "v", "max"}, "loved": {"b"}, "liked": {"b"}, "used": {"b"}, "moved": {"b", "this"},
    "count": _COUNT, "count_used": _COUNT, "decade": {"a", "b", "d"}, "gap": {"a", "b", "n", "unit", "more"},
    "wish": {"o"}, "is": {"s", "kind", "about"},
}  # fmt: skip
"""The kinds of statements, with the places that a phrase of each may hold."""

_OVERVIEW = {"count": {"n", "o", "noun", "role"}, "span": {"low", "high"}, "moved": {"b", "n"}}


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
        plural: What stands after a number of items, where neither English nor the domain says it ("{noun}").
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
    plural: str
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
    text = resources.files("prompts.phrases").joinpath(f"{language}.toml").read_text("utf-8")
    return read_wording(tomllib.loads(text), language)


def read_wording(data: dict[str, Any], language: str) -> Wording:
    """Return the wording that a table holds, such as a domain brings for a language of its own.

    Args:
        data: The keys of `en.toml`; tones that are missing sound plain, statements that are missing are not made.
        language: Its tag.

    Raises:
        ValueError: A key is missing, unknown or of another type; the message names it.
    """
    unknown = set(data) - _TEXTS.keys() - _TABLES
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}; expected {', '.join((*_TEXTS, *sorted(_TABLES)))}")
    texts = {name: data.get(name, spare) for name, spare in _TEXTS.items()}
    wrong = next((name for name, value in texts.items() if not isinstance(value, str)), None)
    if wrong is not None or not texts["end"]:
        raise ValueError(f"{wrong or 'end'!r} must be a text")
    connectors = _phrases_of(data, "connectors")
    if not connectors:
        raise ValueError("'connectors' must list what may stand between two statements")
    tones = data.get("tones", {})
    return Wording(
        language=language,
        connectors=connectors,
        numbers=_phrases_of(data, "numbers"),
        statements=_with_places(data.get("statements", {}), _STATEMENTS),
        overview=_with_places(data.get("overview", {}), _OVERVIEW),
        tones={tone: _tone(tones.get(tone, {}), connectors) for tone in TONES},
        **texts,
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


def _with_places(table: dict[str, Any], known: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Return the phrases of each kind; one with a place that its kind has not is refused."""
    if unknown := sorted(set(table) - known.keys()):
        raise ValueError(f"unknown key {unknown[0]!r}; expected {', '.join(known)}")
    found = {name: _phrases_of(table, name) for name in known}
    for name, phrases in found.items():
        for phrase in phrases:
            places = re.findall(r"\{(.*?)\}", phrase)
            if not set(places) <= known[name] or len(places) != len(set(places)):
                wanted = ", ".join(f"{{{place}}}" for place in sorted(known[name]))
                raise ValueError(f"phrase {phrase!r} of {name!r} may hold {wanted}, each once")
    return found


def _phrases_of(table: dict[str, Any], name: str) -> tuple[str, ...]:
    phrases = table.get(name, [])
    if not isinstance(phrases, list) or not all(isinstance(one, str) and one for one in phrases):
        raise ValueError(f"{name!r} must be a list of texts")
    return tuple(phrases)


def _tone(table: dict[str, Any], connectors: tuple[str, ...]) -> ToneWords:
    return ToneWords(
        _phrases_of(table, "openers"), _phrases_of(table, "connectors") or connectors, _phrases_of(table, "cues")
    )
