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

Where the table departs from the design it was made from, `fields.py` says so and why.
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
