"""The roofline of a function: its ops one by one, in total, and as a whole.

An op by itself takes its tensors from memory and leaves them there; its time is that of the highest
roof. In total, ops follow one another. As a whole, nothing but the function's arguments, weights
and results moves, and all arithmetic overlaps with it: what perfect fusion would reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation, SSAValue

from dlir.diagnostics import Severity, diagnose, emit, fail, name_of, op_name
from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops.base import DlOp, element_of, shape_of
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.source import ConstantOp, DimOp, ParamOp
from dlir.targets.roofline.machine import Machine, Task
from dlir.targets.roofline.work import Work, elements, tensors, work_of
from dlir.types import is_tensor

GIVEN = (ParamOp, ConstantOp, DimOp)
"""Ops that do nothing when the function runs."""
NO_BOUND = "none"
"""The name of the binding roof of what takes no time."""


@dataclass(frozen=True)
class Row:
    """An op on the machine."""

    op: str
    loc: str
    op_class: OpClass
    work: Work
    bytes: int
    """Moved between the op and memory."""
    footprint: int
    """Bytes of the different elements that it touches."""
    fits: str | None
    """The nearest memory that holds these; None where there are none."""
    roofs: Mapping[str, float]
    """Roof -> seconds at least."""

    @property
    def time(self) -> float:
        """Seconds at least."""
        return max(self.roofs.values(), default=0.0)

    @property
    def bound(self) -> str:
        """The roof that binds."""
        return binding(self.roofs)

    @property
    def intensity(self) -> float | None:
        """Operations per byte; None where nothing moves."""
        return self.work.flops / self.bytes if self.bytes else None


@dataclass(frozen=True)
class Unknown:
    """An op of which the work is not known."""

    op: str
    loc: str


@dataclass(frozen=True)
class Roofline:
    """The report on a function."""

    function: str
    machine: Machine
    rows: list[Row]
    unknown: list[Unknown]
    once: int
    """Ops on weights alone, which run when the program is loaded and are left out."""
    weights: int
    """Bytes of the weights and constants."""
    live: int
    """The most bytes of other tensors that are there at one time, each op's results beside its
    operands; only results in place of operands take less."""
    whole: Mapping[str, float]
    """Roof -> seconds, of the function as a whole."""
    whole_bytes: int
    """Bytes of arguments, weights and results, as far as they are touched."""

    @cached_property
    def flops(self) -> int:
        return sum(row.work.flops for row in self.rows)

    @cached_property
    def macs(self) -> int:
        return sum(row.work.macs for row in self.rows)

    @cached_property
    def bytes(self) -> int:
        return sum(row.bytes for row in self.rows)

    @cached_property
    def time(self) -> float:
        """Seconds at least, op after op."""
        return sum(row.time for row in self.rows)

    @property
    def footprint(self) -> int:
        """Bytes of memory of a call: the weights, and the most of what else is live."""
        return self.weights + self.live

    @cached_property
    def shares(self) -> dict[str, float]:
        """Roof -> the share of the time for which it binds."""
        times: dict[str, float] = {}
        for row in self.rows:
            times[row.bound] = times.get(row.bound, 0.0) + row.time
        return {name: t / self.time for name, t in times.items() if t}

    @property
    def bound(self) -> str:
        """The roof that binds for most of the time."""
        return binding(self.shares)

    @property
    def types(self) -> set[str]:
        """The element types that anything is computed in."""
        return {name for row in self.rows for name in row.work.ops}

    def of_class(self, op_class: OpClass) -> list[Row]:
        """The ops of a class."""
        return [row for row in self.rows if row.op_class is op_class]


def binding(roofs: Mapping[str, float]) -> str:
    """The highest of some roofs; of equal ones, the first."""
    highest = max(roofs.values(), default=0.0)
    return next((name for name, n in roofs.items() if n == highest and n), NO_BOUND)


def analyse(function: FuncOp, machine: Machine) -> Roofline:
    """The roofline of a function. Unknown work is warned of.

    Raises CompileError at an op with an unknown size, and for a function without a body or with
    branches.
    """
    if len(function.body.blocks) != 1:
        fail(function, f"@{function.sym_name.data} has no straight body: it is a declaration, or "
             "has branches", rule="dl-roofline", help="analyse a function of dl ops")  # fmt: skip
    return _Analysis(function, machine).report()


@dataclass
class _Analysis:
    """The analysis of one function."""

    function: FuncOp
    machine: Machine
    unknown: list[Unknown] = field(default_factory=list[Unknown])
    constant: dict[SSAValue, bool] = field(default_factory=dict[SSAValue, bool])
    """Tensor that depends on weights alone -> whether it is computed of them."""

    def report(self) -> Roofline:
        tasks = [task for op in self.function.body.block.ops for task in self._visit(op)]
        weights = {_source(value) for task in tasks for value in task.weights}
        outside = self._outside(tasks)
        return Roofline(
            function=self.function.sym_name.data,
            machine=self.machine,
            rows=[self._row(task) for task in tasks],
            unknown=self.unknown,
            once=len({v.owner for v, computed in self.constant.items() if computed}),
            weights=sum(self._bytes(weights).values()),
            live=self._live(),
            whole=self._whole(tasks, outside),
            whole_bytes=sum(outside.values()),
        )

    # --- ops ----------------------------------------------------------------------------------

    def _visit(self, op: Operation) -> Iterable[Task]:
        """The task of an op, if it has one."""
        if isinstance(op, GIVEN):
            self.constant.update((r, False) for r in op.results if is_tensor(r.type))
        elif isinstance(op, DlOp):
            _require_sizes(op)
            if op.operands and all(o in self.constant for o in op.operands):
                self.constant.update((r, True) for r in op.results)
            elif (work := work_of(op)) is not None:
                yield self._task(op, work)
            else:
                self._leave_out(op)
        elif not isinstance(op, ReturnOp) and (op.regions or tensors(op)):
            self._leave_out(op)

    def _leave_out(self, op: Operation) -> None:
        name = op_name(op)
        self.unknown.append(Unknown(name, name_of(op)))
        message = "does work that is unknown: the totals are without it"
        emit(diagnose(Severity.WARNING, op, message, rule="dl-roofline"))

    def _task(self, op: DlOp, work: Work) -> Task:
        """The bytes of an op's work, by what they are."""
        parts: dict[str, dict[SSAValue, int]] = {"weights": {}, "edges": {}, "between": {}}
        for value, count in work.moved.items():
            twice = self.machine.sums_in_memory and value is work.accumulated
            is_edge = _source(value) in self.edges
            kind = "weights" if value in self.constant else "edges" if is_edge else "between"
            size = self.machine.size_of(element_of(value))
            parts[kind][value] = (1 + twice) * count * size
        return Task(op, work, **parts)

    def _row(self, task: Task) -> Row:
        counts = task.work.moved.items()
        footprint = sum(n * self.machine.size_of(element_of(value)) for value, n in counts)
        return Row(
            op=task.op.name,
            loc=name_of(task.op),
            op_class=task.op.op_class,
            work=task.work,
            bytes=task.bytes,
            footprint=footprint,
            fits=self._fits(footprint),
            roofs=self.machine.roofs(task),
        )

    def _fits(self, footprint: int) -> str | None:
        if not footprint:
            return None
        levels = self.machine.levels.items()
        outside = next(iter(self.machine.memories))
        return next((name for name, size in levels if footprint <= size), outside)

    # --- values -------------------------------------------------------------------------------

    @cached_property
    def edges(self) -> set[SSAValue]:
        """Arguments and results, also where an op only gives them another shape."""
        block = self.function.body.block
        found: set[SSAValue] = {value for value in block.args if is_tensor(value.type)}
        last = block.last_op
        for value in last.operands if isinstance(last, ReturnOp) else ():
            if is_tensor(value.type):
                found.add(_source(value))
        return found

    def _bytes(self, values: Iterable[SSAValue]) -> dict[SSAValue, int]:
        """The sizes of tensors, each once, whatever its shapes."""
        return {
            value: elements(value) * self.machine.size_of(element_of(value))
            for value in {_source(value) for value in values}
            if DYNAMIC_INDEX not in shape_of(value)
        }

    def _outside(self, tasks: Iterable[Task]) -> dict[SSAValue, int]:
        """Bytes of arguments, weights and results: all that is touched of them, once."""
        touched: dict[SSAValue, int] = {}
        for task in tasks:
            for value, count in (*task.weights.items(), *task.edges.items()):
                touched[_source(value)] = touched.get(_source(value), 0) + count
        sizes = self._bytes(touched)
        return {value: min(count, sizes[value]) for value, count in touched.items()}

    def _whole(self, tasks: list[Task], outside: Mapping[SSAValue, int]) -> dict[str, float]:
        """Roofs of everything at once: arithmetic adds up, memory moves what is outside."""
        if not tasks:
            return {}
        weights = {v: n for v, n in outside.items() if v in self.constant}
        edges = {v: n for v, n in outside.items() if v not in self.constant}
        roofs = self.machine.roofs(Task(tasks[0].op, Work({}), weights, edges, {}))
        for task in tasks:
            alone = self.machine.roofs(task)
            for name in roofs.keys() - self.machine.memories.keys():
                roofs[name] += alone[name]
        return roofs

    def _live(self) -> int:
        """The most bytes of arguments, results and what is between that are needed at once."""
        block = self.function.body.block
        last_use: dict[SSAValue, int] = {}
        ops = list(block.ops)
        for place, op in enumerate(ops):
            last_use.update((_source(v), place) for v in op.operands if is_tensor(v.type))
        sizes = self._bytes(v for v in [*block.args, *(r for op in ops for r in op.results)]
                            if is_tensor(v.type) and _source(v) not in self.constant)  # fmt: skip
        live = {v for v in block.args if v in sizes}
        now = most = sum(sizes[v] for v in live)
        for place, op in enumerate(ops):
            made = {v for v in op.results if v in sizes} - live
            now += sum(sizes[v] for v in made)
            most = max(most, now)
            # An argument is the caller's, who keeps it.
            gone = {v for v in live | made if last_use.get(v, place) == place and _is_made(v)}
            now -= sum(sizes[v] for v in gone)
            live = (live | made) - gone
        return most


def _is_made(value: SSAValue) -> bool:
    return isinstance(value.owner, Operation)


def _source(value: SSAValue) -> SSAValue:
    """What a value is a view of."""
    while isinstance(owner := value.owner, ReshapeOp):
        value = owner.x
    return value


def _require_sizes(op: DlOp) -> None:
    for value in tensors(op):
        if DYNAMIC_INDEX in shape_of(value):
            fail(
                op,
                f"has a size that is known at run time only: {value.type}",
                rule="dl-roofline",
                help="give the arguments sizes first: --dl-specialize=shapes=ARGUMENT:1x128 (or "
                "batch=1) in front of the roofline",
            )
