"""Convolutions and elementwise ops on images whose pixels are packed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, element_type_of, shape_of
from dlir.dialects.structured.rearrange import form, rearranged
from dlir.dialects.structured.roles import spread
from dlir.transforms.pixel_packing.choice import Choice
from dlir.transforms.pixel_packing.convs import LANE, Conv, X
from dlir.transforms.pixel_packing.walk import Walk, walk_of
from dlir.types import number


@dataclass
class Rewriting:
    """Packs what was chosen in one block."""

    choice: Choice
    packed: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    replaced: list[Operation] = field(default_factory=list[Operation])

    def run(self) -> None:
        for op in list(self.choice.block.ops):
            if isinstance(op, GenericOp) and self._touches(op):
                self._rewrite(op)
        for op in reversed(self.replaced):  # readers first
            Rewriter.erase_op(op)

    def _touches(self, op: GenericOp) -> bool:
        if op in self.choice.convs:
            source = op.inputs[self.choice.convs[op].a]
            return source in self.choice.pixels or op.results[0] in self.choice.pixels
        return op.results[0] in self.choice.pixels

    def _rewrite(self, op: GenericOp) -> None:
        made: list[Operation] = []
        if op in self.choice.convs:
            new = self._packed_conv(self.choice.convs[op], made)
        else:
            new = self._packed_elementwise(op, made)
        new.location = op.location
        Rewriter.insert_op([*made, new], InsertPoint.before(op))
        assert new.result is not None and op.result is not None
        new.result.name_hint = op.result.name_hint
        if op.result in self.choice.pixels:
            self.packed[op.result] = new.result
            self.choice.pixels[new.result] = self.choice.pixels[op.result]
        else:
            op.result.replace_all_uses_with(new.result)
        self.replaced.append(op)

    def _read(self, value: SSAValue) -> SSAValue:
        return self.packed.get(value, value)

    def _packed_conv(self, conv: Conv, made: list[Operation]) -> GenericOp:
        op, source, result = conv.op, conv.op.inputs[conv.a], conv.op.results[0]
        walk = walk_of(
            conv,
            self.choice.pixels.get(source, 1),
            self.choice.pixels.get(result, 1),
            self.choice.is_wide(result),
        )
        empty = tensor.EmptyOp([], TensorType(element_type_of(op.outs), walk.result_shape))
        planes = self._planes(walk, made)
        made.append(empty)
        inputs, maps = [self._read(source), planes], [walk.image, walk.weights]
        leaves = op.paddings[conv.a]
        if leaves is None and walk.leaves_image:
            leaves = number(0, element_type_of(source))
        padding = [leaves, None]
        if conv.a == 1:
            for pair in (inputs, maps, padding):
                pair.reverse()
        extra, extra_maps = self._extras(walk, made)
        return GenericOp(
            inputs,
            empty.tensor,
            [*(map_of(m, walk.count) for m in maps), map_of(walk.result, walk.count)],
            walk.kinds,
            op.body.clone(),
            init=op.init,
            padding=padding if leaves is not None else None,
            domain=walk.extents,
            epilogue_inputs=extra,
            epilogue_maps=extra_maps,
            epilogue=op.epilogue.clone() if op.epilogue is not None else None,
        )

    def _extras(self, walk: Walk, made: list[Operation]) -> tuple[list[SSAValue], list[AffineMap]]:
        """Epilogue inputs: images as the result, numbers per channel once for every pixel."""
        values: list[SSAValue] = []
        maps: list[AffineMap] = []
        op, lane = walk.conv.op, walk.of(walk.lane)
        images = self.choice.images_of(op)
        for value, given in zip(op.epilogue_inputs, op.epilogue_forms, strict=True):
            if value in images:
                values.append(self._read(value))
                forms = walk.result
            else:
                old = [spread(op, f) for f in given]
                value, forms = self._tiled(value, old, walk.conv.o, walk.theirs, made, lane)
                values.append(value)
            cut = [
                Linear(tuple(f.coefficients[p] for p in walk.parallel), f.constant) for f in forms
            ]
            maps.append(map_of(cut, len(walk.parallel)))
        return values, maps

    def _tiled(
        self,
        value: SSAValue,
        forms: Sequence[Linear],
        lane: int,
        times: int,
        made: list[Operation],
        at: Linear,
    ) -> tuple[SSAValue, list[Linear]]:
        """`out[c * p + i] = x[i]`: a number per channel, for each pixel of a row, read at `at`.

        One number for all channels is read as it is.
        """
        sizes = [n for f, n in zip(forms, shape_of(value), strict=True) if lane in f.dims]
        if not sizes:
            return value, [Linear((0,) * len(at.coefficients), f.constant) for f in forms]
        size = sizes[0]
        source = [form(2, {1: 1} if lane in f.dims else {}) for f in forms]
        return self._copy(value, source, [form(2, {0: size, 1: 1})], [times, size], made), [at]

    def _copy(
        self,
        value: SSAValue,
        source: Sequence[Linear],
        target: Sequence[Linear],
        domain: Sequence[int],
        made: list[Operation],
        diagonal: tuple[int, int] | None = None,
    ) -> SSAValue:
        """A copy of constants; reads outside give 0, and so do points off the diagonal."""
        empty, copy = rearranged(value, source, target, domain, diagonal)
        made += [empty, copy]
        self.choice.constant.add(copy.results[0])
        return copy.results[0]

    def _planes(self, walk: Walk, made: list[Operation]) -> SSAValue:
        """`out[u, .., T, (q, c), (p, o)] = w[.., kw = mine * (T - first) + q - s (theirs u + p) + pad]`."""  # noqa: E501
        conv, units, sums = walk.conv, walk.units, walk.sums
        op, extents = conv.op, conv.op.static_extents()
        front = len(units) + len(sums)
        tap, q, c, p, o = range(front, front + 5)
        count = front + 5
        domain = [*units, *(extents[d] for d in sums), walk.taps, walk.used, extents[conv.c],
                  walk.theirs, extents[conv.o]]  # fmt: skip
        factors = {tap: walk.mine, q: 1, p: -conv.stride}
        if units:
            factors[0] = -conv.stride * walk.theirs
        column = form(count, factors, conv.pad - walk.mine * walk.first)
        place = {d: form(count, {len(units) + i: 1}) for i, d in enumerate(sums)}
        place[conv.o] = form(count, {o: 1})
        if not conv.depthwise:
            place[conv.c] = form(count, {c: 1})
        if conv.kw is not None:
            place[conv.kw] = column
        source = [
            place[f.plain_dim] if f.plain_dim is not None else Linear((0,) * count, f.constant)
            for f in op.input_forms[1 - conv.a]
        ]
        target = [form(count, {i: 1}) for i in range(front + 1)]
        target.append(form(count, {q: extents[conv.c], c: 1}))
        target.append(form(count, {p: extents[conv.o], o: 1}))
        value = op.inputs[1 - conv.a]
        if conv.kw is None:  # nothing reads beside the window: one more dimension that tells
            value, source = self._with_window(value, source, column, made)
        diagonal = (c, o) if conv.depthwise else None
        return self._copy(value, source, target, domain, made, diagonal)

    def _with_window(
        self, value: SSAValue, source: list[Linear], column: Linear, made: list[Operation]
    ) -> tuple[SSAValue, list[Linear]]:
        """The weights with a window of width 1 in front, which is left where kw is not 0."""
        shape = shape_of(value)
        rank = len(shape)
        forms = [form(rank + 1, {1 + d: 1}) for d in range(rank)]
        target = [form(rank + 1, {d: 1}) for d in range(rank + 1)]
        wide = self._copy(value, forms, target, [1, *shape], made)
        return wide, [column, *source]

    def _packed_elementwise(self, op: GenericOp, made: list[Operation]) -> GenericOp:
        shape = shape_of(op.outs)
        pixels = self.choice.pixels[op.results[0]]
        lane = op.out_forms[LANE].plain_dim
        assert lane is not None
        forms = [form(4, {d: 1}) for d in range(4)]
        inputs: list[SSAValue] = []
        maps: list[Sequence[Linear]] = []
        for value, old in zip(op.inputs, op.input_forms, strict=True):
            read, at = self._read(value), forms
            if not self.choice.is_image(op, old):
                read, at = self._tiled(value, old, lane, pixels, made, forms[LANE])
            inputs.append(read)
            maps.append(at)
        packed = [*shape[:X], shape[X] // pixels, pixels * shape[LANE]]
        empty = tensor.EmptyOp([], TensorType(element_type_of(op.outs), packed))
        made.append(empty)
        return GenericOp(
            inputs,
            empty.tensor,
            [*(map_of(m, 4) for m in maps), map_of(forms, 4)],
            [Iterator.PARALLEL] * 4,
            op.body.clone(),
        )
