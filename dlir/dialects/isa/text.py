"""The text of one instruction: `mm a=%12+a1 c=0 nx=28 k=16 n=16 acc swap wait=s3`.

First the mnemonic, then, in any order, `name=value` and the names of flags. Fields that have their
default value are left out. An address is written as one operand:

| text | means |
|---|---|
| `%12` | line 12 of the scratchpad |
| `acc7` | row 7 of the accumulators (`7` where only they can be meant) |
| `wbuf3` | line 3 of the weight buffer |
| `4096`, `@fc1.weight+64` | a byte of DRAM, by number or from the beginning of a symbol |
| `%12+a1` | the same, with address register 1 added when it is executed |

A `number` is an integer, or for float operands a decimal number (`0.5`, `inf`) that becomes a bf16.
The assembler reads lines of this, the ops of the dialect print their properties like it.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from dlir.dialects.isa.encoding import (
    PREFIX,
    Address,
    Field,
    InstructionSet,
    Kind,
    Value,
)
from dlir.registry import did_you_mean

Resolve: TypeAlias = Callable[[str], int | None]
"""Symbol -> its address, or None."""
Describe: TypeAlias = Callable[[int], str | None]
"""DRAM address -> `@symbol+offset`, or None."""
Values: TypeAlias = Mapping[str, Value]

SYMBOL = r'@(?:"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.$]*)'
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w.$]*", re.ASCII)
_INTEGER = re.compile(r"-?(?:0x[0-9A-Fa-f]{1,32}|[0-9]{1,40})")
_ADDRESS = re.compile(
    rf"(?P<symbol>{SYMBOL})(?:\+(?P<offset>[0-9]{{1,20}}))?(?:\+a(?P<r1>[0-9]))?"
    r"|(?P<memory>%|[a-z]+)?(?P<base>0x[0-9A-Fa-f]{1,16}|[0-9]{1,20})(?:\+a(?P<r2>[0-9]))?",
    re.ASCII,
)
_MEMORY_TEXT = {"spm": "%", "acc": "acc", "wbuf": "wbuf"}
_FLOAT_TYPES = ("bf16", "f32")


class TextError(ValueError):
    """A text that is no instruction. `offset` is where, within the text that was given."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True)
class Syntax:
    """How the fields of one instruction are spelt: its operands in order, by name."""

    lead: tuple[Field, ...]
    operands: Mapping[str, Field | Address]
    required: tuple[str, ...]
    """The operands that have no default."""


@cache
def syntax(isa: InstructionSet, mnemonic: str) -> Syntax:
    """The syntax of an instruction."""
    one, fields = isa.instructions[mnemonic], isa.fields_of(mnemonic)
    by_base = {a.base: a for a in one.addresses}
    hidden = {n for a in one.addresses for n in (a.register, a.memory) if n in fields}
    operands: dict[str, Field | Address] = {}
    for name, part in fields.items():
        if name not in hidden and name not in one.lead:
            operand = by_base.get(name, part)
            operands[operand.name] = operand
    required = [n for n, o in operands.items() if _base(o, fields).default is None]
    return Syntax(tuple(fields[name] for name in one.lead), operands, tuple(required))


def _base(operand: Field | Address, fields: Mapping[str, Field]) -> Field:
    return fields[operand.base] if isinstance(operand, Address) else operand


# --- printing -------------------------------------------------------------------------------------


def print_instruction(
    isa: InstructionSet, mnemonic: str, values: Values, describe: Describe | None = None
) -> str:
    """The canonical text of an instruction."""
    operands = print_operands(isa, mnemonic, values, describe)
    return f"{mnemonic} {operands}" if operands else mnemonic


def print_operands(
    isa: InstructionSet, mnemonic: str, values: Values, describe: Describe | None = None
) -> str:
    """What follows the mnemonic in the canonical text."""
    found = syntax(isa, mnemonic)
    words = [str(values[part.name]) for part in found.lead]
    for name, operand in found.operands.items():
        if isinstance(operand, Address):
            words.append(f"{name}={_print_address(operand, values, describe)}")
        elif values[name] != operand.default:
            text = _print_value(operand, values[name], values)
            words.append(name if operand.kind is Kind.FLAG else f"{name}={text}")
    return " ".join(words)


def _print_address(address: Address, values: Values, describe: Describe | None) -> str:
    memory = str(values[address.memory]) if address.memory else address.space
    base = values[address.base]
    text = None
    if memory == "dram" and describe is not None:
        text = describe(int(base))
    if text is None:
        bare = memory == "dram" or address.space == "acc"
        text = f"{'' if bare else _MEMORY_TEXT[memory]}{base}"
    register = values[address.register] if address.register else 0
    return f"{text}+a{register}" if register else text


def _print_value(part: Field, value: Value, values: Values) -> str:
    if part.kind is Kind.NUMBER and values.get("dt_s") in _FLOAT_TYPES:
        return print_bf16(int(value) & 0xFFFF)
    return f"{PREFIX.get(part.kind, '')}{value}"


def print_bf16(bits: int) -> str:
    """The shortest decimal number that `read_bf16` turns into these bits; NaNs as integers."""
    value = struct.unpack("<f", struct.pack("<I", bits << 16))[0]
    if value != value:
        return str(bits - (bits >> 15 << 16))
    candidates = (repr(float(f"{value:.{digits}g}")) for digits in range(1, 9))
    return next((text for text in candidates if read_bf16(text) == bits), repr(value))


def read_bf16(text: str) -> int:
    """The 16 bits of a decimal number, rounded to nearest even; ties to even."""
    try:
        single = struct.unpack("<I", struct.pack("<f", float(text)))[0]
    except OverflowError:
        single = 0xFF800000 if text.startswith("-") else 0x7F800000
    return (single + 0x7FFF + (single >> 16 & 1)) >> 16 & 0xFFFF


def symbol_text(name: str) -> str:
    """`@name`, in quotes where the name asks for it."""
    return f"@{name}" if _PLAIN_NAME.fullmatch(name) else f"@{json.dumps(name)}"


def symbol_name(text: str) -> str:
    """The name that `@name` or `@"name"` spells. Raises TextError."""
    if not text.startswith('@"'):
        return text[1:]
    try:
        return str(json.loads(text[1:], strict=False))
    except ValueError:
        raise TextError(f"'{text}' is no name: an escape is wrong") from None


# --- parsing --------------------------------------------------------------------------------------


def parse_operands(
    isa: InstructionSet,
    mnemonic: str,
    words: Sequence[tuple[int, str]],
    resolve: Resolve | None = None,
) -> dict[str, Value]:
    """The values that are given, from the words after the mnemonic with their offsets.

    Raises TextError whose offset is that of a word. Ranges are checked when it is encoded.
    """
    found = syntax(isa, mnemonic)
    values: dict[str, Value] = {}
    given: set[str] = set()
    for position, part in enumerate(found.lead):
        if position >= len(words):
            raise TextError(f"{mnemonic} needs its {part.name}: {part.range}")
        values[part.name] = _parse_choice(part, words[position][1], words[position][0])
    for offset, word in words[len(found.lead) :]:
        name, equals, text = word.partition("=")
        operand = found.operands.get(name)
        if operand is None:
            hint = did_you_mean(name, found.operands)
            raise TextError(f"{mnemonic} has no operand '{name}'{hint}", offset)
        if name in given:
            raise TextError(f"operand '{name}' is given twice", offset)
        given.add(name)
        values.update(_parse_operand(operand, equals, text, offset, resolve))
    for name in found.required:
        if name not in given:
            raise TextError(f"{mnemonic} needs operand '{name}'")
    return values


def offset_of(
    isa: InstructionSet, mnemonic: str, words: Sequence[tuple[int, str]], field: str
) -> int | None:
    """Where a field was written among the words of an instruction; None where it was not."""
    found = syntax(isa, mnemonic)
    for (offset, _), part in zip(words, found.lead, strict=False):
        if part.name == field:
            return offset
    for offset, word in words[len(found.lead) :]:
        operand = found.operands.get(word.partition("=")[0])
        parts = (
            (operand.base, operand.register, operand.memory)
            if isinstance(operand, Address)
            else (word.partition("=")[0],)
        )
        if field in parts:
            return offset
    return None


def _parse_operand(
    operand: Field | Address, equals: str, text: str, offset: int, resolve: Resolve | None
) -> dict[str, Value]:
    """The fields of one word, `name=text` or the name of a flag."""
    start = offset + len(operand.name) + 1
    if isinstance(operand, Field) and operand.kind is Kind.FLAG:
        if equals:
            raise TextError(f"'{operand.name}' is a flag and takes no value", offset)
        return {operand.name: 1}
    if not text:
        raise TextError(f"operand '{operand.name}' needs a value: {operand.name}=...", offset)
    if isinstance(operand, Address):
        return _parse_address(operand, text, start, resolve)
    return {operand.name: _parse_value(operand, text, start)}


def _parse_choice(part: Field, text: str, offset: int) -> str:
    if text not in part.choices:
        hint = did_you_mean(text, part.choices) or f": {part.range}"
        raise TextError(f"'{text}' is no {part.name}{hint}", offset)
    return text


def _parse_value(part: Field, text: str, offset: int) -> Value:
    """The value of a plain field, not yet checked for its range."""
    if part.kind is Kind.CHOICE:
        return _parse_choice(part, text, offset)
    prefix = PREFIX.get(part.kind, "")
    if text.startswith(prefix) and _INTEGER.fullmatch(text, len(prefix)):
        value = int(text[len(prefix) :], 0)
        if part.kind is Kind.NUMBER and 1 << 15 <= value < 1 << 16:
            value -= 1 << 16
    elif part.kind is Kind.NUMBER and _is_decimal(text):
        bits = read_bf16(text)
        return bits - (bits >> 15 << 16)
    else:
        letter = f"'{prefix}' and a number" if prefix else "a number"
        raise TextError(f"operand '{part.name}' is {letter}; got '{text}'", offset)
    return value


def _is_decimal(text: str) -> bool:
    return re.fullmatch(r"-?(?:[0-9.]+(?:e[-+]?[0-9]{1,4})?|inf)", text) is not None and (
        text.count(".") <= 1 and text not in (".", "-.")
    )


def _parse_address(
    address: Address, text: str, offset: int, resolve: Resolve | None
) -> dict[str, Value]:
    """The fields of an address, not yet checked for their ranges."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise TextError(f"'{text}' is no address", offset)
    values: dict[str, Value] = {}
    if match["symbol"]:
        values[address.base] = _symbol_address(address, match, offset, resolve)
    else:
        values[address.base] = int(match["base"], 0)
        values.update(_parse_memory(address, match["memory"] or "", offset))
    register = int(match["r1"] or match["r2"] or 0)
    if register and not address.register:
        raise TextError(f"operand '{address.name}' takes no address register", offset)
    if address.register:
        values[address.register] = register
    return values


def _symbol_address(
    address: Address, match: re.Match[str], offset: int, resolve: Resolve | None
) -> int:
    if address.space != "dram":
        raise TextError(f"operand '{address.name}' is not in DRAM and takes no symbol", offset)
    name = symbol_name(match["symbol"])
    start = resolve(name) if resolve is not None else None
    if start is None:
        raise TextError(f"unknown symbol '{name}'", offset)
    return start + int(match["offset"] or 0)


def _parse_memory(address: Address, prefix: str, offset: int) -> dict[str, Value]:
    """The memory that `%`, `acc` or `wbuf` says; where there is one only, nothing may say it."""
    memory = next((m for m, text in _MEMORY_TEXT.items() if text == prefix), None)
    if prefix and memory is None:
        raise TextError(f"'{prefix}' is no memory: %, acc or wbuf", offset)
    if address.memory:
        if memory is None:
            raise TextError(f"operand '{address.name}' needs a memory: %0, acc0 or wbuf0", offset)
        return {address.memory: memory}
    if memory not in (None, address.space):
        raise TextError(f"operand '{address.name}' is in {address.space}, not in {memory}", offset)
    return {}
