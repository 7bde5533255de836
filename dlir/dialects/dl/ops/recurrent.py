"""Recurrent layers: one direction of one layer per op; `dl-decompose` unrolls them.

All of them take, with the sizes s (sequence), n (batch), i (input), h (hidden) and g (gates):

    x [s, n, i]     the sequence
    w [g * h, i]    the weight of the inputs, the gates one after the other
    r [g * h, h]    the weight of the state
    b, rb [g * h]   the biases of the two products
    h0 [n, h]       the state before the first step

and give the state after every step, y [s, n, h], and after the last one, [n, h]. With `reverse` the
last element of the sequence is the first step; y keeps the order of the sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr, i1
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    BaseAttr,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    result_def,
)

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS, OpClass
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, rank_of, shape_of


class RecurrentOp(DlOp):
    """A layer whose state goes from step to step."""

    OP_CLASS: ClassVar[OpClass] = OpClass.CONTRACTION
    MULTIPLES: ClassVar[Mapping[str, int]] = {"g": 1}
    """Letter -> how many times the hidden size it is: g all gates, p the peepholes."""
    SIZES: ClassVar[Mapping[str, str]] = {
        "x": "sni", "w": "gi", "r": "gh", "b": "g", "rb": "g", "h0": "nh",
    }  # fmt: skip
    """Operand -> the letters of its sizes."""

    x = operand_def(AnyTensorTypeConstr)
    w = operand_def(AnyTensorTypeConstr)
    r = operand_def(AnyTensorTypeConstr)
    b = operand_def(AnyTensorTypeConstr)
    rb = operand_def(AnyTensorTypeConstr)
    h0 = operand_def(AnyTensorTypeConstr)
    y = result_def(AnyTensorTypeConstr)
    h = result_def(AnyTensorTypeConstr)
    reverse = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(self, *operands: Operand | None, **flags: bool):
        """The operands in the order of `SIZES`, of which optional ones at the end may be left out;
        the flags (`reverse=True`) are the properties. Raises RuleViolation."""
        left_out = [None] * (len(self.SIZES) - len(operands))
        properties = {name: UnitAttr() if given else None for name, given in flags.items()}
        self.initialise([*operands, *left_out], properties, self._placeholders())

    @property
    def on_host(self) -> bool:
        """A layer with all sizes but the number of its steps is a loop: see dl-loop-recurrent."""
        sizes = self._sizes(self.companions())
        return sizes["s"] == shapes.DYNAMIC not in (sizes["i"], sizes["h"])

    def companions(self) -> Mapping[str, SSAValue]:
        """The operands that are present, by name."""
        named = ((name, getattr(self, name)) for name in self.SIZES)
        return {name: value for name, value in named if value is not None}

    def infer(self) -> Sequence[Attribute]:
        given, element = self.companions(), element_of(self.x)
        self.check_elements(FLOATS, self.x)
        if rank_of(self.x) != 3:
            message = f"expected x of rank 3 [sequence, batch, input], got {self.x.type}"
            self.reject(3, message, "one direction per op; join directions with dl.concat")
        sizes = self._sizes(given)
        for name, value in given.items():
            expected = TensorType(element, [sizes[letter] for letter in self.SIZES[name]])
            fits = shapes.meet_shapes(shape_of(value), expected.get_shape()) is not None
            if element_of(value) != element or not fits:
                self.reject(4, f"expected {name} of type {expected}, got {value.type}")
        state = [sizes["n"], sizes["h"]]
        last = [TensorType(element, state)] * (self._result_count() - 1)
        return [TensorType(element, [sizes["s"], *state]), *last]

    def _sizes(self, given: Mapping[str, SSAValue]) -> dict[str, int]:
        """Letter -> size: the first number that an operand of the right rank has there."""
        sizes = dict.fromkeys("snih", shapes.DYNAMIC)
        for name, value in given.items():
            shape, letters = shape_of(value), self.SIZES[name]
            for letter, size in zip(letters, shape, strict=False):
                if len(shape) == len(letters) and sizes.get(letter) == shapes.DYNAMIC:
                    sizes[letter] = size
        hidden = sizes["h"]
        for letter, times in self.MULTIPLES.items():
            sizes[letter] = hidden if hidden == shapes.DYNAMIC else hidden * times
        return sizes

    def _placeholders(self) -> Sequence[Attribute]:
        return [TensorType(i1, ())] * self._result_count()

    def _result_count(self) -> int:
        return len(self.get_irdl_definition().results)


@irdl_op_definition
class RnnOp(RecurrentOp):
    """A simple recurrent layer: `h = tanh(x * w' + b + h * r' + rb)`, step by step.

    x is [sequence, batch, input], w [hidden, input], r [hidden, hidden], b and rb [hidden], h0
    [batch, hidden]. The results are the states after every step and after the last one. With
    `reverse` the sequence is walked from its end; y keeps its order.

    C1: the element type is a float
    C2: the results are [sequence, batch, hidden] and [batch, hidden]
    C3: x has rank 3
    C4: the other operands have these shapes and x's element type

    ```mlir
    %y, %h = dl.rnn %x, %w, %r, %b, %rb, %h0
        : (tensor<3x?x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>,
           tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
    ```
    """

    name = "dl.rnn"


@irdl_op_definition
class GruOp(RecurrentOp):
    """A layer of gated recurrent units: `h = (1 - z) * n + z * h`, step by step, with

        z = sigmoid(x * wz' + bz + h * rz' + rbz)
        r = sigmoid(x * wr' + br + h * rr' + rbr)
        n = tanh(x * wn' + bn + (r * h) * rn' + rbn)

    or, with `linear_before_reset`, `n = tanh(x * wn' + bn + r * (h * rn' + rbn))`.

    w [3 * hidden, input], r [3 * hidden, hidden], b and rb [3 * hidden] hold the gates z, r, n in
    this order; x is [sequence, batch, input], h0 [batch, hidden]. The results are the states after
    every step and after the last one. With `reverse` the sequence is walked from its end; y keeps
    its order.

    C1: the element type is a float
    C2: the results are [sequence, batch, hidden] and [batch, hidden]
    C3: x has rank 3
    C4: the other operands have these shapes and x's element type

    ```mlir
    %y, %h = dl.gru %x, %w, %r, %b, %rb, %h0 {linear_before_reset}
        : (tensor<3x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>,
           tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
    ```
    """

    name = "dl.gru"

    MULTIPLES: ClassVar[Mapping[str, int]] = {"g": 3}

    linear_before_reset = opt_prop_def(BaseAttr(UnitAttr))


class _Cell(DlOp):
    """What an LSTM has beside its state. As a base of its own, behind the one with the others,
    because the operands of a class come before those it inherits."""

    c0 = operand_def(AnyTensorTypeConstr)
    p = opt_operand_def(AnyTensorTypeConstr)
    c = result_def(AnyTensorTypeConstr)


@irdl_op_definition
class LstmOp(RecurrentOp, _Cell):
    """A layer of long short-term memory: `c = f * c + i * n` and `h = o * tanh(c)`, step by step,
    with

        i = sigmoid(x * wi' + bi + h * ri' + rbi + pi * c)
        o = sigmoid(x * wo' + bo + h * ro' + rbo + po * c)      this c is the new one
        f = sigmoid(x * wf' + bf + h * rf' + rbf + pf * c)
        n = tanh(x * wn' + bn + h * rn' + rbn)

    w [4 * hidden, input], r [4 * hidden, hidden], b and rb [4 * hidden] hold the gates i, o, f, n
    in this order; the optional p (peepholes) [3 * hidden] holds pi, po, pf. x is [sequence, batch,
    input], h0 and c0 are [batch, hidden]. The results are the states h after every step, then h and
    c after the last one. With `reverse` the sequence is walked from its end; y keeps its order.

    C1: the element type is a float
    C2: the results are [sequence, batch, hidden] and twice [batch, hidden]
    C3: x has rank 3
    C4: the other operands have these shapes and x's element type

    ```mlir
    %y, %h, %c = dl.lstm %x, %w, %r, %b, %rb, %h0, %c0 {reverse}
        : (tensor<3x?x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>,
           tensor<?x4xf32>, tensor<?x4xf32>)
        -> (tensor<3x?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
    ```
    """

    name = "dl.lstm"

    MULTIPLES: ClassVar[Mapping[str, int]] = {"g": 4, "p": 3}
    SIZES: ClassVar[Mapping[str, str]] = {**RecurrentOp.SIZES, "c0": "nh", "p": "p"}
