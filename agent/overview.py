"""The overview of a list: what its items have in common, in one paragraph, verified like a justification."""

import random
from collections.abc import Mapping, Sequence
from itertools import permutations

from agent.answer import Justification
from agent.evidence import year_of
from agent.sentences import Sentences
from agent.verify import Grounds, Verifier, most
from kg.snapshot import Snapshot
from kg.types import Iri, Triple

LEAST = 3
"""Items from which a list has an overview."""

SAID = 3
"""Statements that an overview makes at most."""

OFFERED = 12

Scores = Mapping[Iri, Mapping[Iri, float]]


class Overview:
    """Makes what may be said of a whole list."""

    def __init__(self, snapshot: Snapshot, sentences: Sentences, verifier: Verifier) -> None:
        self._snapshot = snapshot
        self._sentences = sentences
        self._verifier = verifier

    def options(
        self, listed: Sequence[Iri], scores: Scores, history: Mapping[Iri, float], avoided: set[str]
    ) -> tuple[list[str], Grounds]:
        """Return texts that the verifier accepts, and what they rest on; none where the items have nothing in common.

        Args:
            listed: The items, best first.
            scores: What items of the history add to the score of each.
            history: The user's values by item.
            avoided: What the request does not want to hear of.
        """
        shared = self._shared(listed, avoided) if len(listed) >= LEAST else []
        years = self._years(listed) if len(listed) >= LEAST else []
        best = self._best(listed, scores, history) if len(listed) >= LEAST else None
        grounds = Grounds(
            None,
            frozenset([*(one for _, _, triples in shared for one in triples), *(one for _, one in years)]),
            history,
            frozenset([best[0]] if best else []),
            scores,
            listed=tuple(listed),
        )
        groups = [self._counted(name, entity, triples) for name, entity, triples in shared]
        groups += [self._span(years)] if years else []
        groups += [self._led(*best)] if best else []
        rng = random.Random("|".join(listed))
        texts = [self._text(rng, order) for order in permutations(groups[:SAID]) for _ in range(4)]
        kept = [text for text in dict.fromkeys(texts) if text and self._verifier.check(text, grounds).holds]
        rng.shuffle(kept)
        return kept[:OFFERED], grounds

    def told(self, text: str, grounds: Grounds) -> Justification | None:
        """Return a text with its claims, if it holds."""
        verdict = self._verifier.check(text, grounds)
        return Justification(text=text, claims=list(verdict.claims), written_by="code") if verdict.holds else None

    def _text(self, rng: random.Random, groups: Sequence[Sequence[str]]) -> str:
        """Say one statement a group, the first two in one sentence."""
        chosen = [rng.choice(list(group)) for group in groups if group]
        join = rng.choice(self._sentences.wording.connectors)
        parts = [join.join(chosen[:2]), *chosen[2:]]
        return self._sentences.wording.space.join(self._sentences.sentence(part) for part in parts if part)

    def _shared(self, listed: Sequence[Iri], avoided: set[str]) -> list[tuple[str, str, list[Triple]]]:
        """Return the relations and entities that most items of the list have in common, rare ones first."""
        found: dict[tuple[str, str], list[Triple]] = {}
        for iri in listed:
            for triple in self._snapshot.facts(iri):
                name = self._snapshot.manifest.relation_of(triple.predicate)
                speaks = name is not None and self._sentences.speaks(name)
                if name and speaks and triple.subject == iri and not triple.literal and triple.object not in avoided:
                    found.setdefault((name, triple.object), []).append(triple)
        relations = self._snapshot.manifest.relations
        told = [
            (name, entity, triples)
            for (name, entity), triples in found.items()
            if len(triples) > 1
            and relations[name].weight > 0
            and not any(self._snapshot.is_flagged(one) for one in triples)
        ]
        told.sort(key=lambda one: (-len(one[2]) * relations[one[0]].weight, one[1]))
        return told[:2]

    def _years(self, listed: Sequence[Iri]) -> list[tuple[str, Triple]]:
        """Return the year of each item; none unless all have one."""
        for name, relation in self._snapshot.manifest.relations.items():
            if relation.noun == "year" and self._sentences.speaks(name):
                found = [
                    (name, one)
                    for iri in listed
                    for one in self._snapshot.facts(iri)
                    if (one.subject, one.predicate) == (iri, relation.iri)
                ]
                years = {year_of(one.object) for _, one in found}
                return found if len(found) == len(listed) and all(years) and len(years) > 1 else []
        return []

    def _best(self, listed: Sequence[Iri], scores: Scores, history: Mapping[Iri, float]) -> tuple[Iri, int] | None:
        """Return the item of the history that adds most to two or more items of the list."""
        counts: dict[Iri, int] = {}
        for iri in listed:
            first = most(scores.get(iri, {}))
            if first is not None and first in history:
                counts[first] = counts.get(first, 0) + 1
        best = max(sorted(counts), key=lambda one: counts[one], default=None)
        return (best, counts[best]) if best is not None and counts[best] > 1 else None

    def _counted(self, name: str, entity: str, triples: Sequence[Triple]) -> list[str]:
        noun = self._sentences.relation_noun(name)
        values = {
            "n": self._sentences.wording.number(len(triples)),
            "o": self._sentences.label(entity),
            "noun": noun,
            "role": self._sentences.role(name),
        }
        return [phrase.format(**values) for phrase in self._sentences.wording.overview["count"]]

    def _span(self, years: Sequence[tuple[str, Triple]]) -> list[str]:
        found = sorted(year_of(triple.object) for _, triple in years)
        values = {"low": found[0], "high": found[-1]}
        return [phrase.format(**values) for phrase in self._sentences.wording.overview["span"]]

    def _led(self, best: Iri, count: int) -> list[str]:
        values = {"b": self._sentences.label(best), "n": self._sentences.wording.number(count)}
        return [phrase.format(**values) for phrase in self._sentences.wording.overview["moved"]]
