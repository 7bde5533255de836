"""`dl-assign-layout` keeps the meaning of small networks, and leaves few transposes."""

# ruff: noqa: E501  (MLIR text)

from __future__ import annotations

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_assign_layout import DlAssignLayout
from dlir.verifier import verify

RESIDUAL = """
func.func @f(%x: tensor<?x3x8x8xf32>) -> tensor<?x4xf32> {
  %w0 = dl.param "w0" : tensor<6x3x3x3xf32>
  %w1 = dl.param "w1" : tensor<6x6x3x3xf32>
  %fc = dl.param "fc" : tensor<6x4xf32>
  %s = dl.param "s" : tensor<6xf32>
  %bias = dl.param "bias" : tensor<6x1x1xf32>
  %0 = dl.conv2d %x, %w0 acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x8x8xf32>
  %1 = dl.batch_norm %0, %s, %s, %s, %s : (tensor<?x6x8x8xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x8x8xf32>
  %2 = dl.relu %1 : tensor<?x6x8x8xf32>
  %3 = dl.max_pool2d %2 {kernel = [2, 2], strides = [2, 2]} : tensor<?x6x8x8xf32> -> tensor<?x6x4x4xf32>
  %4 = dl.conv2d %3, %w1 acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x6x4x4xf32>, tensor<6x6x3x3xf32>) -> tensor<?x6x4x4xf32>
  %5 = dl.add %4, %bias : (tensor<?x6x4x4xf32>, tensor<6x1x1xf32>) -> tensor<?x6x4x4xf32>
  %6 = dl.add %5, %3 : tensor<?x6x4x4xf32>
  %7 = dl.reduce_mean %6 {axes = [2, 3], keepdims} : tensor<?x6x4x4xf32> -> tensor<?x6x1x1xf32>
  %8 = dl.reshape %7 : tensor<?x6x1x1xf32> -> tensor<?x6xf32>
  %9 = dl.matmul %8, %fc acc f32 : (tensor<?x6xf32>, tensor<6x4xf32>) -> tensor<?x4xf32>
  func.return %9 : tensor<?x4xf32>
}
"""

SHUFFLE = """
func.func @f(%x: tensor<?x6x5x4xf32>) -> (tensor<?x3x5x4xf32>, tensor<?x3x5x4xf32>) {
  %w = dl.param "w" : tensor<6x1x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {groups = 6, padding = [1, 1, 1, 1]} : (tensor<?x6x5x4xf32>, tensor<6x1x3x3xf32>) -> tensor<?x6x5x4xf32>
  %1 = dl.reshape %0 : tensor<?x6x5x4xf32> -> tensor<?x2x3x5x4xf32>
  %2 = dl.transpose %1 {perm = [0, 2, 1, 3, 4]} : tensor<?x2x3x5x4xf32> -> tensor<?x3x2x5x4xf32>
  %3 = dl.reshape %2 : tensor<?x3x2x5x4xf32> -> tensor<?x6x5x4xf32>
  %4, %5 = dl.split %3 {axis = 1, sizes = [3, 3]} : tensor<?x6x5x4xf32> -> (tensor<?x3x5x4xf32>, tensor<?x3x5x4xf32>)
  func.return %4, %5 : tensor<?x3x5x4xf32>, tensor<?x3x5x4xf32>
}
"""

EVERYTHING = """
func.func @f(%x: tensor<2x4x6x5xf32>, %z: tensor<2x4x6x5xf32>, %r: tensor<6x5xf32>) -> (tensor<?x4x3x2xf32>, tensor<2x10xf32>, tensor<2x4xf32>, tensor<2x240xf32>, tensor<2x4x6x5xi1>) {
  %w = dl.param "w" : tensor<4x2x1x1xf32>
  %0 = dl.conv2d %x, %w acc f32 {groups = 2} : (tensor<2x4x6x5xf32>, tensor<4x2x1x1xf32>) -> tensor<2x4x6x5xf32>
  %1 = dl.avg_pool2d %0 {kernel = [3, 3], padding = [1, 1, 1, 1]} : tensor<2x4x6x5xf32> -> tensor<2x4x6x5xf32>
  %2 = dl.concat %1, %z {axis = 1} : (tensor<2x4x6x5xf32>, tensor<2x4x6x5xf32>) -> tensor<2x8x6x5xf32>
  %3 = dl.softmax %2 {axis = 1} : tensor<2x8x6x5xf32>
  %4 = dl.lrn %3 {size = 3, alpha = 0.5} : tensor<2x8x6x5xf32>
  %5 = dl.pad %1 {low = [0, 0, 1, 0], high = [0, 0, 0, 2], value = 1.0} : tensor<2x4x6x5xf32> -> tensor<2x4x7x7xf32>
  %n = dl.dim %x, 0 : tensor<2x4x6x5xf32>
  %6 = dl.slice %5 [%n] {offsets = [0, 0, 1, 6], strides = [1, 1, 2, -3]} : tensor<2x4x7x7xf32> -> tensor<?x4x3x2xf32>
  %7 = dl.reduce_sum %4 {axes = [1, 2]} : tensor<2x8x6x5xf32> -> tensor<2x5xf32>
  %8 = dl.reduce_max %4 {axes = [1, 2]} : tensor<2x8x6x5xf32> -> tensor<2x5xf32>
  %9 = dl.concat %7, %8 {axis = 1} : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<2x10xf32>
  %10 = dl.reduce_min %1 {axes = [2, 3]} : tensor<2x4x6x5xf32> -> tensor<2x4xf32>
  %11 = dl.reshape %4 : tensor<2x8x6x5xf32> -> tensor<2x240xf32>
  %12 = dl.mul %1, %r : (tensor<2x4x6x5xf32>, tensor<6x5xf32>) -> tensor<2x4x6x5xf32>
  %13 = dl.reduce_mean %12 {axes = [3], keepdims} : tensor<2x4x6x5xf32> -> tensor<2x4x6x1xf32>
  %14 = dl.compare gt, %13, %12 : (tensor<2x4x6x1xf32>, tensor<2x4x6x5xf32>) -> tensor<2x4x6x5xi1>
  func.return %6, %9, %10, %11, %14 : tensor<?x4x3x2xf32>, tensor<2x10xf32>, tensor<2x4xf32>, tensor<2x240xf32>, tensor<2x4x6x5xi1>
}
"""

BRANCH = """
func.func @f(%x: tensor<1x2x4x4xf32>, %c: i1) -> tensor<1x2x4x4xf32> {
  %w = dl.param "w" : tensor<2x2x1x1xf32>
  %0 = dl.conv2d %x, %w acc f32 : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = scf.if %c -> (tensor<1x2x4x4xf32>) {
    %2 = dl.conv2d %0, %w acc f32 : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
    scf.yield %2 : tensor<1x2x4x4xf32>
  } else {
    scf.yield %0 : tensor<1x2x4x4xf32>
  }
  cf.br ^bb1
^bb1:
  %3 = dl.add %1, %0 : tensor<1x2x4x4xf32>
  func.return %3 : tensor<1x2x4x4xf32>
}
"""


def parsed(text: str) -> ModuleOp:
    return parse_module(text, default_registry().context(), "network.mlir")


def count(module: ModuleOp, name: str) -> int:
    """Ops of that name whose result is read."""
    return sum(op.name == name and op.results[0].first_use is not None for op in module.walk())


def random_params(module: ModuleOp) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    params = [op for op in module.walk() if op.name == "dl.param"]
    return {
        op.param_name.data: np.abs(rng.normal(size=op.result.type.get_shape())).astype("f4")
        for op in params
    }


@pytest.mark.parametrize(
    ("text", "shapes", "transposes"),
    [
        (RESIDUAL, [(2, 3, 8, 8)], 1),
        (SHUFFLE, [(2, 6, 5, 4)], 4),
        (EVERYTHING, [(2, 4, 6, 5), (2, 4, 6, 5), (6, 5)], 6),
        (BRANCH, [(1, 2, 4, 4)], 4),
    ],
)
@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
def test_networks(text: str, shapes: list[tuple[int, ...]], transposes: int, layout: str) -> None:
    module = parsed(text)
    rng = np.random.default_rng(5)
    inputs = [rng.normal(size=shape).astype("f4") for shape in shapes]
    inputs += [True] if text is BRANCH else []
    params = random_params(module)
    expected = Interpreter(module, params=params).call("f", *inputs)
    before = count(module, "dl.transpose")
    DlAssignLayout("nhwc").apply(Context(), module)
    verify(module)
    assert count(module, "dl.transpose") <= transposes
    if layout == "nchw":  # and back again
        DlAssignLayout("nchw").apply(Context(), module)
        verify(module)
        assert count(module, "dl.transpose") <= before + transposes
    for want, got in zip(
        expected, Interpreter(module, params=params).call("f", *inputs), strict=True
    ):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_nothing_to_do() -> None:
    text = "func.func @f(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {\n" \
           "  %0 = dl.transpose %x {perm = [1, 0]} : tensor<2x3xf32> -> tensor<3x2xf32>\n" \
           "  func.return %0 : tensor<3x2xf32>\n}"  # fmt: skip
    module = parsed(text)
    before = str(module)
    DlAssignLayout().apply(Context(), module)
    assert str(module) == before
