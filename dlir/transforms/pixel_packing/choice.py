"""How many pixels of each image share a row of lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, IndexOp, element_type_of, shape_of
from dlir.dialects.structured.roles import is_constant, is_elementwise, spread
from dlir.transforms.pixel_packing.convs import LANE, Conv, X, conv_of, group_of, ops_of
from dlir.types import is_integer


@dataclass
class Choice:
    """The decision for one block."""

    block: Block
    cols: int
    fast_vector: frozenset[str]
    """Types of which the vector unit computes depthwise convolutions, on single pixels."""
    constant: set[SSAValue] = field(default_factory=set[SSAValue])
    convs: dict[Operation, Conv] = field(default_factory=dict[Operation, Conv])
    pixels: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Packed tensor -> how many pixels to a row."""

    def decide(self) -> None:
        for op in self.block.ops:
            self._look(op)
        for op in self.convs:
            self._widen(op)
        while self._drop():
            pass
        self.pixels = {v: p for v, p in self.pixels.items() if p > 1}

    def _look(self, op: Operation) -> None:
        if is_constant(op, self.constant):
            self.constant.update(op.results)
        elif isinstance(op, GenericOp) and all(n > 0 for n in op.static_extents()):
            conv = conv_of(op, self.constant)
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
        images = [v for v in self.images_of(conv.op) if v in self.pixels]
        if self.is_wide(op.results[0]) and conv.is_pointwise and conv.stride == 1 and count > 1:
            for value in (op.results[0], *images):
                owner = value.owner
                known = self.convs.get(owner) if isinstance(owner, Operation) else None
                if known is not None and known.is_pointwise:
                    self.pixels[value] = count

    def is_wide(self, value: SSAValue) -> bool:
        """Whether a pixel has whole blocks of lanes."""
        return shape_of(value)[LANE] % self.cols == 0

    def _is_elementwise(self, op: GenericOp) -> bool:
        """Images combined point by point, with each other and with numbers per channel."""
        if not is_elementwise(op) or len(op.out_forms) != 4 or op.padding is not None:
            return False
        lane = op.out_forms[LANE].plain_dim
        return not any(isinstance(i, IndexOp) for i in ops_of(op)) and all(
            self.is_image(op, forms) or self._is_per_channel(value, forms, lane)
            for value, forms in zip(op.inputs, op.input_forms, strict=True)
        )

    def is_image(self, op: GenericOp, forms: Sequence[Linear]) -> bool:
        return list(forms) == list(op.out_forms)

    def _is_per_channel(self, value: SSAValue, forms: Sequence[Linear], lane: int | None) -> bool:
        dims = {d for f in forms for d in f.dims}
        plain = all(f.plain_dim is not None or not (f.dims or f.constant) for f in forms)
        return value in self.constant and plain and dims <= {lane}

    def images_of(self, op: GenericOp) -> list[SSAValue]:
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
            images = self.images_of(op)
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
        images = self.images_of(op)
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
                if not as_image and value not in self.images_of(conv.op):
                    return False
                if not self._fits(conv.op):
                    return False
                if as_image and self.is_wide(value) and not self._reads_wide(conv):
                    return False
            elif not isinstance(reader, GenericOp) or reader.results[0] not in self.pixels:
                return False
        return True

    def _reads_wide(self, conv: Conv) -> bool:
        """Whether planes for wide pixels have no zeros that those for single pixels have not."""
        count, result = self.pixels[conv.op.inputs[conv.a]], conv.op.results[0]
        same = self.pixels.get(result, 1) == count and not self.is_wide(result)
        return conv.is_pointwise and (conv.stride % count == 0 or (conv.stride == 1 and same))

    def _align(self, conv: Conv) -> None:
        """Groups of pixels must divide the result's lines."""
        source, result = conv.op.inputs[conv.a], conv.op.results[0]
        while True:
            mine, theirs = self.pixels.get(source, 1), self.pixels.get(result, 1)
            group = group_of(mine, theirs, conv.stride)
            whole = shape_of(conv.op.outs)[X] % group == 0 and conv.stride * group % mine == 0
            if whole and (theirs in (1, group) or not self.is_wide(result)):
                return
            larger = source if mine >= theirs else result
            self.pixels[larger] = max(1, self.pixels[larger] // 2)


def _most(shape: Sequence[int], cols: int) -> int:
    """The most pixels, a power of two, that fit into a row of lanes and divide a line."""
    pixels = 1
    while 2 * pixels * shape[LANE] <= cols and shape[X] % (2 * pixels) == 0:
        pixels *= 2
    return pixels
