"""What `thence bench kg --part store` does in processes of their own: `python -m eval.bench.store_worker WHAT ...`."""

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyoxigraph as ox
import rdflib

from kg.store import GraphStore

LookUp = Callable[[str], str]


def load(name: str, file: str, folder: str) -> dict[str, Any]:
    """Load a file into a new store on disk."""
    began = time.perf_counter()
    if name == "ours":
        size = len(GraphStore.from_files([Path(file)], Path(folder)))
    else:
        store = ox.Store(folder)
        store.bulk_load(path=file, format=ox.RdfFormat.N_TRIPLES)
        store.optimize()
        store.flush()
        size = len(store)
    seconds = time.perf_counter() - began
    taken = sum(one.stat().st_size for one in Path(folder).rglob("*") if one.is_file())
    return {"triples": size, "seconds": seconds, "bytes": taken, "peak": _peak_mib()}


def look_up(ours: str, raw: str, count: str, seed: str) -> dict[str, Any]:
    """Time look-ups in two stores on disk, in turns."""
    mine, engine = GraphStore(Path(ours), read_only=True), ox.Store.read_only(raw)
    entities = _entities(mine, int(count), int(seed))
    timed = time_in_turns({"ours": ours_text(mine), "oxigraph": raw_text(engine)}, entities)
    return {**timed, "mib": _now_mib()}


def memory(name: str, file: str, count: str, seed: str) -> dict[str, Any]:
    """Load a file into memory, and time look-ups."""
    began = time.perf_counter()
    if name == "ours":
        store = GraphStore.from_files([Path(file)])
        size, look = len(store), ours_text(store)
    else:
        graph = rdflib.Graph().parse(file, format="nt")
        size = len(graph)
        look = rdflib_text(graph) if name == "rdflib" else rdflib_pattern_text(graph)
    seconds = time.perf_counter() - began
    mib = _now_mib()
    entities = [f"http://graph.example/entity/{one}" for one in _numbers(Path(file), int(count), int(seed))]
    return {
        "triples": size,
        "seconds": seconds,
        "peak": _peak_mib(),
        "mib": mib,
        **time_in_turns({"": look}, entities)[""],
    }


def time_in_turns(looks: dict[str, LookUp], entities: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the median and the 95th percentile of each look-up, microseconds; all have seen an entity once before."""
    taken: dict[str, list[float]] = {name: [] for name in looks}
    for entity in entities:
        for look in looks.values():
            look(entity)
    for entity in entities:
        for name, look in looks.items():
            began = time.perf_counter()
            look(entity)
            taken[name].append(1e6 * (time.perf_counter() - began))
    return {
        name: {"p50": float(np.median(times)), "p95": float(np.percentile(times, 95))} for name, times in taken.items()
    }


def ours_text(store: GraphStore) -> LookUp:
    return lambda iri: "\n".join(f"{one.subject} {one.predicate} {one.object}" for one in store.triples(subject=iri))


def raw_text(store: ox.Store) -> LookUp:
    def look(iri: str) -> str:
        quads = store.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph())
        return "\n".join(
            f"{quad.subject.value} {quad.predicate.value} {quad.object.value}"  # type: ignore[union-attr]
            for quad in quads
        )

    return look


def rdflib_text(graph: rdflib.Graph) -> LookUp:
    return lambda iri: "\n".join(f"{iri} {row[0]} {row[1]}" for row in graph.query(f"SELECT ?p ?o {{ <{iri}> ?p ?o }}"))  # type: ignore[index]


def rdflib_pattern_text(graph: rdflib.Graph) -> LookUp:
    return lambda iri: "\n".join(f"{s} {p} {o}" for s, p, o in graph.triples((rdflib.URIRef(iri), None, None)))


def _entities(store: GraphStore, count: int, seed: int) -> list[str]:
    """Return random entities that are a subject."""
    rng, highest = np.random.default_rng(seed), len(store) // 5
    found: list[str] = []
    while len(found) < count:
        iri = f"http://graph.example/entity/{rng.integers(max(highest, 2))}"
        if next(store.triples(subject=iri), None) is not None:
            found.append(iri)
    return found


def _numbers(file: Path, count: int, seed: int) -> list[str]:
    with file.open(encoding="utf-8") as stream:
        subjects = sorted({line.split("> ", 1)[0].rpartition("/")[2] for line in stream})
    chosen: list[str] = np.random.default_rng(seed).choice(subjects, count).tolist()
    return chosen


def _peak_mib() -> float | None:
    """Return the largest memory since the process began; on Linux alone, elsewhere the parent's would count too."""
    status = Path("/proc/self/status")
    told = re.search(r"VmHWM:\s*(\d+) kB", status.read_text("ascii")) if status.is_file() else None
    return int(told[1]) / 1024 if told else None


def _now_mib() -> float:
    return float(psutil.Process().memory_full_info().uss) / 2**20


if __name__ == "__main__":
    what: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "look-up": look_up, "memory": memory}
    sys.stdout.write(json.dumps(what[sys.argv[1]](*sys.argv[2:])))
