"""`dl-remove-channels`: smaller tensors, the same results; and nothing goes that is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlir
from dlir.diagnostics import CompileError
from dlir.params import Weights, param_ops
from dlir.transforms.dl_prune import DlPrune
from dlir.transforms.dl_remove_channels import DlRemoveChannels
from dlir.transforms.pruning.masks import Granularity

RANDOM = np.random.default_rng(17)
Params = dict[str, Any]


def floats(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def removed(text: str, weights: Params, *xs: np.ndarray, **options: str) -> tuple[str, Params, int]:
    """The text and the weights afterwards, which must compute the same as before."""
    expected = dlir.compile(text, target="ref", params=dict(weights))(*xs)
    module, after = dlir.load(text).module, dict(weights)
    count = DlRemoveChannels(**options).remove(module, after)
    dlir.load(module)  # verifies
    if options:
        return str(module), after, count
    for target in ("ref", "cpu"):
        got = dlir.compile(module, target=target, params=after, cache=False)(*xs)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    return str(module), {name: after[name] for _, name in param_ops(module)}, count


def shapes(weights: Params) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in weights.items()}


MLP = """
func.func @main(%x: tensor<?x6xf32>) -> tensor<?x3xf32> {{
  %w = dl.param "w" : tensor<6x8xf32>
  %b = dl.param "b" : tensor<8xf32>
  %v = dl.param "v" : tensor<3x8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x6xf32>, tensor<6x8xf32>) -> tensor<?x8xf32>
  %1 = dl.add %0, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %2 = dl.{activation} %1 : tensor<?x8xf32>
  %3 = dl.matmul %2, %v acc f32 {{transpose_rhs}}
      : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x3xf32>
  func.return %3 : tensor<?x3xf32>
}}
"""


def mlp_weights(zero_bias: bool) -> Params:
    weights = {"w": floats(6, 8), "b": floats(8), "v": floats(3, 8)}
    weights["w"][:, [1, 4, 5]] = 0
    if zero_bias:
        weights["b"][[1, 4, 5]] = 0
    return weights


@pytest.mark.parametrize("activation", ["relu", "gelu", "sigmoid", "tanh", "exp"])
@pytest.mark.parametrize("zero_bias", [True, False])
def test_rows_of_zeros(activation: str, zero_bias: bool) -> None:
    """Their bias goes through the activation, and what it gives is added behind the next layer."""
    weights = mlp_weights(zero_bias)
    text, after, count = removed(MLP.format(activation=activation), weights, floats(5, 6))
    sizes = shapes(after)
    assert count == 3
    assert (sizes["w"], sizes["b"], sizes["v"]) == ((6, 5), (5,), (3, 5))
    number = np.maximum(weights["b"][[1, 4, 5]], 0)
    needs_shift = activation in ("sigmoid", "exp") or (activation != "relu" and not zero_bias)
    assert ("v.shift" in after) == (needs_shift or bool(activation == "relu" and number.any()))
    assert "tensor<?x8xf32>" not in text


def test_channels_that_nobody_reads() -> None:
    weights = mlp_weights(True) | {"w": floats(6, 8), "b": floats(8)}
    weights["v"][:, [0, 7]] = 0
    _, after, count = removed(MLP.format(activation="gelu"), weights, floats(5, 6))
    assert count == 2 and shapes(after) == {"w": (6, 6), "b": (6,), "v": (3, 6)}


def test_one_channel_stays() -> None:
    weights = mlp_weights(True)
    weights["w"][:] = 0
    _, after, count = removed(MLP.format(activation="relu"), weights, floats(2, 6))
    assert count == 7 and after["w"].shape == (6, 1)


def test_given_channels() -> None:
    weights = mlp_weights(True) | {"w": floats(6, 8), "b": np.zeros(8, np.float32)}
    zeroed = dict(weights, w=weights["w"].copy())
    zeroed["w"][:, [2, 6]] = 0
    text, x = MLP.format(activation="relu"), floats(4, 6)
    small, after, count = removed(text, weights, x, channels="w:2,6")
    assert count == 2 and after["w"].shape == (6, 6)
    expected = dlir.compile(text, target="ref", params=zeroed)(x)
    np.testing.assert_allclose(
        dlir.compile(small, target="ref", params=after)(x), expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("channels", "message"),
    [("w", "expected NAME:0,3"), ("w:a", "expected NAME:0,3"), ("u:1", "there is no weight"),
     ("b:1", "there is no weight"), ("w:8", "has rows 0 to 7")],
)  # fmt: skip
def test_channels_that_there_are_not(channels: str, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        removed(MLP.format(activation="relu"), mlp_weights(True), floats(1, 6), channels=channels)


CNN = """
func.func @main(%x: tensor<?x3x8x8xf32>) -> tensor<?x5xf32> {
  %n = dl.dim %x, 0 : tensor<?x3x8x8xf32>
  %w1 = dl.param "w1" : tensor<8x3x3x3xf32>
  %b1 = dl.param "b1" : tensor<8x1x1xf32>
  %0 = dl.conv2d %x, %w1 acc f32 {padding = [1, 1, 1, 1]}
      : (tensor<?x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x8x8xf32>
  %1 = dl.add %0, %b1 : (tensor<?x8x8x8xf32>, tensor<8x1x1xf32>) -> tensor<?x8x8x8xf32>
  %s = dl.param "s" : tensor<8xf32>
  %h = dl.param "h" : tensor<8xf32>
  %m = dl.param "m" : tensor<8xf32>
  %q = dl.param "q" : tensor<8xf32>
  %2 = dl.batch_norm %1, %s, %h, %m, %q
      : (tensor<?x8x8x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      -> tensor<?x8x8x8xf32>
  %3 = dl.relu %2 : tensor<?x8x8x8xf32>
  %w2 = dl.param "w2" : tensor<8x8x3x3xf32>
  %4 = dl.conv2d %3, %w2 acc f32 {padding = [1, 1, 1, 1]}
      : (tensor<?x8x8x8xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x8x8xf32>
  %5 = dl.add %4, %3 : tensor<?x8x8x8xf32>
  %6 = dl.max_pool2d %5 {kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]}
      : tensor<?x8x8x8xf32> -> tensor<?x8x4x4xf32>
  %7 = dl.avg_pool2d %6 {kernel = [2, 2], strides = [2, 2]}
      : tensor<?x8x4x4xf32> -> tensor<?x8x2x2xf32>
  %8 = dl.concat %7, %7 {axis = 1}
      : (tensor<?x8x2x2xf32>, tensor<?x8x2x2xf32>) -> tensor<?x16x2x2xf32>
  %9 = dl.reshape %8 [%n] : tensor<?x16x2x2xf32> -> tensor<?x64xf32>
  %w3 = dl.param "w3" : tensor<64x5xf32>
  %y = dl.matmul %9, %w3 acc f32 : (tensor<?x64xf32>, tensor<64x5xf32>) -> tensor<?x5xf32>
  func.return %y : tensor<?x5xf32>
}
"""


def cnn_weights(dead_first: list[int], dead_second: list[int], number: float) -> Params:
    """Channels that are dead in both members of the sum hold `number` behind the norm."""
    weights: Params = {
        "w1": floats(8, 3, 3, 3), "b1": floats(8, 1, 1), "s": floats(8), "h": floats(8),
        "m": floats(8), "q": np.abs(floats(8)) + 0.1, "w2": floats(8, 8, 3, 3), "w3": floats(64, 5),
    }  # fmt: skip
    weights["w1"][dead_first] = 0
    weights["b1"][dead_first, 0, 0] = weights["m"][dead_first]
    weights["h"][dead_first] = number
    weights["w2"][dead_second] = 0
    return weights


def test_members_of_a_sum_must_agree() -> None:
    """Channels 1 and 6 are dead in both; 2 in the first and 3 in the second member alone."""
    weights = cnn_weights([1, 2, 6], [1, 3, 6], 0.0)
    text, after, count = removed(CNN, weights, floats(2, 3, 8, 8))
    sizes = shapes(after)
    assert count == 2
    assert (sizes["w1"], sizes["w2"], sizes["w3"]) == ((6, 3, 3, 3), (6, 6, 3, 3), (48, 5))
    assert sizes["b1"] == (6, 1, 1) and sizes["s"] == sizes["q"] == (6,)
    assert "tensor<?x12x2x2xf32>" in text


def test_a_norm_of_numbers_is_another_number() -> None:
    """Windows of many places make more of a number, but nothing of zero."""
    start, end = CNN.index("  %w2 ="), CNN.index("  %6 =")
    means = (CNN[:start] + CNN[end:]).replace("dl.max_pool2d %5", "dl.max_pool2d %3")
    norms = means.replace("dl.avg_pool2d", "dl.lp_pool2d")
    for text, number, expected in ((means, 0.5, 2), (norms, 0.5, 0), (norms, 0.0, 2)):
        weights = cnn_weights([1, 6], [], number)
        del weights["w2"]
        _, _, count = removed(text, weights, floats(2, 3, 8, 8))
        assert count == expected


def test_a_padded_convolution_takes_no_number() -> None:
    """A number that is not zero ends at the padding, which the convolution sees."""
    _, _, count = removed(CNN, cnn_weights([1], [1], 0.5), floats(2, 3, 8, 8))
    assert count == 0
    unpadded = CNN.replace("%3, %w2 acc f32 {padding = [1, 1, 1, 1]}", "%3, %w2 acc f32")
    unpadded = unpadded.replace(
        "(tensor<?x8x8x8xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x8x8xf32>",
        "(tensor<?x8x8x8xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>",
    )
    start, end = unpadded.index("  %5 = "), unpadded.index("  func.return")
    tail = """  %5 = dl.reduce_mean %4 {axes = [2, 3]} : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %w3 = dl.param "w3" : tensor<8x5xf32>
  %y = dl.matmul %5, %w3 acc f32 : (tensor<?x8xf32>, tensor<8x5xf32>) -> tensor<?x5xf32>
"""
    weights = cnn_weights([1, 4], [], 0.5) | {"w3": floats(8, 5)}
    _, after, count = removed(unpadded[:start] + tail + unpadded[end:], weights, floats(2, 3, 8, 8))
    assert count == 2 and after["w2"].shape == (8, 6, 3, 3) and "w2.shift" in after


DEPTHWISE = """
func.func @main(%x: tensor<2x5x5x3xf32>) -> tensor<2x5x5x4xf32> {
  %w = dl.param "w" : tensor<8x3x1x1xf32>
  %d = dl.param "d" : tensor<8x1x3x3xf32>
  %v = dl.param "v" : tensor<4x8x1x1xf32>
  %0 = dl.conv2d %x, %w acc f32 {layout = "nhwc"}
      : (tensor<2x5x5x3xf32>, tensor<8x3x1x1xf32>) -> tensor<2x5x5x8xf32>
  %1 = dl.clip %0 {min = 0.0, max = 6.0} : tensor<2x5x5x8xf32>
  %2 = dl.conv2d %1, %d acc f32 {padding = [1, 1, 1, 1], groups = 8, layout = "nhwc"}
      : (tensor<2x5x5x8xf32>, tensor<8x1x3x3xf32>) -> tensor<2x5x5x8xf32>
  %3 = dl.silu %2 : tensor<2x5x5x8xf32>
  %4 = dl.conv2d %3, %v acc f32 {layout = "nhwc"}
      : (tensor<2x5x5x8xf32>, tensor<4x8x1x1xf32>) -> tensor<2x5x5x4xf32>
  func.return %4 : tensor<2x5x5x4xf32>
}
"""


def test_depthwise_convolutions() -> None:
    weights: Params = {"w": floats(8, 3, 1, 1), "d": floats(8, 1, 3, 3), "v": floats(4, 8, 1, 1)}
    weights["w"][2] = weights["d"][5] = 0
    text, after, count = removed(DEPTHWISE, weights, floats(2, 5, 5, 3))
    assert count == 2 and "groups = 6" in text
    assert shapes(after) == {"w": (6, 3, 1, 1), "d": (6, 1, 3, 3), "v": (4, 6, 1, 1)}


READERS = {
    "a result": ("", "tensor<?x8xf32>", "%1"),
    "a softmax": ("%y = dl.softmax %1 {axis = 1} : tensor<?x8xf32>", "tensor<?x8xf32>", "%y"),
    "an unknown factor": (
        "%t = dl.mul %1, %x : tensor<?x8xf32>\n"
        "%y = dl.reduce_sum %t {axes = [1]} : tensor<?x8xf32> -> tensor<?xf32>",
        "tensor<?xf32>", "%y",
    ),
    "a sum over channels": (
        "%y = dl.reduce_sum %1 {axes = [1]} : tensor<?x8xf32> -> tensor<?xf32>",
        "tensor<?xf32>", "%y",
    ),
    "a reshape that cuts them": (
        "%t = dl.reshape %1 : tensor<?x8xf32> -> tensor<?x4x2xf32>\n"
        "%y = dl.reduce_sum %t {axes = [1]} : tensor<?x4x2xf32> -> tensor<?x2xf32>",
        "tensor<?x2xf32>", "%y",
    ),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_other_readers_keep_channels(reader: tuple[str, str, str]) -> None:
    body, type, result = reader
    text = f"""func.func @main(%x: tensor<?x8xf32>) -> {type} {{
  %w = dl.param "w" : tensor<8x8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = dl.relu %0 : tensor<?x8xf32>
  {body}
  func.return {result} : {type}
}}"""
    weights = {"w": floats(8, 8)}
    weights["w"][:, 3] = 0
    assert removed(text, weights, floats(3, 8))[2] == 0


def test_a_weight_that_is_read_twice_stays_for_the_other() -> None:
    text = """func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %w = dl.param "w" : tensor<4x4xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = dl.matmul %0, %w acc f32 : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %2 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  func.return %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>
}"""
    weights = {"w": floats(4, 4)}
    weights["w"][:, 1] = 0
    x = floats(3, 4)
    module, after = dlir.load(text).module, dict(weights)
    assert DlRemoveChannels().remove(module, after) == 1
    expected = dlir.compile(text, target="ref", params=weights)(x)
    got = dlir.compile(module, target="cpu", params=after, cache=False)(x)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert after["w"].shape == (4, 4) and after["w.kept"].shape == (4, 3)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_digits_after_pruning_rows(name: str) -> None:
    """A network with trained weights: pruned by rows, then smaller, with the same scores."""
    path = Path(__file__).parents[2] / f"examples/digits/{name}.mlir"
    model = dlir.load(path)
    weights: Params = dict(Weights(path.with_suffix(".safetensors")))
    last = "fc.weight" if name == "cnn" else "fc3.weight"
    half = Granularity.parse("row")
    assert half is not None
    DlPrune(sparsity=0.5, granularity="row", keep=last).prune(model.module, weights, half)
    before = sum(array.nbytes for array in weights.values())
    _, after, count = removed(str(model), weights, RANDOM.random((4, 64)).astype(np.float32))
    assert count > 8 and sum(a.nbytes for a in after.values()) < 0.75 * before
