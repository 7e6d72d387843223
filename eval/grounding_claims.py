"""A strict yardstick for claims, without the verifier's code: what is named must be cited, what is cited be true.

It does not read sentences. Every name and number of a claim must be the label or value of something that the claim
cites, or follow from it by counting; every cited triple must be in the graph and every cited rating in the history;
and what is said to add most to a score must do so among all that adds to it, not only among what an answer shows.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib import resources

from agent.answer import Claim
from agent.untrusted import plain
from eval.grounding_checks import COUNTS, WORD, named_words
from kg.manifest import Manifest
from kg.snapshot import Snapshot
from kg.types import Iri

NEAR = 1e-6
"""How far sums of contributions may be from each other and be called equal."""

_YEAR = re.compile(r"\d{4}\b")
_OPENERS = (
    "a also an and another as because both by for from here his her in it its like of on one since so that the their "
    "there these they this those to too what who with you your"
)
"""Words that may open a sentence and name nothing."""


class CitationCheck:
    """Checks claims against what they cite.

    Args:
        snapshot: The graph that cited triples must be in.
        top: The top of the rating scale, which a claim may name without citing it; empty where there is none.
    """

    def __init__(self, snapshot: Snapshot, top: str) -> None:
        self._snapshot = snapshot
        self._top = top
        self._said = _vocabulary(snapshot.manifest)

    def problems(
        self, claims: Sequence[Claim], label: str, history: Mapping[Iri, float], added: Sequence[Mapping[Iri, float]]
    ) -> list[str]:
        """Return for each claim of a text why what is cited does not hold it; empty where it does.

        Args:
            claims: Of a text about one item. Claims of the same words ("a book by X with the genre Y") may name what
                any of them cites.
            label: The item's name, which every claim of the text may say.
            history: The user's values by item.
            added: What each item of the history adds to the score, all of them, for each item that the text is about.
        """
        names: dict[str, set[str]] = {}
        for claim in claims:
            names.setdefault(claim.text, {label, self._top}).update(self._cited(claim))
        return [
            self._miscited(one, history) or _outdone(one, added) or self._unnamed(one, names[one.text])
            for one in claims
        ]

    def _miscited(self, claim: Claim, history: Mapping[Iri, float]) -> str:
        if not (claim.triples or claim.history or claim.wishes):
            return "it cites nothing"
        for row in claim.triples:
            if row not in {one.row for one in self._snapshot.live.triples(subject=row[0], predicate=row[1])}:
                return f"a cited triple is not in the graph: {' '.join(row)}"
        for entry in claim.history:
            if history.get(Iri(entry.iri)) != entry.value:
                return f"a cited rating is not in the history: {entry.label} {entry.value:g}"
        return ""

    def _unnamed(self, claim: Claim, names: Collection[str]) -> str:
        left = _without(claim.text, names)
        stray = [word for word in named_words(left, inside=True) if not self._is_plain(word)]
        if stray:
            return f"it names what it does not cite: {', '.join(stray)}"
        wrong = [word for word in _counts(left) if word not in _counted(claim)]
        return f"it counts what it does not cite: {', '.join(wrong)}" if wrong else ""

    def _is_plain(self, word: str) -> bool:
        return word.casefold() in self._said or word.isdigit()  # digits are left to the counts

    def _cited(self, claim: Claim) -> Iterator[str]:
        label = self._snapshot.label
        for subject, _, obj in claim.triples:
            yield from (plain(label(subject)), plain(obj))
            if "://" in obj:
                yield plain(label(obj))
            elif year := _YEAR.match(obj):
                yield from (year.group(), f"{year.group()[:3]}0s")
        for entry in claim.history:
            yield from (plain(label(entry.iri)), f"{entry.value:g}")
        for wish in claim.wishes:
            yield plain(label(wish))


def _outdone(claim: Claim, added: Sequence[Mapping[Iri, float]]) -> str:
    """Return why a history item that a claim says to add most does not, or not to as many scores, or not as much."""
    if not claim.scores:
        return ""
    first = Iri(claim.scores[0].iri)
    most = sorted(sums[first] for sums in added if sums.get(first, 0.0) > max([0.0, *_others(sums, first)]))
    cited = sorted(one.value for one in claim.scores if one.iri == first)
    if len(cited) == len(claim.scores) == len(most) and all(map(_is_near, cited, most)):
        return ""
    told, found = (", ".join(f"{value:.4f}" for value in values) or "nothing" for values in (cited, most))
    return f"what it says to add most does not: {claim.scores[0].label}, cited {told}; most where it adds {found}"


def _others(sums: Mapping[Iri, float], first: Iri) -> list[float]:
    return [value for iri, value in sums.items() if iri != first]


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= NEAR


def _counted(claim: Claim) -> set[str]:
    """Return the numbers that follow from what a claim cites: how much it cites, and years between years."""
    years = [int(found.group()) for row in claim.triples if (found := _YEAR.match(row[2]))]
    numbers = {
        len(claim.history) or len(claim.triples),
        len(claim.scores),
        *(abs(one - other) for one in years for other in years),
    }
    return {str(number) for number in numbers} | {word for at, word in enumerate(COUNTS, start=2) if at in numbers}


def _counts(text: str) -> list[str]:
    return [word for word in WORD.findall(text.casefold()) if word in COUNTS or word.isdigit()]


def _without(text: str, names: Iterable[str]) -> str:
    for name in sorted((name for name in names if name), key=lambda name: (-len(name), name)):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
        text = re.sub(rf"^{re.escape(name[:1].upper() + name[1:])}(?!\w)", " ", text)
    return text


def _vocabulary(manifest: Manifest) -> frozenset[str]:
    """Return the words with which a domain and the language speak; they may have capitals, and name nothing."""
    texts = [_OPENERS, resources.files("prompts.phrases").joinpath("en.toml").read_text("utf-8")]
    for relation in manifest.relations.values():
        said = relation.said()
        texts += [*said.fact, *said.shared, relation.noun, relation.plural]
    return frozenset(word.casefold() for text in texts for word in WORD.findall(text))
