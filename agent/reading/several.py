"""Two questions in one request: the first is answered, and the other told to be asked by itself."""

import re
from collections.abc import Callable

_ASKS = r"(?:who|whom|whose|what|which|when|where|how (?:many|long)|is|are|was|were|did|does|do|has|have)\b"
_BEGINS = re.compile(rf"^\W*(?:(?:and|so|but|ok|okay|then)\W+)*{_ASKS}", re.IGNORECASE)
_SENTENCE = re.compile(rf"\?\s*(?:(?:and|also)\W+)*(?={_ASKS})", re.IGNORECASE)
_JOINED = re.compile(rf"\s*[,;]?\s*\band\s+(?:also\s+)?(?={_ASKS})", re.IGNORECASE)
_BY_ITSELF = re.compile(
    r"^(?:when|where|how)\b|\b(?:it|its|he|him|his|she|her|hers|they|them|their|theirs|this|that)\b", re.IGNORECASE
)
"""What is no relative clause of the question before ("actors who were in A and who were in B")."""


def may_hold_several(text: str) -> bool:
    """Tell, without a look at the names, whether a request may hold a second question."""
    return bool(_SENTENCE.search(text) or _JOINED.search(text))


def first_question(text: str, is_free: Callable[[int, int], bool], names: Callable[[str], bool]) -> tuple[str, str]:
    """Return the first question of a request, and what is asked after it; empty where nothing is.

    Args:
        text: The request.
        is_free: Whether a span of it belongs to no name: a title may hold "and who".
        names: Whether a text says what it is about, by name or by pronoun.
    """
    for pattern in (_SENTENCE, _JOINED):
        for found in pattern.finditer(text):
            first, later = text[: found.start()], text[found.end() :].strip()
            if pattern is _JOINED and not _BY_ITSELF.search(later):
                continue
            if _BEGINS.search(first) and is_free(*found.span()) and names(first):
                return first, later
    return text, ""
