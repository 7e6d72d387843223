"""The graph store: loading and look-ups, beside raw Oxigraph and plain rdflib, each in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.bench.graphs import power_law_triples
from eval.bench.table import BenchTable, BenchTask, Value
from eval.errors import EvaluationError

RDFLIB_TRIPLES = 500_000
"""What plain rdflib is given: it keeps a kilobyte a triple in memory, and loads for minutes."""

_ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("store", "triples", "load s", "M/min", "B/triple", "peak MiB", "MiB", "p50 µs", "p95 µs")
ENTITY = "http://graph.example/entity/"


def measure(task: BenchTask) -> Iterator[BenchTable]:
    """Yield the table of the graph store."""
    with tempfile.TemporaryDirectory(prefix="thence-bench-") as name:
        folder = Path(name)
        task.progress(f"Writing {task.triples:,} triples")
        file = write_graph(folder / "graph.nt", task.triples, task.seed)
        small = write_graph(folder / "small.nt", min(task.triples, RDFLIB_TRIPLES), task.seed)
        yield _on_disk(task, folder, file)
        yield _in_memory(task, small)


def write_graph(file: Path, n_triples: int, seed: int) -> Path:
    """Write a made-up graph as N-Triples."""
    table, _ = power_law_triples(n_triples, seed)
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(
            f"<{ENTITY}{s}> <http://graph.example/relation/{r}> <{ENTITY}{o}> .\n" for s, o, r in table.tolist()
        )
    return file


def _on_disk(task: BenchTask, folder: Path, file: Path) -> BenchTable:
    rows: list[list[Value]] = []
    loads = {}
    for name in ("ours", "oxigraph"):
        task.progress(f"Loading into {name}")
        loads[name] = _work("load", name, file, folder / name)
    task.progress("Looking up")
    found = _work("look-up", folder / "ours", folder / "oxigraph", task.pairs, task.seed)
    for name, title in (("ours", "ours, on disk"), ("oxigraph", "pyoxigraph itself, on disk")):
        load, told = loads[name], found[name]
        rate = load["triples"] / load["seconds"] * 60e-6
        rows.append(
            [title, load["triples"], load["seconds"], rate, load["bytes"] / load["triples"], load["peak"], found["mib"],
             told["p50"], told["p95"]]
        )  # fmt: skip
    ratio = found["ours"]["p50"] / found["oxigraph"]["p50"]
    note = (
        f"One entity's facts as text, {task.pairs} random entities, the two in turns: ours takes {ratio:.2f} times as "
        "long as the engine beneath. M/min: million triples a minute. Peak: while loading; MiB: in use after the "
        "look-ups. Doubled triples of the made-up graph count once."
    )
    return BenchTable("store", "The store on disk", COLUMNS, rows, note)


def _in_memory(task: BenchTask, file: Path) -> BenchTable:
    rows: list[list[Value]] = []
    titles = {"ours": "ours, in memory", "rdflib": "rdflib, SPARQL", "rdflib-pattern": "rdflib, patterns"}
    told = {}
    for name, title in titles.items():
        task.progress(f"Loading into {title}")
        told[name] = one = _work("memory", name, file, task.pairs, task.seed)
        rate = one["triples"] / one["seconds"] * 60e-6
        rows.append(
            [title, one["triples"], one["seconds"], rate, None, one["peak"], one["mib"], one["p50"], one["p95"]]
        )
    times = told["rdflib"]["p50"] / told["ours"]["p50"]
    note = (
        f"At a size where rdflib's own store still works. A look-up by its SPARQL engine takes {times:.0f} times as "
        "long as ours. Its patterns are look-ups in dictionaries. MiB: in use once the graph is loaded."
    )
    return BenchTable("store-memory", "The store in memory", COLUMNS, rows, note)


def _work(*arguments: object) -> dict[str, Any]:
    """Run the worker in a process of its own, so that memory is that of one thing."""
    done = subprocess.run(
        [sys.executable, "-m", "eval.bench.store_worker", *map(str, arguments)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EvaluationError(f"the benchmark of the store broke off: {done.stderr.strip()[-400:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told
