"""One thread for small matrices: threads that wait for each other cost more than they bring."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numpy's and scipy's matrix products to one thread.

    The limit is the process's: of threads that overlap, the first sets and lifts it (threadpoolctl sees to that), and
    what the others still compute then may take more threads.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
