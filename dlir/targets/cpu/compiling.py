"""LLVM IR to objects and assembly: objects come from the cache on disk if they are known."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from dlir.object_cache import ObjectCache, key_of
from dlir.targets.cpu import compile_client
from dlir.targets.cpu.description import CpuDescription, host
from dlir.version import version_of

PASSES: tuple[str, ...] = ()
"""LLVM's IR passes to run: none.  The lowering emits SSA form with rotated loops already; with
`sroa`, `instruction_combine` and `simplify_cfg` kernels are as fast, within the noise."""

_PARALLEL_BYTES = 1 << 20
"""Start a second process only for at least this much IR text; it costs about 0.1 s."""


def _key(ir: str, cpu: CpuDescription) -> str:
    return key_of(ir, version_of("llvmlite"), cpu.triple, cpu.cpu, cpu.features, *PASSES)


def compile_llvm(
    ir: str, cpu: CpuDescription | None = None, cache: ObjectCache | None = None
) -> bytes:
    """Compile LLVM IR text to an object; `cache` None means without one."""
    return compile_many([ir], cpu, cache, processes=1)[0]


def compile_many(
    irs: Iterable[str],
    cpu: CpuDescription | None = None,
    cache: ObjectCache | None = None,
    processes: int = 2,
) -> list[bytes]:
    """Compile several modules, in several processes if the work is worth it.

    Each is compiled as soon as it is there, while the next one is made.
    """
    cpu = cpu or host()
    parts: list[tuple[str, bytes | Future[bytes]]] = []
    with _Team(processes) as team:
        for ir in irs:
            key = _key(ir, cpu)
            found = cache.get(key) if cache else None
            parts.append((key, team.compile(ir, cpu) if found is None else found))
        return [_finished(part, key, cache) for key, part in parts]


def _finished(part: bytes | Future[bytes], key: str, cache: ObjectCache | None) -> bytes:
    """The object; it is stored if it is a new one."""
    if isinstance(part, bytes):
        return part
    body = part.result()
    if cache:
        cache.put(key, body)
    return body


def emit_assembly(ir: str, cpu: CpuDescription | None = None) -> str:
    """The assembly of LLVM IR text, as the compiler would make it."""
    return compile_client.call("assembly", ir, cpu or host(), PASSES)


_Job = tuple[Future[bytes], str, CpuDescription]


class _Team:
    """Threads that each have one module after another compiled; most of the time they wait."""

    def __init__(self, processes: int):
        self._most = min(processes, os.cpu_count() or 1)
        self._threads: list[Thread] = []
        self._bytes = 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()

    def __enter__(self) -> _Team:
        return self

    def __exit__(self, *error: object) -> None:
        """What was not begun by now is not wanted: there was an error."""
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def compile(self, ir: str, cpu: CpuDescription) -> Future[bytes]:
        """The object that will be."""
        future: Future[bytes] = Future()
        self._jobs.put((future, ir, cpu))
        self._bytes += len(ir)
        if len(self._threads) < min(self._most, 1 + self._bytes // _PARALLEL_BYTES):
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        return future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, ir, cpu = job
            try:
                future.set_result(compile_client.call("object_code", ir, cpu, PASSES))
            except BaseException as error:
                future.set_exception(error)
