"""The work of layers and of whole functions: what no schedule, tiling or layout can do without.

Nothing that a program adds is in it, so `bound_of` gives cycles that no program for this function
can beat, under the machine's one dataflow: constants are the stationary operand, the array sums
products, the vector unit does everything else, and a sum has the products that the model says.

| of | at least | because |
|---|---|---|
| `macs` | products of two elements that exist | a tap on padding needs none |
| `dram_bytes`, `host_bytes` | each element that is read from outside, or goes outside, once | it is stored as bf16, or as the integer it is; weights of machines that pack them as what is left of zeros |
| `load_rows` | each weight once, in rows of `cols` | it is the stationary operand |
| `array_cycles` | `sum over layers of max(products / products per cycle, rows of weights / rows per cycle)` | one plane is loaded while one other is used, see `array_cycles` |
| | `sum over sums of ceil(terms / rows) / columns` | a row passes a column for one sum, see `order.py` |
| `vector_cycles` | see `vector.py`: each result once, or the most expensive function | one function per instruction |
| `reuse_bytes` | of one layer: `2 P sqrt(x y z / (r S)) - 2 S - z C` read of factors and sums, plus what leaves | the chip holds S bytes, see `least_reads` |

`reuse_bytes`: P products, C sums; x, y, z bytes of the factors and of an unfinished sum, which has
32 bits; r uses of one element in the matrices that a convolution is a product of (1 in a product of
matrices); S all of the chip's bytes. With elements of one size it is the bound 2 m n k / sqrt(S) - 2 S
of Smith, Lowery, Langou and van de Geijn, "A Tight I/O Lower Bound for Matrix Multiplication"
(arXiv:1702.02017), whose argument is that of Hong and Kung (1981) and of Irony, Toledo and Tiskin
(2004). For the whole it is left out: there, a factor may be computed on the chip; and so it is where weights
are packed.

`layers_of` cuts a function in front of each sum of products: what follows until the next one
belongs to it. `total_of` is the whole as one layer: what flows between layers never leaves the chip.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, prod

from xdsl.dialects.builtin import i8
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.ops import GatherOp, GenericOp, element_type_of, shape_of
from dlir.dialects.structured.roles import operands_of, overwrites_outs
from dlir.targets.accel.description import ACC_BYTES, Machine
from dlir.targets.accel.packing import LEAST
from dlir.targets.accel.simulator.bounds import Work
from dlir.targets.accel.work.layers import (
    Layer,
    constants_of,
    is_of_host,
    parts_of,
    readers_of,
    source_of,
    written,
)
from dlir.targets.accel.work.order import least_spare, passes, sums_with_weights
from dlir.targets.accel.work.products import elements, is_sum_of_products, least_reads, products
from dlir.targets.accel.work.vector import vector_cycles

STORED_BYTES = {"f32": 2, "f64": 2, "f16": 2, "bf16": 2, "i8": 1}
"""Element type -> bytes on the machine; 4 for all others."""


def work_of_layers(block: Block, layers: Sequence[Layer], machine: Machine) -> list[Work]:
    """The work of each layer by itself: all that it takes or gives crosses the chip's border."""
    constant = constants_of(block)
    return [_work(layer.ops, constant, machine) for layer in layers]


def total_of(block: Block, layers: Sequence[Layer], machine: Machine) -> Work:
    """The work of all layers as one."""
    ops = [op for layer in layers for op in layer.ops]
    return _work(ops, constants_of(block), machine, block if len(layers) > 1 else None)


def _work(
    ops: Sequence[Operation],
    constant: set[SSAValue],
    machine: Machine,
    block: Block | None = None,
) -> Work:
    """Of a layer alone, or of all layers in a block."""
    sums = [op for op in ops if isinstance(op, GenericOp) and is_sum_of_products(op)]
    least = LEAST[machine.dma.compression]
    counts = reads_of(ops, constant)
    reads = {v: ceil(n * bytes_of(v) * (least if v in constant else 1)) for v, n in counts.items()}
    writes = {v: n * bytes_of(v) for v, n in leaving(ops).items()}
    crossing = [*reads.items(), *writes.items()]
    on_host = sum(n for v, n in crossing if machine.host and v not in constant and is_of_host(v))
    macs = {"i8": 0, "bf16": 0}
    for op in sums:
        macs[_type_of(op)] += products(op)
    reusing = block is None and sums and machine.dma.compression == "none"
    vector = sum(vector_cycles(op, machine) for op in ops if isinstance(op, GenericOp))
    return Work(
        macs=macs,
        dram_bytes=sum(n for _, n in crossing) - on_host,
        host_bytes=on_host,
        load_rows=sum(-(-n // machine.array.cols) for n in _stationary(sums, constant).values()),
        vector_cycles=vector,
        reuse_bytes=_reuse(sums[0], reads, writes, constant, machine) if reusing else 0,
        array_cycles=array_cycles(sums, constant, machine, block),
    )


def bytes_of(value: SSAValue) -> int:
    """Bytes of one element of a tensor as the machine stores it."""
    return STORED_BYTES.get(str(element_type_of(value)), 4)


# --- what crosses the chip's border ---------------------------------------------------------------


def reads_of(ops: Iterable[Operation], constant: set[SSAValue]) -> dict[SSAValue, int]:
    """Tensor from outside -> how many of its elements are read."""
    ops = list(ops)
    made = {r for op in ops for r in op.results}
    found: dict[SSAValue, int] = {}
    for op in ops:
        for value, count in _touched(op):
            source = source_of(value, constant)
            count = min(count, prod(shape_of(source)))
            if isinstance(owner := source.owner, GenericOp) and not overwrites_outs(owner):
                parts = parts_of(source, constant)
                count -= sum(n for part, n in parts.items() if part in made)
            if source not in made and count > 0:
                found[source] = max(found.get(source, 0), count)
    return found


def _touched(op: Operation) -> Iterable[tuple[SSAValue, int]]:
    """Each operand with the number of different elements that the op reads of it."""
    if isinstance(op, GatherOp):
        rows = prod(shape_of(op.indices))
        width = prod(shape_of(op.input)[1:])
        yield op.input, min(1, rows) * width
        yield op.indices, rows
        return
    assert isinstance(op, GenericOp)
    extents = op.static_extents()
    inputs, _, extra = operands_of(op)
    for operand in (*inputs, *extra):
        if shape_of(operand.value):
            yield operand.value, elements(operand, extents)


def leaving(ops: Sequence[Operation]) -> dict[SSAValue, int]:
    """Results that an op outside reads, or that the function returns, with their new elements."""
    own = set(ops)
    return {
        r: written(op)
        for op in ops
        for r in op.results
        if any(reader not in own for reader in readers_of(r))
    }


def _stationary(sums: Sequence[GenericOp], constant: set[SSAValue]) -> dict[SSAValue, int]:
    """Constant factors -> their elements."""
    found: dict[SSAValue, int] = {}
    for op in sums:
        for operand in operands_of(op)[0]:
            if operand.value in constant:
                count = elements(operand, op.static_extents())
                found[operand.value] = max(found.get(operand.value, 0), count)
    return found


# --- the array ------------------------------------------------------------------------------------


def array_cycles(
    sums: Sequence[GenericOp], constant: set[SSAValue], machine: Machine, block: Block | None = None
) -> int:
    """Cycles of the array for sums of products, whatever the order of their planes.

    Let the i-th plane have k rows and stream for m cycles; the next one is loaded meanwhile and not
    before, as there are two. So from one plane to the next it takes at least max(m_i, l_i+1), with
    l the cycles of a load, and this is no less than `p m_i + (1 - p) l_i+1` with p = k_i / rows.
    Take that for the planes of layers that stream for longer than they load, and l_i+1 for those of
    the others. Products of the first are at most `p m` times those of a cycle, and p l_i+1 is at
    most l_i: what the loads of the others lose behind a plane of the first was paid in front of it.
    What is left is at least the products of the first, and the loads of the others.
    """
    layers = _array_layers(sums, constant, machine)
    together = sum(max(layer.products, layer.loads) for layer in layers)
    passing = sum(layer.passes for layer in layers)
    ordered = 0.0 if block is None else _ordered(block, constant, layers, machine)
    return int(max(together, passing, ordered))


@dataclass
class _ArrayLayer:
    """Cycles of the array for the sums with the same weights."""

    sums: list[GenericOp]
    loads: float
    """Of the load port, for the weights."""
    products: float = 0
    passes: float = 0
    """Of rows; no less than for the products."""


def _array_layers(
    sums: Sequence[GenericOp], constant: set[SSAValue], machine: Machine
) -> list[_ArrayLayer]:
    """In order of their first sums."""
    array, counts = machine.array, _stationary(sums, constant)
    found: dict[SSAValue, _ArrayLayer] = {}
    for op in sums:
        if _type_of(op) not in array.types:
            continue  # the host computes it
        key = next((v for v in op.inputs if v in constant), op.results[0])
        loads = -(-counts.get(key, 0) // array.cols) / array.load_rows_per_cycle
        layer = found.setdefault(key, _ArrayLayer([], loads))
        made, rate = passes(op, array.rows), array.rate[_type_of(op)] / array.cols
        layer.sums.append(op)
        layer.products += made.products * rate / array.rows
        layer.passes += made.rows * rate
    return list(found.values())


def _ordered(
    block: Block, constant: set[SSAValue], layers: Sequence[_ArrayLayer], machine: Machine
) -> float:
    """Where the last layers take longer to load than to be computed; see `order.py`."""
    array = machine.array
    last = len(layers)
    while last and layers[last - 1].loads > layers[last - 1].products:
        last -= 1
    before, late = layers[:last], layers[last:]
    if not late or not before:
        return 0.0
    rates = {op: array.rate[_type_of(op)] / array.cols for layer in before for op in layer.sums}
    mine, ops = {op for layer in late for op in layer.sums}, list(block.ops)
    known = [one for one in sums_with_weights(ops, constant) if one.op in mine]
    spare = least_spare(ops, known, rates, array.rows)
    planes = 2 * array.rows / array.load_rows_per_cycle
    return sum(p.products for p in before) + sum(p.loads for p in late) + spare - planes


def _type_of(op: GenericOp) -> str:
    """The type of the factors, as the array knows it."""
    return "i8" if element_type_of(op.inputs[0]) == i8 else "bf16"


# --- reuse ----------------------------------------------------------------------------------------


def _reuse(
    op: GenericOp,
    reads: dict[SSAValue, int],
    writes: dict[SSAValue, int],
    constant: set[SSAValue],
    machine: Machine,
) -> int:
    """Bytes that a layer moves for its sum of products, and for all else that it touches."""
    x, y = (bytes_of(v) for v in op.inputs)
    factors = {source_of(v, constant) for v in op.inputs}
    first = sum(n for v, n in reads.items() if v in factors)
    needed = ceil(least_reads(op, held_bytes(machine), (x, y, ACC_BYTES)))
    return sum(reads.values()) - first + max(first, needed) + sum(writes.values())


def held_bytes(machine: Machine) -> int:
    """All that the chip can hold: both memories, the weight buffer, and the array's planes."""
    array, operand = machine.array, max(2 if t == "bf16" else 1 for t in machine.array.types)
    planes = array.planes * array.rows * array.cols * operand
    return (
        machine.spm.bytes + machine.wbuf.bytes + machine.acc.rows * machine.acc_row_bytes + planes
    )
