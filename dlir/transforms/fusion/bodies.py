"""Scalar bodies that are put together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.ops import IndexOp


def clone_ops(source: Block, target: Block, known: dict[SSAValue, SSAValue]) -> None:
    """Append a copy of a body, whose arguments are known, without what the target computes already.

    Otherwise a chain of ops that each read the last two of it would double in every step.
    """
    computed = {_key(op, op.operands): op for op in target.ops}
    for op in source.ops:
        key = _key(op, [known.get(operand, operand) for operand in op.operands])
        twin = computed.get(key) if op.results else None
        if twin is None:
            computed[key] = twin = op.clone(known)
            target.add_op(twin)
        else:
            known.update(zip(op.results, twin.results, strict=True))


def _key(op: Operation, operands: Iterable[SSAValue]) -> tuple[Hashable, ...]:
    """What is the same of ops that compute the same: a body's ops have no effects or regions."""
    facts = (*op.properties.items(), *op.attributes.items())
    return (op.name, *operands, *op.result_types, frozenset(facts))


def uses_index(block: Block) -> bool:
    """Whether a body depends on where it is in the iteration space."""
    return any(isinstance(op, IndexOp) for op in block.ops)
