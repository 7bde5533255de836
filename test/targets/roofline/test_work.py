"""The work of `dl` ops: every op is counted, by the chapter's formulas, and as elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from numeric.cases import Case, module_of
from numeric.op_cases import REPRESENTATIVE
from xdsl.dialects.builtin import ModuleOp, TensorType, f32, i8
from xdsl.ir import Block, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, result_def

from dlir import formulas
from dlir.dialects.dl import OPS
from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import convolution as cv
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import recurrent as rec
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops import source as s
from dlir.dialects.dl.ops.base import DlOp, type_of
from dlir.lowering.dl_to_structured import RULES
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.accel.work.products import is_sum_of_products, products
from dlir.targets.roofline.work import elements, tensors, work_of


def tensor(*shape: int, element: Any = f32) -> SSAValue:
    return Block(arg_types=[TensorType(element, shape)]).args[0]


def static(case: Case) -> Case:
    """The same with all sizes in the types."""
    return replace(case, types=case.types.replace("?", ""))


def run(module: ModuleOp, pipeline: str) -> ModuleOp:
    registry = default_registry()
    PassManager(pipeline, registry=registry).run(registry.context(), module)
    return module


CASES = [static(case) for cases in REPRESENTATIVE.values() for case in cases]


def ops_of(module: ModuleOp) -> list[DlOp]:
    return [op for op in module.walk() if isinstance(op, DlOp)]


# --- every op -------------------------------------------------------------------------------------


def test_every_op_of_the_dialect_has_work() -> None:
    """Of every class and element type; and what computes is not counted as nothing."""
    counted: set[type[DlOp]] = set()
    for case in CASES:
        for op in ops_of(run(module_of([case]), "dl-specialize")):
            work = work_of(op)
            assert work is not None, f"{op.name}: unknown work"
            empty = any(elements(value) == 0 for value in tensors(op))
            if not empty and op.op_class in (OpClass.CONTRACTION, OpClass.ELEMENTWISE):
                assert work.flops > 0, f"{case}: {work}"
            assert work.flops == 0 or op.op_class is not OpClass.MOVEMENT, f"{case}: {work}"
            assert all(0 <= n <= elements(v) for v, n in work.moved.items()), f"{case}: {work}"
            counted.add(type(op))
    unsized = {op for op in OPS if op.ON_HOST}
    missing = {*OPS} - counted - unsized - {s.ParamOp, s.DimOp, s.ConstantOp}
    assert not missing, f"no case: {sorted(op.name for op in missing)}"


def test_an_op_that_nobody_counted_is_unknown() -> None:
    @irdl_op_definition
    class NewOp(DlOp):
        """An op of a plugin."""

        name = "dl.new_op"
        x = operand_def()
        result = result_def()

        def infer(self) -> list[TensorType[Any]]:
            return [TensorType(f32, (4,))]

    x = tensor(4)
    assert work_of(NewOp.create(operands=[x], result_types=[x.type])) is None


def test_counting_leaves_no_trace() -> None:
    """The simpler ops that a composite op is counted by are gone afterwards."""
    x = tensor(4, 8)
    op = c.SoftmaxOp(x)
    work_of(op)
    assert [use.operation for use in x.uses] == [op]


# --- the chapter's formulas -----------------------------------------------------------------------


def intensity(op: DlOp, size: int = 4) -> float:
    """Operations per byte, with a sum that grows in memory."""
    work = work_of(op)
    assert work is not None
    moved = sum(n * (1 + (v is work.accumulated)) for v, n in work.moved.items())
    return work.flops / (size * moved)


@pytest.mark.parametrize("sizes", [(1024, 1024, 1024), (1, 1024, 1024), (7, 5, 3), (128, 768, 64)])
def test_products_of_matrices(sizes: tuple[int, int, int]) -> None:
    rows, inner, columns = sizes
    op = k.MatmulOp(tensor(rows, inner), tensor(inner, columns))
    assert intensity(op) == pytest.approx(formulas.matmul_intensity(*sizes, 4), rel=1e-12)


def test_transposed_operands_and_stacks() -> None:
    lhs, rhs = tensor(3, 1, 5, 7), tensor(2, 11, 7)
    work = work_of(k.MatmulOp(lhs, rhs, transpose_rhs=True))
    assert work is not None and work.macs == 3 * 2 * 5 * 11 * 7 and work.flops == 2 * work.macs
    other = work_of(k.MatmulOp(tensor(7, 5), tensor(7, 11), transpose_lhs=True))
    assert other is not None and other.macs == 5 * 11 * 7


def test_convolutions() -> None:
    n, ch, h, w, out, kh, kw = 2, 6, 9, 11, 8, 3, 5
    x, weight = tensor(n, ch, h, w), tensor(out, ch, kh, kw)
    op = k.Conv2dOp(x, weight, strides=(2, 1), padding=(1, 2, 1, 2))
    _, _, ho, wo = type_of(op.result).get_shape()
    want = formulas.conv_intensity((n, ch, h, w), (out, kh, kw), (ho, wo), 4)
    assert intensity(op) == pytest.approx(want, rel=1e-12)


def test_grouped_convolutions_have_fewer_products() -> None:
    x = tensor(1, 8, 10, 10)
    whole = work_of(k.Conv2dOp(x, tensor(8, 8, 3, 3)))
    depthwise = work_of(k.Conv2dOp(x, tensor(8, 1, 3, 3), groups=8))
    assert whole is not None and depthwise is not None
    assert whole.macs == 8 * depthwise.macs == 8 * 8 * 64 * 9


# --- other ops, counted by hand -------------------------------------------------------------------


def flops(op: DlOp) -> int:
    work = work_of(op)
    assert work is not None
    return work.flops


def test_composite_ops_are_what_they_are_made_of() -> None:
    x = tensor(4, 8)
    assert flops(c.SoftmaxOp(x)) == 3 * 32 + (32 - 4) + (32 - 4)  # sub exp div, max, sum
    assert flops(a.GeluOp(x)) == 5 * 32  # * 1/sqrt2, erf, + 1, * x/2 in two
    assert flops(a.SiluOp(x)) == 5 * 32  # neg exp + / and *


def test_a_recurrent_layer() -> None:
    steps, batch, width, hidden = 3, 2, 5, 4
    x, h0 = tensor(steps, batch, width), tensor(batch, hidden)
    w, rw = tensor(hidden, width), tensor(hidden, hidden)
    b = tensor(hidden)
    work = work_of(rec.RnnOp(x, w, rw, b, b, h0))
    assert work is not None
    assert work.macs == steps * batch * hidden * (width + hidden)
    # per state: + b, + inputs, tanh; and b + rb once
    assert work.flops == 2 * work.macs + 3 * steps * batch * hidden + hidden
    states = steps * batch * hidden + batch * hidden
    read = steps * batch * width + hidden * (width + hidden + 1) + batch * hidden
    assert sum(work.moved.values()) == read + states


def test_half_types_are_computed_in_f32() -> None:
    from xdsl.dialects.builtin import bf16

    work = work_of(c.SoftmaxOp(tensor(4, 8, element=bf16)))
    assert work is not None and {*work.ops} == {"f32", "bf16"}  # bf16: what is cast


def test_reductions_and_windows() -> None:
    x = tensor(4, 6)
    assert flops(r.ReduceSumOp(x, [1])) == 24 - 4
    assert flops(r.ReduceMeanOp(x, [1])) == 24
    assert flops(r.ReduceMaxOp(x, [])) == 0
    image = tensor(1, 2, 8, 8)
    assert flops(p.MaxPool2dOp(image, [2, 2], strides=[2, 2])) == 2 * 16 * 3
    assert flops(p.AvgPool2dOp(image, [2, 2], strides=[2, 2])) == 2 * 16 * 4
    assert flops(p.LpPool2dOp(image, [2, 2], strides=[2, 2], p=1)) == 2 * 64 + 2 * 16 * 3
    assert flops(p.LpPool2dOp(image, [2, 2], strides=[2, 2], p=2)) == 2 * 64 + 2 * 16 * 4
    assert flops(p.LpPool2dOp(image, [2, 2], strides=[2, 2], p=3)) == 4 * 64 + 2 * 16 * 4


def test_movements_read_what_they_take() -> None:
    table, ids = tensor(1000, 8), tensor(3, element=i8)
    gather = m.GatherOp(table, ids)
    work = work_of(gather)
    assert work is not None and work.flops == 0
    assert work.moved == {table: 24, ids: 3, gather.result: 24}
    cut = m.SliceOp(table, [0, 0], [2, 8])
    assert getattr(work_of(cut), "moved", None) == {table: 16, cut.result: 16}
    view = m.ReshapeOp(table, [8000])
    assert getattr(work_of(view), "moved", None) == {}


def test_a_tensor_that_is_read_twice_moves_once() -> None:
    x = tensor(16, 16)
    op = k.MatmulOp(x, x)
    work = work_of(op)
    assert work is not None and work.moved == {x: 256, op.result: 256}


def test_a_transposed_convolution_multiplies_each_element_with_the_weights_of_its_channel() -> None:
    op = cv.ConvTransposeOp(tensor(2, 3, 5, 4), tensor(3, 7, 2, 2), strides=[2, 2])
    work = work_of(op)
    assert work is not None and work.macs == (2 * 3 * 5 * 4) * (7 * 2 * 2)


# --- the same knowledge elsewhere -----------------------------------------------------------------


def is_lowered_contraction(op: DlOp) -> bool:
    return isinstance(op, k.ContractionOp) and type(op) in RULES


CONTRACTIONS = [
    case for case in CASES if any(map(is_lowered_contraction, ops_of(module_of([case]))))
]


@pytest.mark.parametrize("case", CONTRACTIONS, ids=str)
def test_products_are_those_of_the_iteration_space(case: Case) -> None:
    """As counted on the level below, where products with padding do not exist."""
    module = module_of([case])
    (op,) = (op for op in ops_of(module) if isinstance(op, k.ContractionOp))
    work, padded = work_of(op), isinstance(op, k.Conv2dOp | cv.GroupedOp)
    assert work is not None
    run(module, "convert-dl-to-structured")
    sums = [op for op in module.walk() if op.name == "structured.generic"]
    found = sum(products(op) for op in sums if is_sum_of_products(op))  # type: ignore[arg-type]
    assert work.macs >= found if padded else work.macs == found
