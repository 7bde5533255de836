"""Several processes, of which there is one: what it gathers, sums or sends is its own.

Groups of more than one process are refused, and so is a model that says it runs on several devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IntegerAttr, ModuleOp
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.stablehlo.shapes import ints_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, unsupported

COUNTS = ("mhlo.num_replicas", "mhlo.num_partitions")


def _check_alone(op: Operation) -> None:
    """A module without the attributes runs on one device."""
    around = op.parent_op()
    while around is not None and not isinstance(around, ModuleOp):
        around = around.parent_op()
    attributes = {} if around is None else around.attributes
    for name in COUNTS:
        count = attributes.get(name)
        if isinstance(count, IntegerAttr) and count.value.data > 1:
            unsupported(f"{name} = {count.value.data}: a model runs on one device")


def number(e: Emitter, op: Operation) -> SSAValue:
    """Processes are counted from 0."""
    _check_alone(op)
    return e.constant(0, element_of(op.results[0]))


def own(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """A group of one: no groups are written, or each has one process."""
    _check_alone(op)
    groups = op.properties["replica_groups"]
    if not isinstance(groups, DenseIntOrFPElementsAttr):
        unsupported(f"groups of processes {groups}")
    shape = cast(Any, groups).get_type().get_shape()
    if len(shape) != 2 or shape[1] > 1 or shape[0] > 1:
        unsupported(f"groups of several processes {groups}: a model runs on one device")
    for x, result in zip(op.operands, op.results, strict=True):
        if shape_of(x) != shape_of(result):
            unsupported(f"a result of type {result.type} of one process's {x.type}")
    return [*op.operands]


def collective_permute(e: Emitter, op: Operation) -> SSAValue:
    """What the process sends itself; zeros without that."""
    _check_alone(op)
    ends = ints_of(op, "source_target_pairs")
    if any(ends):
        unsupported("processes other than 0: a model runs on one device")
    x = op.operands[0]
    return x if ends else e.broadcast(e.constant(0, element_of(x)), e.shape(x))


GROUPED = (
    "all_gather", "all_reduce", "all_to_all", "collective_broadcast", "collective_reduce",
    "cross-replica-sum", "reduce_scatter",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **{f"stablehlo.{name}": own for name in GROUPED},
    "stablehlo.collective_permute": collective_permute,
    "stablehlo.partition_id": number,
    "stablehlo.replica_id": number,
}
