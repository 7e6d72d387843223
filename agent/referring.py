"""What a pronoun of a question speaks of: what the conversation named last, by kind; several are asked back about."""

import re
from collections.abc import Callable, Iterable, Sequence

from kg.linking import Candidate, Mention
from kg.snapshot import Snapshot
from kg.types import Iri

Groups = Sequence[Sequence[str]]
"""IRIs that a conversation spoke of, the latest group first: answers, what they were asked about, earlier ones."""

MAX_GROUPS, MAX_GROUP, MAX_MEANT = 4, 200, 8
"""How far back a pronoun reaches, how many of a long list are kept, and how many of these "it" may mean."""

_ELSE = re.compile(r"\b(?:else|others?|another|more)\b", re.IGNORECASE)
"""What asks for answers beyond those that were given."""

ORDINALS = {
    word: at
    for at, words in enumerate(
        ("first|1st", "second|2nd", "third|3rd", "fourth|4th", "fifth|5th", "sixth|6th", "seventh|7th", "eighth|8th")
    )
    for word in words.split("|")
} | {"last": -1}
_EXPLETIVE = re.compile(
    r"\bit\s+(?:(?:is|was)\s+)?(?:true|that|correct|right|possible|the case)\b|\bso that\b", re.IGNORECASE
)
"""Where "it" speaks of nothing: "is it true that"."""


def remembered(answers: Iterable[str], topics: Iterable[str], earlier: Groups) -> list[list[str]]:
    """Return what a conversation spoke of after an answer, the latest first, each group without what one before has."""
    groups: list[list[str]] = []
    known = set[str]()
    for group in (answers, topics, *earlier):
        fresh = [one for one in dict.fromkeys(group) if one not in known][:MAX_GROUP]
        known.update(fresh)
        groups += [fresh] if fresh else []
    return groups[:MAX_GROUPS]


def besides(text: str, groups: Groups, pronouns: Sequence[Mention]) -> list[Iri]:
    """Return what is no answer to a question that asks what else there is: all that was spoken of but its topics."""
    if not pronouns or not _ELSE.search(text):
        return []
    topics = {one.iri for mention in pronouns for one in mention.candidates}
    return [Iri(one) for group in groups for one in group if one not in topics]


class Referring:
    """Finds the pronouns of questions in one domain."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        items = snapshot.manifest.items
        nouns = "|".join(re.escape(noun) for noun in (items.noun, *items.synonyms))
        thing: Callable[[str], bool] = self._is_thing
        self._patterns: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
            (re.compile(rf"\b(?:this|that|the same)\s+(?:one|{nouns})\b", re.IGNORECASE), thing),
            (re.compile(r"\b(?:this|that|these|those)(?=\W*$)", re.IGNORECASE), thing),
            (re.compile(r"\b(?:it|its)\b", re.IGNORECASE), thing),
            (re.compile(r"\b(?:he|him|his|she|her|hers)\b", re.IGNORECASE), snapshot.is_somebody),
            (re.compile(r"\b(?:they|them|their|theirs)\b", re.IGNORECASE), lambda _: True),
        )
        self._ordinal = re.compile(
            rf"\b(?:the\s+({'|'.join(ORDINALS)})\s+(?:one|{nouns})|(?:number|no\.)\s*(\d))\b", re.IGNORECASE
        )

    def mentions(self, text: str, groups: Groups, taken: Iterable[Mention]) -> list[Mention]:
        """Return the pronouns of a question as mentions of what they may mean, in the order of the text.

        A pronoun takes the latest group that holds something of its kind; where that is more than one, all of them are
        its candidates, equally good. One that finds nothing is left alone.

        Args:
            text: The question.
            groups: What the conversation spoke of.
            taken: The names in the text, which hold no pronouns.
        """
        spans = [(one.start, one.end) for one in taken] + [found.span() for found in _EXPLETIVE.finditer(text)]
        found: list[Mention] = []
        for start, end, iris in (*self._ordinals(text, groups), *self._pronouns(text, groups)):
            free = all(end <= left or start >= right for left, right in spans)
            if free and iris and set(iris) not in [{one.iri for one in mention.candidates} for mention in found]:
                spans.append((start, end))
                found.append(Mention(start, end, text[start:end], tuple(self._candidate(iri) for iri in iris)))
        return sorted(found, key=lambda one: one.start)

    def _pronouns(self, text: str, groups: Groups) -> Iterable[tuple[int, int, list[str]]]:
        for pattern, fits in self._patterns:
            for match in pattern.finditer(text):
                kinds = ([one for one in group if fits(one)] for group in groups)
                yield (*match.span(), next((kind[:MAX_MEANT] for kind in kinds if kind), []))

    def _ordinals(self, text: str, groups: Groups) -> Iterable[tuple[int, int, list[str]]]:
        """Yield the places of a list that are named: "the second one", "number 3"."""
        listed = next((group for group in groups if len(group) > 1), ())
        for match in self._ordinal.finditer(text):
            at = ORDINALS[match[1].lower()] if match[1] else int(match[2]) - 1
            yield (*match.span(), [listed[at]] if listed and -1 <= at < len(listed) else [])

    def _candidate(self, iri: str) -> Candidate:
        return Candidate(Iri(iri), self._snapshot.label(iri), 1.0, "pronoun")

    def _is_thing(self, iri: str) -> bool:
        return iri in self._snapshot.item_columns or not self._snapshot.is_somebody(iri)
