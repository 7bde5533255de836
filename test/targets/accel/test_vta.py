"""VTA in our table: its published structs, packed by ctypes, and the text that follows for free.

The structs are those of include/vta/hw_spec.h of apache/tvm-vta, field by field; ctypes lays out
bit fields as the C compiler does, so it is a second opinion on every bit.
"""

from __future__ import annotations

import ctypes
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlir.dialects.isa.encoding import EncodingError, Field, InstructionSet, Kind, Value
from dlir.dialects.isa.fields import ISA
from dlir.dialects.isa.reference import bits_table
from dlir.dialects.isa.text import TextError, parse_operands, print_instruction
from dlir.dialects.isa.vta import VTA

OPCODE, MEMOP_ID, SRAM, DRAM, SIZE, STRIDE, PAD, LOOP, IMM = 3, 3, 16, 32, 16, 16, 4, 14, 16
UOP, ACC, INP, WGT = 13, 11, 11, 10
"""log2 of the buffers' depths in the default configuration."""

HEAD = [("opcode", OPCODE), ("pop_prev_dep", 1), ("pop_next_dep", 1), ("push_prev_dep", 1),
        ("push_next_dep", 1)]  # fmt: skip
MEMORY = [*HEAD, ("memory_type", MEMOP_ID), ("sram_base", SRAM), ("dram_base", DRAM),
          ("y_size", SIZE), ("x_size", SIZE), ("x_stride", STRIDE), ("y_pad_0", PAD),
          ("y_pad_1", PAD), ("x_pad_0", PAD), ("x_pad_1", PAD)]  # fmt: skip
LOOPS = [*HEAD, ("reset_reg", 1), ("uop_bgn", UOP), ("uop_end", UOP + 1), ("iter_out", LOOP),
         ("iter_in", LOOP), ("dst_factor_out", ACC), ("dst_factor_in", ACC)]  # fmt: skip
STRUCTS = {
    "load": MEMORY,
    "store": MEMORY,
    "gemm": [*LOOPS, ("src_factor_out", INP), ("src_factor_in", INP), ("wgt_factor_out", WGT),
             ("wgt_factor_in", WGT)],
    "finish": HEAD,
    "alu": [*LOOPS, ("src_factor_out", ACC), ("src_factor_in", ACC), ("alu_opcode", 3),
            ("use_imm", 1), ("imm", IMM)],
}  # fmt: skip
OPCODES = {"load": 0, "store": 1, "gemm": 2, "finish": 3, "alu": 4}
CHOICES = {
    "memory_type": {"uop": 0, "wgt": 1, "inp": 2, "acc": 3, "out": 4, "acc8": 5},
    "alu_opcode": {"min": 0, "max": 1, "add": 2, "shr": 3, "mul": 4},
}


def c_word(mnemonic: str, values: dict[str, Value]) -> int:
    """The 128 bits of a C struct; what does not fit into the low word begins the high one."""
    fields = [
        (name, ctypes.c_int64 if name == "imm" else ctypes.c_uint64, width)
        for name, width in STRUCTS[mnemonic]
    ]
    struct = type("Insn", (ctypes.LittleEndianStructure,), {"_fields_": fields})()
    struct.opcode = OPCODES[mnemonic]
    for name, value in values.items():
        setattr(struct, name, CHOICES[name][value] if isinstance(value, str) else value)
    return int.from_bytes(bytes(struct), "little")


def values_of(isa: InstructionSet, mnemonic: str) -> st.SearchStrategy[dict[str, Value]]:
    """Any legal values of all fields."""

    def one(part: Field) -> st.SearchStrategy[Value]:
        if part.kind is Kind.CHOICE:
            return st.sampled_from(part.choices)
        return st.integers(part.minimum, part.maximum)

    return st.fixed_dictionaries({n: one(p) for n, p in isa.fields_of(mnemonic).items()})


@pytest.mark.parametrize("mnemonic", STRUCTS)
def test_fields_are_those_of_the_structs(mnemonic: str) -> None:
    """The same names with the same widths, and nothing else."""
    fields = VTA.layouts[mnemonic].fields
    assert {name: part.width for name, part in fields.items()} == dict(STRUCTS[mnemonic])
    assert VTA.instructions[mnemonic].opcode == OPCODES[mnemonic]
    for name, numbers in CHOICES.items():
        if name in fields:
            assert {word: i for i, word in enumerate(fields[name].choices)} == numbers
    assert set(VTA.instructions) == set(STRUCTS)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_words_are_those_of_the_c_compiler(data: st.DataObject) -> None:
    mnemonic = data.draw(st.sampled_from(sorted(STRUCTS)))
    values = data.draw(values_of(VTA, mnemonic))
    word = VTA.encode(mnemonic, values)
    assert word == c_word(mnemonic, values)
    assert VTA.decode(word) == (mnemonic, values)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_text_and_words_are_inverse(data: st.DataObject) -> None:
    """The syntax follows from the table, for VTA as for the machine of dlir."""
    isa = data.draw(st.sampled_from([VTA, ISA]))
    mnemonic = data.draw(st.sampled_from(sorted(isa.instructions)))
    word = isa.encode(mnemonic, data.draw(values_of(isa, mnemonic)))
    text = print_instruction(isa, *isa.decode(word))
    name, *words = [(m.start(), m[0]) for m in re.finditer(r"\S+", text)]
    again = isa.encode(name[1], parse_operands(isa, name[1], words))
    assert again == word
    assert print_instruction(isa, *isa.decode(again)) == text


def test_text_of_vta() -> None:
    """A padded 4x4 tile of a 16x16 image, the example of the header file."""
    text = ("load memory_type=inp y_size=4 x_size=4 x_stride=16 y_pad_0=1 y_pad_1=1 x_pad_0=1 "
            "x_pad_1=1 push_next_dep")  # fmt: skip
    name, *words = [(m.start(), m[0]) for m in re.finditer(r"\S+", text)]
    word = VTA.encode(name[1], parse_operands(VTA, name[1], words))
    assert print_instruction(VTA, *VTA.decode(word)) == text
    assert word == 1 << 6 | 2 << 7 | (4 | 4 << 16 | 16 << 32 | 0x1111 << 48) << 64


def test_mistakes_in_vta_are_named() -> None:
    with pytest.raises(TextError, match="load has no operand 'y_siz'; did you mean 'y_size'"):
        parse_operands(VTA, "load", [(5, "memory_type=inp"), (21, "y_siz=4")])
    with pytest.raises(EncodingError, match="field 'iter_in' holds 0 to 16383; got 16384"):
        VTA.encode("gemm", {"iter_in": 1 << LOOP})
    with pytest.raises(EncodingError, match="field 'imm' holds -32768 to 32767; got 32768"):
        VTA.encode("alu", {"imm": 1 << 15})
    with pytest.raises(EncodingError, match="no instruction has opcode 0x05"):
        VTA.decode(5)
    with pytest.raises(EncodingError, match="reserved bit 63 of gemm is 1"):
        VTA.decode(2 | 1 << 63)


def test_the_reference_of_vta() -> None:
    rows = bits_table(VTA, "alu")
    assert "| 127:112 | imm | signed: -32768 to 32767 | 0 |  |" in rows
    assert "| 63:63 |  | 0 |  | reserved |" in rows
