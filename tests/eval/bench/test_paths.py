"""The table of paths, from the command to its JSON, and the generated graph."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.cli.main import run
from eval.bench import paths
from eval.bench.graphs import RELATIONS, power_law_triples
from eval.bench.path_peers import Igraph, Networkx
from eval.bench.table import BenchTable
from eval.errors import EvaluationError
from kg.paths import Multigraph

ARGUMENTS = ("bench", "kg", "--part", "paths", "--pairs", "6", "--triples", "2000", "--domain")


def test_the_command_prints_a_table_for_each_graph(tiny_domain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, str(tiny_domain), "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [table["name"] for table in document["tables"]] == [
        "paths, a user and an item",
        "paths, two items",
        "paths, generated",
        "paths, generated, busy",
    ]
    rows = document["tables"][0]["rows"]
    assert [row["search"] for row in rows][-2:] == ["all paths, 4 hops", "best 10, 4 hops"]
    assert rows[0]["igraph / ours"] > 0
    assert rows[1]["igraph / ours"] is None


def test_the_command_prints_for_a_terminal(tiny_domain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, str(tiny_domain)]) == 0
    assert "best 10, 3 hops" in capsys.readouterr().out


def test_peers_that_find_other_paths_stop_the_benchmark() -> None:
    triples = np.array([[0, 1, 0], [1, 2, 0], [0, 2, 0]])
    subject = paths.Subject("", "", Multigraph.from_triples(triples, 3, 1), [(0, 2)])
    assert len(paths._peer_times(Igraph(triples, 3), subject, 2)) == 1
    with pytest.raises(EvaluationError, match="networkx finds other paths than we do from node 0 to 2"):
        paths._peer_times(Networkx(triples[:2], 3), subject, 2)


def test_the_generated_graph_is_the_same_again_and_has_hubs() -> None:
    (one, n_nodes), (other, _) = power_law_triples(50_000, 3), power_law_triples(50_000, 3)
    np.testing.assert_array_equal(one, other)
    assert (one.shape, n_nodes) == ((50_000, 3), 10_000)
    degrees = Multigraph.from_triples(one, n_nodes, RELATIONS).degrees
    assert degrees.max() > 100 * np.median(degrees)


def test_numbers_are_written_with_three_digits() -> None:
    table = BenchTable("t", "T", ("a", "b", "c", "d", "e"), [("x", 0.123456, 1234.5, 7, None)])
    assert table.document()["rows"] == [{"a": "x", "b": 0.123456, "c": 1234.5, "d": 7, "e": None}]
