"""VTA's instructions in the form of our table: another machine's published layout.

From `include/vta/hw_spec.h` of apache/tvm-vta with the sizes of its default configuration (micro-op
buffer 2^13, accumulators 2^11, inputs 2^11, weights 2^10 elements). The C header declares bit
fields of 64-bit words: a field that does not fit into the low word begins the high one, so some
bits between are unused. Tokens are the four flags after the opcode; there are no semaphores.
"""

from __future__ import annotations

from dlir.dialects.isa.encoding import Field, Instruction, InstructionSet, Kind, table

FLAG, SIGNED, CHOICE = Kind.FLAG, Kind.SIGNED, Kind.CHOICE

LOG_UOP, LOG_ACC, LOG_INP, LOG_WGT = 13, 11, 11, 10
"""log2 of the buffers' elements: VTA_LOG_*_BUFF_DEPTH."""
LOOP_BITS = 14
HIGH = 64
"""The first bit of the high word."""


def _run(start: int, *parts: tuple[str, int] | tuple[str, int, Kind]) -> tuple[Field, ...]:
    """Fields one after the other, given by name and width."""
    fields: list[Field] = []
    for name, width, *kind in parts:
        fields.append(Field(name, start, start + width - 1, *kind, default=0))
        start += width
    return tuple(fields)


HEADER = (
    Field("opcode", 0, 2),
    *_run(
        3,
        ("pop_prev_dep", 1, FLAG),
        ("pop_next_dep", 1, FLAG),
        ("push_prev_dep", 1, FLAG),
        ("push_next_dep", 1, FLAG),
    ),
)

_MEMORIES = ("uop", "wgt", "inp", "acc", "out", "acc8")
_MEMORY = (
    Field("memory_type", 7, 9, CHOICE, "which buffer", None, _MEMORIES),
    *_run(10, ("sram_base", 16), ("dram_base", 32)),
    *_run(HIGH, ("y_size", 16), ("x_size", 16), ("x_stride", 16)),
    *_run(112, ("y_pad_0", 4), ("y_pad_1", 4), ("x_pad_0", 4), ("x_pad_1", 4)),
)
_LOOPS = _run(
    7,
    ("reset_reg", 1, FLAG),
    ("uop_bgn", LOG_UOP),
    ("uop_end", LOG_UOP + 1),
    ("iter_out", LOOP_BITS),
    ("iter_in", LOOP_BITS),
)
_GEMM = _run(
    HIGH,
    ("dst_factor_out", LOG_ACC),
    ("dst_factor_in", LOG_ACC),
    ("src_factor_out", LOG_INP),
    ("src_factor_in", LOG_INP),
    ("wgt_factor_out", LOG_WGT),
    ("wgt_factor_in", LOG_WGT),
)
_FACTORS = _run(
    HIGH,
    ("dst_factor_out", LOG_ACC),
    ("dst_factor_in", LOG_ACC),
    ("src_factor_out", LOG_ACC),
    ("src_factor_in", LOG_ACC),
)
_FUNCTIONS = ("min", "max", "add", "shr", "mul")
_ALU = (
    *_FACTORS,
    Field("alu_opcode", 108, 110, CHOICE, "the function", "min", _FUNCTIONS),
    *_run(111, ("use_imm", 1, FLAG), ("imm", 16, SIGNED)),
)

VTA = InstructionSet(
    "vta",
    HEADER,
    table(
        [
            Instruction(0, "load", (), _MEMORY, "Copy a padded 2-D tile from DRAM to a buffer."),
            Instruction(1, "store", (), _MEMORY, "Copy a 2-D tile from a buffer to DRAM."),
            Instruction(2, "gemm", (), (*_LOOPS, *_GEMM), "Run micro-ops of matrix products."),
            Instruction(3, "finish", (), (), "The program ends."),
            Instruction(4, "alu", (), (*_LOOPS, *_ALU), "Run micro-ops of vector operations."),
        ]
    ),
)
"""VTA in its default configuration; every instruction is 128 bits."""
