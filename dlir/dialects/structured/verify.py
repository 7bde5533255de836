"""The numbered rules of the `structured` ops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, TensorType, i32, i64
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.utils.hints import isa

from dlir import types
from dlir.diagnostics import require
from dlir.dialects.structured.maps import Linear, linear

if TYPE_CHECKING:
    from dlir.dialects.structured.ops import FillOp, GatherOp, GenericOp, IndexOp, ReshapeOp


def _shape(value: SSAValue) -> tuple[int, ...]:
    return types.shape_of(value.type)


def _element(value: SSAValue) -> Attribute:
    return types.element_of(value.type)


def shape_text(shape: tuple[int, ...]) -> str:
    return "x".join("?" if n == DYNAMIC_INDEX else str(n) for n in shape) or "scalar"


# --- structured.generic ---------------------------------------------------------------------


Source: TypeAlias = int | tuple[SSAValue, int]
"""A static extent, or the operand dimension to ask at run time."""


def extent_source(op: GenericOp, dim: int) -> Source:
    """Where the extent of an iterator stands.

    LookupError if nothing tells it.
    """
    if (fixed := op.fixed_domain[dim]) != DYNAMIC_INDEX:
        return fixed
    outs: dict[int, Source] = {}
    _ask(op.operand_groups[1], op.out_forms, outs)
    return _told(outs if dim in outs else extent_sources(op), dim)


def all_extent_sources(op: GenericOp) -> list[Source]:
    """`extent_source` of all iterators, found in one go."""
    sources = extent_sources(op)
    return [_told(sources, dim) for dim in range(len(op.kinds))]


def _told(sources: Mapping[int, Source], dim: int) -> Source:
    if dim not in sources:
        raise LookupError(f"nothing tells the extent of iterator d{dim}")
    return sources[dim]


def extent_sources(op: GenericOp) -> dict[int, Source]:
    """Iterator -> where its extent stands, of those that something tells about.

    `domain` tells first, then `outs`, then the inputs, of which a static size is preferred.
    """
    read, written, _ = op.operand_groups
    inputs: dict[int, Source] = {}
    for value, forms in zip(read, op.input_forms, strict=True):
        _ask(value, forms, inputs)
    outs: dict[int, Source] = {}
    _ask(written, op.out_forms, outs)
    fixed = {d: n for d, n in enumerate(op.fixed_domain) if n != DYNAMIC_INDEX}
    return inputs | outs | fixed


def _ask(value: SSAValue, forms: Sequence[Linear], found: dict[int, Source]) -> None:
    """Note of each iterator that counts a dimension of an operand where its extent stands."""
    for position, (form, size) in enumerate(zip(forms, _shape(value), strict=False)):
        dim = form.plain_dim
        if dim is None or isinstance(found.get(dim), int):
            continue
        if size != DYNAMIC_INDEX:
            found[dim] = size
        elif dim not in found:
            found[dim] = (value, position)


def verify_generic(op: GenericOp) -> None:
    _verify_maps(op)
    _verify_padding(op)
    _verify_out_map(op)
    _verify_extents(op)
    _verify_bounds(op)
    _verify_epilogue(op)
    _verify_bodies(op)
    verify_destination(op.outs, op.result, "structured-generic-c8")


def _verify_maps(op: GenericOp) -> None:
    rule = "structured-generic-c1"
    operands = [*op.inputs, op.outs]
    maps, dims = op.map_list, len(op.kinds)
    require(
        len(maps) == len(operands),
        rule,
        f"expected {len(operands)} maps, one per input and one for outs, got {len(maps)}",
    )
    for number, (value, affine_map) in enumerate(zip(operands, maps, strict=True)):
        name = "outs" if number == len(op.inputs) else f"input {number}"
        require(
            affine_map.num_dims == dims and affine_map.num_symbols == 0,
            rule,
            f"the map of {name} is over {affine_map.num_dims} iterators, the op has {dims}",
        )
        require(
            len(affine_map.results) == len(_shape(value)),
            rule,
            f"the map of {name} has {len(affine_map.results)} results, "
            f"its shape {shape_text(_shape(value))} has {len(_shape(value))} dimensions",
        )
        for result in affine_map.results:
            try:
                linear(result, dims)
            except ValueError as error:
                require(False, rule, f"the map of {name}: {error}")


def _verify_out_map(op: GenericOp) -> None:
    rule = "structured-generic-c2"
    used = [d for form in op.out_forms for d in form.dims]
    require(
        sorted(used) == sorted(op.parallel_dims),
        rule,
        f"the map of outs uses iterators {used}, expected each of the parallel iterators "
        f"{list(op.parallel_dims)} once",
    )
    for form in op.out_forms:
        require(
            _is_mixed_radix(op, form),
            rule,
            f"'{form.text()}' sends two points of the iteration space to one element",
        )


def _is_mixed_radix(op: GenericOp, form: Linear) -> bool:
    """Whether the form counts like digits: each coefficient covers all smaller digits."""
    reach = 1
    for coefficient, dim in sorted((abs(form.coefficients[d]), d) for d in form.dims):
        if coefficient < reach:
            return False
        extent = extent_of(op, dim)
        reach = coefficient * extent if extent != DYNAMIC_INDEX else 1 << 62
    return True


def extent_of(op: GenericOp, dim: int) -> int:
    """The static extent, or DYNAMIC_INDEX; that also where nothing tells it (that is rule C3)."""
    try:
        source = extent_source(op, dim)
    except LookupError:
        return DYNAMIC_INDEX
    return source if isinstance(source, int) else DYNAMIC_INDEX


def _verify_extents(op: GenericOp) -> None:
    if op.domain is not None:
        got = len(op.fixed_domain)
        require(
            got == len(op.kinds),
            "structured-generic-c3",
            f"domain has {got} entries for {len(op.kinds)} iterators",
        )
    for dim in range(len(op.kinds)):
        try:
            extent_source(op, dim)
        except LookupError as error:
            require(
                False,
                "structured-generic-c3",
                str(error),
                "use it plainly in some operand's map, or give `domain`",
            )
    extents = op.static_extents()
    for value, forms, padding in zip(op.inputs, op.input_forms, op.paddings, strict=True):
        for size, form in zip(_shape(value), forms, strict=True):
            dim = form.plain_dim
            if dim is None or padding is not None or DYNAMIC_INDEX in (size, extents[dim]):
                continue
            require(
                size >= extents[dim],
                "structured-generic-c4",
                f"iterator d{dim} has extent {extents[dim]}, an input that it indexes has {size}",
            )


def _verify_padding(op: GenericOp) -> None:
    rule = "structured-generic-c5"
    paddings = op.padding
    if paddings is not None:
        require(
            len(paddings.data) == len(op.inputs),
            rule,
            f"padding has {len(paddings.data)} entries for {len(op.inputs)} inputs",
        )
    for value, padding in zip(op.inputs, op.paddings, strict=True):
        require(
            padding is None or getattr(padding, "type", None) == _element(value),
            rule,
            f"padding {padding} of an input that holds {_element(value)}",
        )


def _verify_bounds(op: GenericOp) -> None:
    rule = "structured-generic-c5"
    extents = op.static_extents()
    if 0 in extents:
        return
    for value, forms, padding in zip(op.inputs, op.input_forms, op.paddings, strict=True):
        if padding is not None:
            continue
        for position, (size, form) in enumerate(zip(_shape(value), forms, strict=True)):
            if size == DYNAMIC_INDEX or any(extents[d] == DYNAMIC_INDEX for d in form.dims):
                continue
            low, high = form.bounds([max(e, 1) for e in extents])
            require(
                low >= 0 and high < size,
                rule,
                f"index {low}..{high} leaves dimension {position} of size {size}",
                "give this input a `padding` scalar, or shrink the iterators",
            )


def _verify_epilogue(op: GenericOp) -> None:
    rule = "structured-generic-c7"
    if op.epilogue is None:
        require(not op.epilogue_inputs, rule, "epilogue inputs without an epilogue")
        return
    require(bool(op.reduction_dims), rule, "an epilogue needs a reduction iterator")
    maps = op.epilogue_maps
    count = 0 if maps is None else len(maps.data)
    require(
        count == len(op.epilogue_inputs),
        rule,
        f"expected {len(op.epilogue_inputs)} epilogue maps, got {count}",
    )
    parallel = len(op.parallel_dims)
    for value, affine_map in zip(op.epilogue_inputs, maps or (), strict=True):
        m = affine_map.data
        require(
            m.num_dims == parallel and len(m.results) == len(_shape(value)),
            rule,
            f"epilogue map {m} shall take the {parallel} parallel iterators "
            f"to {len(_shape(value))} dimensions",
        )


def _verify_bodies(op: GenericOp) -> None:
    rule = "structured-generic-c6"
    expected = [_element(v) for v in op.inputs]
    yielded = _yielded(op.body.block, rule)
    if op.reduction_dims:
        expected.append(yielded)
        if op.init is None:
            require(
                yielded == _element(op.outs) or op.epilogue is not None,
                rule,
                f"the reduction starts from outs of type {_element(op.outs)} but yields {yielded}",
                "give `init`",
            )
        else:
            init_type = getattr(op.init, "type", None)
            require(
                init_type == yielded,
                rule,
                f"init has type {init_type}, the accumulator has type {yielded}",
            )
    _require_arguments(op.body.block, expected, "body", rule)
    final = yielded
    if op.epilogue is not None:
        _require_arguments(
            op.epilogue.block, [yielded, *map(_element, op.epilogue_inputs)], "epilogue", rule
        )
        final = _yielded(op.epilogue.block, rule)
    require(
        final == _element(op.outs),
        rule,
        f"the op yields {final}, outs holds {_element(op.outs)}",
    )


def _require_arguments(block: Block, expected: list[Attribute], what: str, rule: str) -> None:
    got = [a.type for a in block.args]
    require(
        got == expected,
        rule,
        f"the {what} takes ({', '.join(map(str, got))}), expected "
        f"({', '.join(map(str, expected))})",
    )


def _yielded(block: Block, rule: str) -> Attribute:
    last = block.last_op
    require(
        last is not None and last.name == "structured.yield",
        rule,
        "a body ends in structured.yield",
    )
    assert last is not None
    return last.operands[0].type


# --- the companions ---------------------------------------------------------------------------


def verify_destination(outs: SSAValue, result: SSAValue | None, rule: str) -> None:
    if types.is_tensor(outs.type):
        require(
            result is not None and result.type == outs.type,
            rule,
            f"on tensors the result has the type of outs, {outs.type}, got "
            f"{'none' if result is None else result.type}",
        )
    else:
        require(result is None, rule, "on memrefs the op has no result")


def verify_index(op: IndexOp, around: GenericOp | None) -> None:
    iterators = 0 if around is None else len(around.kinds)
    require(
        0 <= op.dim.value.data < iterators,
        "structured-index-c1",
        f"expected one of the {iterators} iterators of the structured.generic around it, "
        f"got {op.dim.value.data}",
    )


def verify_fill(op: FillOp) -> None:
    require(
        op.value.type == _element(op.outs),
        "structured-fill-c1",
        f"the scalar has type {op.value.type}, outs holds {_element(op.outs)}",
    )
    verify_destination(op.outs, op.result, "structured-fill-c2")


def verify_gather(op: GatherOp) -> None:
    shape, axis = _shape(op.input), op.axis_number
    require(
        0 <= axis < len(shape) and _element(op.indices) in (i32, i64),
        "structured-gather-c1",
        f"axis {axis} of a {len(shape)}-dimensional input, indices of type "
        f"{_element(op.indices)}; expected an axis of the input, and i32 or i64",
    )
    expected = (*shape[:axis], *_shape(op.indices), *shape[axis + 1 :])
    require(
        _compatible(expected, _shape(op.outs)) and _element(op.input) == _element(op.outs),
        "structured-gather-c2",
        f"outs has shape {shape_text(_shape(op.outs))}, expected {shape_text(expected)} "
        f"of {_element(op.input)}",
    )
    verify_destination(op.outs, op.result, "structured-gather-c3")


def _compatible(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return len(a) == len(b) and all(
        x == y or DYNAMIC_INDEX in (x, y) for x, y in zip(a, b, strict=True)
    )


def verify_reshape(op: ReshapeOp) -> None:
    before, after = _shape(op.input), _shape(op.result)
    static = DYNAMIC_INDEX not in before and DYNAMIC_INDEX not in after
    require(
        _element(op.input) == _element(op.result) and (not static or prod(before) == prod(after)),
        "structured-reshape-c1",
        f"cannot view {op.input.type} as {op.result.type}",
        "the element type and the number of elements stay the same",
    )
    missing = after.count(DYNAMIC_INDEX)
    require(
        len(op.sizes) == missing,
        "structured-reshape-c2",
        f"expected {missing} sizes, one per `?` of the result, got {len(op.sizes)}",
    )
    both_tensors = isa(op.input.type, TensorType) and isa(op.result.type, TensorType)
    both_memrefs = isa(op.input.type, MemRefType) and isa(op.result.type, MemRefType)
    require(
        both_tensors or both_memrefs,
        "structured-reshape-c3",
        "input and result shall both be tensors or both be memrefs",
    )


def row_major_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Element strides of the identity layout; DYNAMIC_INDEX once a `?` is to the right."""
    strides = [1]
    for size in reversed(shape[1:]):
        dynamic = DYNAMIC_INDEX in (size, strides[-1])
        strides.append(DYNAMIC_INDEX if dynamic else strides[-1] * size)
    return tuple(reversed(strides)) if shape else ()
