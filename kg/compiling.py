"""Compilation of the kernels by numba, the one place where it is imported."""

import sys
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


_MADVISE = numba.types.ExternalFunction("madvise", numba.types.int32(numba.uintp, numba.uintp, numba.int32))
_HUGE_PAGES, _PAGE = 14, 4096
"""The advice, by its number in Linux, and the bytes that an address it is given for must be a multiple of."""

if sys.platform == "linux":

    @inlined
    def advise_huge_pages(address: int, n_bytes: int) -> None:
        """Ask for pages of 2 MiB where memory is not written yet: the first write to a page costs a microsecond.

        Memory whose pages cannot be that large stays as it is.
        """
        begin = -(-address // _PAGE) * _PAGE
        _MADVISE(begin, address + n_bytes - begin, _HUGE_PAGES)

else:

    @inlined
    def advise_huge_pages(address: int, n_bytes: int) -> None:
        """Do nothing: other systems give large pages unasked, or none."""
