"""The PyTorch frontend: exported programs become `dl`, and `torch.compile` runs on dlir.

    module, weights = import_torch(torch.export.export(model, inputs))
    print(format_support(check_support("model.pt2")))

Sizes that are dynamic in the program stay dynamic. See docs/pytorch.md.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from dlir.frontends.builder.values import Array

from .program import Program, Source, read_program
from .support import Support, check_support, format_support

__all__ = ["Support", "check_support", "format_support", "import_torch"]


def import_torch(source: Source) -> tuple[ModuleOp, dict[str, Array]]:
    """Import an ExportedProgram, or the path of a `.pt2` file, as `func.func @main`.

    Returns the module and the weights that its `dl.param`s name; they share the program's memory.
    The function carries the names of inputs and outputs as `dlir.arg_names` and
    `dlir.result_names`; every operation has the line of Python it comes from as location.

    Raises `CompileError` for a file that is no program, and for unsupported operators; then its
    diagnostics name every node that cannot be imported.
    """
    return Program(read_program(source)).run()
