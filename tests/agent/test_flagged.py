"""A flagged fact supports nothing: it is no evidence, no answer rests on it, a text that does is refused."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from agent.evidence import Fact
from agent.feedback import Feedback
from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation
from agent.ledger import Ledger
from agent.proof import check_proof
from agent.recommender import Recommender
from agent.sentences import Sentences
from agent.settings import load_settings
from agent.toolbox import Toolbox
from agent.verify import Grounds, Verifier
from agent.wording import in_doubt
from kg.snapshot import Snapshot
from kg.types import Iri, Triple
from tests.agent.fakes import ScriptedGate, unreachable
from tools.paths import PathReasoner
from tools.plans import PlanRunner

BOOK, VOCAB = "http://shop.example/book/", "http://shop.example/vocab/"
DRACULA, FRANKENSTEIN = Iri(BOOK + "dracula"), Iri(BOOK + "frankenstein")
AUTHOR = Triple(DRACULA, Iri(VOCAB + "author"), "http://shop.example/person/stoker")
GENRE = Triple(DRACULA, Iri(VOCAB + "genre"), "http://shop.example/genre/horror")


def flag(snapshot: Snapshot, *facts: Triple) -> Snapshot:
    return replace(snapshot, flagged=frozenset(facts))


def finder(toolbox: Toolbox, *facts: Triple) -> EvidenceFinder:
    snapshot = flag(toolbox.snapshot, *facts)
    flagged = SimpleNamespace(snapshot=snapshot, paths=PathReasoner(snapshot))
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


async def test_an_answer_names_what_is_in_doubt_apart_and_its_proof_holds(toolbox: Toolbox, tmp_path: Path) -> None:
    doubted = flag(toolbox.snapshot, GENRE)
    opened = replace(toolbox, snapshot=doubted, plans=PlanRunner(doubted))
    recommender = Recommender(opened, ScriptedGate(unreachable), load_settings(home=tmp_path / "home"))
    answer = await recommender.aask("which books are in the genre horror?")
    assert [one.label for one in answer.answers] == ["Frankenstein"]
    assert answer.text.endswith(" In doubt, as the shapes of the graph refuse what says so: Dracula.")
    report = check_proof(recommender.proof(answer), doubted, Feedback(doubted, Ledger(tmp_path / "ledger")))
    assert [one.reason for one in report.checks if one.kind in ("answer", "plan")] == ["", ""]


def test_a_sentence_on_doubts_names_five_and_counts_the_rest() -> None:
    assert in_doubt([]) == ""
    assert in_doubt(["Emma"]) == " In doubt, as the shapes of the graph refuse what says so: Emma."
    assert in_doubt(list("ABCDEFG")).endswith(": A, B, C, D, E and 2 more.")


def test_what_many_liked_items_share_is_told_of_those_that_share_it_soundly(toolbox: Toolbox) -> None:
    person = Iri("http://shop.example/genre/scifi")
    worlds, last_man = Iri(BOOK + "worlds"), Iri(BOOK + "last_man")
    liked = {Iri(BOOK + "frankenstein"): 5.0, last_man: 5.0, worlds: 5.0}
    flagged = Triple(last_man, Iri(VOCAB + "genre"), person)
    chosen = finder(toolbox, flagged).choose(worlds, Interpretation(intent="recommend"), liked, list(liked))
    assert not any(flagged in piece.triples for piece in chosen)
