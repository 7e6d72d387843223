"""What of an answer the model decides: what follows from the schema, or from what is decided, is given to it.

Each token of an answer costs a step of the model. Of `{"intent": "ask", "do": "list", "m1": "director"}` it decides two
words, and of a sentence that is one of a list no more than what tells it from the others. The text before the first
decision stands in the prompt. Where a decision settles much text, the model is stopped as soon as it is made, and goes
on after that text at the next one. The text is written as in the training, with a space after each colon and comma,
which a server that keeps white space out of its JSON does not allow; so a choice may differ from one written in full.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any

SETTLED = 40
"""Characters that a decision must settle, on average, for the model to be stopped: reading them takes a request."""

_ANCHORED = re.compile(r"\^(\((?:\\\^|[\w ()|?/-])*\))\$")
"""Patterns that match no quote, in which a string could end."""

_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")

_Open = tuple[str, ...] | re.Pattern[str]
"""Texts of which one is chosen, or what matches a pattern."""

_Part = tuple[_Open, str]

_PIECE = re.compile(r"['’][^\W\d_]+| ?[^\W\d_]+| ?\d+| ?[^\s\w]+|\s|_")
"""What a tokenizer never joins with its neighbours: a word, digits or marks, with the space before them. Text that ends
within one becomes tokens that the model does not expect there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, or several that are made in one go.

    Attributes:
        begun: The answer so far.
        pattern: Regular expression of what the model adds.
    """

    begun: str
    pattern: str
    _settled: Mapping[str, str] = field(default_factory=dict, repr=False)
    _last: "re.Pattern[str] | None" = field(default=None, repr=False)
    _rest: Sequence[_Part] = field(default=(), repr=False)

    def after(self, added: str) -> "Decision | str":
        """Return the next decision, or the whole answer; what does not match is an answer as it is.

        Args:
            added: What the model added.
        """
        found = self._last.fullmatch(added) if self._last else None
        if found is None:
            return self.begun + added
        text = self.begun + added + self._settled[found["last"]]
        return _next(text, "", self._rest) if self._rest else text


@dataclass(frozen=True, slots=True)
class _Form:
    """The answers that an object of a schema allows.

    Attributes:
        text: What they begin with.
        parts: What is open, each with the text after it.
        openings: The text before each value that nothing open stands before.
    """

    text: str
    parts: tuple[_Part, ...]
    openings: tuple[str, ...]


def first_decision(schema: Mapping[str, Any]) -> Decision | None:
    """Return what is to decide first in a flat schema; None where it is not flat.

    Args:
        schema: An object, or `anyOf` several, whose properties are all required and are each a `const`, an `enum`, or a
            string with a pattern of words in parentheses between anchors.
    """
    forms = [_form(one) for one in schema.get("anyOf", [schema])]
    flat = [one for one in forms if one is not None]
    if not flat or len(flat) < len(forms):
        return None
    shared = set[str].intersection(*(set(one.openings) for one in flat))
    begun = max(shared, key=len, default="")
    texts = [one.text.removeprefix(begun) for one in flat]
    if len(flat) == 1:
        return _next(begun, texts[0], flat[0].parts)
    if not any(one.parts for one in flat):
        return _next(begun, "", [(tuple(texts), "")])
    return Decision(begun, _either(_pattern(text, one.parts) for text, one in zip(texts, flat, strict=True)))


def _next(begun: str, text: str, parts: Sequence[_Part]) -> Decision:
    """Return the decisions up to the first that settles much, or all of them."""
    for at, (choices, then) in enumerate(parts):
        if isinstance(choices, tuple):
            texts, rest = [choice + then for choice in choices], parts[at + 1 :]
            settled = {stem: text[len(stem) :] for stem, text in zip(_stems(texts), texts, strict=True)}
            if not rest or sum(map(len, settled.values())) >= SETTLED * len(settled):
                before, last = _pattern(text, parts[:at]), _either(map(_escaped, settled))
                return Decision(begun, before + last, settled, re.compile(f"{before}(?P<last>{last})"), rest)
    return Decision(begun, _pattern(text, parts))


def _form(schema: Mapping[str, Any]) -> _Form | None:
    properties = schema.get("properties")
    if not properties or schema.get("additionalProperties", True) or list(properties) != schema.get("required"):
        return None
    texts, opens, openings = ["{"], list[_Open](), list[str]()
    for at, (name, value) in enumerate(properties.items()):
        choices = _choices(value)
        if choices is None:
            return None
        quote = '"' if isinstance(choices, re.Pattern) or all(one.startswith('"') for one in choices) else ""
        texts[-1] += f"{', ' if at else ''}{json.dumps(name, ensure_ascii=False)}: {quote}"
        if not opens:
            openings.append(texts[-1])
        if isinstance(choices, re.Pattern):
            opens.append(choices)
            texts.append(quote)
        elif len(choices) == 1:
            texts[-1] += choices[0].removeprefix(quote)
        else:
            opens.append(tuple(one.removeprefix(quote) for one in choices))
            texts.append("")
    texts[-1] += "}"
    return _Form(texts[0], tuple(zip(opens, texts[1:], strict=True)), tuple(openings))


def _choices(value: Mapping[str, Any]) -> tuple[str, ...] | re.Pattern[str] | None:
    """Return what a property may be, as JSON, or the pattern of its string."""
    if "pattern" in value:
        found = _ANCHORED.fullmatch(value["pattern"])
        return re.compile(found[1]) if found else None
    values = value.get("enum", [value["const"]] if "const" in value else [])
    return tuple(json.dumps(one, ensure_ascii=False) for one in values) or None


def _stems(texts: Sequence[str]) -> list[str]:
    """Return the shortest beginning of each text, in whole pieces, that no other text has."""
    ordered = sorted(texts)
    shared = [_shared(*pair) for pair in pairwise(ordered)]
    longest = map(max, chain([0], shared), chain(shared, [0]))
    alike = dict(zip(ordered, longest, strict=True))
    return [_whole_pieces(text, alike[text] + 1) for text in texts]


def _shared(text: str, other: str) -> int:
    """Return how many characters two texts share at their beginning."""
    differs = (at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two)
    return next(differs, min(len(text), len(other)))


def _whole_pieces(text: str, length: int) -> str:
    ends = (found.end() for found in _PIECE.finditer(text) if not found[0].isspace())
    return text[: next((end for end in ends if end >= length), len(text))]


def _pattern(text: str, parts: Iterable[_Part]) -> str:
    """Return the regular expression of a text and what is open after it."""
    return _escaped(text) + "".join(_open_pattern(one) + _escaped(then) for one, then in parts)


def _open_pattern(one: _Open) -> str:
    return str(one.pattern) if isinstance(one, re.Pattern) else _either(map(_escaped, one))


def _either(patterns: Iterable[str]) -> str:
    several = list(dict.fromkeys(patterns))
    return several[0] if len(several) == 1 else f"({'|'.join(several)})"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
