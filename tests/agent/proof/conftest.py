"""Answers of the bookshop with their proofs, and the bookshop with one thing changed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from agent.answer import Answer
from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.proof import Proof, Report, check_proof, make_proof
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.toolbox import Toolbox
from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from tests.agent.fakes import ScriptedGate, unreachable

Change = Callable[[set[ox.Triple]], None]
Checked = Callable[..., Report]
Changed = Callable[[Change], Snapshot]


LIKED = ("Dracula", "Frankenstein", "The War of the Worlds", "Emma")
"""What a new user likes: enough in common to be counted."""


def row(triple: ox.Triple) -> tuple[str, str, str]:
    """Return a triple's IRIs, and the lexical form of a literal."""
    subject, predicate, obj = (str(getattr(part, "value", part)) for part in triple)
    return subject, predicate, obj


@pytest.fixture(scope="session")
def shop(toolbox: Toolbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """A recommender whose model is out of reach, so that code words everything."""
    home = tmp_path_factory.mktemp("proofs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Toolbox, "close", lambda _: None)
        with Recommender(toolbox, ScriptedGate(unreachable), load_settings(home=home)) as recommender:
            yield recommender


@pytest.fixture(scope="session")
def answers(shop: Recommender) -> dict[str, Answer]:
    """One answer of each kind that states something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agent.telling.SLIGHT", 0.0)  # six readers say next to nothing, and the tests want it said
        for book in LIKED:
            shop.rate("gil", book, 5)
        return {
            "counted": shop.recommend(user="gil", k=5),
            "by history": shop.recommend(user="ben", k=5),
            "by wish": shop.recommend(user="ann", query="something like Dracula, no romance", k=3),
            "for nobody": shop.recommend(query="books with sci-fi", k=3),
            "in Chinese": shop.recommend(user="ann", query="给我推荐恐怖小说", k=2),
            "diverse": shop.recommend(user="ben", k=4, diversity=0.8),
            "explained": shop.explain(user="eve", item="Frankenstein"),
            "question": shop.ask("Which books were written by Jane Austen?"),
            "two steps": shop.ask("Which books were written by the author of Emma?"),
            "year": shop.ask("When was Emma published?"),
            "count": shop.ask("How many books did Franz Kafka write?"),
            "more": shop.ask("Who wrote more books, Mary Shelley or Bram Stoker?"),
            "check": shop.ask("Is Emma written by Jane Austen?"),
            "none": shop.ask("Who influenced Jane Austen?"),
        }


@pytest.fixture(scope="session")
def proofs(answers: dict[str, Answer], toolbox: Toolbox) -> dict[str, Proof]:
    return {name: make_proof(answer, toolbox.snapshot) for name, answer in answers.items()}


@pytest.fixture
def checked(toolbox: Toolbox, tmp_path: Path) -> Checked:
    """Check a proof against the bookshop, or against another graph, with a ledger of its own that holds the same."""

    def check(proof: Proof, snapshot: Snapshot | None = None) -> Report:
        snapshot = snapshot or toolbox.snapshot
        feedback = Feedback(snapshot, Ledger(tmp_path / FILE))
        for book in LIKED:
            feedback.rate("gil", book, 5)
        return check_proof(proof, snapshot, feedback)

    return check


@pytest.fixture
def changed(tiny_domain: Path, tmp_path: Path) -> Changed:
    """Open the bookshop after a change of its triples."""
    opened = 0

    def change(alter: Change) -> Snapshot:
        nonlocal opened
        opened += 1
        folder = tmp_path / f"changed{opened}" / "bookshop"
        shutil.copytree(tiny_domain, folder)
        triples = set(ox.parse(path=str(folder / "graph.ttl"), format=ox.RdfFormat.TURTLE))
        stated = {one.triple for one in triples}
        alter(stated)
        ox.serialize(sorted(stated, key=str), str(folder / "graph.ttl"), format=ox.RdfFormat.N_TRIPLES)
        return open_snapshot(Domain(folder, load_manifest(folder)), folder.parent / "fitted")

    return change
