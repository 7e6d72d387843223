"""Which relations the words of a question speak of, by the words that only one relation of a domain is said with."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from agent.reading import Reading
from agent.reading.spans import masked_text
from kg.asking import asked_of, nouns_of
from kg.linking import FUNCTION_WORDS
from kg.manifest import Manifest
from kg.verbs import agreeing, base_form

_FACT = re.compile(r"\{[so]\} (.+) \{[so]\}")
_DOING = re.compile(r"\{o\} (.+) \{s\}")
"""The object does something to the subject."""

_AUXILIARY = re.compile(r"^(?:is|was|are|were|has|have|had)\s+")
_VAGUE = FUNCTION_WORDS | frozenset(
    """out work works worked working play plays played playing include includes included under onto within as
    listed credited named known given mentioned called counted described""".split()  # noqa: SIM905
)
"""Words that a phrase needs another beside: anybody may have worked with somebody, or be listed as something."""

BEGINS = (
    r"\W*(?:(?:for|by|in|from|with|on)\W+(?=(?:which|what)\W+(?!(?:is|are|was|were)\b)))?"
    r"(?:(?:can|could|would|you|please|which|what|name|names|list|enumerate|tell|show|find|give|get|is|are|was|were|all"
    r"|the|of|me|other|some|any)\W+)*"
)
"""What may stand before the noun that a question begins with."""

_TOPIC = re.compile(r"^\W*\x00+\s*[,:;-]\s*")
"""A name that a question puts in front of itself: "A, what genres is it"."""

_WHO = re.compile(
    r"\W*(?:who|whoever|(?:(?:which|what|the)\s+)?(?:compan(?:y|ies)|people|persons?)(?:\s+(?:that|who|which))?)\s+"
    r"(?:(?:all|else|also|has|have|had)\s+)*",
    re.IGNORECASE,
)

_ARTICLE = re.compile(r"\s*(?:(?:the|an?|any|all)\s+)?", re.IGNORECASE)

_GOES_ON = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|how|also|too|as well|other|else)\b|^\s*of\W*$", re.IGNORECASE
)
"""Behind its first noun a question may still ask for something else: "the writer of A also wrote films"; or the noun
is what a name is called: "what is A the writer of"."""


class SpokenRelations:
    """Finds the relations that questions of one domain speak of.

    Words with which several relations are said tell nothing, but hide what is within them: "belongs to the genre" is
    not "belongs to". So does a phrase that holds another relation's word.
    """

    def __init__(self, manifest: Manifest) -> None:
        owners: dict[str, set[str]] = {}
        for name in manifest.relations:
            for words in {*nouns_of(manifest, name), *asked_of(manifest, name).telling, *_phrases(manifest, name)}:
                for said in {words.lower(), words.lower().replace("-", " ")}:
                    owners.setdefault(said, set()).add(name)
        for name in manifest.relations:
            asked = _without_phrases(
                f" {' / '.join(asked_of(manifest, name).questions).lower()} ", (one for one in owners if " " in one)
            )
            for words, names in owners.items():
                if f" {words} " in asked:
                    names.add(name)
        nouns = {noun.lower() for name in manifest.relations for noun in nouns_of(manifest, name)}
        self._nouns = nouns | {noun.replace("-", " ") for noun in nouns}
        numbers = {name for name in manifest.relations if asked_of(manifest, name).most}
        doing = {said.lower() for name in manifest.relations for said in _phrases(manifest, name, _DOING)}
        self._doers = {words: owners[words] - numbers for words in doing if words not in self._nouns}
        self._owners = {words: _owner([words] if words in self._nouns else _parts(words), owners) for words in owners}
        said = "|".join(map(re.escape, sorted(owners, key=len, reverse=True)))
        self._said = re.compile(rf"\b(?:{said})\b" if said else r"(?!)", re.IGNORECASE)

    def heard(self, reading: Reading) -> Reading:
        """Return a question with the words for relations that are beyond doubt as its cues."""
        masked = masked_text(reading.text, [(name.start, name.end) for name in reading.names])
        found = [(self._owners.get(match.group().lower(), ""), match.span()) for match in self._said.finditer(masked)]
        placed = [(name, span) for name, span in found if name]
        return replace(reading, cues=tuple(name for name, _ in placed), cue_spans=tuple(span for _, span in placed))

    def done_by_whom(self, reading: Reading) -> str:
        """Return the relation whose verb "who" begins a question with ("who released ..."); empty where there is none.

        Nobody does a number: "released" says who brought a film out here, and not when. Who "writes the scores" does
        what the second word says.
        """
        masked = masked_text(reading.text, [(name.start, name.end) for name in reading.names])
        begins = _WHO.match(masked)
        verb = self._said.match(masked, begins.end()) if begins else None
        names = self._doers.get(verb.group().lower(), set()) if verb else set[str]()
        if verb is None or len(names) != 1:
            return ""
        article = _ARTICLE.match(masked, verb.end())
        what = self._said.match(masked, article.end()) if article else None
        return next(iter(names)) if what is None or self._owners[what.group().lower()] in {*names, ""} else ""

    def asked_for(self, heard: Reading) -> str:
        """Return the relation by whose noun a question begins ("what other members ..."); empty where there is none.

        Args:
            heard: The question as `heard` returns it.
        """
        if not heard.cues:
            return ""
        start, end = heard.cue_spans[0]
        before = masked_text(heard.text, [(name.start, name.end) for name in heard.names])[:start]
        begins = heard.text[start:end].lower() in self._nouns and re.fullmatch(
            BEGINS, _TOPIC.sub("", before), re.IGNORECASE
        )
        return heard.cues[0] if begins and not _GOES_ON.search(heard.text[end:]) else ""


def _without_phrases(text: str, phrases: Iterable[str]) -> str:
    """Return a text without some phrases: a "director of photography" is no director."""
    said = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.sub(rf"\b(?:{said})\b", "/", text) if said else text


def _owner(phrases: Iterable[str], owners: Mapping[str, set[str]]) -> str:
    """Return the relation that alone is said with some phrases; empty where there are several."""
    names = set[str]().union(*(owners.get(phrase, set()) for phrase in phrases))
    return names.pop() if len(names) == 1 else ""


def _parts(words: str) -> list[str]:
    """Return all that is said within some words, and themselves."""
    parts = words.split()
    return [" ".join(parts[start:end]) for end in range(1, len(parts) + 1) for start in range(end)]


def _phrases(manifest: Manifest, name: str, facts: re.Pattern[str] = _FACT) -> Iterator[str]:
    """Yield what stands between subject and object in the ways to state a fact, in several forms."""
    for fact in (*manifest.relations[name].said().fact, *asked_of(manifest, name).said):
        found = facts.fullmatch(fact)
        if found is None:
            continue
        for form in (found[1], agreeing(found[1]), base_form(found[1]), _AUXILIARY.sub("", found[1])):
            if form and any(word not in _VAGUE for word in form.split()):
                yield form
