"""The OpenMP runtime of this system, if it has one: GNU's, LLVM's or Intel's.

All three offer the functions of GNU's interface that compiled code calls. A runtime that the
process has loaded already (torch brings one) is taken first, because two of them would compete for
the cores. `DLIR_OPENMP` names a library instead, or none.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from ctypes.util import find_library
from functools import cache
from pathlib import Path

from dlir.diagnostics import warn

FUNCTIONS = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
VARIABLE = "DLIR_OPENMP"
NAMES = ("libgomp.so.1", "libomp.so.5", "libomp.so", "libiomp5.so", "libomp.dylib")
SHORT_NAMES = ("gomp", "omp", "iomp5")
SPIN_VARIABLE = "GOMP_SPINCOUNT"
SPINS = "20000"
"""About half a millisecond; what an idle machine gains by more was not measurable."""


@cache
def runtime() -> dict[str, int] | None:
    """The addresses of the functions, or None, with one notice, where there is no runtime."""
    for library in _candidates():
        try:
            return {
                name: ctypes.cast(library[name], ctypes.c_void_p).value or 0 for name in FUNCTIONS
            }
        except AttributeError:
            continue
    warn(
        None,
        "no OpenMP runtime was found, so compiled models use one thread",
        help=f"install libgomp1 or intel-openmp, or set {VARIABLE} to a library's path",
    )
    return None


def _candidates() -> Iterator[ctypes.CDLL]:
    named = os.environ.get(VARIABLE)
    if named is not None:
        paths = [named]
    else:
        if sys.platform != "win32":
            yield ctypes.CDLL(None)
        paths = [*NAMES, *_wheel()]
        paths += [found for name in SHORT_NAMES if (found := find_library(name)) is not None]
    for path in paths:
        with suppress(OSError):
            yield _loaded(path)


def _loaded(path: str) -> ctypes.CDLL:
    """GNU's runtime, which reads this as it is loaded, is to turn `SPINS` times before it sleeps.

    By itself it waits for up to 7 ms, in vain where other work has the cores; between kernels some
    tens of microseconds pass at most. Raises OSError.
    """
    if any(name in os.environ for name in (SPIN_VARIABLE, "OMP_WAIT_POLICY")):
        return ctypes.CDLL(path)
    os.environ[SPIN_VARIABLE] = SPINS
    try:
        return ctypes.CDLL(path)
    finally:
        del os.environ[SPIN_VARIABLE]


def _wheel() -> list[str]:
    """Where the package intel-openmp puts its library."""
    folder = Path(sysconfig.get_path("data")) / "lib"
    return [str(path) for path in sorted(folder.glob("libiomp5.*"))]
