"""The `isa` dialect: programs of the modeled accelerator, one op per 128-bit instruction.

    isa.stream "mx" {
      isa.lw w=%2048 k=16 n=16 wait=s2
      isa.mm a=%12+a1 c=0 nx=28 sx=2 ny=28 sy=58 k=16 n=16 acc swap wait=s3 sig=s4
      isa.halt
    }

The ops, their text, their checks and this page are made from one table of fields
(dlir/dialects/isa/fields.py), as are the encoder, the decoder and the assembler. Programs live in
arrays (dlir/targets/accel/program.py); the dialect is their view: `dlir-translate` turns binaries
and assembler text into modules and back. A line of the scratchpad is `%12`, a row of the
accumulators `acc12`, `+a1` adds an address register, `wait=s3` and `sig=s4` are semaphores; fields
that have their default value are left out.

Where this table departs from the design it was made from, and why:

- `vs fill` became `vv fill`: the unary body has no place for a number, the binary one has `imm`.
- `vs` gained `n`, the lanes that count: without it a row maximum or sum over 12 columns would see
  the padding of a 16-lane row, and `transpose` would not know how many rows to write.
- `ldx` gained `ar_i`, a register for the index line: otherwise no loop could walk over indices.
- `loop`, `endl`, `aadd` and `mark` have no `wait` and `sig`: the sequencer executes them in no
  time, and the first three vanish when a program is expanded.
- `dt_s` of `vv` types the operands in the scratchpad. An operand in the accumulators has the
  32-bit type of the same kind (i8, i32: i32; bf16, f32: f32), likewise `dt_d`: so one instruction
  can add a bf16 residual to float32 accumulators although there is only one source type.
- `ld` and `st` have no bit left for a channel: addresses from `HOST_BASE` up are host memory,
  which machines with a `[host]` table reach through a channel of its own.

Integers are computed in int32 and wrap, floats in float32. What a vector function stores is
converted: to i8 it saturates, to bf16 it rounds to nearest even, from a float to an integer it
rounds to nearest even and saturates.
"""

from xdsl.ir import Dialect

from dlir.dialects.isa.attrs import MachineAttr
from dlir.dialects.isa.ops import INSTRUCTION_OPS, OriginOp, ProgramOp, StreamOp, SymbolOp

Isa = Dialect(
    "isa",
    [ProgramOp, SymbolOp, OriginOp, StreamOp, *INSTRUCTION_OPS.values()],
    [MachineAttr],
)

__all__ = ["INSTRUCTION_OPS", "Isa", "MachineAttr", "OriginOp", "ProgramOp", "StreamOp", "SymbolOp"]
