"""Quantised weights as they are kept in a file: integers, several in a byte, and their scales."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import WIDTHS
from dlir.dialects.dl.constants import constant_array
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of, type_of
from dlir.dialects.dl.ops.packing import PARTS, PackOp, UnpackOp
from dlir.dialects.dl.ops.quantization import DequantizeOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.dialects.dl.semantics import SEMANTICS
from dlir.numpy_types import Array
from dlir.params import param_ops
from dlir.transforms.dl_fold_constants import fold_constants
from dlir.transforms.quantization.layers import params_of

IN_TEXT = 64
"""Constants of at most so many numbers stay in the text."""

_EVERYTHING = 1 << 62


def store(module: ModuleOp, params: Mapping[str, Array]) -> dict[str, Array]:
    """Compute what follows from weights, pack it, and give the weights that the text then names."""
    weights = dict(fold_constants(module, params, _EVERYTHING))
    for op in [*module.walk()]:
        if isinstance(op, DequantizeOp):
            for operand in op.operands[1:]:
                _take_out(operand, op, weights)
    for op, name in [*param_ops(module)]:
        assert isinstance(op, ParamOp)
        if element_of(op.result) in PARTS and rank_of(op.result) > 0:
            _pack(op, name, weights)
    return {name: weights[name] for _, name in param_ops(module)}


def _take_out(value: SSAValue, user: DequantizeOp, weights: dict[str, Array]) -> None:
    """Scales and zero points of many numbers become weights."""
    op = value.owner
    if not isinstance(op, ConstantOp) or np.prod(shape_of(value)) <= IN_TEXT:
        return
    source = next(iter(params_of(user.x)), "constant")
    name = _new_name(f"{source}.{'scale' if value is user.scale else 'zero'}", weights)
    weights[name] = np.array(constant_array(op))
    _replace(op, ParamOp(name, type_of(value)))


def _new_name(wanted: str, weights: Mapping[str, Array]) -> str:
    name, number = wanted, 1
    while name in weights:
        number += 1
        name = f"{wanted}.{number}"
    return name


def _pack(op: ParamOp, name: str, weights: dict[str, Array]) -> None:
    """Several numbers of a weight in a byte."""
    pack = PackOp(op.result)
    if weights[name].dtype != np.uint8:
        (weights[name],) = SEMANTICS[PackOp](None, pack, weights[name])
    packed = type_of(pack.result)
    pack.erase()
    param = ParamOp(name, packed)
    _replace(op, param, UnpackOp(param, element_of(op.result), shape_of(op.result)[-1]))


def _replace(op: Operation, *new: Operation) -> None:
    """The result of the last op in the place of an op's."""
    assert op.parent is not None
    for one in new:
        one.location = op.location
        op.parent.insert_op_before(one, op)
    new[-1].results[0].name_hint = op.results[0].name_hint
    op.results[0].replace_all_uses_with(new[-1].results[0])
    op.detach()
    op.erase()


def bytes_behind(value: SSAValue) -> int:
    """The bytes of the weights and constants that a value is made of."""
    seen: set[SSAValue] = set()
    pending, total = [value], 0
    while pending:
        one = pending.pop()
        if one in seen or not isinstance(one.owner, Operation):
            continue
        seen.add(one)
        if isinstance(one.owner, ConstantOp | ParamOp):
            total += int(np.prod(shape_of(one))) * -(-WIDTHS[element_of(one)] // 8)
        pending.extend(one.owner.operands)
    return total
