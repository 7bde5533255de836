"""The StableHLO frontend: what JAX exports, and exporters like torch_xla write, becomes `dl`.

    module, weights = import_stablehlo("model.mlir")

A source is a file of MLIR text, a module that was parsed, or what `jax.export.export(f)(...)`
gives. The inputs are called what JAX calls them (`params['w']`), the results by their
`jax.result_info`; shardings and donated arguments mean nothing on one device. Constants of more
than a few items become weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import fail
from dlir.frontends.builder.values import Array
from dlir.frontends.stablehlo.constants import move_constants
from dlir.frontends.stablehlo.names import name_entry
from dlir.parser import parse_file, parse_module
from dlir.pipeline import PassManager
from dlir.registry import Registry, default_registry
from dlir.verifier import verify

__all__ = ["import_stablehlo", "read_stablehlo"]

PIPELINE = "builtin.module(convert-stablehlo-to-dl,convert-quant-to-dl,cse,dce)"


def import_stablehlo(source: Any) -> tuple[ModuleOp, Mapping[str, Array]]:
    """The module and weights of a model; raises CompileError that tells of all its faults."""
    registry = default_registry()
    module = read_stablehlo(source, registry)
    name_entry(module)
    PassManager(PIPELINE, registry=registry).run(registry.context(), module)
    return module, move_constants(module)


def read_stablehlo(source: Any, registry: Registry) -> ModuleOp:
    """A verified module of a path, a module (which is copied), or an `Exported` of JAX."""
    if isinstance(source, ModuleOp):
        module = source.clone()
    elif isinstance(source, str | Path):
        module = parse_file(source, registry.context())
    elif hasattr(source, "mlir_module"):
        module = parse_module(str(source.mlir_module()), registry.context(), "<jax>")
    else:
        help = "export it: jax.export.export(jax.jit(f))(arguments)"
        fail(None, f"cannot import a {type(source).__qualname__}", help=help)
    verify(module)
    return module
