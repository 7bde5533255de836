"""The C interface of a compiled model: what it is made of, and the names it has in C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from dlir.diagnostics import fail
from dlir.signature import argument_names, public_types, result_names
from dlir.types import is_tensor


@dataclass(frozen=True)
class ElementType:
    """An element type as C has it."""

    name: str
    """Behind `DLIR_`."""
    code: int
    """Part of the interface: numbers never change."""
    c_type: str
    bits: int


ELEMENTS = {
    "f64": ElementType("F64", 1, "double", 64),
    "f32": ElementType("F32", 2, "float", 32),
    "f16": ElementType("F16", 3, "IEEE half precision, in uint16_t", 16),
    "bf16": ElementType("BF16", 4, "upper half of a float, in uint16_t", 16),
    "i64": ElementType("I64", 5, "int64_t", 64),
    "i32": ElementType("I32", 6, "int32_t", 32),
    "i16": ElementType("I16", 7, "int16_t", 16),
    "i8": ElementType("I8", 8, "int8_t", 8),
    "i1": ElementType("BOOL", 9, "uint8_t, 0 or 1", 8),
    "ui64": ElementType("U64", 10, "uint64_t", 64),
    "ui32": ElementType("U32", 11, "uint32_t", 32),
    "ui16": ElementType("U16", 12, "uint16_t", 16),
    "ui8": ElementType("U8", 13, "uint8_t", 8),
}
"""MLIR's name -> the type in C."""


@dataclass(frozen=True)
class Tensor:
    """An input or a result."""

    name: str
    element: ElementType
    shape: tuple[int, ...]
    """-1 stands for a size that is given at run time."""
    is_scalar: bool = False
    """Whether the function takes a number, not a tensor of rank 0."""

    @property
    def dynamic(self) -> int:
        """How many sizes are given at run time."""
        return self.shape.count(DYNAMIC_INDEX)


@dataclass(frozen=True)
class Interface:
    """What a program sees of a model."""

    prefix: str
    """Before the names of all symbols."""
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]

    @property
    def sizes(self) -> int:
        """How many sizes of inputs are given at run time."""
        return sum(tensor.dynamic for tensor in self.inputs)

    @property
    def output_sizes(self) -> int:
        """How many sizes of outputs are known at run time only."""
        return sum(tensor.dynamic for tensor in self.outputs)


def interface_of(entry: FuncOp, prefix: str) -> Interface:
    """The interface of a function on tensors. Raises CompileError for types that C lacks."""
    names = [name.removeprefix("%") for name in argument_names(entry)]
    types, result_types = public_types(entry)
    inputs = zip(names, types, strict=True)
    outputs = zip(result_names(entry), result_types, strict=True)
    for type in result_types:
        if not is_tensor(type):
            fail(entry, f"@{entry.sym_name.data} returns {type}; a library returns tensors only")
    return Interface(
        prefix,
        [_tensor(entry, name, type) for name, type in inputs],
        [_tensor(entry, name, type) for name, type in outputs],
    )


def _tensor(entry: FuncOp, name: str, type: Attribute) -> Tensor:
    shape = type.get_shape() if is_tensor(type) else ()
    element = type.element_type if is_tensor(type) else type
    found = ELEMENTS.get("i64" if isinstance(element, IndexType) else str(element))
    if found is None:
        fail(entry, f"@{entry.sym_name.data} works on {type}, which has no form in C")
    return Tensor(name, found, shape, not is_tensor(type))
