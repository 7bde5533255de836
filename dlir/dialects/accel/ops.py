"""Operations of `accel`: tiles in named memories, and what the engines do with them.

Everything counts in *rows* of as many elements as the machine has columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import (
    ArrayAttr,
    FlatSymbolRefAttrConstr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    SymbolNameConstraint,
    SymbolRefAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, NoTerminator, SymbolOpInterface

from dlir.dialects.accel import verify
from dlir.dialects.accel.attrs import RoleAttr
from dlir.dialects.accel.engine_op import EngineOp, FieldValue
from dlir.dialects.accel.syntax import parse_program, print_program
from dlir.dialects.isa.attrs import MachineAttr


@irdl_op_definition
class ProgramOp(IRDLOperation):
    """A program of the machine: DRAM arguments, tiles, and engine ops in order.

    Formula: the ops run as if one after the other; tokens are all that the machine keeps of the
    order, see `after` of the engine ops.

    Each argument is a piece of DRAM with a role: an `input` and a `weight` are there before the
    program starts, an `output` is there when it has ended.

    Constraints:
    C1: one role per argument, and one name.
    C2: arguments are memrefs of static shape in DRAM, whose last dimension is a row of lanes; they
        hold i8, i32, bf16 or f32.

    Example:
    ```mlir
    accel.program @copy machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> output "y") {
      %t = accel.alloc : memref<4x16xi8, "spm">
      %0 = accel.load %x[0] to %t[0] {count = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
      %1 = accel.store %t[0] to %y[0] {count = 4} after %0 : memref<4x16xi8, "spm">, memref<4x16xi8>
    }
    ```
    """  # noqa: E501

    name = "accel.program"
    sym_name = prop_def(SymbolNameConstraint())
    machine = prop_def(MachineAttr)
    roles = prop_def(ArrayAttr[RoleAttr])
    names = prop_def(ArrayAttr[StringAttr])
    body = region_def("single_block")
    traits = traits_def(NoTerminator(), IsolatedFromAbove(), SymbolOpInterface())

    def __init__(
        self,
        name: str,
        machine: MachineAttr,
        roles: Sequence[RoleAttr],
        names: Sequence[str],
        body: Region,
    ):
        super().__init__(
            properties={
                "sym_name": StringAttr(name),
                "machine": machine,
                "roles": ArrayAttr(roles),
                "names": ArrayAttr([StringAttr(n) for n in names]),
            },
            regions=[body],
        )

    def verify_(self) -> None:
        verify.verify_program(self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties, body = parse_program(parser)
        return cls.create(properties=properties, regions=[body])

    def print(self, printer: Printer) -> None:
        print_program(printer, self)


@irdl_op_definition
class LaunchOp(IRDLOperation):
    """The host runs a program of the machine: tensors in, tensors out.

    Formula: operands fill the program's inputs and weights in order; results are its outputs.

    Constraints:
    C1: there is such a program, and operands and results have the shapes and types of its
        arguments.

    Example:
    ```mlir
    builtin.module {
      accel.program @copy machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> output "y") {
        %t = accel.alloc : memref<4x16xi8, "spm">
        %0 = accel.load %x[0] to %t[0] {count = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
        %1 = accel.store %t[0] to %y[0] {count = 4} after %0 : memref<4x16xi8, "spm">, memref<4x16xi8>
      }
      func.func @main(%x: tensor<4x16xi8>) -> tensor<4x16xi8> {
        %y = accel.launch @copy(%x) : (tensor<4x16xi8>) -> tensor<4x16xi8>
        func.return %y : tensor<4x16xi8>
      }
    }
    ```
    """  # noqa: E501

    name = "accel.launch"
    program = prop_def(FlatSymbolRefAttrConstr)
    arguments = var_operand_def()
    outputs = var_result_def()
    assembly_format = "$program `(` $arguments `)` attr-dict `:` functional-type(operands, results)"

    def __init__(self, program: str, arguments: Sequence[SSAValue], types: Sequence[Attribute]):
        super().__init__(
            operands=[arguments],
            properties={"program": SymbolRefAttr(program)},
            result_types=[types],
        )

    def verify_(self) -> None:
        verify.verify_launch(self)


@irdl_op_definition
class AllocOp(IRDLOperation):
    """A tile: rows of an on-chip memory, or of DRAM to spill to, whose contents nobody knows yet.

    Formula: `%t` is `rows x lanes` elements in its memory, from line `at` on where that is given.
    A tile lives from its first write to its last read; afterwards its place may be another tile's.

    Constraints:
    C1: a memref of static shape in one of the memories, whose last dimension is a row of lanes, of
        i8, i32, bf16 or f32; accumulators hold 32-bit numbers. `at` is not negative.

    Example:
    ```mlir
    func.func @tiles() {
      %a = accel.alloc : memref<64x16xbf16, "spm">
      %c = accel.alloc at 128 : memref<64x16xf32, "acc">
      func.return
    }
    ```
    """

    name = "accel.alloc"
    at = opt_prop_def(IntegerAttr.constr(i64))
    tile = result_def(MemRefType)
    assembly_format = "(`at` $at^)? attr-dict `:` type($tile)"

    def __init__(self, type: MemRefType, at: int | None = None):
        place = {} if at is None else {"at": IntegerAttr(at, i64)}
        Operation.__init__(self, properties=place, result_types=[type])

    def __post_init__(self) -> None:
        """No property has a default, so there is none to look for."""

    def verify_(self) -> None:
        verify.verify_alloc(self)


@irdl_op_definition
class LoadOp(EngineOp):
    """Copies rows from DRAM into a tile.

    Formula: for each point of the nest, `tile[to + i] = dram[from + i]`, i < count.

    Constraints:
    C1: at most four loops of at least one trip, one walk per address over all of them; fields
        are known, and count.
    C2: every row that is touched lies inside of its memref.
    C3: both memrefs have rows of as many lanes, and elements of as many bytes.
    C4: the source lies in DRAM, the destination in `spm`, `acc` or `wbuf`.

    Example:
    ```mlir
    func.func @f(%x: memref<8x16xi8>, %t: memref<4x16xi8, "spm">) {
      %0 = accel.load %x[2 * d0 + 1] to %t[2 * d0] for [2] {count = 2} : memref<8x16xi8>, memref<4x16xi8, "spm">
      func.return
    }
    ```
    """  # noqa: E501

    name = "accel.load"
    ENGINE: ClassVar[str] = "ld"
    SEPARATORS: ClassVar[tuple[str, ...]] = ("to",)
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {"count": 1}

    def spans(self) -> list[tuple[int, int, int]]:
        return [(self.field("count"), 0, 1)] * 2


@irdl_op_definition
class StoreOp(EngineOp):
    """Copies rows of a tile to DRAM.

    Formula: for each point of the nest, `dram[to + i] = tile[from + i]`, i < count.

    Constraints:
    C1: at most four loops of at least one trip, one walk per address over all of them; fields
        are known, and count.
    C2: every row that is touched lies inside of its memref.
    C3: both memrefs have rows of as many lanes, and elements of as many bytes.
    C4: the source lies in `spm` or `acc`, the destination in DRAM.

    Example:
    ```mlir
    func.func @f(%t: memref<4x16xi8, "spm">, %y: memref<8x16xi8>) {
      %0 = accel.store %t[0] to %y[4] {count = 4} : memref<4x16xi8, "spm">, memref<8x16xi8>
      func.return
    }
    ```
    """

    name = "accel.store"
    ENGINE: ClassVar[str] = "st"
    SEPARATORS: ClassVar[tuple[str, ...]] = ("to",)
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {"count": 1}

    def spans(self) -> list[tuple[int, int, int]]:
        return [(self.field("count"), 0, 1)] * 2


@irdl_op_definition
class GatherOp(EngineOp):
    """Reads rows of a table in DRAM at indices that lie in the scratchpad.

    Formula: for each point of the nest, `tile[to + i] = table[from + index[i]]`, i < rows, where
    the indices stand one after the other from row `at` on. An index past the table is an error.

    Constraints:
    C1: at most four loops of at least one trip, one walk per address over all of them; fields
        are known, and count.
    C2: every row that is touched lies inside of its memref.
    C3: table, indices and tile have rows of as many lanes, table and tile elements of as many
        bytes.
    C4: the table lies in DRAM, i32 indices in `spm`, the destination in `spm` or `acc`.

    Example:
    ```mlir
    func.func @f(%table: memref<100x16xbf16>, %i: memref<1x16xi32, "spm">, %t: memref<8x16xbf16, "spm">) {
      %0 = accel.gather %table[0] at %i[0] to %t[0] {rows = 8} : memref<100x16xbf16>, memref<1x16xi32, "spm">, memref<8x16xbf16, "spm">
      func.return
    }
    ```
    """  # noqa: E501

    name = "accel.gather"
    ENGINE: ClassVar[str] = "ld"
    SEPARATORS: ClassVar[tuple[str, ...]] = ("at", "to")
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {"rows": 1, "of": 1}
    """`of` is how many rows the table has from `from` on."""

    def spans(self) -> list[tuple[int, int, int]]:
        lanes = verify.lanes_of(self.addresses[1].type)
        rows = self.field("rows")
        return [(self.field("of"), 0, 1), (-(-rows // lanes), 0, 1), (rows, 0, 1)]


@irdl_op_definition
class MatmulOp(EngineOp):
    """Loads weight planes and multiplies rows of activations by each.

    Formula: for each point of the first `planes` loops, a plane `W[i, j] = w[at_w + i * step][j]`
    (`tr`: `w[at_w + j * step][i]`), i < k, j < n, is loaded; then for each point of the other loops

        c[at_c + y * nx + x][..n] (+)= a[at_a + y * sy + x * sx][..k] @ W     for y < ny, x < nx

    With `start`, the planes that come first in the loops that `at_c` does not depend on set the
    accumulators, and later ones add to them; without it all add.

    Constraints:
    C1: at most four loops of at least one trip, one walk per address over all of them; fields
        count, `tr` and `start` are 0 or 1; `planes` is no more than their number, and the walk of `w` does not depend on the others.
    C2: every row that is touched lies inside of its memref.
    C3: a and w have one type, i8 or bf16; c is i32 for i8, f32 for bf16; rows have as many lanes.
    C4: a lies in `spm`, w in `spm` or `wbuf`, c in `acc`; k and n are at most a row of lanes.

    Example:
    ```mlir
    func.func @f(%a: memref<2x64x16xi8, "spm">, %w: memref<2x16x16xi8, "spm">, %c: memref<64x16xi32, "acc">) {
      %0 = accel.matmul %a[64 * d0], %w[16 * d0] into %c[0] for [2] {planes = 1, nx = 64, k = 16, n = 16, start = 1} : memref<2x64x16xi8, "spm">, memref<2x16x16xi8, "spm">, memref<64x16xi32, "acc">
      func.return
    }
    ```
    """  # noqa: E501

    name = "accel.matmul"
    ENGINE: ClassVar[str] = "mx"
    SEPARATORS: ClassVar[tuple[str, ...]] = ("", "into")
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {
        "planes": 0, "nx": 1, "sx": 1, "ny": 1, "sy": 0, "k": 1, "n": 1, "step": 1, "tr": 0,
        "start": 0,
    }  # fmt: skip

    def spans(self) -> list[tuple[int, int, int]]:
        nx, sx, ny, sy = (self.field(name) for name in ("nx", "sx", "ny", "sy"))
        plane = self.field("n") if self.field("tr") else self.field("k")
        step = self.field("step")
        width = (nx - 1) * sx + 1
        return [(width, sy, ny), ((plane - 1) * step + 1, 0, 1), (nx * ny, 0, 1)]


@irdl_op_definition
class BinaryOp(EngineOp):
    """A function of two operands of the vector unit, row by row.

    Formula: for each point of the nest, `d[at_d + r] = fn(x[at_x + r], y[..])`, r < rows. `ymode`
    says what y is: `row` a row for each row, `all` one row for all, `lane` lane 0 of a row for each
    row, `imm` the number `imm` (and y is left out). The functions are those of `isa.vv`; what is
    stored is converted to the type of d.

    Constraints:
    C1: at most four loops of at least one trip, one walk per address over all of them; fields
        are known, and count.
    C2: every row that is touched lies inside of its memref.
    C3: `fn` is a function of `isa.vv`, and `ymode` one of its modes; rows have as many lanes.
    C4: tiles lie in `spm` or `acc`; x and y in the scratchpad have one type, and what lies in the
        accumulators is of its kind: integers for `shr`, i32 for `requant`, whose y is two rows;
        `div` and `quant` take floats, and `quant` no number as y, since `imm` is its zero point.

    Example:
    ```mlir
    func.func @f(%x: memref<8x16xf32, "acc">, %b: memref<1x16xf32, "spm">) {
      %0 = accel.binary add %x[0], %b[0] to %x[0] {rows = 8, ymode = "all"} : memref<8x16xf32, "acc">, memref<1x16xf32, "spm">, memref<8x16xf32, "acc">
      func.return
    }
    ```
    """  # noqa: E501

    name = "accel.binary"
    ENGINE: ClassVar[str] = "vx"
    SEPARATORS: ClassVar[tuple[str, ...]] = ("", "to")
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {
        "fn": "", "rows": 1, "ymode": "row", "imm": 0,
    }  # fmt: skip

    def spans(self) -> list[tuple[int, int, int]]:
        rows, mode = self.field("rows"), self.field("ymode")
        if mode == "imm":
            return [(rows, 0, 1), (rows, 0, 1)]
        second = 2 if self.field("fn") == "requant" else 1
        return [(rows, 0, 1), (second if mode == "all" else rows, 0, 1), (rows, 0, 1)]


@irdl_op_definition
class UnaryOp(EngineOp):
    """A function of one operand of the vector unit, over a walk of two strides.

    Formula: for each point of the nest, `d[at_d + y * nx + x] = fn(x[at_x + y * sy + x * sx])`,
    y < ny, x < nx; `maxinto` and `addinto` make one row of each outer row, `transpose` makes n rows
    of nx * ny lanes. The functions are those of `isa.vs`; `n` lanes count, 0 means all.

    Constraints:
    C1: at most four loops of at least one trip, one walk per address over all of them; fields
        are known, and count.
    C2: every row that is touched lies inside of its memref.
    C3: `fn` is a function of `isa.vs`; n, and transposed rows, are no more than lanes, of which
        rows have as many.
    C4: tiles lie in `spm` or `acc`; functions that are not exact take floats.

    Example:
    ```mlir
    func.func @f(%x: memref<8x16xf32, "acc">, %y: memref<8x16xbf16, "spm">) {
      %0 = accel.unary relu %x[0] to %y[0] {nx = 8} : memref<8x16xf32, "acc">, memref<8x16xbf16, "spm">
      func.return
    }
    ```
    """  # noqa: E501

    name = "accel.unary"
    ENGINE: ClassVar[str] = "vx"
    SEPARATORS: ClassVar[tuple[str, ...]] = ("to",)
    FIELDS: ClassVar[Mapping[str, FieldValue]] = {
        "fn": "", "nx": 1, "sx": 1, "ny": 1, "sy": 0, "n": 0,
    }  # fmt: skip

    def written_rows(self) -> int:
        """How many rows of d one instruction writes."""
        fn, nx, ny = self.field("fn"), self.field("nx"), self.field("ny")
        if fn == "transpose":
            return self.field("n") or verify.lanes_of(self.addresses[0].type)
        return ny if fn in verify.REDUCING_WALK else nx * ny

    def spans(self) -> list[tuple[int, int, int]]:
        nx, sx, ny, sy = (self.field(name) for name in ("nx", "sx", "ny", "sy"))
        return [((nx - 1) * sx + 1, sy, ny), (self.written_rows(), 0, 1)]


ENGINE_OPS: tuple[type[EngineOp], ...] = (
    LoadOp, StoreOp, GatherOp, MatmulOp, BinaryOp, UnaryOp,
)  # fmt: skip
OPS: tuple[type[Operation], ...] = (ProgramOp, LaunchOp, AllocOp, *ENGINE_OPS)
