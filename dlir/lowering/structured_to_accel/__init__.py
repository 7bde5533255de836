"""`convert-structured-to-accel`: tensors and iteration spaces to tiles, engines and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import DictionaryAttr, ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.accel.attrs import WORK, Role
from dlir.dialects.accel.ops import LaunchOp, ProgramOp
from dlir.dialects.isa.attrs import MachineAttr
from dlir.dialects.structured.ops import GenericOp
from dlir.hardware import parse_settings
from dlir.lowering.structured_to_accel.host import Host
from dlir.lowering.structured_to_accel.partition import Partition, host_needs
from dlir.lowering.structured_to_accel.program import Argument, ProgramWriter
from dlir.lowering.structured_to_accel.section import (
    Section,
    divided,
    functions_of,
    sections,
)
from dlir.targets.accel.description import Machine, load_machine
from dlir.types import shape_of


@dataclass(frozen=True)
class ConvertStructuredToAccel(ModulePass):
    """What the machine can compute becomes programs of it; the rest stays, for the host.

    `machine` is a preset or a hardware file, `set` holds keys that differ from it
    (`spm.bytes=131072;dma.latency=50`). Sizes are static. float32 is stored as bf16 and summed in
    float32. The host formats what goes in and comes out, packs weights, and runs what the machine
    has no function for; a remark tells why.

    Before:
    ```mlir
    %1 = structured.generic {...} ins(%x, %w : tensor<64x16xf32>, tensor<16x16xf32>) ...
    ```
    After:
    ```mlir
    accel.program @main_0 machine <"gemmini"> (%x: memref<1x64x16xbf16> input "x", ...) {
      %a = accel.alloc : memref<1x64x16xbf16, "spm">
      %0 = accel.load %x[0] to %a[0] {count = 64} : ...
      %1 = accel.matmul %a[0], %w[0] into %c[0] {nx = 64, k = 16, n = 16, start = 1} : ...
      ...
    %1 = accel.launch @main_0(%formatted, %packed) : ...
    ```
    """

    name = "convert-structured-to-accel"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        settings = parse_settings(self.set)
        machine = load_machine(self.machine, settings)
        _require_array(machine)
        values = {key: StringAttr(value) for key, value in settings.items()}
        attribute = MachineAttr(StringAttr(self.machine), DictionaryAttr(values))
        for function in functions_of(op):
            _convert(op, function, machine, attribute)


def _require_array(machine: Machine) -> None:
    """A row of activations is as long as the array is wide, and so are its sums."""
    rows, cols = machine.array.rows, machine.array.cols
    if rows < cols:
        fail(
            None,
            f"the array of '{machine.name}' has {rows} rows and {cols} columns; tiles need as many "
            "rows as columns",
            rule="accel-array",
            help=f"set array.rows to {cols}, or array.cols to {rows}",
        )


def _convert(module: ModuleOp, function: FuncOp, machine: Machine, attribute: MachineAttr) -> None:
    """The machine's share of a function, as programs, and the host's share around launches."""
    block = function.body.block
    if any(isinstance(op, GenericOp) for op in block.ops):
        _require_static(function)
    found = divided(function, machine)
    if not found.plans:
        return
    if found.is_shared:  # the work that was counted is not the machine's alone
        function.attributes.pop(WORK, None)
    needed = host_needs(block, found)
    programs = {section.level: section for section in sections(function, machine, found)}
    ops = list(block.ops)
    ordered: list[Operation] = []
    results: dict[SSAValue, SSAValue] = {}
    for level in range(max(found.level.values()) + 1):
        here = [op for op in ops if found.level[op] == level]
        ordered += [op for op in here if op not in found.plans and op not in found.views]
        if level in programs:
            ordered += _write(module, function, programs[level], attribute, results)
        ordered += [op for op in here if op in found.views and _is_wanted(op, needed)]
    _rebuild(function, ordered, results, found)


def _is_wanted(op: Operation, needed: set[SSAValue]) -> bool:
    return any(r in needed for r in op.results)


def _require_static(function: FuncOp) -> None:
    for argument in function.body.block.args:
        if any(n < 0 for n in shape_of(argument.type)):
            name = argument.name_hint or f"number {argument.index}"
            fail(
                function,
                f"argument '{name}' has type {argument.type}; programs have static sizes",
                rule="accel-static",
                help="give the sizes with dl-specialize, or --shape on the command line",
            )


def _write(
    module: ModuleOp,
    function: FuncOp,
    section: Section,
    attribute: MachineAttr,
    results: dict[SSAValue, SSAValue],
) -> list[Operation]:
    """Formats, the launch and its results; the program goes in front of the function."""
    host = Host(section.cols, [])
    writer = ProgramWriter(section, attribute, host)
    program = writer.write()
    module.body.block.insert_op_before(program, function)
    launch = _launch(program, writer.arguments)
    after = Host(section.cols, [])
    produced = [a for a in writer.arguments if a.role is Role.OUTPUT]
    for argument, value in zip(produced, launch.results, strict=True):
        assert argument.source is not None and argument.type is not None
        assert argument.layout is not None
        results[argument.source] = after.unformatted(value, argument.type, argument.layout)
    return [*host.ops, launch, *after.ops]


def _launch(program: ProgramOp, arguments: Sequence[Argument]) -> LaunchOp:
    given = [a.host for a in arguments if a.host is not None]
    types: list[Attribute] = []
    for argument in arguments:
        if argument.role is Role.OUTPUT:
            memref = argument.value.type
            shape = shape_of(memref)
            types.append(TensorType(getattr(memref, "element_type"), shape))  # noqa: B009
    return LaunchOp(program.sym_name.data, given, types)


def _rebuild(
    function: FuncOp,
    ordered: Sequence[Operation],
    results: dict[SSAValue, SSAValue],
    found: Partition,
) -> None:
    """The function's block with the host's ops and the launches, in their new order."""
    block = function.body.block
    for op in list(block.ops):
        op.detach()
    for old, new in results.items():
        new.name_hint = old.name_hint
        old.replace_uses_with_if(new, lambda use: use.operation not in found.plans)
    block.add_ops(ordered)
    for op in [*found.plans, *found.views]:
        if op.parent is None:
            op.drop_all_references()
