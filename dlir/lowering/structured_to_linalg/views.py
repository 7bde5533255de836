"""Another shape for the same elements: dimensions are joined, then split again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xdsl.dialects import tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, ArrayAttr, IndexType, IntegerAttr, TensorType, i64
from xdsl.ir import SSAValue

from dlir.dialects.structured.reshaping import groups
from dlir.dialects.structured.shapes import Size
from dlir.dialects.tensors import ExpandShapeOp, ReshapeOp
from dlir.lowering.structured_to_linalg.emitter import Emitter, typed
from dlir.types import AnyTensor, element_of

Runs = Sequence[Sequence[int]]


def reshaped(
    emitter: Emitter, x: SSAValue, sizes: Sequence[Size], wanted: AnyTensor | None = None
) -> SSAValue:
    """x under other sizes, as a tensor of type `wanted` if that is given."""
    old = emitter.sizes.all_of(x)
    if [*old] != [*sizes]:
        before, after = _runs(old, sizes)
        if any(len(_unknown(sizes[d] for d in run)) > 1 for run in after):
            return _by_sizes(emitter, x, sizes, wanted)
        x = _expanded(emitter, _collapsed(emitter, x, before), after, sizes)
    return x if wanted is None else emitter.resized(x, wanted)


def _unknown(sizes: Iterable[Size]) -> list[SSAValue]:
    return [n for n in sizes if not isinstance(n, int)]


def _by_sizes(
    emitter: Emitter, x: SSAValue, sizes: Sequence[Size], wanted: AnyTensor | None
) -> SSAValue:
    """tensor.reshape: upstream's way to memory loses track of two unknown parts of a dimension."""
    values = [emitter.sizes.value(size) for size in sizes]
    type = typed(element_of(x.type), sizes) if wanted is None else wanted
    index = TensorType(IndexType(), [len(values)])
    shape = emitter.insert(tensor.FromElementsOp.build(operands=[values], result_types=[index]))
    return emitter.insert(ReshapeOp(x, shape, type))


def _runs(old: Sequence[Size], new: Sequence[Size]) -> tuple[Runs, Runs]:
    """Dimensions that are joined, and those that they are split into.

    Sizes that are equal in front stay as they are; behind them, everything is joined if there is a
    size that is not known.
    """
    same = 0
    while same + 1 < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    kept = [[d] for d in range(same)]
    before = [n for n in old[same:] if isinstance(n, int) and n > 0]
    after = [n for n in new[same:] if isinstance(n, int) and n > 0]
    runs = [([*range(len(old) - same)], [*range(len(new) - same)])]
    if len(before) == len(old) - same and len(after) == len(new) - same:
        found = groups(before, after)
        runs = found if all(left and right for left, right in found) else runs
    if not old or not new:
        return [], []
    return (
        [*kept, *([d + same for d in left] for left, _ in runs)],
        [*kept, *([d + same for d in right] for _, right in runs)],
    )


def _collapsed(emitter: Emitter, x: SSAValue, runs: Runs) -> SSAValue:
    old, sizes = emitter.sizes.all_of(x), list[Size]()
    if len(runs) == len(old):
        return x
    for run in runs:
        size: Size = 1
        for d in run:
            size = emitter.sizes.mul(size, old[d])
        sizes.append(size)
    op = tensor.CollapseShapeOp.build(
        operands=[x],
        properties={"reassociation": _reassociation(runs)},
        result_types=[typed(element_of(x.type), sizes)],
    )
    return emitter.insert(op)


def _expanded(emitter: Emitter, x: SSAValue, runs: Runs, new: Sequence[Size]) -> SSAValue:
    if not new:
        return x
    if runs and all(len(run) == 1 for run in runs) and emitter.sizes.all_of(x):
        return x
    static = [n if isinstance(n, int) else DYNAMIC_INDEX for n in new]
    dynamic = [n for n in new if not isinstance(n, int)]
    runs = runs if emitter.sizes.all_of(x) else []
    result = typed(element_of(x.type), new)
    return emitter.insert(ExpandShapeOp(x, dynamic, runs, static, result))


def _reassociation(runs: Runs) -> ArrayAttr[ArrayAttr[IntegerAttr]]:
    return ArrayAttr([ArrayAttr([IntegerAttr(d, i64) for d in run]) for run in runs])
