"""Whether values follow from what is known, asked once per value."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import test
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, SSAValue

from dlir.dialects.ancestry import is_made_of_known


def op_of(*operands: SSAValue) -> SSAValue:
    return test.TestOp(operands=operands, result_types=[f32]).results[0]


class Asked:
    """What values are made of; those of a block are not known. Keeps who was asked for."""

    def __init__(self) -> None:
        self.values: list[SSAValue] = []

    def __call__(self, value: SSAValue) -> Sequence[SSAValue] | None:
        self.values.append(value)
        return None if isinstance(value.owner, Block) else tuple(value.owner.operands)


def test_all_that_a_value_is_made_of_counts() -> None:
    x, a = Block(arg_types=[f32]).args[0], op_of()
    mixed = op_of(a, a, x)
    assert is_made_of_known(a, Asked())
    assert is_made_of_known(op_of(a, op_of(a)), Asked())
    assert not is_made_of_known(x, Asked())
    assert not is_made_of_known(op_of(op_of(mixed), a), Asked())
    assert not is_made_of_known(op_of(a, mixed), Asked())


def test_nothing_is_walked_twice() -> None:
    """Each value of a chain is made of the two before; asking for all of them takes one walk."""
    x = Block(arg_types=[f32]).args[0]
    for start in (op_of(), x):
        chain = [start, op_of(start)]
        for _ in range(2000):
            chain.append(op_of(*chain[-2:]))
        known: dict[SSAValue, bool] = {}
        asked = Asked()
        answers = {is_made_of_known(value, asked, known) for value in reversed(chain)}
        assert answers == {start is not x}
        assert len(asked.values) <= 3 * len(chain)
