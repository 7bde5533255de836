"""The scales of blocks: a reduction over the places of a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import RoundMode, powers
from dlir.dialects.dl.ops.microscaling import MxScaleOp
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Epilogue,
    Space,
    dimensions,
)
from dlir.lowering.dl_to_structured.narrow import Rounding
from dlir.lowering.dl_to_structured.scalar import Scalar, absf, maximum, number
from dlir.lowering.dl_to_structured.scalar_forms import convert
from dlir.lowering.dl_to_structured.sizes import tensor_type

DOWN = Rounding(RoundMode.DOWNWARD, saturate=True)


def mx_scale(emitter: Emitter, op: MxScaleOp) -> SSAValue:
    """The greatest magnitude of each block, as a power of two. What a block lacks is 0."""
    sizes, axis, block = emitter.sizes, op.axis.value.data, op.block.value.data
    shape = sizes.of(op.x)
    *_, inner = letters = dimensions(len(shape) + 1)
    parallel = letters[:-1]
    space = Space(parallel, inner)
    place = space.form({parallel[axis]: block, inner: 1})
    blocks = sizes.div(sizes.add(shape[axis], block - 1), block)
    out = emitter.empty(tensor_type(op.result), [*shape[:axis], blocks, *shape[axis + 1 :]])
    unit = 2.0**-op.exponent.value.data

    def scale(most: Scalar) -> Scalar:
        return convert(most * unit, powers, DOWN)

    return emitter.generic(
        space,
        [Access(op.x, space.forms(parallel, {parallel[axis]: place}), number(0, f32))],
        Destination(out, space.forms(parallel)),
        lambda x, most: maximum(most, absf(x)),
        init=number(0, f32),
        domain={inner: block},
        epilogue=Epilogue(scale),
    )


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {MxScaleOp: mx_scale}
