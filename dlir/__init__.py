"""A compiler toolkit for deep learning: MLIR text at every level, from model to machine code.

model = dlir.load("model.onnx")
run = dlir.compile(model, target="cpu")
y = run(x)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlir.api import Model, compare, compile, load, run
    from dlir.diagnostics import CompileError
    from dlir.executable import Executable

__all__ = ["CompileError", "Executable", "Model", "compare", "compile", "load", "run"]

_HOMES = {"CompileError": "dlir.diagnostics", "Executable": "dlir.executable"}


def __getattr__(name: str) -> Any:
    """Load a public name at its first use, so that the tools need not load numpy to start."""
    if name not in __all__:
        raise AttributeError(f"module 'dlir' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "dlir.api")), name)
