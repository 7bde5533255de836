"""Text of a module: xDSL's printer, with dense constants that MLIR and `dlir.parser` read back."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IntegerType
from xdsl.ir import Attribute, Operation
from xdsl.printer import Printer as XdslPrinter

from dlir.diagnostics import fail

LONGEST_LIST = 100
"""Dense constants of more elements are written as one hexadecimal string, as xDSL does."""


@dataclass(eq=False, repr=False)
class Printer(XdslPrinter):
    """Prints dense constants of booleans bit-packed as MLIR does, and finds splats by their bytes.

    `elide_larger` leaves out the contents of dense constants of more elements (splats stay).
    """

    elide_larger: int | None = None

    def print_attribute(self, attribute: Attribute) -> None:
        """Print any attribute."""
        if isinstance(attribute, DenseIntOrFPElementsAttr):
            self._print_dense(cast(DenseIntOrFPElementsAttr[Any], attribute))
        else:
            super().print_attribute(attribute)

    def _print_dense(self, attribute: DenseIntOrFPElementsAttr[Any]) -> None:
        data = attribute.data.data
        size = attribute.get_element_type().compile_time_size
        count = len(data) // size
        if is_splat(data, size):
            one = DenseIntOrFPElementsAttr(attribute.type, type(attribute.data)(data[:size]))
            one.print_without_type(self)
        elif self.elide_larger is not None and count > self.elide_larger:
            self.print_string("dense_resource<__elided__>")
        elif count > LONGEST_LIST:
            packed = pack_bits(data) if is_boolean(attribute.get_element_type()) else data
            self.print_string(f'dense<"0x{packed.hex().upper()}">')
        else:
            attribute.print_without_type(self)
        self.print_string(" : ")
        self.print_attribute(attribute.get_type())


def is_boolean(element_type: Attribute) -> bool:
    """Whether an element type is `i1`: xDSL keeps its constants as one byte each, 0x00 or 0xFF."""
    return isinstance(element_type, IntegerType) and element_type.bitwidth == 1


def is_splat(data: bytes, size: int) -> bool:
    """Whether all elements of `size` bytes are the same; False when there is none."""
    view = memoryview(data)
    return len(data) >= size and view[size:] == view[:-size]


def pack_bits(data: bytes) -> bytes:
    """Booleans of one byte each as MLIR packs them: eight to a byte, the first one lowest."""
    bits = data.translate(_NONZERO_TO_ONE)[::-1].decode("ascii")
    return int(bits, 2).to_bytes((len(data) + 7) // 8, "little")


def unpack_bits(packed: bytes, count: int) -> bytes:
    """The inverse of `pack_bits`: `count` bytes of 0x00 or 0xFF."""
    bits = f"{int.from_bytes(packed, 'little'):0{count}b}"[::-1][:count]
    return bits.encode("ascii").translate(_ONE_TO_FF)


_NONZERO_TO_ONE = b"0" + b"1" * 255
_ONE_TO_FF = bytes.maketrans(b"01", b"\x00\xff")


def print_module(
    module: Operation,
    ctx: Context | None = None,
    *,
    print_debuginfo: bool = False,
    generic: bool = False,
    elide_elementsattrs_if_larger: int | None = None,
) -> str:
    """The text of a module (or of any op), ending in a newline.

    `ctx` is needed to print the `{-# dialect_resources #-}` section. Raises `CompileError` when the
    module is nested too deeply to be printed.
    """
    stream = StringIO()
    printer = Printer(
        stream,
        print_generic_format=generic,
        print_debuginfo=print_debuginfo,
        elide_larger=elide_elementsattrs_if_larger,
    )
    try:
        printer.print_op(module)
    except RecursionError:
        fail(module, "is nested too deeply to be printed")
    if ctx is not None:
        printer.print_metadata(ctx.loaded_dialects)
    stream.write("\n")
    return stream.getvalue()
