"""Finds the form of every float value, by one rule per kind of op, in the order of the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops.activation import ClipOp, ReluOp
from dlir.dialects.dl.ops.base import rank_of, shape_of, type_of
from dlir.dialects.dl.ops.binary import AddOp, DivOp, MulOp, SubOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.convolution import Conv3dOp
from dlir.dialects.dl.ops.movement import (
    BroadcastOp,
    ConcatOp,
    GatherOp,
    PadOp,
    ReshapeOp,
    SliceOp,
    SplitOp,
    TransposeOp,
)
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.quantization import DequantizeOp
from dlir.dialects.dl.ops.reduction import ReduceMeanOp, ReduceSumOp
from dlir.transforms.dl_integerize.forms import (
    Bounded,
    Codes,
    Form,
    Forms,
    Moved,
    Sum,
    Terms,
    integers_of,
    parameters_of,
)
from dlir.transforms.dl_integerize.known import Known
from dlir.transforms.dl_integerize.products import product
from dlir.transforms.dl_integerize.sums import (
    Addition,
    ItemProduct,
    axis_sum,
    per_tensor,
    window_sum,
)

Rule = Callable[[Any, Forms, Known], Form | None]


def find_forms(root: Operation, known: Known) -> Forms:
    """The forms of all results of `dl` ops on f32 below an op."""
    forms: Forms = {}
    for op in root.walk():
        if (rule := RULES.get(type(op))) is not None and (form := rule(op, forms, known)):
            forms[form.value] = form
        elif isinstance(op, MOVES):
            _move(op, forms)
    return forms


def _dequantize(op: DequantizeOp, forms: Forms, known: Known) -> Form | None:
    element = integers_of(op.x)
    if element is None or op.block is not None:
        return None
    return Codes(op.result, parameters_of(op, known), element)


def _sum(value: SSAValue, terms: Terms | None) -> Form | None:
    return None if terms is None else Sum(value, value, terms, terms.scale)


def _product(op: Any, forms: Forms, known: Known) -> Form | None:
    return _sum(op.result, product(op, forms, known))


def _axis_sum(op: Any, forms: Forms, known: Known) -> Form | None:
    return _sum(op.result, axis_sum(op, forms.get(op.x)))


def _window_sum(op: AvgPool2dOp, forms: Forms, known: Known) -> Form | None:
    return _sum(op.result, window_sum(op, forms.get(op.x)))


# Elementwise


def _add(op: AddOp | SubOp, forms: Forms, known: Known) -> Form | None:
    """Two values in codes, or a value and something known before a call."""
    signs = (1, -1 if isinstance(op, SubOp) else 1)
    found = [forms.get(operand) for operand in op.operands]
    if all(map(per_tensor, found)) and not all(map(follows_from_weights, op.operands)):
        return _sum(op.result, Addition([*zip(cast(Sequence[Codes], found), signs, strict=True)]))
    if isinstance(op, SubOp):
        return None
    for form, bias in zip(found, reversed(op.operands), strict=True):
        if not follows_from_weights(bias) or type_of(bias).element_type != f32:
            continue
        if form is not None and type_of(form.value) == type_of(op.result):
            return _biased(op, form, bias)
    return None


def _biased(op: AddOp, form: Form, bias: SSAValue) -> Form | None:
    if isinstance(form, Codes) and per_tensor(form):
        terms = Addition([(form, 1)])
        return Sum(op.result, op.result, terms, terms.scale, (bias,))
    if isinstance(form, Sum) and form.scale.numbers is not None:
        return replace(form, value=op.result, biases=(*form.biases, bias))
    return None


def _multiply(op: MulOp | DivOp, forms: Forms, known: Known) -> Form | None:
    """Two values in codes, or a sum and one known number > 0."""
    a, b = (forms.get(operand) for operand in op.operands)
    both = per_tensor(a) and per_tensor(b)
    if both and isinstance(op, MulOp) and not all(map(follows_from_weights, op.operands)):
        return _sum(op.result, ItemProduct([cast(Codes, a), cast(Codes, b)]))
    pairs = [(a, op.operands[1]), (b, op.operands[0])][: 1 if isinstance(op, DivOp) else 2]
    for form, factor in pairs:
        if isinstance(form, Sum) and not form.biases and form.scale.numbers is not None:
            return _scaled(op, form, known.array(factor))
    return None


def _scaled(op: MulOp | DivOp, form: Sum, factor: Any) -> Form | None:
    numbers, same = form.scale.numbers, type_of(form.value) == type_of(op.result)
    if factor is None or factor.size != 1 or not same or not 0 < float(factor.flat[0]) < np.inf:
        return None
    assert numbers is not None
    value = float(factor.flat[0])
    scaled = numbers / value if isinstance(op, DivOp) else numbers * value
    return replace(form, value=op.result, scale=form.scale._replace(numbers=scaled))


def _relu(op: ReluOp, forms: Forms, known: Known) -> Form | None:
    form = forms.get(op.x)
    if isinstance(form, Codes) and per_tensor(form):
        return Codes(op.result, form.parameters, form.element, [form])
    return None if form is None else Bounded(op.result, form, 0.0, np.inf)


def _clip(op: ClipOp, forms: Forms, known: Known) -> Form | None:
    form = forms.get(op.x)
    if form is None:
        return None
    low, high = (
        end if bound is None else float(bound.value.data)
        for bound, end in ((op.min, -np.inf), (op.max, np.inf))
    )
    return Bounded(op.result, form, low, high) if low <= high else None


# Moves

MOVES = (
    BroadcastOp, ConcatOp, GatherOp, MaxPool2dOp, PadOp, ReshapeOp, SliceOp, SplitOp, TransposeOp,
)  # fmt: skip
"""They give elements of their first operands, or the largest of several."""


def _move(op: Operation, forms: Forms) -> None:
    count = len(op.operands) if isinstance(op, ConcatOp) else 1
    sources = [forms.get(operand) for operand in op.operands[:count]]
    if not any(sources) or type_of(op.results[0]).element_type != f32:
        return
    if isinstance(op, MaxPool2dOp) and not _sees_all(op):
        return
    for result in op.results:
        forms[result] = _moved_codes(op, result, sources) or Moved(result, sources)


def _sees_all(op: MaxPool2dOp) -> bool:
    """Whether each window sees the image: one that sees none gives no integer."""
    padding, kernel = op.padding.get_values(), op.kernel.get_values()
    dense = all(dilation == 1 for dilation in op.dilations.get_values())
    return dense and all(p < k for p, k in zip(padding, (*kernel, *kernel), strict=True))


def _moved_codes(op: Operation, result: SSAValue, sources: Sequence[Form | None]) -> Codes | None:
    """The result as codes, where they have the same parameters as all of the sources."""
    codes = [form for form in sources if isinstance(form, Codes)]
    if len(codes) < len(sources):
        return None
    first = codes[0]
    if first.parameters.axis is not None:
        axis = _moved_axis(op, first.parameters.axis) if len(codes) == 1 else None
        parameters = None if axis is None else first.parameters.on(axis)
    else:
        alike = (first.parameters.same(c.parameters) and first.element == c.element for c in codes)
        parameters = first.parameters if all(alike) else None
    if isinstance(op, PadOp) and (float(op.value.value.data) or first.parameters.zero is None):
        return None
    return None if parameters is None else Codes(result, parameters, first.element, codes)


def _moved_axis(op: Operation, axis: int) -> int | None:
    """Where an axis is behind an op, if it is still whole."""
    if isinstance(op, TransposeOp):
        return [*op.perm.get_values()].index(axis)
    if not isinstance(op, ReshapeOp):
        return None
    old, new = shape_of(op.x), shape_of(op.result)
    if min((*old, *new)) < 1:
        return None
    before, after = np.prod(old[:axis]), np.prod(old[axis + 1 :])
    for place in range(rank_of(op.result)):
        same = np.prod(new[:place]) == before and np.prod(new[place + 1 :]) == after
        if new[place] == old[axis] and same:
            return place
    return None


RULES: dict[type[Operation], Rule] = {
    AddOp: _add,
    AvgPool2dOp: _window_sum,
    ClipOp: _clip,
    Conv2dOp: _product,
    Conv3dOp: _product,
    DequantizeOp: _dequantize,
    DivOp: _multiply,
    MatmulOp: _product,
    MulOp: _multiply,
    ReduceMeanOp: _axis_sum,
    ReduceSumOp: _axis_sum,
    ReluOp: _relu,
    SubOp: _add,
}
