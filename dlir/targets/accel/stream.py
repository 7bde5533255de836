"""Instruction streams as arrays: a million instructions are one array of 16 MB.

Fields are decoded for all instructions at once (`Stream.column`) and encoded likewise
(`encode_columns`); a single instruction is decoded only when somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.isa.encoding import (
    WORD_BYTES,
    EncodingError,
    Field,
    InstructionSet,
    Kind,
    Value,
)
from dlir.dialects.isa.fields import ISA

Words: TypeAlias = NDArray[np.uint64]
"""Shape (n, 2): the low and the high half of each instruction."""
Column: TypeAlias = NDArray[np.int64]

HALF = 64
_WORD = np.dtype("<u8")


def no_words() -> Words:
    """An empty stream's words."""
    return np.zeros((0, 2), np.uint64)


def words_of(data: bytes) -> Words:
    """The words of little-endian bytes, whose number is a multiple of 16."""
    return np.frombuffer(data, _WORD).astype(np.uint64).reshape(-1, 2)


def bits_of(words: Words, part: Field) -> NDArray[np.uint64]:
    """The bits of a field of every word, which may lie across both halves."""
    mask = np.uint64((1 << part.width) - 1)
    if part.low >= HALF:
        return words[:, 1] >> np.uint64(part.low - HALF) & mask
    bits = words[:, 0] >> np.uint64(part.low)
    if part.high >= HALF:
        bits |= words[:, 1] << np.uint64(HALF - part.low)
    return bits & mask


def values_of(words: Words, part: Field) -> Column:
    """The values of a field of every word; of a choice, its position."""
    bits = bits_of(words, part).astype(np.int64)
    if part.kind is Kind.COUNT:
        return bits + 1
    if part.kind in (Kind.SIGNED, Kind.NUMBER):
        half = 1 << (part.width - 1)
        return (bits ^ half) - half
    return bits


@dataclass(frozen=True, eq=False)
class Stream:
    """The instructions of one engine, in order. `words` is (n, 2) uint64 and not to be changed."""

    name: str
    words: Words
    isa: InstructionSet = ISA

    def __len__(self) -> int:
        return len(self.words)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stream):
            return NotImplemented
        return self.name == other.name and np.array_equal(self.words, other.words)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    @cached_property
    def opcode(self) -> NDArray[np.uint8]:
        """The opcode of every instruction."""
        return bits_of(self.words, self.isa.opcode).astype(np.uint8)

    def field(self, name: str) -> Field:
        """The field `wait` or `mm.nx`."""
        mnemonic, _, own = name.rpartition(".")
        if mnemonic:
            return self.isa.layouts[mnemonic].fields[own]
        return next(part for part in self.isa.header if part.name == own)

    def column(self, name: str) -> Column:
        """A field of all instructions at once, as values; a choice as its position.

        `wait` and `sig` hold for every instruction; `mm.nx` is meaningful where `where("mm")`
        says, and whatever the bits spell elsewhere.
        """
        return values_of(self.words, self.field(name))

    def where(self, *mnemonics: str) -> Column:
        """The positions of instructions with one of these mnemonics."""
        opcodes = [self.isa.instructions[name].opcode for name in mnemonics]
        return np.flatnonzero(np.isin(self.opcode, opcodes))

    def columns(self, mnemonic: str) -> dict[str, Column]:
        """Every field of the instructions `where(mnemonic)`, by name."""
        words = self.words[self.where(mnemonic)]
        fields = self.isa.fields_of(mnemonic)
        return {name: values_of(words, part) for name, part in fields.items()}

    def word(self, position: int) -> int:
        """One instruction as an integer of 128 bits."""
        low, high = self.words[position]
        return int(low) | int(high) << HALF

    def instruction(self, position: int) -> tuple[str, dict[str, Value]]:
        """Mnemonic and values of one instruction. Raises EncodingError."""
        return self.isa.decode(self.word(position))

    def place(self, position: int, origins: Mapping[int, str]) -> str:
        """`mx instruction 12 (mm), from conv2d@resnet.py:41`: where an instruction stands.

        `origins` maps the tags of MARKs to ops of the model.
        """
        one = self.isa.by_opcode.get(int(self.opcode[position]))
        marks = self.where("mark")
        marks = marks[marks < position]
        tag = int(self.column("mark.tag")[marks[-1]]) if len(marks) else 0
        name = f" ({one.mnemonic})" if one else ""
        return f"{self.name} instruction {position}{name}{origin_text(tag, origins)}"

    def to_bytes(self) -> bytes:
        """16 bytes per instruction, little-endian."""
        return self.words.astype(_WORD).tobytes()

    def first_illegal(self) -> tuple[int, str] | None:
        """The position of the first word that is no instruction of this stream, and why."""
        legal = np.zeros(len(self), np.bool_)
        for name, one in self.isa.instructions.items():
            if not one.streams or self.name in one.streams:
                positions = self.where(name)
                legal[positions] = legal_words(self.words[positions], name, self.isa)
        if legal.all():
            return None
        position = int(np.argmin(legal))
        try:
            mnemonic, _ = self.instruction(position)
        except EncodingError as error:
            return position, str(error)
        return position, f"'{mnemonic}' is no instruction of stream '{self.name}'"


def origin_text(tag: int, origins: Mapping[int, str]) -> str:
    """`, from conv2d@resnet.py:41` for the tag of a MARK; nothing for 0."""
    return f", from {origins.get(tag, f'mark {tag}')}" if tag else ""


def legal_words(words: Words, mnemonic: str, isa: InstructionSet = ISA) -> NDArray[np.bool_]:
    """Which words, all with this opcode, have zero reserved bits and existing choices."""
    layout = isa.layouts[mnemonic]
    low, high = layout.reserved & ((1 << HALF) - 1), layout.reserved >> HALF
    legal = (words[:, 0] & np.uint64(low) == 0) & (words[:, 1] & np.uint64(high) == 0)
    for part in layout.fields.values():
        if part.kind is Kind.CHOICE:
            legal &= bits_of(words, part) < len(part.choices)
    return legal


def encode_columns(
    mnemonic: str, values: Mapping[str, Value | NDArray[Any]], isa: InstructionSet = ISA
) -> Words:
    """Words of many instructions with one mnemonic, from arrays and single values.

    All arrays have one length; without any, it is one instruction. Raises EncodingError that names
    the first value out of range.
    """
    fields = isa.fields_of(mnemonic)
    if unknown := [name for name in values if name not in fields]:
        raise EncodingError(f"{mnemonic} has no field '{unknown[0]}'")
    single = {name: v for name, v in values.items() if not isinstance(v, np.ndarray)}
    arrays = {name: v for name, v in values.items() if isinstance(v, np.ndarray)}
    placeholders = {name: fields[name].minimum for name in arrays}
    pattern = isa.encode(mnemonic, {**single, **placeholders})
    count = len(next(iter(arrays.values()))) if arrays else 1
    low, high = pattern & ((1 << HALF) - 1), pattern >> HALF
    words = np.tile(np.array([[low, high]], np.uint64), (count, 1))
    for name, array in arrays.items():
        _set_field(words, fields[name], array)
    return words


def _set_field(words: Words, part: Field, values: NDArray[Any]) -> None:
    """Replace a field of every word."""
    column = values.astype(np.int64)
    wrong = (column < part.minimum) | (column > part.maximum)
    if wrong.any():
        part.to_bits(int(column[np.argmax(wrong)]))  # raises
    bits = (column - (part.kind is Kind.COUNT)).astype(np.uint64)
    bits &= np.uint64((1 << part.width) - 1)
    keep = ~part.mask
    words[:, 0] &= np.uint64(keep & ((1 << HALF) - 1))
    words[:, 1] &= np.uint64(keep >> HALF & ((1 << HALF) - 1))
    if part.low < HALF:
        words[:, 0] |= bits << np.uint64(part.low)
    if part.high >= HALF:
        shift = part.low - HALF
        words[:, 1] |= bits << np.uint64(shift) if shift >= 0 else bits >> np.uint64(-shift)


def pack(words: list[int]) -> Words:
    """Integers of 128 bits as words."""
    return words_of(b"".join(word.to_bytes(WORD_BYTES, "little") for word in words))
