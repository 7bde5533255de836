"""The example of an op's docstring as a module that can be verified, run and lowered."""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.utils.mlir_lexer import MLIRTokenKind

from dlir.parser import Parser

FUNCTION = "example"
"""The name of the function that a bare example is put into."""


class _FragmentParser(Parser):
    """Reads ops whose operands nobody defines."""

    def parse_fragment(self) -> tuple[list[Operation], list[SSAValue]]:
        """The ops, and the undefined values in the order of their first use."""
        self._parser_state.current_token = self.lexer.lex()
        ops: list[Operation] = []
        while self._current_token.kind != MLIRTokenKind.EOF:
            ops.append(self.parse_operation())
        free: list[SSAValue] = []
        for name, values in self.forward_ssa_references.items():
            for value in values.values():
                value.name_hint = name
                free.append(value)
        return ops, free


def example_module(text: str, ctx: Context) -> ModuleOp:
    """A module of the example.

    Ops outside of any function are put into `func.func @example`: values that the example does not
    define become its arguments, results that nothing uses are returned. Raises what the parser
    raises.
    """
    ops, free = _FragmentParser(ctx, text, "<example>").parse_fragment()
    if len(ops) == 1 and isinstance(ops[0], ModuleOp):
        return ops[0]
    if all(isinstance(op, FuncOp) for op in ops):
        return ModuleOp(ops)
    return ModuleOp([_wrap(ops, free)])


def _wrap(ops: list[Operation], free: list[SSAValue]) -> FuncOp:
    block = Block(arg_types=[value.type for value in free])
    for value, argument in zip(free, block.args, strict=True):
        argument.name_hint = value.name_hint
        value.replace_all_uses_with(argument)
    unused = [result for op in ops for result in op.results if not result.uses]
    block.add_ops([*ops, ReturnOp(*unused)])
    signature = FunctionType.from_lists(block.arg_types, [value.type for value in unused])
    return FuncOp(FUNCTION, signature, Region(block))
