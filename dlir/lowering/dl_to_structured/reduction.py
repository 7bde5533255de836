"""Reductions over axes, and poolings: reductions over sliding windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, DenseIntOrFPElementsAttr, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp, MaxPool2dOp, PoolOp
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.dl_to_structured.contraction import Window, window_of
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Epilogue,
    Space,
    dimensions,
)
from dlir.lowering.dl_to_structured.scalar import (
    Scalar,
    absf,
    compare,
    computing_type,
    from_index,
    highest,
    lowest,
    maximum,
    minimum,
    number,
    power,
    resize,
    sqrt,
)
from dlir.lowering.dl_to_structured.scalar_forms import convert
from dlir.lowering.dl_to_structured.sizes import Size, tensor_type


@dataclass(frozen=True)
class Fold:
    """A reduction: its neutral element for a type, and `step(accumulator, x)`."""

    neutral: Callable[[Attribute], float]
    step: Callable[[Scalar, Scalar], Scalar]


def sum_of(function: Callable[[Scalar], Scalar]) -> Fold:
    """The sum of what a function that is 0 at 0 gives."""
    return Fold(lambda _: 0, lambda total, x: total + function(x))


SUM = Fold(lambda _: 0, lambda total, x: total + x)
PRODUCT = Fold(lambda _: 1, lambda total, x: total * x)
MAX = Fold(lowest, maximum)
MIN = Fold(highest, minimum)

FOLDS: dict[type[Operation], Fold] = {
    r.ReduceSumOp: SUM,
    r.ReduceMeanOp: SUM,
    r.ReduceProdOp: PRODUCT,
    r.ReduceMaxOp: MAX,
    r.ReduceMinOp: MIN,
}


def divided(count: Size, then: Callable[[Scalar], Scalar]) -> Epilogue:
    """`then(accumulator / count)`; 0 / 0 of nothing is NaN."""
    if isinstance(count, int):
        return Epilogue(lambda total: then(total / count))
    return Epilogue(lambda total, n: then(total / from_index(n, total.type)), [Access(count)])


def rounded(element: Attribute) -> Epilogue | None:
    """The accumulator as the element type, where that is narrower."""
    if computing_type(element) == element:
        return None
    return Epilogue(lambda total: resize(total, element))


def fold_axes(
    emitter: Emitter, x: SSAValue, axes: Sequence[int], out: SSAValue, kept: str, fold: Fold,
    finish: Epilogue | None,
) -> SSAValue:  # fmt: skip
    """Reduce x over axes into `out`, indexed by the letters `kept` (0 for a kept dimension)."""
    acc = computing_type(element_type_of(x))
    space, letters = axes_space(len(emitter.sizes.of(x)), axes)
    return emitter.generic(
        space,
        [Access(x, space.forms(letters))],
        Destination(out, space.forms(kept)),
        lambda value, total: fold.step(total, resize(value, acc)),
        init=number(fold.neutral(acc), acc),
        epilogue=finish,
    )


def axes_space(rank: int, axes: Sequence[int]) -> tuple[Space, str]:
    """The space of a tensor with those axes reduced, and the letters of its dimensions in order."""
    letters = dimensions(rank)
    reduced = "".join(letters[axis] for axis in axes)
    kept = "".join(letter for letter in letters if letter not in reduced)
    return Space(kept, reduced), letters


def reduce(emitter: Emitter, op: r.ReduceOp) -> SSAValue:
    """One fold; the mean divides at the end."""
    axes, sizes = op.axes.get_values(), emitter.sizes.of(op.x)
    element = tensor_type(op.result).element_type
    keep = op.keepdims is not None
    letters = dimensions(len(sizes))
    pairs = [
        ("0", 1) if axis in axes else (letters[axis], size)
        for axis, size in enumerate(sizes)
        if keep or axis not in axes
    ]
    out = emitter.empty(tensor_type(op.result), [size for _, size in pairs])
    finish = rounded(element)
    if isinstance(op, r.ReduceMeanOp):
        count = emitter.sizes.product([sizes[axis] for axis in axes])
        finish = divided(count, lambda mean: resize(mean, element))
    kept = "".join(letter for letter, _ in pairs)
    return fold_axes(emitter, op.x, axes, out, kept, FOLDS[type(op)], finish)


# Poolings

POOLS = {Layout.NHWC: ("nyxc", "nhwc"), Layout.NCHW: ("ncyx", "nchw")}
"""The letters of the result and of the operand; u and v run over the window."""


def pool(
    emitter: Emitter, op: PoolOp, fold: Fold, finish: Epilogue | None, image: SSAValue | None = None
) -> SSAValue:
    """Fold each window of the operand, or of an image of its size; places outside of it do not
    change the result."""
    x = op.x if image is None else image
    window, (parallel, read) = window_of(op), POOLS[op.layout.data]
    extents = _extents(emitter, op, window)
    space = Space(parallel, "uv")
    element = element_type_of(x)
    acc = computing_type(element)
    padding = number(fold.neutral(element), element) if any(window.padding) else None
    out = emitter.empty(tensor_type(op.result), [extents[letter] for letter in parallel])
    rows, columns = op.kernel.get_values()
    return emitter.generic(
        space,
        [Access(x, space.forms(read, window.forms(space)), padding)],
        Destination(out, space.forms(parallel)),
        lambda value, total: fold.step(total, resize(value, acc)),
        init=number(fold.neutral(acc), acc),
        domain={"u": rows, "v": columns},
        epilogue=finish,
    )


def _extents(emitter: Emitter, op: PoolOp, window: Window) -> dict[str, Size]:
    image = dict(zip(POOLS[op.layout.data][1], emitter.sizes.of(op.x), strict=True))
    y, x = window.places(emitter, [image["h"], image["w"]], op.kernel.get_values())
    return {**image, "y": y, "x": x}


def max_pool(emitter: Emitter, op: MaxPool2dOp) -> SSAValue:
    """The greatest value of each window."""
    return pool(emitter, op, MAX, rounded(element_type_of(op.x)))


def avg_pool(emitter: Emitter, op: AvgPool2dOp) -> SSAValue:
    """The sum of each window over the number of places that count."""
    element, window = element_type_of(op.x), window_of(op)
    rows, columns = op.kernel.get_values()
    if op.count_include_pad is not None or not any(window.padding):
        return pool(emitter, op, SUM, divided(rows * columns, lambda mean: resize(mean, element)))
    parallel, _ = POOLS[op.layout.data]
    extents = _extents(emitter, op, window)
    space = Space(parallel, "uv")
    counts = [
        Access(_counts(emitter, op, window, axis, extents), space.forms(letter))
        for axis, letter in enumerate("yx")
    ]
    finish = Epilogue(lambda total, y, x: resize(total / (y * x), element), counts)
    return pool(emitter, op, SUM, finish)


def _counts(
    emitter: Emitter, op: PoolOp, window: Window, axis: int, extents: dict[str, Size]
) -> SSAValue:
    """Per place along height or width, how many positions of the window lie inside the image."""
    size, places = extents["hw"[axis]], extents["yx"[axis]]
    kernel, stride = op.kernel.get_values()[axis], window.strides[axis]
    dilation, low = window.dilations[axis], window.padding[axis]
    acc = computing_type(element_type_of(op.x))
    if isinstance(size, int) and isinstance(places, int):
        starts = [place * stride - low for place in range(places)]
        counts = [
            sum(0 <= start + position * dilation < size for position in range(kernel))
            for start in starts
        ]
        type = cast(TensorType[AnyFloat], TensorType(acc, [places]))
        value = DenseIntOrFPElementsAttr.from_list(type, counts)
        return emitter.insert(arith.ConstantOp(value)).result

    def inside(y: Scalar, u: Scalar, n: Scalar, total: Scalar) -> Scalar:
        at = y * stride + u * dilation - low
        return total + convert(compare("ge", at, 0) & compare("lt", at, n), acc)

    space = Space("y", "u")
    return emitter.generic(
        space,
        [Access(emitter.sizes.value(size))],
        Destination(emitter.scratch(acc, [places]), space.forms("y")),
        inside,
        init=number(0, acc),
        domain={"u": kernel},
        positions="yu",
    )


@dataclass(frozen=True)
class Norm:
    """|x|^p, and the root of a sum of such."""

    power: Callable[[Scalar], Scalar]
    root: Callable[[Scalar], Scalar]


NORMS = {1.0: Norm(absf, lambda total: total), 2.0: Norm(lambda x: x * x, sqrt)}
"""By p; another p needs the power function."""


def lp_pool(emitter: Emitter, op: LpPool2dOp) -> SSAValue:
    """The root of the sum of the powers in each window."""
    p, element = op.p.value.data, element_type_of(op.x)
    norm = NORMS.get(p) or Norm(lambda x: power(absf(x), p), lambda total: power(total, 1 / p))
    finish = Epilogue(lambda total: resize(norm.root(total), element))
    pairs = zip(op.kernel.get_values(), op.strides.get_values(), strict=True)
    if p in NORMS or all(kernel <= stride for kernel, stride in pairs):
        return pool(emitter, op, sum_of(norm.power), finish)
    # the power function takes longer than storing what it gives
    return pool(emitter, op, SUM, finish, _computed(emitter, op.x, norm.power))


def _computed(emitter: Emitter, x: SSAValue, function: Callable[[Scalar], Scalar]) -> SSAValue:
    """A function of each element, in the type that it is computed in."""
    acc, sizes = computing_type(element_type_of(x)), emitter.sizes.of(x)
    space = Space(letters := dimensions(len(sizes)))
    forms = space.forms(letters)
    out = Destination(emitter.scratch(acc, sizes), forms)
    return emitter.generic(space, [Access(x, forms)], out, lambda v: function(resize(v, acc)))


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {
    **dict.fromkeys(FOLDS, reduce),
    MaxPool2dOp: max_pool,
    AvgPool2dOp: avg_pool,
    LpPool2dOp: lp_pool,
}
