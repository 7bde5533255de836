"""`dump-schedule`: write the schedules of a module's ops to a file."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.schedule_file import Entry, file_text
from dlir.files import write_text

HEAD = """A schedule: how each kernel of a model is computed; see docs/tuning.md.
<> is the general loops. What is not said of `threads` the compiler decides."""


@dataclass(frozen=True)
class DumpSchedule(ModulePass):
    """Write the schedule of every distinct kernel to `file`, which `apply-schedule` reads.

    The module stays as it is; without a `file` nothing happens. Kernels that have no schedule are
    there too, as `<>`, to be filled in.

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
    for name, inner in kernels_of(module):
        found.setdefault(name, Entry(name, inner.schedule or ScheduleAttr.get({})))
    return list(found.values())
