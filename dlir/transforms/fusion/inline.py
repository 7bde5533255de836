"""An elementwise producer is computed where it is read: through composed maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.builder import Builder
from xdsl.ir import Block, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, YieldOp, element_type_of
from dlir.dialects.structured.roles import is_copy, is_elementwise, match_contraction
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.transforms.fusion.bodies import clone_ops, uses_index


def refusal(producer: GenericOp, consumer: GenericOp, number: int) -> str | None:
    """Why the producer cannot be computed where this input is read; None if it can."""
    if not is_elementwise(producer):
        return "the producer writes a part of its result"
    if consumer.paddings[number] is not None or any(p is not None for p in producer.paddings):
        return "one of them reads beyond a border"
    if uses_index(producer.body.block):
        return "the producer asks where it is"
    if _loses_extents(producer, consumer, number) or _parts_tell_a_reduction(
        producer, consumer, number
    ):
        return "only the tensor between them tells how far to go"
    return _of_contraction(producer, consumer, number)


def _of_contraction(producer: GenericOp, consumer: GenericOp, number: int) -> str | None:
    """A contraction stays one that register tiles compute."""
    roles = match_contraction(consumer)
    if roles is None:
        return None
    if not is_copy(producer):
        return "a contraction would compute the producer anew in every tile"
    if number == _input_number(consumer, roles.b.value) and roles.b.value is not roles.a.value:
        return None  # b is packed anyway, or still runs along the lanes
    last = _composed_maps(producer, consumer, number)[0][-1:]
    if not last or last[0].plain_dim != consumer.reduction_dims[-1]:
        return "a contraction would read its left side out of order"
    return None


def is_read_once(consumer: GenericOp, number: int) -> bool:
    """Whether no element is read at two points, so that a producer would compute it once."""
    reads = {form.plain_dim for form in consumer.input_forms[number]}
    return len(reads - {None}) == len(consumer.kinds)


def fuse(producer: GenericOp, consumer: GenericOp, number: int) -> GenericOp:
    """The consumer with one input, and its equals, replaced by the producer's inputs."""
    same = consumer.inputs[number], consumer.map_list[number]
    reads = zip(consumer.inputs, consumer.map_list, strict=False)
    kept = [i for i, read in enumerate(reads) if read != same]
    composed = _composed_maps(producer, consumer, number)
    found = [map_of(forms, len(consumer.kinds)) for forms in composed]
    places = _places(producer, consumer, kept, found)
    new = [i for i, place in enumerate(places) if len(kept) <= place not in places[:i]]
    inputs = [*(consumer.inputs[i] for i in kept), *(producer.inputs[i] for i in new)]
    accumulators = [a.type for a in consumer.body.block.args[len(consumer.inputs) :]]
    block = Block(arg_types=[*map(element_type_of, inputs), *accumulators])
    _join_bodies(producer, consumer, kept, places, block)
    return GenericOp(
        inputs,
        consumer.outs,
        [*(consumer.map_list[i] for i in kept), *(found[i] for i in new), consumer.map_list[-1]],
        consumer.kinds,
        Region(block),
        init=consumer.init,
        padding=[*(consumer.paddings[i] for i in kept), *(producer.paddings[i] for i in new)],
        domain=consumer.fixed_domain if consumer.domain is not None else None,
        schedule=consumer.schedule,
        epilogue_inputs=list(consumer.epilogue_inputs),
        epilogue_maps=[m.data for m in consumer.epilogue_maps.data]
        if consumer.epilogue_maps
        else [],
        epilogue=consumer.epilogue.clone() if consumer.epilogue is not None else None,
    )


def _places(
    producer: GenericOp, consumer: GenericOp, kept: Sequence[int], maps: Sequence[AffineMap]
) -> list[int]:
    """Of each input of the producer its place among those of the fused op: what both read in the
    same way is read once."""
    known = {
        (consumer.inputs[i], consumer.map_list[i]): place
        for place, i in enumerate(kept)
        if consumer.paddings[i] is None
    }
    count, places = len(kept), list[int]()
    for read in zip(producer.inputs, maps, strict=True):
        if read not in known:
            known[read] = count
            count += 1
        places.append(known[read])
    return places


def _composed_maps(
    producer: GenericOp, consumer: GenericOp, number: int
) -> list[tuple[Linear, ...]]:
    """Producer's input maps over the consumer's iterators: m_in o m_out^-1 o m_read."""
    reads = consumer.input_forms[number]
    at: dict[int, Linear] = {}
    for written, read in zip(producer.out_forms, reads, strict=True):
        assert written.plain_dim is not None
        at[written.plain_dim] = read
    return [tuple(_compose(f, at, len(consumer.kinds)) for f in fs) for fs in producer.input_forms]


def _compose(form: Linear, at: dict[int, Linear], num_dims: int) -> Linear:
    coefficients, constant = [0] * num_dims, form.constant
    for d in form.dims:
        inner, factor = at[d], form.coefficients[d]
        constant += factor * inner.constant
        for i, c in enumerate(inner.coefficients):
            coefficients[i] += factor * c
    return Linear(tuple(coefficients), constant)


def _loses_extents(producer: GenericOp, consumer: GenericOp, number: int) -> bool:
    """Whether some iterator's extent is told by the fused tensor alone."""
    told: set[int | None] = set()
    value = consumer.inputs[number]
    reads = zip(consumer.inputs, consumer.input_forms, strict=True)
    others = [forms for read, forms in reads if read is not value]
    for forms in [*others, consumer.out_forms, *_composed_maps(producer, consumer, number)]:
        told |= {form.plain_dim for form in forms}
    return any(d not in told and consumer.fixed_domain[d] < 0 for d in range(len(consumer.kinds)))


def _parts_tell_a_reduction(producer: GenericOp, consumer: GenericOp, number: int) -> bool:
    """Whether an input of which the producer reads a part would tell a reduction's extent.

    The extents of parallel iterators are told by the result, whatever the inputs' sizes: what falls
    outside of it is not written.
    """
    written = {form.plain_dim: position for position, form in enumerate(producer.out_forms)}
    reads, reduced = consumer.input_forms[number], set(consumer.reduction_dims)
    return any(reduced & set(reads[written[dim]].dims) for dim in _read_in_part(producer))


def _read_in_part(producer: GenericOp) -> Iterator[int]:
    """Iterators along which an input may be larger than what is read of it."""
    sizes = Sizes(Builder(InsertPoint.before(producer)))
    for value, forms in zip(producer.inputs, producer.input_forms, strict=True):
        for position, form in enumerate(forms):
            dim = form.plain_dim
            if dim is not None and not _same(
                sizes.of(value, position), sizes.extent(producer, dim)
            ):
                yield dim


def _same(a: Size, b: Size) -> bool:
    return a == b if isinstance(a, int) or isinstance(b, int) else a is b


def _input_number(op: GenericOp, value: SSAValue) -> int:
    return list(op.inputs).index(value)


def _join_bodies(
    producer: GenericOp,
    consumer: GenericOp,
    kept: Sequence[int],
    places: Sequence[int],
    block: Block,
) -> None:
    """The producer's body first; its yielded value stands for what the consumer read."""
    known: dict[SSAValue, SSAValue] = {
        argument: block.args[place]
        for argument, place in zip(producer.body.block.args, places, strict=True)
    }
    clone_ops(producer.body.block, block, known)
    last = block.last_op
    assert isinstance(last, YieldOp)
    value = last.value
    last.detach()
    last.erase()
    arguments = list(consumer.body.block.args)
    accumulators = arguments[len(consumer.inputs) :]
    mapped: dict[SSAValue, SSAValue] = dict.fromkeys(arguments, value)
    mapped |= dict(zip((arguments[i] for i in kept), block.args, strict=False))
    mapped |= dict(
        zip(accumulators, block.args[len(block.args) - len(accumulators) :], strict=True)
    )
    clone_ops(consumer.body.block, block, mapped)
