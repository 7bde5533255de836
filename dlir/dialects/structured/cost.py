"""What a structured op costs one core, so that passes choose by numbers.

    seconds = operations / peak + bytes / bandwidth + latency

Without overlap of the three, two ways to compute the same differ by

    gain = bytes saved / bandwidth - operations repeated / peak + kernels saved * latency

which is what fusion is judged by. Operations are those of the bodies, as `dl-roofline` counts them,
but a function counts as the polynomial that it becomes; each tensor that is touched moves once.
The peak is that of the kernel which the op would get: `PEAKS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FixedBitwidthType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp, IndexOp, YieldOp, shape_of
from dlir.dialects.structured.roles import (
    Contraction,
    Operand,
    folds_in_any_order,
    is_weight,
    match_contraction,
    may_fail,
    only_moves,
    operands_of,
    planned,
)

FUNCTION_OPERATIONS = 20
"""A call such as `math.exp` becomes a polynomial of about so many operations."""
PRODUCTS_PER_SECOND = 1e11
OPERATIONS_PER_SECOND = 3e10
POINTS_PER_SECOND = 2e9
BYTES_PER_SECOND = 6e10
"""About what one core does of register-tiled products, of elementwise operations on vectors, and of
scalar reads, operations and writes, and what it reads from the caches that all cores share."""
LATENCY_SECONDS = 2e-8
"""About what calling a kernel and entering its loops takes."""

PEAKS: Mapping[str, float] = {
    "contraction": 2 * PRODUCTS_PER_SECOND,
    "lanes": OPERATIONS_PER_SECOND,
    "points": POINTS_PER_SECOND,
}
"""Kind of kernel -> operations per second; what runs at load time is of kind `load`. One that goes
point by point reads and writes each scalar by itself: these count as operations, too."""

_INSTRUCTIONS = (
    math.AbsFOp, math.AbsIOp, math.CeilOp, math.CopySignOp, math.FloorOp, math.FmaOp,
    math.RoundEvenOp, math.SqrtOp, math.TruncOp,
)  # fmt: skip
FUNCTIONS = frozenset(op for op in math.Math.operations if op not in _INSTRUCTIONS)
"""Ops that become polynomials rather than one instruction."""
_NO_WORK = (arith.ConstantOp, IndexOp, YieldOp)


@dataclass(frozen=True)
class Work:
    """What a call pays for an op: nothing, if it follows from weights and runs at load time."""

    kind: str
    """Of kernel: one of `PEAKS`, or `load`."""
    element: str
    """The type that the body computes in."""
    operations: int
    bytes: int

    @property
    def seconds(self) -> float:
        """About what one core needs."""
        if self.kind == "load":
            return 0.0
        return self.operations / PEAKS[self.kind] + self.bytes / BYTES_PER_SECOND + LATENCY_SECONDS


def work_of(op: GenericOp) -> Work:
    """The work of an op on tensors or memrefs."""
    return Space.of(op).work({})


def gain(before: Iterable[Work], after: Iterable[Work]) -> float:
    """Seconds that are saved when these ops replace those."""
    return sum(work.seconds for work in before) - sum(work.seconds for work in after)


def bytes_moved(op: GenericOp) -> dict[SSAValue, int]:
    """Tensor -> bytes of it that the op touches, each element once; the result is written."""
    return Space.of(op).bytes_moved


@dataclass(frozen=True)
class Space:
    """An op with its points and operands, and what follows from them; each is found once."""

    op: GenericOp
    extents: list[int]
    inputs: list[Operand]
    out: Operand
    extra: list[Operand]

    @classmethod
    def of(cls, op: GenericOp) -> Space:
        return cls(op, [*map(planned, op.static_extents())], *operands_of(op))

    @property
    def results(self) -> int:
        """Points of the result."""
        return prod(self.extents[d] for d in self.op.parallel_dims)

    def work(self, weights: dict[SSAValue, bool]) -> Work:
        """What a call pays; `weights` keeps what is known of tensors: see `is_weight`."""
        element, result = str(self.op.accumulator_type), self.op.result
        if result is not None and is_weight(result, weights):
            return Work("load", element, 0, 0)
        kind, operations = self.kernel_kind, self.operations()
        if kind == "points":
            operations += self.accesses()
        return Work(kind, element, operations, sum(self.bytes_moved.values()))

    def operations(self) -> int:
        """Of the body at every point, and of the epilogue at every point of the result."""
        operations = prod(self.extents) * _operations_in(self.op.body.block)
        if self.op.epilogue is not None:
            operations += self.results * _operations_in(self.op.epilogue.block)
        return operations

    def accesses(self) -> int:
        """Scalars that are read and written one by one."""
        return prod(self.extents) * len(self.inputs) + self.results * (1 + len(self.extra))

    @cached_property
    def bytes_moved(self) -> dict[SSAValue, int]:
        """See the function."""
        moved: dict[SSAValue, int] = {}
        for operand in (*self.inputs, *self.extra):
            moved[operand.value] = max(self._touched(operand), moved.get(operand.value, 0))
        written = self.op.result if self.op.result is not None else self.out.value
        moved[written] = moved.get(written, 0) + self._touched(self.out)
        return moved

    def _touched(self, operand: Operand) -> int:
        walked = {d for form in operand.forms for d in form.dims}
        points = prod(self.extents[d] for d in walked)
        whole = prod(map(planned, shape_of(operand.value)))
        return min(points, whole) * width_of(operand.element)

    @cached_property
    def contraction(self) -> Contraction | None:
        """The roles of the operands in a sum of products."""
        return match_contraction(self.op) if len(self.inputs) == 2 else None

    @cached_property
    def kernel_kind(self) -> str:
        """Which kind of kernel computes the op, as far as its form tells."""
        if self.contraction is not None:
            return "contraction"
        return "lanes" if only_moves(self.op) or self.has_lanes else "points"

    @cached_property
    def has_lanes(self) -> bool:
        """Whether an iterator can run along vector lanes: all operands have it contiguous."""
        op, last = self.op, self.out.forms[-1:]
        if may_fail(op):
            return False
        if last and last[0].dims:
            lanes = min(last[0].dims, key=last[0].coefficients.__getitem__)
            if all(x.is_run_along(lanes) for x in (*self.inputs, self.out, *self.extra)):
                return True
        return (
            bool(op.reduction_dims)
            and folds_in_any_order(op)
            and any(
                all(x.is_run_along(d) for x in self.inputs)
                and any(x.depends_on(d) for x in self.inputs)
                for d in op.reduction_dims
            )
        )


def width_of(element: Attribute) -> int:
    """Bytes of an element in memory."""
    return -(-element.bitwidth // 8) if isinstance(element, FixedBitwidthType) else 8


def _operations_in(block: Block) -> int:
    """Of a body, once."""
    return sum(map(_operations, block.ops))


def _operations(op: Operation) -> int:
    if isinstance(op, _NO_WORK):
        return 0
    return FUNCTION_OPERATIONS if type(op) in FUNCTIONS else 1
