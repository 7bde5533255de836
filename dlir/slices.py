"""What an operation reads, and what values follow from."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from xdsl.ir import Operation, SSAValue


def captured(op: Operation) -> Iterator[SSAValue]:
    """The values from outside that an op and the regions in it read."""
    inside = {id(inner) for inner in op.walk()}
    for inner in op.walk():
        for value in inner.operands:
            owner = value.owner if isinstance(value.owner, Operation) else value.owner.parent_op()
            if id(owner) not in inside or inner is op:
                yield value


def slice_of(wanted: Sequence[SSAValue], until: Container[SSAValue] = ()) -> list[Operation]:
    """The ops of a block that some of its values follow from, in order; at least one.

    What those follow from whose first result is in `until` is left out.
    """
    found: set[Operation] = set()
    stack = [value.owner for value in wanted]
    while stack:
        op = stack.pop()
        if isinstance(op, Operation) and op not in found:
            found.add(op)
            if op.results and op.results[0] in until:
                continue
            stack += [value.owner for value in captured(op)]
    block = next(iter(found)).parent
    assert block is not None
    return [op for op in block.ops if op in found]
