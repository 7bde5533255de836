"""Runs one RUN line in process. The grammar is lit's own (`lit.ShUtil`), so both ways agree."""

import io
import os
from dataclasses import dataclass
from pathlib import Path

from lit.ShCommands import Command, Pipeline, Seq
from lit.ShUtil import ShParser

from format import commands

INTERNAL_ERROR = 3
"""The exit code of a dlir command that met a bug in dlir."""


class Unsupported(Exception):
    """This line needs a real shell: an unknown command, a glob, an unusual redirection."""


@dataclass(frozen=True)
class Outcome:
    """What one RUN line did: its exit code, and what its commands wrote and nobody read."""

    exit_code: int
    log: str


def run_line(text: str, folder: Path) -> Outcome:
    """Run `text` (substitutions done) with `folder` as the current directory.

    Raises `Unsupported`, before anything has run, if the line needs a real shell.
    """
    try:
        tree = ShParser(text, pipefail=True).parse()
    except ValueError as error:
        return Outcome(2, f"the RUN line is no shell command: {error}\n")
    _check_supported(tree)
    log = io.BytesIO()
    before = os.getcwd()
    os.chdir(folder)
    try:
        code = _run_tree(tree, log)
    except OSError as error:
        code = 1
        log.write(f"{error}\n".encode())
    finally:
        os.chdir(before)
    return Outcome(code, log.getvalue().decode("utf-8", "replace"))


@dataclass(frozen=True)
class _Call:
    """A command without its prefixes `not` and `env`."""

    name: str
    arguments: list[str]
    negated: bool
    variables: dict[str, str]


def _split(command: Command) -> _Call:
    words = list(command.args)
    negated = False
    variables: dict[str, str] = {}
    if not all(isinstance(word, str) for word in words):
        raise Unsupported("a glob")
    while words and words[0] in ("not", "!", "env"):
        if words.pop(0) != "env":
            negated = not negated
            continue
        while words and "=" in words[0]:
            name, value = words.pop(0).split("=", 1)
            variables[name] = value
    if not words or words[0].startswith("-"):
        raise Unsupported("an option of not or env")
    return _Call(words[0], words[1:], negated, variables)


def _check_supported(tree: Seq | Pipeline) -> None:
    if isinstance(tree, Seq):
        if tree.op not in ("&&", ";"):
            raise Unsupported(tree.op)
        _check_supported(tree.lhs)
        _check_supported(tree.rhs)
        return
    for command in tree.commands:
        name = _split(command).name
        if commands.find(name) is None:
            raise Unsupported(name)
        for operator, target in command.redirects:
            known = operator in _FILE_REDIRECTIONS or (operator, target) in _STREAM_REDIRECTIONS
            if not known:
                raise Unsupported("".join(map(str, operator)))


def _run_tree(tree: Seq | Pipeline, log: io.BytesIO) -> int:
    if isinstance(tree, Pipeline):
        return _run_pipeline(tree, log)
    first = _run_tree(tree.lhs, log)
    return first if first and tree.op == "&&" else _run_tree(tree.rhs, log)


def _run_pipeline(pipeline: Pipeline, log: io.BytesIO) -> int:
    """Run the commands one after the other; as in lit the first failure decides (`pipefail`)."""
    data, code = b"", 0
    for command in pipeline.commands:
        call = _split(command)
        streams = commands.Streams(stdin=data)
        files = _redirect(command, streams)
        main = commands.find(call.name)
        assert main is not None  # _check_supported has seen it
        with commands.environment(call.variables):
            result = commands.call(call.name, main, call.arguments, streams)
        for name, stream, mode in files:
            with open(name, mode) as file:
                file.write(stream.getvalue())
        if call.negated:
            # a bug in dlir is nobody's expected failure
            result = int(result in (0, INTERNAL_ERROR))
        code = code or result
        written = {id(stream) for _, stream, _ in files}
        data = b"" if id(streams.stdout) in written else streams.stdout.getvalue()
        if streams.stderr is not streams.stdout and id(streams.stderr) not in written:
            log.write(streams.stderr.getvalue())
        if result:
            log.write(f"`{call.name}` exited with {result}\n".encode())
    log.write(data)
    return code


_FILE_REDIRECTIONS = {("<",), (">",), (">>",), (">", 1), (">", 2)}
_STREAM_REDIRECTIONS = {((">&", 2), "1"), ((">&", 1), "2"), ((">&",), "2")}


def _redirect(command: Command, streams: commands.Streams) -> list[tuple[str, io.BytesIO, str]]:
    """Apply redirections in order; gives (file, the stream to write into it, open mode)."""
    files: list[tuple[str, io.BytesIO, str]] = []
    for operator, target in command.redirects:
        match operator:
            case ("<",):
                streams.stdin = Path(target).read_bytes()
            case (">",) | (">>",) | (">", 1):
                streams.stdout = io.BytesIO()
                files.append((target, streams.stdout, "ab" if operator == (">>",) else "wb"))
            case (">", 2):
                streams.stderr = io.BytesIO()
                files.append((target, streams.stderr, "wb"))
            case (">&", 2):
                streams.stderr = streams.stdout
            case _:  # `>&2`
                streams.stdout = streams.stderr
    return files
