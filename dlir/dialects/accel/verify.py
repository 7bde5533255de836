"""The numbered rules of the `accel` ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import (
    BFloat16Type,
    Float32Type,
    IntegerAttr,
    ModuleOp,
    NoneAttr,
    StringAttr,
)
from xdsl.ir import Attribute, SSAValue

from dlir.diagnostics import require
from dlir.dialects.accel.access import MAX_NEST
from dlir.dialects.accel.arithmetic import DTYPES, FLOAT_UNARY
from dlir.dialects.accel.attrs import Memory, Role, lanes_of, memory_of, rows_of
from dlir.dialects.isa.fields import BINARY, UNARY, Y_MODES
from dlir.types import element_of, is_integer, is_memref, is_number, shape_of

if TYPE_CHECKING:
    from dlir.dialects.accel.ops import AllocOp, EngineOp, LaunchOp, ProgramOp

REDUCING_WALK = ("maxinto", "addinto")
"""Functions that make one row of each outer row of their walk."""

ON_CHIP = (Memory.SPM, Memory.ACC)

LEAST: dict[str, int] = {"planes": 0, "sx": 0, "sy": 0, "step": 0, "tr": 0, "start": 0, "n": 0}
"""The least value of a field that is a number; 1 for those that are not here."""

FLOAT_WIDTHS: dict[type[Attribute], int] = {Float32Type: 4, BFloat16Type: 2}
FLAGS = ("tr", "start")
WORDS = ("fn", "ymode")


def width_of(type: Attribute) -> int:
    """The bytes of an element of a memref."""
    assert is_memref(type)
    element = type.element_type
    if is_integer(element):
        return -(-element.width.data // 8)
    return FLOAT_WIDTHS.get(element.__class__, 0)


def kind_of(type: Attribute) -> str:
    """`i` for integers, `f` for floats."""
    assert is_memref(type)
    return "i" if is_integer(type.element_type) else "f"


def _text(type: Attribute) -> str:
    assert is_memref(type)
    return str(type.element_type)


# --- programs and tiles ---------------------------------------------------------------------------


def verify_program(op: ProgramOp) -> None:
    """Roles, names and types of the arguments."""
    count = len(op.body.block.args)
    names = [name.data for name in op.names.data]
    require(
        len(op.roles.data) == count == len(names) and len(set(names)) == count,
        "accel-program-c1",
        f"'accel.program' has {count} arguments, {len(op.roles.data)} roles and "
        f"{len(set(names))} different names",
    )
    for argument in op.body.block.args:
        type = argument.type
        require(
            _is_static(type) and memory_of(type) is None,
            "accel-program-c2",
            f"'accel.program' takes static memrefs of {', '.join(DTYPES)} in DRAM, got {type}",
        )


def _is_static(type: Attribute) -> bool:
    """Whether rows of numbers that the machine knows lie in a memory that it has."""
    return (
        is_memref(type)
        and min(type.get_shape(), default=0) > 0
        and _text(type) in DTYPES
        and (isinstance(type.memory_space, NoneAttr) or memory_of(type) is not None)
    )


def verify_launch(op: LaunchOp) -> None:
    """The program is there, and fits."""
    from dlir.dialects.accel.ops import ProgramOp

    around = op.get_toplevel_object()
    if not isinstance(around, ModuleOp):
        return
    name = op.program.root_reference.data
    programs = [p for p in around.ops if isinstance(p, ProgramOp) and p.sym_name.data == name]
    require(
        len(programs) == 1, "accel-launch-c1", f"'accel.launch' finds no 'accel.program' '@{name}'"
    )
    values = list(zip(programs[0].body.block.args, programs[0].roles.data, strict=True))
    taken = [v for v, role in values if role.data is not Role.OUTPUT]
    given = [v for v, role in values if role.data is Role.OUTPUT]
    for what, mine, theirs in (("operands", op.arguments, taken), ("results", op.outputs, given)):
        have, want = [_shaped(v) for v in mine], [_shaped(v) for v in theirs]
        require(
            have == want,
            "accel-launch-c1",
            f"'accel.launch' has {what} ({', '.join(have)}), '@{name}' has ({', '.join(want)})",
        )


def _shaped(value: SSAValue) -> str:
    """Shape and element type of a tensor or memref: `4x16xi8`."""
    return "x".join([*map(str, shape_of(value.type)), str(element_of(value.type))])


def verify_alloc(op: AllocOp) -> None:
    """The type is that of a tile."""
    type = op.tile.type
    fine = _is_static(type) and (memory_of(type) is not Memory.ACC or width_of(type) == 4)
    require(fine, "accel-alloc-c1", f"'accel.alloc' cannot make a tile of {type}")
    at = 0 if op.at is None else op.at.value.data
    require(at >= 0, "accel-alloc-c1", f"'accel.alloc' cannot place a tile at {at}")


# --- engine ops -----------------------------------------------------------------------------------


def verify_engine_op(op: EngineOp) -> None:
    """What all have in common, then what each asks for."""
    rule = op.name.replace(".", "-")
    trips = op.trips
    most = len(op.SEPARATORS) + 1
    least = most - 1 if "" in op.SEPARATORS and "ymode" in op.FIELDS else most
    require(
        len(trips) <= MAX_NEST
        and all(n >= 1 for n in trips)
        and least <= len(op.addresses) <= most
        and len(op.walks.data) == len(op.addresses)
        and all(len(walk) == 1 + len(trips) for walk in op.walks.data),
        f"{rule}-c1",
        f"'{op.name}' has {len(trips)} loops {list(trips)} and {len(op.walks.data)} walks for "
        f"{len(op.addresses)} addresses; at most {MAX_NEST} loops of at least one trip",
    )
    _verify_fields(op, rule)
    lanes = [lanes_of(value.type) for value in op.addresses]
    require(
        len(set(lanes)) == 1,
        f"{rule}-c3",
        f"'{op.name}' has rows of {lanes} lanes, not of one size",
    )
    if "planes" in op.FIELDS:
        _verify_planes(op, rule)
    CHECKS[op.name](op, rule)
    _verify_inside(op, rule)


def _verify_fields(op: EngineOp, rule: str) -> None:
    for name in op.fields.data if op.fields is not None else ():
        known = ", ".join(op.FIELDS)
        require(name in op.FIELDS, f"{rule}-c1", f"'{op.name}' has no field '{name}' of {known}")
        assert op.fields is not None
        held = op.fields.data[name]
        require(
            _is_value(name, held), f"{rule}-c1", f"'{op.name}' has no '{name}' of {_shown(held)}"
        )


def _is_value(name: str, held: Attribute) -> bool:
    """Whether a field can have a value."""
    if name in WORDS:
        return isinstance(held, StringAttr)
    if name == "imm":
        return is_number(held)
    if not isinstance(held, IntegerAttr):
        return False
    number = held.value.data
    return number >= LEAST.get(name, 1) and (name not in FLAGS or number <= 1)


def _shown(held: Attribute) -> str:
    return str(held.value.data) if isinstance(held, IntegerAttr) else str(held)


def _verify_planes(op: EngineOp, rule: str) -> None:
    planes, (_, walk) = op.field("planes"), op.accesses[1]
    require(
        0 <= planes <= len(op.trips) and not any(walk.steps[planes:]),
        f"{rule}-c1",
        f"'{op.name}' loads planes in {planes} of {len(op.trips)} loops, but w moves by "
        f"{list(walk.steps)}",
    )


def _verify_inside(op: EngineOp, rule: str) -> None:
    for (value, access), (count, step, times) in zip(op.accesses, op.spans(), strict=True):
        low, high = access.bounds(op.trips)
        high += count - 1 + step * (times - 1)
        rows = rows_of(value.type)
        require(
            low >= 0 and high < rows,
            f"{rule}-c2",
            f"'{op.name}' touches rows {low} to {high} of a memref of {rows} rows",
        )


def _require_memories(op: EngineOp, rule: str, *allowed: tuple[Memory | None, ...]) -> None:
    for value, memories in zip(op.addresses, allowed, strict=True):
        found = memory_of(value.type)
        names = ", ".join("dram" if m is None else m.value for m in memories)
        require(
            found in memories,
            rule,
            f"'{op.name}' expects a memref in {names}, got {value.type}",
        )


def _verify_copy(op: EngineOp, rule: str, *allowed: tuple[Memory | None, ...]) -> None:
    source, target = op.addresses[0].type, op.addresses[-1].type
    require(
        width_of(source) == width_of(target),
        f"{rule}-c3",
        f"'{op.name}' copies {_text(source)} to {_text(target)}",
    )
    _require_memories(op, f"{rule}-c4", *allowed)


def _verify_load(op: EngineOp, rule: str) -> None:
    _verify_copy(op, rule, (None,), tuple(Memory))


def _verify_store(op: EngineOp, rule: str) -> None:
    _verify_copy(op, rule, ON_CHIP, (None,))


def _verify_gather(op: EngineOp, rule: str) -> None:
    _verify_copy(op, rule, (None,), (Memory.SPM,), ON_CHIP)
    index = op.addresses[1].type
    require(
        width_of(index) == 4 and kind_of(index) == "i",
        f"{rule}-c4",
        f"'{op.name}' takes i32 indices, got {_text(index)}",
    )


def _verify_matmul(op: EngineOp, rule: str) -> None:
    a, w, c = (value.type for value in op.addresses)
    names = tuple(_text(t) for t in (a, w, c))
    require(
        names in (("i8", "i8", "i32"), ("bf16", "bf16", "f32")),
        f"{rule}-c3",
        f"'{op.name}' multiplies i8 into i32 or bf16 into f32, got {' and '.join(names)}",
    )
    _require_memories(op, f"{rule}-c4", (Memory.SPM,), (Memory.SPM, Memory.WBUF), (Memory.ACC,))
    for name in ("k", "n"):
        require(
            1 <= op.field(name) <= lanes_of(a),
            f"{rule}-c4",
            f"'{op.name}' has {name} = {op.field(name)}, of {lanes_of(a)} lanes",
        )


def _verify_binary(op: EngineOp, rule: str) -> None:
    fn, mode = op.field("fn"), op.field("ymode")
    require(
        fn in BINARY and mode in Y_MODES and len(op.addresses) == (2 if mode == "imm" else 3),
        f"{rule}-c3",
        f"'{op.name}' has no function '{fn}' with ymode '{mode}' of {len(op.addresses)} addresses",
        f"functions: {', '.join(BINARY)}; modes: {', '.join(Y_MODES)}",
    )
    _require_memories(op, f"{rule}-c4", *[ON_CHIP] * len(op.addresses))
    operands = [value.type for value in op.addresses[:-1]]
    narrow = {_text(t) for t in operands if memory_of(t) is Memory.SPM}
    require(
        len(narrow) <= 1 and len({kind_of(t) for t in operands}) == 1,
        f"{rule}-c4",
        f"'{op.name}' has operands of {' and '.join(map(_text, operands))}",
    )
    whole = kind_of(operands[0]) == "i"
    fits = {
        "shr": whole,
        "requant": mode == "all" and _text(operands[0]) == _text(operands[-1]) == "i32",
        "quant": mode != "imm" and not whole,
        "div": not whole,
    }
    require(
        fits.get(fn, True),
        f"{rule}-c4",
        f"'{op.name}' has '{fn}' of {' and '.join(map(_text, operands))} with ymode '{mode}'",
        "'shr' takes integers; 'requant' takes i32, and two rows of i32 with ymode = \"all\"; "
        "'div' and 'quant' take floats, and 'quant' no immediate",
    )


def _verify_unary(op: EngineOp, rule: str) -> None:
    fn = op.field("fn")
    require(
        fn in UNARY,
        f"{rule}-c3",
        f"'{op.name}' has no function '{fn}'",
        f"functions: {', '.join(UNARY)}",
    )
    rows, lanes = op.field("nx") * op.field("ny"), lanes_of(op.addresses[0].type)
    require(
        op.field("n") <= lanes,
        f"{rule}-c3",
        f"'{op.name}' has n = {op.field('n')}, of {lanes} lanes",
    )
    if fn == "transpose":
        require(rows <= lanes, f"{rule}-c3", f"'{op.name}' transposes {rows} rows into {lanes}")
    _require_memories(op, f"{rule}-c4", ON_CHIP, ON_CHIP)
    source = op.addresses[0].type
    require(
        fn not in FLOAT_UNARY or kind_of(source) == "f",
        f"{rule}-c4",
        f"'{op.name}' has '{fn}' of {_text(source)}; it is defined for floats",
    )


CHECKS: dict[str, Callable[[EngineOp, str], None]] = {
    "accel.load": _verify_load,
    "accel.store": _verify_store,
    "accel.gather": _verify_gather,
    "accel.matmul": _verify_matmul,
    "accel.binary": _verify_binary,
    "accel.unary": _verify_unary,
}
