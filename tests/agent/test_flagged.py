"""A flagged fact supports nothing: it is not chosen as evidence, and a text that rests on it is refused."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from agent.evidence import Fact
from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation
from agent.sentences import Sentences
from agent.toolbox import Toolbox
from agent.verify import Grounds, Verifier
from kg.snapshot import Snapshot
from kg.types import Iri, Triple

BOOK, VOCAB = "http://shop.example/book/", "http://shop.example/vocab/"
DRACULA, FRANKENSTEIN = Iri(BOOK + "dracula"), Iri(BOOK + "frankenstein")
AUTHOR = Triple(DRACULA, Iri(VOCAB + "author"), "http://shop.example/person/stoker")
GENRE = Triple(DRACULA, Iri(VOCAB + "genre"), "http://shop.example/genre/horror")


def flag(snapshot: Snapshot, *facts: Triple) -> Snapshot:
    return replace(snapshot, flagged=frozenset(facts))


def finder(toolbox: Toolbox, *facts: Triple) -> EvidenceFinder:
    flagged = SimpleNamespace(snapshot=flag(toolbox.snapshot, *facts), paths=toolbox.paths)
    return EvidenceFinder(cast("Toolbox", flagged))


def test_a_flagged_fact_is_no_evidence(toolbox: Toolbox) -> None:
    chosen = finder(toolbox, AUTHOR).choose(DRACULA, Interpretation(intent="recommend"), {}, [])
    assert [piece.triples for piece in chosen] == [(GENRE,)]


def test_nothing_is_shared_through_a_flagged_fact(toolbox: Toolbox) -> None:
    meaning = Interpretation(intent="recommend")
    sound = finder(toolbox).choose(FRANKENSTEIN, meaning, {DRACULA: 5.0}, [DRACULA])
    assert any(GENRE in piece.triples for piece in sound)
    chosen = finder(toolbox, GENRE).choose(FRANKENSTEIN, meaning, {DRACULA: 5.0}, [DRACULA])
    assert not any(GENRE in piece.triples for piece in chosen)
    assert all(GENRE not in path.triples for path in finder(toolbox, GENRE).paths(FRANKENSTEIN, meaning, [DRACULA]))


def test_a_text_that_rests_on_a_flagged_fact_is_refused(toolbox: Toolbox) -> None:
    grounds = Grounds.of(DRACULA, (Fact("author", AUTHOR, DRACULA),), {})
    text = "Dracula was written by Bram Stoker."
    sentences = Sentences(toolbox.snapshot)
    assert Verifier(toolbox.snapshot, sentences).check(text, grounds).holds
    refused = Verifier(flag(toolbox.snapshot, AUTHOR), sentences).check(text, grounds)
    assert (refused.holds, refused.claims) == (False, ())
