"""Texts from users and graphs on their way into a prompt or a sentence: they are data, never instructions or markup."""

import re
import unicodedata

from kg.labels import FILLERS

MAX_LABEL = 80
MAX_MARKS = 4
"""Combining marks on one letter; no script needs more, and a hundred cover the lines above and below."""

_OPEN, _CLOSE = r"[<＜‹]", r"[>＞›]"
_MARKUP = re.compile(
    rf"{_OPEN}(?!-)[|｜]?[^<>＜＞‹›]{{0,40}}[|｜]?{_CLOSE}"  # <|im_start|>, </s>, <think>
    r"|[`｀]{3}|~{3}"
    r"|[\[［]/?(?:INST|[A-Z]{2,20}_[A-Z_]{2,40})[\]］]"  # [/INST], [SYSTEM_PROMPT], [TOOL_CALLS]
    r"|(?:^|(?<=\s))#{2,6}(?=\s)",  # "### System:"
    re.IGNORECASE,
)
_CUT = re.compile(rf"{_OPEN}[|｜]|[|｜]{_CLOSE}")
"""The beginning of a tag whose end is too far away, or the end of one."""

_BRACKETS = re.compile(r"[<>＜＞‹›\[\]［］`｀~#]")
"""Without these, nothing is markup."""

MAX_NESTED = 8
"""Tags within tags that are taken out one by one; of a text that nests them deeper, no bracket stays."""

_READ = 4
"""Markup is sought in this many times the limit: nested tags take a pass each, and the text may be long."""

_KEPT = {"\n": " ", "\t": " ", "\r": " "}
_MASKS = str.maketrans("⟦⟧", "[]")
_QUOTES = str.maketrans("“”", "''")
_SMALL = (
    "a|an|and|as|at|but|by|da|das|de|del|dem|den|der|des|di|die|do|dos|du|e|ein|el|en|et|for|from|für|il|im|in|into|la"
    "|las|le|les|lo|los|mit|nor|of|off|on|or|out|over|para|per|por|sur|the|to|und|un|une|up|van|von|vs|with|y|zu"
)
_CONTENT = rf"\b(?!(?:{_SMALL})\b)[a-z]{{3,}}\b"
_PERSON = r"(?:it|it's|you|your|we|he|she|they|which|who|whose|because|i)\b"
_STATEMENT = re.compile(
    # A full stop and another sentence: "Bram Stoker. It won a prize", but not "H. G. Wells" or "Dr. No".
    r"(?<!\b\w)(?<!\b[DMS][rst])(?<!\bMrs)(?<!\bvs)[.!?][\"'’”)]*\s+\S+\s+\S"
    r"|(?<=\b\w)\.\s+(?![a-z])(?:[^\s.]+\s+){2}\S"
    r"|[a-z0-9][.!?](?=[A-Z])"
    r"|(?:\S+\s+){4}\S+(?<!\b[JS]r)[.!?]$"
    r"|[…;。！？；：，．․۔؟।‥︰]\s*\w"
    # A person, or a word of prose, behind a comma, a colon, a dash or a bracket; or behind "and".
    rf"|(?:[,:(\[{{/|—–]|\s-\s|\b(?i:and|but|or|as|since|that|while))\s*(?i:{_PERSON})"
    r"|, (?:and|while)\b"
    rf"|(?:[,:(\[{{/|—–]|\s-\s)[^,:(\[{{]*?{_CONTENT}"
    # More prose than a name has: "Ignore all previous instructions", but not "romantic comedy drama".
    rf"|^(?=(?:\S+\s+){{4}})(?:.*?{_CONTENT}){{3}}"
    rf"|\S\s+(?i:because|{_PERSON})\s+[a-z]+\s+\S"
)
"""What no name has and a statement may: quotation marks then tell the reader that somebody else's words begin."""


def plain(text: str, limit: int = MAX_LABEL) -> str:
    """Return a text on one line without control characters, direction marks, chat tags and fences, cut at `limit`.

    A text that is nothing but tags becomes the words in them, so that what bears it still has a name.
    """
    clean = "".join(_seen(text))[: _READ * limit]
    bare = _without(_MARKUP, clean)
    while _CUT.search(bare):
        bare = _without(_MARKUP, _CUT.sub(" ", bare))
    if not bare:
        bare = " ".join(re.findall(r"[^\W_]+", clean))
    return bare[:limit].strip()


def name(text: str, limit: int = MAX_LABEL) -> str:
    """Return a label as it may stand in a sentence: plain, and in quotation marks where it reads as a statement."""
    label = plain(text, limit).translate(_MASKS)
    return quoted(label, limit) if _STATEMENT.search(label) else label


def quoted(text: str, limit: int = MAX_LABEL) -> str:
    """Return a text in quotation marks that it cannot close."""
    return f"“{plain(text, limit).translate(_QUOTES)}”"


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Return a text without what matches, words parted by single spaces."""
    for _ in range(MAX_NESTED):  # a tag may be left where one within it went
        text, before = " ".join(pattern.sub(" ", text).split()), text
        if text == before:
            return text
    return " ".join(_BRACKETS.sub(" ", text).split())


def _seen(text: str) -> list[str]:
    """Return the characters of a text that are seen, with no more marks on a letter than scripts have."""
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if char in _KEPT:
            kept.append(" ")
        elif category[0] != "C" and char not in FILLERS and marks <= MAX_MARKS and not _selects(char):
            kept.append(char)
    return kept


def _selects(char: str) -> bool:
    """Tell whether a character only chooses another one's glyph; a run of them can carry a hidden text."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
