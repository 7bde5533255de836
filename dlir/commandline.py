"""What the commands share: `Command`, streams, flags in MLIR's spelling, exit codes."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from dlir.diagnostics import (
    EXIT_BUG,
    EXIT_DIAGNOSTICS,
    EXIT_OK,
    EXIT_USAGE,
    CompileError,
    Diagnostic,
    Severity,
    diagnose,
    handle_diagnostics,
    print_diagnostics,
    warn,
)
from dlir.files import same_file, temporary_path, write_text
from dlir.pipeline import InternalError
from dlir.registry import Registry, UsageError, default_registry, did_you_mean, misuse
from dlir.version import described_version

if TYPE_CHECKING:
    from dlir.executable import CompileOptions

DEBUG_VARIABLE = "DLIR_DEBUG"
"""When this environment variable is set, internal errors show their traceback."""


@dataclass(frozen=True)
class Streams:
    """Where a command reads and writes."""

    stdin: IO[str]
    stdout: IO[str]
    stderr: IO[str]

    @staticmethod
    def of(stdin: IO[str] | None, stdout: IO[str] | None, stderr: IO[str] | None) -> Streams:
        """The given streams, and the process's own (as they are now) for the rest."""
        return Streams(stdin or sys.stdin, stdout or sys.stdout, stderr or sys.stderr)


@dataclass(frozen=True)
class Command:
    """A command: called with its arguments, it gives the exit code.

    That is 0, 1 (diagnostics), 2 (usage) or 3 (a bug in dlir). It can be called many times in one
    process and keeps nothing between calls.
    """

    name: str
    description: str
    flags: Sequence[Flag]
    body: Callable[[argparse.Namespace, Registry, Streams], int]
    needs: Sequence[str] = ()
    """The arguments without which there is nothing to do."""
    runs_passes: bool = False
    """Whether `--<pass>` is a flag."""

    def __call__(
        self,
        argv: Sequence[str] | None = None,
        stdin: IO[str] | None = None,
        stdout: IO[str] | None = None,
        stderr: IO[str] | None = None,
    ) -> int:
        streams = Streams.of(stdin, stdout, stderr)
        arguments = sys.argv[1:] if argv is None else argv
        return guarded(lambda: self._run(arguments, streams), streams)

    def _run(self, argv: Sequence[str], streams: Streams) -> int:
        registry = default_registry().with_plugins(values_of("load-plugin", argv))
        for warning in registry.warnings:
            warn(None, warning)
        parser = ArgumentParser(self.name, self.description)
        for names, keywords in self.flags:
            parser.add_argument(*names.split(", "), **keywords)
        passes = registry.pass_names() if self.runs_passes else ()
        options = parser.parse_args(normalise(argv, parser.names, passes))
        if options.help:
            parser.print_help(streams.stdout)
            return EXIT_OK
        if options.version:
            streams.stdout.write(f"{self.name} {described_version()}\n")
            return EXIT_OK
        for name in self.needs:
            if getattr(options, name.lstrip("-")) is None:
                parser.error(f"no {name} given")
        return self.body(options, registry, streams)


# --- exit codes -----------------------------------------------------------------------------


def guarded(body: Callable[[], int], streams: Streams) -> int:
    """Run a command: print what it raises or emits to stderr, and give the exit code."""

    def show(diagnostic: Diagnostic) -> None:
        print_diagnostics([diagnostic], streams.stderr)

    try:
        with handle_diagnostics(show):
            code = body()
            streams.stdout.flush()
            return code
    except CompileError as error:
        return report(error, streams.stderr)
    except OSError as error:
        # The disk is full, or the reader of our output has gone, as in `dlir-opt ... | head`.
        # The interpreter flushes stdout once more when it ends, which must not fail again.
        with suppress(OSError):  # when stdout is not a file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            show(diagnose(Severity.ERROR, None, str(error)))
        return EXIT_DIAGNOSTICS
    except MemoryError as error:
        show(diagnose(Severity.ERROR, None, f"out of memory: {error}".rstrip(": ")))
        return EXIT_DIAGNOSTICS
    except Exception as error:
        return report(_internal_error(error), streams.stderr)


def report(error: CompileError, stderr: IO[str]) -> int:
    """Print an error with its reproducer and give the exit code it stands for."""
    print_diagnostics(error.diagnostics, stderr)
    if error.reproducer is not None:
        print(f"  note: reproducer written to {error.reproducer}", file=stderr)
    if not isinstance(error, InternalError):
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_DIAGNOSTICS
    if os.environ.get(DEBUG_VARIABLE) and error.__cause__ is not None:
        traceback.print_exception(error.__cause__, file=stderr)
    return EXIT_BUG


def _internal_error(error: Exception) -> InternalError:
    """An exception that no pass raised, with its traceback saved in a file."""
    text = "".join(traceback.format_exception(error))
    path = temporary_path("dlir-crash", text, ".txt")
    summary = (str(error).strip() or "no message").split("\n")[0]
    failure = InternalError(
        [
            diagnose(
                Severity.ERROR,
                None,
                f"bug in dlir: {type(error).__name__}: {summary}",
                help=f"please report it with the traceback in {path}",
            )
        ]
    )
    failure.__cause__ = error
    with suppress(CompileError):  # Where nothing can be written, the message must do.
        write_text(path, text)
    return failure


# --- flags ----------------------------------------------------------------------------------


class ArgumentParser(argparse.ArgumentParser):
    """argparse without its exits, its abbreviations and its fixed streams."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        self.names: list[str] = []
        super().__init__(
            prog,
            description=description,
            epilog=epilog,
            add_help=False,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add_argument("-h", "--help", action="store_true", help="show this text")
        self.add_argument("--version", action="store_true", help="show the version")

    def add_argument(self, *names: str, **options: Any) -> argparse.Action:
        """Add an argument, remembering the names of its flags."""
        self.names += [name for name in names if name.startswith("-")]
        return super().add_argument(*names, **options)

    def error(self, message: str) -> NoReturn:
        """A wrong command line is a UsageError."""
        raise misuse(message, help=f"{self.prog} --help lists the options")


def positive(text: str) -> int:
    """A flag's number of at least one."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a positive number, got '{text}'")
    return int(text)


def report_file(text: str) -> str:
    """The file of `--report`, whose suffix says what is written."""
    if not text.endswith((".json", ".html")):
        raise misuse(f"--report={text}: write R.json or R.html")
    return text


def keep_inputs(inputs: Iterable[str | None], outputs: Iterable[str | None]) -> None:
    """Refuse to write over a file that is read. Raises UsageError."""
    for read, written in product(filter(None, inputs), filter(None, outputs)):
        if same_file(read, written):
            raise misuse(f"'{written}' is an input: give another file to write to")


Flag = tuple[str, dict[str, Any]]
"""The name of an argument, or its names, as in `-o, --output`; and what `add_argument` takes."""

MODEL: Flag = (
    "model",
    {"nargs": "?", "help": "MLIR text, a model file, or - for text on stdin"},
)
SHAPE: Flag = (
    "--shape",
    {
        "action": "append",
        "default": [],
        "metavar": "ARGUMENT=SIZES",
        "help": "the sizes of an argument that has `?`, such as ids=1x128",
    },
)
FUNCTION: Flag = (
    "--function",
    {"metavar": "NAME", "help": "default: main, or the only function"},
)
DEBUGINFO: Flag = (
    "--mlir-print-debuginfo",
    {"action": "store_true", "help": "print locations, too"},
)
PLUGIN: Flag = (
    "--load-plugin",
    {"action": "append", "default": [], "metavar": "PLUGIN", "help": "FILE.py or module:NAME"},
)

MACHINE_FLAGS: list[Flag] = [
    ("--target", {"metavar": "NAME", "help": "cpu, ref, accel, ...; default: cpu"}),
    ("--machine", {"metavar": "NAME", "help": "of target accel: a preset or FILE.toml"}),
    (
        "--set",
        {
            "action": "append",
            "default": [],
            "metavar": "KEY=VALUE",
            "help": "one number of the machine that differs, such as spm.bytes=131072",
        },
    ),
]  # fmt: skip
"""Where a model is compiled for."""

TARGET_FLAGS: list[Flag] = [
    *MACHINE_FLAGS,
    SHAPE,
    FUNCTION,
    (
        "--precision",
        {"choices": ["bf16", "f16"], "help": "store a model in f32 in half the bytes"},
    ),
    ("--params", {"metavar": "FILE", "help": "weights; default: MODEL's .safetensors beside it"}),
    ("--threads", {"type": positive, "metavar": "N", "help": "default: DLIR_NUM_THREADS"}),
    (
        "--no-winograd",
        {"action": "store_true", "help": "never choose Winograd's algorithm for convolutions"},
    ),
    (
        "--no-integerize",
        {"action": "store_true", "help": "compute quantised models on floats, as they are written"},
    ),
    (
        "--no-bf16-dots",
        {"action": "store_true", "help": "sum products of bf16 one by one, subnormals as well"},
    ),
    ("--schedule", {"metavar": "FILE", "help": "how to compute kernels; default: what dlir-tune "
                    "found for this machine"}),
    ("--no-cache", {"action": "store_true", "help": "neither read nor fill the object cache"}),
    PLUGIN,
]  # fmt: skip
"""The flags of commands that compile; `compile_options` reads them."""


def compile_options(flags: argparse.Namespace, registry: Registry) -> CompileOptions:
    """What the flags of `TARGET_FLAGS` say. Raises UsageError."""
    from dlir.executable import CompileOptions  # slow to import, and not needed for --help

    return CompileOptions(
        function=flags.function,
        cache=not flags.no_cache,
        threads=flags.threads,
        winograd=not flags.no_winograd,
        integerize=not flags.no_integerize,
        bf16_dots=not flags.no_bf16_dots,
        machine=flags.machine,
        settings=pairs("set", flags.set),
        schedule=None if flags.schedule is None else Path(flags.schedule),
        shapes=pairs("shape", flags.shape),
        precision=flags.precision,
        registry=registry,
    )


PAIRS = {
    "set": "TABLE.KEY=VALUE, such as --set=spm.bytes=131072",
    "shape": "ARGUMENT=SIZES, such as --shape=x=1x128",
}
"""How the flags are written whose values are pairs."""


def pairs(flag: str, texts: Iterable[str]) -> dict[str, str]:
    """The `KEY=VALUE` of a flag that may be repeated; the last of a key counts."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.rpartition("=") if flag == "shape" else text.partition("=")
        if not (key and equals and value):
            raise misuse(f"bad --{flag}={text}: write --{flag}={PAIRS[flag]}")
        found[key] = value
    return found


def normalise(argv: Sequence[str], flags: Sequence[str], passes: Collection[str] = ()) -> list[str]:
    """Command-line arguments as argparse reads them.

    `-flag` and `--flag` are the same. `--<pass>`, `--<pass>=<options>` and `--<pass>{<options>}`
    become `-p <pass>{...}`, in their order. Raises UsageError for what is no flag and no pass.
    """
    result: list[str] = []
    for argument in argv:
        name, equals, value = argument.lstrip("-").partition("=")
        if (as_in_pipelines := argument.lstrip("-")).partition("{")[0] in passes:
            name, equals, value = as_in_pipelines, "", ""
        if not argument.startswith("-") or not name:
            result.append(argument)
        elif f"--{name}" in flags:
            result.append(f"--{name}{equals}{value}")
        elif f"-{name}" in flags:
            result += [f"-{name}", value] if equals else [f"-{name}"]
        elif name.partition("{")[0] in passes:
            result += ["-p", f"{name}{{{value}}}" if equals else name]
        else:
            known = [*(flag.lstrip("-") for flag in flags), *passes]
            what = "option or pass" if passes else "option"
            raise misuse(f"unknown {what} '{argument}'{did_you_mean(name, known)}")
    return result


def values_of(flag: str, argv: Sequence[str]) -> list[str]:
    """The values of a flag that must be known before all others can be read."""
    values: list[str] = []
    for index, argument in enumerate(argv):
        name, equals, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == flag:
            values += [value] if equals else argv[index + 1 : index + 2]
    return values
