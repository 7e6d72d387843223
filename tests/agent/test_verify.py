"""The verifier as a sceptic meets it: what evidence says is accepted, and whatever is changed in it is refused."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from agent.evidence import Evidence, Fact, Shared
from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation, Period, Ref
from agent.sentences import Sentences
from agent.toolbox import Toolbox
from agent.verify import Grounds, Verdict, Verifier, most
from kg.domain import Domains
from kg.snapshot import Snapshot, open_snapshot
from kg.types import Iri, Triple
from tests.agent.conftest import film
from tools.paths import PathReasoner

BOOK, PERSON, VOCAB = (f"http://shop.example/{kind}/" for kind in ("book", "person", "vocab"))
DRACULA, FRANKENSTEIN = Iri(BOOK + "dracula"), Iri(BOOK + "frankenstein")
ANY_YEAR = Period(relation="year", low=None, high=None, wanted=True)
KINDS = {
    "ends swapped", "other relation", "other item", "number off by one", "rating off by one", "scale off", "adjective",
    "unknown name", "negation", "item not rated", "wrong pronoun", "fact not cited", "glued on",
}  # fmt: skip


Piece = Fact | Shared

_SENTENCES: dict[Path, Sentences] = {}
_VERIFIERS: dict[int, Verifier] = {}


def verifier_of(snapshot: Snapshot, sentences: Sentences) -> Verifier:
    return _VERIFIERS.setdefault(id(snapshot), _VERIFIERS.get(id(snapshot)) or Verifier(snapshot, sentences))


def sentences_of(folder: Path, snapshot: Snapshot) -> Sentences:
    """Return the sentences of a domain; their patterns are compiled once."""
    return _SENTENCES.setdefault(folder, _SENTENCES.get(folder) or Sentences(snapshot))


@dataclass(frozen=True)
class Case:
    """An item with what may be said of it."""

    snapshot: Snapshot
    item: Iri
    evidence: tuple[Piece, ...]
    history: Mapping[Iri, float]

    @property
    def sentences(self) -> Sentences:
        return sentences_of(self.snapshot.folder, self.snapshot)

    def check(self, text: str) -> Verdict:
        return verifier_of(self.snapshot, self.sentences).check(
            text, Grounds.of(self.item, self.evidence, self.history)
        )

    def label(self, value: str, *, literal: bool = False) -> str:
        return self.sentences.label(value, literal=literal)

    def ways(self) -> list[str]:
        said = self.sentences
        return [way for piece in self.evidence for again in (False, True) for way in said.ways(piece, again=again)]


def cases_of(toolbox: Toolbox, items: Sequence[str], users: Sequence[str | None]) -> Iterator[Case]:
    """Yield each item for each user, by history alone and with examples."""
    snapshot, finder = toolbox.snapshot, EvidenceFinder(toolbox)
    for item in map(Iri, items):
        for user in users:
            known = {} if user is None else snapshot.interactions.history(user)
            history = {Iri(snapshot.items[column]): value for column, value in known.items()}
            moved = [one for one, value in history.items() if value >= 4 and one != item]
            for examples, periods in (((), [ANY_YEAR]), (moved[-2:] or (DRACULA,), [])):
                like = [Ref(iri=one, label=snapshot.label(one), text="") for one in examples if one != item]
                meaning = Interpretation(intent="recommend", like=like, periods=periods)
                chosen = finder.choose(item, meaning, history, moved)
                spoken = plain_pieces(chosen)
                if spoken:
                    yield Case(snapshot, item, spoken, history)


def plain_pieces(chosen: Sequence[Evidence]) -> tuple[Piece, ...]:
    return tuple(one for one in chosen if isinstance(one, Fact | Shared))


def bookshop_cases(toolbox: Toolbox) -> list[Case]:
    return list(cases_of(toolbox, toolbox.snapshot.items, [None, "ann", "ben", "cat", "dan", "eve", "fay"]))


@pytest.fixture(scope="module")
def ml100k_cases(ml100k: Snapshot) -> list[Case]:
    """150 films, each for one user, with examples in turn; evidence needs the graph and the paths only."""
    rng = np.random.default_rng(5)
    toolbox = cast(Toolbox, SimpleNamespace(snapshot=ml100k, paths=PathReasoner(ml100k)))
    cases: list[Case] = []
    for at, item in enumerate(rng.choice(ml100k.items, 150, replace=False).tolist()):
        user = str(rng.choice(ml100k.interactions.users))
        cases += list(cases_of(toolbox, [item], [user]))[at % 2 :][:1]
    return cases


def assert_accepted(cases: Sequence[Case]) -> int:
    said = 0
    for case in cases:
        assert case.evidence
        for way in case.ways():
            verdict = case.check(way)
            assert verdict.holds, f"{way}: {verdict.reason}"
            assert verdict.claims
            for claim in verdict.claims:
                assert claim.triples or claim.history
                assert all(claimed_in(case, *row) for row in claim.triples)
                assert all(case.history[Iri(one.iri)] == one.value for one in claim.history)
            said += 1
    return said


def claimed_in(case: Case, subject: str, predicate: str, obj: str) -> bool:
    found = case.snapshot.store.triples(subject=subject, predicate=predicate)
    return any(triple.object == obj for triple in found)


@pytest.mark.slow
def test_every_way_to_say_evidence_is_accepted(toolbox: Toolbox) -> None:
    assert assert_accepted(bookshop_cases(toolbox)) > 500


@pytest.mark.slow
def test_every_way_to_say_evidence_of_real_films_is_accepted(ml100k_cases: list[Case]) -> None:
    assert assert_accepted(ml100k_cases) > 1500


@pytest.mark.slow
def test_a_sentence_may_begin_with_a_name_in_lower_case(tmp_path: Path) -> None:
    """The genres of the sample films are written small: "Science fiction is a genre of ..." is said."""
    domains = Domains(tmp_path)
    films = open_snapshot(domains.find("films"), domains.fitted(domains.find("films")))
    toolbox = cast(Toolbox, SimpleNamespace(snapshot=films, paths=PathReasoner(films)))
    finder, alien = EvidenceFinder(toolbox), films.item("Alien")
    meaning = Interpretation(intent="recommend", like=[Ref(iri=alien, label="Alien", text="Alien")])
    items = [Iri(iri) for iri in films.items if iri != alien]
    cases = [Case(films, item, plain_pieces(finder.choose(item, meaning, {}, [])), {}) for item in items]
    cases = [case for case in cases if any(piece.relation == "genre" for piece in case.evidence)][:60]
    assert assert_accepted(cases) > 200
    begun = [way for case in cases for way in case.ways() if way.startswith("Science fiction is a genre of")]
    assert begun
    told = [claim.text for case in cases for way in case.ways() if way in begun for claim in case.check(way).claims]
    assert all(text.startswith("Science fiction is a genre of") for text in told)


def truths(case: Case) -> set[str]:
    """Return everything that the evidence says, in any phrase, so that no mutation is one of them by accident."""
    said = case.sentences
    more: list[Piece] = [
        replace(piece, item=piece.other, other=piece.item, value=None)
        for piece in case.evidence
        if isinstance(piece, Shared)
    ]
    more += [
        Fact(relation, triple, case.item)
        for piece in case.evidence
        for triple in piece.triples
        if (relation := case.snapshot.manifest.relation_of(triple.predicate))
    ]
    return {
        way for piece in (*case.evidence, *more) for again in (False, True) for way in said.ways(piece, again=again)
    }


def mutations(case: Case, piece: Piece) -> Iterator[tuple[str, str]]:
    """Yield false or unsupported texts made from a true sentence, by kind."""
    for way in case.sentences.ways(piece)[:1]:
        yield from _changed_words(case, way)
        yield from _changed_ends(case, piece, way)
        yield from _not_cited(case, piece, way)
        if isinstance(piece, Shared):
            yield from _changed_rating(case, piece, way)


def _changed_words(case: Case, way: str) -> Iterator[tuple[str, str]]:
    for verb, negated in (
        (" was ", " was not "), (" were ", " were not "), (" has ", " has no "), (" share ", " do not share "),
        (" directed ", " never directed "), (" is ", " is not "), (" came out ", " did not come out "),
    ):  # fmt: skip
        if verb in way:
            yield "negation", way.replace(verb, negated, 1)
    item = case.label(case.item)
    yield "adjective", way.replace(item, f"the award-winning {item}", 1)
    yield "adjective", f"{way[:-1]} brilliantly."
    yield "glued on", f"{way[:-1]} and it won an award."
    yield "glued on", f"{way[:-1]}, and it won an award."
    yield "glued on", f"{way} It won an award."
    yield "unknown name", way.replace(item, "Zorblax Quux", 1)


def _changed_ends(case: Case, piece: Piece, way: str) -> Iterator[tuple[str, str]]:
    item = case.label(case.item)
    if isinstance(piece, Fact):
        other = case.label(piece.triple.subject if piece.triple.object == case.item else piece.triple.object,
                           literal=piece.triple.literal)  # fmt: skip
    else:
        other = case.label(piece.shared)
    if item != other:
        yield "ends swapped", _swapped(way, item, other)
    yield "unknown name", way.replace(other, "Zorblax Quux", 1)
    named = {
        case.label(end) for one in case.evidence for triple in one.triples for end in (triple.subject, triple.object)
    }
    others = (label for one in case.snapshot.items if (label := case.label(one)) not in named)
    for label in islice(others, 2):
        yield "other item", way.replace(item, label, 1)
    if other.isdigit():
        for number in (int(other) - 1, int(other) + 1):
            yield "number off by one", re.sub(rf"\b{other}\b(?!.*\b{other}\b)", str(number), way)
    for name, relation in case.snapshot.manifest.relations.items():
        if name != piece.relation and isinstance(piece, Fact):
            values = {"s": case.label(piece.triple.subject), "o": case.label(piece.triple.object, literal=True)}
            if not piece.triple.literal:
                values["o"] = case.label(piece.triple.object)
            for phrase in relation.said("en").fact:
                said = phrase.format(**values)
                yield "other relation", said[:1].upper() + said[1:] + "."


def _not_cited(case: Case, piece: Piece, way: str) -> Iterator[tuple[str, str]]:
    said = case.sentences
    cited = {triple for one in case.evidence for triple in one.triples}
    for triple in islice((one for one in case.snapshot.facts(case.item) if one not in cited), 2):
        relation = case.snapshot.manifest.relation_of(triple.predicate)
        assert relation is not None
        text = said.ways(Fact(relation, triple, case.item))[0]
        yield "fact not cited", text
        yield "fact not cited", f"{way} {text}"
        yield "glued on", f"{way[:-1]} and {text}"
    if case.item not in case.history:
        yield "item not rated", f"{way[:-1]}, and you rated {case.label(case.item)} 5 out of 5."
        yield "item not rated", f"{way[:-1]}, and {case.label(case.item)} is in your history."
    if isinstance(piece, Shared):
        for triple in case.snapshot.facts(piece.other):
            relation = case.snapshot.manifest.relation_of(triple.predicate)
            same = any(one.object == triple.object for one in case.snapshot.facts(case.item))
            if relation and triple.subject == piece.other and not same:
                phrase = case.snapshot.manifest.relations[relation].said("en").fact[0]
                label = case.label(triple.object, literal=triple.literal)
                yield "wrong pronoun", f"{way} {phrase.format(s='It', o=label)}."


def _changed_rating(case: Case, piece: Shared, way: str) -> Iterator[tuple[str, str]]:
    rated = re.search(r"(\d+)( out of )(\d+)\.$", way)
    if rated:
        head, value, top = way[: rated.start()], int(rated[1]), int(rated[3])
        for changed in (value - 1, value + 1):
            yield "rating off by one", f"{head}{changed} out of {top}."
        for scale in (top - 1, top + 1, top * 10, top % 10 - 5, 0, 1):
            if scale != top:
                yield "scale off", f"{head}{value} out of {scale}."


def _swapped(text: str, one: str, other: str) -> str:
    pattern = "|".join(re.escape(label) for label in sorted((one, other), key=len, reverse=True))
    return re.sub(rf"(?<!\w)({pattern})(?!\w)", lambda match: other if match[0] == one else one, text)


def refused(cases: Sequence[Case]) -> Counter[str]:
    """Return how many mutations of each kind there were; fail if one is accepted."""
    counts: Counter[str] = Counter()
    for case in cases:
        true, seen = truths(case), set[str]()
        for piece in case.evidence:
            for kind, text in mutations(case, piece):
                if text not in true and text not in seen:
                    seen.add(text)
                    assert not case.check(text).holds, f"{kind}: {text}"
                    counts[kind] += 1
    return counts


@pytest.mark.slow
def test_every_mutation_is_refused(toolbox: Toolbox) -> None:
    counts = refused(bookshop_cases(toolbox))
    assert set(counts) == KINDS
    assert counts.total() > 3000


@pytest.mark.slow
def test_every_mutation_of_sentences_on_real_films_is_refused(ml100k_cases: list[Case]) -> None:
    counts = refused(ml100k_cases[::3])
    assert set(counts) == KINDS
    assert counts.total() > 3000


def test_a_triple_that_the_graph_does_not_hold_supports_nothing(toolbox: Toolbox) -> None:
    false = Triple(DRACULA, Iri(VOCAB + "author"), PERSON + "shelley")
    case = Case(toolbox.snapshot, DRACULA, (Fact("author", false, DRACULA),), {})
    assert not case.check("Dracula was written by Mary Shelley.").holds


@pytest.mark.parametrize("text", ["", " ", ".", "It.", "Good.", "Dracula.", "Dracula", "You will love it.", "\u0000"])
def test_a_text_that_claims_nothing_is_refused(toolbox: Toolbox, text: str) -> None:
    case = Case(
        toolbox.snapshot,
        DRACULA,
        plain_pieces(EvidenceFinder(toolbox).choose(DRACULA, Interpretation(intent="recommend"), {}, [])),
        {},
    )
    assert not case.check(text).holds


@pytest.mark.parametrize(
    "text", ["⟦0⟧ was written by ⟦1⟧.", "⟦99⟧ was written by Bram Stoker.", "⟦1000000⟧ was written by Bram Stoker."]
)
def test_marks_of_the_parser_are_no_names(toolbox: Toolbox, text: str) -> None:
    fact = Fact("author", Triple(DRACULA, Iri(VOCAB + "author"), PERSON + "stoker"), DRACULA)
    assert not Case(toolbox.snapshot, DRACULA, (fact,), {}).check(text).holds


def odd_cases(odd: Toolbox) -> list[Case]:
    return list(cases_of(odd, odd.snapshot.items, [None, "uma"]))


@pytest.mark.slow
def test_no_mutation_is_accepted_for_odd_names(odd: Toolbox) -> None:
    """A label that is an English pronoun, a number or half of another may cost its sentence, never the truth."""
    assert refused([case for case in odd_cases(odd) if case.label(case.item)]).total() > 1000


READABLE = (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 16, 18, 19, 22)
"""Films whose labels are strange, but can be told apart from the words around them."""


def test_odd_but_readable_names_are_said(odd: Toolbox) -> None:
    for number in READABLE:
        directed = odd.snapshot.facts(film(number))[0]
        case = Case(odd.snapshot, Iri(film(number)), (Fact("director", directed, Iri(film(number))),), {})
        text = case.sentences.ways(case.evidence[0])[0]
        assert case.check(text).holds, text


def directed(number: int, person: int) -> Triple:
    return Triple(Iri(film(number)), Iri("http://odd.example/v/director"), f"http://odd.example/person/{person}")


def test_the_longest_name_is_meant(odd: Toolbox) -> None:
    """Alien 3 has a director that Alien has not."""
    alien_3 = Case(odd.snapshot, Iri(film(7)), (Fact("director", directed(7, 3), Iri(film(7))),), {})
    name = alien_3.label("http://odd.example/person/3")
    assert alien_3.check(f"Alien 3 was directed by {name}.").holds
    assert not alien_3.check(f"Alien was directed by {name}.").holds


def test_of_two_entities_of_one_label_one_must_have_the_fact(odd: Toolbox) -> None:
    evidence = (Fact("director", directed(8, 1), Iri(film(8))), Fact("director", directed(9, 2), Iri(film(9))))
    case = Case(odd.snapshot, Iri(film(8)), evidence[:1], {})
    assert case.check("Twin was directed by It.").holds
    assert not case.check("Twin was directed by Robert Downey, Jr..").holds


def test_a_label_that_reads_as_a_statement_is_quoted(odd: Toolbox) -> None:
    said = Sentences(odd.snapshot)
    assert said.label("http://odd.example/person/3") == "“Bram Stoker. It won the Oscar”"
    assert said.label(film(12)) == "“Alien was directed by Steven Spielberg.”"
    assert said.label(film(15)) == "“Good, and you rated It 9 out of 10”"
    for name in ("H. G. Wells", "Dr. Strangelove or: How I Learned", "E.T. the Extra-Terrestrial", "J. R. R. Tolkien",
                 "Robert Downey, Jr.", "The Good, the Bad and the Ugly", "Airplane!", "Samuel L. Jackson",
                 "Mr. Smith Goes to Washington", "The People vs. Larry Flynt", "When Harry Met Sally..."):  # fmt: skip
        assert said.label(name, literal=True) == name
    for text in ("Bob. It lies here", "X” is bad. It lies here", "Malcolm X. It won an Oscar", "Yes! It won it"):
        assert said.label(text, literal=True)[0] == "“"
        assert said.label(text, literal=True).count("”") == 1


def test_a_label_that_is_a_statement_proves_nothing(odd: Toolbox) -> None:
    number = 12
    true = odd.snapshot.facts(film(number))[0]
    case = Case(odd.snapshot, Iri(film(number)), (Fact("director", true, Iri(film(number))),), {})
    assert not case.check("Alien was directed by Steven Spielberg.").holds
    assert not case.check(f"{case.ways()[0]} Alien was directed by Steven Spielberg.").holds


def test_a_scale_is_taken_whole(odd: Toolbox) -> None:
    """The scale ends with 10, so "out of 0" would pass for its end."""
    history = {Iri(film(0)): 8.0}
    shared = Shared(
        "director", Iri(film(1)), Iri(film(0)), "http://odd.example/person/0", (directed(1, 0), directed(0, 0)), 8.0
    )
    case = Case(odd.snapshot, Iri(film(1)), (shared,), history)
    (text, *_) = case.sentences.ways(shared)
    assert text.endswith("8 out of 10.")
    assert case.check(text).holds
    for scale in ("0", "1", "5", "100", "010", "10.0", "10."):
        assert not case.check(text.replace("out of 10.", f"out of {scale}.")).holds


@pytest.mark.parametrize(
    ("scores", "first"),
    [
        ({"a": 0.5, "b": 0.2}, "a"),
        ({"a": 0.5, "b": 0.5}, None),  # of two that add the same none adds most
        ({"a": 0.5, "b": 0.5 + 1e-9}, None),
        ({"a": 1e-16}, None),  # a rounding error speaks for nothing
        ({"a": -0.1, "b": -0.2}, None),
        ({}, None),
    ],
)
def test_what_adds_most_adds_more_than_all_others(scores: dict[str, float], first: str | None) -> None:
    assert most({Iri(one): value for one, value in scores.items()}) == first
