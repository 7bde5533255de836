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
from dlir.transforms.pixel_packing.convs import LANE, Conv, X, group_of
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
        op, extents = conv.op, conv.op.static_extents()
        source, result = op.inputs[conv.a], op.results[0]
        mine, packed = self.choice.pixels.get(source, 1), self.choice.pixels.get(result, 1)
        blocks = packed if self.choice.is_wide(result) else 1
        theirs = packed // blocks
        moved = blocks > 1 and conv.stride % mine == 0  # each pixel is read where it is
        group = 1 if moved else group_of(mine, packed, conv.stride)
        gone = {conv.x, conv.o, conv.c, conv.kw}
        kept = [d for d in range(len(extents)) if d not in gone]
        first = -(-conv.pad // mine)  # taps before the row that holds the first pixel
        last = (conv.stride * (group - 1) + conv.window - 1 - conv.pad) // mine
        sizes = [extents[d] for d in kept]
        shape = shape_of(op.outs)
        units = [group // theirs] if group > theirs else []
        used = (
            mine if first or last else min(mine, conv.stride * (group - 1) + conv.window - conv.pad)
        )
        walked = [blocks] if moved else units
        more = [shape[X] // (blocks if moved else group), *walked, theirs * extents[conv.o],
                first + last + 1, used * extents[conv.c]]  # fmt: skip
        base, count = len(kept), len(kept) + len(more)
        x, *u, lane, tap, summed = range(base, count)
        image = [_renamed(f, kept, count) for f in op.input_forms[conv.a][:X]]
        step = conv.stride * (blocks if moved else group) // mine
        each = {u[0]: conv.stride // mine} if moved else {}
        image += [form(count, {x: step, tap: 1, **each}, -first), form(count, {summed: 1})]
        sums = [d for d in kept if d in op.reduction_dims]
        order = (*(() if moved else u), *(kept.index(d) for d in sums), tap, summed, lane)
        weights = [form(count, {i: 1}) for i in order]
        out = [_renamed(f, kept, count) for f in op.out_forms[:X]]
        if blocks > 1:
            out += [form(count, {x: 1}), form(count, {u[0]: extents[conv.o], lane: 1})]
        else:
            out += [
                form(count, {x: group // theirs, **dict.fromkeys(u, 1)}),
                form(count, {lane: 1}),
            ]
        pixels = (mine, used, theirs)
        planes = self._planes(conv, sums, pixels, units, first, first + last + 1, made)
        kinds = [op.kinds[d] for d in kept]
        kinds += [Iterator.PARALLEL] * (2 + len(u)) + [Iterator.REDUCTION] * 2
        element = element_type_of(op.outs)
        empty = tensor.EmptyOp(
            [], TensorType(element, [*shape[:X], shape[X] // packed, packed * extents[conv.o]])
        )
        made.append(empty)
        inputs = [self._read(source), planes]
        maps = [image, weights]
        if conv.a == 1:
            inputs.reverse()
            maps.reverse()
        leaves = op.paddings[conv.a]
        if leaves is None and (first or last):
            leaves = number(0, element_type_of(source))
        padding = [leaves, None] if conv.a == 0 else [None, leaves]
        parallel = [i for i, k in enumerate(kinds) if k is Iterator.PARALLEL]
        extra, extra_maps = self._extras(op, conv.o, theirs, out, lane, parallel, made)
        return GenericOp(
            inputs,
            empty.tensor,
            [*(map_of(m, count) for m in maps), map_of(out, count)],
            kinds,
            op.body.clone(),
            init=op.init,
            padding=padding if leaves is not None else None,
            domain=[*sizes, *more],
            epilogue_inputs=extra,
            epilogue_maps=extra_maps,
            epilogue=op.epilogue.clone() if op.epilogue is not None else None,
        )

    def _extras(
        self,
        op: GenericOp,
        o: int,
        theirs: int,
        out: Sequence[Linear],
        lane: int,
        parallel: Sequence[int],
        made: list[Operation],
    ) -> tuple[list[SSAValue], list[AffineMap]]:
        """Epilogue inputs: images as the result, numbers per channel once for every pixel."""
        values: list[SSAValue] = []
        maps: list[AffineMap] = []
        images = self.choice.images_of(op)
        for value, given in zip(op.epilogue_inputs, op.epilogue_forms, strict=True):
            if value in images:
                values.append(self._read(value))
                forms = list(out)
            else:
                old = [spread(op, f) for f in given]
                count = len(out[0].coefficients)
                value, forms = self._tiled(value, old, o, theirs, made, form(count, {lane: 1}))
                values.append(value)
            cut = [Linear(tuple(f.coefficients[p] for p in parallel), f.constant) for f in forms]
            maps.append(map_of(cut, len(parallel)))
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

    def _planes(
        self,
        conv: Conv,
        sums: Sequence[int],
        pixels: tuple[int, int, int],
        units: Sequence[int],
        first: int,
        taps: int,
        made: list[Operation],
    ) -> SSAValue:
        """`out[u, .., T, (q, c), (p, o)] = w[.., kw = mine * (T - first) + q - s (theirs u + p) + pad]`."""  # noqa: E501
        op, extents = conv.op, conv.op.static_extents()
        (mine, used, theirs), front = pixels, len(units) + len(sums)
        tap, q, c, p, o = range(front, front + 5)
        count = front + 5
        domain = [*units, *(extents[d] for d in sums), taps, used, extents[conv.c], theirs,
                  extents[conv.o]]  # fmt: skip
        factors = {tap: mine, q: 1, p: -conv.stride}
        if units:
            factors[0] = -conv.stride * theirs
        column = form(count, factors, conv.pad - mine * first)
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


def _renamed(one: Linear, kept: Sequence[int], count: int) -> Linear:
    coefficients = [one.coefficients[d] for d in kept]
    return Linear(tuple([*coefficients, *[0] * (count - len(kept))]), one.constant)
