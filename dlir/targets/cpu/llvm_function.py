"""The body of a function in LLVM IR: blocks in reverse post-order, block arguments as phis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects import llvm
from xdsl.ir import Block, Operation, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.llvm import ops as ours
from dlir.targets.cpu.llvm_operations import INLINE, PRINTERS, Names


class FunctionText(Names):
    """Prints one function."""

    def lines(self, op: llvm.FuncOp) -> Iterator[str]:
        """All lines between the braces."""
        blocks = _reachable(op.body.blocks[0])
        self.labels = {block: f"b{i}" for i, block in enumerate(blocks)}
        incoming = self._incoming(blocks)
        for block in blocks:  # first, so that a phi may use a constant of a later block
            for operation in block.ops:
                if (text := INLINE.get(type(operation))) is not None:
                    self.values[operation.results[0]] = text(self, operation)
        for block in blocks:
            yield f"{self.label(block)}:"
            if block is not blocks[0]:
                yield from self._phis(block, incoming[block])
            for operation in block.ops:
                printer = PRINTERS.get(type(operation))
                if printer is not None:
                    yield "  " + printer(self, operation)
                elif type(operation) not in INLINE:
                    fail(operation, f"'{operation.name}' has no LLVM IR", rule="emit-llvm-ir")

    def _incoming(
        self, blocks: Sequence[Block]
    ) -> dict[Block, list[tuple[str, Sequence[SSAValue]]]]:
        """For each block, the label of every edge's source and the values passed along it."""
        incoming: dict[Block, list[tuple[str, Sequence[SSAValue]]]] = {b: [] for b in blocks}
        for block in blocks:
            seen: dict[Block, Sequence[SSAValue]] = {}
            for target, operands in edges(_last(block)):
                if tuple(seen.get(target, operands)) != tuple(operands):
                    fail(
                        block.last_op,
                        "two edges between the same blocks pass different values",
                        rule="emit-llvm-ir",
                    )
                seen[target] = operands
                incoming[target].append((self.label(block), operands))
        return incoming

    def _phis(
        self, block: Block, incoming: Sequence[tuple[str, Sequence[SSAValue]]]
    ) -> Iterator[str]:
        for i, argument in enumerate(block.args):
            sources = ", ".join(f"[ {self.ref(ops[i])}, %{label} ]" for label, ops in incoming)
            yield f"  {self.ref(argument)} = phi {self.types(argument.type)} {sources}"


def _last(block: Block) -> Operation:
    assert block.last_op is not None
    return block.last_op


def edges(op: Operation) -> list[tuple[Block, Sequence[SSAValue]]]:
    """Where a terminator goes and what it passes."""
    match op:
        case llvm.BrOp():
            return [(op.successor, op.arguments)]
        case llvm.CondBrOp():
            return [(op.then_block, op.then_arguments), (op.else_block, op.else_arguments)]
        case ours.SwitchOp():
            cases = [(block, operands) for _, block, operands in op.cases()]
            return [(op.default_destination, op.default_operands), *cases]
        case _:
            return []


def _reachable(entry: Block) -> list[Block]:
    """Reverse post-order: constants, which are printed where used, are seen before their uses."""
    done: list[Block] = []
    seen = {entry}
    stack = [(entry, iter(_last(entry).successors))]
    while stack:
        block, successors = stack[-1]
        for successor in successors:
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, iter(_last(successor).successors)))
                break
        else:
            done.append(block)
            stack.pop()
    return done[::-1]
