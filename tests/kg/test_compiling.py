"""The kernels are loaded late, kept where that is possible, and run in many threads at once."""

import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg import compiling, trigram_kernels
from kg.__main__ import compile_kernels
from kg.paths import Multigraph, PathCosts, PathQuery, all_paths, best_paths, kernels
from kg.snapshot import Snapshot
from tests.kg.paths.graphs import walks

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_importing_the_engine_does_not_import_numba() -> None:
    script = "import sys, kg.paths, kg.adjacency, tools.paths; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.slow
def test_threads_that_search_at_once_find_the_same(rng: np.random.Generator) -> None:
    graph = Multigraph.from_triples(rng.integers(0, [60, 60, 4], (600, 3)), 60, 4)
    costs = PathCosts.penalising_hubs(np.array([0.2, 0.5, 0.7, 1.0]), graph.degrees)
    queries = [PathQuery.between([one], [other], max_hops=4) for one, other in rng.integers(0, 60, (60, 2)).tolist()]

    def search(query: PathQuery) -> tuple[object, object]:
        return walks(all_paths(graph, query)), best_paths(graph, query, costs, k=5)

    expected = [search(query) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(search, queries)) == expected


def test_what_cannot_be_kept_is_compiled_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A module in a folder that cannot be written, of a user whose cache folder cannot be written.
    source = tmp_path / "doubling.py"
    source.write_text("def doubled(number):\n    return 2 * number\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    (tmp_path / "__pycache__").write_text("no folder", "utf-8")
    assert compiling.compiled(importlib.import_module("doubling").doubled)(21) == 42


def test_a_read_only_graph_needs_no_kernel_of_its_own() -> None:
    graph = Multigraph.from_triples(np.array([[0, 1, 0], [1, 2, 0]]), 3, 1)
    assert not graph.indptr.flags.writeable
    assert walks(all_paths(graph, PathQuery.between([0], [2]))) == [((0, 1, 2), (0, 0))]


def test_what_is_compiled_at_the_installation_is_what_searches_run(tiny: Snapshot) -> None:
    compile_kernels()
    compiled: tuple[Any, ...] = (kernels.rank_paths, kernels.enumerate_paths, trigram_kernels.most_alike)
    before = [list(one.signatures) for one in compiled]
    graph = tiny.adjacency.graph
    query = PathQuery.between([0, 1], [2, 3], max_hops=4)
    assert best_paths(graph, query, PathCosts.penalising_hubs(np.ones(graph.n_relations), graph.degrees), k=3).found
    assert all_paths(graph, query).tables
    assert tiny.labels.similar("frankenstien")
    assert [list(one.signatures) for one in compiled] == before
