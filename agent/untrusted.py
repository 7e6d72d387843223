"""Texts from users and graphs on their way into a prompt: they are data, never instructions or markup."""

import re
import unicodedata

MAX_LABEL = 80
_MARKUP = re.compile(r"<(?!-)\|?[^<>]{0,40}\|?>|```|\[/?INST\]", re.IGNORECASE)
_READ = 4
"""Markup is sought in this many times the limit: nested tags take a pass each, and the text may be long."""

_KEPT = {"\n": " ", "\t": " ", "\r": " "}


def plain(text: str, limit: int = MAX_LABEL) -> str:
    """Return a text on one line without control characters, direction marks, chat tags and fences, cut at `limit`."""
    clean = "".join(_KEPT.get(char, char) for char in text if char in _KEPT or unicodedata.category(char)[0] != "C")
    clean, before = clean[: _READ * limit], ""
    while clean != before:  # a tag may be left where one within it went
        clean, before = " ".join(_MARKUP.sub(" ", clean).split()), clean
    return clean[:limit].strip()
