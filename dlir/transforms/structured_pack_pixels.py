"""`structured-pack-pixels`: neighbouring pixels of few channels share a row of lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.context import Context
from xdsl.dialects import tensor
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.rearrange import form, rearranged
from dlir.dialects.structured.roles import is_constant, is_elementwise, is_multiply_add, spread
from dlir.hardware import parse_settings
from dlir.targets.accel.description import Machine, load_machine
from dlir.types import is_integer, number


@dataclass(frozen=True)
class StructuredPackPixels(ModulePass):
    """Let images of few channels fill the array: P pixels of a line become one row of lanes.

    `N x H x W x c` becomes `N x H x W/P x (P c)`, with P a power of two and P c no more than the
    columns of `machine`. A convolution on packed pixels is a convolution: its weights stand in
    planes from (q, c) to (p, o) where the window holds pixel q of one row for pixel p of another,
    and are 0 elsewhere. A layer may pack what it writes, or unpack what it reads, at no cost in
    rows through the array. Whole blocks of lanes are packed between such layers, too: pixel p of a
    row then has blocks of its own, and the vector unit takes rows of one pixel as they lie. Only
    chains of convolutions and elementwise ops are packed, and nothing
    where the weights of a function take longer to arrive than its products take the array: planes
    with zeros take longer still.

    Before (32 channels, 128 columns):
    ```mlir
    %y = structured.generic {maps = [(n, y, x, o, i, j, c) -> (n, y + i - 1, x + j - 1, c), ...
           ins(%x, %w : tensor<1x56x56x32xf32>, tensor<32x32x3x3xf32>) ...
    ```
    After:
    ```mlir
    %y = structured.generic {maps = [(n, y, X, u, l, i, T, m) -> (n, y + i - 1, X + T - 1, m),
                                     (n, y, X, u, l, i, T, m) -> (u, i, T, m, l), ...
           ins(%x, %planes : tensor<1x56x14x128xf32>, tensor<1x3x3x128x128xf32>) ...
    ```
    """

    name = "structured-pack-pixels"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for block in {o.parent for o in op.walk() if isinstance(o, GenericOp)}:
            if block is not None and not _is_bound_by_weights(block, machine):
                _Packing(block, machine.array.cols, machine.fast_vector).run()


def _is_bound_by_weights(block: Block, machine: Machine) -> bool:
    """Whether constant factors take longer to load than to be multiplied with."""
    constant: set[SSAValue] = set()
    loading = multiplying = 0.0
    for op in block.ops:
        if is_constant(op, constant):
            constant.update(op.results)
        elif isinstance(op, GenericOp) and is_multiply_add(op.body.block):
            kind, width = ("i8", 1) if is_integer(element_type_of(op.inputs[0])) else ("bf16", 2)
            if kind not in machine.array.types:
                continue  # the host computes it
            for value, forms in zip(op.inputs, op.input_forms, strict=True):
                if value in constant:
                    loading += prod(shape_of(value)) * width / machine.dma.bytes_per_cycle
                    multiplying += _rows(op, forms, machine) * machine.array.rate[kind]
    return loading > multiplying


def _rows(op: GenericOp, weights: Sequence[Linear], machine: Machine) -> int:
    """Rows that pass through the array: those of the result, for each plane of weights."""
    extents, array = op.static_extents(), machine.array
    columns = {d for f in weights for d in f.dims if d in op.parallel_dims}
    rows = prod(extents[d] for d in op.parallel_dims if d not in columns)
    *taps, summed = sorted(extents[d] for d in op.reduction_dims) or [1]
    planes = -(-prod(extents[d] for d in columns) // array.cols) * -(-summed // array.rows)
    return rows * planes * prod(taps)


X, LANE = 2, 3
"""The dimensions of an image along which pixels are packed, and of the channels."""


@dataclass(frozen=True)
class _Conv:
    """A convolution that can be packed: which iterators walk what."""

    op: GenericOp
    a: int
    x: int
    o: int
    c: int
    """The channels that are summed over; `o` itself for a depthwise convolution."""
    kw: int | None
    stride: int
    pad: int

    @property
    def depthwise(self) -> bool:
        return self.c == self.o

    @property
    def is_pointwise(self) -> bool:
        return self.window == 1 and self.pad == 0 and not self.depthwise

    @property
    def window(self) -> int:
        return 1 if self.kw is None else self.op.static_extents()[self.kw]


def _conv_of(op: GenericOp, constant: set[SSAValue]) -> _Conv | None:
    """The roles, for a sum of products of an image and constant weights."""
    if len(op.inputs) != 2 or len(op.body.block.args) != 3 or len(op.out_forms) != 4:
        return None
    a = next((i for i in (0, 1) if op.inputs[1 - i] in constant), None)
    if a is None or op.inputs[a] in constant or len(op.input_forms[a]) != 4:
        return None
    x, o, c = (f.plain_dim for f in (op.out_forms[X], op.out_forms[LANE], op.input_forms[a][LANE]))
    if x is None or o is None or c is None or any(isinstance(i, IndexOp) for i in _ops(op)):
        return None
    walk, kw = op.input_forms[a][X], [d for d in op.input_forms[a][X].dims if d != x]
    if len(kw) > 1 or not walk.coefficients[x] or any(walk.coefficients[d] != 1 for d in kw):
        return None
    mine = {x, o, c, *kw}
    others = [*op.input_forms[a][:X], *op.out_forms[:X]]
    if any(d in mine for f in others for d in f.dims) or (c != o and c not in op.reduction_dims):
        return None
    weights = op.input_forms[1 - a]
    if any(f.plain_dim is None and f.dims for f in weights) or any(x in f.dims for f in weights):
        return None
    return _Conv(op, a, x, o, c, kw[0] if kw else None, walk.coefficients[x], -walk.constant)


def _ops(op: GenericOp) -> list[Operation]:
    return [*op.body.block.ops, *(op.epilogue.block.ops if op.epilogue is not None else ())]


@dataclass
class _Packing:
    """The decision and the rewriting of one block."""

    block: Block
    cols: int
    fast_vector: frozenset[str]
    """Types of which the vector unit computes depthwise convolutions, on single pixels."""
    constant: set[SSAValue] = field(default_factory=set[SSAValue])
    convs: dict[Operation, _Conv] = field(default_factory=dict[Operation, _Conv])
    pixels: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Packed tensor -> how many pixels to a row."""
    packed: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    replaced: list[Operation] = field(default_factory=list[Operation])

    def run(self) -> None:
        for op in self.block.ops:
            self._look(op)
        for op in self.convs:
            self._widen(op)
        while self._drop():
            pass
        self.pixels = {v: p for v, p in self.pixels.items() if p > 1}
        for op in list(self.block.ops):
            if isinstance(op, GenericOp) and self._touches(op):
                self._rewrite(op)
        for op in reversed(self.replaced):  # readers first
            Rewriter.erase_op(op)

    # --- deciding ---------------------------------------------------------------------------------

    def _look(self, op: Operation) -> None:
        if is_constant(op, self.constant):
            self.constant.update(op.results)
        elif isinstance(op, GenericOp) and all(n > 0 for n in op.static_extents()):
            conv = _conv_of(op, self.constant)
            kind = "i8" if is_integer(element_type_of(op.inputs[0])) else "bf16"
            if conv is not None and conv.depthwise and kind in self.fast_vector:
                return
            if conv is not None:
                self.convs[op] = conv
            if conv is not None or self._is_elementwise(op):
                self.pixels[op.results[0]] = _most(shape_of(op.outs), self.cols)

    def _widen(self, op: Operation) -> None:
        """Pack whole blocks of lanes as what they are computed of, and all that is added to them.

        What is added was looked at before: packing it from single pixels costs nothing either.
        """
        conv = self.convs[op]
        count = self.pixels.get(conv.op.inputs[conv.a], 1)
        images = [v for v in self._images(conv.op) if v in self.pixels]
        if self._is_wide(op.results[0]) and conv.is_pointwise and conv.stride == 1 and count > 1:
            for value in (op.results[0], *images):
                owner = value.owner
                known = self.convs.get(owner) if isinstance(owner, Operation) else None
                if known is not None and known.is_pointwise:
                    self.pixels[value] = count

    def _is_wide(self, value: SSAValue) -> bool:
        """Whether a pixel has whole blocks of lanes."""
        return shape_of(value)[LANE] % self.cols == 0

    def _is_elementwise(self, op: GenericOp) -> bool:
        """Images combined point by point, with each other and with numbers per channel."""
        if not is_elementwise(op) or len(op.out_forms) != 4 or op.padding is not None:
            return False
        lane = op.out_forms[LANE].plain_dim
        return not any(isinstance(i, IndexOp) for i in _ops(op)) and all(
            self._is_image(op, forms) or self._is_per_channel(value, forms, lane)
            for value, forms in zip(op.inputs, op.input_forms, strict=True)
        )

    def _is_image(self, op: GenericOp, forms: Sequence[Linear]) -> bool:
        return list(forms) == list(op.out_forms)

    def _is_per_channel(self, value: SSAValue, forms: Sequence[Linear], lane: int | None) -> bool:
        dims = {d for f in forms for d in f.dims}
        plain = all(f.plain_dim is not None or not (f.dims or f.constant) for f in forms)
        return value in self.constant and plain and dims <= {lane}

    def _images(self, op: GenericOp) -> list[SSAValue]:
        """The operands that must be packed as the result is."""
        if op in self.convs:
            forms = [[spread(op, f) for f in fs] for fs in op.epilogue_forms]
            pairs = list(zip(op.epilogue_inputs, forms, strict=True))
        else:
            pairs = list(zip(op.inputs, map(list, op.input_forms), strict=True))
        return [v for v, f in pairs if f == list(op.out_forms)]

    def _drop(self) -> bool:
        """Forget what cannot be packed; True if something changed."""
        before = dict(self.pixels)
        for value, count in before.items():
            op = value.owner
            assert isinstance(op, GenericOp)
            if count > 1 and not (self._fits(op) and self._readable(value)):
                self.pixels[value] = 1
        for value, count in list(self.pixels.items()):
            op = value.owner
            assert isinstance(op, GenericOp)
            if op in self.convs:
                self._align(self.convs[op])
            images = self._images(op)
            least = min([count, *(self.pixels.get(v, 1) for v in images)])
            for image in [value, *images]:
                if image in self.pixels and (images or image is value):
                    self.pixels[image] = min(self.pixels[image], least if images else count)
        return before != self.pixels

    def _fits(self, op: GenericOp) -> bool:
        """Whether an op's own operands allow its result to be packed."""
        if op not in self.convs:
            return True
        lane = self.convs[op].o
        images = self._images(op)
        extra = zip(op.epilogue_inputs, op.epilogue_forms, strict=True)
        return all(
            v in images or self._is_per_channel(v, [spread(op, f) for f in fs], lane)
            for v, fs in extra
        )

    def _readable(self, value: SSAValue) -> bool:
        """Whether all readers can read it packed."""
        for use in value.uses:
            reader = use.operation
            if reader in self.convs:
                conv = self.convs[reader]
                as_image = reader.operands[conv.a] is value
                if not as_image and value not in self._images(conv.op):
                    return False
                if not self._fits(conv.op):
                    return False
                if as_image and self._is_wide(value) and not self._reads_wide(conv):
                    return False
            elif not isinstance(reader, GenericOp) or reader.results[0] not in self.pixels:
                return False
        return True

    def _reads_wide(self, conv: _Conv) -> bool:
        """Whether planes for wide pixels have no zeros that those for single pixels have not."""
        count, result = self.pixels[conv.op.inputs[conv.a]], conv.op.results[0]
        same = self.pixels.get(result, 1) == count and not self._is_wide(result)
        return conv.is_pointwise and (conv.stride % count == 0 or (conv.stride == 1 and same))

    def _align(self, conv: _Conv) -> None:
        """Groups of pixels must divide the result's lines."""
        source, result = conv.op.inputs[conv.a], conv.op.results[0]
        while True:
            mine, theirs = self.pixels.get(source, 1), self.pixels.get(result, 1)
            group = _group(mine, theirs, conv.stride)
            whole = shape_of(conv.op.outs)[X] % group == 0 and conv.stride * group % mine == 0
            if whole and (theirs in (1, group) or not self._is_wide(result)):
                return
            larger = source if mine >= theirs else result
            self.pixels[larger] = max(1, self.pixels[larger] // 2)

    # --- rewriting --------------------------------------------------------------------------------

    def _touches(self, op: GenericOp) -> bool:
        if op in self.convs:
            source = op.inputs[self.convs[op].a]
            return source in self.pixels or op.results[0] in self.pixels
        return op.results[0] in self.pixels

    def _rewrite(self, op: GenericOp) -> None:
        made: list[Operation] = []
        if op in self.convs:
            new = self._packed_conv(self.convs[op], made)
        else:
            new = self._packed_elementwise(op, made)
        new.location = op.location
        Rewriter.insert_op([*made, new], InsertPoint.before(op))
        assert new.result is not None and op.result is not None
        new.result.name_hint = op.result.name_hint
        if op.result in self.pixels:
            self.packed[op.result] = new.result
            self.pixels[new.result] = self.pixels[op.result]
        else:
            op.result.replace_all_uses_with(new.result)
        self.replaced.append(op)

    def _read(self, value: SSAValue) -> SSAValue:
        return self.packed.get(value, value)

    def _packed_conv(self, conv: _Conv, made: list[Operation]) -> GenericOp:
        op, extents = conv.op, conv.op.static_extents()
        source, result = op.inputs[conv.a], op.results[0]
        mine, packed = self.pixels.get(source, 1), self.pixels.get(result, 1)
        blocks = packed if self._is_wide(result) else 1
        theirs = packed // blocks
        moved = blocks > 1 and conv.stride % mine == 0  # each pixel is read where it is
        group = 1 if moved else _group(mine, packed, conv.stride)
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
        images = self._images(op)
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
        self.constant.add(copy.results[0])
        return copy.results[0]

    def _planes(
        self,
        conv: _Conv,
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
        pixels = self.pixels[op.results[0]]
        lane = op.out_forms[LANE].plain_dim
        assert lane is not None
        forms = [form(4, {d: 1}) for d in range(4)]
        inputs: list[SSAValue] = []
        maps: list[Sequence[Linear]] = []
        for value, old in zip(op.inputs, op.input_forms, strict=True):
            read, at = self._read(value), forms
            if not self._is_image(op, old):
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


def _most(shape: Sequence[int], cols: int) -> int:
    """The most pixels, a power of two, that fit into a row of lanes and divide a line."""
    pixels = 1
    while 2 * pixels * shape[LANE] <= cols and shape[X] % (2 * pixels) == 0:
        pixels *= 2
    return pixels


def _group(mine: int, theirs: int, stride: int) -> int:
    """Result pixels after which input rows repeat; all are powers of two but the stride."""
    group = theirs
    while stride * group % mine:
        group *= 2
    return group


def _renamed(one: Linear, kept: Sequence[int], count: int) -> Linear:
    coefficients = [one.coefficients[d] for d in kept]
    return Linear(tuple([*coefficients, *[0] * (count - len(kept))]), one.constant)
