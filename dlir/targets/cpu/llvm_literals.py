"""How LLVM IR spells types, constants and names."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects import llvm
from xdsl.dialects.builtin import (
    BFloat16Type,
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    VectorType,
)
from xdsl.ir import Attribute

from dlir.diagnostics import fail
from dlir.dialects.vectorized import bit_width, element_of
from dlir.number_formats import bf16_bits, fit

_FLOATS: dict[type[Attribute], tuple[str, str]] = {
    Float64Type: ("double", "f64"),
    Float32Type: ("float", "f32"),
    Float16Type: ("half", "f16"),
    BFloat16Type: ("bfloat", "bf16"),
}
"""Type -> its name in LLVM IR and in the names of intrinsics."""


class Types:
    """Spells types, each only once."""

    def __init__(self) -> None:
        self._names: dict[Attribute, str] = {}

    def __call__(self, type_: Attribute) -> str:
        name = self._names.get(type_)
        if name is None:
            name = self._names[type_] = self._spell(type_)
        return name

    def _spell(self, type_: Attribute) -> str:
        match type_:
            case IntegerType():
                return f"i{type_.width.data}"
            case VectorType():
                return f"<{type_.get_shape()[0]} x {self(element_of(type_))}>"
            case llvm.LLVMPointerType():
                return "ptr"
            case llvm.LLVMVoidType():
                return "void"
            case llvm.LLVMArrayType():
                return f"[{type_.size.data} x {self(type_.type)}]"
            case llvm.LLVMStructType():
                return "{ " + ", ".join(self(field) for field in type_.types) + " }"
            case _:
                if type(type_) in _FLOATS:
                    return _FLOATS[type(type_)][0]
                fail(None, f"LLVM IR has no type {type_}", rule="emit-llvm-ir")


def mangled(type_: Attribute) -> str:
    """A type as it appears in the name of an overloaded intrinsic."""
    match type_:
        case VectorType():
            return f"v{type_.get_shape()[0]}{mangled(element_of(type_))}"
        case IntegerType():
            return f"i{type_.width.data}"
        case llvm.LLVMPointerType():
            return "p0"
        case _:
            return _FLOATS[type(type_)][1]


def float_literal(value: float, type_: Attribute) -> str:
    """A float constant as exact bits: hexadecimal forms hold for every value, NaN too."""
    match type_:
        case Float16Type():
            return f"0xH{struct.unpack('<H', struct.pack('<e', fit(value, 'e')))[0]:04X}"
        case BFloat16Type():
            return f"0xR{bf16_bits(value):04X}"
        case Float32Type():
            value = struct.unpack("<f", struct.pack("<f", fit(value, "f")))[0]
        case _:
            pass
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def literal(value: Any, type_: Attribute) -> str:
    """A number of a scalar type."""
    if not isinstance(type_, IntegerType):
        return float_literal(value, type_)
    if bit_width(cast(Attribute, type_)) == 1:
        return "true" if value else "false"
    return str(int(value))


def constant_literal(value: Attribute, type_: Attribute, types: Types) -> str:
    """A constant without its type."""
    if isinstance(value, DenseIntOrFPElementsAttr):
        element = element_of(type_)
        name = types(element)
        numbers = cast("Sequence[float]", value.get_values())
        if value.is_splat():
            return f"splat ({name} {literal(numbers[0], element)})"
        return "<" + ", ".join(f"{name} {literal(n, element)}" for n in numbers) + ">"
    return literal(cast("IntegerAttr[Any] | FloatAttr[Any]", value).value.data, type_)


def quoted(name: str) -> str:
    """A global's name, in quotes."""
    safe = "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else escaped(c) for c in name)
    return f'@"{safe}"'


def escaped(character: str) -> str:
    """A character as LLVM writes it in quotes where it cannot stand for itself."""
    return "".join(f"\\{byte:02X}" for byte in character.encode())
