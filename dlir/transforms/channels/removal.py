"""Taking channels out of a block: smaller weights, and the types of all that is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.rewriter import Rewriter

from dlir.dialects.dl.attrs import integer
from dlir.dialects.dl.constants import ELEMENTS, constant
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp
from dlir.dialects.dl.ops.composite import BatchNormOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.elementwise import PlainBinaryOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.numpy_types import Array, dtype_of
from dlir.params import param_ops
from dlir.transforms.channels.analysis import Analysis
from dlir.transforms.channels.facts import Known


class Removal:
    """The removal of units from a block. `weights` gets what is left of each weight."""

    def __init__(
        self, module: ModuleOp, analysis: Analysis, gone: set[int], weights: dict[str, Array]
    ) -> None:
        self.analysis, self.gone, self.weights = analysis, gone, weights
        self.uses = Counter(name for op, name in param_ops(module) for _ in op.results[0].uses)
        """How many ops read each weight; what only one reads keeps its name."""

    def run(self, ops: list[Operation]) -> None:
        """Go through the ops in order: whatever an op reads has its new type already."""
        channels = self.analysis.channels
        for op in ops:
            if not any(value in channels for value in (*op.operands, *op.results)):
                continue
            for kinds, cut in CUTS:
                if isinstance(op, kinds):
                    cut(self, op)
                    break
            for result in [r for r in op.results if r in channels]:
                self._narrow(result)

    def _keeps(self, value: SSAValue) -> Known | None:
        """The channels of a value that stay; None if all do."""
        if value not in self.analysis.channels:
            return None
        keeps = self.analysis.keeps(value, self.gone)
        return None if keeps.all() else keeps

    def _narrow(self, value: SSAValue) -> None:
        """The type without the channels that go."""
        keeps = self._keeps(value)
        if keeps is None:
            return
        facts, shape = self.analysis.channels[value], [*shape_of(value)]
        shape[facts.axis] = int(keeps.sum())
        new = Rewriter.replace_value_with_new_type(value, TensorType(element_of(value), shape))
        self.analysis.channels[new] = facts

    # Weights

    def _cut(self, op: Operation, operand: int, cuts: dict[int, Known | None]) -> None:
        """Keep those of an operand's places along each axis."""
        value = op.operands[operand]
        array = self.analysis.weight(value)
        real = {axis: keeps for axis, keeps in cuts.items() if keeps is not None}
        if array is None or not real:
            return
        for axis, keeps in real.items():
            array = np.compress(keeps, array, axis)
        self._replace(op, operand, np.ascontiguousarray(array))

    def _replace(self, op: Operation, operand: int, array: Array) -> None:
        old = op.operands[operand].owner
        assert isinstance(old, ParamOp | ConstantOp)
        made = self._source(old, "kept", array)
        _insert(made, op, before=True)
        made.result.name_hint = old.result.name_hint
        op.operands[operand] = made.result
        if old.result.first_use is None:
            old.detach()
            old.erase()

    def _source(self, old: ParamOp | ConstantOp, word: str, array: Array) -> ParamOp | ConstantOp:
        """The array as a weight named after an old one, or as a constant."""
        if not isinstance(old, ParamOp):
            return constant(array)
        name = old.param_name.data
        if word != "kept" or self.uses[name] > 1:
            name = self._new_name(f"{name}.{word}")
        self.weights[name] = array
        return ParamOp(name, TensorType(ELEMENTS[array.dtype.name], array.shape))

    def _new_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.weights:
            number += 1
            name = f"{wanted}.{number}"
        return name

    # Ops

    def matmul(self, op: MatmulOp) -> None:
        weight = self.analysis.weight(op.rhs)
        if weight is None:
            return
        inputs, outputs = self._keeps(op.lhs), self._keeps(op.result)
        turned = op.transpose_rhs is not None
        sums = weight.T if turned else weight
        self._shift(op, op.lhs, lambda: sums)
        self._cut(op, 1, {int(turned): inputs, int(not turned): outputs})

    def conv2d(self, op: Conv2dOp) -> None:
        weight = self.analysis.weight(op.weight)
        if weight is None:
            return
        inputs, outputs = self._keeps(op.x), self._keeps(op.result)
        if op.groups.value.data > 1:
            if outputs is not None:
                op.groups = integer(int(outputs.sum()))
            inputs = None
        else:
            self._shift(op, op.x, lambda: weight.astype(np.float64).sum((2, 3)).T)
        self._cut(op, 1, {0: outputs, 1: inputs})

    def _shift(self, op: MatmulOp | Conv2dOp, x: SSAValue, sums: Callable[[], Array]) -> None:
        """What channels that go hold, and are not ignored, is added to the result.

        `sums` gives [inputs, outputs]: what a one in each input adds to each output.
        """
        keeps = self._keeps(x)
        if keeps is None:
            return
        facts = self.analysis.channels[x]
        numbers = np.where(keeps | ~facts.known, 0, facts.number.astype(np.float64))
        shift = numbers @ sums().astype(np.float64)
        if not shift.any():
            return
        result: OpResult = op.result
        outputs, facts = self._keeps(result), self.analysis.channels[result]
        shift = shift if outputs is None else shift[outputs]
        behind = rank_of(result) - 1 - facts.axis
        array = shift.astype(dtype_of(result.type)).reshape(-1, *[1] * behind)
        source = op.operands[1].owner
        assert isinstance(source, ParamOp | ConstantOp)
        made = self._source(source, "shift", array)
        self._narrow(result)
        result = op.results[0]
        add = AddOp(result, made.result)
        result.replace_uses_with_if(add.result, lambda use: use.operation is not add)
        _insert(add, op, before=False)
        _insert(made, op, before=False)
        self.analysis.channels[add.result] = facts

    def binary(self, op: PlainBinaryOp) -> None:
        facts, keeps = self.analysis.channels.get(op.results[0]), self._keeps(op.results[0])
        if facts is None:
            return
        for number, value in enumerate(op.operands):
            axis = facts.axis - (rank_of(op.results[0]) - rank_of(value))
            if axis >= 0 and shape_of(value)[axis] == facts.units.size:
                self._cut(op, number, {axis: keeps})

    def batch_norm(self, op: BatchNormOp) -> None:
        for number in range(1, 5):
            self._cut(op, number, {0: self._keeps(op.results[0])})


def _insert(made: Operation, op: Operation, *, before: bool) -> None:
    assert op.parent is not None
    made.location = op.location
    (op.parent.insert_op_before if before else op.parent.insert_op_after)(made, op)


CUTS: list[tuple[Any, Callable[[Removal, Any], None]]] = [
    (MatmulOp, Removal.matmul),
    (Conv2dOp, Removal.conv2d),
    (PlainBinaryOp, Removal.binary),
    (BatchNormOp, Removal.batch_norm),
]
"""Op class -> how its weights are cut; the others have none."""
