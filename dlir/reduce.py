"""Shrinks a module while something about it stays true, by delta debugging.

Whole functions go first, then what the functions return, then operations, then arguments that
nothing uses; again from the start until nothing more can go. The result of an operation that is
taken away and still needed becomes an argument of its function, so every candidate is a module that
a person could have written. (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
input", 2002.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from xdsl.context import Context
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.dialects.func import CallOp, FuncOp, ReturnOp
from xdsl.ir import Block, Operation
from xdsl.traits import IsTerminator

from dlir.diagnostics import CompileError
from dlir.pipeline import InternalError, PassManager
from dlir.registry import Registry
from dlir.verifier import verify

Interesting = Callable[[ModuleOp], bool]
"""Whether a candidate still shows what is looked for. It may change its argument."""

T = TypeVar("T")


def reduce_module(module: ModuleOp, interesting: Interesting) -> ModuleOp:
    """A module as small as the steps can make it; `module` itself stays as it is.

    Raises ValueError if `module` is not interesting.
    """
    if not interesting(module.clone()):
        raise ValueError("the module does not show what is looked for")
    best = module.clone()
    while True:
        before = _size(best)
        for step in (_drop_functions, _drop_results, _drop_operations, _drop_arguments):
            best = step(best, interesting)
        if _size(best) == before:
            return best


def _size(module: ModuleOp) -> int:
    """Operations, values and types: whatever any step can make less of."""
    return sum(1 + len(op.operands) + len(op.results) for op in module.walk()) + sum(
        len(block.args) for op in module.walk() for region in op.regions for block in region.blocks
    )


def minimise(items: Sequence[T], test: Callable[[Sequence[T]], bool]) -> list[T]:
    """Zeller's ddmin: a subset of `items` that passes `test` and loses it with any one item less.

    `test` must hold for `items`; it is called O(n^2) times at worst and O(log n) for one culprit.
    """
    items, parts = list(items), 2
    if items and test([]):
        return []
    while len(items) > 1:
        size = max(1, len(items) // parts)
        for start in range(0, len(items), size):
            rest = items[:start] + items[start + size :]
            if rest and test(rest):
                items, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return items
            parts = min(2 * parts, len(items))
    return items


# --- steps ----------------------------------------------------------------------------------


def _drop_functions(module: ModuleOp, interesting: Interesting) -> ModuleOp:
    """Take away whole functions, and whatever else stands at the top."""
    count = len(list(module.ops))

    def candidate(kept: Iterable[int]) -> ModuleOp:
        wanted, copy = set(kept), module.clone()
        for number, op in reversed(list(enumerate(list(copy.ops)))):
            if number not in wanted:
                op.detach()
        return copy

    return candidate(minimise(range(count), lambda kept: interesting(candidate(kept))))


def _drop_results(module: ModuleOp, interesting: Interesting) -> ModuleOp:
    """Let functions that nobody calls return less."""
    for index in range(len(_functions(module))):
        returned = _return_of(_functions(module)[index])
        if returned is None or _is_called(module, _functions(module)[index]):
            continue

        def candidate(
            kept: Iterable[int], module: ModuleOp = module, index: int = index
        ) -> ModuleOp:
            copy = module.clone()
            op = _return_of(_functions(copy)[index])
            assert op is not None
            op.operands = [op.operands[i] for i in kept]
            _sign(_functions(copy)[index])
            return copy

        def test(kept: Iterable[int], candidate: Callable[..., ModuleOp] = candidate) -> bool:
            return interesting(candidate(kept))

        module = candidate(minimise(range(len(returned.operands)), test))
    return module


def _drop_operations(module: ModuleOp, interesting: Interesting) -> ModuleOp:
    """Take away operations; results that are still needed become arguments of the function."""
    numbers = [n for n, op in enumerate(module.walk()) if _may_go(op)]

    def candidate(kept: Iterable[int]) -> ModuleOp:
        wanted, copy = set(kept), module.clone()
        ops = list(copy.walk())
        for number in reversed(numbers):
            if number not in wanted:
                _take_away(ops[number])
        for function in _functions(copy):
            _sign(function)
        return copy

    return candidate(minimise(numbers, lambda kept: interesting(candidate(kept))))


def _drop_arguments(module: ModuleOp, interesting: Interesting) -> ModuleOp:
    """Take away the arguments that nothing uses, of functions that nobody calls."""
    copy = module.clone()
    for function in _functions(copy):
        if function.body.blocks and not _is_called(copy, function):
            block = function.body.blocks[0]
            for argument in [a for a in block.args if not a.uses]:
                block.erase_arg(argument)
            _sign(function)
    return copy if interesting(copy.clone()) else module


def _functions(module: ModuleOp) -> list[FuncOp]:
    return [op for op in module.walk() if isinstance(op, FuncOp)]


def _is_called(module: ModuleOp, function: FuncOp) -> bool:
    name = function.sym_name.data
    return any(isinstance(op, CallOp) and op.callee.string_value() == name for op in module.walk())


def _return_of(function: FuncOp) -> ReturnOp | None:
    """The return of a function of one block; with several blocks there may be several."""
    last = function.body.blocks[0].last_op if len(function.body.blocks) == 1 else None
    return last if isinstance(last, ReturnOp) else None


def _sign(function: FuncOp) -> None:
    """Make the function's type agree with its body."""
    inputs = list(function.function_type.inputs.data)
    outputs = list(function.function_type.outputs.data)
    if function.body.blocks:
        inputs = list(function.body.blocks[0].arg_types)
    if (returned := _return_of(function)) is not None:
        outputs = [value.type for value in returned.operands]
    function.function_type = FunctionType.from_lists(inputs, outputs)
    function.arg_attrs = function.res_attrs = None


def _may_go(op: Operation) -> bool:
    inside = _function_of(op) is not None
    return inside and not isinstance(op, FuncOp) and not op.has_trait(IsTerminator)


def _function_of(op: Operation) -> FuncOp | None:
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, FuncOp):
        parent = parent.parent_op()
    return parent


def _take_away(op: Operation) -> None:
    function = _function_of(op)
    if function is None:
        return  # it went with the op around it
    entry: Block = function.body.blocks[0]
    for result in op.results:
        if result.uses:
            argument = entry.insert_arg(result.type, len(entry.args))
            argument.name_hint = result.name_hint
            result.replace_all_uses_with(argument)
    op.detach()
    op.erase()


# --- the default test: the same error -------------------------------------------------------


def error_of(module: ModuleOp, pipeline: str, registry: Registry, ctx: Context) -> str | None:
    """The error that verifying `module` and running `pipeline` on it ends in, as a signature.

    Numbers are left out: shapes shrink and positions move while a module is reduced.
    """
    try:
        verify(module)
        PassManager(pipeline, registry=registry).run(ctx, module)
        verify(module)
    except InternalError as error:
        return _signature(f"{type(error.__cause__).__name__}: {error.__cause__}")
    except CompileError as error:
        first = error.diagnostics[0]
        return _signature(f"{first.rule or ''}: {first.message}")
    return None


def _signature(text: str) -> str:
    return re.sub(r"\d+|0x[0-9a-f]+", "N", text.partition("\n")[0])
