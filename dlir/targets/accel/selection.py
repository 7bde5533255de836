"""Which instructions an engine op is: its fields, its loops, and what does not fit one instruction.

Everything here depends on an op's `Form` alone, which leaves out where its operands begin, so each
form is selected once (`template_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.accel.ops import ENGINE_OPS, FieldValue
from dlir.dialects.accel.verify import REDUCING_WALK
from dlir.dialects.isa.fields import TYPES
from dlir.numpy_types import BFLOAT16
from dlir.targets.accel.code import (
    Code,
    Instruction,
    Operand,
    Template,
    Vector,
    assemble,
    moved,
    repeat,
)
from dlir.targets.accel.transfers import transfer_code
from dlir.targets.accel.walks import Piece, Walk, canonical, fits, pieces


class Form(NamedTuple):
    """An engine op without the rows at which its walks begin."""

    name: str
    trips: Vector
    steps: tuple[Vector, ...]
    """Per operand and loop, in the operand's units."""
    fields: tuple[FieldValue, ...]
    """In the order of the op's FIELDS."""
    operands: tuple[Operand, ...]


FIELDS = {op.name: tuple(op.FIELDS) for op in ENGINE_OPS}
"""Engine op -> the names of its fields."""

Fields: TypeAlias = dict[str, Any]


class Unencodable(Exception):
    """No instructions of the machine do what the op says."""


@lru_cache(maxsize=1 << 14)
def template_of(form: Form, machine_rows: int, loops: bool) -> Template:
    """The words of a form. Raises Unencodable."""
    fields: Fields = dict(zip(FIELDS[form.name], form.fields, strict=True))
    if form.name == "accel.matmul" and fields["k"] > machine_rows:
        raise Unencodable(f"has k = {fields['k']}; the array has {machine_rows} rows")
    return assemble(SELECT[form.name](form, fields, loops))


def _nest(form: Form, code: Code, loops: bool, first: int = 0) -> Code:
    """A body inside of the loops from `first` on."""
    for level in range(len(form.trips) - 1, first - 1, -1):
        code = repeat(form.trips[level], _steps(form, level), code, loops=loops)
    return code


def _steps(form: Form, level: int) -> Vector:
    """What a loop moves each operand by; always three numbers."""
    steps = tuple(steps[level] for steps in form.steps)
    if form.name == "accel.binary" and len(steps) == 2:
        return steps[0], 0, steps[1]
    return (*steps, *[0] * (3 - len(steps)))


# --- transfers ------------------------------------------------------------------------------------


def _load(form: Form, fields: Fields, loops: bool) -> Code:
    return transfer_code("ld", 1, form.trips, form.steps, fields["count"], form.operands, loops)


def _store(form: Form, fields: Fields, loops: bool) -> Code:
    return transfer_code("st", 0, form.trips, form.steps, fields["count"], form.operands, loops)


def _gather(form: Form, fields: Fields, loops: bool) -> Code:
    table, index, target = form.operands
    most = 4096 // (index.line // 4) * (index.line // 4)  # whole lines of indices
    body: list[Instruction] = []
    for first in range(0, fields["rows"], most):
        rows = min(most, fields["rows"] - first)
        values = {"mem": str(target.memory), "rows": rows, "len": table.unit}
        offsets = (0, first * 4 // index.line, first * target.unit)
        body.append(Instruction("ldx", values, offsets))
    return _nest(form, tuple(body), loops)


# --- the matrix unit ------------------------------------------------------------------------------


def _matmul(form: Form, fields: Fields, loops: bool) -> Code:
    return _Planes(form, fields, loops).code(0, first=bool(fields["start"]))


class _Planes:
    """A matmul: planes are loaded in the outer loops, rows stream in the inner ones."""

    def __init__(self, form: Form, fields: Fields, loops: bool) -> None:
        self.form, self.fields, self.loops = form, fields, loops
        a, w, _ = form.operands
        step = fields["step"] * w.unit
        rows = fields["n"] if fields["tr"] else fields["k"]
        if rows > 1 and not 0 <= step < 256:
            raise Unencodable(f"has a weight row every {step} lines; an instruction reaches 255")
        size = {"k": fields["k"], "n": fields["n"], "dt": a.type}
        self.load = Instruction(
            "lw",
            {"mem": str(w.memory), "step": step if rows > 1 else 1, "tr": fields["tr"], **size},
        )
        walk = Walk(fields["nx"], fields["sx"] * a.unit, fields["ny"], fields["sy"] * a.unit)
        self.pieces = list(pieces("mm", walk))
        self.size = size

    def code(self, level: int, first: bool) -> Code:
        """The loops from `level` on; `first` while all sums before have not begun."""
        form = self.form
        if level == self.fields["planes"]:
            return (self.load, *self.rows(level, first, swap=True))
        count, steps = form.trips[level], _steps(form, level)
        if not first or steps[2]:
            return repeat(count, steps, self.code(level + 1, first), loops=self.loops)
        rest = repeat(count - 1, steps, self.code(level + 1, False), loops=self.loops)
        return self.code(level + 1, True) + moved(rest, steps)

    def rows(self, level: int, first: bool, swap: bool) -> Code:
        """The inner loops: only the very first instruction exchanges the planes."""
        form = self.form
        if not swap:
            return _nest(form, self.stream(first, False), self.loops, level)
        if level == len(form.trips):
            return self.stream(first, True)
        steps = _steps(form, level)
        plain = self.rows(level + 1, first, swap=False)
        rest = repeat(form.trips[level] - 1, steps, plain, loops=self.loops)
        return self.rows(level + 1, first, swap=True) + moved(rest, steps)

    def stream(self, first: bool, swap: bool) -> Code:
        """The rows of one point of the nest."""
        return tuple(
            Instruction(
                "mm",
                {**walk.fields, **self.size, "acc": int(not first), "swap": int(swap and not i)},
                (source, 0, result),
            )
            for i, (walk, source, result) in enumerate(self.pieces)
        )


# --- the vector unit ------------------------------------------------------------------------------


def _binary(form: Form, fields: Fields, loops: bool) -> Code:
    x, *seconds, d = form.operands
    mode, fn = str(fields["ymode"]), str(fields["fn"])
    y = seconds[0] if seconds else x
    source = _source_type([x, *seconds])
    values = {
        "fn": fn, "ymode": mode, "imm": _immediate(fields["imm"], source),
        "x_mem": str(x.memory), "y_mem": str(y.memory), "d_mem": str(d.memory),
        "dt_d": _vector_type(d), "dt_s": source,
    }  # fmt: skip
    y_step = y.unit if mode in ("row", "lane") else 0
    body: list[Instruction] = []
    for first in range(0, fields["rows"], 4096):
        rows = min(4096, fields["rows"] - first)
        offsets = (first * x.unit, first * y_step, first * d.unit)
        body.append(Instruction("vv", {**values, "rows": rows}, offsets))
    return _nest(form, tuple(body), loops)


def _unary(form: Form, fields: Fields, loops: bool) -> Code:
    x, d = form.operands
    walk = Walk(*(fields[name] for name in ("nx", "sx", "ny", "sy")))
    values = {
        "fn": str(fields["fn"]), "n": fields["n"], "x_mem": str(x.memory), "d_mem": str(d.memory),
        "dt_d": _vector_type(d), "dt_s": _vector_type(x),
    }  # fmt: skip
    body = tuple(
        Instruction(
            "vs", {**values, **part.walk.fields}, (part.source * x.unit, part.result * d.unit, 0)
        )
        for part in _unary_pieces(str(fields["fn"]), walk)
    )
    return _nest(form, body, loops)


def _unary_pieces(fn: str, walk: Walk) -> list[Piece]:
    """Functions of whole walks stay whole, or are cut where their results are."""
    if fn == "transpose":
        for one in (walk, canonical(walk), Walk(1, 1, walk.nx, walk.sx)):
            if fits("vs", one) and one.nx * one.ny == walk.nx * walk.ny:
                return [Piece(one, 0, 0)]
        raise Unencodable(f"transposes a walk of steps {walk.sx} and {walk.sy}")
    if fn not in REDUCING_WALK:
        return list(pieces("vs", walk))
    nx, sx, ny, sy = walk
    row = Walk(nx, sx if nx > 1 else 1, 1, 0)
    if not fits("vs", row):
        raise Unencodable(f"reduces {nx} rows, one every {sx}; an instruction takes 4096 every 255")
    if fits("vs", walk):
        return [Piece(walk, 0, 0)]
    most = 1024 if fits("vs", Walk(nx, row.sx, 2, sy)) else 1
    return [
        Piece(Walk(nx, row.sx, min(most, ny - y), sy if min(most, ny - y) > 1 else 0), y * sy, y)
        for y in range(0, ny, most)
    ]


def _source_type(operands: list[Operand]) -> str:
    """The type of what lies in the scratchpad; what lies in the accumulators follows from it."""
    narrow = [one for one in operands if one.memory is Memory.SPM]
    return _vector_type((narrow or operands)[0])


def _vector_type(operand: Operand) -> str:
    if operand.type not in TYPES:
        raise Unencodable(f"has an operand of {operand.type}; types: {', '.join(TYPES)}")
    return operand.type


def _immediate(value: FieldValue, type: str) -> int:
    """The 16 bits of an immediate as a signed integer."""
    number = float(value)
    if type in ("bf16", "f32"):
        return int(np.array([number], np.float32).astype(BFLOAT16).view(np.int16)[0])
    if not -32768 <= int(number) < 32768:
        raise Unencodable(f"has the immediate {int(number)}, beyond 16 bits")
    return int(number)


SELECT: dict[str, Callable[[Form, Fields, bool], Code]] = {
    "accel.load": _load,
    "accel.store": _store,
    "accel.gather": _gather,
    "accel.matmul": _matmul,
    "accel.binary": _binary,
    "accel.unary": _unary,
}
