"""`accel-fuse`: which results never leave the kernel that reads them, and which stay on chip."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.structured.ops import GenericOp
from dlir.hardware import parse_settings
from dlir.lowering.structured_to_accel.homes import home_named
from dlir.lowering.structured_to_accel.residents import homes_of
from dlir.lowering.structured_to_accel.schedule import note
from dlir.lowering.structured_to_accel.section import sections_of
from dlir.targets.accel.description import load_machine


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
