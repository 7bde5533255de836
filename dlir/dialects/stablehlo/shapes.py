"""What the types and properties of `stablehlo` ops must agree in: one function per kind of op.

Each checks a verified op of its kind and raises RuleViolation. A `?` agrees with every size: what
it is in truth shows at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NoReturn, cast

from xdsl.dialects.builtin import DenseArrayBase, DenseIntOrFPElementsAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.diagnostics import RuleViolation
from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.ops.base import Tensor, same_sizes, tensor

Shape = Sequence[int]
Pair = tuple[tuple[int, ...], tuple[int, ...]]
DYNAMIC = -1


def reject(what: str, message: str) -> NoReturn:
    """The op breaks the rule `stablehlo-<what>`."""
    raise RuleViolation(f"stablehlo-{what}", message)


def text(shape: Iterable[int]) -> str:
    return "[" + ", ".join("?" if size < 0 else str(size) for size in shape) + "]"


def shape_of(value: SSAValue) -> tuple[int, ...]:
    return tensor(value).get_shape()


def element_of(value: SSAValue) -> Attribute:
    return tensor(value).element_type


def ints_of(op: Operation, name: str, default: Sequence[int] = ()) -> tuple[int, ...]:
    """The integers of a property that is an array or a dense constant; the default without it."""
    value = op.properties.get(name)
    if isinstance(value, DenseArrayBase):
        return tuple(cast(DenseArrayBase[Any], value).get_values())
    if isinstance(value, DenseIntOrFPElementsAttr):
        return tuple(int(n) for n in cast(Any, value).get_values())
    return tuple(default)


def pairs_of(op: Operation, name: str, count: int) -> list[tuple[int, int]]:
    """(low, high) for each dimension, from a constant of shape count x 2; zeros without it."""
    flat = ints_of(op, name, [0] * (2 * count))
    if len(flat) != 2 * count:
        reject("property", f"expected {count} pairs in {name}, got {len(flat)} numbers")
    return list(zip(flat[::2], flat[1::2], strict=True))


def number_of(op: Operation, name: str, default: int = 0) -> int:
    """An integer property."""
    value = op.properties.get(name)
    return default if value is None else int(cast(Any, value).value.data)


def flag_of(op: Operation, name: str) -> bool:
    return bool(number_of(op, name))


def expect_shape(value: SSAValue, expected: Shape) -> None:
    if not same_sizes(shape_of(value), expected):
        reject("shape", f"expected a result of shape {text(expected)}, got {value.type}")


def expect_element(value: SSAValue, expected: Attribute) -> None:
    if element_of(value) != expected:
        reject("element-type", f"expected elements of type {expected}, got {element_of(value)}")


def expect_axes(what: str, axes: Sequence[int], rank: int, rising: bool = False) -> None:
    """Axes are in range and differ; some lists must rise."""
    if any(not 0 <= axis < rank for axis in axes) or len({*axes}) != len(axes):
        reject("axes", f"expected {what} that differ, from 0 to {rank - 1}, got {[*axes]}")
    if rising and [*axes] != sorted(axes):
        reject("axes", f"expected {what} in rising order, got {[*axes]}")


def expect_count(what: str, values: Sequence[object], count: int) -> None:
    if len(values) != count:
        reject("property", f"expected {count} {what}, got {len(values)}")


def agree(shapes: Sequence[Shape]) -> Shape:
    """The shape that several are; `?` gives way to a number."""
    first, *others = shapes
    for other in others:
        if not same_sizes(first, other):
            reject("shape", f"expected operands of one shape, got {text(first)} and {text(other)}")
        first = [max(a, b) for a, b in zip(first, other, strict=True)]
    return first


# Elementwise


def same_types(op: Operation) -> None:
    """All operands and the result have one type."""
    elementwise(op)
    for value in (*op.operands[1:], op.results[0]):
        expect_element(value, element_of(op.operands[0]))


def elementwise(op: Operation) -> None:
    """All operands and the result have one shape."""
    shape = agree([shape_of(value) for value in op.operands])
    expect_shape(op.results[0], shape)


def compare(op: Operation) -> None:
    elementwise(op)
    expect_element(op.operands[1], element_of(op.operands[0]))
    if kind_of(element_of(op.results[0])) != "b":
        reject("element-type", f"expected a result of i1, got {op.results[0].type}")


def predicate(op: Operation) -> None:
    elementwise(op)
    if kind_of(element_of(op.results[0])) != "b":
        reject("element-type", f"expected a result of i1, got {op.results[0].type}")


def select(op: Operation) -> None:
    condition, on_true, on_false = op.operands
    if kind_of(element_of(condition)) != "b":
        reject("element-type", f"expected a condition of i1, got {condition.type}")
    shape = agree([shape_of(on_true), shape_of(on_false)])
    if shape_of(condition) and not same_sizes(shape_of(condition), shape):
        reject("shape", f"expected a condition of shape {text(shape)} or [], got {condition.type}")
    for value in (on_false, op.results[0]):
        expect_element(value, element_of(on_true))
    expect_shape(op.results[0], shape)


def clamp(op: Operation) -> None:
    low, x, high = op.operands
    for bound in (low, high):
        expect_element(bound, element_of(x))
        if shape_of(bound) and not same_sizes(shape_of(bound), shape_of(x)):
            reject("shape", f"expected bounds of shape {text(shape_of(x))} or [], got {bound.type}")
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], shape_of(x))


def bitcast_convert(op: Operation) -> None:
    """The same bits; a last dimension holds the parts where one side has narrower elements."""
    old, new = tensor(op.operands[0]), tensor(op.results[0])
    shapes = [[*old.get_shape()], [*new.get_shape()]]
    if len(shapes[0]) != len(shapes[1]):
        shapes[len(shapes[0]) > len(shapes[1])].append(1)
    widths = [width_of(type.element_type) for type in (old, new)]
    bits = [s[-1] * w if s and s[-1] >= 0 else w for s, w in zip(shapes, widths, strict=True)]
    if not same_sizes(shapes[0][:-1], shapes[1][:-1]) or bits[0] != bits[1]:
        reject("shape", f"expected a result with the bits of {old}, got {new}")


def width_of(element: Attribute) -> int:
    """How many bits an element has."""
    return int(cast(Any, element).bitwidth)


def broadcasting(op: Operation) -> None:
    """Operands broadcast to the result, trailing dimensions aligned or as the property says."""
    result = shape_of(op.results[0])
    dims = ints_of(op, "broadcast_dimensions")
    for value in op.operands:
        shape = shape_of(value)
        axes = range(len(result) - len(shape), len(result))
        if dims and len(shape) < len(result):
            expect_count("dimensions", dims, len(shape))
            axes = dims
        if len(shape) > len(result):
            reject("shape", f"expected operands of rank {len(result)} at most, got {value.type}")
        expect_axes("dimensions", [*axes], len(result))
        fits = (n == 1 or same_sizes([n], [result[d]]) for n, d in zip(shape, axes, strict=True))
        if not all(fits):
            reject("shape", f"expected operands that broadcast to {text(result)}, got {value.type}")


def top_k(op: Operation) -> None:
    shape, k = shape_of(op.operands[0]), number_of(op, "k")
    if not shape or k < 0 or k > shape[-1] >= 0:
        reject("property", f"expected 0 <= k <= the last size of {text(shape)}, got {k}")
    expect_element(op.results[0], element_of(op.operands[0]))
    for result in op.results:
        expect_shape(result, [*shape[:-1], k])


# Movement


def constant(op: Operation) -> None:
    value = cast(Any, op.properties["value"])
    if not hasattr(value, "get_type"):
        reject("property", f"expected a dense constant, got {value}")
    if value.get_type() != op.results[0].type:
        reject("shape", f"expected a result of type {value.get_type()}, got {op.results[0].type}")


def iota(op: Operation) -> None:
    expect_axes("an axis", [number_of(op, "iota_dimension")], len(shape_of(op.results[0])))


def reshape(op: Operation) -> None:
    expect_element(op.results[0], element_of(op.operands[0]))
    old, new = shape_of(op.operands[0]), shape_of(op.results[0])
    if min(*old, *new, 0) == 0 and prod(old) != prod(new):
        reject("shape", f"expected a shape of {prod(old)} elements, got {text(new)}")


def transpose(op: Operation) -> None:
    shape, perm = shape_of(op.operands[0]), ints_of(op, "permutation")
    expect_axes("axes", perm, len(shape))
    expect_count("axes", perm, len(shape))
    expect_element(op.results[0], element_of(op.operands[0]))
    expect_shape(op.results[0], [shape[axis] for axis in perm])


def reverse(op: Operation) -> None:
    expect_axes("axes", ints_of(op, "dimensions"), len(shape_of(op.operands[0])))
    same_types(op)


def broadcast_in_dim(op: Operation) -> None:
    """Dimension i of the operand is dimension dims[i] of the result, of that size or 1."""
    old, new = shape_of(op.operands[0]), shape_of(op.results[0])
    dims = ints_of(op, "broadcast_dimensions")
    expect_count("dims, one per dimension of the operand", dims, len(old))
    expect_axes("dims", dims, len(new))
    expect_element(op.results[0], element_of(op.operands[0]))
    if any(n not in (1, DYNAMIC, new[d]) and new[d] >= 0 for n, d in zip(old, dims, strict=True)):
        reject("shape", f"expected sizes of 1 or of the result, got {text(old)} for {text(new)}")


def broadcast(op: Operation) -> None:
    expect_element(op.results[0], element_of(op.operands[0]))
    expect_shape(op.results[0], [*ints_of(op, "broadcast_sizes"), *shape_of(op.operands[0])])


def concatenate(op: Operation) -> None:
    if not op.operands:
        reject("shape", "expected an operand, got none")
    shapes, axis = [[*shape_of(value)] for value in op.operands], number_of(op, "dimension")
    expect_axes("an axis", [axis], len(shapes[0]))
    if any(len(shape) != len(shapes[0]) for shape in shapes):
        reject("shape", "expected operands of one rank")
    sizes = [shape[axis] for shape in shapes]
    for shape in shapes:
        shape[axis] = DYNAMIC
    joined = [*agree(shapes)]
    joined[axis] = DYNAMIC if DYNAMIC in sizes else sum(sizes)
    for value in op.operands:
        expect_element(op.results[0], element_of(value))
    expect_shape(op.results[0], joined)


def slice_(op: Operation) -> None:
    shape = shape_of(op.operands[0])
    start, limit = ints_of(op, "start_indices"), ints_of(op, "limit_indices")
    strides = ints_of(op, "strides", [1] * len(shape))
    for what, values in (("starts", start), ("limits", limit), ("strides", strides)):
        expect_count(what, values, len(shape))
    ranges = list(zip(shape, start, limit, strides, strict=True))
    if any(s < 0 or end < s or d < 1 or (end > n >= 0) for n, s, end, d in ranges):
        reject("slice", f"expected 0 <= start <= limit <= size and strides >= 1 for {text(shape)}")
    expect_element(op.results[0], element_of(op.operands[0]))
    expect_shape(op.results[0], [-(-(end - s) // d) for _, s, end, d in ranges])


def pad(op: Operation) -> None:
    shape = shape_of(op.operands[0])
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    low, high, interior = (ints_of(op, name) for name in names)
    for values in (low, high, interior):
        expect_count("paddings", values, len(shape))
    if any(n < 0 for n in interior):
        reject("property", f"expected interior paddings >= 0, got {[*interior]}")
    expect_element(op.operands[1], element_of(op.operands[0]))
    expect_element(op.results[0], element_of(op.operands[0]))
    if shape_of(op.operands[1]):
        reject("shape", f"expected a padding value of rank 0, got {op.operands[1].type}")
    padded = [
        n if n < 0 else n + max(n - 1, 0) * i + a + b
        for n, a, b, i in zip(shape, low, high, interior, strict=True)
    ]
    if any(size < 0 <= n for n, size in zip(shape, padded, strict=True)):
        reject("shape", "expected paddings that leave no negative size")
    expect_shape(op.results[0], padded)


def dynamic_slice(op: Operation) -> None:
    x, *starts = op.operands
    sizes = ints_of(op, "slice_sizes")
    expect_count("start indices", starts, len(shape_of(x)))
    expect_count("sizes", sizes, len(shape_of(x)))
    _expect_scalars(starts)
    if any(s < 0 or s > n >= 0 for s, n in zip(sizes, shape_of(x), strict=True)):
        reject("slice", f"expected sizes within {text(shape_of(x))}, got {[*sizes]}")
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], sizes)


def dynamic_update_slice(op: Operation) -> None:
    x, update, *starts = op.operands
    expect_count("start indices", starts, len(shape_of(x)))
    _expect_scalars(starts)
    fits = len(shape_of(update)) == len(shape_of(x)) and all(
        s <= n or n < 0 for s, n in zip(shape_of(update), shape_of(x), strict=True)
    )
    if not fits:
        reject("slice", f"expected an update within {text(shape_of(x))}, got {update.type}")
    expect_element(update, element_of(x))
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], shape_of(x))


def _expect_scalars(values: Sequence[SSAValue]) -> None:
    for value in values:
        if shape_of(value) or kind_of(element_of(value)) not in "su":
            reject("shape", f"expected integers of rank 0 as start indices, got {value.type}")


# Contraction


def dot_general(op: Operation) -> None:
    dims = cast(Any, op.properties["dot_dimension_numbers"])
    batch: Pair = (dims["lhs_batching_dimensions"], dims["rhs_batching_dimensions"])
    inner: Pair = (dims["lhs_contracting_dimensions"], dims["rhs_contracting_dimensions"])
    left, right = shape_of(op.operands[0]), shape_of(op.operands[1])
    for (a, b), what in ((batch, "batching"), (inner, "contracting")):
        if len(a) != len(b):
            reject("axes", f"expected as many {what} dimensions of both, got {[*a]} and {[*b]}")
    expect_axes("dimensions of lhs", (*batch[0], *inner[0]), len(left))
    expect_axes("dimensions of rhs", (*batch[1], *inner[1]), len(right))
    for a, b in zip((*batch[0], *inner[0]), (*batch[1], *inner[1]), strict=True):
        if not same_sizes([left[a]], [right[b]]):
            reject("shape", f"dimension {a} of lhs has size {left[a]}, {b} of rhs has {right[b]}")
    free = [[n for i, n in enumerate(left) if i not in (*batch[0], *inner[0])],
            [n for i, n in enumerate(right) if i not in (*batch[1], *inner[1])]]  # fmt: skip
    expect_shape(op.results[0], [*(left[axis] for axis in batch[0]), *free[0], *free[1]])


def dot(op: Operation) -> None:
    left, right = shape_of(op.operands[0]), shape_of(op.operands[1])
    if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2:
        reject("shape", f"expected operands of rank 1 or 2, got {text(left)} and {text(right)}")
    if not same_sizes(left[-1:], right[:1]):
        reject("shape", f"inner sizes differ: {left[-1]} and {right[0]}")
    expect_shape(op.results[0], [*left[:-1], *right[1:]])


def convolution(op: Operation) -> None:
    labels = cast(Any, op.properties["dimension_numbers"]).data
    left, right = shape_of(op.operands[0]), shape_of(op.operands[1])
    count = len(left) - 2
    spatial = [str(i) for i in range(count)]
    for names, shape, two in zip(labels, (left, right, left), ("bf", "io", "bf"), strict=True):
        if sorted(names) != sorted([*two, *spatial]) or len(names) != len(shape):
            reject("axes", f"expected {', '.join([*two, *spatial])} in some order, got {[*names]}")
    groups = number_of(op, "feature_group_count", 1), number_of(op, "batch_group_count", 1)
    if min(groups) < 1 or max(groups) > 1 < min(groups):
        reject("property", f"expected group counts >= 1, one of them 1, got {groups}")
    lhs, rhs = (dict(zip(n, s, strict=True)) for n, s in zip(labels, (left, right), strict=False))
    if not same_sizes([lhs["f"]], [rhs["i"] if rhs["i"] < 0 else rhs["i"] * groups[0]]):
        message = f"lhs has {lhs['f']} features, rhs expects {rhs['i']} in {groups[0]} groups"
        reject("shape", message)
    if (rhs["o"] % max(groups) and rhs["o"] >= 0) or (lhs["b"] % groups[1] and lhs["b"] >= 0):
        reject("shape", f"expected groups that divide {rhs['o']} features, got {max(groups)}")
    windows = convolution_windows(op, [lhs[i] for i in spatial], [rhs[i] for i in spatial])
    batch = lhs["b"] if lhs["b"] < 0 else lhs["b"] // groups[1]
    sizes = {"b": batch, "f": rhs["o"], **dict(zip(spatial, windows, strict=True))}
    expect_shape(op.results[0], [sizes[name] for name in labels[2]])


def convolution_windows(op: Operation, image: Shape, kernel: Shape) -> list[int]:
    """How many windows of the kernel there are in each dimension of the image."""
    count = len(image)
    ones = [1] * count
    strides = ints_of(op, "window_strides", ones)
    dilations = [ints_of(op, f"{side}_dilation", ones) for side in ("lhs", "rhs")]
    for what, values in (("strides", strides), ("dilations", dilations[0]),
                         ("dilations", dilations[1])):  # fmt: skip
        expect_count(what, values, count)
    dilated = [spread(n, d) for n, d in zip(image, dilations[0], strict=True)]
    known = "padding" in op.properties or op.name == "stablehlo.convolution"
    padding = pairs_of(op, "padding", count) if known else None
    if padding is None:
        return [DYNAMIC] * count
    return window_counts(dilated, kernel, strides, padding, dilations[1])


def spread(size: int, dilation: int) -> int:
    """The size with `dilation - 1` holes between elements."""
    if dilation < 1:
        reject("property", f"expected dilations >= 1, got {dilation}")
    return size if size < 1 else (size - 1) * dilation + 1


def window_counts(
    shape: Shape,
    window: Shape,
    strides: Shape,
    padding: Sequence[tuple[int, int]],
    dilations: Shape,
) -> list[int]:
    """How many windows fit into the padded shape, in each dimension."""
    if min(strides, default=1) < 1:
        reject("property", f"expected strides >= 1, got {[*strides]}")
    counts: list[int] = []
    for n, k, s, (low, high), d in zip(shape, window, strides, padding, dilations, strict=True):
        if n < 0 or k < 0:
            counts.append(DYNAMIC)
            continue
        padded, reach = n + low + high, spread(k, d)
        counts.append(0 if padded == 0 or reach > padded else (padded - reach) // s + 1)
    return counts


# Windows and regions


def reduce(op: Operation) -> None:
    inputs, inits = _halves(op)
    shape = agree([shape_of(value) for value in inputs])
    axes = ints_of(op, "dimensions")
    expect_axes("dimensions", axes, len(shape))
    kept = [n for axis, n in enumerate(shape) if axis not in axes]
    for result in op.results:
        expect_shape(result, kept)
    expect_count("results", op.results, len(inputs))
    expect_reducer(op.regions[0], inits)


def reduce_window(op: Operation) -> None:
    inputs, inits = _halves(op)
    shape = agree([shape_of(value) for value in inputs])
    ones = [1] * len(shape)
    window = ints_of(op, "window_dimensions")
    names = ("window_strides", "window_dilations", "base_dilations")
    strides, dilations, base = (ints_of(op, name, ones) for name in names)
    for what, values in (("window dimensions", window), ("strides", strides),
                         ("dilations", dilations), ("dilations", base)):  # fmt: skip
        expect_count(what, values, len(shape))
    if min(window, default=1) < 1:
        reject("property", f"expected window dimensions >= 1, got {[*window]}")
    padding = pairs_of(op, "padding", len(shape))
    dilated = [spread(n, d) for n, d in zip(shape, base, strict=True)]
    counts = window_counts(dilated, window, strides, padding, dilations)
    for result in op.results:
        expect_shape(result, counts)
    expect_reducer(op.regions[0], inits)


def _halves(op: Operation) -> tuple[Sequence[SSAValue], Sequence[SSAValue]]:
    """(inputs, initial values), equally many and at least one, the latter of rank 0."""
    count = len(op.operands) // 2
    inputs, inits = op.operands[:count], op.operands[count:]
    if not inputs or len(inits) != count:
        reject("shape", f"expected an initial value per input, got {len(op.operands)} operands")
    for value, init in zip(inputs, inits, strict=True):
        expect_element(init, element_of(value))
        if shape_of(init):
            reject("shape", f"expected initial values of rank 0, got {init.type}")
    return inputs, inits


def block_of(region: Region) -> Block:
    """The one block of a region that computes something."""
    blocks = [*region.blocks]
    if len(blocks) != 1 or blocks[0].last_op is None:
        reject("region", "expected one block that ends in stablehlo.return")
    return blocks[0]


def expect_arguments(region: Region, types: Sequence[Attribute]) -> None:
    given = [argument.type for argument in block_of(region).args]
    if given != [*types]:
        expected, got = (", ".join(map(str, listed)) for listed in (types, given))
        reject("region", f"expected a region with arguments ({expected}), got ({got})")


def expect_returned(region: Region, types: Sequence[Attribute]) -> None:
    """The region returns values that fit these types."""
    last = block_of(region).last_op
    given = [] if last is None else [value.type for value in last.operands]
    if last is None or last.name != "stablehlo.return":
        reject("region", "expected a region that ends in stablehlo.return")
    if len(given) != len(types) or not all(map(_fits, given, types)):
        expected, got = (", ".join(map(str, listed)) for listed in (types, given))
        reject("region", f"expected a region that returns ({expected}), got ({got})")


def _fits(given: Attribute, expected: Attribute) -> bool:
    if given == expected:
        return True
    shaped = hasattr(given, "get_shape") and hasattr(expected, "get_shape")
    if not shaped:
        return False
    one, other = cast(Tensor, given), cast(Tensor, expected)
    same = one.element_type == other.element_type
    return same and same_sizes(one.get_shape(), other.get_shape())


def expect_reducer(region: Region, inits: Sequence[SSAValue]) -> None:
    """A region that makes one of two of each kind."""
    types = [init.type for init in inits]
    expect_arguments(region, [*types, *types])
    expect_returned(region, types)


def sort(op: Operation) -> None:
    shape = agree([shape_of(value) for value in op.operands])
    axis = number_of(op, "dimension", -1)
    if not -len(shape) <= axis < max(len(shape), 1):
        reject("axes", f"expected an axis of {text(shape)}, got {axis}")
    expect_count("results", op.results, len(op.operands))
    for value, result in zip(op.operands, op.results, strict=True):
        expect_element(result, element_of(value))
        expect_shape(result, shape)
    scalars = [Tensor(element_of(value), ()) for value in op.operands for _ in range(2)]
    expect_arguments(op.regions[0], scalars)


def select_and_scatter(op: Operation) -> None:
    x, _, init = op.operands
    expect_element(init, element_of(x))
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], shape_of(x))
    expect_arguments(op.regions[0], [init.type, init.type])
    expect_reducer(op.regions[1], [init])


def map_(op: Operation) -> None:
    shape = agree([shape_of(value) for value in op.operands])
    expect_shape(op.results[0], shape)
    expect_arguments(op.regions[0], [Tensor(element_of(value), ()) for value in op.operands])
    expect_returned(op.regions[0], [Tensor(element_of(op.results[0]), ())])


# Gather and scatter


def gather(op: Operation) -> None:
    """Checked as the specification does: C1 to C22 in one go, by computing the result's shape."""
    x, starts = op.operands[:2]
    dims = cast(Any, op.properties["dimension_numbers"])
    sizes = ints_of(op, "slice_sizes", [DYNAMIC] * len(shape_of(x)))
    expect_count("slice sizes", sizes, len(shape_of(x)))
    batch = _index_shape(starts, dims["index_vector_dim"], len(dims["start_index_map"]))
    dropped: Shape = (*dims["collapsed_slice_dims"], *dims["operand_batching_dims"])
    rank = len(shape_of(x))
    expect_axes("collapsed and batching dimensions", dropped, rank)
    expect_axes("start_index_map", dims["start_index_map"], rank)
    expect_count("batching dimensions", dims["start_indices_batching_dims"],
                 len(dims["operand_batching_dims"]))  # fmt: skip
    if any(s > n >= 0 or (s < 0 and op.name == "stablehlo.gather")
           for s, n in zip(sizes, shape_of(x), strict=True)):  # fmt: skip
        reject("slice", f"expected slice sizes within {text(shape_of(x))}, got {[*sizes]}")
    if any(n > 1 and axis in dropped for axis, n in enumerate(sizes)):
        reject("slice", f"expected slice sizes of 1 or less in dimensions {[*dropped]}")
    window = [n for axis, n in enumerate(sizes) if axis not in dropped]
    expect_element(op.results[0], element_of(x))
    expect_shape(op.results[0], _interleaved(batch, window, dims["offset_dims"]))


def _index_shape(starts: SSAValue, vector: int, count: int) -> list[int]:
    """The shape of the indices without the dimension that holds their parts."""
    shape = [*shape_of(starts)]
    if kind_of(element_of(starts)) not in "su":
        reject("element-type", f"expected integers as indices, got {starts.type}")
    if not 0 <= vector <= len(shape):
        reject("axes", f"expected an index vector dimension up to {len(shape)}, got {vector}")
    parts = 1 if vector == len(shape) else shape.pop(vector)
    if parts not in (count, DYNAMIC):
        reject("axes", f"expected indices of {count} parts, got {parts}")
    return shape


def _interleaved(batch: Shape, window: Shape, offset_dims: Sequence[int]) -> list[int]:
    """The window's sizes at the offset dimensions, the batch's elsewhere, in order."""
    expect_axes("offset dimensions", offset_dims, len(batch) + len(window), rising=True)
    expect_count("offset dimensions", offset_dims, len(window))
    of_batch, of_window = iter(batch), iter(window)
    rank = len(batch) + len(window)
    return [next(of_window if axis in offset_dims else of_batch) for axis in range(rank)]


def scatter(op: Operation) -> None:
    count = len(op.operands) // 2
    inputs, starts, updates = op.operands[:count], op.operands[count], op.operands[count + 1 :]
    dims = cast(Any, op.properties["scatter_dimension_numbers"])
    shape = agree([shape_of(value) for value in inputs])
    batch = _index_shape(starts, dims["index_vector_dim"],
                         len(dims["scatter_dims_to_operand_dims"]))  # fmt: skip
    dropped = (*dims["inserted_window_dims"], *dims["input_batching_dims"])
    expect_axes("inserted and batching dimensions", dropped, len(shape))
    expect_axes("dimensions of the operand", dims["scatter_dims_to_operand_dims"], len(shape))
    expect_count("batching dimensions", dims["scatter_indices_batching_dims"],
                 len(dims["input_batching_dims"]))  # fmt: skip
    update = agree([shape_of(value) for value in updates])
    window = [n for axis, n in enumerate(update) if axis in dims["update_window_dims"]]
    bounds = [n for axis, n in enumerate(shape) if axis not in dropped]
    expect_count("window dimensions", window, len(bounds))
    if any(s > n >= 0 for s, n in zip(window, bounds, strict=True)):
        reject("slice", f"expected windows within {text(bounds)}, got {text(window)}")
    expected = _interleaved(batch, window, dims["update_window_dims"])
    if not same_sizes(update, expected):
        reject("shape", f"expected updates of shape {text(expected)}, got {text(update)}")
    for value, result in zip(inputs, op.results, strict=True):
        expect_element(result, element_of(value))
        expect_shape(result, shape)
    scalars = [Tensor(element_of(value), ()) for value in inputs]
    expect_arguments(op.regions[0], [*scalars, *scalars])
    expect_returned(op.regions[0], scalars)


# Control flow


def if_(op: Operation) -> None:
    condition = op.operands[0]
    if shape_of(condition) or kind_of(element_of(condition)) != "b":
        reject("element-type", f"expected a condition of type tensor<i1>, got {condition.type}")
    _branches(op)


def case(op: Operation) -> None:
    index = op.operands[0]
    if shape_of(index) or kind_of(element_of(index)) != "s":
        reject("element-type", f"expected an index of type tensor<i32>, got {index.type}")
    if not op.regions:
        reject("region", "expected a branch, got none")
    _branches(op)


def _branches(op: Operation) -> None:
    for region in op.regions:
        expect_arguments(region, [])
        expect_returned(region, op.result_types)


def while_(op: Operation) -> None:
    types = [value.type for value in op.operands]
    if len(types) != len(op.results) or not all(map(_fits, op.result_types, types)):
        reject("shape", "expected results of the operands' types")
    condition, body = op.regions
    for region in (condition, body):
        expect_arguments(region, types)
    returned = block_of(condition).last_op
    kinds = [] if returned is None else [value.type for value in returned.operands]
    if len(kinds) != 1 or str(kinds[0]) != "tensor<i1>":
        reject("region", "expected a condition that returns one tensor<i1>")
    expect_returned(body, types)


# Others


def get_dimension_size(op: Operation) -> None:
    axis = number_of(op, "dimension")
    expect_axes("an axis", [axis], len(shape_of(op.operands[0])))
    if shape_of(op.results[0]) or kind_of(element_of(op.results[0])) != "s":
        reject("shape", f"expected a result of type tensor<i32>, got {op.results[0].type}")


def dynamic_shape(op: Operation) -> None:
    """An operand holds the sizes of the result, in order: as many as it has dimensions."""
    sizes = op.operands[-1]
    if not same_sizes(shape_of(sizes), [len(shape_of(op.results[0]))]):
        rank = len(shape_of(op.results[0]))
        reject("shape", f"expected {rank} sizes of the result, got {sizes.type}")
    if str(element_of(sizes)) != "index" and kind_of(element_of(sizes)) not in "su":
        reject("element-type", f"expected integers as sizes, got {sizes.type}")


def dynamic_broadcast_in_dim(op: Operation) -> None:
    dynamic_shape(op)
    broadcast_in_dim(op)


def dynamic_reshape(op: Operation) -> None:
    dynamic_shape(op)
    reshape(op)


def dynamic_iota(op: Operation) -> None:
    dynamic_shape(op)
    iota(op)


def batch_norm(op: Operation) -> None:
    x, *channels = op.operands
    axis = number_of(op, "feature_index")
    expect_axes("an axis", [axis], len(shape_of(x)))
    for value in channels:
        one_dimension = len(shape_of(value)) == 1
        if one_dimension and not same_sizes(shape_of(value), [shape_of(x)[axis]]):
            reject("shape", f"expected {shape_of(x)[axis]} channels, got {value.type}")
    expect_shape(op.results[0], shape_of(x))
