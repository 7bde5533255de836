"""Programs as modules of the `isa` dialect, and back.

A module holds one `isa.program`; everything in a `Program` is in it, so both directions are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from xdsl.dialects.builtin import DictionaryAttr, ModuleOp, StringAttr
from xdsl.ir import Block, Operation, Region

from dlir.diagnostics import fail
from dlir.dialects.isa import INSTRUCTION_OPS, MachineAttr, OriginOp, ProgramOp, StreamOp, SymbolOp
from dlir.dialects.isa.ops import InstructionOp, text_of
from dlir.hardware import settings_of
from dlir.targets.accel.description import Machine, load_machine, preset_names
from dlir.targets.accel.hardware_file import differences
from dlir.targets.accel.program import Bytes, Program, Stream, Symbol, SymbolKind
from dlir.targets.accel.stream import no_words, pack


def machine_attribute(machine: Machine) -> MachineAttr:
    """The machine as an attribute: a preset with what differs, else all keys."""
    preset, settings = "", None
    if machine.name in preset_names():
        preset, settings = machine.name, differences(load_machine(machine.name), machine)
    if settings is None:
        preset, settings = "", settings_of(machine)
    values = {key: StringAttr(value) for key, value in settings.items()}
    return MachineAttr(StringAttr(preset), DictionaryAttr(values))


def machine_of(attribute: MachineAttr) -> Machine:
    """The machine of an attribute. Raises CompileError."""
    return load_machine(attribute.preset.data, attribute.overrides)


def module_of(program: Program) -> ModuleOp:
    """The program as a module."""
    body = Region(Block(list(_program_ops(program))))
    return ModuleOp([ProgramOp(machine_attribute(program.machine), body)])


def module_of_all(programs: Iterable[Program]) -> ModuleOp:
    """All programs in one module."""
    module = ModuleOp([])
    for program in programs:
        for op in list(module_of(program).ops):
            op.detach()
            module.body.block.add_op(op)
    return module


def _program_ops(program: Program) -> Iterator[Operation]:
    for symbol in program.symbols.values():
        held = program.data.get(symbol.name)
        contents = None if held is None else held.tobytes()
        place = (symbol.address, symbol.size, symbol.type)
        yield SymbolOp(str(symbol.kind), symbol.name, *place, contents)
    for tag, text in sorted(program.debug.items()):
        yield OriginOp(tag, text)
    for name in program.machine.streams:
        stream = program.streams[name]
        instructions = map(stream.instruction, range(len(stream)))
        ops = [INSTRUCTION_OPS[mnemonic](values) for mnemonic, values in instructions]
        if not ops:
            continue  # `program_of` knows which streams the machine has
        yield StreamOp(name, Region(Block(ops)))


def program_of(module: ModuleOp) -> Program:
    """The program of a verified module. Raises CompileError when it holds anything else."""
    ops = list(module.body.ops)
    if len(ops) != 1 or not isinstance(program := ops[0], ProgramOp):
        fail(module, f"expected one isa.program, got {len(ops)} ops", rule="isa-view")
    machine = machine_of(program.machine)
    streams = {name: Stream(name, no_words()) for name in machine.streams}
    symbols: dict[str, Symbol] = {}
    data: dict[str, Bytes] = {}
    debug: dict[int, str] = {}
    for op in program.body.ops:
        match op:
            case StreamOp():
                if op.engine.data not in streams:
                    fail(op, f"machine '{machine.name}' has no stream '{op.engine.data}'")
                streams[op.engine.data] = _stream_of(op)
            case SymbolOp():
                symbol = _symbol_of(op)
                if symbol.name in symbols:
                    fail(op, f"symbol '{symbol.name}' is defined twice", rule="isa-symbols")
                symbols[symbol.name] = symbol
                if (contents := op.contents_bytes()) is not None:
                    data[symbol.name] = np.frombuffer(contents, np.uint8)
            case OriginOp():
                debug[op.tag.value.data] = text_of(op.text)
            case _:
                fail(op, "does not belong into an isa.program", rule="isa-view")
    return Program(machine, streams, symbols, data, debug)


def _symbol_of(op: SymbolOp) -> Symbol:
    kind, name = SymbolKind(op.kind.data), op.sym_name.data
    return Symbol(name, kind, op.address.value.data, op.size.value.data, text_of(op.type))


def _stream_of(op: StreamOp) -> Stream:
    words = [one.word for one in op.body.ops if isinstance(one, InstructionOp)]
    return Stream(op.engine.data, np.concatenate([no_words(), pack(words)]))
