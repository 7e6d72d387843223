"""The verifier: code that accepts a text only if cited triples and the user's history entail every statement in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from agent.answer import Claim, HistoryFact
from agent.evidence import Evidence, Fact, year_of
from agent.parsing import IT, THIS, ClaimParser, Statement
from agent.sentences import Sentences
from kg.asking import asked_of
from kg.snapshot import Snapshot
from kg.types import Iri, Triple

MAX_TEXT = 2000
"""Characters of a text that is read: two sentences are shorter, and a hostile one costs time by its cube."""

ROUNDING = 1e-6
"""What is not further apart than this adds the same; scores sum to within it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The claims of a text, each with its support; or the reason why the text may not be shown."""

    claims: tuple[Claim, ...]
    reason: str | None = None

    @property
    def holds(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Grounds:
    """What a text may rest on.

    Attributes:
        item: What "it" and "this film" mean; None for a text about a list.
        triples: What may be cited; each is looked up in the graph.
        history: The user's own values by item.
        others: The items of the history that may be named.
        scores: What history items add to the item's score, by item; for a list, per listed item.
        wishes: What the request asked for.
        listed: The items of the list that a text is about.
    """

    item: Iri | None
    triples: frozenset[Triple] = frozenset()
    history: Mapping[Iri, float] = field(default_factory=dict)
    others: frozenset[Iri] = frozenset()
    scores: Mapping[Iri, Mapping[Iri, float]] = field(default_factory=dict)
    wishes: frozenset[str] = frozenset()
    listed: tuple[Iri, ...] = ()

    @classmethod
    def of(
        cls,
        item: Iri,
        evidence: Sequence[Evidence],
        history: Mapping[Iri, float],
        scores: Mapping[Iri, float] | None = None,
    ) -> "Grounds":
        """Return the grounds that chosen evidence gives."""
        return cls(
            item,
            frozenset(chain.from_iterable(piece.triples for piece in evidence)),
            history,
            frozenset(chain.from_iterable(piece.others for piece in evidence)),
            {item: scores or {}},
            frozenset(piece.triple.object for piece in evidence if isinstance(piece, Fact) and piece.wished),
        )

    @classmethod
    def cited(
        cls,
        snapshot: Snapshot,
        item: Iri,
        claims: Iterable[Claim],
        history: Mapping[Iri, float],
        scores: Mapping[Iri, float] | None = None,
    ) -> "Grounds":
        """Return the grounds that claims cite, as far as the graph holds them now; `history` is looked up by them."""
        claims = list(claims)
        rows = {row for claim in claims for row in claim.triples}
        triples = {
            triple
            for subject, predicate, obj in rows
            for triple in snapshot.live.triples(subject=subject, predicate=predicate)
            if triple.object == obj
        }
        others = {Iri(one.iri) for claim in claims for one in (*claim.history, *claim.scores)}
        wishes = frozenset(iri for claim in claims for iri in claim.wishes)
        return cls(item, frozenset(triples), history, frozenset(others), {item: scores or {}}, wishes)


class Verifier:
    """Checks texts against a graph and a user's history; fails closed."""

    def __init__(self, snapshot: Snapshot, sentences: Sentences) -> None:
        self._snapshot = snapshot
        self._sentences = sentences
        self._parser = ClaimParser(sentences, snapshot.manifest)

    def check(self, text: str, grounds: Grounds) -> Verdict:
        """Take a text apart and look for cited triples, all of them in the graph, that entail each statement."""
        if len(text) > MAX_TEXT:
            return Verdict((), f"it has {len(text):,} characters; a justification has {MAX_TEXT:,} at most")
        case = _Case(self._snapshot, self._sentences, grounds)
        clauses = self._parser.parse(text, list(case.known))
        if not clauses:
            return Verdict((), "it says something that no phrase of the graph's relations says")
        claims: list[Claim] = []
        clear, about = True, grounds.item is None
        for said, readings in clauses:
            claim, read = case.supported(said, readings)
            if claim is None or read is None:
                return Verdict((), f"no cited fact supports: {said}")
            if not clear and read.names_item_by_pronoun:
                return Verdict((), f"“it” may be read as another item: {said}")
            clear = case.names_item(said, read)
            about = about or case.mentions_item(read)
            claims.append(claim)
        if not about:
            return Verdict((), "it does not speak of the item")
        return Verdict(tuple(claims))


class _Case:
    """One text's grounds, with the labels that may stand for them."""

    def __init__(self, snapshot: Snapshot, sentences: Sentences, grounds: Grounds) -> None:
        self._snapshot = snapshot
        self._grounds = grounds
        self._sentences = sentences
        self.known: dict[str, set[str]] = {}
        ends = [(one, False) for one in (*grounds.others, *grounds.listed, *sorted(grounds.wishes))]
        ends += [(grounds.item, False)] if grounds.item is not None else []
        for triple in grounds.triples:
            ends += [(triple.subject, False), (Iri(triple.object), triple.literal)]
        for value, literal in ends:
            self.known.setdefault(sentences.label(value, literal=literal), set()).add(value)

    def supported(self, said: str, readings: Iterable[Statement]) -> tuple[Claim | None, Statement | None]:
        """Return the claim of the first reading that holds; None where nothing cited entails one."""
        for reading in readings:
            claim = self._support(said, reading)
            if claim is not None:
                return claim, reading
        return None, None

    def mentions_item(self, read: Statement) -> bool:
        """Tell whether a statement says something of the item."""
        return any(self._grounds.item in self._meant(value) for _, value in read.slots)

    def names_item(self, said: str, read: Statement) -> bool:
        """Tell whether a clause begins with the item and compares it with none, so that "it" may follow.

        "Like B, A ..." speaks of A; of "A and B ..." and "C acts in A" a reader cannot be sure.
        """
        item, words = self._grounds.item, said.lower()
        if item is None or not any(item in self._meant(value) for slot, value in read.slots if slot != "b"):
            return False
        if words.startswith("like "):
            return True
        names = (self._sentences.label(item), self._sentences.this, self._sentences.pronoun)
        return "b" not in dict(read.slots) and words.startswith(tuple(name.lower() for name in names))

    def _support(self, said: str, read: Statement) -> Claim | None:  # noqa: PLR0911 - one line a kind
        match read.kind:
            case "fact":
                return _claim(said, [self._triple(read.relation, read["s"], self._meant(read["o"]))])
            case "shared":
                return self._shared(said, read)
            case "rated" | "loved" | "liked" | "used":
                return self._history(said, read)
            case "moved":
                return self._moved(said, read)
            case "count":
                return self._count(said, read)
            case "decade" | "gap":
                return self._dated(said, read)
            case "wish":
                wished = sorted(self._meant(read["o"]) & self._grounds.wishes)
                return Claim(text=said, wishes=wished) if wished else None
            case _:
                return self._listed(said, read)

    def _shared(self, said: str, read: Statement) -> Claim | None:
        for shared in sorted(self._meant(read["o"])):
            first = self._triple(read.relation, read["a"], {shared})
            second = self._triple(read.relation, read["b"], {shared})
            if first and second and first != second:
                return _claim(said, [first, second])
        return None

    def _history(self, said: str, read: Statement) -> Claim | None:
        slots = dict(read.slots)
        for iri in sorted(self._meant(read["b"])):
            value = self._grounds.history.get(Iri(iri))
            if value is not None and self._says(read.kind, value, slots):
                return Claim(text=said, history=[self._entry(iri, value)])
        return None

    def _says(self, kind: str, value: float, slots: Mapping[str, str]) -> bool:
        top = self._sentences.top
        match kind:
            case "rated":
                return f"{value:g}" == slots["v"] and slots["max"] == top
            case "loved":
                return bool(top) and f"{value:g}" == top
            case "liked":
                return self._is_liked(value)
            case _:
                return True

    def _moved(self, said: str, read: Statement) -> Claim | None:
        item = self._grounds.item
        scores = self._grounds.scores.get(item, {}) if item is not None else {}
        first = most(scores)
        if first is None or first not in self._meant(read["b"]) or first not in self._grounds.history:
            return None
        if item not in self._meant(read["this"]):
            return None
        held = [self._entry(first, self._grounds.history[first])]
        return Claim(text=said, history=held, scores=[self._entry(first, scores[first])])

    def _count(self, said: str, read: Statement) -> Claim | None:
        """Check that so many liked items of the history, and no more, are related to the entity as the item is."""
        predicate = self._predicate(read.relation)
        for shared in sorted(self._meant(read["o"])):
            own = self._triple(read.relation, read["s"], {shared})
            related = sorted(self._snapshot.live.triples(predicate=predicate, obj=shared))
            held = [
                one
                for one in related
                if one.subject != self._grounds.item
                and one.subject in self._grounds.history
                and self._is_liked(self._grounds.history[one.subject])
                and not self._snapshot.is_flagged(one)
            ]
            if own and self._number(len(held)) == read["n"]:
                entries = [self._entry(one.subject, self._grounds.history[one.subject]) for one in held]
                return Claim(text=said, triples=[own.row, *(one.row for one in held)], history=entries)
        return None

    def _dated(self, said: str, read: Statement) -> Claim | None:
        ours, theirs = self._year(read.relation, read["a"]), self._year(read.relation, read["b"])
        if ours is None or theirs is None or ours == theirs:
            return None
        first, second = year_of(ours.object), year_of(theirs.object)
        if not first or not second:
            return None
        if read.kind == "decade":
            holds = first // 10 == second // 10 == int(read["d"]) // 10
        else:
            asked = asked_of(self._snapshot.manifest, read.relation)
            later = read["more"] in asked.more
            gap = first - second if later else second - first
            holds = gap > 0 and self._number(gap) == read["n"]
        return _claim(said, [ours, theirs]) if holds else None

    def _listed(self, said: str, read: Statement) -> Claim | None:
        listed = self._grounds.listed
        if not listed:
            return None
        match read.kind:
            case "list_count":
                return self._list_count(said, read)
            case "list_span":
                years = [one for one in (self._year_triple(read.relation, iri) for iri in listed) if one is not None]
                found = sorted(years, key=lambda one: year_of(one.object))
                if len(years) != len(listed) or not all(year_of(one.object) for one in years):
                    return None
                span = str(year_of(found[0].object)), str(year_of(found[-1].object))
                return _claim(said, years) if span == (read["low"], read["high"]) and span[0] != span[1] else None
            case _:
                return self._list_moved(said, read)

    def _list_count(self, said: str, read: Statement) -> Claim | None:
        for shared in sorted(self._meant(read["o"])):
            found = [self._triple_of(read.relation, {iri}, {shared}) for iri in self._grounds.listed]
            held = [one for one in found if one is not None]
            if held and self._number(len(held)) == read["n"]:
                return _claim(said, held)
        return None

    def _list_moved(self, said: str, read: Statement) -> Claim | None:
        best: dict[Iri, list[float]] = {}
        for scores in (self._grounds.scores.get(iri, {}) for iri in self._grounds.listed):
            first = most(scores)
            if first is not None:
                best.setdefault(first, []).append(scores[first])
        for iri in sorted(self._meant(read["b"])):
            values, known = best.get(Iri(iri), []), self._grounds.history.get(Iri(iri))
            if values and known is not None and self._number(len(values)) == read["n"]:
                entries = [self._entry(iri, value) for value in values]
                return Claim(text=said, history=[self._entry(iri, known)], scores=entries)
        return None

    def _triple(self, relation: str, subject: str, objects: set[str]) -> Triple | None:
        return self._triple_of(relation, self._meant(subject), objects)

    def _triple_of(self, relation: str, subjects: Iterable[str], objects: set[str]) -> Triple | None:
        """Return a cited triple, in the graph and not flagged, of this relation from one to the other."""
        predicate, subjects = self._predicate(relation), set(subjects)
        cited = (
            one
            for one in sorted(self._grounds.triples)
            if one.predicate == predicate and one.subject in subjects and one.object in objects
        )
        return next((one for one in cited if self._stands(one)), None)

    def _year(self, relation: str, label: str) -> Triple | None:
        subjects = sorted(self._meant(label))
        return next((one for iri in subjects if (one := self._year_triple(relation, iri)) is not None), None)

    def _year_triple(self, relation: str, iri: str) -> Triple | None:
        """Return the cited year of an item, if the graph states one and no other."""
        predicate = self._predicate(relation)
        cited = [one for one in sorted(self._grounds.triples) if (one.subject, one.predicate) == (iri, predicate)]
        stated = {one.object for one in self._snapshot.live.triples(subject=iri, predicate=predicate)}
        return cited[0] if len(cited) == 1 == len(stated) and self._stands(cited[0]) else None

    def _stands(self, triple: Triple) -> bool:
        return triple in self._snapshot.live and not self._snapshot.is_flagged(triple)

    def _predicate(self, relation: str) -> str:
        return self._snapshot.manifest.relations[relation].iri

    def _is_liked(self, value: float) -> bool:
        threshold = self._snapshot.manifest.interactions.liked_from
        return threshold is None or value >= threshold

    def _number(self, value: int) -> str:
        return self._sentences.wording.number(value)

    def _entry(self, iri: str, value: float) -> HistoryFact:
        return HistoryFact(iri=iri, label=self._snapshot.label(iri), value=value)

    def _meant(self, label: str) -> set[str]:
        if label in (IT, THIS):
            return {self._grounds.item} if self._grounds.item is not None else set()
        return self.known.get(label, set())


def most(scores: Mapping[Iri, float]) -> Iri | None:
    """Return what adds most to a score; None where nothing adds more than a rounding error, or two add the same."""
    ordered = sorted(scores, key=lambda one: (-scores[one], one))
    least = max([0.0, *(scores[one] for one in ordered[1:2])])
    return ordered[0] if ordered and scores[ordered[0]] > least + ROUNDING else None


def _claim(said: str, triples: Sequence[Triple | None]) -> Claim | None:
    found = [triple for triple in triples if triple is not None]
    if len(found) != len(triples):
        return None
    return Claim(text=said, triples=[one.row for one in found])
