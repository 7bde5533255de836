"""The pass `dl-roofline`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.files import write_text
from dlir.hardware import parse_settings
from dlir.signature import entry_function
from dlir.targets.roofline.analysis import Roofline, analyse
from dlir.targets.roofline.machine import find_machine
from dlir.targets.roofline.page import to_html
from dlir.targets.roofline.text import to_json, to_text

WRITERS: dict[str, Callable[[Roofline], str]] = {
    "text": to_text,
    "json": to_json,
    "html": to_html,
}


@dataclass(frozen=True)
class DlRoofline(ModulePass):
    """Report the least time that each op of a function takes on a machine, and what binds it.

    Per op and in total: operations, bytes, operational intensity (operations per byte), the time
    `max(operations / peak, bytes / bandwidth)`, which of the two binds, and the footprint. The
    module stays as it is. All sizes must be known (`dl-specialize`).

    - `machine`: `native` (measured), a preset, or a hardware file (.toml), of a CPU or of an
      accelerator; `set` replaces single keys of it: `set=memory.gb_per_s=100;machine.cores=4`.
    - `threads`: the cores of a CPU that work; all without it.
    - `ideal`: results of products move once. Without it they move twice on a CPU, as in
      C += A * B.
    - `function`: `main`, or the only one.
    - `format`: `text`, `json` or `html`; by the ending of `output`, else text.
    - `output`: a file; without it the report goes to stderr.

    Before and after:
    ```mlir
    %y = dl.matmul %a, %b acc f32
        : (tensor<1024x1024xf32>, tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
    ```
    Report, with `machine=xeon-8280`:

        op         class          ops     bytes  op/B  at least  bound    footprint  in
        dl.matmul  contraction  2.147 G  16.78 MB   128  443.8 us  compute  12.58 MB   l2
    """

    name = "dl-roofline"

    machine: str = "native"
    format: Literal["text", "json", "html"] | None = None
    output: str = ""
    threads: int | None = None
    ideal: bool = False
    set: str = ""
    function: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        function = entry_function(op, self.function)
        settings = parse_settings(self.set)
        machine = find_machine(self.machine, settings, self.threads, self.ideal)
        ending = Path(self.output).suffix.removeprefix(".")
        format = self.format or (ending if ending in WRITERS else "text")
        text = WRITERS[format](analyse(function, machine))
        if self.output:
            write_text(self.output, text)
        else:
            sys.stderr.write(text)
