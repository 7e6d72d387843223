"""`thence kg extract` and `thence kg accept` as a user calls them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.cli.conftest import Outcome

Thence = Callable[..., Outcome]


@pytest.fixture
def shop(tiny_domain: Path, tmp_path: Path) -> str:
    folder = tmp_path / "bookshop"
    shutil.copytree(tiny_domain, folder)
    graph = folder / "graph.ttl"
    graph.write_text(graph.read_text().replace("Letters and diaries", "Written by Franz Kafka: letters and diaries"))
    return str(folder)


@pytest.mark.slow
def test_from_a_description_to_the_graph_and_back(thence: Thence, shop: str) -> None:
    told = json.loads(thence("kg", "extract", shop, "--rules", "--json").out)
    assert (told["extractor"], told["texts"], told["found"], told["new"]) == ("rules", 1, 1, 1)
    waiting = json.loads(thence("kg", "accept", shop, "--json").out)
    assert [(one["object"].rsplit("/", 1)[-1], one["confidence"]) for one in waiting] == [("kafka", 0.9)]
    assert "1 extracted triples wait" in thence("kg", "accept", shop).out
    before = json.loads(thence("domain", "show", shop, "--json").out)["triples"]
    accepted = json.loads(thence("kg", "accept", shop, waiting[0]["id"], "--json").out)
    assert len(accepted["accepted"]) == 1
    assert json.loads(thence("domain", "show", shop, "--json").out)["triples"] == before + 1
    assert json.loads(thence("kg", "accept", shop, "--json").out) == []


@pytest.mark.slow
def test_what_is_unsure_can_be_rejected(thence: Thence, shop: str) -> None:
    assert thence("kg", "extract", shop, "--rules").code == 0
    assert "1 triples rejected" in thence("kg", "accept", shop, "--above", "0.5", "--reject").out
    assert json.loads(thence("kg", "extract", shop, "--rules", "--json").out)["new"] == 0


def test_a_model_that_is_away_leaves_the_rules(thence: Thence, shop: str) -> None:
    got = thence("kg", "extract", shop, "--base-url", "http://127.0.0.1:9/v1", "--json")
    assert json.loads(got.out)["extractor"] == "rules"
    assert "read by rules instead" in got.err
