"""The command from end to end: what it prints, writes and refuses."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
from ir_measures import nDCG

from agent.cli.main import run
from eval import harness
from eval.accuracy import qrels
from eval.harness import Task, evaluate_ranking
from eval.split import parts_of, split_next
from kg.snapshot import Snapshot
from tests.fakes import BagOfWordsEncoder


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Evaluate = Callable[..., Outcome]
MODELS = ["Thence", "most popular", "ItemKNN", "EASE", "ALS", "BPR"]


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str], shop: Path) -> Evaluate:
    def call(*arguments: str, domain: str = str(shop)) -> Outcome:
        code = run(["eval", "ranking", "--domain", domain, *arguments])
        return Outcome(code, *capsys.readouterr())

    return call


def told(outcome: Outcome) -> dict[str, Any]:
    assert outcome.code == 0, outcome.err
    document: dict[str, Any] = json.loads(outcome.out)
    return document


@pytest.mark.parametrize("part", ["test", "valid"])
def test_all_models_are_in_the_document(evaluate: Evaluate, part: str) -> None:
    document = told(evaluate("--part", part, "-k", "3", "--json"))
    assert document["setting"]["part"] == part
    assert document["main"] == "NDCG@3"
    names = [one["name"] for one in document["models"]]
    assert [name for name in names if "without" not in name] == MODELS
    assert [one["name"] for one in document["timings"]] == names
    assert document["models"][0]["difference"] is None
    assert all(one["difference"] for one in document["models"][1:])


def test_users_without_anything_to_find_are_counted(evaluate: Evaluate) -> None:
    setting = told(evaluate("-k", "3", "--json"))["setting"]
    assert (setting["n_users"], setting["n_skipped"]) == (3, 1)  # eve gave 2 of 5


def test_two_runs_are_equal_but_for_the_time(evaluate: Evaluate) -> None:
    one, other = (told(evaluate("-k", "3", "--json")) for _ in range(2))
    del one["timings"], other["timings"]
    assert one == other


def test_tables_name_every_model_and_progress_is_apart(evaluate: Evaluate) -> None:
    got = evaluate("-k", "3")
    assert got.code == 0
    assert all(name in got.out for name in (*MODELS, "NDCG@3", "Coverage@3", "Recall@3 by how often"))
    assert "Fitting EASE" in got.err
    assert "Fitting" not in got.out


def test_the_run_scores_what_is_printed(evaluate: Evaluate, tiny: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "ours.run"
    document = told(evaluate("-k", "3", "--json", "--run", str(file)))
    task = split_next(*parts_of(tiny.domain, tiny.items, "test", 0))  # the history without valid.tsv
    relevant = {user: items for user, items in qrels(task).items() if user in ("ann", "ben", "dan")}
    found = ir_measures.calc_aggregate([nDCG @ 3], relevant, list(ir_measures.read_trec_run(str(file))))  # type: ignore[no-untyped-call]
    assert found[nDCG @ 3] == pytest.approx(document["models"][0]["accuracy"]["NDCG@3"]["mean"])


def test_the_run_is_in_trec_format(evaluate: Evaluate, tmp_path: Path) -> None:
    file = tmp_path / "ours.run"
    file.write_text("something old")
    evaluate("-k", "3", "--run", str(file))
    rows = [line.split(" ") for line in file.read_text("utf-8").splitlines()]
    assert {len(row) for row in rows} == {6}
    assert {(row[1], row[5]) for row in rows} == {("Q0", "Thence")}
    for user in {row[0] for row in rows}:
        mine = [row for row in rows if row[0] == user]
        assert [int(row[3]) for row in mine] == list(range(1, len(mine) + 1))
        scores = np.array([row[4] for row in mine], np.float32)
        assert (np.diff(scores) < 0).all()
    assert list(tmp_path.glob(".ours*")) == []


def test_a_part_can_be_left_out(evaluate: Evaluate) -> None:
    document = told(evaluate("-k", "3", "--json", "--without", "graph"))
    assert "Thence without graph" in [one["name"] for one in document["models"]]


def test_a_domain_without_held_out_tables_is_cut_at_random(evaluate: Evaluate) -> None:
    document = told(evaluate("--part", "valid", "--json", domain="films"))
    assert "a random 20% of each user's history" in document["setting"]["note"]
    assert document["setting"]["n_users"] > 0


@pytest.fixture
def bag_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "SentenceEncoder", lambda **_: BagOfWordsEncoder())


@pytest.mark.usefixtures("bag_of_words")
def test_newcomers_have_a_curve_for_every_model(evaluate: Evaluate) -> None:
    document = told(evaluate("--part", "valid", "--protocol", "few-shot-user", "--json", domain="films"))
    assert document["models"] == ["Thence", "most popular", "ItemKNN", "EASE", "ALS"]
    assert {(one["name"], one["n"]) for one in document["scores"]} == {
        (name, n) for name in document["models"] for n in (0, 1, 2, 5)
    }
    tested = {(one["name"], one["n"]) for one in document["scores"] if one["difference"]}
    assert tested == {(name, n) for name in document["models"][1:] for n in (1, 2)}
    assert [one["name"] for one in document["wishes"]["scores"]][::4] == ["Thence", "most popular"]


@pytest.mark.usefixtures("bag_of_words")
def test_newcomers_have_tables(evaluate: Evaluate) -> None:
    got = evaluate("--part", "valid", "--protocol", "few-shot-user", domain="films")
    assert got.code == 0
    assert "NDCG@10 after the first n interactions" in got.out
    assert "NDCG@10 for a wish alone, as " in got.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--domain", "filns"), "there is no domain 'filns'"),
        (("--without", "luck"), "our ranker has no part 'luck'; it has "),
        (("-k", "9"), "k must be in 1..8"),
        (("-k", "0"), "expected a whole number from 1 to 100"),
        (("--part", "all"), "--part"),
        (("--run", "no/such/folder/x.run"), "there is no folder"),
        (("--run", "x.run", "--protocol", "few-shot-user"), "--run goes with --protocol ranking only"),
        (("--run", "."), "is a folder"),
        (("--against", "EASE", "--protocol", "few-shot-user"), "--against goes with --protocol ranking only"),
        (
            ("-k", "3", "--against", "Thence without wit"),
            "there is no row 'Thence without wit' to test against; the rows are Thence, ",
        ),
    ],
)
def test_what_cannot_be_run_is_one_message_and_2(evaluate: Evaluate, arguments: tuple[str, ...], words: str) -> None:
    got = evaluate(*arguments)
    assert got.code == 2
    assert got.out == ""
    assert got.err.splitlines()[-1].startswith("error: ")
    assert words in got.err


def test_another_row_can_be_tested_against(evaluate: Evaluate) -> None:
    ours, ease = (told(evaluate("-k", "3", "--json", "--against", name)) for name in ("Thence", "EASE"))
    assert (ours["against"], ease["against"]) == ("Thence", "EASE")
    assert "difference from EASE" in " ".join(evaluate("-k", "3", "--against", "EASE").out.split())
    differences = [{one["name"]: one["difference"] for one in report["models"]} for report in (ours, ease)]
    assert differences[0]["Thence"] is differences[1]["EASE"] is None
    gap = differences[0]["EASE"]["estimate"]["mean"]
    assert differences[1]["Thence"]["estimate"]["mean"] == pytest.approx(-gap)
    assert [one["accuracy"] for one in ours["models"]] == [one["accuracy"] for one in ease["models"]]


def test_a_missing_library_is_named(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one == "eval.harness" or one.split(".")[0] == "implicit"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("eval.harness", raising=False)
    monkeypatch.delitem(sys.modules, "eval.baselines", raising=False)
    monkeypatch.setitem(sys.modules, "implicit", None)
    got = evaluate()
    assert got.code == 2
    assert "pip install 'thence[eval]'" in got.err


@pytest.mark.slow
def test_real_data_are_told_by_the_second_of_the_cut(ml100k: Snapshot) -> None:
    """On the validation part; nothing is asserted of who wins."""
    report = evaluate_ranking(ml100k, Task("valid", 10, 0), None, lambda _: None)
    assert [one.group for one in report.models[0].by_moment] == ["same second", "later"]
    assert all(one.accuracy["NDCG@10"].mean > 0.04 for one in report.models)
