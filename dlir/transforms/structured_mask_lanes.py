"""`structured-mask-lanes`: several heads share a block of lanes, and masks keep them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    ModuleOp,
    TensorType,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.heads import heads_in, is_product_over_heads, others_in
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    FillOp,
    GenericOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.rearrange import extras_of, form, rebuilt
from dlir.hardware import parse_settings
from dlir.targets.accel.description import load_machine
from dlir.types import is_integer, number


@dataclass(frozen=True)
class StructuredMaskLanes(ModulePass):
    """Let products of heads that are narrower than the array run over whole blocks of lanes.

    Heads of 32 numbers in blocks of 128 lanes would leave three quarters of the array idle, or
    need numbers to move between lanes. Instead the second operand is copied once per place in a
    block, with the lanes of the other heads set to 0: sums over the whole block are then sums over
    one head, and results of the four heads of a block add up side by side.

    Before (heads h of 32, C = 128):
    ```mlir
    %s = structured.generic {maps = [(h, l, s, d) -> (l, 32 * h + d),
                                     (h, l, s, d) -> (s, 32 * h + d), ...]} ins(%q, %k : ...) ...
    ```
    After:
    ```mlir
    %m = structured.generic {maps = [(i, s, b, c) -> (s, 128 * b + c), (i, s, b, c) -> (i, c),
                                     (i, s, b, c) -> (i, s, 128 * b + c)], ...} ins(%k, %mask) ...
    %s = structured.generic {maps = [(b, i, l, s, c) -> (l, 128 * b + c),
                                     (b, i, l, s, c) -> (i, s, 128 * b + c), ...]} ins(%q, %m) ...
    ```
    """

    name = "structured-mask-lanes"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cols = load_machine(self.machine, parse_settings(self.set)).array.cols
        masked: dict[_Source, SSAValue] = {}
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and (heads := _match(inner, cols)) is not None:
                _rewrite(inner, heads, masked)


@dataclass(frozen=True)
class _Heads:
    """How the heads of a product lie in blocks of lanes."""

    h: int
    """The iterator over heads: over those of one block, or over all, and then it is split."""
    d: int
    width: int
    places: int
    """Heads of a block."""
    lanes: int
    """Lanes of a block; with those that no head has."""
    splits: bool
    w: int
    """Which input is masked."""


@dataclass(frozen=True)
class _Source:
    """A tensor whose lanes are masked: where its heads begin, and how far they go."""

    value: SSAValue
    first: int
    size: int
    width: int
    places: int
    lanes: int


def _match(op: GenericOp, cols: int) -> _Heads | None:
    """A product of two tensors, both (or one and the result) with several heads in a block."""
    if not is_product_over_heads(op):
        return None
    for w in (1, 0):
        heads = _in_blocks(op, w, cols)
        if heads is not None:
            return heads if heads.places > 1 and _is_simple(op, heads, cols) else None
    return None


def _in_blocks(op: GenericOp, w: int, cols: int) -> _Heads | None:
    """The heads of an input, which begin where a block does: of `cols * b + width * i + d`."""
    extents, last = op.static_extents(), op.input_forms[w][-1]
    found = heads_in(last, extents)
    if found is None or found.h not in op.parallel_dims or found.width >= cols:
        return None
    others = others_in(last, found, extents)
    if last.constant % cols or any(last.coefficients[d] % cols for d in others):
        return None
    count, width = extents[found.h], found.width
    if count * width <= cols:
        lanes = cols if others else count * width
        return _Heads(found.h, found.d, width, count, lanes, False, w)
    if others or cols % width or count % (cols // width):
        return None
    return _Heads(found.h, found.d, width, cols // width, cols, True, w)


def _is_simple(op: GenericOp, heads: _Heads, cols: int) -> bool:
    """Whether numbers of heads lie on whole blocks of lanes, wherever they are used."""
    sums = heads.d in op.reduction_dims
    if _writes_spare(op, heads) and not isinstance(op.outs.owner, tensor.EmptyOp | FillOp):
        return False  # lanes of no head would be overwritten
    operands = [*zip(op.inputs, op.input_forms, strict=True), (op.outs, op.out_forms)]
    used: list[bool] = []
    for value, forms in operands:
        used.append(any(one.coefficients[heads.d] for one in forms))
        if used[-1] and not _is_in_blocks(op, forms, value, heads, cols):
            return False
    if not used[1 - heads.w if sums else 2]:
        return False
    return sums or all(
        _is_in_blocks(op, forms, value, heads, cols)
        if any(one.coefficients[heads.d] for one in forms)
        else not any(one.coefficients[heads.h] for one in forms)
        for value, forms in extras_of(op)
    )


def _writes_spare(op: GenericOp, heads: _Heads) -> bool:
    """Whether the result gets zeros on lanes that no head has, which need not be there before."""
    return heads.d in op.parallel_dims and heads.lanes > heads.places * heads.width


def _is_in_blocks(
    op: GenericOp, forms: Sequence[Linear], value: SSAValue, heads: _Heads, cols: int
) -> bool:
    """Whether the last dimension is walked in whole blocks, which are there with all lanes."""
    extents, last = op.static_extents(), forms[-1]
    if any(one.coefficients[heads.d] for one in forms[:-1]):
        return False
    if last.coefficients[heads.d] != 1 or last.coefficients[heads.h] != heads.width:
        return False
    others = [d for d in last.dims if d not in (heads.h, heads.d) and extents[d] > 1]
    if last.constant % cols or any(last.coefficients[d] % cols for d in others):
        return False
    high = last.bounds(extents)[1] - heads.places * heads.width + heads.lanes
    return high < shape_of(value)[-1]


# --- rewriting ------------------------------------------------------------------------------------


def _rewrite(op: GenericOp, heads: _Heads, masked: dict[_Source, SSAValue]) -> None:
    """d walks the lanes of a block. Heads are split into blocks and places, which come last."""
    sums = heads.d in op.reduction_dims
    kinds, extents = list(op.kinds), list(op.static_extents())
    place = heads.h
    if heads.splits:
        place = len(kinds)
        kinds.append(Iterator.PARALLEL)
        extents.append(heads.places)
        extents[heads.h] //= heads.places
    kinds[place] = Iterator.PARALLEL if sums else Iterator.REDUCTION
    extents[heads.d] = heads.lanes
    count = len(kinds)
    forms = [[_moved(one, heads, count) for one in of] for of in (*op.input_forms, op.out_forms)]
    inputs = list(op.inputs)
    last = forms[heads.w][-1]
    size = last.bounds(extents)[1] + 1 - last.constant
    source = _Source(inputs[heads.w], last.constant, size, heads.width, heads.places, heads.lanes)
    if source not in masked:
        made = _masked(source)
        Rewriter.insert_op(made, InsertPoint.before(op))
        masked[source] = made[-1].results[0]
    inputs[heads.w] = masked[source]
    forms[heads.w] = [
        form(count, {place: 1}), *forms[heads.w][:-1], Linear(last.coefficients, 0)
    ]  # fmt: skip
    extras = [(value, [_moved(one, heads, count) for one in of]) for value, of in extras_of(op)]
    outs = op.outs
    if _writes_spare(op, heads):
        empty = tensor.EmptyOp([], outs.type)
        Rewriter.insert_op(empty, InsertPoint.before(op))
        outs = empty.tensor
    new = rebuilt(op, inputs, outs, forms, kinds, extents, extras)
    before = op.outs.owner
    Rewriter.replace_op(op, new)
    if isinstance(before, FillOp) and not list(before.results[0].uses):
        Rewriter.erase_op(before)


def _moved(one: Linear, heads: _Heads, count: int) -> Linear:
    """`D * h + d` as `C * b + c`, and h alone as `places * b + i`."""
    coefficients = [*one.coefficients, *[0] * (count - len(one.coefficients))]
    factor = one.coefficients[heads.h]
    if one.coefficients[heads.d]:
        coefficients[heads.h] = heads.lanes if heads.splits else 0
    elif heads.splits:
        coefficients[heads.h] = factor * heads.places
        coefficients[-1] = factor
    return Linear(tuple(coefficients), one.constant)


def _masked(source: _Source) -> list[Operation]:
    """`out[i, .., lanes * b + c] = x[.., first + lanes * b + c] * mask[i, c]`."""
    shape, element = shape_of(source.value), element_type_of(source.value)
    rank, lanes = len(shape), source.lanes
    blocks = [source.size // lanes] if source.size > lanes else []
    count = rank + 1 + len(blocks)  # i, the rows, b if there are several, c
    here = form(count, {**({rank: lanes} if blocks else {}), count - 1: 1})
    there = Linear(here.coefficients, source.first)
    rows = [form(count, {1 + d: 1}) for d in range(rank - 1)]
    place, lane = form(count, {0: 1}), form(count, {count - 1: 1})
    mask = arith.ConstantOp(_mask(source, element))
    wide = [source.places, *shape[:-1], source.size]
    empty = tensor.EmptyOp([], TensorType(element, wide))
    region, block = body_region([element, element])
    multiply = arith.MuliOp if is_integer(element) else arith.MulfOp
    product = multiply(block.args[0], block.args[1])
    block.add_ops([product, YieldOp(product.results[0])])
    copy = GenericOp(
        [source.value, mask.result],
        empty.tensor,
        [map_of([*rows, there], count), map_of([place, lane], count),
         map_of([place, *rows, here], count)],
        [Iterator.PARALLEL] * count,
        region,
        domain=[*wide[:-1], *blocks, lanes],
    )  # fmt: skip
    if isinstance(owner := source.value.owner, Operation):
        copy.location = owner.location
    return [mask, empty, copy]


def _mask(source: _Source, element: Attribute) -> DenseIntOrFPElementsAttr:
    """1 on the lanes of the head at each place, else 0."""
    type = TensorType(element, [source.places, source.lanes])
    values = [
        number(int(lane // source.width == place), element).value.data
        for place in range(source.places)
        for lane in range(source.lanes)
    ]
    return DenseIntOrFPElementsAttr.from_list(type, values)  # pyright: ignore
