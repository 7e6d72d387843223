"""Where names may stand in a text."""

import re

from kg.labels import fold

MAX_WORDS = 9
"""Longest mention looked for, in words; longer labels are found by `link`, not by `spot`."""

MAX_CJK = 16
POSSESSIVE = re.compile(r"['’]s$")
WORD = re.compile(r"[\w'’.&+!-]*\w[\w!]*|[^\s\w]+")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+(?:[·:0-9\u3400-\u9fff]+)?")
_QUOTED = re.compile(r"[\"“「『《]([^\"“”「」『』《》]{1,80})[\"”」』》]")


def is_plain(text: str, start: int, end: int) -> bool:
    """Tell whether a span has no capital that makes it a title: of several words the first of a text has one anyway."""
    span = text[start:end]
    return span.islower() or (not text[:start].strip() and " " in span and span[1:].islower())


def is_without_capitals(text: str) -> bool:
    """Tell whether no word of a text has a capital but the first, and "I"."""
    return not any(
        word.group()[0].isupper() for word in WORD.finditer(text) if word.start() > 0 and word.group() != "I"
    )


def is_quoted(text: str, start: int) -> bool:
    return text[max(start - 1, 0) : start] in tuple('"“「『《')


def spans_of(text: str) -> list[tuple[int, int, str]]:
    """Return where a name may begin and end, with what it says there, folded: the longest first."""
    words = [(match.start(), match.end()) for match in WORD.finditer(text)]
    spans = [(match.start(1), match.end(1)) for match in _QUOTED.finditer(text)]
    for length in range(min(MAX_WORDS, len(words)), 0, -1):
        spans += [(words[at][0], words[at + length - 1][1]) for at in range(len(words) - length + 1)]
    for run in _CJK.finditer(text):
        for length in range(min(MAX_CJK, run.end() - run.start()), 1, -1):
            spans += [(at, at + length) for at in range(run.start(), run.end() - length + 1)]
    folded = [(start, end, fold(text[start:end])) for start, end in spans]
    possessive = [
        (start, end - 2, fold(text[start : end - 2]))
        for start, end, _ in folded
        if text[start:end].endswith(("'s", "’s"))
    ]
    return sorted(folded + possessive, key=lambda span: (-len(span[2]), span[1] - span[0], span[0]))


def name_like(text: str) -> list[tuple[int, int]]:
    """Return quoted spans and runs of capitalised words, longest first; a sentence's first word alone is none."""
    spans = [(match.start(1), match.end(1)) for match in _QUOTED.finditer(text)]
    words = [match for match in WORD.finditer(text) if match.group()[0].isalnum()]
    for length in range(min(5, len(words)), 0, -1):
        for at in range(len(words) - length + 1):
            run = words[at : at + length]
            named = run[0].group()[0].isupper() and run[-1].group()[0].isupper()
            if named and (at > 0 or length > 1):
                spans.append((run[0].start(), run[-1].end()))
    return [(start, end - 2 if text[start:end].endswith(("'s", "’s")) else end) for start, end in spans]
