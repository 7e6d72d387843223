"""Phrases by language that belong to no domain."""

import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Connectives:
    """How a language refers back to the item and to the user's history."""

    pronoun: str
    rated: tuple[str, ...]
    used: tuple[str, ...]


def load_connectives(language: str = "en") -> Connectives:
    """Read `LANGUAGE.toml`.

    Raises:
        FileNotFoundError: There are no phrases in that language.
    """
    data = tomllib.loads(resources.files("prompts.phrases").joinpath(f"{language}.toml").read_text("utf-8"))
    return Connectives(data["pronoun"], tuple(data["rated"]), tuple(data["used"]))


def load_frames(group: str) -> dict[str, tuple[str, ...]]:
    """Read a group of `requests.toml`: frames of requests by what they say."""
    data = tomllib.loads(resources.files("prompts.phrases").joinpath("requests.toml").read_text("utf-8"))
    return {name: tuple(frames) for name, frames in data[group].items()}
