"""Instruction sets as tables: what a field is, what an instruction is, and the words they make.

A table is a tuple of `Instruction`s over a shared header. Everything else is derived from it: the
encoder and decoder here, columns of whole programs (dlir/targets/accel/program.py), assembler text
(text.py), the ops of the dialect (ops.py) and the reference (reference.py). Two tables exist: the
machine of dlir (fields.py) and, as a proof that the form carries another machine, VTA (vta.py).

A field has a *value* (what people write: a count of 16, the word `bf16`, register 3) and *bits*
(what the machine holds: 15, 1, 3). Words are little-endian; bit 0 is the lowest bit of byte 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

WORD_BITS = 128
WORD_BYTES = WORD_BITS // 8

Value: TypeAlias = int | str
"""The value of a field: a word for a choice, else an integer (a flag is 0 or 1)."""


class EncodingError(ValueError):
    """A value that a field cannot hold, or a word that is no instruction.

    `field` is the name of the field, where there is one to blame.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Kind(StrEnum):
    """How the bits of a field stand for its value."""

    UNSIGNED = "unsigned"
    """The value itself."""
    COUNT = "count"
    """At least 1; the bits hold n - 1."""
    SIGNED = "signed"
    """Two's complement."""
    FLAG = "flag"
    """One bit; in text its name is there or not."""
    CHOICE = "choice"
    """One of the words in `choices`; bits beyond them are illegal."""
    REGISTER = "register"
    """An address register, `a1` to `a7`; 0 adds nothing."""
    SEMAPHORE = "semaphore"
    """A semaphore, `s1` to `s31`; 0 is none."""
    NUMBER = "number"
    """16 bits: a signed integer, or a bf16 number where the instruction's source is a float."""


PREFIX: Mapping[Kind, str] = {Kind.REGISTER: "a", Kind.SEMAPHORE: "s"}
"""Kinds whose values are spelt with a letter before the number."""


@dataclass(frozen=True)
class Field:
    """Bits `low` to `high`, both included, of an instruction.

    `default` is the value that text and builders may leave out; a field without one must be given.
    """

    name: str
    low: int
    high: int
    kind: Kind = Kind.UNSIGNED
    doc: str = ""
    default: Value | None = None
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high < WORD_BITS:
            raise EncodingError(f"field '{self.name}' has bits {self.high}:{self.low}")
        if len(self.choices) > 1 << self.width or (self.kind is Kind.FLAG and self.width != 1):
            raise EncodingError(f"field '{self.name}' has too few or too many bits: {self.width}")

    @cached_property
    def width(self) -> int:
        """The number of bits."""
        return self.high - self.low + 1

    @cached_property
    def mask(self) -> int:
        """The bits of the field within the word."""
        return self.ones << self.low

    @cached_property
    def ones(self) -> int:
        """The bits of the field at position 0."""
        return (1 << self.width) - 1

    @cached_property
    def minimum(self) -> int:
        """The least value (of a choice: of its position)."""
        if self.kind in (Kind.SIGNED, Kind.NUMBER):
            return -(1 << (self.width - 1))
        return int(self.kind is Kind.COUNT)

    @cached_property
    def maximum(self) -> int:
        """The greatest value (of a choice: of its position)."""
        if self.kind is Kind.CHOICE:
            return len(self.choices) - 1
        return self.minimum + (1 << self.width) - 1

    @cached_property
    def range(self) -> str:
        """The values that the field holds, in words: `1 to 512`, `i8, bf16`."""
        if self.kind is Kind.CHOICE:
            return ", ".join(self.choices)
        letter = PREFIX.get(self.kind, "")
        return f"{letter}{self.minimum} to {letter}{self.maximum}"

    def to_bits(self, value: Value) -> int:
        """The bits for a value, at position 0. Raises EncodingError."""
        if isinstance(value, str):
            if value not in self.choices:
                message = f"field '{self.name}' is one of {self.range}; got '{value}'"
                raise EncodingError(message, self.name)
            return self.choices.index(value)
        if not self.minimum <= value <= self.maximum:
            message = f"field '{self.name}' holds {self.range}; got {value}"
            raise EncodingError(message, self.name)
        return (value - (self.kind is Kind.COUNT)) & self.ones

    def from_bits(self, bits: int) -> Value:
        """The value that bits at position 0 stand for. Raises EncodingError."""
        if self.kind is Kind.CHOICE:
            if bits >= len(self.choices):
                message = f"field '{self.name}' is one of {self.range}; got bits {bits}"
                raise EncodingError(message, self.name)
            return self.choices[bits]
        if self.kind in (Kind.SIGNED, Kind.NUMBER) and bits >> (self.width - 1):
            return bits - (1 << self.width)
        return bits + (self.kind is Kind.COUNT)

    def number_of(self, value: Value) -> int:
        """A value as an integer: the position of a choice, else the value. Raises EncodingError."""
        return self.choices.index(value) if value in self.choices else int(value)


@dataclass(frozen=True)
class Address:
    """Fields that text writes as one operand: `a=%12+a1` is `a = 12, ar_a = 1` in the scratchpad.

    `memory` is the field that tells the memory; without one, it is always `space` (`spm`, `acc` or
    `dram`).
    """

    name: str
    base: str
    register: str | None = None
    memory: str | None = None
    space: str = ""


@dataclass(frozen=True)
class Instruction:
    """One line of the table.

    `fields` are the body; the set's header stands before them. `formula` says in one line what is
    computed, `example` is text that assembles.
    """

    opcode: int
    mnemonic: str
    streams: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    doc: str = ""
    formula: str = ""
    example: str = ""
    addresses: tuple[Address, ...] = ()
    lead: tuple[str, ...] = ()
    """Fields whose value alone, without a name, follows the mnemonic: the `add` of `vv add`."""
    bare_header: bool = False
    """Whether the header beyond the opcode must be zero: the sequencer's own instructions."""

    @property
    def title(self) -> str:
        """The first sentence of the documentation."""
        return self.doc.split("\n\n")[0]


@dataclass(frozen=True)
class Layout:
    """One instruction with its header: every field by name, and the bits that must be zero."""

    instruction: Instruction
    fields: Mapping[str, Field]
    reserved: int
    """A mask of 128 bits."""

    def __post_init__(self) -> None:
        used = 0
        for one in self.fields.values():
            if used & one.mask:
                name = self.instruction.mnemonic
                raise EncodingError(f"field '{one.name}' of {name} overlaps another")
            used |= one.mask
        total = sum(one.width for one in self.fields.values()) + self.reserved.bit_count()
        if total != WORD_BITS or used & self.reserved:
            raise EncodingError(f"{self.instruction.mnemonic} has {total} bits, not {WORD_BITS}")


@dataclass(frozen=True, eq=False)
class InstructionSet:
    """A table: the header, whose first field is the opcode, and the instructions.

    Building one checks it: no fields overlap, each instruction with its reserved bits makes 128,
    opcodes and mnemonics are unique.
    """

    name: str
    header: tuple[Field, ...]
    instructions: Mapping[str, Instruction]
    streams: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Short text for longer text, put in place of the first word of an instruction."""

    def __post_init__(self) -> None:
        if len(self.by_opcode) != len(self.instructions):
            raise EncodingError(f"two instructions of {self.name} share an opcode")
        if any(name != one.mnemonic for name, one in self.instructions.items()):
            raise EncodingError(f"an instruction of {self.name} is under a name not its own")
        for one in self.instructions.values():
            self.opcode.to_bits(one.opcode)
        _ = self.layouts

    @property
    def opcode(self) -> Field:
        """The field that tells the instructions apart."""
        return self.header[0]

    @cached_property
    def by_opcode(self) -> dict[int, Instruction]:
        """Opcode -> instruction."""
        return {one.opcode: one for one in self.instructions.values()}

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """Mnemonic -> layout, without the opcode, which is the mnemonic."""
        return {name: self._layout(one) for name, one in self.instructions.items()}

    def _layout(self, one: Instruction) -> Layout:
        header = self.header[:1] if one.bare_header else self.header
        fields = (*header, *one.fields)
        used = 0
        for part in fields:
            used |= part.mask
        return Layout(one, {part.name: part for part in fields}, (1 << WORD_BITS) - 1 & ~used)

    def fields_of(self, mnemonic: str) -> Mapping[str, Field]:
        """The fields of an instruction in order of text: body, then header; not the opcode."""
        return self._text_fields[mnemonic]

    @cached_property
    def _text_fields(self) -> dict[str, dict[str, Field]]:
        result: dict[str, dict[str, Field]] = {}
        for name, layout in self.layouts.items():
            order = [part.name for part in (*layout.instruction.fields, *self.header[1:])]
            result[name] = {part: layout.fields[part] for part in order if part in layout.fields}
        return result

    def encode(self, mnemonic: str, values: Mapping[str, Value]) -> int:
        """The 128-bit word of an instruction. Raises EncodingError, naming field and range."""
        fields = self.fields_of(mnemonic)
        word = self._default_words[mnemonic]
        for name, value in values.items():
            if (part := fields.get(name)) is None:
                raise EncodingError(f"{mnemonic} has no field '{name}'")
            word = word & ~part.mask | part.to_bits(value) << part.low
        for name in self._required[mnemonic]:
            if name not in values:
                raise EncodingError(f"{mnemonic} needs field '{name}'", name)
        return word

    def decode(self, word: int) -> tuple[str, dict[str, Value]]:
        """Mnemonic and values of a word. Raises EncodingError for what is no instruction."""
        opcode = word >> self.opcode.low & self.opcode.ones
        one = self.by_opcode.get(opcode)
        if one is None:
            raise EncodingError(f"no instruction has opcode {opcode:#04x}")
        mnemonic = one.mnemonic
        if wrong := word & self.layouts[mnemonic].reserved:
            bit = (wrong & -wrong).bit_length() - 1
            raise EncodingError(f"reserved bit {bit} of {mnemonic} is 1")
        # Most fields hold their default: only the others are looked at.
        values = self._default_values[mnemonic].copy()
        differs = word ^ self._default_words[mnemonic]
        for name, part in self._text_fields[mnemonic].items():
            if differs & part.mask:
                values[name] = part.from_bits(word >> part.low & part.ones)
        return mnemonic, values

    @cached_property
    def _required(self) -> dict[str, list[str]]:
        return {
            mnemonic: [name for name, part in fields.items() if part.default is None]
            for mnemonic, fields in self._text_fields.items()
        }

    @cached_property
    def _default_words(self) -> dict[str, int]:
        """Words with the defaults, and zero bits where a field has none."""
        words: dict[str, int] = {}
        for mnemonic, fields in self._text_fields.items():
            word = self.opcode.to_bits(self.instructions[mnemonic].opcode) << self.opcode.low
            for part in fields.values():
                if part.default is not None:
                    word |= part.to_bits(part.default) << part.low
            words[mnemonic] = word
        return words

    @cached_property
    def _default_values(self) -> dict[str, dict[str, Value]]:
        return {
            mnemonic: {
                name: part.from_bits(self._default_words[mnemonic] >> part.low & part.ones)
                for name, part in fields.items()
            }
            for mnemonic, fields in self._text_fields.items()
        }

    def defaults(self, mnemonic: str) -> dict[str, Value]:
        """The values of the fields that need not be given."""
        fields = self.fields_of(mnemonic)
        return {name: part.default for name, part in fields.items() if part.default is not None}


def table(instructions: Sequence[Instruction]) -> dict[str, Instruction]:
    """Instructions by mnemonic."""
    return {one.mnemonic: one for one in instructions}
