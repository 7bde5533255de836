"""The reference interpreter: runs any module with the numpy semantics of its dialects.

It is the oracle of every numeric test, so it prefers the obvious to the fast. One thing is done for
speed: a block is translated once into *steps* (function, op, operand keys, result keys), so that a
loop body costs one Python call per op. Out-of-range accesses, divisions by zero and failed
assertions raise, naming the op and its location.

A dialect gives `SEMANTICS: dict[type[Operation], Callable]`, found by name in `registry.SEMANTICS`;
each function is `f(interp, op, *operand_values)` and returns None, one value, or a tuple with one
value per result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, Region
from xdsl.traits import IsTerminator, SymbolOpInterface

from dlir.diagnostics import (
    CompileError,
    Diagnostic,
    Severity,
    diagnose,
    fail,
    op_name,
    place_of,
)
from dlir.numpy_types import Array, Value, find_dtype, with_bits_of
from dlir.registry import Registry, default_registry
from dlir.signature import bind, public_types

Semantics: TypeAlias = Callable[..., Any]
Observer: TypeAlias = Callable[[Operation, tuple[Value, ...]], None]


class ExecutionError(Exception):
    """The program went wrong while it ran; `diagnostic` names the op and its location."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        place = place_of(diagnostic.location)
        super().__init__(f"{place}: {diagnostic.message}" if place else diagnostic.message)


class ExecutionValueError(ExecutionError, ValueError):
    """A value the op has no answer for: a division by zero, a failed assertion, sizes at odds."""


class ExecutionIndexError(ExecutionError, IndexError):
    """An access outside a buffer or a tensor."""


@dataclass(frozen=True)
class Branch:
    """What a branching terminator (cf.br, cf.cond_br, ...) returns: the block to go on with."""

    block: Block
    arguments: Sequence[Value]


class Step(NamedTuple):
    """One op made ready to run; values live in the frame under the identity of their SSA value."""

    run: Semantics
    op: Operation
    operands: tuple[int, ...]
    results: tuple[int, ...]


class Interpreter:
    """Runs the functions of `module`.

    `params` are the external weights by name. Each function of `observers` is called as `(op,
    results)` after every op that is not a terminator. One interpreter may be used for many calls;
    it keeps no values between them. The module must not be changed while it is in use.
    """

    def __init__(
        self,
        module: ModuleOp,
        registry: Registry | None = None,
        params: Mapping[str, Array] | None = None,
    ):
        self.module = module
        self.registry = registry or default_registry()
        self.params: Mapping[str, Array] = params or {}
        self.observers: list[Observer] = []
        self.constants: dict[int, Value] = {}
        """Values of constant ops by the op's identity, so that a loop makes them once."""
        self._frame: dict[int, Value] = {}
        self._steps: dict[int, tuple[Step, ...]] = {}
        self._semantics: dict[type[Operation], Semantics] = {}
        self._symbols: dict[str, Operation] = {}
        for op in module.ops:
            name = op.get_attr_or_prop("sym_name")
            if name is not None:
                self._symbols[getattr(name, "data", "")] = op

    # What users call

    def call(self, function: str, *args: Any) -> tuple[Value, ...]:
        """Run `@function`; Python numbers and lists become values of the parameter types.

        Memref arguments are written in place. Raises CompileError for an unknown function or op,
        TypeError or ValueError for arguments that do not fit the signature, ExecutionError (see
        there) for faults at run time.
        """
        op = self.function(function)
        values = bind(op, args)
        try:
            with np.errstate(all="ignore"):
                results = self.run_function(op, *with_types(op.function_type.inputs, values))
                return with_types(public_types(op)[1], results)
        except RecursionError:
            error = diagnose(Severity.ERROR, op, f"@{function}: calls are nested too deeply")
            raise ExecutionValueError(error) from None

    # What semantics functions call

    def symbol(self, name: str) -> Operation | None:
        """The top-level op with that symbol name."""
        return self._symbols.get(name)

    def function(self, name: str) -> FuncOp:
        """The function with that name and a body; raises CompileError."""
        op = self._symbols.get(name)
        if not isinstance(op, FuncOp):
            known = ", ".join(f"@{n}" for n, f in self._symbols.items() if isinstance(f, FuncOp))
            fail(None, f"no function '@{name}'", help=f"functions here: {known or 'none'}")
        if op.is_declaration:
            fail(op, f"function '@{name}' is only declared and cannot run")
        return op

    def param(self, name: str) -> Array:
        """The external weight with that name; raises ValueError."""
        try:
            return self.params[name]
        except KeyError:
            raise ValueError(f'no weight named "{name}" was given') from None

    def run_function(self, op: FuncOp, *args: Value) -> tuple[Value, ...]:
        """Run a function's body in a frame of its own."""
        outer, self._frame = self._frame, {}
        try:
            return self.run_region(op.body, *args)
        finally:
            self._frame = outer

    def run_region(self, region: Region, *args: Value) -> tuple[Value, ...]:
        """Run from the entry block, following branches; the operands of the last terminator."""
        block = region.first_block
        if block is None:
            return ()
        while True:
            end = self._run(block, args)
            if not isinstance(end, Branch):
                return end
            block, args = end.block, tuple(end.arguments)

    def run_block(self, block: Block, *args: Value) -> tuple[Value, ...]:
        """Run one block that does not branch; the operands of its terminator."""
        end = self._run(block, args)
        assert not isinstance(end, Branch), "a single block cannot branch"
        return end

    # How it works

    def _run(self, block: Block, args: Sequence[Value]) -> tuple[Value, ...] | Branch:
        frame = self._frame
        steps = self._steps.get(id(block)) or self._prepare(block)
        for argument, value in zip(block.args, args, strict=True):
            frame[id(argument)] = value
        out: Any = ()
        step = steps[0]
        try:
            for step in steps:
                run, op, operands, results = step
                out = run(self, op, *[frame[key] for key in operands])
                if not results:
                    continue
                values: tuple[Value, ...] = out if out.__class__ is tuple else (out,)
                for key, value in zip(results, values, strict=True):
                    frame[key] = value
                for observer in self.observers:
                    observer(op, values)
        except (ExecutionError, CompileError, RecursionError):
            raise
        except (IndexError, ValueError, ArithmeticError, MemoryError) as error:
            _raise_located(step.op, error)
        return out

    def _prepare(self, block: Block) -> tuple[Step, ...]:
        """Translate a block; its last step is the terminator (or nothing, when it has none)."""
        steps = [
            Step(
                self._find(op),
                op,
                tuple(id(value) for value in op.operands),
                tuple(id(value) for value in op.results),
            )
            for op in block.ops
        ]
        if block.last_op is None or not block.last_op.has_trait(IsTerminator):
            steps.append(Step(_finish, steps[-1].op if steps else self.module, (), ()))
        self._steps[id(block)] = tuple(steps)
        return self._steps[id(block)]

    def can_run(self, op: Operation) -> bool:
        """Whether the op has semantics here, or needs none (functions, globals, modules)."""
        return self._lookup(op) is not None or op.has_trait(SymbolOpInterface)

    def _find(self, op: Operation) -> Semantics:
        kind = op.__class__
        found = self._semantics.get(kind) or self._lookup(op)
        if found is None:
            fail(op, f"no reference semantics for '{op_name(op)}'")
        self._semantics[kind] = found
        return found

    def _lookup(self, op: Operation) -> Semantics | None:
        table = self.registry.semantics(op_name(op).partition(".")[0])
        found = table.get(op.__class__)
        if found is None and op.has_trait(IsTerminator) and not op.successors:
            return _finish
        return found


def with_types(types: Iterable[Attribute], values: Sequence[Value]) -> tuple[Value, ...]:
    """The same bits in the types that are wanted: below `dl` those of callers may be others."""
    dtypes = [find_dtype(type) for type in types]
    return tuple(
        value if dtype is None else with_bits_of(value, dtype)
        for value, dtype in zip(values, dtypes, strict=True)
    )


def _finish(interp: Interpreter, op: Operation, *values: Value) -> tuple[Value, ...]:
    """Every terminator that does not branch hands its operands to the op around it."""
    return values


def _raise_located(op: Operation, error: Exception) -> NoReturn:
    kind = ExecutionIndexError if isinstance(error, IndexError) else ExecutionValueError
    message = str(error).removeprefix(f"{op.name}: ")  # the diagnostic names the op itself
    raise kind(diagnose(Severity.ERROR, op, message)) from error
