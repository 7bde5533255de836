"""The commands that a RUN line may use in process. Any other goes to lit's shell."""

import contextlib
import difflib
import importlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Main = Callable[[list[str]], int | None]

_TOOLS = {
    "dlir-opt": "dlir.tools.opt:main",
    "dlir-translate": "dlir.tools.translate:main",
    "dlir-compile": "dlir.tools.compile:main",
    "dlir-run": "dlir.tools.run:main",
    "dlir-prune": "dlir.tools.prune:main",
    "dlir-reduce": "dlir.tools.reduce:main",
    "dlir-doc": "dlir.tools.doc:main",
    "dlir-explore": "dlir.tools.explore:main",
    "dlir-tune": "dlir.tools.tune:main",
}


def find(name: str) -> Main | None:
    """The function behind a command, `None` for a command that is not in the table."""
    if name in _TOOLS:
        module, function = _TOOLS[name].split(":")
        return getattr(importlib.import_module(module), function)
    return _BUILTINS.get(name)


@dataclass
class Streams:
    """The standard streams of one command. `stderr` may be the same object as `stdout` (`2>&1`)."""

    stdin: bytes = b""
    stdout: io.BytesIO = field(default_factory=io.BytesIO)
    stderr: io.BytesIO = field(default_factory=io.BytesIO)


def call(name: str, main: Main, arguments: Sequence[str], streams: Streams) -> int:
    """Call a command's `main` with its streams in place; afterwards all is as before."""
    argv = sys.argv
    sys.argv = [name, *arguments]
    try:
        with _redirected(streams):
            return _exit_code(main, list(arguments))
    finally:
        sys.argv = argv


def _exit_code(main: Main, arguments: list[str]) -> int:
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            return 1
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        traceback.print_exc()
        return 3
    return int(code or 0)


@contextlib.contextmanager
def _redirected(streams: Streams) -> Iterator[None]:
    saved = sys.stdin, sys.stdout, sys.stderr
    out = _text(streams.stdout)
    err = out if streams.stderr is streams.stdout else _text(streams.stderr)
    sys.stdin, sys.stdout, sys.stderr = _text(io.BytesIO(streams.stdin)), out, err
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = saved
        for stream in {out, err}:
            stream.flush()
            stream.detach()  # a garbage-collected wrapper would close the bytes under it


def _text(stream: io.BytesIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8", newline="\n", write_through=True)


@contextlib.contextmanager
def environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for one command."""
    saved = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _filecheck(arguments: list[str]) -> int:
    from filecheck.matcher import Matcher
    from filecheck.options import parse_argv_options

    try:
        return Matcher.from_opts(parse_argv_options(["filecheck", *arguments])).run()
    except (RuntimeError, OSError) as error:
        print(f"filecheck: {error}", file=sys.stderr)
        return 2


def _cat(arguments: list[str]) -> int:
    contents = [Path(name).read_bytes() for name in arguments] or [sys.stdin.buffer.read()]
    sys.stdout.buffer.write(b"".join(contents))
    return 0


def _diff(arguments: list[str]) -> int:
    names = [name for name in arguments if not name.startswith("-") or name == "-"]
    first, second = (sys.stdin.read() if n == "-" else Path(n).read_text("utf-8") for n in names)
    lines = list(difflib.unified_diff(first.splitlines(), second.splitlines(), *names, lineterm=""))
    print("\n".join(lines), end="\n" if lines else "")
    return int(bool(lines))


def _cmp(arguments: list[str]) -> int:
    first, second = (Path(name).read_bytes() for name in arguments)
    if first != second:
        print(*arguments, "differ")
    return int(first != second)


def _ls(arguments: list[str]) -> int:
    missing = [name for name in arguments if not Path(name).exists()]
    for name in missing:
        print(f"ls: cannot access '{name}': No such file or directory", file=sys.stderr)
    print("\n".join(name for name in arguments if name not in missing))
    return 2 if missing else 0


def _echo(arguments: list[str]) -> int:
    print(*arguments)
    return 0


_BUILTINS: dict[str, Main] = {
    "filecheck": _filecheck,
    "cat": _cat,
    "cmp": _cmp,
    "diff": _diff,
    "echo": _echo,
    "ls": _ls,
}
