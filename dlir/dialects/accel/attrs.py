"""Types and attributes of `accel`: which memory a tile lies in, and the tokens of engine ops."""

from __future__ import annotations

from functools import lru_cache

from xdsl.dialects.builtin import MemRefType, NoneAttr, StringAttr
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import (
    Attribute,
    ParametrizedAttribute,
    SpacedOpaqueSyntaxAttribute,
    TypeAttribute,
)
from xdsl.irdl import irdl_attr_definition
from xdsl.utils.str_enum import StrEnum

from dlir.types import AnyMemRef, is_memref


class Memory(StrEnum):
    """The memories of a chip, as memory spaces: `memref<64x16xbf16, "spm">`. Without one: DRAM."""

    SPM = "spm"
    ACC = "acc"
    WBUF = "wbuf"


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
class TokenType(ParametrizedAttribute, TypeAttribute):
    """That an engine op has completed; another op that takes the token comes after it."""

    name = "accel.token"


HOST = "accel.host"
"""The attribute of an op that was left to the host: the reason, as text."""
WORK = "accel.work"
"""The attribute of a function: what it asks of the machine, see `accel-count-work`."""

TOKEN = TokenType()
MEMORIES = frozenset(Memory)


def memory_of(type: Attribute) -> Memory | None:
    """The memory a memref lies in; None for DRAM."""
    space = type.memory_space if isinstance(type, MemRefType) else None
    return Memory(space.data) if isinstance(space, StringAttr) and space.data in MEMORIES else None


@lru_cache(maxsize=1 << 12)
def tile_type(memory: Memory | None, shape: tuple[int, ...], element: Attribute) -> AnyMemRef:
    """The type of a tile, or of a piece of DRAM."""
    space = NoneAttr() if memory is None else StringAttr(memory.value)
    return MemRefType(element, shape, NoneAttr(), space)


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
