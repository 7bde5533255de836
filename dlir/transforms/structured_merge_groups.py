"""`structured-merge-groups`: groups narrower than the array are computed several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, IndexOp
from dlir.dialects.structured.rearrange import form, rearranged
from dlir.dialects.structured.roles import is_constant, spread
from dlir.hardware import parse_settings
from dlir.targets.accel.description import load_machine


@dataclass(frozen=True)
class StructuredMergeGroups(ModulePass):
    """Make products of groups fill whole blocks of lanes.

    A convolution of 8 groups of 4 channels reads 4 lanes at a time, which lie anywhere in a block.
    Four groups together are one product of 16 channels, whose weights are 0 where a channel of one
    group would meet another group: the same rows through the array, and no lanes to move.

    Before (groups g of 4 to 8 channels, 16 columns):
    ```mlir
    %y = structured.generic {maps = [(y, g, o, i, c) -> (y + i, 4 * g + c),
                                     (y, g, o, i, c) -> (g, o, c, i),
                                     (y, g, o, i, c) -> (y, 8 * g + o)], ...} ins(%x, %w : ...)
    ```
    After:
    ```mlir
    %y = structured.generic {maps = [(y, i, G, l, m) -> (y + i, 16 * G + m),
                                     (y, i, G, l, m) -> (G, i, m, l),
                                     (y, i, G, l, m) -> (y, 32 * G + l)], ...} ins(%x, %dense : ...)
    ```
    """

    name = "structured-merge-groups"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cols = load_machine(self.machine, parse_settings(self.set)).array.cols
        constant: set[SSAValue] = set()
        for inner in list(op.walk()):
            if is_constant(inner, constant):
                constant.update(inner.results)
            elif isinstance(inner, GenericOp):
                groups = _groups_of(inner, constant, cols)
                if groups is not None:
                    _rewrite(inner, groups)


@dataclass(frozen=True)
class _Groups:
    """The iterators over groups, and over a group's channels in and out."""

    a: int
    g: int
    c: int
    o: int
    merged: int
    """Groups that are computed together."""


def _groups_of(op: GenericOp, constant: set[SSAValue], cols: int) -> _Groups | None:
    """The groups of a sum of products of a tensor and constant weights, if they need merging."""
    if len(op.inputs) != 2 or len(op.body.block.args) != 3 or not op.out_forms:
        return None
    a = next((i for i in (0, 1) if op.inputs[1 - i] in constant), None)
    extents = op.static_extents()
    blocks = [op.body.block, *([op.epilogue.block] if op.epilogue is not None else [])]
    uses_index = any(isinstance(o, IndexOp) for block in blocks for o in block.ops)
    if a is None or op.inputs[a] in constant or any(n < 1 for n in extents) or uses_index:
        return None
    source, result = op.input_forms[a][-1], op.out_forms[-1]
    c = _channel(source, op.reduction_dims, extents)
    o = _channel(result, op.parallel_dims, extents)
    if c is None or o is None:
        return None
    group = [d for d in source.dims if d != c]
    if len(group) != 1 or group != [d for d in result.dims if d != o]:
        return None
    g = group[0]
    if source.coefficients[g] != extents[c] or result.coefficients[g] != extents[o]:
        return None
    if extents[c] % cols == 0 and extents[o] % cols == 0:
        return None
    roles = _Groups(a, g, c, o, _merged(extents[g], extents[c], extents[o], cols))
    return roles if _is_simple(op, roles) else None


def _channel(last: Linear, kinds: Sequence[int], extents: Sequence[int]) -> int | None:
    found = [d for d in last.dims if last.coefficients[d] == 1 and d in kinds]
    return found[0] if len(found) == 1 and not last.constant and extents[found[0]] > 1 else None


def _merged(groups: int, c: int, o: int, cols: int) -> int:
    """The fewest groups whose channels are whole blocks, else all."""
    fine = [r for r in range(1, groups) if groups % r == 0 and r * c % cols == r * o % cols == 0]
    return fine[0] if fine else groups


def _is_simple(op: GenericOp, roles: _Groups) -> bool:
    """Whether nothing else is walked by groups and channels, but weights, by each alone."""
    mine = {roles.g, roles.c, roles.o}
    others = [*op.input_forms[roles.a][:-1], *op.out_forms[:-1]]
    allowed = mine | set(op.reduction_dims)
    if any(d in mine for f in others for d in f.dims):
        return False
    if any(d not in allowed for f in op.input_forms[1 - roles.a] for d in f.dims):
        return False
    for forms in op.epilogue_forms:
        for one in (spread(op, f) for f in forms):
            if any(d in mine for d in one.dims) and one != op.out_forms[-1]:
                return False
    return True


def _rewrite(op: GenericOp, roles: _Groups) -> None:
    extents = op.static_extents()
    kept = [d for d in range(len(extents)) if d not in (roles.g, roles.c, roles.o)]
    count = len(kept) + 3
    group, lane, summed = range(len(kept), count)
    widths = roles.merged * extents[roles.c], roles.merged * extents[roles.o]
    sums = [d for d in kept if d in op.reduction_dims]
    made = _dense(op, roles, sums)
    image = [_renamed(f, kept, count) for f in op.input_forms[roles.a][:-1]]
    image.append(form(count, {group: widths[0], summed: 1}))
    order = (group, *(kept.index(d) for d in sums), summed, lane)
    weights = [form(count, {i: 1}) for i in order]
    last = form(count, {group: widths[1], lane: 1})
    out = [*(_renamed(f, kept, count) for f in op.out_forms[:-1]), last]
    kinds = [op.kinds[d] for d in kept]
    kinds += [Iterator.PARALLEL, Iterator.PARALLEL, Iterator.REDUCTION]
    inputs, maps = [op.inputs[roles.a], made[-1].results[0]], [image, weights]
    padding = [op.paddings[roles.a], None]
    if roles.a == 1:
        inputs.reverse()
        maps.reverse()
        padding.reverse()
    parallel = [i for i, k in enumerate(kinds) if k is Iterator.PARALLEL]
    new = GenericOp(
        inputs,
        op.outs,
        [*(map_of(m, count) for m in maps), map_of(out, count)],
        kinds,
        op.body.clone(),
        init=op.init,
        padding=padding,
        domain=[*(extents[d] for d in kept), extents[roles.g] // roles.merged, widths[1],
                widths[0]],
        epilogue_inputs=op.epilogue_inputs,
        epilogue_maps=_epilogue_maps(op, kept, last, parallel),
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )  # fmt: skip
    new.location = op.location
    Rewriter.insert_op(list(made), InsertPoint.before(op))
    Rewriter.replace_op(op, new)


def _epilogue_maps(
    op: GenericOp, kept: Sequence[int], last: Linear, parallel: Sequence[int]
) -> list[AffineMap]:
    maps: list[AffineMap] = []
    for forms in op.epilogue_forms:
        wide = [spread(op, f) for f in forms]
        count = len(last.coefficients)
        new = [last if f == op.out_forms[-1] else _renamed(f, kept, count) for f in wide]
        cut = [Linear(tuple(f.coefficients[p] for p in parallel), f.constant) for f in new]
        maps.append(map_of(cut, len(parallel)))
    return maps


def _renamed(one: Linear, kept: Sequence[int], count: int) -> Linear:
    coefficients = [one.coefficients[d] for d in kept]
    return Linear(tuple([*coefficients, *[0] * (count - len(kept))]), one.constant)


def _dense(op: GenericOp, roles: _Groups, sums: Sequence[int]) -> tuple[Operation, ...]:
    """`out[G, taps, (i, c), (j, o)] = w[merged * G + j, o, c, taps]` where i = j, else 0."""
    extents, front = op.static_extents(), 1 + len(sums)
    i, c, j, o = range(front, front + 4)
    count = front + 4
    domain = [extents[roles.g] // roles.merged, *(extents[d] for d in sums), roles.merged,
              extents[roles.c], roles.merged, extents[roles.o]]  # fmt: skip
    place = {d: form(count, {1 + p: 1}) for p, d in enumerate(sums)}
    place |= {
        roles.g: form(count, {0: roles.merged, j: 1}),
        roles.c: form(count, {c: 1}),
        roles.o: form(count, {o: 1}),
    }
    source = [_substituted(f, place, count) for f in op.input_forms[1 - roles.a]]
    target = [form(count, {p: 1}) for p in range(front)]
    target += [form(count, {i: extents[roles.c], c: 1}), form(count, {j: extents[roles.o], o: 1})]
    return rearranged(op.inputs[1 - roles.a], source, target, domain, diagonal=(i, j))


def _substituted(one: Linear, place: dict[int, Linear], count: int) -> Linear:
    """The form with each iterator written as a form over the others."""
    total, constant = [0] * count, one.constant
    for d in one.dims:
        factor = one.coefficients[d]
        total = [a + factor * b for a, b in zip(total, place[d].coefficients, strict=True)]
        constant += factor * place[d].constant
    return Linear(tuple(total), constant)
