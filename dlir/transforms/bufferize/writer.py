"""The body of a bufferized function, written op by op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.builder import Builder
from xdsl.dialects import memref, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, UnrealizedConversionCastOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.arena import ALIGNMENT, RegionPlan
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import projection
from dlir.dialects.structured.ops import (
    DestinationOp,
    GenericOp,
    ReshapeOp,
    YieldOp,
    body_region,
    shape_of,
)
from dlir.dialects.structured.roles import overwrites_outs
from dlir.dialects.structured.shapes import Size, Sizes, mixed
from dlir.transforms.bufferize.memory import (
    Root,
    Writing,
    destination,
    destination_position,
    memref_of,
)
from dlir.transforms.bufferize.sizes import arena_total, clone_size_op, is_size_op, product
from dlir.types import is_memref


class Writer:
    """Writes the new body, op by op."""

    def __init__(
        self,
        block: Block,
        known: dict[SSAValue, SSAValue],
        roots: dict[SSAValue, Root],
        results: list[SSAValue],
        regions: Sequence[RegionPlan[SSAValue]],
    ):
        self.block, self.known, self.roots, self.results = block, known, roots, results
        self.regions = regions
        self.sizes = Sizes(Builder(InsertPoint.at_end(block)))
        self.starts: list[Size] = []
        self.memory: dict[int, SSAValue] = {}  # id of a root -> its memref, of the root's type

    def write_sizes(self, ops: Sequence[Operation]) -> None:
        """All size arithmetic first (it needs the arguments only), then the regions' starts."""
        for op in ops:
            if is_size_op(op):
                clone_size_op(op, self.block, self.known)
        self.starts = arena_total(self.sizes, self.regions, self.known)

    def write(self, op: Operation) -> None:
        if isinstance(op, tensor.InsertSliceOp):
            self._insert_slice(op)
        elif isinstance(op, DestinationOp):
            self._destination_op(op)
        elif isinstance(op, ReshapeOp):
            view = ReshapeOp(
                self.known[op.input], [self.known[s] for s in op.sizes], memref_of(op.result.type)
            )
            self._add(view, op)
            self.known[op.result] = view.result

    def _add(self, op: Operation, like: Operation) -> None:
        op.location = like.location
        self.block.add_op(op)

    def _target(self, op: Writing) -> SSAValue:
        """The memory that the op writes, holding what its destination holds."""
        assert op.result is not None
        root, given = self.roots[op.result], destination(op)
        if self.roots.get(given) is root:  # in place; of a shape of its own behind a reshape
            target = self.known[given]
        else:
            target = self._memory(root)
            kept = isinstance(op, tensor.InsertSliceOp) or not overwrites_outs(op)
            if given in self.roots and kept:
                self.copy(given, target)
        self.known[op.result] = target
        return target

    def _insert_slice(self, op: tensor.InsertSliceOp) -> None:
        """A copy into a view of the destination."""
        target = self._target(op)
        offsets, sizes, strides = (
            mixed(static.get_values(), [self.known[v] for v in dynamic])
            for static, dynamic in (
                (op.static_offsets, op.offsets),
                (op.static_sizes, op.sizes),
                (op.static_strides, op.strides),
            )
        )
        whole = cast(MemRefType[Attribute], target.type)
        type = memref.SubviewOp.infer_result_type(whole, offsets, sizes, strides)
        view = memref.SubviewOp.get(target, offsets, sizes, strides, type)
        self._add(view, op)
        self._add(memref.CopyOp(self.known[op.source], view.result), op)

    def _destination_op(self, op: DestinationOp) -> None:
        target = self._target(op)
        operands = [self.known.get(o, o) for o in op.operands]
        operands[destination_position(op)] = target
        new = type(op).create(
            operands=operands,
            properties=dict(op.properties),
            attributes=dict(op.attributes),
            regions=[op.detach_region(r) for r in tuple(op.regions)],  # the old op goes
        )
        self._add(new, op)

    def _memory(self, root: Root) -> SSAValue:
        """The memref of a root: the caller's result buffer, a view of the arena, or local."""
        found = self.memory.get(id(root))
        if found is None:
            found = self._new_memory(root)
            self.memory[id(root)] = found
        return found

    def _new_memory(self, root: Root) -> SSAValue:
        if root.result is not None:
            return self._result_view(root)
        if not root.is_local:
            return self._slot(root)
        alloca = memref.AllocaOp.get(
            root.type.element_type, ALIGNMENT, root.type.get_shape(), self._dynamic(root)
        )
        self.block.add_op(alloca)
        return alloca.memref

    def _dynamic(self, root: Root) -> list[SSAValue]:
        return self._known(root.sizes)

    def _known(self, sizes: Sequence[Size]) -> list[SSAValue]:
        return [self.known[s] for s in sizes if not isinstance(s, int)]

    def _result_view(self, root: Root) -> SSAValue:
        assert root.result is not None
        buffer, wanted = self.results[root.result], memref_of(root.type)
        if buffer.type == wanted:
            return buffer
        view = ReshapeOp(buffer, self._dynamic(root), wanted)
        self.block.add_op(view)
        return view.result

    def _slot(self, root: Root) -> SSAValue:
        request = root.request
        assert request is not None
        number = next(i for i, r in enumerate(self.regions) if r.symbols == request.symbols)
        inner = self.sizes.mul(
            product(self.sizes, self.regions[number], self.known), request.offset
        )
        offset = self.sizes.value(self.sizes.add(self.starts[number], inner))
        view = memref.ViewOp.create(
            operands=[self.block.args[-1], offset, *self._known(root.stored)],
            result_types=[MemRefType(root.type.element_type, _shape(root.stored))],
        )
        self.block.add_op(view)
        if root.stored == root.sizes:
            return view.results[0]
        rows = UnrealizedConversionCastOp.get(
            [view.results[0], *self._dynamic(root)], [memref_of(root.type)]
        )
        self.block.add_op(rows)
        return rows.results[0]

    def copy(self, value: SSAValue, target: SSAValue) -> None:
        """Copy a tensor's elements to other memory."""
        source = self.known[value]
        rank = len(shape_of(value))
        assert is_memref(source.type)
        region, block = body_region([source.type.element_type])
        block.add_op(YieldOp(block.args[0]))
        identity = projection(rank, range(rank))
        kinds = [Iterator.PARALLEL] * rank
        self.block.add_op(GenericOp([source], target, [identity, identity], kinds, region))


def _shape(sizes: Sequence[Size]) -> list[int]:
    return [s if isinstance(s, int) else DYNAMIC_INDEX for s in sizes]
