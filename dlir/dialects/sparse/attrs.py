"""Encodings of matrices: what they store, as a tuple of plain tensors (their parts)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import prod
from typing import TypeAlias

from typing_extensions import TypeIs
from xdsl.dialects.builtin import IntAttr, TensorType, i32
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition, param_def
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dlir.types import is_integer, is_tensor, unsigned

Shape: TypeAlias = Sequence[int]
PartTypes: TypeAlias = Mapping[str, TensorType[Attribute]]

BYTE = unsigned(8)
PLACE_BITS = {2: 1, 4: 2, 16: 4}
"""The M of N:M -> the bits of a place in a group; those that fill bytes."""


class Encoding(ParametrizedAttribute):
    """How a matrix [rows, columns] is stored."""

    @abstractmethod
    def parts(self, shape: Shape, element: Attribute) -> PartTypes:
        """The types of what is stored, by name; the values come first."""

    def problem(self, shape: Shape) -> str | None:
        """Why no matrix of this shape has the encoding; None if some do."""
        return None

    def bits(self, shape: Shape, element: Attribute) -> int:
        """How much is stored."""
        return sum(prod(t.get_shape()) * _width(t.element_type)
                   for t in self.parts(shape, element).values())  # fmt: skip


def _width(element: Attribute) -> int:
    return element.bitwidth if is_integer(element) else int(getattr(element, "bitwidth", 64))


def encoding_of(type: Attribute) -> Encoding | None:
    """The encoding of a tensor type; None of any other type."""
    found = type.encoding if is_tensor(type) else None
    return found if isinstance(found, Encoding) else None


def is_encoded(type: Attribute) -> TypeIs[TensorType[Attribute]]:
    return encoding_of(type) is not None


def encoded(type: TensorType[Attribute], encoding: Encoding) -> TensorType[Attribute]:
    """The same tensor, stored in that way."""
    return TensorType(type.element_type, type.get_shape(), encoding)


def plain(type: TensorType[Attribute]) -> TensorType[Attribute]:
    """The same tensor with all elements stored."""
    return TensorType(type.element_type, type.get_shape())


def _count(parser: AttrParser) -> IntAttr:
    return IntAttr(parser.parse_integer(allow_boolean=False, allow_negative=False))


@irdl_attr_definition
class CsrAttr(Encoding):
    """Compressed rows, `#sparse.csr<count>`: `count` elements, row by row.

    Parts: the values; the column of each; where each row begins, and at last the count.
    """

    name = "sparse.csr"

    count: IntAttr = param_def()

    def __init__(self, count: int):
        super().__init__(IntAttr(count))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return [_count(parser)]

    def print_parameters(self, printer: Printer) -> None:
        printer.print_string(f"<{self.count.data}>")

    def parts(self, shape: Shape, element: Attribute) -> PartTypes:
        count = self.count.data
        return {
            "values": TensorType(element, [count]),
            "columns": TensorType(i32, [count]),
            "rows": TensorType(i32, [shape[0] + 1]),
        }

    def problem(self, shape: Shape) -> str | None:
        return too_many(self.count.data, prod(shape), "elements")


@irdl_attr_definition
class BsrAttr(Encoding):
    """Compressed rows of blocks, `#sparse.bsr<[rows, columns], count>`: `count` blocks of a size.

    Parts: the values, of each block column by column, so that a column is one vector; the column of
    each block, counted in blocks; where each row of blocks begins, and at last the count. Blocks at
    the last edges are filled up with zeros.
    """

    name = "sparse.bsr"

    rows: IntAttr = param_def()
    columns: IntAttr = param_def()
    count: IntAttr = param_def()

    def __init__(self, block: Sequence[int], count: int):
        rows, columns = block
        super().__init__(IntAttr(rows), IntAttr(columns), IntAttr(count))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            with parser.in_square_brackets():
                rows = _count(parser)
                parser.parse_punctuation(",")
                columns = _count(parser)
            parser.parse_punctuation(",")
            return [rows, columns, _count(parser)]

    def print_parameters(self, printer: Printer) -> None:
        printer.print_string(f"<[{self.rows.data}, {self.columns.data}], {self.count.data}>")

    @property
    def block(self) -> tuple[int, int]:
        return self.rows.data, self.columns.data

    def grid(self, shape: Shape) -> tuple[int, int]:
        """How many blocks there would be if all were stored: (rows, columns)."""
        return -(-shape[0] // self.rows.data), -(-shape[1] // self.columns.data)

    def parts(self, shape: Shape, element: Attribute) -> PartTypes:
        (rows, columns), count = self.block, self.count.data
        return {
            "values": TensorType(element, [count, columns, rows]),
            "columns": TensorType(i32, [count]),
            "rows": TensorType(i32, [self.grid(shape)[0] + 1]),
        }

    def problem(self, shape: Shape) -> str | None:
        if min(self.block) < 1:
            return f"expected blocks of 1x1 or more, got {self.rows.data}x{self.columns.data}"
        return too_many(self.count.data, prod(self.grid(shape)), "blocks")


@irdl_attr_definition
class BitmaskAttr(Encoding):
    """A bit for each element, `#sparse.bitmask<count>`: whether it is one of the `count` stored.

    Parts: the values in row-major order; the bits in the same order, the lowest of a byte first.
    """

    name = "sparse.bitmask"

    count: IntAttr = param_def()

    def __init__(self, count: int):
        super().__init__(IntAttr(count))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return [_count(parser)]

    def print_parameters(self, printer: Printer) -> None:
        printer.print_string(f"<{self.count.data}>")

    def parts(self, shape: Shape, element: Attribute) -> PartTypes:
        return {
            "values": TensorType(element, [self.count.data]),
            "mask": TensorType(BYTE, [-(-prod(shape) // 8)]),
        }

    def problem(self, shape: Shape) -> str | None:
        return too_many(self.count.data, prod(shape), "elements")


@irdl_attr_definition
class NmAttr(Encoding):
    """N of each M neighbours in a row, `#sparse.nm<2:4>`.

    Parts: the values, N for each group, with zeros where a group has fewer; the place of each in
    its group, in `log2(M)` bits, the lowest of a byte first. A group at the end of a row may be
    smaller.
    """

    name = "sparse.nm"

    n: IntAttr = param_def()
    m: IntAttr = param_def()

    def __init__(self, n: int, m: int):
        super().__init__(IntAttr(n), IntAttr(m))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            n = _count(parser)
            parser.parse_punctuation(":")
            return [n, _count(parser)]

    def print_parameters(self, printer: Printer) -> None:
        printer.print_string(f"<{self.n.data}:{self.m.data}>")

    def parts(self, shape: Shape, element: Attribute) -> PartTypes:
        slots = -(-shape[1] // self.m.data) * self.n.data
        bits = slots * PLACE_BITS[self.m.data]
        return {
            "values": TensorType(element, [shape[0], slots]),
            "places": TensorType(BYTE, [shape[0], -(-bits // 8)]),
        }

    def problem(self, shape: Shape) -> str | None:
        n, m = self.n.data, self.m.data
        if m in PLACE_BITS and 1 <= n <= m:
            return None
        return f"expected N:M with M of 2, 4 or 16 and 1 <= N <= M, got {n}:{m}"


def too_many(count: int, places: int, what: str) -> str | None:
    """Why so many cannot be stored, in a matrix that has this number of places."""
    return None if count <= places else f"expected at most {places} {what}, got {count}"
