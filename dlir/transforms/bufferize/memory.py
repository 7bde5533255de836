"""Where each tensor of a function lies: with the caller, in the arena, or in a block of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from xdsl.builder import Builder
from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import FixedBitwidthType, IndexType, MemRefType, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.diagnostics import fail
from dlir.dialects.structured.arena import Request, aligned
from dlir.dialects.structured.ops import DestinationOp, GenericOp, ReshapeOp
from dlir.dialects.structured.roles import is_elementwise, operands_of
from dlir.dialects.structured.rows import block_dimension, block_of, group_number, is_local
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.transforms.division import bytes_of, period
from dlir.types import AnyMemRef, is_tensor

SHARED_BYTES = 64 << 10
"""Smaller buffers take any place: what crosses between cores is little."""
Writing: TypeAlias = DestinationOp | tensor.InsertSliceOp
"""Operations whose result is their destination, changed."""


@dataclass
class Root:
    """One piece of memory: an argument, a result of the function, a slot of the arena, or local."""

    type: TensorType
    sizes: list[Size]
    first: int
    last: int
    argument: SSAValue | None = None  # the caller's memory, in the old function
    result: int | None = None  # the number of the function's result that it is
    request: Request[SSAValue] | None = None
    is_local: bool = False  # walked in blocks of rows, for each of which there is memory
    stored: list[Size] = field(default_factory=list[Size])
    """The sizes of its slot: one block has it after the other, where that is less than `sizes`."""


@lru_cache(maxsize=4096)
def memref_of(t: Attribute) -> AnyMemRef:
    """The memref with a tensor's shape and element type."""
    assert is_tensor(t)
    return MemRefType(t.element_type, t.get_shape())


def destination(op: Writing) -> SSAValue:
    """The tensor that the op changes."""
    return op.dest if isinstance(op, tensor.InsertSliceOp) else op.outs


def destination_position(op: Writing) -> int:
    """Its position among the operands; the same value may be read at another one."""
    match op:
        case GenericOp():
            return len(op.inputs)
        case tensor.InsertSliceOp():
            return 1
        case _:
            return len(op.operands) - 1


def is_tensor_value(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType)


class Memory:
    """The memory behind each tensor of a block, and what is to be copied at its end."""

    def __init__(self, block: Block, returned: Sequence[SSAValue]):
        self.ops = list(block.ops)
        self.roots: dict[SSAValue, Root] = {}
        self._spans: list[tuple[int, int]] = []
        self.copied: list[Root | None] = []
        """For each returned value the memory to copy it from; None where it is in place."""
        self._choose(block.args)
        self._choose_results(returned)

    def requests(self) -> list[Request[SSAValue]]:
        """What the arena must hold."""
        found: list[Request[SSAValue]] = []
        places: dict[SSAValue, int] = {}
        values: dict[int, list[SSAValue]] = {}
        for value, root in self.roots.items():
            values.setdefault(id(root), []).append(value)
        for root in {id(r): r for r in self.roots.values()}.values():
            root.is_local = all(map(is_local, values[id(root)]))
            if root.argument is None and root.result is None and not root.is_local:
                root.stored = _stored(root, values[id(root)])
                root.request = _request(root, places, _division(values[id(root)]))
                found.append(root.request)
        return found

    def _choose(self, arguments: Sequence[SSAValue]) -> None:
        for argument in arguments:
            if is_tensor_value(argument):
                self._new_root(argument, 0, argument)
        order = {op: i for i, op in enumerate(self.ops)}
        self._spans = _spans(self.ops)
        for step, op in enumerate(self.ops):
            if isinstance(op, Writing):
                self._choose_destination(op, step, order)
            elif isinstance(op, ReshapeOp):
                self.roots[op.result] = self.roots[op.input]
            elif isinstance(op, tensor.EmptyOp | func.ReturnOp | tensor.DimOp):
                continue
            elif any(map(is_tensor_value, (*op.operands, *op.results))):
                fail(
                    op,
                    f"'{op.name}' on tensors cannot be bufferized",
                    help="lower it to structured ops first",
                )

    def _new_root(self, value: SSAValue, step: int, argument: SSAValue | None = None) -> Root:
        assert is_tensor(value.type)
        sizes: list[Size] = []
        if argument is None and isinstance(value.owner, Operation):
            sizes = Sizes(Builder(InsertPoint.before(value.owner))).all_of(value)
        root = Root(value.type, sizes, step, step, argument)
        self.roots[value] = root
        return root

    def _choose_destination(self, op: Writing, step: int, order: dict[Operation, int]) -> None:
        assert op.result is not None
        first, last = self._spans[step]
        root = self._reusable(op, step, order) or self._new_root(op.result, first)
        self.roots[op.result] = root
        root.last = max(root.last, self._spans[self._last_use(op.result, order)][1])
        for operand in op.operands:
            known = self.roots.get(operand)
            if known is not None:
                known.last = max(known.last, last)

    def _reusable(self, op: Writing, step: int, order: dict[Operation, int]) -> Root | None:
        """The destination's own memory, if it is ours and this op is the last to look at it."""
        target = destination(op)
        root = self.roots.get(target)
        if root is None:
            return None  # tensor.empty: fresh memory
        position = destination_position(op)
        others = [o for i, o in enumerate(op.operands) if i != position]
        aliased = any(
            self.roots.get(o) is root and not _is_replaced(op, i, target)
            for i, o in enumerate(others)
        )
        read_later = any(
            self._last_use(v, order) > step for v, r in self.roots.items() if r is root
        )
        if root.argument is not None or aliased or read_later:
            return None
        return root

    def _last_use(self, value: SSAValue, order: dict[Operation, int]) -> int:
        steps = [order.get(use.operation, 0) for use in value.uses]
        aliases = [u.operation.results[0] for u in value.uses if isinstance(u.operation, ReshapeOp)]
        return max([*steps, *(self._last_use(a, order) for a in aliases)], default=0)

    def _choose_results(self, returned: Sequence[SSAValue]) -> None:
        """A returned value is computed in the caller's memory unless that is taken: then copied."""
        for number, value in enumerate(returned):
            root = self.roots.get(value)
            if root is None:
                self.copied.append(None)
            elif root.argument is None and root.result is None:
                root.result = number
                self.copied.append(None)
            else:
                self.copied.append(root)
                root.last = len(self.ops)


def _spans(ops: Sequence[Operation]) -> list[tuple[int, int]]:
    """Each step's first and last step: ops that are done together are all done at once."""
    groups = [_group(op) for op in ops]
    places: dict[tuple[str, int], list[int]] = {}
    for step, group in enumerate(groups):
        if group is not None:
            places.setdefault(group, []).append(step)
    return [
        (step, step) if group is None else (places[group][0], places[group][-1])
        for step, group in enumerate(groups)
    ]


def _group(op: Operation) -> tuple[str, int] | None:
    """Whose rows are walked together with the op's, or which kernel it is a part of."""
    if (number := group_number(op)) is not None:
        return "rows", number
    schedule = op.schedule if isinstance(op, GenericOp) else None
    siblings = schedule.integers("siblings") if schedule is not None else None
    return ("siblings", siblings[0]) if siblings else None


def _is_replaced(op: Writing, number: int, target: SSAValue) -> bool:
    """Whether each element of an input is read only where it is then overwritten."""
    if not isinstance(op, GenericOp) or number >= len(op.inputs) or not is_elementwise(op):
        return False
    same_place = op.input_forms[number] == op.out_forms
    return same_place and op.inputs[number] is target and op.paddings[number] is None


def _stored(root: Root, values: Sequence[SSAValue]) -> list[Size]:
    """The sizes of a slot of the arena, of one block of rows if there never are more of it."""
    places = {block_dimension(value) for value in values}
    place = next(iter(places)) if len(places) == 1 else None
    owner = values[0].owner
    if place is None or not isinstance(owner, GenericOp):
        return root.sizes
    block, size = block_of(owner), root.sizes[place]
    assert block is not None
    fewest = min(block, size) if isinstance(size, int) else block
    return [fewest if n == place else size for n, size in enumerate(root.sizes)]


def _division(values: Sequence[SSAValue]) -> tuple[int, int] | None:
    """The size and the period of memory of which each thread writes its parts."""
    for value in values:
        op = value.owner
        schedule = op.schedule if isinstance(op, GenericOp) else None
        threads = schedule.integers("threads") if schedule is not None else None
        if isinstance(op, GenericOp) and threads:
            out = operands_of(op)[1]
            if bytes_of(out) >= SHARED_BYTES:
                return bytes_of(out), period(out, threads[0]) or 0
    return None


def _request(
    root: Root, places: dict[SSAValue, int], division: tuple[int, int] | None
) -> Request[SSAValue]:
    """Bytes as a static unit times the dynamic sizes, in the order in which they are first met.

    `places` keeps that order for all requests of a function.
    """
    element = root.type.element_type
    unit = 8 if isinstance(element, IndexType) else 0
    if isinstance(element, FixedBitwidthType):
        unit = max(1, element.bitwidth // 8)
    for size in root.stored:
        if isinstance(size, int):
            unit *= size
    dynamic = [size for size in root.stored if not isinstance(size, int)]
    symbols = sorted(dynamic, key=lambda size: places.setdefault(size, len(places)))
    return Request(aligned(unit), tuple(symbols), root.first, root.last, division)
