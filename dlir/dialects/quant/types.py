"""`!quant.uniform`: integers that stand for evenly spaced real numbers."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from math import inf, prod
from typing import TypeAlias

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    FloatData,
    IntAttr,
    IntegerType,
    f32,
)
from xdsl.ir import Attribute
from xdsl.irdl import irdl_attr_definition, param_def
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dlir.diagnostics import require
from dlir.types import Integer, StoredType, is_tensor, is_unsigned, limits_of, unsigned

Shape: TypeAlias = tuple[int, ...]
Entries: TypeAlias = tuple[Shape, list[float], list[int]]
"""Scales and zero points in row-major order, and the shape that they are nested in."""

WIDTHS = (2, 4, 8, 16)
"""Bits of what is stored; sums of 32 bits are signed and have no zero point."""


def _ints(values: Sequence[int]) -> ArrayAttr[IntAttr]:
    return ArrayAttr([IntAttr(value) for value in values])


def _data(values: ArrayAttr[IntAttr]) -> Shape:
    return tuple(value.data for value in values)


def _shortest(scale: float) -> float:
    """The number with the fewest digits that is the same f32: equal scales make equal types."""
    try:
        (rounded,) = struct.unpack("f", struct.pack("f", scale))
    except OverflowError:
        return inf
    candidates = (float(f"{rounded:.{digits}g}") for digits in range(1, 10))
    same = (c for c in candidates if abs(c) < 3.4028235e38 and _as_f32(c) == rounded)
    return next(same, rounded)


def _as_f32(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


@irdl_attr_definition
class UniformType(StoredType):
    """An integer q that stands for the real number `(q - zero_point) * scale`.

    There is one pair `scale:zero_point` per tensor (`<i8:f32, 0.02:-3>`), one per place along an
    axis (`<i8:f32:1, {0.1, 0.2:5}>`), or one per block (`<i8:f32:{0:1, 1:32}, {{0.1}, {0.2}}>`: of
    1 place along axis 0 and 32 along axis 1; an axis that is not named is one block). A zero point
    of 0 is left out. `i8<-127:127>` stores fewer numbers than its bits allow.

    C1: what is stored is an integer of 2, 4, 8 or 16 bits, `i` or `u`, or i32
    C2: what it stands for is f32
    C3: the least stored number is below the greatest, and both are of the stored type
    C4: scales are finite and > 0
    C5: zero points are between the stored bounds, those of i32 are 0
    C6: axes are distinct, and axes of blocks are among those that the scales are nested for
    C7: blocks have one place or more
    """

    name = "quant.uniform"

    storage: IntegerType = param_def()
    low: IntAttr = param_def()
    high: IntAttr = param_def()
    expressed: Attribute = param_def()
    axes: ArrayAttr[IntAttr] = param_def()
    blocks: ArrayAttr[IntAttr] = param_def()
    nesting: ArrayAttr[IntAttr] = param_def()
    scales: ArrayAttr[FloatData] = param_def()
    zero_points: ArrayAttr[IntAttr] = param_def()

    def __init__(
        self,
        storage: Integer,
        scales: Sequence[float],
        zero_points: Sequence[int],
        *,
        axes: Sequence[int] = (),
        blocks: Sequence[int] = (),
        nesting: Sequence[int] = (),
        bounds: tuple[int, int] | None = None,
        expressed: Attribute = f32,
    ):
        low, high = bounds or limits_of(storage)
        super().__init__(
            storage, IntAttr(low), IntAttr(high), expressed, _ints(axes), _ints(blocks),
            _ints(nesting), ArrayAttr([FloatData(_shortest(s)) for s in scales]),
            _ints(zero_points),
        )  # fmt: skip

    @property
    def stored_as(self) -> Attribute:
        return self.storage

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest number that is stored."""
        return self.low.data, self.high.data

    @property
    def shape(self) -> Shape:
        """The shape of the scales: `()` per tensor, a vector per axis, of the tensor's rank."""
        return _data(self.nesting)

    @property
    def axis(self) -> int | None:
        """The axis along which there is a pair for each place."""
        return None if self.blocks.data or not self.axes.data else self.axes.data[0].data

    def block_sizes(self, shape: Sequence[int]) -> Shape:
        """The size of a block along each axis of a tensor that has blocks."""
        named = dict(zip(_data(self.axes), _data(self.blocks), strict=True))
        return tuple(named.get(axis, size) for axis, size in enumerate(shape))

    def verify(self) -> None:
        width, (low, high) = self.storage.bitwidth, self.bounds
        wide = width == 32 and not is_unsigned(self.storage)
        expected = "i or u of 2, 4, 8 or 16 bits, or i32"
        known = width in WIDTHS or wide
        _require(known, 1, f"expected {expected}, got {_spelling(self.storage)}")
        _require(self.expressed == f32, 2, f"expected f32, got {self.expressed}")
        least, greatest = limits_of(self.storage)
        _require(least <= low < high <= greatest, 3,
                 f"expected bounds within {least}:{greatest}, got {low}:{high}")  # fmt: skip
        for scale in (s.data for s in self.scales):
            _require(0 < scale < inf, 4, f"expected scales that are finite and > 0, got {scale}")
        first, last = (0, 0) if wide else (low, high)
        for zero_point in _data(self.zero_points):
            _require(first <= zero_point <= last, 5,
                     f"expected zero points within {first}:{last}, got {zero_point}")  # fmt: skip
        self._verify_axes()

    def _verify_axes(self) -> None:
        axes, blocks = _data(self.axes), _data(self.blocks)
        _require(len({*axes}) == len(axes), 6, f"expected distinct axes, got {[*axes]}")
        known = not blocks or max(axes) < len(self.shape)
        _require(known, 6, f"expected axes below {len(self.shape)}, got {[*axes]}")
        _require(min(blocks, default=1) >= 1, 7, f"expected blocks >= 1, got {[*blocks]}")
        assert prod(self.shape) == len(self.scales) == len(self.zero_points)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            storage, bounds = _parse_storage(parser)
            parser.parse_punctuation(":")
            expressed = parser.parse_type()
            axes, blocks = _parse_axes(parser)
            parser.parse_punctuation(",")
            start = parser.pos
            nesting, scales, zero_points = _parse_entries(parser)
            depth = len(nesting)
            if depth != len(axes) if not blocks else depth < 1:
                expected = "braces for each axis of the tensor" if blocks else f"{len(axes)} braces"
                parser.raise_error(f"expected scales in {expected}, got {depth}", start, parser.pos)
        return cls(
            storage, scales, zero_points, axes=axes, blocks=blocks, nesting=nesting, bounds=bounds,
            expressed=expressed,
        ).parameters  # fmt: skip

    def print_parameters(self, printer: Printer) -> None:
        low, high = self.bounds
        bounds = "" if (low, high) == limits_of(self.storage) else f"<{low}:{high}>"
        printer.print_string(f"<{_spelling(self.storage)}{bounds}:")
        printer.print_attribute(self.expressed)
        pairs = zip(self.scales, self.zero_points, strict=True)
        entries = (_entry(scale.data, zero.data) for scale, zero in pairs)
        printer.print_string(f"{self._axes_text()}, {_nested(self.shape, entries)}>")

    def _axes_text(self) -> str:
        axes, blocks = _data(self.axes), _data(self.blocks)
        if not blocks:
            return "".join(f":{axis}" for axis in axes)
        return f":{{{', '.join(f'{a}:{b}' for a, b in zip(axes, blocks, strict=True))}}}"


def _require(condition: bool, rule: int, message: str) -> None:
    require(condition, f"quant-uniform-c{rule}", message)


# Text


def _spelling(storage: Integer) -> str:
    return f"{'u' if is_unsigned(storage) else 'i'}{storage.bitwidth}"


def _entry(scale: float, zero_point: int) -> str:
    mantissa, e, exponent = repr(scale).partition("e")
    number = (mantissa if "." in mantissa else f"{mantissa}.0") + e + exponent
    return f"{number}:{zero_point}" if zero_point else number


def _nested(shape: Shape, entries: Iterator[str]) -> str:
    if not shape:
        return next(entries)
    return f"{{{', '.join(_nested(shape[1:], entries) for _ in range(shape[0]))}}}"


def _parse_storage(parser: AttrParser) -> tuple[Integer, tuple[int, int] | None]:
    start = parser.pos
    found = re.fullmatch(r"([iu])([1-9]\d{0,3})", parser.parse_identifier())
    if found is None:
        parser.raise_error("expected a storage type such as i8 or u8", start, parser.pos)
    width = int(found[2])
    storage = unsigned(width) if found[1] == "u" else IntegerType(width)
    if parser.parse_optional_punctuation("<") is None:
        return storage, None
    low = parser.parse_integer(allow_boolean=False)
    parser.parse_punctuation(":")
    high = parser.parse_integer(allow_boolean=False)
    parser.parse_punctuation(">")
    return storage, (low, high)


def _count(parser: AttrParser) -> int:
    return parser.parse_integer(allow_boolean=False, allow_negative=False)


def _parse_axes(parser: AttrParser) -> tuple[list[int], list[int]]:
    """The axes, and the blocks along them."""
    if parser.parse_optional_punctuation(":") is None:
        return [], []

    def pair() -> tuple[int, int]:
        axis = _count(parser)
        parser.parse_punctuation(":")
        return axis, _count(parser)

    if parser.parse_optional_punctuation("{") is None:
        return [_count(parser)], []
    pairs = parser.parse_optional_undelimited_comma_separated_list(pair, pair) or []
    parser.parse_punctuation("}")
    return [axis for axis, _ in pairs], [size for _, size in pairs]


def _parse_entries(parser: AttrParser) -> Entries:
    """One `scale:zero_point`, or a list of such in braces, which may be nested."""
    start = parser.pos
    if parser.parse_optional_punctuation("{") is None:
        scale = parser.parse_float()
        colon = parser.parse_optional_punctuation(":")
        return (), [scale], [parser.parse_integer(allow_boolean=False) if colon else 0]
    rows: list[Entries] = []
    while parser.parse_optional_punctuation("}") is None:
        if rows:
            parser.parse_punctuation(",")
        rows.append(_parse_entries(parser))
    inner = {shape for shape, _, _ in rows}
    if len(inner) > 1:
        parser.raise_error("expected lists of one shape", start, parser.pos)
    shape = (len(rows), *(next(iter(inner)) if rows else ()))
    return shape, [s for _, row, _ in rows for s in row], [z for _, _, row in rows for z in row]


# Tensors


def uniform_of(type: Attribute) -> UniformType | None:
    """The element type of a quantised tensor, or a quantised type itself; None of others."""
    found = type.element_type if is_tensor(type) else type
    return found if isinstance(found, UniformType) else None


def misfit(shape: Sequence[int], uniform: UniformType) -> str | None:
    """Why the scales do not fit a tensor's shape; None if they do. `?` fits any size."""
    scales, axis, rank = uniform.shape, uniform.axis, len(shape)
    if not scales:
        return None
    if axis is None:
        return _block_misfit(shape, uniform)
    if axis >= rank:
        return f"expected an axis below {rank}, got {axis}"
    if shape[axis] not in (DYNAMIC_INDEX, scales[0]):
        return f"expected {shape[axis]} scales along axis {axis}, got {scales[0]}"
    return None


def _block_misfit(shape: Sequence[int], uniform: UniformType) -> str | None:
    scales, named = uniform.shape, _data(uniform.axes)
    if len(scales) != len(shape):
        return f"expected scales nested {len(shape)} deep, got {len(scales)}"
    for axis, block in enumerate(uniform.block_sizes(shape)):
        size, count = shape[axis], scales[axis]
        if axis not in named and count != 1:
            return f"expected one block along axis {axis}, got {count}"
        if axis in named and size not in (DYNAMIC_INDEX, block * count):
            return f"expected {size} places along axis {axis}, got {count} blocks of {block}"
    return None
