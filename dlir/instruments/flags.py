"""The flags that choose instruments, and the instruments they choose.

Every command that runs passes has these flags; the names are those of mlir-opt where it has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Container
from pathlib import Path
from typing import IO, Any

from dlir.instruments.base import Instrument
from dlir.instruments.measuring import Statistics, Timing, Trace
from dlir.instruments.printing import (
    NOTHING,
    Everything,
    PrintDiff,
    PrintIR,
    PrintOptions,
    PrintTree,
)
from dlir.instruments.reproducer import CrashReproducer

ON: dict[str, Any] = {"action": "store_true"}

INSTRUMENT_FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--mlir-print-ir-before", {"metavar": "P,..", "help": "dump the IR before these passes"}),
    ("--mlir-print-ir-after", {"metavar": "P,..", "help": "dump the IR after these passes"}),
    ("--mlir-print-ir-before-all", ON | {"help": "dump the IR before every pass"}),
    ("--mlir-print-ir-after-all", ON | {"help": "dump the IR after every pass"}),
    ("--mlir-print-ir-after-change", ON | {"help": "dump the IR after passes that changed it"}),
    ("--mlir-print-ir-after-failure", ON | {"help": "dump the IR after a pass that failed"}),
    ("--mlir-print-ir-module-scope", ON | {"help": "dump the whole module, always"}),
    ("--mlir-print-ir-tree-dir", {"metavar": "DIR", "help": "write one file per op and pass"}),
    ("--print-ir-diff", ON | {"help": "show what each pass changed"}),
    ("--mlir-timing", ON | {"help": "report where the time went"}),
    ("--mlir-timing-display", {"choices": ("list", "tree"), "default": "tree"}),
    ("--mlir-pass-statistics", ON | {"help": "report what each pass did, in numbers"}),
    ("--mlir-pass-pipeline-crash-reproducer",
     {"metavar": "FILE", "help": "after a failure, write the failing pass and its input here"}),
    ("--trace", {"metavar": "FILE.json", "help": "write a Chrome trace (for Perfetto)"}),
    ("--mlir-print-op-generic", ON | {"help": "print ops in the generic form"}),
    ("--mlir-print-debuginfo", ON | {"help": "print locations"}),
    ("--mlir-elide-elementsattrs-if-larger",
     {"metavar": "N", "type": int, "help": "print constants of more elements without values"}),
)  # fmt: skip


def print_options(args: argparse.Namespace) -> PrintOptions:
    """How the user wants IR to be printed."""
    return PrintOptions(
        generic=args.mlir_print_op_generic,
        debuginfo=args.mlir_print_debuginfo,
        elide_larger=args.mlir_elide_elementsattrs_if_larger,
    )


def instruments_of(args: argparse.Namespace, stderr: IO[str]) -> list[Instrument]:
    """The instruments the user asked for; those that measure surround as little as possible."""
    options = print_options(args)
    result: list[Instrument] = []
    if args.mlir_pass_pipeline_crash_reproducer:
        result.append(CrashReproducer(args.mlir_pass_pipeline_crash_reproducer))
    if args.mlir_print_ir_tree_dir:
        result.append(PrintTree(Path(args.mlir_print_ir_tree_dir), options))
    if args.print_ir_diff:
        result.append(PrintDiff(stderr, options))
    result += _dumps(args, stderr, options)
    if args.mlir_pass_statistics:
        result.append(Statistics(stderr))
    if args.trace:
        result.append(Trace(args.trace))
    if args.mlir_timing:
        result.append(Timing(stderr, args.mlir_timing_display))
    return result


def _dumps(args: argparse.Namespace, stderr: IO[str], options: PrintOptions) -> list[Instrument]:
    """The `--mlir-print-ir-*` dump, if any. `-change` alone looks at every pass."""
    before = _names(args.mlir_print_ir_before, args.mlir_print_ir_before_all)
    after = _names(args.mlir_print_ir_after, args.mlir_print_ir_after_all)
    if args.mlir_print_ir_after_change and after is NOTHING:
        after = Everything()
    if before is NOTHING and after is NOTHING and not args.mlir_print_ir_after_failure:
        return []
    return [
        PrintIR(
            stderr,
            options,
            before,
            after,
            only_changes=args.mlir_print_ir_after_change,
            after_failure=args.mlir_print_ir_after_failure,
            module_scope=args.mlir_print_ir_module_scope,
        )
    ]


def _names(listed: str | None, everything: bool) -> Container[str]:
    if everything:
        return Everything()
    return frozenset(listed.split(",")) if listed else NOTHING
