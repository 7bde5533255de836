"""`accel-choose-tiles`: in which tiles and loops sums of products are computed."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.hardware import parse_settings
from dlir.lowering.structured_to_accel.choose import tilings_of
from dlir.lowering.structured_to_accel.plan import ContractionPlan
from dlir.lowering.structured_to_accel.residents import homes_of
from dlir.lowering.structured_to_accel.schedule import entries_of, note
from dlir.lowering.structured_to_accel.section import sections_of
from dlir.targets.accel.description import load_machine


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
