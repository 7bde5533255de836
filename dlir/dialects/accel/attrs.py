"""Types and attributes of `accel`: which memory a tile lies in, and the tokens of engine ops."""

from __future__ import annotations

from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import (
    Attribute,
    OpaqueSyntaxAttribute,
    ParametrizedAttribute,
    SpacedOpaqueSyntaxAttribute,
    TypeAttribute,
)
from xdsl.irdl import irdl_attr_definition
from xdsl.utils.str_enum import StrEnum

from dlir.types import is_memref


class Memory(StrEnum):
    """The memories of a chip. A memref without one of these lies in DRAM."""

    SPM = "spm"
    ACC = "acc"
    WBUF = "wbuf"


@irdl_attr_definition
class MemoryAttr(EnumAttribute[Memory], SpacedOpaqueSyntaxAttribute):
    """The memory space of a tile: `memref<64x16xbf16, #accel.memory spm>`."""

    name = "accel.memory"


class Role(StrEnum):
    """What a DRAM argument of a program is: who writes it, and when."""

    INPUT = "input"
    WEIGHT = "weight"
    OUTPUT = "output"


@irdl_attr_definition
class RoleAttr(EnumAttribute[Role], SpacedOpaqueSyntaxAttribute):
    """The role of one argument of an `accel.program`."""

    name = "accel.role"


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute, OpaqueSyntaxAttribute):
    """That an engine op has completed; another op that takes the token comes after it."""

    name = "accel.token"


TOKEN = TokenType()


def memory_of(type: Attribute) -> Memory | None:
    """The memory a memref lies in; None for DRAM."""
    space = type.memory_space if isinstance(type, MemRefType) else None
    return space.data if isinstance(space, MemoryAttr) else None


def rows_of(type: Attribute) -> int:
    """The rows of a memref: all of its dimensions but the last, which is the lanes."""
    assert is_memref(type)
    total = 1
    for size in type.get_shape()[:-1]:
        total *= size
    return total


def lanes_of(type: Attribute) -> int:
    """The lanes of a row."""
    assert is_memref(type)
    return type.get_shape()[-1]
