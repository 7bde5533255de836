"""What follows a formula point by point goes before the reshape that ends it.

There it is an epilogue of the last product, on numbers that are still in registers. So a bias, an
activation and the sum with another image of whole tiles cost no pass over the image.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops.base import DlOp, element_of, shape_of
from dlir.dialects.dl.ops.movement import ReshapeOp, SliceOp


def move_before_reshape(image: SSAValue) -> None:
    """Move the elementwise readers of an image, each the only one of the one before."""
    cut = image.owner if isinstance(image.owner, SliceOp) else None
    reshape = image.owner if cut is None else cut.x.owner
    if not isinstance(reshape, ReshapeOp) or len(reshape.operands) > 1:
        return
    if cut is not None and len(cut.operands) > 1:
        return  # the size of the batch is asked of what would change
    tiles, last = reshape.x, image
    passed: list[Operation] = [reshape, *([cut] if cut is not None else [])]
    while (reader := _only_reader(last)) is not None:
        operands = [_as_tiles(v, last, tiles, cut is None, reader) for v in reader.operands]
        if None in operands:
            break
        moved = type(reader).create(
            operands=[v for v in operands if v is not None],
            properties=reader.properties,
            result_types=[TensorType(element_of(reader.results[0]), shape_of(tiles))],
        )
        _insert_before(reader, moved)
        tiles, last = moved.results[0], reader.results[0]
        passed.append(reader)
    if last is not image:
        _end_with(last, tiles, reshape, cut)
        for op in reversed(passed):
            op.detach()
            op.erase()


def _only_reader(image: SSAValue) -> DlOp | None:
    """The one op that reads an image, if it computes another one of the same size from it.

    One with an `axis` would mean another dimension of the tiles.
    """
    use = image.get_unique_use()
    op = use.operation if use is not None else None
    if not isinstance(op, DlOp) or op.op_class is not OpClass.ELEMENTWISE or len(op.results) > 1:
        return None
    if "axis" in op.properties:
        return None
    return op if shape_of(op.results[0]) == shape_of(image) else None


def _as_tiles(
    value: SSAValue, image: SSAValue, tiles: SSAValue, is_whole: bool, reader: Operation
) -> SSAValue | None:
    """An operand as it is combined with the tiles; None if it cannot be."""
    if value is image:
        return tiles
    shape, whole, wanted = shape_of(value), shape_of(image), shape_of(tiles)
    if not shape or (len(shape) == 1 and whole[-1] == wanted[-1]):
        return value  # one number, or one for each channel of an NHWC image
    if not is_whole:
        return None
    if shape == whole:
        sizes = _sizes(wanted)
    elif wanted[:-1] == whole[:-2] and shape[-2:] == (1, 1) and shapes.DYNAMIC not in shape:
        sizes = [*shape[:-1]]  # one for each channel of an NCHW image, whose places are columns
    else:
        return None
    viewed = ReshapeOp(value, sizes)
    _insert_before(reader, viewed)
    return viewed.result


def _end_with(last: SSAValue, tiles: SSAValue, reshape: ReshapeOp, cut: SliceOp | None) -> None:
    """Make the image of the tiles after all."""
    op = last.owner
    assert isinstance(op, Operation)
    ended: ReshapeOp | SliceOp = ReshapeOp(tiles, _sizes(shape_of(reshape.result)))
    _insert_before(op, ended)
    if cut is not None:
        offsets, strides = cut.offsets.get_values(), cut.strides.get_values()
        ended = SliceOp(ended.result, offsets, shape_of(cut.result), strides)
        _insert_before(op, ended)
    ended.result.name_hint = last.name_hint
    last.replace_all_uses_with(ended.result)


def _sizes(shape: Sequence[int]) -> list[int]:
    return [-1 if n == shapes.DYNAMIC else n for n in shape]


def _insert_before(anchor: Operation, op: Operation) -> None:
    assert anchor.parent is not None
    op.location = anchor.location
    anchor.parent.insert_op_before(op, anchor)
