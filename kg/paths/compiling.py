"""Compilation of the kernels by numba, the one place where it is imported."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba  # type: ignore[import-untyped]

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function when it is first called; other threads run while it runs.

    The machine code is kept beside the source, or in the user's cache folder where that is read-only, so that only the
    first call after an installation waits for it. Where neither can be written, each process compiles for itself.
    """
    try:
        kept: Callable[P, R] = numba.njit(function, cache=True, nogil=True)
    except RuntimeError:  # numba's only way to say that it finds no folder
        kept = numba.njit(function, nogil=True)
    return kept


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled ones call: without what Python needs to call it."""
    kept: Callable[P, R] = numba.njit(function, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return kept
