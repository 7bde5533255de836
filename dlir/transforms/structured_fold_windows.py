"""`structured-fold-windows`: a convolution over few channels becomes one over whole windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects import tensor
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.roles import is_copy, only_casts
from dlir.hardware import parse_settings
from dlir.targets.accel.description import Machine, load_machine
from dlir.types import is_integer


@dataclass(frozen=True)
class StructuredFoldWindows(ModulePass):
    """Gather the windows of a convolution's input, where it has few channels, into channels.

    An array multiplies as many numbers of a sum at once as it has rows; three channels use three.
    The host writes windows (along the innermost dimension, or along both) next to each other when
    it formats an input, so that the sum runs over `kw * channels` or `kh * kw * channels` lanes.
    Which, or none, is decided by rows through the array of `machine` and bytes to load.

    Before:
    ```mlir
    %r = structured.generic {maps = [(n, y, x, o, i, j, c) -> (n, 2 * y + i, 2 * x + j, c), ...
           ins(%x, %w : tensor<1x230x230x3xf32>, tensor<64x3x7x7xf32>) ...
    ```
    After:
    ```mlir
    %windows = structured.generic {maps = [(n, y, x, j, c) -> (n, y, 2 * x + j, c),
                                           (n, y, x, j, c) -> (n, y, x, 3 * j + c)], ...
    %r = structured.generic {maps = [(n, y, x, o, i, l) -> (n, 2 * y + i, x, l), ...
           ins(%windows, %weights : tensor<1x230x112x21xf32>, tensor<64x7x21xf32>) ...
    ```
    """

    name = "structured-fold-windows"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and _is_of_host_input(inner):
                _fold(inner, machine)


def _is_of_host_input(op: GenericOp) -> bool:
    """A sum of products of an argument (or a copy of one, or a cast) and something else."""
    if len(op.inputs) != 2 or len(op.reduction_dims) < 2:
        return False
    if any(n < 1 for n in op.static_extents()):
        return False
    source = op.inputs[0]
    owner = source.owner
    while isinstance(owner, GenericOp) and (is_copy(owner) or only_casts(owner)):
        source = owner.inputs[0]
        owner = source.owner
    return isinstance(source, BlockArgument) and len(op.body.block.args) == 3


@dataclass(frozen=True)
class _Choice:
    """Reduction iterators whose dimension of the input becomes lanes, outermost first."""

    folded: tuple[int, ...]
    cycles: float


def _fold(op: GenericOp, machine: Machine) -> None:
    extents = op.static_extents()
    channels = _channels(op)
    if channels is None:
        return
    windows = _windows(op, channels)
    choices = [
        _Choice(folded, _cycles(op, extents, channels, folded, machine))
        for folded in [(), *(tuple(windows[i:]) for i in range(len(windows)))]
    ]
    best = min(choices, key=lambda c: (c.cycles, len(c.folded)))
    if best.folded:
        _rewrite(op, extents, channels, best.folded)


def _channels(op: GenericOp) -> int | None:
    """The reduction iterator over the input's last dimension."""
    last = op.input_forms[0][-1].plain_dim
    return last if last in op.reduction_dims else None


def _windows(op: GenericOp, channels: int) -> list[int]:
    """Reduction iterators that share a dimension of the input with one parallel iterator."""
    found: list[int] = []
    for form in op.input_forms[0]:
        sums = [d for d in form.dims if d in op.reduction_dims and d != channels]
        if len(sums) == 1 and len(form.dims) == 2:
            found += sums
    return found


def _cycles(
    op: GenericOp,
    extents: Sequence[int],
    channels: int,
    folded: tuple[int, ...],
    machine: Machine,
) -> float:
    """Rows through the array, or the time to load the input, whichever takes longer."""
    cols = machine.array.cols
    lanes = extents[channels] * prod(extents[d] for d in folded)
    taps = prod(extents[d] for d in op.reduction_dims if d not in (channels, *folded))
    uses = {d for f in op.input_forms[0] for d in f.dims}
    rows = prod(extents[d] for d in op.parallel_dims if d in uses)
    columns = prod(extents[d] for d in op.parallel_dims if d not in uses)
    matrix = rows * -(-columns // cols) * taps * -(-lanes // cols)
    outer = zip(op.input_forms[0][:-1], shape_of(op.inputs[0])[:-1], strict=True)
    sizes = [extents[f.dims[0]] if _is_folded(f, folded) else n for f, n in outer]
    width = 1 if is_integer(element_type_of(op.inputs[0])) else 2
    loaded = prod(sizes) * -(-lanes // cols) * cols * width / machine.dma.bytes_per_cycle
    return max(matrix, loaded)


def _is_folded(form: Linear, folded: Sequence[int]) -> bool:
    return any(d in folded for d in form.dims)


def _rewrite(op: GenericOp, extents: Sequence[int], channels: int, folded: tuple[int, ...]) -> None:
    """The op on windows and on weights whose folded dimensions lie side by side."""
    lanes = (*folded, channels)
    removed = set(folded)
    kept = [d for d in range(len(extents)) if d not in removed]
    forms: list[Linear] = []
    for form in op.input_forms[0][:-1]:
        if _is_folded(form, folded):
            outer = next(d for d in form.dims if d not in removed)
            forms.append(_unit(len(kept), kept.index(outer)))
        else:
            forms.append(_renamed(form, kept))
    last = _unit(len(kept), kept.index(channels))
    weights = [_renamed(f, kept) for f in op.input_forms[1] if not any(d in lanes for d in f.dims)]
    image = _gathered(op, 0, extents, lanes, op.input_forms[0])
    packed = _gathered(op, 1, extents, lanes, op.input_forms[1])
    for made in (image, packed):
        Rewriter.insert_op(list(made), InsertPoint.before(op))
    new = GenericOp(
        [image[-1].results[0], packed[-1].results[0]],
        op.outs,
        [
            map_of([*forms, last], len(kept)),
            map_of([*weights, last], len(kept)),
            map_of([_renamed(f, kept) for f in op.out_forms], len(kept)),
        ],
        [op.kinds[d] for d in kept],
        op.body.clone(),
        init=op.init,
        padding=op.paddings if _still_leaves(op, folded) else None,
        epilogue_inputs=op.epilogue_inputs,
        epilogue_maps=[m.data for m in op.epilogue_maps.data] if op.epilogue_maps else (),
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    new.location = op.location
    Rewriter.replace_op(op, new)


def _still_leaves(op: GenericOp, folded: Sequence[int]) -> bool:
    """Whether windows that are not folded still reach out of the input."""
    extents = op.static_extents()
    for form, size in zip(op.input_forms[0], shape_of(op.inputs[0]), strict=True):
        low, high = form.bounds(extents)
        if not _is_folded(form, folded) and (low < 0 or high >= size):
            return True
    return False


def _gathered(
    op: GenericOp,
    number: int,
    extents: Sequence[int],
    lanes: Sequence[int],
    forms: Sequence[Linear],
) -> tuple[Operation, Operation]:
    """`out[.., sum of lanes] = x[..]`: dimensions with a folded iterator by its parallel one."""
    value = op.inputs[number]
    outer: list[int | None] = []  # per kept dimension: an iterator, or None for all of it
    sizes: list[int] = []
    for form, size in zip(forms, shape_of(value), strict=True):
        inner = [d for d in form.dims if d in lanes]
        rest = [d for d in form.dims if d not in lanes]
        if inner and not rest:
            continue
        outer.append(rest[0] if inner else None)
        sizes.append(extents[rest[0]] if inner else size)
    count = len(sizes) + len(lanes)
    source = _source_forms(forms, outer, lanes, count)
    target = [_unit(count, i) for i in range(len(sizes))]
    factors, step = [0] * count, 1
    for i in reversed(range(len(lanes))):
        factors[len(sizes) + i] = step
        step *= extents[lanes[i]]
    shape = [*sizes, step]
    element = element_type_of(value)
    empty = tensor.EmptyOp([], TensorType(element, shape))
    padding = [op.paddings[number]] if op.paddings[number] is not None else None
    copy = _copy(
        value, empty.tensor, source, [*target, Linear(tuple(factors), 0)], count, padding,
        [*sizes, *(extents[d] for d in lanes)],
    )  # fmt: skip
    copy.location = op.location
    return empty, copy


def _source_forms(
    forms: Sequence[Linear], outer: Sequence[int | None], lanes: Sequence[int], count: int
) -> list[Linear]:
    """The input's forms over the copy's iterators: kept dimensions, then lanes."""
    result: list[Linear] = []
    position = 0
    for form in forms:
        inner = [d for d in form.dims if d in lanes]
        coefficients, constant = [0] * count, 0
        for d in inner:
            coefficients[len(outer) + lanes.index(d)] = form.coefficients[d]
        if len(inner) != len(form.dims) or not inner:
            rest = outer[position]
            coefficients[position] = 1 if rest is None else form.coefficients[rest]
            position += 1
        if inner:
            constant = form.constant
        result.append(Linear(tuple(coefficients), constant))
    return result


def _copy(
    value: SSAValue,
    empty: SSAValue,
    source: Sequence[Linear],
    target: Sequence[Linear],
    count: int,
    padding: Sequence[Attribute | None] | None,
    domain: Sequence[int],
) -> GenericOp:
    region, block = body_region([element_type_of(value)])
    block.add_op(YieldOp(block.args[0]))
    return GenericOp(
        [value],
        empty,
        [map_of(source, count), map_of(target, count)],
        [Iterator.PARALLEL] * count,
        region,
        padding=padding,
        domain=domain,
    )


def _unit(count: int, position: int) -> Linear:
    return Linear(tuple(int(d == position) for d in range(count)), 0)


def _renamed(form: Linear, kept: Sequence[int]) -> Linear:
    return Linear(tuple(form.coefficients[d] for d in kept), form.constant)
