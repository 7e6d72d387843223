"""The commands embed, rules, derive and infer over the bookshop."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.adjacency import Adjacency
from kg.errors import GraphError
from tests.agent.cli.conftest import Outcome
from tests.conftest import write_bookshop

Thence = Callable[..., Outcome]
V = "http://shop.example/vocab/"
RULE = f"CONSTRUCT {{ ?b <{V}influenced> ?a }} WHERE {{ ?a <{V}influencedBy> ?b }}"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return str(write_bookshop(tmp_path / "bookshop"))


@pytest.mark.slow
def test_embed_prints_the_model_beside_both_baselines(thence: Thence, shop: str) -> None:
    got = thence("kg", "embed", "--domain", shop, "--dim", "8", "--epochs", "3", "--model", "transe", "--device", "cpu")
    assert got.code == 0, got.err
    assert [line.split("  ")[0] for line in got.out.splitlines()[1:4]] == ["transe", "most frequent", "mined rules"]
    assert "facts to train on" in got.out


@pytest.mark.slow
def test_embed_as_json_is_json_alone_and_is_not_trained_twice(thence: Thence, shop: str, tmp_path: Path) -> None:
    quick = ("--dim", "8", "--epochs", "3", "--tensorboard", str(tmp_path / "tb"))
    call = ("kg", "embed", "--domain", shop, *quick, "--json")
    document = json.loads(thence(*call).out)
    assert document["settings"]["dim"] == 8
    assert set(document["metrics"]) >= {"transe", "most frequent", "mined rules", "transe (valid)"}
    events = list((tmp_path / "tb").iterdir())
    assert json.loads(thence(*call).out) == document
    assert list((tmp_path / "tb").iterdir()) == events


@pytest.mark.slow
def test_embed_is_told_which_relations_hold_both_ways(
    thence: Thence, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(adjacency: Adjacency, *_: object, symmetric: tuple[int, ...], **__: object) -> None:
        raise GraphError(f"symmetric: {[adjacency.relations[one] for one in symmetric]}")

    monkeypatch.setattr("kg.embeddings.graph.embed.train_embedding", asked)
    assert "symmetric: []" in thence("kg", "embed", "--domain", shop).err
    told = Path(shop) / "domain.toml"
    told.write_text(
        told.read_text("utf-8").replace("[relations.author]", "[relations.author]\nsymmetric = true"), "utf-8"
    )
    assert "symmetric: ['author']" in thence("kg", "embed", "--domain", shop).err


def test_an_odd_dim_is_refused(thence: Thence, shop: str) -> None:
    got = thence("kg", "embed", "--domain", shop, "--dim", "7")
    assert got.code == 2
    assert "expected an even number, got 7" in got.err


@pytest.mark.slow
def test_rules_lists_rules_in_words_with_their_numbers(thence: Thence, shop: str) -> None:
    listed = thence("kg", "rules", "--domain", shop, "--min-support", "2", "--json", "--limit", "1000").out
    document = json.loads(listed)
    told = {row["rule"]: row for row in document["listed"]}
    genre = told["the genre of X is Y if the author of X is Z and the author of W is Z and the genre of W is Y"]
    assert (genre["support"], genre["confidence"]) == (6, pytest.approx(6 / 7))
    assert document["rules"] == len(document["listed"])
    assert "rules, those that predict most surely first" in thence("kg", "rules", "--domain", shop, "--walks").out


@pytest.mark.slow
def test_derive_says_when_nothing_follows_and_what_does(thence: Thence, shop: str) -> None:
    assert "Nothing follows" in thence("kg", "derive", "--domain", shop).out
    (Path(shop) / "rules").mkdir()
    (Path(shop) / "rules" / "influence.rq").write_text(RULE, "utf-8")
    document = json.loads(thence("kg", "derive", "--domain", shop, "--json").out)
    assert document["by_rule"] == {"influence": 2}
    assert document["derivations"][0]["premises"][0][1] == "<http://shop.example/vocab/influencedBy>"
    assert "2 triples derived (influence 2)" in thence("kg", "derive", "--domain", shop).out


@pytest.mark.slow
def test_a_file_that_is_no_rule_is_an_error_that_names_it(thence: Thence, shop: str) -> None:
    (Path(shop) / "rules").mkdir()
    (Path(shop) / "rules" / "bad.rq").write_text("SELECT * WHERE { ?s ?p ?o }", "utf-8")
    got = thence("kg", "derive", "--domain", shop)
    assert got.code == 2
    assert "bad.rq: expected a CONSTRUCT query, got SELECT" in got.err


@pytest.mark.slow
def test_infer_marks_what_it_predicts(thence: Thence, shop: str) -> None:
    document = json.loads(thence("kg", "infer", "The Last Man", "--domain", shop, "--relation", "genre", "--json").out)
    assert all(fact["predicted"] is True for fact in document["facts"])
    out = thence("kg", "infer", "The Last Man", "--domain", shop, "-k", "2").out
    assert out.startswith("Predicted about The Last Man; the graph does not state it:")
    assert "No graph embedding: `thence kg embed`" in out


@pytest.mark.slow
def test_infer_says_what_is_valid(thence: Thence, shop: str) -> None:
    assert "nothing named 'Zorblax'" in thence("kg", "infer", "Zorblax", "--domain", shop).err
    assert "valid: author, genre" in thence("kg", "infer", "Emma", "--domain", shop, "-r", "actor").err
