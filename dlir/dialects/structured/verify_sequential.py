"""The numbered rules of the ops that go through elements one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import DYNAMIC_INDEX, i1, i32, i64
from xdsl.ir import Attribute, Block, SSAValue

from dlir import types
from dlir.diagnostics import require
from dlir.dialects.structured.verify import shape_text, verify_destination

if TYPE_CHECKING:
    from dlir.dialects.structured.ops import ScanOp, ScatterOp, SortOp


def _shape(value: SSAValue) -> tuple[int, ...]:
    return types.shape_of(value.type)


def _element(value: SSAValue) -> Attribute:
    return types.element_of(value.type)


def _agree(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether two shapes may be equal at run time."""
    return len(a) == len(b) and all(
        x == y or DYNAMIC_INDEX in (x, y) for x, y in zip(a, b, strict=True)
    )


def _require_body(block: Block, taken: list[Attribute], yielded: Attribute, rule: str) -> None:
    got = [argument.type for argument in block.args]
    require(
        got == taken,
        rule,
        f"the body takes ({', '.join(map(str, got))}), expected ({', '.join(map(str, taken))})",
    )
    last = block.last_op
    require(
        last is not None and last.name == "structured.yield",
        rule,
        "a body ends in structured.yield",
    )
    assert last is not None
    found = last.operands[0].type
    require(found == yielded, rule, f"the body yields {found}, expected {yielded}")


def _require_axis(axis: int, shape: tuple[int, ...], rule: str) -> None:
    message = f"axis {axis} of a {len(shape)}-dimensional input; expected one of its dimensions"
    require(0 <= axis < len(shape), rule, message)


def verify_scan(op: ScanOp) -> None:
    shape, out = _shape(op.input), _shape(op.outs)
    _require_axis(op.axis.value.data, shape, "structured-scan-c1")
    require(
        _agree(shape, out),
        "structured-scan-c1",
        f"outs has shape {shape_text(out)}, expected {shape_text(shape)}",
    )
    acc, init = _element(op.outs), getattr(op.init, "type", None)
    require(init == acc, "structured-scan-c2", f"init has type {init}, outs holds {acc}")
    _require_body(op.body.block, [_element(op.input), acc], acc, "structured-scan-c2")
    verify_destination(op.outs, op.result, "structured-scan-c3")


def verify_sort(op: SortOp) -> None:
    rule, axis, out = "structured-sort-c1", op.axis.value.data, _shape(op.outs)
    shapes = [_shape(value) for value in op.inputs]
    require(
        bool(shapes) and all(_agree(shape, shapes[0]) for shape in shapes),
        rule,
        f"inputs of shapes {', '.join(map(shape_text, shapes)) or 'none'}; "
        "expected one input or more, of one shape",
    )
    _require_axis(axis, shapes[0], rule)
    require(_element(op.outs) == i64, rule, f"outs holds {_element(op.outs)}, expected i64")
    room = out[axis] if axis < len(out) else DYNAMIC_INDEX
    size = shapes[0][axis]
    expected = (*shapes[0][:axis], room, *shapes[0][axis + 1 :])
    require(
        _agree(expected, out) and (DYNAMIC_INDEX in (room, size) or room <= size),
        rule,
        f"outs has shape {shape_text(out)}, expected {shape_text(shapes[0])} "
        f"or less along dimension {axis}",
    )
    elements = [_element(value) for value in op.inputs]
    _require_body(op.body.block, [*elements, *elements], i1, "structured-sort-c2")
    verify_destination(op.outs, op.result, "structured-sort-c3")


def verify_scatter(op: ScatterOp) -> None:
    indices, out, updates = _shape(op.indices), _shape(op.outs), _shape(op.updates)
    require(
        _element(op.indices) in (i32, i64) and bool(out),
        "structured-scatter-c1",
        f"indices of type {_element(op.indices)} into {len(out)} dimensions; "
        "expected i32 or i64, into one dimension or more",
    )
    expected = (*indices, *out[1:])
    require(
        _agree(expected, updates),
        "structured-scatter-c2",
        f"updates have shape {shape_text(updates)}, expected {shape_text(expected)}",
    )
    held = _element(op.outs)
    taken = [held, _element(op.updates)]
    _require_body(op.body.block, taken, held, "structured-scatter-c3")
    verify_destination(op.outs, op.result, "structured-scatter-c4")
