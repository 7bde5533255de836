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
from xdsl.ir.affine import AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, linear_map, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
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
        masked: dict[tuple[SSAValue, int], SSAValue] = {}
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and (heads := _match(inner, cols)) is not None:
                _rewrite(inner, heads, masked)


@dataclass(frozen=True)
class _Heads:
    """The iterators over heads and over the numbers of one, and how heads fill a block."""

    h: int
    d: int
    width: int
    cols: int
    w: int
    """Which input is masked."""

    @property
    def places(self) -> int:
        """Heads of a block."""
        return self.cols // self.width


def _match(op: GenericOp, cols: int) -> _Heads | None:
    """A product of two computed tensors, both (or one and the result) with heads in blocks."""
    if len(op.inputs) != 2 or op.padding is not None or len(op.body.block.args) != 3:
        return None
    extents = op.static_extents()
    if any(n < 1 for n in extents) or any(isinstance(o, IndexOp) for o in _inner(op)):
        return None
    for w in (1, 0):
        found = _heads_of(op.input_forms[w][-1], extents)
        if found is None:
            continue
        h, d, width = found
        other = op.input_forms[1 - w][-1] if d in op.reduction_dims else op.out_forms[-1]
        fits = cols % width == 0 and width < cols and extents[h] % (cols // width) == 0
        if fits and h in op.parallel_dims and _heads_of(other, extents) == found:
            heads = _Heads(h, d, width, cols, w)
            return heads if _is_simple(op, heads) else None
    return None


def _inner(op: GenericOp) -> list[Operation]:
    return [*op.body.block.ops, *(op.epilogue.block.ops if op.epilogue is not None else ())]


def _heads_of(form: Linear, extents: Sequence[int]) -> tuple[int, int, int] | None:
    """(h, d, D) of `D * h + d` with D numbers d."""
    dims = [d for d in form.dims if extents[d] > 1]
    inner = [d for d in dims if form.coefficients[d] == 1]
    outer = [d for d in dims if form.coefficients[d] != 1]
    if len(inner) != 1 or len(outer) != 1 or form.constant:
        return None
    width = extents[inner[0]]
    return (outer[0], inner[0], width) if form.coefficients[outer[0]] == width else None


def _is_simple(op: GenericOp, heads: _Heads) -> bool:
    """Whether d is used next to h only, in operands that have their lanes there."""
    pair = (heads.h, heads.d)
    forms = [f for fs in (*op.input_forms, op.out_forms) for f in fs]
    return all(
        not form.coefficients[heads.d]
        or form.coefficients[heads.h] == heads.width * form.coefficients[heads.d]
        for form in forms
    ) and not any(_uses(m, op, pair) for m in op.epilogue_forms)


def _uses(forms: Sequence[Linear], op: GenericOp, pair: tuple[int, int]) -> bool:
    """Whether an epilogue input is read by d."""
    places = [i for i, dim in enumerate(op.parallel_dims) if dim == pair[1]]
    return any(f.coefficients[p] for f in forms for p in places)


# --- rewriting ------------------------------------------------------------------------------------


def _rewrite(op: GenericOp, heads: _Heads, masked: dict[tuple[SSAValue, int], SSAValue]) -> None:
    source = op.inputs[heads.w]
    key = (source, heads.width)
    if key not in masked:
        made = _masked(source, heads)
        Rewriter.insert_op(made, InsertPoint.before(op))
        masked[key] = made[-1].results[0]
    sums = heads.d in op.reduction_dims
    count = len(op.kinds) + 1  # h becomes the block (in its place), the place in it comes last
    kinds = [*op.kinds, Iterator.PARALLEL if sums else Iterator.REDUCTION]
    inputs, maps = list(op.inputs), [_moved(f, heads, count) for f in op.input_forms]
    inputs[heads.w] = masked[key]
    place = Linear(tuple(int(i == count - 1) for i in range(count)), 0)
    maps[heads.w] = [place, *maps[heads.w]]
    extents = list(op.static_extents())
    extents[heads.h] //= heads.places
    extents[heads.d] = heads.cols
    new = GenericOp(
        inputs,
        op.outs,
        [*(map_of(f, count) for f in maps), map_of(_moved(op.out_forms, heads, count), count)],
        kinds,
        op.body.clone(),
        init=op.init,
        domain=[*extents, heads.places],
        schedule=op.schedule,
        epilogue_inputs=op.epilogue_inputs,
        epilogue_maps=_epilogue_maps(op, heads, sums),
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    new.location = op.location
    Rewriter.replace_op(op, new)


def _moved(forms: Sequence[Linear], heads: _Heads, count: int) -> list[Linear]:
    """`D * h + d` as `C * b + c`, and h alone as `places * b + i`."""
    result: list[Linear] = []
    for form in forms:
        coefficients = [*form.coefficients, *[0] * (count - len(form.coefficients))]
        factor = form.coefficients[heads.h]
        if form.coefficients[heads.d]:
            coefficients[heads.h] = heads.cols * form.coefficients[heads.d]
        else:
            coefficients[heads.h] = factor * heads.places
            coefficients[count - 1] = factor
        result.append(Linear(tuple(coefficients), form.constant))
    return result


def _epilogue_maps(op: GenericOp, heads: _Heads, sums: bool) -> list[AffineMap]:
    """Over the parallel iterators, to which the place in a block is added behind the others."""
    if op.epilogue_maps is None:
        return []
    at = op.parallel_dims.index(heads.h)
    result: list[AffineMap] = []
    for attribute in op.epilogue_maps.data:
        count = attribute.data.num_dims + int(sums)
        forms: list[Linear] = []
        for form in linear_map(attribute.data):
            coefficients = [*form.coefficients, *[0] * int(sums)]
            factor = coefficients[at]
            if sums:
                coefficients[at] = factor * heads.places
                coefficients[-1] = factor
            forms.append(Linear(tuple(coefficients), form.constant))
        result.append(map_of(forms, count))
    return result


def _masked(source: SSAValue, heads: _Heads) -> list[Operation]:
    """`out[i, .., C * b + c] = x[.., C * b + c] * mask[i, c]`."""
    shape, element = shape_of(source), element_type_of(source)
    rank = len(shape)
    count = rank + 2  # i, the rows, b, c
    blocks = shape[-1] // heads.cols
    lanes = Linear(tuple([0] * rank + [heads.cols, 1]), 0)
    rows = [Linear(tuple(int(p == 1 + d) for p in range(count)), 0) for d in range(rank - 1)]
    place = Linear(tuple(int(p == 0) for p in range(count)), 0)
    lane = Linear(tuple(int(p == count - 1) for p in range(count)), 0)
    mask = arith.ConstantOp(_mask(heads, element))
    empty = tensor.EmptyOp([], TensorType(element, [heads.places, *shape]))
    region, block = body_region([element, element])
    multiply = arith.MuliOp if is_integer(element) else arith.MulfOp
    product = multiply(block.args[0], block.args[1])
    block.add_ops([product, YieldOp(product.results[0])])
    copy = GenericOp(
        [source, mask.result],
        empty.tensor,
        [map_of([*rows, lanes], count), map_of([place, lane], count),
         map_of([place, *rows, lanes], count)],
        [Iterator.PARALLEL] * count,
        region,
        domain=[heads.places, *shape[:-1], blocks, heads.cols],
    )  # fmt: skip
    if isinstance(owner := source.owner, Operation):
        copy.location = owner.location
    return [mask, empty, copy]


def _mask(heads: _Heads, element: Attribute) -> DenseIntOrFPElementsAttr:
    """1 on the lanes of the head at each place, else 0."""
    type = TensorType(element, [heads.places, heads.cols])
    values = [
        number(int(lane // heads.width == place), element).value.data
        for place in range(heads.places)
        for lane in range(heads.cols)
    ]
    return DenseIntOrFPElementsAttr.from_list(type, values)  # pyright: ignore
