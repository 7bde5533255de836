"""Constructors of `dl` ops: result types they infer, and what they refuse."""

from typing import Any

import pytest
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    IndexType,
    ModuleOp,
    TensorType,
    bf16,
    f32,
    i8,
    i32,
    i64,
)
from xdsl.utils.test_value import create_ssa_value

from dlir.diagnostics import CompileError, RuleViolation
from dlir.dialects.dl import OPS, shapes
from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.ops.source import DimOp, IotaOp
from dlir.registry import default_registry
from dlir.transforms.dl_decompose import DlDecompose

D = DYNAMIC_INDEX


def tensor(*shape: int, element: Any = f32) -> Any:
    return create_ssa_value(TensorType(element, shape))


def index() -> Any:
    return create_ssa_value(IndexType())


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (b.AddOp(tensor(D, 4), tensor(3, 1)), (3, 4)),
        (b.AddOp(tensor(D, 1), tensor(D)), (D, D)),
        (b.AddOp(tensor(), tensor(0, 1)), (0, 1)),
        (MatmulOp(tensor(D, 8, 3), tensor(5, 3), transpose_rhs=True), (D, 8, 5)),
        (Conv2dOp(tensor(D, 3, 9, D), tensor(8, 3, 3, 3), strides=(2, 2)), (D, 8, 4, D)),
        (Conv2dOp(tensor(1, 9, 9, 4), tensor(8, 2, 3, 3), groups=2, layout="nhwc"), (1, 7, 7, 8)),
        (ReduceSumOp(tensor(2, D, 4), [-1, 0]), (D,)),
        (ReduceSumOp(tensor(2, D), keepdims=True), (1, 1)),
        (c.SoftmaxOp(tensor(D, 10)), (D, 10)),
        (mv.GatherOp(tensor(7, 8), tensor(D, 2, element=i64)), (D, 2, 8)),
        (mv.ReshapeOp(tensor(4, 6), [2, -1]), (2, 12)),
        (mv.ReshapeOp(tensor(D, 6), [2, -1]), (2, D)),
        (mv.ReshapeOp(tensor(D, 6), [index(), 3, index()]), (D, 3, D)),
        (mv.TransposeOp(tensor(2, D, 4)), (4, D, 2)),
        (mv.BroadcastOp(tensor(4), [index(), 4]), (D, 4)),
        (mv.PadOp(tensor(D, 4), [1, 1], [0, 2]), (D, 7)),
        (mv.ConcatOp([tensor(D, 4), tensor(2, 5)], -1), (2, 9)),
        (mv.ConcatOp([tensor(D, 4), tensor(2, 4)], 0), (D, 4)),
        (IotaOp([index(), 2], -1, i32), (D, 2)),
    ],
    ids=lambda value: str(value).partition(" : ")[0] if not isinstance(value, tuple) else "",
)
def test_inferred_shapes(op: Any, shape: tuple[int, ...]) -> None:
    op.verify()
    assert op.result.type.get_shape() == shape


def test_element_types() -> None:
    x, y = tensor(2, 3, element=i8), tensor(3, 4, element=i8)
    product = MatmulOp(x, y)
    assert (product.acc, product.result.type) == (i32, TensorType(i8, [2, 4]))
    assert MatmulOp(x, y, element_type=i32).result.type == TensorType(i32, [2, 4])
    half = tensor(3, 3, element=bf16)
    assert MatmulOp(half, half).acc == f32
    assert b.CastOp(x, f32).result.type == TensorType(f32, [2, 3])


def test_axes_are_stored_from_the_front() -> None:
    assert c.SoftmaxOp(tensor(2, 3), axis=-1).axis.value.data == 1
    assert ReduceSumOp(tensor(2, 3), [-1, -2]).axes.get_values() == (0, 1)
    assert DimOp(tensor(2, 3), -2).axis.value.data == 0


def test_defaults_are_not_stored() -> None:
    """So that equal ops are equal, however they were made."""
    assert act.GeluOp(tensor(2)).properties == {}
    assert act.EluOp(tensor(2), alpha=1.0).properties == {}
    assert "layout" not in Conv2dOp(tensor(1, 3, 9, 9), tensor(8, 3, 3, 3)).properties


def test_split_has_one_result_per_size() -> None:
    op = mv.SplitOp(tensor(D, 5), -1, [2, 0, 3])
    assert [result.type.get_shape()[1] for result in op.outputs] == [2, 0, 3]


def test_constructors_refuse_what_the_verifier_refuses() -> None:
    with pytest.raises(RuleViolation, match="inner size 3, right operand has 4") as error:
        MatmulOp(tensor(2, 3), tensor(4, 5))
    assert error.value.rule == "dl-matmul-c3"
    with pytest.raises(RuleViolation, match=r"expected 0 <= axis < 1 \(the rank\), got 3"):
        c.SoftmaxOp(tensor(2), axis=3)
    with pytest.raises(Exception, match="expected a ranked tensor, got index"):
        act.ReluOp(index())


def test_every_op_has_a_class() -> None:
    assert {type(op.OP_CLASS) for op in OPS} == {OpClass}
    assert act.ReluOp(tensor(2)).op_class is OpClass.ELEMENTWISE


@pytest.mark.parametrize(("shape", "expected"), [((2, 0, D), 0), ((), 1), ((2, D), D), ((2, 3), 6)])
def test_element_count(shape: tuple[int, ...], expected: int) -> None:
    assert shapes.element_count(shape) == expected


def test_decompose_names_what_it_knows() -> None:
    context = default_registry().context()
    with pytest.raises(CompileError, match="no formula for 'conv2d'"):
        DlDecompose(ops=("conv2d",)).apply(context, ModuleOp([]))
