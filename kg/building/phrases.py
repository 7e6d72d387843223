"""The rule baseline of extraction: the phrases of a domain's relations, found between an item and what is named."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from kg.asking import asked_of
from kg.building.text import Candidate, Judged, Sentence
from kg.manifest import Manifest

PHRASE, CUE, ALONE = 0.9, 0.6, 0.5
"""Confidence by kind of evidence: a phrase of the domain, a cue word close by, the one relation that admits it.

They order the findings; `thence eval extraction` says how often each kind is right."""

NEAR = 3
"""Words between a cue and a name, at most."""

_LIST = re.compile(r"\s*(?:,|and|&|or|;|,\s*and)\s*", re.IGNORECASE)
_CLAUSE = re.compile(r"[;:.]")
_WEAK = re.compile(r"^(?:(?:is|was|were|are|has|have|been|both|also)\s+)+", re.IGNORECASE)


class PhraseExtractor:
    """Judges by words alone; what it says is marked as the rules' in the provenance."""

    name = "rules"

    def __init__(self, manifest: Manifest) -> None:
        before: dict[str, set[str]] = defaultdict(set)
        after: dict[str, set[str]] = defaultdict(set)
        cues: dict[str, set[str]] = defaultdict(set)
        for name, relation in manifest.relations.items():
            for phrase in (*relation.said().fact, *asked_of(manifest, name).said):
                left, right = _words_around(phrase.lower())
                before[name] |= left
                after[name] |= right
            cues[name] |= {cue.lower() for cue in (*relation.cues, relation.noun)}
        self._before, self._after, self._cues = _telling(before), _telling(after), _telling(cues)

    async def judge(self, sentence: Sentence) -> Sequence[Judged]:
        judged: dict[int, Judged] = {}
        for mention in range(len(sentence.spans)):
            found = max(self._weigh(sentence, mention, judged), default=None, key=lambda pair: pair[0])
            if found is not None:
                judged[mention] = found[1]
        return list(judged.values())

    def _weigh(
        self, sentence: Sentence, mention: int, judged: dict[int, Judged]
    ) -> Iterator[tuple[tuple[float, int], Judged]]:
        """Yield what may be stated of a mention; longer phrases and nearer cues weigh more."""
        start, end = sentence.spans[mention]
        before, after = sentence.text[:start].lower().rstrip(), sentence.text[end:].lower().lstrip()
        candidates = sentence.of(mention)
        for one in candidates:
            name = one.relation
            said = [words for words in self._before.get(name, ()) if _ends(before, words)]
            said += [words for words in self._after.get(name, ()) if _starts(after, words)]
            if said:
                yield (PHRASE, max(map(len, said))), Judged(one, PHRASE)
            elif self._is_listed(sentence, mention, one, judged):
                yield (judged[mention - 1].confidence, 0), Judged(one, judged[mention - 1].confidence)
            elif distance := _distance(self._cues.get(name, set()), before, after):
                yield (CUE, -distance), Judged(one, CUE)
        if len({one.relation for one in candidates}) == 1:
            yield (ALONE, 0), Judged(candidates[0], ALONE)

    def _is_listed(self, sentence: Sentence, mention: int, one: Candidate, judged: dict[int, Judged]) -> bool:
        """Tell whether only a comma or an "and" parts a mention from one that has this relation."""
        previous = judged.get(mention - 1)
        if previous is None or previous.candidate.relation != one.relation:
            return False
        return bool(_LIST.fullmatch(sentence.text[sentence.spans[mention - 1][1] : sentence.spans[mention][0]]))


def _words_around(phrase: str) -> tuple[set[str], set[str]]:
    """Return what a phrase has before the object's name, and what after it.

    "{s} was directed by {o}" has "directed by" before it; "{o} directed {s}" has "directed" after it.
    """
    subject, obj = phrase.find("{s}"), phrase.find("{o}")
    if subject < 0 or obj < 0:
        return set(), set()
    if subject < obj:
        return {_WEAK.sub("", phrase[subject + 3 : obj].strip())} - {""}, set()
    return {phrase[:obj].strip()} - {""}, {_WEAK.sub("", phrase[obj + 3 : subject].strip())} - {""}


def _telling(words: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Leave out what several relations are said with ("by"): it tells none of them."""
    counts = Counter(word for known in words.values() for word in known)
    return {name: {word for word in known if counts[word] == 1} for name, known in words.items()}


def _distance(cues: set[str], before: str, after: str) -> int:
    """Return how many words away the nearest cue of the same clause is, counted from 1; 0 where none is near."""
    left = re.findall(r"[\w-]+", _CLAUSE.split(before)[-1])[-NEAR:][::-1]
    right = re.findall(r"[\w-]+", _CLAUSE.split(after)[0])[:NEAR]
    near = [at for words in (left, right) for at, word in enumerate(words, 1) if word in cues]
    return min(near, default=0)


def _ends(text: str, words: str) -> bool:
    return text.endswith(words) and not text[: -len(words)][-1:].isalnum()


def _starts(text: str, words: str) -> bool:
    return text.startswith(words) and not text[len(words) :][:1].isalnum()
