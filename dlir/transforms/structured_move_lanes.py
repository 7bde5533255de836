"""`structured-move-lanes`: copies from lanes to other lanes become products with 0 and 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from xdsl.context import Context
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    IntegerType,
    ModuleOp,
    TensorType,
    f32,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.lanes import crosses
from dlir.dialects.structured.maps import Linear, projection
from dlir.dialects.structured.ops import (
    FillOp,
    GenericOp,
    IndexOp,
    ReshapeOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.quantization import requantize
from dlir.dialects.structured.roles import only_moves
from dlir.hardware import parse_settings
from dlir.targets.accel.description import load_machine
from dlir.types import is_number, number

MOST_WIDER = 2
"""How many times as many lanes may be read to spare a copy between; those of a copy of many copies
grow without end."""


@dataclass(frozen=True)
class StructuredMoveLanes(ModulePass):
    """Let the array move numbers between lanes.

    The machine reads and writes whole blocks of lanes. A slice that begins within a block, a
    concatenation of parts that end in one, or a shuffle of channels is a product with a matrix that
    has one 1 in each column; parts are added up, as each leaves 0 where the others are, and copies
    of copies are made at once. The last dimension is that of the lanes, as it is by custom. What
    the host has is not touched, nor what only results of the function read: there the host copies
    anyway.

    Before (16 columns):
    ```mlir
    %y = structured.generic {maps = [(i, j) -> (i, j + 6), (i, j) -> (i, j)], ...}
           ins(%x : tensor<8x12xf32>) outs(%o : tensor<8x6xf32>) {
    ^bb0(%a: f32):
      structured.yield %a : f32
    ```
    After:
    ```mlir
    %from = arith.constant dense<[6, 7, 8, 9, 10, 11]> : tensor<6xi64>
    %p = structured.generic {maps = [(k, n) -> (n), (k, n) -> (k, n)], ...} ins(%from : ...) {
      %same = arith.cmpi eq, %k, %lane : i64
      ...
    %y = structured.generic {maps = [(i, n, k) -> (i, k), (i, n, k) -> (k, n), (i, n, k) -> (i, n)],
           ...} ins(%x, %p : tensor<8x12xf32>, tensor<12x6xf32>) ...
    ```
    """

    name = "structured-move-lanes"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cols = load_machine(self.machine, parse_settings(self.set)).array.cols
        outside = _outside(op)
        found: dict[SSAValue, _Moved] = {}
        for last in list(op.walk()):
            if not isinstance(last, GenericOp) or not (chain := _chain(last)):
                continue
            if _is_worth_it(chain, outside, cols) and (lanes := _lanes_of(chain, found)):
                found[chain[-1].results[0]] = _Moved(chain, lanes)
        _rewrite(found)


def _outside(module: ModuleOp) -> set[SSAValue]:
    """What the host has: arguments, weights, and what follows from them by copies."""
    found: set[SSAValue] = set()
    for op in module.walk():
        found.update(a for region in op.regions for block in region.blocks for a in block.args)
        moves = not isinstance(op, GenericOp) or only_moves(op)
        if moves and all(o in found for o in op.operands):
            found.update(op.results)
    return found


# --- which copies ---------------------------------------------------------------------------------

Lane: TypeAlias = tuple[SSAValue, int]
"""A lane of a tensor."""


@dataclass(frozen=True)
class _Moved:
    """A tensor that is made of lanes of others."""

    chain: Sequence[GenericOp]
    """The copies that write its parts, in order."""
    lanes: Mapping[int, Lane]
    """Where each of its lanes comes from; others are 0."""


def _chain(last: GenericOp) -> list[GenericOp]:
    """The copies that write the parts of a tensor, in order; `last` is the last of them."""
    if last.result is None or not only_moves(last) or last.padding is not None:
        return []
    if any(_writes_on(use.operation, last.result) for use in last.result.uses):
        return []
    chain = [last]
    while isinstance(before := chain[0].outs.owner, GenericOp):
        unread = chain[0].outs.has_one_use()
        if not unread or not only_moves(before) or before.padding is not None:
            return []
        chain.insert(0, before)
    return chain if _is_blank(chain[0].outs.owner) else []


def _writes_on(op: Operation, value: SSAValue) -> bool:
    return isinstance(op, GenericOp) and op.outs is value


def _is_blank(owner: object) -> bool:
    """Whether a tensor holds nothing, or zeros, which a product leaves, too."""
    if isinstance(owner, FillOp) and isinstance(zero := owner.value.owner, arith.ConstantOp):
        return is_number(zero.value) and zero.value.value.data == 0
    return isinstance(owner, tensor.EmptyOp)


def _is_worth_it(chain: Sequence[GenericOp], outside: set[SSAValue], cols: int) -> bool:
    """Whether the machine has some part, reads the result, and cannot walk a part as it lies."""
    if all(part.inputs[0] in outside for part in chain) or not all(map(_keeps_rows, chain)):
        return False
    result = chain[-1].results[0]
    return _is_computed_with(result) and any(_crosses(part, cols) for part in chain)


def _is_computed_with(value: SSAValue) -> bool:
    users = [use.operation for use in value.uses]
    return any(
        isinstance(op, GenericOp) or (isinstance(op, ReshapeOp) and _is_computed_with(op.result))
        for op in users
    )


def _keeps_rows(op: GenericOp) -> bool:
    """Whether a copy writes every row, from the same row of its input, and moves lanes at most."""
    extents, (source, target) = op.static_extents(), (op.input_forms[0], op.out_forms)
    shape, rows = shape_of(op.inputs[0]), shape_of(op.outs)
    known = element_type_of(op.outs) in (f32, i8)
    if any(n < 1 for n in extents) or not rows or shape[:-1] != rows[:-1] or not known:
        return False
    lanes = {d for d in target[-1].dims if extents[d] > 1}
    if {d for d in source[-1].dims if extents[d] > 1} != lanes:
        return False
    if any(c < 0 for c in (*source[-1].coefficients, *target[-1].coefficients)):
        return False
    walks = zip(source[:-1], target[:-1], rows[:-1], strict=True)
    return all(
        t.plain_dim is not None
        and t.plain_dim not in lanes
        and extents[t.plain_dim] == n
        and (s == t or (n == 1 and not s.dims and not s.constant))
        for s, t, n in walks
    )


def _crosses(op: GenericOp, cols: int) -> bool:
    width = shape_of(op.outs)[-1]
    return crosses(op.input_forms[0][-1], op.out_forms[-1], op.static_extents(), width, cols)


def _lanes_of(
    chain: Sequence[GenericOp], known: Mapping[SSAValue, _Moved]
) -> dict[int, Lane] | None:
    """Where lanes come from; None if two come to one place.

    They come through copies that are known, unless much more would be read then.
    """
    found: dict[int, Lane] = {}
    for part in chain:
        value, extents = part.inputs[0], part.static_extents()
        source, target = part.input_forms[0][-1], part.out_forms[-1]
        walked = [d for d in target.dims if extents[d] > 1]
        for point in product(*(range(extents[d]) for d in walked)):
            to = _at(target, walked, point)
            if to in found:
                return None
            found[to] = (value, _at(source, walked, point))
    covered = len(found) == shape_of(chain[0].outs)[-1]
    if not covered and isinstance(chain[0].outs.owner, tensor.EmptyOp):
        return None
    through = {to: lane for to, lane in ((to, _origin(lane, known)) for to, lane in found.items())
               if lane is not None}  # fmt: skip
    return through if _width(through) <= MOST_WIDER * _width(found) else found


def _origin(lane: Lane, known: Mapping[SSAValue, _Moved]) -> Lane | None:
    """Where a lane comes from; None if it is 0."""
    value, k = lane
    return known[value].lanes.get(k) if value in known else lane


def _width(lanes: Mapping[int, Lane]) -> int:
    """Lanes of all tensors that some lanes come from."""
    return sum(shape_of(value)[-1] for value in {value for value, _ in lanes.values()})


def _at(one: Linear, iterators: Sequence[int], point: Sequence[int]) -> int:
    moved = sum(one.coefficients[d] * i for d, i in zip(iterators, point, strict=True))
    return moved + one.constant


# --- rewriting ------------------------------------------------------------------------------------


def _rewrite(found: Mapping[SSAValue, _Moved]) -> None:
    """Products for the tensors that others than copies read; then the copies are gone."""
    copies = [part for moved in found.values() for part in moved.chain]
    gone, made = set[Operation](copies), dict[SSAValue, SSAValue]()
    for value in _wanted(found, gone):
        last = found[value].chain[-1]
        ops = _products(value, found[value], made)
        Rewriter.insert_op(ops, InsertPoint.before(last))
        made[value] = ops[-1].results[0]
        made[value].name_hint = value.name_hint
        value.replace_uses_with_if(made[value], lambda use: use.operation not in gone)
    for part in reversed(copies):
        Rewriter.erase_op(part)


def _wanted(found: Mapping[SSAValue, _Moved], gone: set[Operation]) -> list[SSAValue]:
    """What is read by others than copies, and what that is made of, in order."""
    wanted: set[SSAValue] = set()
    for value, moved in reversed(list(found.items())):
        if value in wanted or any(use.operation not in gone for use in value.uses):
            wanted |= {value, *(source for source, _ in moved.lanes.values() if source in found)}
    return [value for value in found if value in wanted]


def _products(value: SSAValue, moved: _Moved, made: Mapping[SSAValue, SSAValue]) -> list[Operation]:
    """One product for each tensor that lanes come from, which adds to those before."""
    ops: list[Operation] = []
    total: SSAValue | None = None
    for source in dict.fromkeys(source for source, _ in moved.lanes.values()):
        lanes = {to: lane for to, (other, lane) in moved.lanes.items() if other is source}
        matrix = _matrix(source, value, lanes)
        read = made.get(source, source)
        added = _product(read, matrix[-1].results[0], value, total)
        added[-1].location = moved.chain[-1].location
        ops += [*matrix, *added]
        total = added[-1].results[0]
    return ops


def _matrix(source: SSAValue, value: SSAValue, lanes: Mapping[int, int]) -> list[Operation]:
    """`p[k, n]` is 1 where lane n comes from lane k, else 0."""
    element = element_type_of(value)
    rows, columns = shape_of(source)[-1], shape_of(value)[-1]
    type: TensorType[IntegerType] = TensorType(i64, [columns])
    table = arith.ConstantOp(
        DenseIntOrFPElementsAttr.from_list(type, [lanes.get(n, -1) for n in range(columns)]), type
    )
    empty = tensor.EmptyOp([], TensorType(element, [rows, columns]))
    region, block = body_region([i64])
    k = IndexOp(0)
    lane = arith.IndexCastOp(k.result, i64)
    same = arith.CmpiOp(lane.result, block.args[0], "eq")
    one, none = (arith.ConstantOp(number(n, element)) for n in (1, 0))
    chosen = arith.SelectOp(same, one, none)
    block.add_ops([k, lane, same, one, none, chosen, YieldOp(chosen.result)])
    matrix = GenericOp(
        [table.result],
        empty.tensor,
        [projection(2, [1]), projection(2, [0, 1])],
        [Iterator.PARALLEL] * 2,
        region,
    )
    return [table, empty, matrix]


def _product(
    source: SSAValue, matrix: SSAValue, like: SSAValue, before: SSAValue | None
) -> list[Operation]:
    """`out[.., n] = sum over k of x[.., k] * p[k, n]`, and what was there before."""
    element, shape = element_type_of(like), shape_of(like)
    n, k = len(shape) - 1, len(shape)
    rows = range(n)
    empty = tensor.EmptyOp([], TensorType(element, shape))
    extra = [] if before is None else [(before, projection(k, range(k)))]
    numbers = [arith.ConstantOp(_scalar(v)) for v in AS_IT_IS] if element == i8 else []
    extra += [(c.result, projection(k, [])) for c in numbers]
    total = i32 if element == i8 else element
    new = GenericOp(
        [source, matrix],
        empty.tensor,
        [projection(k + 1, [*rows, k]), projection(k + 1, [k, n]), projection(k + 1, [*rows, n])],
        [*[Iterator.PARALLEL] * k, Iterator.REDUCTION],
        _multiply_add(element, total),
        init=number(0, total),
        epilogue_inputs=[value for value, _ in extra],
        epilogue_maps=[map for _, map in extra],
        epilogue=_finish(total, [element_type_of(value) for value, _ in extra]) if extra else None,
    )
    return [*numbers, empty, new]


AS_IT_IS = (1, -31)
"""Multiplier and shift of a requantization that changes no number: `x * 1 / 2^(31 - 31)`."""


def _scalar(value: int) -> DenseIntOrFPElementsAttr[Any]:
    return DenseIntOrFPElementsAttr.from_list(TensorType(i32, []), [value])


def _multiply_add(element: Attribute, total: Attribute) -> Region:
    """acc + x * y, summed up in another type than that of integers."""
    region, block = body_region([element, element, total])
    x, y, acc = block.args
    if total == element:
        term: Operation = arith.MulfOp(x, y)
        block.add_ops([term, last := arith.AddfOp(acc, term.results[0])])
    else:
        wide = [arith.ExtSIOp(v, i32) for v in (x, y)]
        term = arith.MuliOp(wide[0].result, wide[1].result)
        block.add_ops([*wide, term, last := arith.AddiOp(acc, term.results[0])])
    block.add_op(YieldOp(last.results[0]))
    return region


def _finish(total: Attribute, extra: Sequence[Attribute]) -> Region:
    """The sum, and what was there before, as a number of the result's type."""
    region, block = body_region([total, *extra])

    def add(op: Operation) -> SSAValue:
        block.add_op(op)
        return op.results[0]

    value, *others = block.args
    if total != i32:
        block.add_op(YieldOp(add(arith.AddfOp(value, others[0]))))
        return region
    if len(others) > len(AS_IT_IS):
        value = add(arith.AddiOp(value, add(arith.ExtSIOp(others[0], i32))))
    multiplier, shift = others[-2:]
    block.add_op(YieldOp(requantize(add, value, multiplier, shift, 0)))
    return region
