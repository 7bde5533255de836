"""The work that a model asks for, read off its `structured` ops and not off any program.

What a schedule, a tiling or a layout adds is not in it, so `bound_of` gives cycles that no program
for this function can beat, under the machine's one dataflow (constants are the stationary operand):

| of | at least |
|---|---|
| `macs` | products of two elements that exist: a tap on padding needs none |
| `dram_bytes` | each element that is read from outside, or goes outside, once, as it is stored |
| `load_rows` | each weight once in a row of `cols` |
| `vector_cycles` | each result that an op other than a sum makes, in rows of `cols`, once at the price of its most expensive function; each operand of a maximum, once |

`layers_of` cuts a function in front of each sum of products: what follows until the next one
belongs to it. `total_of` is the whole as one layer: what flows between layers never leaves the chip.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from xdsl.dialects import arith, func, math, tensor
from xdsl.dialects.builtin import i8
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GatherOp, GenericOp, ReshapeOp, element_type_of, shape_of
from dlir.dialects.structured.roles import Operand, is_copy, operands_of
from dlir.targets.accel.description import Machine
from dlir.targets.accel.simulator.bounds import Work

STORED_BYTES = {"f32": 2, "bf16": 2, "i8": 1, "i32": 4, "i64": 4}
"""Element type -> bytes on the machine."""

PRICED: dict[type[Operation], tuple[str, ...]] = {
    math.ExpOp: ("exp", "sigmoid"), math.TanhOp: ("tanh",), math.RsqrtOp: ("rsqrt",),
    math.SqrtOp: ("rsqrt",), math.ErfOp: ("gelu",), arith.DivfOp: ("recip", "sigmoid"),
}  # fmt: skip
"""Scalar op -> the functions of the vector unit of which one must be used."""


@dataclass
class Layer:
    """Ops that are one layer: a sum of products and what follows, or what comes before the first."""

    ops: list[Operation] = field(default_factory=list[Operation])

    @property
    def name(self) -> str:
        """The shape of what it is about."""
        head = self.ops[0]
        shape = "x".join(map(str, shape_of(head.results[0]))) if head.results else ""
        return f"{head.name.partition('.')[2]} {shape}"


def layers_of(block: Block) -> list[Layer]:
    """The layers of a function, in order; copies, reshapes and what depends on constants alone are
    no work."""
    layers: list[Layer] = []
    home: dict[SSAValue, Layer] = {}
    constant = constants_of(block)
    for op in block.ops:
        if not op.results or op.results[0] in constant:
            continue
        if _is_view(op):
            if op.operands[0] in home:
                home[op.results[0]] = home[op.operands[0]]
            continue
        if not isinstance(op, GenericOp | GatherOp):
            continue
        sources = [home[o] for o in op.operands if o in home]
        if (isinstance(op, GenericOp) and is_sum_of_products(op)) or not sources:
            layers.append(Layer())
            layer = layers[-1]
        else:
            layer = max(sources, key=layers.index)
        layer.ops.append(op)
        home[op.results[0]] = layer
    return layers


def constants_of(block: Block) -> set[SSAValue]:
    """What depends on weights alone: known before the program runs."""
    known: set[SSAValue] = set()
    for op in block.ops:
        if isinstance(op, tensor.EmptyOp) or op.name in ("dl.param", "dl.constant", "arith.constant"):
            known.update(op.results)
        elif op.operands and all(o in known for o in op.operands):
            known.update(op.results)
    return known


def _is_view(op: Operation) -> bool:
    return isinstance(op, ReshapeOp) or (
        isinstance(op, GenericOp) and is_copy(op) and op.padding is None
    )


def work_of_layers(
    block: Block, layers: Sequence[Layer], machine: Machine
) -> list[Work]:
    """The work of each layer by itself: all that it takes or gives crosses the bus."""
    constant = constants_of(block)
    return [_work([layer], constant, machine) for layer in layers]


def total_of(block: Block, layers: Sequence[Layer], machine: Machine) -> Work:
    """The work of all layers as one."""
    return _work(layers, constants_of(block), machine)


def _work(layers: Sequence[Layer], constant: set[SSAValue], machine: Machine) -> Work:
    ops = [op for layer in layers for op in layer.ops]
    macs: dict[str, int] = {"i8": 0, "bf16": 0}
    for op in ops:
        if isinstance(op, GenericOp) and is_sum_of_products(op):
            kind = "i8" if element_type_of(op.inputs[0]) == i8 else "bf16"
            macs[kind] += products(op)
    reads = _reads(ops, constant)
    weights = {v: n for v, n in reads.items() if v in constant}
    moved = sum(n * _bytes(v) for v, n in weights.items())
    crossing = {v: n * _bytes(v) for v, n in reads.items() if v not in constant}
    crossing |= {v: prod(shape_of(v)) * _bytes(v) for v in _leaving(ops)}
    on_host = sum(n for v, n in crossing.items() if machine.host and _is_of_host(v))
    moved += sum(crossing.values()) - on_host
    return Work(
        macs=macs,
        dram_bytes=moved,
        host_bytes=on_host,
        load_rows=sum(-(-n // machine.array.cols) for n in _stationary(ops, constant).values()),
        vector_cycles=sum(vector_cycles(op, machine) for op in ops if isinstance(op, GenericOp)),
    )


def _bytes(value: SSAValue) -> int:
    return STORED_BYTES[str(element_type_of(value))]


# --- sums of products -----------------------------------------------------------------------------


def is_sum_of_products(op: GenericOp) -> bool:
    """acc + x * y of two tensors."""
    body = op.body.block
    total = body.last_op.operands[0].owner if body.last_op is not None else None
    if len(op.inputs) != 2 or not op.reduction_dims or not isinstance(total, arith.AddfOp | arith.AddiOp):
        return False
    return any(isinstance(o.owner, arith.MulfOp | arith.MuliOp) for o in total.operands)


def products(op: GenericOp) -> int:
    """Points of the iteration space at which no operand is read outside of itself."""
    inputs, _, _ = operands_of(op)
    extents = op.static_extents()
    count, left = 1, set(range(len(extents)))
    for operand in inputs:
        for position in operand.escapes(extents):
            form = operand.forms[position]
            count *= int(_inside(_values(form, extents), shape_of(operand.value)[position]).sum())
            left -= set(form.dims)
    return count * prod(extents[d] for d in left)


def _values(form: Linear, extents: Sequence[int]) -> np.ndarray:
    """All values of a form, one for each point of the iterators that it depends on."""
    total = np.array([form.constant])
    for d in form.dims:
        total = np.add.outer(total, form.coefficients[d] * np.arange(extents[d])).ravel()
    return total


def _inside(values: np.ndarray, size: int) -> np.ndarray:
    return (values >= 0) & (values < size)


# --- bytes ----------------------------------------------------------------------------------------


def _reads(ops: Iterable[Operation], constant: set[SSAValue]) -> dict[SSAValue, int]:
    """Tensor from outside -> how many of its elements are read; views count as what they show."""
    made = {r for op in ops for r in op.results}
    found: dict[SSAValue, int] = {}
    for op in ops:
        for value, count in _touched(op):
            root = _root(value, constant)
            if root not in made:
                count = min(count, prod(shape_of(root)))
                found[root] = max(found.get(root, 0), count)
    return found


def _touched(op: Operation) -> Iterable[tuple[SSAValue, int]]:
    """Each operand with the number of different elements that the op reads of it."""
    if isinstance(op, GatherOp):
        rows = prod(shape_of(op.indices))
        width = prod(shape_of(op.input)[1:])
        yield op.input, min(rows, shape_of(op.input)[0]) * width
        yield op.indices, rows
        return
    assert isinstance(op, GenericOp)
    extents = op.static_extents()
    inputs, _, extra = operands_of(op)
    for operand in (*inputs, *extra):
        if shape_of(operand.value) or operand.forms:
            yield operand.value, elements(operand, extents)


def elements(operand: Operand, extents: Sequence[int]) -> int:
    """Different elements of an operand that lie in reach."""
    total, shape = 1, shape_of(operand.value)
    for form, size in zip(operand.forms, shape, strict=True):
        values = _values(form, extents)
        total *= len(np.unique(values[_inside(values, size)]))
    return total


def _root(value: SSAValue, constant: set[SSAValue]) -> SSAValue:
    """What a view shows."""
    while isinstance(value.owner, Operation) and _is_view(value.owner) and value not in constant:
        value = value.owner.operands[0]
    return value


def _leaving(ops: Sequence[Operation]) -> list[SSAValue]:
    """Results that an op outside reads, directly or through views, or that the function returns."""
    own = set(ops)
    return [r for op in ops for r in op.results if _is_read_outside(r, own)]


def _is_read_outside(value: SSAValue, own: set[Operation]) -> bool:
    for use in value.uses:
        user = use.operation
        if _is_view(user):
            if _is_read_outside(user.results[0], own):
                return True
        elif user not in own or isinstance(user, func.ReturnOp):
            return True
    return False


def _is_of_host(value: SSAValue) -> bool:
    """Whether the host gives or takes it: an argument, or what the function returns."""
    if isinstance(value.owner, Block):
        return True
    users = [use.operation for use in value.uses]
    return any(
        isinstance(u, func.ReturnOp) or (_is_view(u) and _is_of_host(u.results[0])) for u in users
    )


def _stationary(ops: Sequence[Operation], constant: set[SSAValue]) -> dict[SSAValue, int]:
    """Constant factors of sums of products -> their elements."""
    found: dict[SSAValue, int] = {}
    for op in ops:
        if isinstance(op, GenericOp) and is_sum_of_products(op):
            for operand in operands_of(op)[0]:
                if operand.value in constant:
                    count = elements(operand, op.static_extents())
                    found[operand.value] = max(found.get(operand.value, 0), count)
    return found


# --- the vector unit ------------------------------------------------------------------------------


def vector_cycles(op: GenericOp, machine: Machine) -> int:
    """Rows of results, once at the price of the dearest function; a maximum reads its operand."""
    extents = op.static_extents()
    beats = -(-machine.array.cols // machine.vector.lanes)
    points = prod(extents)
    results = prod(extents[d] for d in op.parallel_dims)
    body, epilogue = _price(op.body.block, machine), _price(op.epilogue.block, machine) if op.epilogue else 0
    if not op.reduction_dims:
        amount = results * max(1, body)
    elif is_sum_of_products(op):
        amount = results * max(1, epilogue)
    else:
        folds = isinstance(_combiner(op), arith.MaximumfOp | arith.MaxSIOp)
        amount = points * max(int(folds), body) + results * epilogue
    return -(-amount // machine.array.cols) * beats


def _combiner(op: GenericOp) -> object:
    last = op.body.block.last_op
    assert last is not None
    return last.operands[0].owner


def _price(block: Block, machine: Machine) -> int:
    """The least that the dearest function of a body costs per row; 0 for arithmetic."""
    costs = [
        min(machine.vector.cost_of(name) for name in PRICED[type(op)])
        for op in block.ops
        if type(op) in PRICED
    ]
    return max(costs, default=0)


