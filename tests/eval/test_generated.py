"""Questions that a graph makes of itself in words kept out: their sets by hand, and the command from end to end."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent import recommender as module
from agent.cli.main import run
from agent.model.adapters import CONFIG, WEIGHTS, adapters_home
from agent.settings import load_settings
from agent.toolbox import open_toolbox
from agent.tune.held_out import FILE, HeldOut, hold_out, write_held_out
from eval.errors import EvaluationError
from eval.generated import find_held_out, generated_questions
from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from tests.conftest import write_bookshop
from tests.fakes import BagOfWordsEncoder

SHOP = "http://shop.example/"
WORDS = """
[relations.author.asked]
nouns = ["scribe"]
said = ["{o} penned {s}"]

[relations.publisher.asked]
nouns = ["press"]
"""


@pytest.fixture
def worded(tmp_path: Path) -> Path:
    """The bookshop with more words for two relations, in the home folder of a user."""
    folder = write_bookshop(tmp_path / "home" / "domains" / "bookshop")
    toml = folder / "domain.toml"
    toml.write_text(toml.read_text("utf-8") + WORDS, "utf-8")
    return folder


@pytest.fixture
def shop(worded: Path, tmp_path: Path) -> Snapshot:
    return open_snapshot(Domain(worded, load_manifest(worded)), tmp_path / "fitted")


def test_only_the_words_kept_out_are_asked_with(shop: Snapshot) -> None:
    held_out = hold_out(shop, 0.5, 0)
    assert set(held_out.phrases) >= {"scribe", "press"}
    asked = generated_questions(shop, 40, held_out)
    assert len(asked) == 40
    assert generated_questions(shop, 40, held_out) == asked
    for one in asked:
        assert "author" not in one.text
        assert "publisher" not in one.text
        assert "genre" not in one.plan, "a relation without a word kept out is not asked about"


def test_their_sets_are_those_of_the_triples(shop: Snapshot) -> None:
    asked = generated_questions(shop, 400, HeldOut(share=0.5, seed=0, phrases=("scribe", "press")))
    sets = {one.plan: one.gold for one in asked if one.kind in ("1 hop", "2 hop")}
    person, book = SHOP + "person/", SHOP + "book/"
    by_hand = {
        "list Dracula author": {person + "stoker"},
        "list Franz Kafka ^author": {book + "trial", book + "castle"},
        "list Mary Shelley ^author": {book + "frankenstein", book + "last_man"},
        "list Persuasion author": {person + "austen"},
        "list The Trial author/^author": {book + "castle"},
        "list John Murray ^publisher/author": {person + "austen"},
    }
    known = sets.keys() & by_hand.keys()
    assert len(known) >= 3
    assert {plan: sets[plan] for plan in known} == {plan: frozenset(by_hand[plan]) for plan in known}
    assert all(one.gold and one.hops in (1, 2, 3) for one in asked)
    assert not any("Emma" in one.plan for one in asked), "a name of two entities leaves open what is asked"


def test_words_of_another_domain_are_refused(shop: Snapshot) -> None:
    with pytest.raises(EvaluationError, match="another domain"):
        generated_questions(shop, 5, HeldOut(share=0.2, seed=0, phrases=("drummer",)))


def test_the_words_lie_beside_the_adapter_in_use(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home")
    own, words = adapters_home(settings) / "bookshop", HeldOut(share=0.2, seed=3, phrases=("scribe",))
    own.mkdir(parents=True)
    (own / WEIGHTS).write_bytes(b"")
    (own / CONFIG).write_text("{}")
    with pytest.raises(EvaluationError, match="--hold-out"):
        find_held_out("bookshop", settings, None)
    write_held_out(own, words)
    assert find_held_out("bookshop", settings, None) == words
    (tmp_path / FILE).write_text("{")
    with pytest.raises(EvaluationError, match="holds no phrases"):
        find_held_out("bookshop", settings, tmp_path / FILE)
    with pytest.raises(EvaluationError, match="without an adapter"):
        find_held_out("bookshop", settings.model_copy(update={"adapter": "none"}), None)


def test_the_rules_are_asked_generated_questions(
    worded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def quietly(domain: str, domains: object, **told: Any) -> object:
        return open_toolbox(domain, domains, **(told | {"encoder": BagOfWordsEncoder(), "device": "cpu"}))  # type: ignore[arg-type]

    monkeypatch.setattr(module, "open_toolbox", quietly)
    home = worded.parent.parent
    write_held_out(tmp_path, HeldOut(share=0.5, seed=0, phrases=("scribe", "press")))
    command = ["eval", "questions", "--domain", "bookshop", "--home", str(home), "--only-rules", "--json"]
    assert run([*command, "--generated", "12", "--held-out", str(tmp_path / FILE)]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["overall"]["n"] == 12
    assert run(command) != 0
    assert "either --file FILE or --generated N" in " ".join(capsys.readouterr().err.replace("│", " ").split())
