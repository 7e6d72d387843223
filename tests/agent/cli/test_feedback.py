"""The commands about feedback, on a real tiny domain."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.ledger import FILE
from tests.agent.cli.conftest import Outcome

Thence = Callable[..., Outcome]


@pytest.fixture
def feedback(thence: Thence, tiny_domain: Path) -> Thence:
    def call(*arguments: str, user: str = "ann") -> Outcome:
        return thence("feedback", *arguments, "--user", user, "--domain", str(tiny_domain))

    return call


def test_a_rating_is_noted_and_listed(feedback: Thence) -> None:
    got = feedback("rate", "The Trial", "4")
    assert got.code == 0
    assert "Noted: ann rated The Trial 4." in got.out
    assert "rated The Trial 4" in feedback("list").out


@pytest.mark.slow
def test_each_kind_has_its_words(feedback: Thence) -> None:
    for kind, name in (("like", "Emma"), ("dislike", "Dracula"), ("seen", "The Castle")):
        assert feedback(kind, name).code == 0
    for kind, name in (("avoid", "Mary Shelley"), ("prefer", "Horror")):
        assert feedback(kind, name).code == 0
    rows = json.loads(feedback("list", "--json").out)
    assert [(row["kind"], row["label"]) for row in rows] == [
        ("like", "Emma"),
        ("dislike", "Dracula"),
        ("seen", "The Castle"),
        ("avoid", "Mary Shelley"),
        ("prefer", "Horror"),
    ]


def test_json_carries_the_whole_entry(feedback: Thence) -> None:
    got = json.loads(feedback("rate", "1", "5", "--json").out)
    assert set(got) == {"id", "domain", "user", "kind", "iri", "value", "said", "time", "cancels", "label"}
    assert (got["label"], got["value"], got["domain"]) == ("Emma", 5.0, "bookshop")


@pytest.mark.slow
def test_undo_takes_back_the_last_or_a_named_one(feedback: Thence) -> None:
    feedback("like", "Emma")
    feedback("like", "Dracula")
    assert "Taken back: ann likes Dracula (entry 2)." in feedback("undo").out
    assert "Taken back: ann likes Emma (entry 1)." in feedback("undo", "1").out
    out = feedback("list").out
    assert out.count("(taken back)") == 2
    got = feedback("undo")
    assert got.code == 2
    assert "ann has said nothing in bookshop that could be taken back" in got.err


def test_a_new_user_is_told_to_be_new(feedback: Thence) -> None:
    assert "zoe (not in the domain's own data) likes Emma" in feedback("like", "Emma", user="zoe").out
    assert feedback("list", user="zoe").code == 0


@pytest.mark.slow
def test_an_unknown_user_is_told_how_to_begin(feedback: Thence) -> None:
    for command in ("list", "undo", "export", "erase"):
        got = feedback(command, user="anne")
        assert got.code == 2
        assert "Did you mean ann" in got.err
        assert "thence feedback like BOOK --user NAME" in got.err


def test_export_is_one_document(feedback: Thence) -> None:
    feedback("rate", "Emma", "2")
    feedback("undo")
    got = json.loads(feedback("export").out)
    assert (got["domain"], got["user"]) == ("bookshop", "ann")
    assert [(one["kind"], one["cancels"]) for one in got["entries"]] == [("rating", None), ("undo", 1)]


@pytest.mark.slow
def test_erase_asks_first(feedback: Thence, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    feedback("like", "Emma")
    got = feedback("erase")
    assert got.code == 2
    assert "say --yes" in got.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert "Nothing was erased." in feedback("erase").out
    assert json.loads(feedback("erase", "--yes", "--json").out) == {"user": "ann", "erased": 1}
    assert b"emma" not in (tmp_path / "thence_home" / FILE).read_bytes()
    assert "Erased 0 entries of ann." in feedback("erase").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rate", "Emma", "6"), "ratings of bookshop go from 1 to 5, got 6."),
        (("rate", "Emma", "many"), "valid number"),
        (("like", "Drakula"), "Did you mean Dracula"),
        (("avoid", "Mary Shelly"), "Did you mean Mary Shelley"),
    ],
)
def test_what_cannot_be_is_one_line_and_2(feedback: Thence, arguments: tuple[str, ...], told: str) -> None:
    got = feedback(*arguments)
    assert got.code == 2
    assert told in got.err
    assert got.out == ""


def test_a_damaged_ledger_is_one_message(feedback: Thence, tmp_path: Path) -> None:
    (tmp_path / "thence_home").mkdir(exist_ok=True)
    (tmp_path / "thence_home" / FILE).write_bytes(b"scribble " * 200)
    got = feedback("like", "Emma")
    assert got.code == 2
    assert "cannot use the ledger" in got.err


def test_words_with_controls_are_only_text(feedback: Thence) -> None:
    got = feedback("like", "Emma", user="zo\x1b[31me")
    assert got.code == 2
    assert "\x1b" not in got.err


@pytest.mark.slow
def test_a_refit_learns_and_an_erasure_forgets(feedback: Thence, thence: Thence, tiny_domain: Path) -> None:
    feedback("like", "The Trial", user="zoe")
    told = thence("feedback", "refit", "--domain", str(tiny_domain))
    assert told.out == "The ranker now rests on the words of one user, too.\n"
    assert json.loads(thence("feedback", "refit", "--domain", str(tiny_domain), "--json").out)["users"] == 1
    feedback("erase", "--yes", user="zoe")
    again = thence("feedback", "refit", "--domain", str(tiny_domain), "--json")
    assert json.loads(again.out)["users"] == 0
