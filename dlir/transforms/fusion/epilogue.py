"""An elementwise consumer becomes the epilogue of a reduction: consumer(fold(..))."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, Region, SSAValue

from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, YieldOp
from dlir.dialects.structured.roles import Contraction, gathered, is_elementwise
from dlir.transforms.fusion.bodies import clone_ops, uses_index


def refusal(producer: GenericOp, consumer: GenericOp, number: int) -> str | None:
    """Why the consumer cannot be an epilogue; None if it can."""
    if consumer.reduction_dims:
        return "both are reductions"
    if not is_elementwise(consumer):
        return "the consumer writes a part of its result"
    if any(p is not None for p in consumer.paddings):
        return "the consumer reads beyond a border"
    if uses_index(consumer.body.block):
        return "the consumer asks where it is"
    if producer.init is None:
        return "the reduction starts from a tensor"
    if _match_points(producer, consumer, number) is None:
        return "the consumer has other points than the reduction has results"
    return None


def fuse(producer: GenericOp, consumer: GenericOp, number: int) -> GenericOp:
    """The fold with the consumer as (a further part of) its epilogue."""
    iterators = _match_points(producer, consumer, number)
    assert iterators is not None
    out_forms = tuple(_renamed(f, iterators, producer) for f in consumer.out_forms)
    others = [i for i in range(len(consumer.inputs)) if i != number]
    more = [[_renamed(f, iterators, producer) for f in consumer.input_forms[i]] for i in others]
    block = _epilogue_block(producer)
    _append_body(block, consumer, number)
    parallel = len(producer.parallel_dims)
    new_maps = [map_of((gathered(producer, f) for f in forms), parallel) for forms in more]
    assert producer.epilogue_maps is not None or producer.epilogue is None
    old_maps = [m.data for m in producer.epilogue_maps.data] if producer.epilogue_maps else []
    return GenericOp(
        list(producer.inputs),
        consumer.outs,
        [*producer.map_list[:-1], map_of(out_forms, len(producer.kinds))],
        producer.kinds,
        producer.body.clone(),
        init=producer.init,
        padding=producer.paddings,
        domain=_domain_without_outs(producer),
        schedule=producer.schedule,
        epilogue_inputs=[*producer.epilogue_inputs, *(consumer.inputs[i] for i in others)],
        epilogue_maps=[*old_maps, *new_maps],
        epilogue=Region(block),
    )


def loses_tiles(before: Contraction | None, after: Contraction | None) -> bool:
    """Whether a contraction stopped being one that register tiles compute: all that the epilogue
    touches must lie along the lanes, which the result's last iterator stays."""
    return before is not None and (after is None or after.lanes != before.lanes)


def _domain_without_outs(producer: GenericOp) -> Sequence[int] | None:
    return producer.fixed_domain if producer.domain is not None else None


def _match_points(producer: GenericOp, consumer: GenericOp, number: int) -> dict[int, int] | None:
    """Consumer iterator -> producer iterator, if each point of one is a point of the other."""
    iterators: dict[int, int] = {}
    for read, written in zip(consumer.input_forms[number], producer.out_forms, strict=True):
        if read.plain_dim is None or written.plain_dim is None:
            return None
        iterators[read.plain_dim] = written.plain_dim
    complete = len(iterators) == len(consumer.kinds) == len(producer.parallel_dims)
    return iterators if complete else None


def _renamed(form: Linear, iterators: dict[int, int], producer: GenericOp) -> Linear:
    coefficients = [0] * len(producer.kinds)
    for d in form.dims:
        coefficients[iterators[d]] = form.coefficients[d]
    return Linear(tuple(coefficients), form.constant)


def _epilogue_block(producer: GenericOp) -> Block:
    """A copy of the epilogue, or an empty one that yields the accumulator."""
    if producer.epilogue is not None:
        return producer.epilogue.clone().detach_block(0)
    block = Block(arg_types=[producer.accumulator_type])
    block.add_op(YieldOp(block.args[0]))
    return block


def _append_body(block: Block, consumer: GenericOp, number: int) -> None:
    """Continue an epilogue with the consumer's body, which reads the yielded value."""
    last = block.last_op
    assert isinstance(last, YieldOp)
    known: dict[SSAValue, SSAValue] = {}
    for i, argument in enumerate(consumer.body.block.args):
        known[argument] = (
            last.value if i == number else block.insert_arg(argument.type, len(block.args))
        )
    last.detach()
    clone_ops(consumer.body.block, block, known)
    last.erase()
