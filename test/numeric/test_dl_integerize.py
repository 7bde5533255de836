"""`dl-integerize` changes quantised results by one step at most, whatever sizes and numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir.diagnostics import collect_diagnostics
from dlir.dialects.dl.constants import follows_from_weights
from dlir.interpreter import Interpreter
from dlir.transforms.dl_integerize import integerize
from dlir.verifier import verify

DTYPES = {"i8": np.int8, "ui8": np.uint8}
FLOAT_OPS = ("matmul", "conv2d", "conv3d", "add", "mul", "reduce_mean", "relu", "clip", "concat")


Shape = tuple[int, ...]


def arrow(*shapes: Shape) -> str:
    """The types of an op on f32, the last of which is its result's."""
    *operands, result = (shape_text(shape, "f32") for shape in shapes)
    return f"({', '.join(operands)}) -> {result}"


def shape_text(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{'x'.join([*map(str, shape), element])}>"


class Program:
    """A QDQ program under construction; every value is per tensor unless an axis is given."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.compiled = seed % 10 == 7
        """Whether target cpu is compared, too."""
        self.lines: list[str] = []
        self.inputs: list[tuple[str, Any]] = []
        self.params: dict[str, Any] = {}

    def line(self, text: str) -> str:
        self.lines.append(f"  %{len(self.lines)} = {text}")
        return f"%{len(self.lines) - 1}"

    def numbers(self, array: Any, element: str) -> str:
        """A constant of the text."""
        items = np.array2string(np.asarray(array), separator=", ", threshold=10**6)
        text = items if np.asarray(array).ndim else str(array)
        return self.line(f"dl.constant dense<{text}> : {shape_text(np.shape(array), element)}")

    def scale(self, count: int | None, least: float = 0.004, greatest: float = 0.1) -> str:
        drawn = np.float32(self.rng.uniform(least, greatest, () if count is None else count))
        return self.numbers(np.round(drawn, 5), "f32")

    def codes(
        self, shape: tuple[int, ...], element: str, zero: int | None = None,
        axis: int | None = None, weight: str | None = None,
    ) -> str:  # fmt: skip
        """The float value of random codes: of an input, or of the weight of that name."""
        info = np.iinfo(DTYPES[element])
        array = self.rng.integers(info.min, info.max + 1, shape).astype(DTYPES[element])
        if weight is None:
            name = f"%in{len(self.inputs)}"
            self.inputs.append((f"{name}: {shape_text(shape, element)}", array))
        else:
            self.params[weight] = array
            name = self.line(f'dl.param "{weight}" : {shape_text(shape, element)}')
        return self.dequantized(name, shape, element, zero, axis)

    def dequantized(
        self, name: str, shape: tuple[int, ...], element: str, zero: int | None, axis: int | None
    ) -> str:
        count = None if axis is None else shape[axis]
        operands, types = [name, self.scale(count)], [shape_text(shape, element)]
        types.append(shape_text(() if count is None else (count,), "f32"))
        if zero is not None:
            zeros = zero if count is None else np.full(count, zero)
            operands.append(self.numbers(zeros, element))
            types.append(shape_text(np.shape(zeros), element))
        with_axis = "" if axis is None else f" {{axis = {axis}}}"
        arrow = f"({', '.join(types)}) -> {shape_text(shape, 'f32')}"
        return self.line(f"dl.dequantize {', '.join(operands)}{with_axis} : {arrow}")

    def quantized(
        self, x: str, shape: tuple[int, ...], element: str, scale: float, zero: int
    ) -> str:
        s, z = self.numbers(np.float32(scale), "f32"), self.numbers(zero, element)
        types = f"({shape_text(shape, 'f32')}, tensor<f32>, tensor<{element}>)"
        return self.line(f"dl.quantize {x}, {s}, {z} : {types} -> {shape_text(shape, element)}")

    def module(self, *results: tuple[str, tuple[int, ...], str]) -> ModuleOp:
        types = ", ".join(shape_text(shape, element) for _, shape, element in results)
        arguments = ", ".join(text for text, _ in self.inputs)
        body = "\n".join(self.lines)
        end = f"  func.return {', '.join(name for name, *_ in results)} : {types}"
        text = f"func.func @main({arguments}) -> ({types}) {{\n{body}\n{end}\n}}"
        return dlir.load(text).module

    def run(self, module: ModuleOp) -> tuple[Any, ...]:
        interpreter = Interpreter(module, params=self.params)
        return interpreter.call("main", *(array for _, array in self.inputs))


def float_ops(module: ModuleOp) -> list[str]:
    """The ops that compute with floats when the program is called."""
    names: list[str] = []
    for op in module.walk():
        computed = op.name.removeprefix("dl.") in FLOAT_OPS and "xf32>" in str(op.results[0].type)
        if computed and not follows_from_weights(op.results[0]):
            names.append(op.name)
    return names


def check(
    program: Program, *results: tuple[str, tuple[int, ...], str], floats: int = 0
) -> ModuleOp:
    """The integer form differs by one step at most, and computes only so much with floats.

    Target cpu, which makes it by itself, computes the same integers.
    """
    module = program.module(*results)
    changed = module.clone()
    integerize(changed)
    verify(changed)
    assert len(float_ops(changed)) == floats, str(changed)
    computed = program.run(changed)
    if program.compiled:
        exe = dlir.compile(dlir.load(module, program.params), target="cpu", cache=False)
        result = exe(*(array for _, array in program.inputs))
        for got, same in zip(
            result if isinstance(result, tuple) else [result], computed, strict=True
        ):
            np.testing.assert_allclose(got, same, rtol=1e-6 if same.dtype.kind == "f" else 0)
    for wanted, got in zip(program.run(module), computed, strict=True):
        assert wanted.dtype == got.dtype and wanted.shape == got.shape
        if wanted.dtype.kind == "f":
            np.testing.assert_allclose(
                got, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max(initial=0)
            )
        else:
            assert np.abs(wanted.astype(int) - got.astype(int)).max(initial=0) <= 1
    return changed


def result_scale(program: Program, module_result: Any) -> float:
    """A scale by which most numbers do not saturate."""
    return float(np.float32(max(np.abs(module_result).max(initial=0.0), 1e-3) / 100))


ZEROS = {"i8": (None, 0, 5, -128, 127), "ui8": (None, 0, 3, 128, 255)}


@pytest.mark.parametrize("seed", range(40))
def test_matmul(seed: int) -> None:
    """Types, zero points, scales per column, transposed operands, biases and bounds at random."""
    p = Program(seed)
    rng = p.rng
    m, k, n = (int(rng.choice([0, 1, 2, 5, 13, 64])) for _ in range(3))
    k = max(k, 1)
    left, right, out = (str(rng.choice(["i8", "ui8"])) for _ in range(3))
    turned = bool(rng.integers(2))
    x = p.codes((m, k), left, rng.choice(ZEROS[left]))
    axis = (0 if turned else 1) if n and rng.integers(2) else None
    shape = (n, k) if turned else (k, n)
    w = p.codes(shape, right, rng.choice(ZEROS[right]), axis, "w" if rng.integers(2) else None)
    types = arrow((m, k), shape, (m, n))
    y = p.line(f"dl.matmul {x}, {w} acc f32{' {transpose_rhs}' if turned else ''} : {types}")
    y = _finished(p, y, (m, n), (n,))
    q = p.quantized(y, (m, n), out, 0.05 * np.sqrt(k), int(rng.choice(ZEROS[out][1:])))
    check(p, (q, (m, n), out))


def _finished(p: Program, y: str, shape: tuple[int, ...], bias: tuple[int, ...]) -> str:
    """A bias of one of the kinds, then a bound or none."""
    kind, type = p.rng.integers(3), shape_text(shape, "f32")
    if kind and bias[0]:
        array = p.rng.normal(size=bias).astype(np.float32)
        if kind == 1:
            p.params["b"] = array
            b = p.line(f'dl.param "b" : {shape_text(bias, "f32")}')
        else:
            b = p.numbers(np.round(array, 4), "f32")
        y = p.line(f"dl.add {y}, {b} : ({type}, {shape_text(bias, 'f32')}) -> {type}")
    bound = p.rng.choice(["", "dl.relu {} : {}", "dl.clip {} {{min = 0.0, max = 6.0}} : {}"])
    return p.line(bound.format(y, type)) if bound else y


@pytest.mark.parametrize("seed", range(40))
def test_conv2d(seed: int) -> None:
    """Layouts, groups, strides, dilations, paddings, zero points of both operands at random."""
    p = Program(seed)
    rng = p.rng
    nhwc = bool(rng.integers(2))
    groups = int(rng.choice([1, 1, 2, 4]))
    per_group, out_per_group = (int(rng.choice([1, 2, 3])) for _ in range(2))
    channels, outputs = groups * per_group, groups * out_per_group
    size, kernel = (int(rng.integers(5, 9)), int(rng.integers(5, 9))), int(rng.choice([1, 2, 3]))
    stride, dilation, pad = (int(rng.choice(c)) for c in ([1, 2], [1, 2], [0, 1, 2]))
    left, right, out = (str(rng.choice(["i8", "ui8"])) for _ in range(3))
    image = (2, *size, channels) if nhwc else (2, channels, *size)
    x = p.codes(image, left, rng.choice(ZEROS[left]))
    filters = (outputs, per_group, kernel, kernel)
    w = p.codes(filters, right, rng.choice(ZEROS[right]), rng.choice([None, 0]), "w")
    windows = tuple((s + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 for s in size)
    shape = (2, *windows, outputs) if nhwc else (2, outputs, *windows)
    options = f"strides = [{stride}, {stride}], padding = [{pad}, {pad}, {pad}, {pad}]"
    options += f", dilations = [{dilation}, {dilation}], groups = {groups}"
    options += ', layout = "nhwc"' if nhwc else ""
    types = (
        f"({shape_text(image, 'f32')}, {shape_text(filters, 'f32')}) -> {shape_text(shape, 'f32')}"
    )
    y = p.line(f"dl.conv2d {x}, {w} acc f32 {{{options}}} : {types}")
    y = _finished(p, y, shape, (outputs,) if nhwc else (outputs, 1, 1))
    q = p.quantized(y, shape, out, 0.05 * kernel, int(rng.choice(ZEROS[out][1:])))
    check(p, (q, shape, out))


@pytest.mark.parametrize("zero", [0, 7])
def test_conv3d(zero: int) -> None:
    p = Program(1)
    image, filters, shape = (1, 2, 4, 5, 6), (3, 2, 2, 3, 3), (1, 3, 5, 5, 6)
    x, w = p.codes(image, "i8", zero), p.codes(filters, "i8", None, 0, "w")
    types = (
        f"({shape_text(image, 'f32')}, {shape_text(filters, 'f32')}) -> {shape_text(shape, 'f32')}"
    )
    y = p.line(f"dl.conv3d {x}, {w} acc f32 {{padding = [1, 1, 1, 1, 1, 1]}} : {types}")
    q = p.quantized(y, shape, "i8", 0.2, -3)
    check(p, (q, shape, "i8"))


@pytest.mark.parametrize("seed", range(10))
def test_products_of_two_activations(seed: int) -> None:
    """As in attention: stacks of matrices, both with zero points, scaled by a number."""
    p = Program(seed)
    a, b, y = (2, 3, 5, 8), (2, 3, 8, 7), (2, 3, 5, 7)
    left, right = (str(p.rng.choice(["i8", "ui8"])) for _ in range(2))
    x, w = (p.codes(s, e, p.rng.choice(ZEROS[e])) for s, e in ((a, left), (b, right)))
    types = arrow(a, b, y)
    r = p.line(f"dl.matmul {x}, {w} acc f32 : {types}")
    c = p.numbers(np.float32(8.0), "f32")
    r = p.line(f"dl.div {r}, {c} : ({shape_text(y, 'f32')}, tensor<f32>) -> {shape_text(y, 'f32')}")
    q = p.quantized(r, y, "ui8", 0.05, 100)
    check(p, (q, y, "ui8"))


def test_a_product_that_is_not_quantised_is_dequantised() -> None:
    """Its other readers stay float."""
    p = Program(0)
    x, w = p.codes((4, 8), "ui8", 3), p.codes((8, 5), "i8", None, 1, "w")
    types = "(tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>"
    y = p.line(f"dl.matmul {x}, {w} acc f32 : {types}")
    e = p.line(f"dl.tanh {y} : tensor<4x5xf32>")
    changed = check(p, (y, (4, 5), "f32"), (e, (4, 5), "f32"))
    assert [op.name for op in changed.walk()].count("dl.dequantize") == 1


ONE = "tensor<2x6x8x8xf32>"
JOINS: dict[str, Shape | None] = {
    "dl.add {0}, {1} : " + ONE: None,
    "dl.sub {0}, {1} : " + ONE: None,
    "dl.mul {0}, {1} : " + ONE: None,
    "dl.concat {0}, {1} {{axis = 1}} : (" + f"{ONE}, {ONE}) -> tensor<2x12x8x8xf32>": (2, 12, 8, 8),
    "dl.reduce_mean {0} {{axes = [2, 3]}} : " + f"{ONE} -> tensor<2x6xf32>": (2, 6),
    "dl.reduce_sum {0} {{axes = [1], keepdims}} : " + f"{ONE} -> tensor<2x1x8x8xf32>": (2, 1, 8, 8),
    "dl.max_pool2d {0} {{kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]}} : "
    + f"{ONE} -> tensor<2x6x4x4xf32>": (2, 6, 4, 4),
    "dl.avg_pool2d {0} {{kernel = [2, 2], strides = [2, 2]}} : "
    + f"{ONE} -> tensor<2x6x4x4xf32>": (2, 6, 4, 4),
    "dl.avg_pool2d {0} {{kernel = [3, 3], padding = [1, 1, 1, 1], count_include_pad}} : "
    + f"{ONE} -> {ONE}": None,
    "dl.reshape {0} : " + f"{ONE} -> tensor<12x64xf32>": (12, 64),
    "dl.transpose {0} {{perm = [0, 2, 3, 1]}} : " + f"{ONE} -> tensor<2x8x8x6xf32>": (2, 8, 8, 6),
    "dl.slice {0} {{offsets = [0, 1, 0, 2], strides = [1, 2, 1, 1]}} : "
    + f"{ONE} -> tensor<2x2x8x3xf32>": (2, 2, 8, 3),
    "dl.pad {0} {{low = [0, 0, 1, 1], high = [0, 0, 0, 2], value = 0.0}} : "
    + f"{ONE} -> tensor<2x6x9x11xf32>": (2, 6, 9, 11),
    "dl.relu {0} : " + ONE: None,
    "dl.clip {0} {{min = -1.0, max = 2.5}} : " + ONE: None,
}


@pytest.mark.parametrize("same", [True, False], ids=["same scale", "other scale"])
@pytest.mark.parametrize("element", ["i8", "ui8"])
@pytest.mark.parametrize("text", JOINS, ids=lambda text: text.split()[0])
def test_ops_on_integers(text: str, element: str, same: bool) -> None:
    """All of them with one scale and with different ones."""
    p = Program(7)
    shape = JOINS[text] or (2, 6, 8, 8)
    a = p.codes((2, 6, 8, 8), element, 11)
    b = a if same else p.codes((2, 6, 8, 8), "i8", -4)
    y = p.line(text.format(a, b))
    scale = float(p.lines[0].split("dense<")[1].split(">")[0]) if same else 0.07
    q = p.quantized(y, shape, element, scale, 11)
    check(p, (q, shape, element))


@pytest.mark.parametrize("seed", range(20))
def test_residual_adds(seed: int) -> None:
    """Scales that differ by up to three orders of magnitude, saturated or not."""
    p = Program(seed)
    shape = (3, 37)
    values = [p.codes(shape, "ui8", int(p.rng.integers(256))), p.codes(shape, "i8", None)]
    y = p.line(f"dl.add {values[0]}, {values[1]} : tensor<3x37xf32>")
    y = p.line(f"dl.relu {y} : tensor<3x37xf32>")
    scale = float(np.float32(10 ** p.rng.uniform(-3.5, 0)))
    q = p.quantized(y, shape, "ui8", scale, int(p.rng.choice([0, 7])))
    module = p.module((q, shape, "ui8"))
    integerize(module)
    check(p, (q, shape, "ui8"), floats=len(float_ops(module)))


def test_scales_that_are_found_at_run_time() -> None:
    """As dynamic quantisation has them: the product is of integers, the scales are multiplied."""
    p = Program(3)
    codes = p.rng.integers(0, 256, (5, 16)).astype(np.uint8)
    p.inputs = [
        ("%x: tensor<5x16xui8>", codes),
        ("%s: tensor<f32>", np.array(0.02, np.float32)),
        ("%z: tensor<ui8>", np.array(77, np.uint8)),
    ]
    x = p.line(
        "dl.dequantize %x, %s, %z : (tensor<5x16xui8>, tensor<f32>, tensor<ui8>)"
        " -> tensor<5x16xf32>"
    )
    w = p.codes((16, 7), "i8", None, 1, "w")
    types = "(tensor<5x16xf32>, tensor<16x7xf32>) -> tensor<5x7xf32>"
    y = p.line(f"dl.matmul {x}, {w} acc f32 : {types}")
    check(p, (y, (5, 7), "f32"), floats=2)


def test_run_time_zero_points_of_padded_images() -> None:
    p = Program(3)
    codes = p.rng.integers(0, 256, (2, 3, 6, 6)).astype(np.uint8)
    p.inputs = [
        ("%x: tensor<2x3x6x6xui8>", codes),
        ("%s: tensor<f32>", np.array(0.02, np.float32)),
        ("%z: tensor<ui8>", np.array(77, np.uint8)),
    ]
    x = p.line(
        "dl.dequantize %x, %s, %z : (tensor<2x3x6x6xui8>, tensor<f32>, tensor<ui8>)"
        " -> tensor<2x3x6x6xf32>"
    )
    w = p.codes((4, 3, 3, 3), "i8", None, 0, "w")
    types = "(tensor<2x3x6x6xf32>, tensor<4x3x3x3xf32>) -> tensor<2x4x6x6xf32>"
    y = p.line(f"dl.conv2d {x}, {w} acc f32 {{padding = [1, 1, 1, 1]}} : {types}")
    check(p, (y, (2, 4, 6, 6), "f32"), floats=2)


def test_sums_that_may_overflow_stay_float() -> None:
    """Unless the weights prove that they do not."""
    count = 70_000
    p = Program(0)
    x, w = p.codes((1, count), "ui8", 0), p.codes((count, 1), "i8", None, None, "w")
    types = f"(tensor<1x{count}xf32>, tensor<{count}x1xf32>) -> tensor<1x1xf32>"
    y = p.line(f"dl.matmul {x}, {w} acc f32 : {types}")
    module = p.module((y, (1, 1), "f32"))
    with collect_diagnostics() as found:
        integerize(changed := module.clone())
    assert len(found) == 1 and found[0].rule == "dl-integerize-overflow"
    assert "'dl.matmul' stays float: 70000 products" in found[0].message
    assert float_ops(changed) == ["dl.matmul"]
    with collect_diagnostics() as found:
        integerize(module, p.params)
    assert not found and not float_ops(module)
