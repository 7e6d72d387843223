"""The tables of the store and of the label searches, from the command to their JSON."""

import json
from typing import Any

import pytest

from agent.cli.main import run
from eval.bench import labels

ARGUMENTS = ("bench", "kg", "--pairs", "20", "--triples", "1000", "--json", "--part")


def tables(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["tables"]
    return found


def test_the_store_stands_beside_the_engine_and_rdflib(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, "store"]) == 0
    disk, memory = tables(capsys)
    assert [row["store"] for row in disk["rows"]] == ["ours, on disk", "pyoxigraph itself, on disk"]
    assert [row["store"] for row in memory["rows"]] == ["ours, in memory", "rdflib, SPARQL", "rdflib, patterns"]
    assert len({row["triples"] for row in (*disk["rows"], *memory["rows"])}) == 1
    assert all(row["p50 µs"] > 0 for row in (*disk["rows"], *memory["rows"]))


def test_label_searches_find_what_was_meant(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "SIZES", (300,))
    assert run([*ARGUMENTS, "labels"]) == 0
    rows = tables(capsys)[0]["rows"]
    assert [row["search"] for row in rows] == [
        "ours, exact",
        "ours, prefix",
        "ours, last word",
        "ours, nearly right",
        "FTS5 trigram, ranked",
        "rapidfuzz, all labels",
    ]
    assert [row["found first"] for row in rows] == ["100%", None, "100%", "100%", "100%", "100%"]
