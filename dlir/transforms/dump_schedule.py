"""`dump-schedule`: write the schedules of a module's ops to a file."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.rows import block_of
from dlir.dialects.structured.schedule_file import Entry, file_text
from dlir.files import write_text
from dlir.transforms.row_groups.products import between_products

HEAD = """A schedule: how each kernel of a model is computed; see docs/tuning.md.
<> is the general loops. What is not said of `threads` the compiler decides."""


@dataclass(frozen=True)
class DumpSchedule(ModulePass):
    """Write the schedule of every distinct kernel to `file`, which `apply-schedule` reads.

    The module stays as it is; without a `file` nothing happens. Kernels that have no schedule are
    there too, as `<>`, to be filled in. A contraction that makes scores for another one has the
    `block` that `structured-group-rows` will choose, unless it is not the same wherever it is.

    Before and after:
    ```mlir
    %r = structured.generic {...,
        schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1]>} ...
    ```
    Written:

        contraction [32, 512, sum 784] f32(d0, d2), weight f32(d2, d1) -> f32(d0, d1)
            <kernel = contraction, vector = [6, 64], pack = [1]>
    """

    name = "dump-schedule"

    file: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.file:
            write_text(self.file, file_text(entries_of(op), HEAD))


def entries_of(module: ModuleOp) -> list[Entry]:
    """An entry per distinct kernel, as its first op is scheduled."""
    found: dict[str, Entry] = {}
    blocks = _blocks(module)
    for name, inner in kernels_of(module):
        schedule = inner.schedule or ScheduleAttr.get({})
        if (block := blocks[name]) is not None:
            schedule = schedule.updated({"block": block})
        found.setdefault(name, Entry(name, schedule))
    return list(found.values())


def _blocks(module: ModuleOp) -> dict[str, int | None]:
    """How many rows of scores a kernel will make at a time; None where it makes all or varies."""
    copy = module.clone()
    functions = [f for f in copy.body.block.ops if isinstance(f, func.FuncOp) and f.body.blocks]
    groups = [group for f in functions for group in between_products(f.body.block)]
    first = {group.members[0][0] for group in groups}
    found: dict[str, set[int | None]] = {}
    for name, inner in kernels_of(copy):
        found.setdefault(name, set()).add(block_of(inner) if inner in first else None)
    return {name: next(iter(all)) if len(all) == 1 else None for name, all in found.items()}
