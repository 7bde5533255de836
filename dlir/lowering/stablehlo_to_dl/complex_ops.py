"""What ops on complex numbers are as ops on their parts.

A rule gets the split that knows the parts of values, and the op; it gives the parts of the result,
or for a real result its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects.builtin import (
    BytesAttr,
    ComplexType,
    DenseIntOrFPElementsAttr,
    TensorType,
    i1,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops.binary import MulOp
from dlir.dialects.dl.ops.linear_algebra import DftOp
from dlir.dialects.dl.ops.movement import ConcatOp
from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops import elementwise as el
from dlir.dialects.stablehlo.rules.elementwise import width_of
from dlir.dialects.stablehlo.rules.linear_algebra import part
from dlir.dialects.stablehlo.shapes import element_of, ints_of, shape_of
from dlir.lowering.stablehlo_to_dl import complex_numbers as c
from dlir.lowering.stablehlo_to_dl.complex_numbers import Complex, Real
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported
from dlir.lowering.stablehlo_to_dl.movement import reversed_along

if TYPE_CHECKING:
    from dlir.lowering.stablehlo_to_dl.complex_parts import Split

Rule = Callable[["Split", Any], Complex | SSAValue]


def is_complex(type: Attribute) -> bool:
    return isinstance(type, TensorType) and isinstance(
        cast(TensorType[Attribute], type).element_type, ComplexType
    )


def part_type(type: Attribute) -> TensorType[Attribute]:
    """The type of each part of a complex tensor."""
    tensor = cast(TensorType[Attribute], type)
    return TensorType(part(tensor.element_type), tensor.get_shape(), tensor.encoding)


def unary(function: Callable[[Complex], Complex]) -> Rule:
    def rule(s: Split, op: Operation) -> Complex:
        return function(s.parts(op.operands[0]))

    return rule


def binary(function: Callable[[Complex, Complex], Complex]) -> Rule:
    def rule(s: Split, op: Operation) -> Complex:
        return function(s.parts(op.operands[0]), s.parts(op.operands[1]))

    return rule


def part_by_part(s: Split, op: Operation) -> Complex:
    """Elements are moved, chosen or added: the same is done to both parts."""
    return Complex(*(s.on_parts(op, [index] * len(op.operands)) for index in (0, 1)))


def bilinear(s: Split, op: Operation) -> Complex:
    """(a + bi)(c + di) = (ac - bd) + (ad + bc)i"""
    if not all(is_complex(value.type) for value in op.operands):
        unsupported("a product of complex and other numbers")

    def product(x: int, y: int) -> Real:
        return s.on_parts(op, (x, y))

    return Complex(product(0, 0) - product(1, 1), product(0, 1) + product(1, 0))


def constant(s: Split, op: Operation) -> Complex:
    """The parts of an element lie side by side."""
    dense = cast(Any, op.properties["value"])
    if not isinstance(dense, DenseIntOrFPElementsAttr):
        unsupported("a constant that is not dense")
    data, wanted = cast(Any, dense).data.data, part_type(op.results[0].type)
    width = width_of(part(element_of(op.results[0]))) // 8
    made: list[Real] = []
    for start in (0, width):
        own = b"".join(data[i : i + width] for i in range(start, len(data), 2 * width))
        value = DenseIntOrFPElementsAttr(cast(Any, wanted), BytesAttr(own))
        copy = type(op).create(result_types=[wanted], properties={"value": value})
        made.append(s.real(s.e.emit(copy)))
    return Complex(*made)


def iota(s: Split, op: Operation) -> Complex:
    counting = s.on_parts(op, [0] * len(op.operands))
    return Complex(counting, counting.like(0.0))


def dimension_size(s: Split, op: Operation) -> SSAValue:
    return s.on_parts(op, [0]).value


def complex_(s: Split, op: Operation) -> Complex:
    return Complex(*map(s.real, op.operands))


def real(s: Split, op: Operation) -> SSAValue:
    return s.parts(op.operands[0]).re.value


def imag(s: Split, op: Operation) -> SSAValue:
    return s.parts(op.operands[0]).im.value


def abs_(s: Split, op: Operation) -> SSAValue:
    return s.parts(op.operands[0]).size().value


def compare(s: Split, op: Operation) -> SSAValue:
    """Numbers are equal if both parts are."""
    direction = cast(Any, op.properties["comparison_direction"]).data
    joins = {a.Direction.EQ: el.AndOp, a.Direction.NE: el.OrOp}
    if direction not in joins:
        unsupported("an order of complex numbers")
    x, y = (s.parts(value) for value in op.operands)
    found = [p.compare(direction, q) for p, q in zip(x, y, strict=True)]
    type = TensorType(i1, shape_of(op.results[0]))
    return s.e.emit(joins[direction].create(operands=found, result_types=[type]))


def convert(s: Split, op: Operation) -> Complex | SSAValue:
    """A real number has no imaginary part; that of a complex one is dropped."""
    x, type = op.operands[0], op.results[0].type
    if not is_complex(x.type):
        re = s.converted(x, type)
        return Complex(re, re.like(0.0))
    made = Complex(*(s.converted(z.value, type) for z in s.parts(x)))
    return made if is_complex(type) else made.re.value


# Fourier transforms


def fft(s: Split, op: Operation) -> Complex | SSAValue:
    kind, length = cast(Any, op.properties["fft_type"]).data.value, ints_of(op, "fft_length")
    z, e = s.parts(op.operands[0]), s.e
    rank = len(shape_of(op.operands[0]))
    axes = [*range(rank - len(length), rank)]
    if 0 in (*shape_of(op.results[0]), *shape_of(op.operands[0])):
        return _nothing(s, op)
    x = stacked(e, [p.value for p in z])
    if kind == "RFFT":
        x = e.emit(DftOp(x, axes[-1]))
        x = e.slice(x, [0] * (rank + 1), [*e.shape(x)[: rank - 1], length[-1] // 2 + 1, 2])
        axes = axes[:-1]
    inverse = kind in ("IFFT", "IRFFT")
    for axis in axes[: -1 if kind == "IRFFT" else None]:
        x = e.emit(DftOp(x, axis, inverse=inverse))
    if kind != "IRFFT":
        return Complex(*(s.real(y) for y in unstacked(e, x)))
    whole = _mirrored(e, x, axes[-1], length[-1])
    return unstacked(e, e.emit(DftOp(whole, axes[-1], inverse=True)))[0]


def _nothing(s: Split, op: Operation) -> Complex | SSAValue:
    """The transform of no numbers: zeros, if there is a result at all."""
    result = op.results[0]
    zero = s.e.constant(0.0, part(element_of(result)))
    zeros = s.e.broadcast(zero, [*shape_of(result)])
    return Complex(s.real(zeros), s.real(zeros)) if is_complex(result.type) else zeros


def stacked(e: Emitter, parts: Sequence[SSAValue]) -> SSAValue:
    """Both parts along a new last dimension, as `dl.dft` takes them."""
    shape = e.shape(parts[0])
    return e.emit(ConcatOp([e.reshape(x, [*shape, 1]) for x in parts], len(shape)))


def unstacked(e: Emitter, x: SSAValue) -> list[SSAValue]:
    *shape, _ = e.shape(x)
    zeros = [0] * len(shape)
    return [e.reshape(e.slice(x, [*zeros, i], [*shape, 1]), shape) for i in (0, 1)]


def _mirrored(e: Emitter, x: SSAValue, axis: int, length: int) -> SSAValue:
    """All numbers of a transform of real ones: x[n - k] is the conjugate of x[k]."""
    count = length - (length // 2 + 1)
    if count == 0:
        return x
    shape: list[Size] = e.shape(x)
    offsets, sizes = [0] * len(shape), [*shape]
    offsets[axis], sizes[axis] = 1, count
    back = reversed_along(e, e.slice(x, offsets, sizes), [axis])
    signs = e.constants([1.0, -1.0], element_of(x), [2])
    return e.emit(ConcatOp([x, e.emit(MulOp(back, signs))], axis))


MOVEMENTS = (
    "broadcast", "broadcast_in_dim", "concatenate", "dynamic_broadcast_in_dim", "dynamic_gather",
    "dynamic_pad", "dynamic_reshape", "dynamic_slice", "dynamic_update_slice", "gather", "pad",
    "real_dynamic_slice", "reshape", "reverse", "select", "set_dimension_size", "slice",
    "torch_index_select", "transpose", "unary_einsum",
)  # fmt: skip
BILINEAR = ("convolution", "dot", "dot_general", "dynamic_conv", "einsum")

RULES: dict[str, Rule] = {
    **{name: unary(function) for name, function in c.UNARY.items()},
    **{name: binary(function) for name, function in c.BINARY.items()},
    **{f"stablehlo.{name}": part_by_part for name in MOVEMENTS},
    **{f"stablehlo.{name}": bilinear for name in BILINEAR},
    "stablehlo.abs": abs_,
    "stablehlo.compare": compare,
    "stablehlo.complex": complex_,
    "stablehlo.constant": constant,
    "stablehlo.convert": convert,
    "stablehlo.dynamic_iota": iota,
    "stablehlo.fft": fft,
    "stablehlo.get_dimension_size": dimension_size,
    "stablehlo.imag": imag,
    "stablehlo.iota": iota,
    "stablehlo.real": real,
}
