"""The decisions of the accelerator's lowering, each as a pass that writes it into the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from dlir.dialects.structured.ops import GenericOp
from dlir.hardware import parse_settings
from dlir.lowering.structured_to_accel.choose import tilings_of
from dlir.lowering.structured_to_accel.homes import home_named, homes_of
from dlir.lowering.structured_to_accel.plan import ContractionPlan
from dlir.lowering.structured_to_accel.schedule import entries_of, note
from dlir.lowering.structured_to_accel.section import Section, divided, sections
from dlir.targets.accel.description import Machine, load_machine


@dataclass(frozen=True)
class AccelPartition(ModulePass):
    """Say of every op that the machine cannot compute why it stays on the host.

    An op that has `accel.host` already stays there for the reason that it gives, so a person can
    move work to the host. `machine` and `set` are those of `convert-structured-to-accel`.

    Before:
    ```mlir
    %1 = structured.generic {...} ins(%x : tensor<8x16xf32>) ... { ... math.sin ... }
    ```
    After:
    ```mlir
    %1 = structured.generic {...} ins(%x : tensor<8x16xf32>) ... { ... math.sin ... }
        attributes {accel.host = "the machine has no function for math.sin"}
    ```
    """

    name = "accel-partition"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for function in functions_of(op):
            divided(function, machine)


@dataclass(frozen=True)
class AccelFuse(ModulePass):
    """Say where every result of the machine is, as the `home` in its schedule.

    `tile`: computed inside of the kernel that reads it, tile by tile, and never stored. `spm`: on
    chip from the kernel that writes it to the last one that reads it. `dram`: stored, and loaded
    again. Homes that are there are kept. `machine` and `set` are those of
    `convert-structured-to-accel`.

    Before:
    ```mlir
    %1 = structured.generic {maps = [...], iterators = [parallel, reduction]} ins(%x : ...) ...
    ```
    After:
    ```mlir
    %1 = structured.generic {maps = [...], iterators = [parallel, reduction],
                             schedule = #structured.schedule<home = tile>} ins(%x : ...) ...
    ```
    """

    name = "accel-fuse"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for section in sections_of(op, machine):
            homes = homes_of(section)
            for inner in section.plans:
                assert isinstance(inner, GenericOp)
                note(inner, {"home": home_named(homes, inner.results[0])})


@dataclass(frozen=True)
class AccelChooseTiles(ModulePass):
    """Say in which tiles every contraction is computed, by the cheapest under a model of costs.

    `tile` has a size per iterator, 0 for all of it; the iterators of rows, of columns and of the
    sum are cut. Without `panel`, columns are the outer loop and weights stay while rows stream;
    with `panel = [n]`, the activations of n tiles of rows stay while columns are walked, and with
    `keep = [1]` all weights do too. `accumulators` is the part of a tile whose sums they take at a
    time, where the tile's are in the scratchpad. Tiles that are there are kept. `machine` and `set`
    are those of `convert-structured-to-accel`.

    Before:
    ```mlir
    %1 = structured.generic {maps = [...], iterators = [parallel, parallel, reduction],
                             schedule = #structured.schedule<home = dram>} ins(%x, %w : ...) ...
    ```
    After:
    ```mlir
    %1 = structured.generic {maps = [...], iterators = [parallel, parallel, reduction],
        schedule = #structured.schedule<home = dram, tile = [128, 64, 0], panel = [2]>} ...
    ```
    """

    name = "accel-choose-tiles"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for section in sections_of(op, machine):
            for inner, tiling in tilings_of(homes_of(section)).items():
                plan = section.plans[inner]
                assert isinstance(plan, ContractionPlan)
                note(plan.op, entries_of(plan, tiling, section.cols))


def functions_of(module: ModuleOp) -> list[FuncOp]:
    """Those with a body."""
    return [op for op in module.ops if isinstance(op, FuncOp) and not op.is_declaration]


def sections_of(module: ModuleOp, machine: Machine) -> Iterator[Section]:
    """The programs of all functions."""
    for function in functions_of(module):
        yield from sections(function, machine, divided(function, machine))
