"""Numbers of a request that rate: "Alien 4 out of 5", "I give Emma 3"."""

import re

NUMBERS = {word: at for at, word in enumerate("zero one two three four five six seven eight nine ten".split())}  # noqa: SIM905
_GIVES = re.compile(r"\bi(?:['’]d|\s+would)?\s+(?:give|gave|rate|rated)\b", re.IGNORECASE)
_VALUE = r"(\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten)"
_RATED_OF = re.compile(
    rf"\b{_VALUE}\s*(?:(?:/|out\s+of)\s*(\d+|five|ten)\b(?:\s+stars?)?|(?:stars?|points?)\b)", re.IGNORECASE
)
_RATED = re.compile(rf"\b{_VALUE}\W*$", re.IGNORECASE)


def without_rating(text: str) -> tuple[str, tuple[float, float | None] | None]:
    """Return the text with a rating blanked, so that "Alien 3 out of 5" names Alien, and the rating with its best."""
    for found in reversed(list(_RATED_OF.finditer(text))):
        before, after = text[: found.start()], text[found.end() :]
        if _GIVES.search(before) or before.rstrip().endswith((":", "：")) or re.match(r"\s+(?:for|to)\b", after):
            value, most = _decimal(found[1]), _decimal(found[2]) if found[2] else None
            return before + " " * (found.end() - found.start()) + after, (value, most)
    return text, None


def bare_rating(masked: str) -> float | None:
    """Return the number at the end of "I give Emma 4"."""
    gives, value = _GIVES.search(masked), _RATED.search(masked)
    return _decimal(value[1]) if gives and value and "\x00" in masked[gives.end() : value.start()] else None


def _decimal(word: str) -> float:
    return float(NUMBERS.get(word.lower(), word))


def number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word.lower()]
