"""Paths: how long ours take, beside the same search in other libraries."""

from collections.abc import Iterator

from eval.bench.table import BenchTable, BenchTask


def measure(task: BenchTask) -> Iterator[BenchTable]:
    """Yield the tables of the path engine."""
    task.progress("Finding paths")
    yield BenchTable("paths", "Paths", ("search",))
