"""The manner of an answer: its tone and its language, as a request or a face asks for them."""

import re
from functools import cache
from typing import TypedDict

from kg.errors import ManifestError
from kg.manifest import Manifest
from prompts.phrases import TONES, Tone, Wording, languages, load_wording, read_wording
from tools.path_quality import Goal


class Manner(TypedDict, total=False):
    """How an answer is told.

    Attributes:
        tone: "plain", "short", "playful" or "expert"; absent: what the request asks for, else plain.
        language: A tag among the domain's languages; absent: that of the request where its script tells, else English.
        steer: The measure that chooses among the explanation paths of an item: recency of the linked interaction
            ("lir"), popularity of the shared entity ("sep"), diversity of the types in the list ("etd").
    """

    tone: Tone | None
    language: str | None
    steer: Goal | None


_HAN = re.compile(r"[\u4e00-\u9fff]")


def asked_tone(request: str) -> tuple[Tone | None, str]:
    """Return the tone that a request asks for, and the request without the words that do so.

    "a thriller from the 90s, keep it short" asks for the tone "short" and for "a thriller from the 90s".
    """
    for tone, pattern in _cues():
        match = pattern.search(request)
        if match:
            rest = f"{request[: match.start()]} {request[match.end() :]}"
            return tone, " ".join(rest.split()).strip(" ,;.")
    return None, request


def asked_language(request: str, spoken: tuple[str, ...]) -> str | None:
    """Return the language that a request is written in, if it is one of `spoken` and its script tells; else None."""
    return "zh" if "zh" in spoken and _HAN.search(request) else None


def spoken_languages(manifest: Manifest) -> tuple[str, ...]:
    """Return the languages of a domain that there are phrases in, Thence's or its own; English always."""
    known = (*languages(), *(one for one in sorted(manifest.wording) if one not in languages()))
    return tuple(one for one in known if one == "en" or one in manifest.languages)


def wording_of(manifest: Manifest, language: str) -> Wording:
    """Return what a language says beside a domain's relations; a domain may bring its own.

    Raises:
        ManifestError: The domain's `[wording.LANGUAGE]` is not as it should be.
    """
    own = manifest.wording.get(language)
    try:
        return load_wording(language) if own is None else read_wording(own, language)
    except ValueError as error:
        raise ManifestError(f"[wording.{language}] of the domain {manifest.name}: {error}") from error


@cache
def _cues() -> tuple[tuple[Tone, re.Pattern[str]], ...]:
    found: list[tuple[Tone, re.Pattern[str]]] = []
    for language in languages():
        for tone in TONES:
            cues = load_wording(language).tones[tone].cues
            if cues:
                edge = r"\b" if language == "en" else ""
                words = "|".join(re.escape(cue) for cue in sorted(cues, key=len, reverse=True))
                found.append((tone, re.compile(rf"{edge}(?:{words}){edge}", re.IGNORECASE)))
    return tuple(found)
