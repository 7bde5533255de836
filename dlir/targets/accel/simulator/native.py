"""The matrix stream as machine code: a small MLIR program, compiled by the cpu target.

Exactly what `Core.lw` and `Core.mm` in functional.py compute, without the cost of Python and numpy
per instruction. The instructions of a run are executed by one call, from a table of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from dlir.dialects.isa.fields import ISA, MATRIX_TYPES, MEMORIES
from dlir.executable import CompileOptions
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.accel.simulator.accesses import ITEM_BYTES, WBUF, accesses_of
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.memories import Memories
from dlir.targets.accel.simulator.planes import PlaneUses, plane_uses
from dlir.targets.accel.simulator.timing import Ints

if TYPE_CHECKING:
    from dlir.targets.cpu.execute import NativeModule

MIN_WORK = 1 << 28
"""Multiply-accumulates from which on compiling (half a second, once) pays."""
OVERHEAD = 1 << 14
"""What an instruction costs in numpy besides its arithmetic, in multiply-accumulates."""
LANES = 16
"""Columns computed together; machines with another multiple of columns are left to numpy."""

PLANE_ROWS = 1 << ISA.layouts["lw"].fields["k"].width
"""Rows of a plane: as many as an LW can fill."""

Runner: TypeAlias = Callable[[int, int], None]
"""Executes events `first .. stop - 1` of a stream."""

NOTHING, LOAD, LOAD_WBUF, MULTIPLY = range(4)
COLUMNS = ("op", "bf16", "plane", "k", "n", "at", "rows", "cols", "acc_row", "nx", "sx", "ny", "sy",
           "add")  # fmt: skip
"""One event in the table: `plane` is the first row of its weights, `at` an element of memory, and
distances count elements: a tile's from row to row and column to column, a walk's from row to row.
"""

LOAD_KERNEL = """
func.func @load_{dtype}(%table: memref<?x{width}xindex>, %i: index, %from: memref<?x{stored}>,
                        %planes: memref<?x{cols}x{wide}>) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  {fields}
  scf.for %r = %c0 to %k step %c1 {{
    %row = arith.addi %plane, %r : index
    %r0 = arith.muli %r, %rows : index
    %begin = arith.addi %at, %r0 : index
    scf.for %c = %c0 to %n step %c1 {{
      %c_at = arith.muli %c, %cols : index
      %place = arith.addi %begin, %c_at : index
      %s = memref.load %from[%place] : memref<?x{stored}>
      {widen}
      memref.store %s_wide, %planes[%row, %c] : memref<?x{cols}x{wide}>
    }}
  }}
  func.return
}}
"""

MULTIPLY_KERNEL = """
func.func @multiply_{dtype}(%table: memref<?x{width}xindex>, %i: index, %from: memref<?x{stored}>,
                            %planes: memref<?x{cols}x{wide}>, %acc: memref<?x{cols}x{wide}>) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %lanes = arith.constant {lanes} : index
  {fields}
  %adds = arith.cmpi ne, %add, %c0 : index
  scf.for %j = %c0 to %n step %lanes {{
    %left = arith.subi %n, %j : index
    %mask = vector.create_mask %left : vector<{lanes}xi1>
    %w0 = vector.load %planes[%plane, %j] : memref<?x{cols}x{wide}>, vector<{lanes}x{wide}>
    scf.for %y = %c0 to %ny step %c1 {{
      %y_at = arith.muli %y, %sy : index
      %outer = arith.addi %at, %y_at : index
      %y_row = arith.muli %y, %nx : index
      %first_row = arith.addi %acc_row, %y_row : index
      scf.for %x = %c0 to %nx step %c1 {{
        %x_at = arith.muli %x, %sx : index
        %begin = arith.addi %outer, %x_at : index
        %s = memref.load %from[%begin] : memref<?x{stored}>
        {widen}
        %a0 = vector.broadcast %s_wide : {wide} to vector<{lanes}x{wide}>
        %p0 = {mul} %a0, %w0 : vector<{lanes}x{wide}>
        %sum = scf.for %q = %c1 to %k step %c1 iter_args(%t = %p0) -> (vector<{lanes}x{wide}>) {{
          %place = arith.addi %begin, %q : index
          %row = arith.addi %plane, %q : index
          %s1 = memref.load %from[%place] : memref<?x{stored}>
          {widen1}
          %a = vector.broadcast %s1_wide : {wide} to vector<{lanes}x{wide}>
          %w = vector.load %planes[%row, %j] : memref<?x{cols}x{wide}>, vector<{lanes}x{wide}>
          %p = {mul} %a, %w : vector<{lanes}x{wide}>
          %u = {add} %t, %p : vector<{lanes}x{wide}>
          scf.yield %u : vector<{lanes}x{wide}>
        }}
        %to = arith.addi %first_row, %x : index
        %old = vector.load %acc[%to, %j] : memref<?x{cols}x{wide}>, vector<{lanes}x{wide}>
        %both = {add} %old, %sum : vector<{lanes}x{wide}>
        %new = arith.select %adds, %both, %sum : vector<{lanes}x{wide}>
        %kept = arith.select %mask, %new, %old : vector<{lanes}xi1>, vector<{lanes}x{wide}>
        vector.store %kept, %acc[%to, %j] : memref<?x{cols}x{wide}>, vector<{lanes}x{wide}>
      }}
    }}
  }}
  func.return
}}
"""

DRIVER = """
func.func @execute(%table: memref<?x{width}xindex>, %first: index, %stop: index,
    %spm8: memref<?xi8>, %spm16: memref<?xi16>, %wbuf8: memref<?xi8>, %wbuf16: memref<?xi16>,
    %planes_i8: memref<?x{cols}xi32>, %planes_bf16: memref<?x{cols}xf32>,
    %acc_i8: memref<?x{cols}xi32>, %acc_bf16: memref<?x{cols}xf32>) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %first to %stop step %c1 {{
    %op = memref.load %table[%i, %c0] : memref<?x{width}xindex>
    %bf16 = memref.load %table[%i, %c1] : memref<?x{width}xindex>
    %c2 = arith.constant 2 : index
    %twice = arith.muli %op, %c2 : index
    %which = arith.addi %twice, %bf16 : index
    scf.index_switch %which
    {cases}
    default {{
      scf.yield
    }}
  }}
  func.return
}}
"""

WIDEN = {
    "i8": "%{s}_wide = arith.extsi %{s} : i8 to i32",
    "bf16": """%{s}_long = arith.extui %{s} : i16 to i32
      %{s}_half = arith.constant 16 : i32
      %{s}_bits = arith.shli %{s}_long, %{s}_half : i32
      %{s}_wide = arith.bitcast %{s}_bits : i32 to f32""",
}
"""An element of memory as the array computes with it: `%s` to `%s_wide`. A bf16 is the upper half
of a float32."""
WORDS = {
    "i8": {"stored": "i8", "wide": "i32", "mul": "arith.muli", "add": "arith.addi"},
    "bf16": {"stored": "i16", "wide": "f32", "mul": "arith.mulf", "add": "arith.addf"},
}


def kernel_text(cols: int) -> str:
    """The MLIR of `@execute` for an array of so many columns."""
    width = len(COLUMNS)
    size = {"cols": cols, "width": width, "lanes": LANES}
    fields = "\n  ".join(
        f"%at_{name} = arith.constant {i} : index\n  "
        f"%{name} = memref.load %table[%i, %at_{name}] : memref<?x{width}xindex>"
        for i, name in enumerate(COLUMNS)
    )
    parts: list[str] = []
    for dtype, words in WORDS.items():
        widen = {"widen": WIDEN[dtype].format(s="s"), "widen1": WIDEN[dtype].format(s="s1")}
        for text in (LOAD_KERNEL, MULTIPLY_KERNEL):
            parts.append(text.format(dtype=dtype, fields=fields, **widen, **words, **size))
    return "\n".join(parts) + DRIVER.format(cases=_cases(size), **size)


def _cases(size: dict[str, int]) -> str:
    """Op and type to the function that does it."""
    table, cases = f"memref<?x{size['width']}xindex>", list[str]()
    for op, memory in ((LOAD, "spm"), (LOAD_WBUF, "wbuf"), (MULTIPLY, "spm")):
        for number, (dtype, words) in enumerate(WORDS.items()):
            source, matrix = words["stored"], f"memref<?x{size['cols']}x{words['wide']}>"
            name = "multiply" if op == MULTIPLY else "load"
            arguments = f"%table, %i, %{memory}{source[1:]}, %planes_{dtype}"
            types = f"{table}, index, memref<?x{source}>, {matrix}"
            if op == MULTIPLY:
                arguments, types = f"{arguments}, %acc_{dtype}", f"{types}, {matrix}"
            call = f"func.call @{name}_{dtype}({arguments}) : ({types}) -> ()"
            cases.append(f"case {2 * op + number} {{\n      {call}\n      scf.yield\n    }}")
    return "\n    ".join(cases)


@cache
def _compiled(cols: int) -> NativeModule:
    """The kernel for an array of so many columns, linked into this process."""
    from dlir.targets.cpu.execute import NativeModule  # Late: few programs need LLVM.
    from dlir.targets.cpu.target import TARGET

    module = parse_module(kernel_text(cols), default_registry().context())
    lowered = TARGET.lower(module, {}, CompileOptions(), "loops", "llvm")
    assert isinstance(lowered, ModuleOp)
    return NativeModule(lowered)


def matrix_runner(stream: Events, memories: Memories) -> Runner | None:
    """What executes a stream of LW and MM on `memories`; None for a stream to interpret: one with
    little to do, with another width, or whose accesses nobody would stop at the memories' ends."""
    table = matrix_table(stream, memories) if memories.cols % LANES == 0 else None
    if table is None:
        return None
    native, cols = _compiled(memories.cols), memories.cols
    planes = np.zeros((2 * PLANE_ROWS, cols), np.int32)
    bytes_ = [memory.reshape(-1) for memory in (memories.spm, memories.wbuf)]
    arguments = [each.view(dtype) for each in bytes_ for dtype in (np.int8, np.int16)]
    arguments += [planes, planes.view(np.float32).copy()]
    arguments += [memories.acc, memories.acc.view(np.float32)]

    def execute(first: int, stop: int) -> None:
        native.call("execute", table, first, stop, *arguments)

    return execute


def matrix_table(stream: Events, memories: Memories) -> Ints | None:
    """The table of a stream's events, or None when there is little to do, something else than
    matrix instructions touches memory, or an address or a tile is not sound."""
    uses = plane_uses(stream)
    names = ("nx", "ny", "k", "n", "dt", "tr", "mem", "sx", "sy", "step", "c", "acc", "a", "line")
    nx, ny, k, n, dt, tr, mem, sx, sy, step, c, acc, a, line = (
        stream[name][uses.event] for name in names
    )
    work = OVERHEAD + np.where(uses.load, 0, nx * ny * k * n)
    if int(work.sum()) < MIN_WORK or not _sound(stream, uses, memories):
        return None
    pitch = memories.cols // ITEM_BYTES[dt]
    load, pitch_step = uses.load, step * pitch
    columns = {
        "op": np.where(load, np.where(mem == WBUF, LOAD_WBUF, LOAD), MULTIPLY),
        "bf16": dt == MATRIX_TYPES.index("bf16"),
        "plane": uses.slot * PLANE_ROWS,
        "k": k,
        "n": n,
        "at": np.where(load, line, a) * pitch,
        "rows": np.where(tr, 1, pitch_step),
        "cols": np.where(tr, pitch_step, 1),
        "acc_row": c,
        "nx": nx,
        "sx": sx * pitch,
        "ny": ny,
        "sy": sy * pitch,
        "add": acc,
    }
    table = np.zeros((len(stream), len(COLUMNS)), np.int64)  # NOTHING, where it is neither
    for i, name in enumerate(COLUMNS):
        table[uses.event, i] = columns[name]
    return table


def _sound(stream: Events, uses: PlaneUses, memories: Memories) -> bool:
    """Whether every access lies inside its memory and every MM in its weights."""
    if not stream.mnemonics <= {"lw", "mm", "sync", "nop", "halt"}:
        return False
    sizes = np.array([len(memories.lines(name)) for name in MEMORIES])
    accesses = accesses_of(stream, memories.cols)
    inside = (accesses.low >= 0) & (accesses.high <= sizes[accesses.memory])
    narrow = stream["n"][uses.event] <= memories.cols
    return bool(
        inside.all() and narrow.all() and (uses.load | (uses.filled >= 0) & uses.fits).all()
    )
