"""The one table of the modeled accelerator's instructions.

Every instruction is 128 bits and stateless: no configuration registers, so an instruction means
the same wherever it stands. Bits that no field names are reserved and must be zero.

It departs from the design it was made from in a few places; the documentation of the package
says where and why.
"""

from __future__ import annotations

from dlir.dialects.isa.encoding import (
    Address,
    Field,
    Instruction,
    InstructionSet,
    Kind,
    table,
)

COUNT, SIGNED, FLAG, CHOICE = Kind.COUNT, Kind.SIGNED, Kind.FLAG, Kind.CHOICE
REGISTER, SEMAPHORE, NUMBER = Kind.REGISTER, Kind.SEMAPHORE, Kind.NUMBER

STREAMS = ("ld", "mx", "vx", "st", "nt")
"""The engines, one instruction stream each: DMA in, matrix, vector, DMA out, network."""

MAX_NEST = 4
"""Loops within loops."""
DRAM_BITS = 36
HOST_BASE = 1 << (DRAM_BITS - 1)
"""The first address of host memory; below it is the accelerator's own DRAM."""
LINE_BITS = 20
"""Scratchpad and weight buffer have at most 2^20 lines of `cols` bytes."""
ROW_BITS = 14
"""There are at most 2^14 accumulator rows of `cols` 32-bit numbers."""

MEMORIES = ("spm", "acc", "wbuf")
TYPES = ("i8", "bf16", "i32", "f32")
MATRIX_TYPES = ("i8", "bf16")
Y_MODES = ("row", "all", "lane", "imm")
BINARY = (
    "add", "sub", "mul", "max", "min", "shr", "select", "requant", "mulacc", "fill", "quant",
    "div",
)  # fmt: skip
UNARY = (
    "copy", "relu", "exp", "tanh", "sigmoid", "gelu", "recip", "rsqrt", "rowsum", "rowmax",
    "maxinto", "addinto", "transpose",
)  # fmt: skip
VECTOR: dict[str, tuple[str, ...]] = {"vv": BINARY, "vs": UNARY}
"""Instruction of the vector unit -> its functions, in the order of its field `fn`. One without that
field has a single function."""

HEADER = (
    Field("op", 0, 5, doc="opcode"),
    Field("wait", 6, 10, SEMAPHORE, "block until this semaphore is positive, then take 1 away", 0),
    Field("sig", 11, 15, SEMAPHORE, "add 1 to this semaphore when the instruction completes", 0),
)


def _memory(low: int, choices: tuple[str, ...] = MEMORIES, name: str = "mem") -> Field:
    width = 1 if name != "mem" else 2
    return Field(name, low, low + width - 1, CHOICE, "the memory", "spm", choices)


def _register(name: str, low: int, of: str) -> Field:
    return Field(name, low, low + 2, REGISTER, f"address register added to {of}", 0)


def _copy_fields(memories: tuple[str, ...]) -> tuple[Field, ...]:
    return (
        _memory(16, memories),
        _register("ar_l", 18, "line"),
        _register("ar_d", 21, "dram"),
        Field("line", 24, 43, doc="first line (accumulators: row)"),
        Field("dram", 44, 79, doc="byte address of the first row"),
        Field("rows", 80, 91, COUNT, "rows", 1),
        Field("len", 92, 107, COUNT, "bytes per row"),
        Field("stride", 108, 127, SIGNED, "bytes from one row to the next in DRAM", 0),
    )


def _message_fields() -> tuple[Field, ...]:
    return (
        Field("peer", 16, 23, doc="number of the other chip"),
        _memory(24, ("spm", "acc")),
        _register("ar", 26, "line"),
        Field("line", 29, 48, doc="first line (accumulators: row)"),
        Field("lines", 49, 64, COUNT, "lines (accumulators: rows)"),
        Field("tag", 65, 72, doc="which message of this peer", default=0),
    )


def _place(name: str, memory: int, of: str) -> tuple[Field, ...]:
    """A row operand of the vector unit: 1 bit of memory, 3 of register, 20 of line."""
    return (
        _memory(memory, ("spm", "acc"), f"{name}_mem"),
        _register(f"{name}_ar", memory + 1, name),
        Field(name, memory + 4, memory + 23, doc=f"first line (accumulators: row) of {of}"),
    )


def _type(name: str, low: int, of: str, choices: tuple[str, ...] = TYPES) -> Field:
    return Field(name, low, low + 1, CHOICE, f"type of {of}", choices[0], choices)


_SEQUENCER = (
    Instruction(
        0x00, "nop", STREAMS, doc="Nothing, which takes a cycle.", example="nop wait=s1",
    ),
    Instruction(
        0x01, "halt", STREAMS, example="halt",
        doc="The stream ends. The machine ends when all streams have.",
    ),
    Instruction(
        0x02, "sync", STREAMS,
        (
            Field("sem", 16, 20, SEMAPHORE, "the semaphore"),
            Field("dir", 21, 21, CHOICE, "take from the semaphore, or add to it", "take",
                  ("take", "give")),
            Field("count", 22, 37, COUNT, "how many times", 1),
        ),
        doc="More waits or signals than a header holds: `count` of them on one semaphore.",
        formula="take: wait until sem >= count, then sem -= count; give: sem += count",
        lead=("dir",),
        example="sync take sem=s3 count=4",
    ),
    Instruction(
        0x03, "loop", STREAMS, (Field("count", 16, 39, COUNT, "trips"),), bare_header=True,
        doc=f"Repeat what follows, up to the matching `endl`. Loops nest {MAX_NEST} deep.",
        example="loop count=16",
    ),
    Instruction(0x04, "endl", STREAMS, bare_header=True, doc="The end of a loop.", example="endl"),
    Instruction(
        0x05, "aadd", STREAMS,
        (
            Field("ar", 16, 18, REGISTER, "the register; a0 stays 0"),
            Field("imm", 19, 50, SIGNED, "what is added"),
        ),
        bare_header=True,
        doc="Step an address register. All registers are 0 when the stream starts.",
        formula="a[ar] += imm",
        example="aadd ar=a1 imm=-512",
    ),
    Instruction(
        0x06, "mark", STREAMS, (Field("tag", 16, 47, doc="key of the debug table"),),
        bare_header=True,
        doc="What follows comes from the model's op with this tag. Takes no time.",
        example="mark tag=7",
    ),
)  # fmt: skip

SEQUENCER = tuple(one.mnemonic for one in _SEQUENCER)
"""Instructions that compute nothing and touch no memory."""

_DRAM = Address("dram", "dram", "ar_d", space="dram")

_DATA = (
    Instruction(
        0x08, "ld", ("ld",), _copy_fields(MEMORIES),
        doc="Copy rows of bytes from DRAM. Each row fills whole lines; the rest of its last line "
            "becomes zero.",
        formula="for r < rows: mem[line + r*ceil(len/L)] = dram[dram + r*stride .. + len], "
                "L = cols bytes (spm, wbuf) or 4*cols bytes (acc)",
        addresses=(Address("d", "line", "ar_l", "mem"), _DRAM),
        example="ld d=%0+a1 dram=4096+a2 rows=16 len=16 stride=64 sig=s1",
    ),
    Instruction(
        0x09, "st", ("st",), _copy_fields(("spm", "acc")),
        doc="Copy rows of bytes to DRAM; the inverse of `ld`.",
        formula="for r < rows: dram[dram + r*stride .. + len] = mem[line + r*ceil(len/L)]",
        addresses=(Address("x", "line", "ar_l", "mem"), _DRAM),
        example="st x=acc0 dram=8192 rows=4 len=64 stride=64 wait=s2",
    ),
    Instruction(
        0x0A, "ldx", ("ld",),
        (
            _memory(16),
            _register("ar_l", 18, "line"),
            Field("line", 21, 40, doc="first line (accumulators: row)"),
            Field("idx", 41, 60, doc="scratchpad line where the int32 indices begin"),
            Field("dram", 61, 96, doc="byte address of the table's row 0"),
            Field("rows", 97, 108, COUNT, "rows", 1),
            Field("len", 109, 124, COUNT, "bytes per row, and from row to row of the table"),
            _register("ar_i", 125, "idx"),
        ),
        doc="Gather rows of a table in DRAM, such as embeddings. The indices stand one after the "
            "other, cols/4 to a line.",
        formula="for r < rows: mem[line + r*ceil(len/L)] = dram[dram + index[r]*len .. + len]",
        addresses=(
            Address("d", "line", "ar_l", "mem"),
            Address("idx", "idx", "ar_i", space="spm"),
            Address("dram", "dram", None, space="dram"),
        ),
        example="ldx d=%64 idx=%8+a1 dram=1048576 rows=16 len=768",
    ),
)  # fmt: skip

_MATRIX = (
    Instruction(
        0x10, "lw", ("mx",),
        (
            _memory(16, ("spm", "wbuf"), "mem"),
            _register("ar", 18, "line"),
            Field("line", 21, 40, doc="line of the tile's first row"),
            Field("step", 41, 48, doc="lines from one row to the next", default=1),
            Field("k", 49, 57, COUNT, "rows of the tile"),
            Field("n", 58, 66, COUNT, "columns of the tile"),
            _type("dt", 67, "the weights", MATRIX_TYPES),
            Field("tr", 69, 69, FLAG, "the tile is stored transposed: n rows of k columns", 0),
        ),
        doc="Load a tile of weights into the shadow plane. Rows from k and columns from n on "
            "become zero.",
        formula="shadow[i, j] = mem[line + i*step][j], tr: mem[line + j*step][i]; i < k, j < n",
        addresses=(Address("w", "line", "ar", "mem"),),
        example="lw w=%2048 k=16 n=16 wait=s2",
    ),
    Instruction(
        0x11, "mm", ("mx",),
        (
            _register("ar_a", 16, "a"),
            Field("a", 19, 38, doc="scratchpad line of the first activation row"),
            _register("ar_c", 39, "c"),
            Field("c", 42, 55, doc="first accumulator row"),
            Field("nx", 56, 67, COUNT, "inner rows", 1),
            Field("sx", 68, 75, doc="lines from one inner row to the next", default=1),
            Field("ny", 76, 85, COUNT, "outer rows", 1),
            Field("sy", 86, 99, doc="lines from one outer row to the next", default=0),
            Field("k", 100, 108, COUNT, "columns of an activation row"),
            Field("n", 109, 117, COUNT, "columns of a result row"),
            Field("acc", 118, 118, FLAG, "add to the accumulators instead of setting them", 0),
            Field("swap", 119, 119, FLAG, "exchange the weight planes first", 0),
            _type("dt", 120, "activations and weights", MATRIX_TYPES),
        ),
        doc="Multiply rows of activations by the active weight plane. The walk over two strides "
            "reads a convolution's windows where they are, without im2col. Accumulator columns "
            "from n on keep their value.",
        formula="for y < ny, x < nx: acc[c + y*nx + x][..n] (+)= "
                "spm[a + y*sy + x*sx][..k] @ active[..k, ..n]",
        addresses=(Address("a", "a", "ar_a", space="spm"), Address("c", "c", "ar_c", space="acc")),
        example="mm a=%12+a1 c=0 nx=28 sx=2 ny=28 sy=58 k=16 n=16 acc swap wait=s3 sig=s4",
    ),
)  # fmt: skip

_VECTOR = (
    Instruction(
        0x18, "vv", ("vx",),
        (
            Field("fn", 16, 21, CHOICE, "the function", None, BINARY),
            *_place("d", 22, "the result"),
            *_place("x", 46, "the first operand"),
            *_place("y", 70, "the second operand"),
            Field("rows", 94, 105, COUNT, "rows", 1),
            _type("dt_d", 106, "the result"),
            _type("dt_s", 108, "the operands"),
            Field("ymode", 110, 111, CHOICE, "what y is: a row for each row, one row for all, "
                  "lane 0 of a row for each row, or imm", "row", Y_MODES),
            Field("imm", 112, 127, NUMBER, "the number that ymode=imm stands for", 0),
        ),
        doc="A function of two operands, row by row.",
        formula="for r < rows: d[r] = fn(x[r], y[r])",
        addresses=(
            Address("d", "d", "d_ar", "d_mem"),
            Address("x", "x", "x_ar", "x_mem"),
            Address("y", "y", "y_ar", "y_mem"),
        ),
        lead=("fn",),
        example="vv add d=%512 x=acc0 y=%40 rows=16 ymode=all wait=s3 sig=s4",
    ),
    Instruction(
        0x19, "vs", ("vx",),
        (
            Field("fn", 16, 21, CHOICE, "the function", None, UNARY),
            *_place("d", 22, "the result"),
            *_place("x", 46, "the operand"),
            Field("nx", 70, 81, COUNT, "inner rows", 1),
            Field("sx", 82, 89, doc="lines from one inner row to the next", default=1),
            Field("ny", 90, 99, COUNT, "outer rows", 1),
            Field("sy", 100, 113, doc="lines from one outer row to the next", default=0),
            _type("dt_d", 114, "the result"),
            _type("dt_s", 116, "the operand"),
            Field("n", 118, 126, doc="lanes that count, from lane 0; 0 means all", default=0),
        ),
        doc="A function of one operand over a walk of two strides. They count lines in the "
            "scratchpad, rows in the accumulators.",
        formula="for y < ny, x < nx: d[y*nx + x] = fn(x[y*sy + x*sx])",
        addresses=(Address("d", "d", "d_ar", "d_mem"), Address("x", "x", "x_ar", "x_mem")),
        lead=("fn",),
        example="vs relu d=%64 x=acc0 nx=16 dt_s=i32 sig=s5",
    ),
)  # fmt: skip

_NETWORK = (
    Instruction(
        0x20,
        "send",
        ("nt",),
        _message_fields(),
        doc="Send lines to another chip.",
        formula="channel(self, peer, tag) <- mem[line .. + lines]",
        addresses=(Address("x", "line", "ar", "mem"),),
        example="send peer=1 x=%0 lines=16",
    ),
    Instruction(
        0x21,
        "recv",
        ("nt",),
        _message_fields(),
        doc="Receive lines from another chip; blocks until they are there.",
        formula="mem[line .. + lines] <- channel(peer, self, tag)",
        addresses=(Address("d", "line", "ar", "mem"),),
        example="recv peer=0 d=%16 lines=16 sig=s1",
    ),
)

INSTRUCTIONS = table((*_SEQUENCER, *_DATA, *_MATRIX, *_VECTOR, *_NETWORK))
"""Mnemonic -> instruction, in order of opcode."""

ISA = InstructionSet(
    "isa",
    HEADER,
    INSTRUCTIONS,
    STREAMS,
    aliases={
        "take": "sync take",
        "give": "sync give",
        **{name: f"vv {name}" for name in BINARY},
        **{name: f"vs {name}" for name in UNARY},
    },
)
"""The machine of dlir."""

FUNCTIONS: dict[str, str] = {
    "add": "x + y",
    "sub": "x - y",
    "mul": "x * y",
    "max": "max(x, y); NaN wins",
    "min": "min(x, y); NaN wins",
    "shr": "x / 2^y rounded to nearest, halves away from zero; integers only, 0 <= y <= 31",
    "select": "x where y != 0, else what d was",
    "requant": "saturate(imm + x * m / 2^(31 + s)) with one rounding, halves away from zero; "
    "x is i32, y is two rows of i32 (`all`): multipliers m, then shifts s in -31..31; "
    "the product is exact (64 bits)",
    "mulacc": "d + x * y",
    "fill": "y",
    "quant": "saturate(round(x / y) + imm) to -128..127; x and y are floats: the quotient is "
    "rounded to float32, then to the nearest integer, halves to even; NaN counts as 0",
    "div": "x / y, rounded to float32; floats only",
    "copy": "x, converted",
    "relu": "max(x, 0)",
    "exp": "e^x",
    "tanh": "tanh x",
    "sigmoid": "1 / (1 + e^-x)",
    "gelu": "x * (1 + erf(x / sqrt 2)) / 2",
    "recip": "1 / x",
    "rsqrt": "1 / sqrt x",
    "rowsum": "lane 0: the sum of x[..n], in order of the lanes; other lanes 0",
    "rowmax": "lane 0: the greatest of x[..n]; other lanes 0",
    "maxinto": "max(d, x); NaN wins: max pooling, one instruction per place of the kernel",
    "addinto": "d + x: average pooling likewise",
    "transpose": "d[j][i] = x[i][j]: n rows of nx*ny lanes",
}
"""Function of `vv` and `vs` -> what it computes. Integers are computed in int32 and wrap, floats
in float32; the result is converted to `dt_d`: to i8 it saturates, to bf16 it rounds to nearest
even, from a float to an integer it rounds to nearest even and saturates."""
