"""LLVM in processes of its own, so that the user's is smaller, and outlives LLVM.

A server is started when one is needed, ends `IDLE` seconds after it was used last or with this
process, and does one thing at a time; so each thread that asks at the same time has its own. Where
none can be started, LLVM is loaded here.
"""

from __future__ import annotations

import atexit
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Lock, Timer
from typing import Any

from dlir.diagnostics import fail

IDLE = 60.0
KEPT = 2
"""So many servers are kept for later."""
MESSAGE = 1000
"""Characters of what LLVM said that are shown when it ends."""
SERVER = "dlir.targets.cpu.compile_server"
ROOT = str(Path(__file__).parents[3])
_NO_FILES = ["-B"] if sys.dont_write_bytecode else []
_NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)


def call(name: str, *arguments: Any) -> Any:
    """What the function of that name in llvmlite_binding.py makes of the arguments.

    Raises CompileError for what LLVM refuses, and if it ends the process that it runs in.
    """
    said = ""
    for _ in range(2):  # a server may have been killed while it was idle
        server = SERVERS.take()
        if server is None:
            break
        try:
            done, answer = server.run(name, arguments)
        except Ended:
            said = SERVERS.end(server)
            SERVERS.given_up |= not server.ready
        except BaseException:
            SERVERS.end(server)  # its answer would be taken for that of the next question
            raise
        else:
            SERVERS.give_back(server)
            return _result(done, answer)
    if SERVERS.given_up:
        return _result(*_here(name, arguments))
    fail(None, f"LLVM ended while it compiled{said and ': ' + said}", rule="emit-llvm-ir")


def prepare() -> None:
    """Start a server if there is none, for it takes some time until it is ready."""
    server = SERVERS.take()
    if server is not None:
        SERVERS.give_back(server)


def _here(name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    from dlir.targets.cpu import llvmlite_binding

    try:
        return True, getattr(llvmlite_binding, name)(*arguments)
    except RuntimeError as error:
        return False, str(error)


def _result(done: bool, answer: Any) -> Any:
    """What LLVM refuses is a bug of ours, and its message says where."""
    if not done:
        fail(None, f"LLVM refuses the generated code: {answer}", rule="emit-llvm-ir")
    return answer


class Ended(Exception):
    """The process of a server is no more."""


class Server:
    """A process that runs LLVM. Raises OSError if it cannot be started."""

    def __init__(self) -> None:
        self.ready = False
        """Whether it was seen to work."""
        with ExitStack() as stack:
            self._said = stack.enter_context(tempfile.TemporaryFile())
            self._connection, theirs = map(_blocking, socket.socketpair())
            stack.enter_context(self._connection)
            with theirs:
                self._process = subprocess.Popen(
                    _command(),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=self._said,
                    cwd="/",
                    start_new_session=True,  # ^C is meant for this process
                )
            stack.pop_all()

    def run(self, name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        """Its answer. Raises Ended."""
        try:
            if not self.ready:
                self.ready = self._receive() == "ready"
            request = pickle.dumps((name, arguments))
            self._connection.sendall(len(request).to_bytes(8, "little"), _NO_SIGNAL)
            self._connection.sendall(request, _NO_SIGNAL)
            return self._receive()
        except OSError as error:
            raise Ended from error

    def _receive(self) -> Any:
        """What comes next. Raises OSError."""
        return pickle.loads(self._read(int.from_bytes(self._read(8), "little")))

    def _read(self, size: int) -> bytearray:
        """So many bytes; no stream is used, whose lock a forked process might find taken."""
        content = bytearray(size)
        rest = memoryview(content)
        while rest:
            count = self._connection.recv_into(rest)
            if count == 0:
                raise ConnectionResetError
            rest = rest[count:]
        return content

    def stop(self) -> str:
        """End the process, and tell what it wrote last."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        self._said.close()
        return said[-MESSAGE:]

    def forget(self) -> None:
        """In a forked process: it is the parent's."""
        self._connection.close()
        self._said.close()
        self._process.returncode = 0


def _blocking(end: socket.socket) -> socket.socket:
    """Whatever the default is; and not in the place of a standard stream that is closed, to which
    something may be written."""
    end.setblocking(True)
    if end.fileno() > 2:
        return end
    import fcntl

    with end:
        return socket.socket(fileno=fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3))


def _command() -> list[str]:
    """Finds what this process finds, without its start-up files."""
    path = [*map(os.path.abspath, sys.path), ROOT]
    start = f"import sys; sys.path[:] = {path!r}; from {SERVER} import main; main()"
    return [sys.executable, "-I", "-S", *_NO_FILES, "-c", start]


class Servers:
    """Those of this process."""

    def __init__(self) -> None:
        self.given_up = not _can_start()
        """Whether none can be started."""
        self._lock = Lock()
        self._idle: list[Server] = []
        self._all: set[Server] = set()
        self._used = 0.0
        self._timer: Timer | None = None

    def take(self) -> Server | None:
        """One that is idle, or a new one; None if none can be started."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self.given_up:
                return None
            try:
                server = Server()
            except OSError:
                self.given_up = True
                return None
            self._all.add(server)
            return server

    def give_back(self, server: Server) -> None:
        """It may be taken again."""
        with self._lock:
            if len(self._idle) < KEPT:
                self._idle.append(server)
                self._used = time.monotonic()
                if self._timer is None:
                    self._wait(IDLE)
                return
        self.end(server)

    def end(self, server: Server) -> str:
        """End one that was taken, if no other thread does, and tell what it said last."""
        with self._lock:
            if server not in self._all:
                return ""
            self._all.remove(server)
        return server.stop()

    def _wait(self, seconds: float) -> None:
        self._timer = Timer(seconds, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            self._timer = None
            rest = self._used + IDLE - time.monotonic()
            if rest > 0:
                self._wait(rest)
                return
            ended, self._idle = self._idle, []
        for server in ended:
            self.end(server)

    def end_all(self) -> None:
        """When this process ends."""
        for server in [*self._all]:
            self.end(server)

    def forget_all(self) -> None:
        """In a forked process: they are the parent's, and threads that held the lock are gone."""
        for server in self._all:
            server.forget()
        self.__init__()


def _can_start() -> bool:
    """Whether this is an interpreter, which can be started again, and no program with one in it."""
    name = Path(sys.executable or "").name
    return os.name == "posix" and not hasattr(sys, "frozen") and name.startswith("python")


SERVERS = Servers()
atexit.register(SERVERS.end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SERVERS.forget_all)
