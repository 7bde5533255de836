"""Text at the level of loops, compiled for this processor."""

from __future__ import annotations

from typing import Any

from dlir.lowering.loops_to_llvm import ConvertLoopsToLLVM
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu.execute import NativeModule
from dlir.transforms.vector_expand_math import VectorExpandMath
from dlir.verifier import verify


def lower(text: str, checked: bool = False) -> Any:
    """Parse loop level text and lower it to the llvm dialect, which must survive printing."""
    context = default_registry().context()
    module = parse_module(text, context, "test.mlir")
    verify(module)
    VectorExpandMath().apply(context, module)
    ConvertLoopsToLLVM(bounds_checks=checked).apply(context, module)
    verify(module)
    printed = str(module)
    again = parse_module(printed, context, "again.mlir")
    verify(again)
    assert str(again) == printed
    return again


def native(text: str, checked: bool = False) -> NativeModule:
    return NativeModule(lower(text, checked))
