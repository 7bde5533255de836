"""The host's side of a model: what is known before it runs, and what is left for every call.

A module at the level `scheduled` holds a function that prepares tensors, launches programs and
goes on with their results. Weights follow from parameters alone, so they are computed here and
become contents of the programs; the function that is left takes only what differs between calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias, cast

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, FunctionType, ModuleOp, StringAttr
from xdsl.dialects.func import CallOp, FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.traits import is_side_effect_free

from dlir.diagnostics import CompileError, fail
from dlir.dialects.accel.attrs import Role
from dlir.dialects.accel.ops import LaunchOp, ProgramOp
from dlir.dialects.dl.attrs import Tensor
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.executable import CompileOptions, Executable, Target
from dlir.interpreter import with_types
from dlir.numpy_types import Array, array_of
from dlir.params import param_ops
from dlir.slices import captured, slice_of
from dlir.types import Dense, is_tensor, shape_of

SOURCES = (ParamOp, ConstantOp, arith.ConstantOp, tensor.EmptyOp)
"""Ops that stand for a value, or for none yet, rather than compute one."""

PIECE = "dlir.host"
"""The function that a piece of host code is."""

MAX_WRITTEN = 64
"""Elements up to which a constant of the host stays in its text."""

SMALL = 1 << 14
"""Elements up to which the interpreter is done before native code would be compiled."""

Values: TypeAlias = dict[SSAValue, Array]


@dataclass
class Separated:
    """A module taken apart."""

    host: ModuleOp
    """The function, and a declaration (a program without ops) of every program it launches."""
    programs: list[tuple[str, ProgramOp, dict[str, Array]]]
    """Name, the program, and the contents of its weights."""
    constants: dict[str, Array]
    """The parameters of the host's function."""


def separate(
    module: ModuleOp, entry: FuncOp, params: Mapping[str, Array], options: CompileOptions
) -> Separated:
    """Take the module apart, which is used up by it. Raises CompileError."""
    launches_of(module, entry)
    _keep_reachable(module, entry)
    _erase_unused(entry)
    launches = launches_of(module, entry)
    programs = {p.sym_name.data: p for p in module.ops if isinstance(p, ProgramOp)}
    constant = constant_values(entry)
    weights = {
        launch: _weights(launch, programs[launch.program.root_reference.data], constant)
        for launch in launches
    }
    kept = _boundary(entry, constant, weights)
    needed = [*kept, *(v for held in weights.values() for v in held.values())]
    values = evaluate(needed, params, options)
    found = _with_weights_inside(module, programs, weights, values)
    constants = _as_parameters(entry, kept, values)
    _erase_unused(entry)
    constants |= _large_constants_as_parameters(module)
    constants |= {name: params[name] for _, name in param_ops(module) if name not in constants}
    return Separated(module, found, constants)


def launches_of(module: ModuleOp, entry: FuncOp) -> list[LaunchOp]:
    """The launches of the function, which must be all there are, in its only block."""
    if entry.body.first_block is not entry.body.last_block:
        fail(entry, "branches: the host's function must be a single block")
    for op in module.walk():
        if isinstance(op, LaunchOp) and op.parent is not entry.body.block:
            name = entry.sym_name.data
            fail(op, f"is not directly in @{name}", help="programs are launched by the entry")
    return [op for op in entry.body.block.ops if isinstance(op, LaunchOp)]


def launched_programs(module: ModuleOp, entry: FuncOp) -> list[ProgramOp]:
    """The programs of one call in order, each as often as it is launched."""
    launches = launches_of(module, entry)
    _erase_unused(entry)
    programs = {op.sym_name.data: op for op in module.ops if isinstance(op, ProgramOp)}
    return [programs[op.program.root_reference.data] for op in launches if op.parent is not None]


def _keep_reachable(module: ModuleOp, entry: FuncOp) -> None:
    """Only the entry, which alone is public, the functions it calls, and programs."""
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    reached: set[str] = set()
    stack = [entry]
    while stack:
        function = stack.pop()
        reached.add(function.sym_name.data)
        for op in function.walk():
            called = op.callee.root_reference.data if isinstance(op, CallOp) else ""
            if called in functions and called not in reached:
                stack.append(functions[called])
    for name, function in functions.items():
        if name not in reached:
            function.detach()
            function.erase()
        else:
            function.sym_visibility = None if function is entry else StringAttr("private")


# --- taking apart ---------------------------------------------------------------------------------


def constant_values(entry: FuncOp) -> set[SSAValue]:
    """What follows from parameters and constants alone."""
    constant: set[SSAValue] = set()
    for op in entry.body.block.ops:
        if isinstance(op, LaunchOp) or not op.results or not is_side_effect_free(op):
            continue
        if all(value in constant for value in captured(op)):
            constant.update(op.results)
    return constant


def _weights(launch: LaunchOp, program: ProgramOp, constant: set[SSAValue]) -> dict[str, SSAValue]:
    """The operands of a launch that are weights, by the names of the arguments."""
    taken = [
        (name.data, role.data)
        for name, role in zip(program.names.data, program.roles.data, strict=True)
        if role.data is not Role.OUTPUT
    ]
    pairs = zip(taken, launch.arguments, strict=True)
    found = {name: value for (name, role), value in pairs if role is Role.WEIGHT}
    for name, value in found.items():
        if value not in constant:
            fail(
                launch,
                f"weight '{name}' of @{program.sym_name.data} depends on an input",
                help="an argument that differs between calls is an input",
            )
    return found


def _boundary(
    entry: FuncOp, constant: set[SSAValue], weights: Mapping[LaunchOp, Mapping[str, SSAValue]]
) -> list[SSAValue]:
    """Computed constants that the rest of the function uses."""
    found: dict[SSAValue, None] = {}
    for op in entry.body.block.ops:
        if op.results and all(r in constant for r in op.results):
            continue
        held = list(weights[op].values()) if isinstance(op, LaunchOp) else []
        for value in captured(op):
            if value in held:
                held.remove(value)
            elif value in constant and not isinstance(value.owner, SOURCES):
                found[value] = None
    return list(found)


# --- putting together -----------------------------------------------------------------------------


def _with_weights_inside(
    module: ModuleOp,
    programs: Mapping[str, ProgramOp],
    weights: Mapping[LaunchOp, Mapping[str, SSAValue]],
    values: Values,
) -> list[tuple[str, ProgramOp, dict[str, Array]]]:
    """Launches of inputs alone: one program per set of weights, and a declaration of each."""
    for program in programs.values():
        program.detach()
    names: dict[tuple[str, tuple[SSAValue, ...]], str] = {}
    found: list[tuple[str, ProgramOp, dict[str, Array]]] = []
    for launch, held in weights.items():
        name = launch.program.root_reference.data
        key = (name, tuple(held.values()))
        if key not in names:
            count = sum(known == name for known, _ in names)
            names[key] = f"{name}.{count}" if count else name
            found.append((names[key], programs[name], {n: values[v] for n, v in held.items()}))
        _replace_launch(launch, names[key], programs[name])
    declarations = [declaration(name, program) for name, program, _ in found]
    first = module.body.block.first_op
    assert first is not None, "the entry is there"
    module.body.block.insert_ops_before(declarations, first)
    return found


def _replace_launch(launch: LaunchOp, name: str, program: ProgramOp) -> None:
    roles = [role.data for role in program.roles.data if role.data is not Role.OUTPUT]
    pairs = zip(launch.arguments, roles, strict=True)
    inputs = [value for value, role in pairs if role is Role.INPUT]
    new = LaunchOp(name, inputs, [r.type for r in launch.outputs])
    new.location = launch.location
    block = launch.parent
    assert block is not None
    block.insert_op_before(new, launch)
    for old, result in zip(launch.results, new.results, strict=True):
        result.name_hint = old.name_hint
        old.replace_all_uses_with(result)
    launch.detach()
    launch.erase()


def declaration(name: str, program: ProgramOp) -> ProgramOp:
    """A program of the same inputs and outputs, without ops: what a launch needs to know."""
    rows = [
        (argument.type, role, text.data)
        for argument, role, text in zip(
            program.body.block.args, program.roles.data, program.names.data, strict=True
        )
        if role.data is not Role.WEIGHT
    ]
    block = Block(arg_types=[type for type, _, _ in rows])
    for argument, (_, _, text) in zip(block.args, rows, strict=True):
        argument.name_hint = text if text.isidentifier() else None
    roles, names = [role for _, role, _ in rows], [text for _, _, text in rows]
    return ProgramOp(name, program.machine, roles, names, Region(block))


def _as_parameters(entry: FuncOp, kept: Sequence[SSAValue], values: Values) -> dict[str, Array]:
    """Computed constants that the function goes on to use become parameters of it."""
    constants: dict[str, Array] = {}
    block = entry.body.block
    for number, value in enumerate(kept):
        param = ParamOp(f"host.{number}", cast(Tensor, value.type))
        first = block.first_op
        assert first is not None
        block.insert_op_before(param, first)
        value.replace_all_uses_with(param.result)
        constants[f"host.{number}"] = values[value]
    return constants


def _large_constants_as_parameters(module: ModuleOp) -> dict[str, Array]:
    """Constants whose text would be long, or be a short splat of much memory, leave the text."""
    constants: dict[str, Array] = {}
    for op in list(module.walk()):
        value = op.value if isinstance(op, ConstantOp | arith.ConstantOp) else None
        if not isinstance(value, DenseIntOrFPElementsAttr):
            continue
        type = op.results[0].type
        if not is_tensor(type) or prod(type.get_shape()) <= MAX_WRITTEN:
            continue
        name = f"constant.{len(constants)}"
        constants[name] = array_of(cast(Dense, value))
        param = ParamOp(name, type)
        param.location = op.location
        block = op.parent
        assert block is not None, "a constant is in a block"
        block.insert_op_before(param, op)
        op.results[0].replace_all_uses_with(param.result)
        op.detach()
        op.erase()
    return constants


def _erase_unused(entry: FuncOp) -> None:
    for op in reversed(list(entry.body.block.ops)):
        unused = bool(op.results) and not any(result.first_use for result in op.results)
        if unused and (isinstance(op, LaunchOp) or is_side_effect_free(op)):
            op.detach()
            op.erase()


# --- computing ------------------------------------------------------------------------------------


def evaluate(
    wanted: Sequence[SSAValue], params: Mapping[str, Array], options: CompileOptions
) -> Values:
    """The values of constants, by native code where there is much to do."""
    values: Values = {}
    for value in wanted:
        if isinstance(value.owner, ParamOp):
            values[value] = _contents(value.owner, params)
    rest = list(dict.fromkeys(v for v in wanted if v not in values))
    if not rest:
        return values
    ops = slice_of(rest)
    given = [op for op in ops if isinstance(op, ParamOp)]
    body = [op for op in ops if not isinstance(op, ParamOp)]
    module = function_of(body, [op.result for op in given], rest)
    arrays = [_contents(op, params) for op in given]
    executable = compile_host(module, {}, options)[0]
    values.update(zip(rest, executable.execute(arrays), strict=True))
    return values


def _contents(op: ParamOp, params: Mapping[str, Array]) -> Array:
    """A parameter in the type in which it is held."""
    (array,) = with_types([op.type], [params[op.param_name.data]])
    return array


def function_of(
    ops: Sequence[Operation], inputs: Sequence[SSAValue], outputs: Sequence[SSAValue]
) -> ModuleOp:
    """A module with one function of copies of ops, from values they use to values they make."""
    block = Block(arg_types=[v.type for v in inputs])
    known: dict[SSAValue, SSAValue] = dict(zip(inputs, block.args, strict=True))
    for op in ops:
        block.add_op(op.clone(known))
    block.add_op(ReturnOp(*(known[v] for v in outputs)))
    type = FunctionType.from_lists([v.type for v in inputs], [v.type for v in outputs])
    return ModuleOp([FuncOp(PIECE, type, Region(block))])


def compile_host(
    module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
) -> tuple[Executable, str]:
    """What `function_of` made, ready to run, and by what: `cpu`, or `ref` and why.

    Little work is left to the interpreter, which answers sooner than code can be made; so is what
    the CPU target refuses.
    """
    registry = options.registry
    settings = CompileOptions(PIECE, options.cache, options.threads, registry=registry)
    ref = cast(Target, registry.find("target", "ref"))
    if _elements(module) <= SMALL:
        return ref.compile(module, params, settings), "ref: little work"
    cpu = cast(Target, registry.find("target", "cpu"))  # late: it loads LLVM
    try:
        return cpu.compile(module, params, settings), "cpu"
    except CompileError as error:
        if ref.unsupported(module, settings):
            raise
        return ref.compile(module, params, settings), f"ref: {error.diagnostics[0].message}"


def _elements(module: ModuleOp) -> int:
    """The elements of all tensors that are made; dynamic sizes count as 1."""
    made = (result.type for op in module.walk() for result in op.results)
    return sum(prod(max(1, size) for size in shape_of(type)) for type in made)
