"""What a program computes, bit for bit, whatever its timing.

The instructions are executed in the order of the untimed run. A verified program has no races, so
every order that keeps the streams and their tokens gives the same bits.

Each instruction is one function below, called with its fields in the order of its parameters. That
is the reference; long matrix streams are left to native.py, which gives the same bits.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np

from dlir.diagnostics import fail
from dlir.dialects.accel import arithmetic as arith
from dlir.dialects.accel.arithmetic import DTYPES, Array, convert, widen
from dlir.dialects.isa.fields import ISA, SEQUENCER
from dlir.requantize import requantize
from dlir.targets.accel.packing import unpack
from dlir.targets.accel.program import Program, Symbol, SymbolKind
from dlir.targets.accel.simulator.channels import Channel, Post, refuse_messages
from dlir.targets.accel.simulator.events import Events, events_of
from dlir.targets.accel.simulator.memories import Memories, OutOfMemory, Piece, Walk, slice_lines
from dlir.targets.accel.simulator.timing import Deadlock
from dlir.targets.accel.simulator.tokens import Run, execution_order, match_tokens

walk_of = cache(Walk.of)


class Core:
    """One chip: its memories, the planes of its array, and the channels to the others."""

    def __init__(self, memories: Memories, chip: int = 0, post: Post | None = None) -> None:
        self.memories, self.chip = memories, chip
        self.post = Post() if post is None else post
        nothing = np.zeros((1, 1), np.int8)
        self.plane: Array = nothing
        self.shadow: Array = nothing

    # Transfers

    def ld(self, mem: str, line: int, dram: int, rows: int, len: int, stride: int) -> None:
        """Each row fills whole lines; the bytes behind its end become 0."""
        self._fill(mem, line, self.memories.dram(dram, rows, len, stride))

    def ldx(self, mem: str, line: int, idx: int, dram: int, rows: int, len: int) -> None:
        """Row i is row `index[i]` of a table of rows of `len` bytes; indices are int32 in spm."""
        lines = -(-rows * 4 // self.memories.cols)
        index = slice_lines(self.memories.spm, idx, lines).reshape(-1).view(np.int32)[:rows]
        self._fill(mem, line, self.memories.table(dram, len)[self._checked(index, dram, len)])

    def _checked(self, index: Array, dram: int, length: int) -> Array:
        rows = builtins.len(self.memories.table(dram, length))
        wrong = index[(index < 0) | (index >= rows)]
        if wrong.size:
            raise OutOfMemory(f"index {wrong[0]} into a table of {rows} rows at {dram}")
        return index

    def _fill(self, mem: str, line: int, source: Array) -> None:
        lines = self.memories.lines(mem)
        rows, length = source.shape
        per_row = -(-length // lines.shape[1])
        target = slice_lines(lines, line, rows * per_row).reshape(rows, -1)
        target[:, :length] = source
        target[:, length:] = 0

    def st(self, mem: str, line: int, dram: int, rows: int, len: int, stride: int) -> None:
        """The reverse of `ld`; the padding is not stored."""
        lines = self.memories.lines(mem)
        per_row = -(-len // lines.shape[1])
        source = slice_lines(lines, line, rows * per_row).reshape(rows, -1)
        self.memories.dram(dram, rows, len, stride)[...] = source[:, :len]

    # Messages

    def send(self, peer: int, mem: str, line: int, lines: int, tag: int) -> None:
        """The bytes of whole lines go to the chip `peer`."""
        source = slice_lines(self.memories.lines(mem), line, lines)
        self.post.send(Channel(self.chip, peer, tag), source.reshape(-1).copy())

    def recv(self, peer: int, mem: str, line: int, lines: int, tag: int) -> None:
        """The next message of a channel fills whole lines."""
        target = slice_lines(self.memories.lines(mem), line, lines).reshape(-1)
        target[:] = self.post.receive(Channel(peer, self.chip, tag), len(target))

    # Matrix

    def lw(self, mem: str, line: int, step: int, k: int, n: int, dt: str, tr: int) -> None:
        """Weights k x n into the shadow plane; with `tr` memory holds them as n rows of k."""
        rows, elements = (n, k) if tr else (k, n)
        tile = self.memories.walk(mem, line, walk_of(rows, step, 1, 0), elements, dt)
        self.shadow = tile.T if tr else tile

    def mm(
        self, a: int, c: int, nx: int, sx: int, ny: int, sy: int, k: int, n: int,
        acc: int, swap: int, dt: str,
    ) -> None:  # fmt: skip
        """`acc[c + i] (+)= spm[row i of the walk] . plane`; lanes from n on stay."""
        if swap:
            self.plane, self.shadow = self.shadow, self.plane
        rows = self.memories.walk("spm", a, walk_of(nx, sx, ny, sy), k, dt)
        product = arith.multiply_planes(rows, self.plane[:k, :n])
        target = slice_lines(self.memories.acc, c, len(rows))
        if product.dtype == np.float32:
            target = target.view(np.float32)
        if acc:
            target[:, :n] += product
        else:
            target[:, :n] = product

    # Vector

    def vv(
        self, fn: str, d_mem: str, d: int, x_mem: str, x: int, y_mem: str, y: int,
        rows: int, dt_d: str, dt_s: str, ymode: str, imm: int,
    ) -> None:  # fmt: skip
        """`d = fn(x, y)` on rows; y by row, one row, lane 0 of each row, or an immediate."""
        left = self._rows(x_mem, x, rows, dt_s)
        if fn == "requant":
            multiplier, shift = self._rows(y_mem, y, 2, "i32")
            result = requantize(left, multiplier, shift, imm)
        else:
            right = self._second(y_mem, y, rows, dt_s, ymode, imm)
            if fn == "quant":
                zero = arith.immediate_of_bits(imm, DTYPES[dt_s])
                return self._store(d_mem, d, arith.quantize(left, right, zero), dt_d)
            with np.errstate(all="ignore"):
                if fn in arith.TERNARY:
                    old = self._rows(d_mem, d, rows, dt_d).astype(left.dtype)
                    result = arith.TERNARY[fn](left, right, old)
                else:
                    result = arith.BINARY[fn](left, right)
        self._store(d_mem, d, result, dt_d)

    def _second(self, mem: str, line: int, rows: int, dtype: str, mode: str, imm: int) -> Array:
        if mode == "imm":
            return arith.immediate_of_bits(imm, DTYPES[dtype])
        values = self._rows(mem, line, 1 if mode == "all" else rows, dtype)
        return values[:, :1] if mode == "lane" else values

    def vs(
        self, fn: str, d_mem: str, d: int, x_mem: str, x: int, nx: int, sx: int, ny: int,
        sy: int, dt_d: str, dt_s: str, n: int,
    ) -> None:  # fmt: skip
        """`d = fn(x)` over a 2-D walk of x; the rows of d follow each other."""
        cols = self.memories.cols
        dtype = type_in(x_mem, dt_s)
        pitch = 1 if x_mem == "acc" else DTYPES[dtype].itemsize
        walk = walk_of(nx, sx * pitch, ny, sy * pitch)
        values = widen(self.memories.walk(x_mem, x, walk, cols, dtype))
        result = arith.unary(fn, values, ny, n or cols)
        self._store(d_mem, d, result, dt_d)

    def _rows(self, mem: str, line: int, rows: int, dtype: str) -> Array:
        """Rows as the vector unit sees them: int32 or float32."""
        return widen(self.memories.read_rows(mem, line, rows, type_in(mem, dtype)))

    def _store(self, mem: str, line: int, values: Array, dtype: str) -> None:
        dtype = type_in(mem, dtype)
        self.memories.write_rows(mem, line, convert(values, DTYPES[dtype]), dtype)


def type_in(memory: str, dtype: str) -> str:
    """The type a row has in a memory: accumulators are 32 bits wide."""
    return arith.ACC_TYPES[dtype] if memory == "acc" else dtype


def execute(
    streams: Sequence[Events], memories: Memories, order: Iterable[Run] | None = None
) -> None:
    """Run all streams of a chip on `memories`, which hold the results afterwards.

    `order` is one in which every token is given before it is taken; by default the untimed run's.

    Raises `Deadlock` when the streams wait for each other, `OutOfMemory` at a bad address.
    """
    order = execution_order(match_tokens(streams)) if order is None else order
    execute_on([Core(memories)] * len(streams), streams, order)


def execute_on(cores: Sequence[Core], streams: Sequence[Events], order: Iterable[Run]) -> None:
    """Run every stream on its core, in an order in which no token and no message is missing."""
    runners = [_runner(core, stream) for core, stream in zip(cores, streams, strict=True)]
    for k, first, stop in order:
        runners[k](first, stop)


def _runner(core: Core, stream: Events) -> Callable[[int, int], None]:
    """What executes the next events of a stream."""
    if "mm" in stream.mnemonics:
        from dlir.targets.accel.simulator.native import matrix_runner  # loads the cpu target

        native = matrix_runner(stream, core.memories)
        if native is not None:
            return native
    steps = _steps(core, stream)

    def run(first: int, stop: int) -> None:
        for _ in range(first, stop):
            next(steps)

    return run


def _steps(core: Core, stream: Events) -> Iterator[None]:
    """Execute one event per `next`."""
    actions: dict[int, Iterator[None]] = {}
    for mnemonic in stream.mnemonics & _INSTRUCTIONS:
        execute_one = getattr(core, mnemonic)
        names = inspect.signature(execute_one).parameters
        columns = [stream.words(mnemonic, name) for name in names]
        actions[ISA.instructions[mnemonic].opcode] = map(execute_one, *columns)
    for opcode in stream.opcode.tolist():
        if opcode in actions:
            next(actions[opcode])
        yield


_INSTRUCTIONS = frozenset(ISA.instructions) - frozenset(SEQUENCER)
"""Everything else only concerns the sequencer and the tokens."""


def run(
    program: Program, inputs: Mapping[str, Array], order: Iterable[Run] | None = None
) -> dict[str, Array]:
    """Execute a program on the bytes of its inputs; gives the bytes of its outputs.

    `inputs` has one array per input symbol, of any type and of the symbol's size in bytes. Raises
    CompileError for inputs that do not fit and, where the program was not verified, for accesses
    outside of memory and for deadlocks; also for an index outside of its table.
    """
    memories, streams = memories_of(program, inputs), events_of(program)
    refuse_messages(streams)
    with execution_errors():
        execute(streams, memories, order)
    return outputs_of(program, memories)


def memories_of(program: Program, inputs: Mapping[str, Array]) -> Memories:
    """The memories of a chip before the program starts."""
    pieces = [_piece(symbol, program, inputs) for symbol in program.symbols.values()]
    sizes = program.machine.sizes
    cols = program.machine.array.cols
    return Memories.empty(cols, sizes["spm"], sizes["wbuf"], sizes["acc"], pieces)


def outputs_of(program: Program, memories: Memories) -> dict[str, Array]:
    """The bytes of the output symbols."""
    kinds = {name: symbol.kind for name, symbol in program.symbols.items()}
    return {p.name: p.data for p in memories.pieces if kinds[p.name] is SymbolKind.OUTPUT}


@contextmanager
def execution_errors() -> Generator[None]:
    """What goes wrong in programs that nobody has verified, as diagnostics."""
    try:
        yield
    except OutOfMemory as error:
        fail(None, str(error), rule="isa-memory")
    except Deadlock:
        fail(None, "the streams wait for each other", rule="isa-v6-deadlock")


def _piece(symbol: Symbol, program: Program, inputs: Mapping[str, Array]) -> Piece:
    """A symbol with its contents at the start: inputs, weights, else zero."""
    if symbol.kind is SymbolKind.INPUT:
        if symbol.name not in inputs:
            fail(None, f"the program needs the input '{symbol.name}'")
        data = np.ascontiguousarray(inputs[symbol.name]).reshape(-1).view(np.uint8).copy()
    elif symbol.kind is SymbolKind.PACKED:
        data = unpack(program.data[symbol.name], symbol.size)
        data.flags.writeable = False
    else:
        data = program.data.get(symbol.name, np.zeros(symbol.size, np.uint8)).view()
        data.flags.writeable = symbol.kind is not SymbolKind.WEIGHT
    if len(data) != symbol.size:
        fail(None, f"'{symbol.name}' has {symbol.size} bytes; {len(data)} were given")
    return Piece(symbol.name, symbol.address, data)
