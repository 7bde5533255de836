"""`dlir-opt`: parse, run passes, print."""

from __future__ import annotations

from argparse import Namespace

from dlir.commandline import Command, Flag, Streams
from dlir.debug import listening
from dlir.diagnostics import EXIT_OK
from dlir.files import read_text, write_text
from dlir.help import list_dialects, list_passes, list_targets, pass_help
from dlir.instruments.flags import INSTRUMENT_FLAGS, instruments_of, print_options
from dlir.instruments.reproducer import HEADER, read_pipeline
from dlir.optimizer import OPT_FLAGS, Optimizer
from dlir.pipeline import Item, expand, parse_pipeline, pipeline_text
from dlir.registry import Registry, misuse

DESCRIPTION = """\
Parse MLIR text, run passes on it, and print the result.

  dlir-opt model.mlir --canonicalize --cse
  dlir-opt model.mlir --pass-pipeline='builtin.module(func.func(a{x=1 y=2},b))'

--<pass> and --<pass>=<options> run a pass, in the order given; so does -p a,b{x=1}.
One dash is as good as two. Exit codes: 0 fine, 1 diagnostics, 2 usage, 3 a bug in dlir.
"""

FLAGS: list[Flag] = [
    ("input", {"nargs": "?", "default": "-", "help": "MLIR text; - is standard input"}),
    ("-o", {"metavar": "FILE", "default": "-", "help": "write here, not to stdout"}),
    (
        "-p, --passes",
        {"metavar": "PASSES", "action": "append", "default": [], "help": "run these passes"},
    ),
    *OPT_FLAGS,
    *INSTRUMENT_FLAGS,
]


def run(args: Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    if (text := information(args, registry)) is not None:
        streams.stdout.write(text)
        return EXIT_OK
    text = read_text(args.input, streams.stdin)
    items = pipeline_of(args, text, registry)
    if args.dump_pass_pipeline:
        expanded = expand(items, registry)
        streams.stderr.write(f"Pass Manager with {len(expanded)} passes:\n")
        streams.stderr.write(pipeline_text(expanded) + "\n")
    return process(args, text, items, registry, streams)


def information(args: Namespace, registry: Registry) -> str | None:
    """The answer to a question about dlir-opt itself, if the user asks one."""
    if args.show_dialects:
        return list_dialects(registry)
    if args.list_passes:
        return list_passes(registry)
    if args.list_targets:
        return list_targets(registry)
    if args.help_pass:
        return pass_help(registry, args.help_pass)
    if args.emit_bytecode:
        raise misuse("MLIR bytecode is not supported by xDSL; dlir reads and writes text")
    return None


def pipeline_of(args: Namespace, text: str, registry: Registry) -> tuple[Item, ...]:
    """The passes to run, from whichever of the three places the user gave them in."""
    given = [args.pass_pipeline is not None, bool(args.passes), args.run_reproducer]
    if sum(given) > 1:
        raise misuse("give the passes once: as --pass-pipeline, as flags, or by --run-reproducer")
    if args.run_reproducer:
        pipeline = read_pipeline(text)
        if pipeline is None:
            raise misuse(f"'{args.input}' is not a reproducer: it has no line '{HEADER}...'")
        return parse_pipeline(pipeline, registry, "<reproducer>")
    if args.pass_pipeline is not None:
        return parse_pipeline(args.pass_pipeline, registry)
    lists = [parse_pipeline(passes, registry, "<passes>") for passes in args.passes]
    return tuple(item for items in lists for item in items)


def process(
    args: Namespace, text: str, items: tuple[Item, ...], registry: Registry, streams: Streams
) -> int:
    """Run the passes and write the result."""
    instruments = instruments_of(args, streams.stderr)
    optimizer = Optimizer(
        registry,
        items,
        instruments,
        print_options(args),
        allow_unregistered=args.allow_unregistered_dialect,
        split=args.split_input_file,
        verify_diagnostics=args.verify_diagnostics,
        verify_each=args.verify_each,
        reproducer=args.mlir_generate_reproducer,
    )
    try:
        with listening(args.debug_only, streams.stderr):
            output, code = optimizer.run(text, args.input if args.input != "-" else "<stdin>")
    finally:
        for instrument in instruments:
            instrument.finish()
    if args.o == "-":
        streams.stdout.write(output)
    elif code == EXIT_OK:
        write_text(args.o, output)
    return code


main = Command("dlir-opt", DESCRIPTION, FLAGS, run, runs_passes=True)

if __name__ == "__main__":
    raise SystemExit(main())
