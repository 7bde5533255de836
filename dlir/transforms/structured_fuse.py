"""`structured-fuse`: elementwise ops join the reductions and elementwise ops around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, IndexOp, YieldOp, element_type_of
from dlir.dialects.structured.roles import (
    gathered,
    is_copy,
    is_elementwise,
    match_contraction,
    may_fail,
)
from dlir.dialects.structured.shapes import Size, Sizes

MOST_INPUTS = 16  # operands of one fused op: pointers stay in registers


@dataclass(frozen=True)
class StructuredFuse(ModulePass):
    """Fuse elementwise structured ops so that intermediate tensors are never stored.

    - an elementwise consumer of a reduction or contraction becomes its epilogue, if it is the only
      reader; a permuting one (a transpose) permutes the map of `outs`;
    - an elementwise producer is computed inside of its only reader, unless that is a contraction,
      which takes pure copies (transposes, slices) only, as long as its reads stay contiguous.

    Before:
    ```mlir
    %0 = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
           iterators = [parallel, reduction], init = 0.0 : f32} ins(%x : tensor<4x8xf32>) ... {
      %s = arith.addf %acc, %a : f32
      ...
    %1 = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
           ins(%0 : tensor<4xf32>) ... {
      %r = math.sqrt %a : f32
    ```
    After:
    ```mlir
    %1 = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
           iterators = [parallel, reduction], init = 0.0 : f32} ins(%x : tensor<4x8xf32>) ... {
      %s = arith.addf %acc, %a : f32
      ...
    } epilogue {
      %r = math.sqrt %v : f32
    ```
    """

    name = "structured-fuse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        changed = True
        while changed:  # every fusion removes one op, so this ends
            changed = False
            for inner in list(op.walk()):
                if isinstance(inner, GenericOp) and inner.parent is not None:
                    changed |= _fuse_into(inner)


def _fuse_into(consumer: GenericOp) -> bool:
    """Fuse one producer of `consumer`; True if something changed."""
    for number, value in enumerate(consumer.inputs):
        producer = value.owner
        if not isinstance(producer, GenericOp) or not _only_reader(value, consumer):
            continue
        if producer.parent is not consumer.parent or may_fail(producer) or may_fail(consumer):
            continue  # bodies with assertions run point by point; what is around them need not
        if producer.reduction_dims:
            if _append_epilogue(producer, consumer, number):
                return True
        elif is_elementwise(producer) and _inline_producer(producer, consumer, number):
            return True
    return False


def _only_reader(value: SSAValue, consumer: GenericOp) -> bool:
    """Whether the value is read once, as an input (not as the destination)."""
    use = value.get_unique_use()
    return use is not None and use.operation is consumer and value is not consumer.outs


# --- an elementwise consumer becomes an epilogue -----------------------------------------------


def _append_epilogue(producer: GenericOp, consumer: GenericOp, number: int) -> bool:
    """consumer(fold(..)) = fold with consumer as (a further part of) its epilogue."""
    if not is_elementwise(consumer) or consumer.paddings[number] is not None:
        return False
    if any(p is not None for p in consumer.paddings) or _uses_index(consumer.body.block):
        return False
    iterators = _match_points(producer, consumer, number)
    if iterators is None:
        return False
    out_forms = tuple(_renamed(f, iterators, producer) for f in consumer.out_forms)
    others = [i for i in range(len(consumer.inputs)) if i != number]
    more = [[_renamed(f, iterators, producer) for f in consumer.input_forms[i]] for i in others]
    if not _keeps_columns(producer, out_forms, more):
        return False
    block = _epilogue_block(producer)
    _append_body(block, consumer, number)
    parallel = len(producer.parallel_dims)
    new_maps = [map_of((gathered(producer, f) for f in forms), parallel) for forms in more]
    assert producer.epilogue_maps is not None or producer.epilogue is None
    old_maps = [m.data for m in producer.epilogue_maps.data] if producer.epilogue_maps else []
    fused = GenericOp(
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
    _replace(consumer, fused, producer)
    return True


def _domain_without_outs(producer: GenericOp) -> Sequence[int] | None:
    return producer.fixed_domain if producer.domain is not None else None


def _match_points(producer: GenericOp, consumer: GenericOp, number: int) -> dict[int, int] | None:
    """Consumer iterator -> producer iterator, if each point of one is a point of the other."""
    if producer.init is None and producer.reduction_dims:
        return None  # the accumulator starts from outs, whose type the consumer may change
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


def _keeps_columns(
    producer: GenericOp, out_forms: Sequence[Linear], more: Sequence[Sequence[Linear]]
) -> bool:
    """The result's last iterator, which vector lanes run along, stays the last one.

    In a contraction all that the epilogue touches must be read along the lanes, too.
    """
    if not out_forms:
        return True
    if out_forms[-1].plain_dim != producer.out_forms[-1].plain_dim:
        return False
    roles = match_contraction(producer)
    return roles is None or all(_runs_along(forms, roles.lanes) for forms in more)


def _runs_along(forms: Sequence[Linear], lanes: int) -> bool:
    """Whether an operand is contiguous along an iterator, or does not depend on it."""
    if not any(f.coefficients[lanes] for f in forms):
        return True
    return forms[-1].coefficients[lanes] == 1 and not any(f.coefficients[lanes] for f in forms[:-1])


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
    _clone_ops(consumer.body.block, block, known)
    last.erase()


def _clone_ops(source: Block, target: Block, known: dict[SSAValue, SSAValue]) -> None:
    for op in source.ops:
        target.add_op(op.clone(known))


def _uses_index(block: Block) -> bool:
    return any(isinstance(op, IndexOp) for op in block.ops)


# --- an elementwise producer is computed where it is read --------------------------------------


def _inline_producer(producer: GenericOp, consumer: GenericOp, number: int) -> bool:
    """Replace one input by the producer's inputs, read through composed maps."""
    if consumer.paddings[number] is not None or any(p is not None for p in producer.paddings):
        return False
    if _uses_index(producer.body.block) or _loses_extents(producer, consumer, number):
        return False
    if _parts_tell_a_reduction(producer, consumer, number):
        return False
    composed = _composed_maps(producer, consumer, number)
    if not _may_inline(producer, consumer, number, composed):
        return False
    keep = range(len(consumer.inputs))
    inputs = [v for i in keep if i != number for v in [consumer.inputs[i]]]
    maps = [m for i, m in enumerate(consumer.map_list[:-1]) if i != number]
    paddings = [p for i, p in enumerate(consumer.paddings) if i != number]
    block = Block(
        arg_types=[
            *(element_type_of(v) for v in inputs),
            *(a.type for a in producer.body.block.args),
            *(a.type for a in consumer.body.block.args[len(consumer.inputs) :]),
        ]
    )
    _join_bodies(producer, consumer, number, block)
    fused = GenericOp(
        [*inputs, *producer.inputs],
        consumer.outs,
        [*maps, *(map_of(f, len(consumer.kinds)) for f in composed), consumer.map_list[-1]],
        consumer.kinds,
        Region(block),
        init=consumer.init,
        padding=[*paddings, *producer.paddings],
        domain=consumer.fixed_domain if consumer.domain is not None else None,
        schedule=consumer.schedule,
        epilogue_inputs=list(consumer.epilogue_inputs),
        epilogue_maps=[m.data for m in consumer.epilogue_maps.data]
        if consumer.epilogue_maps
        else [],
        epilogue=consumer.epilogue.clone() if consumer.epilogue is not None else None,
    )
    _replace(consumer, fused, producer)
    return True


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
    others = [f for i, f in enumerate(consumer.input_forms) if i != number]
    for forms in [*others, consumer.out_forms, *_composed_maps(producer, consumer, number)]:
        told |= {form.plain_dim for form in forms}
    return any(d not in told and consumer.fixed_domain[d] < 0 for d in range(len(consumer.kinds)))


def _parts_tell_a_reduction(producer: GenericOp, consumer: GenericOp, number: int) -> bool:
    """Whether an input of which the producer reads a part would tell a reduction's extent.

    The extents of parallel iterators are told by the result, whatever the inputs' sizes.
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


def _may_inline(
    producer: GenericOp,
    consumer: GenericOp,
    number: int,
    composed: Sequence[tuple[Linear, ...]],
) -> bool:
    roles = match_contraction(consumer)
    if roles is None:
        reads = {form.plain_dim for form in consumer.input_forms[number]}
        once = len(reads - {None}) == len(consumer.kinds)  # else elements are computed repeatedly
        few = len(consumer.inputs) + len(producer.inputs) <= MOST_INPUTS
        return few and (once or is_copy(producer))
    if not is_copy(producer):
        return False
    if number == _input_number(consumer, roles.b.value) and roles.b.value is not roles.a.value:
        return True  # b is packed anyway, or still runs along the lanes
    inner = consumer.reduction_dims[-1]
    return composed[0][-1].plain_dim == inner  # a keeps k contiguous


def _input_number(op: GenericOp, value: SSAValue) -> int:
    return list(op.inputs).index(value)


def _join_bodies(producer: GenericOp, consumer: GenericOp, number: int, block: Block) -> None:
    """The producer's body first; its yielded value stands for the consumer's argument."""
    count = len(consumer.inputs) - 1
    width = len(producer.inputs)
    known: dict[SSAValue, SSAValue] = dict(
        zip(producer.body.block.args, block.args[count : count + width], strict=True)
    )
    _clone_ops(producer.body.block, block, known)
    last = block.last_op
    assert isinstance(last, YieldOp)
    value = last.value
    last.detach()
    last.erase()
    arguments = list(consumer.body.block.args)
    plain = [a for i, a in enumerate(arguments[: len(consumer.inputs)]) if i != number]
    accumulators = arguments[len(consumer.inputs) :]
    mapped: dict[SSAValue, SSAValue] = dict(zip(plain, block.args[:count], strict=True))
    mapped |= dict(zip(accumulators, block.args[count + width :], strict=True))
    mapped[arguments[number]] = value
    _clone_ops(consumer.body.block, block, mapped)


def _replace(consumer: GenericOp, fused: GenericOp, producer: Operation) -> None:
    fused.location = consumer.location
    Rewriter.insert_op(fused, InsertPoint.before(consumer))
    assert consumer.result is not None and fused.result is not None
    fused.result.name_hint = consumer.result.name_hint
    consumer.result.replace_all_uses_with(fused.result)
    consumer.detach()
    consumer.erase()
    producer.detach()
    producer.erase()
