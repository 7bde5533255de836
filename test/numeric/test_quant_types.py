"""Number formats as types and as operands of `dl` ops compute the same bits, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir.lowering.dl_to_quant import ConvertDlToQuant
from dlir.lowering.quant_to_dl import ConvertQuantToDl
from dlir.numpy_types import readable
from dlir.parser import parse_module
from dlir.registry import default_registry

RANDOM = np.random.default_rng(6)
SPECIAL = np.float32([np.nan, np.inf, -np.inf, 0.0, -0.0, 0.25, 0.75, 1e30, -1e30, 1e-40])

TYPES = {
    "per tensor": ("?x6", "i8:f32, 0.02:-3"),
    "symmetric": ("?x6", "i8:f32, 0.1"),
    "bounds": ("?x6", "i8<-127:127>:f32, 0.02"),
    "both bounds": ("?x6", "u8<3:200>:f32, 0.02:128"),
    "per axis": ("?x3", "u8:f32:1, {0.1, 0.2:255, 1.0e-3:7}"),
    "first axis": ("3x?", "i16:f32:0, {0.1, 0.2:5, 1.0e-3:-32768}"),
    "blocks": ("2x6", "i4:f32:{0:1, 1:3}, {{0.1:1, 0.2}, {1.0:-8, 3.0:7}}"),
    "one block": ("2x6", "u4<1:14>:f32:{0:2, 1:6}, {{0.3:5}}"),
    "blocks of both": ("4x6", "u2:f32:{0:2, 1:2}, {{0.1, 0.2, 3.0:3}, {1.0, 2.0:1, 9.0}}"),
    "unnamed": ("4x3", "i2:f32:{1:1}, {{0.1, 0.5:1, 20.0:-2}}"),
    "open rows": ("?x6", "i8:f32:{0:1, 1:3}, {{0.1, 0.2}, {0.3, 0.4}}"),
    "no places": ("2x0", "i8:f32:1, {}"),
}
CASTS = """
func.func @f(%x: tensor<{shape}xf32>) -> (tensor<{shape}x{type}>, tensor<{shape}xf32>) {{
  %q = quant.qcast %x : tensor<{shape}xf32> to tensor<{shape}x{type}>
  %y = quant.dcast %q : tensor<{shape}x{type}> to tensor<{shape}xf32>
  func.return %q, %y : tensor<{shape}x{type}>, tensor<{shape}xf32>
}}
"""


def parsed(text: str) -> ModuleOp:
    return parse_module(text, default_registry().context())


def results(module: ModuleOp, x: Any, target: str = "ref") -> list[Any]:
    module.verify()
    return [*dlir.run(module.clone(), x, target=target)]


def names(module: ModuleOp, dialect: str) -> list[str]:
    return [op.name for op in module.walk() if op.name.startswith(f"{dialect}.")]


def require_same(wanted: list[Any], got: list[Any]) -> None:
    """Bit for bit; of a byte that holds fewer bits the others mean nothing."""
    assert [a.dtype for a in wanted] == [a.dtype for a in got]
    for one, other in zip(map(readable, wanted), map(readable, got), strict=True):
        assert (one.shape, one.tobytes()) == (other.shape, other.tobytes())


@pytest.mark.parametrize("case", TYPES)
def test_types_become_operands_and_types_again(case: str) -> None:
    shape, inner = TYPES[case]
    module = parsed(CASTS.format(shape=shape, type=f"!quant.uniform<{inner}>"))
    sizes = [2 if size == "?" else int(size) for size in shape.split("x")]
    numbers = (RANDOM.standard_normal(sizes) * 8).astype(np.float32)
    special = np.resize(SPECIAL, sizes)
    wanted = [results(module, x) for x in (numbers, special)]
    ConvertQuantToDl().apply(Context(), module)
    assert not names(module, "quant") and "!quant" not in str(module)
    for target in ("ref", "cpu"):
        for x, expected in zip((numbers, special), wanted, strict=True):
            require_same(expected, results(module, x, target))
    ConvertDlToQuant().apply(Context(), module)
    assert "dl.dequantize" not in names(module, "dl") and "quant.dcast" in names(module, "quant")
    for x, expected in zip((numbers, special), wanted, strict=True):
        require_same(expected, results(module, x))


@pytest.mark.parametrize("scale", [0.1, 1 / 3, 1e-45, 3.4028235e38, 1.1754944e-38, 16777217.0])
def test_no_bit_of_a_scale_is_lost_in_text(scale: float) -> None:
    (exact,) = np.float32([scale]).view(np.uint32)
    text = f"""
func.func @f(%x: tensor<2xi8>) -> tensor<2xf32> {{
  %s = dl.constant dense<0x{exact:08X}> : tensor<f32>
  %y = dl.dequantize %x, %s : (tensor<2xi8>, tensor<f32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}}
"""
    module = parsed(text)
    x = np.int8([1, -128])
    wanted = results_of_one(module, x)
    ConvertDlToQuant().apply(Context(), module)
    assert names(module, "quant") == ["quant.scast", "quant.dcast"]
    again = parsed(str(module))
    require_same(wanted, results_of_one(again, x))
    ConvertQuantToDl().apply(Context(), again)
    require_same(wanted, results_of_one(again, x))


def results_of_one(module: ModuleOp, x: Any) -> list[Any]:
    return [dlir.run(module.clone(), x, target="ref")]
