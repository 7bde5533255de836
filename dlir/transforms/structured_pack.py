"""`structured-pack`: bring the operands of scheduled contractions into the layout they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.attrs import Iterator, ScheduleAttr
from dlir.dialects.structured.copies import (
    add_borders,
    copy_op,
    row_major,
    substitute,
    with_inputs,
    zero_of,
)
from dlir.dialects.structured.dots import group_of, left_number
from dlir.dialects.structured.maps import Linear, map_of, projection
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import (
    Contraction,
    Operand,
    match_contraction,
    operands_of,
    spread,
)
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.dialects.vector_dot import Group


@dataclass(frozen=True)
class StructuredPack(ModulePass):
    """Make borders explicit and pack the right side of contractions, as ops of their own.

    A zero-padded input becomes a copy with borders. An operand named by `pack` is copied to
    `[.., N/NR, k.., NR]`, and the contraction counts its columns as `NR * nb + nr`. Both copies are
    plain structured ops: for weights they are constant and leave the model's hot path.

    For a schedule with a `dot` of groups of G, that is `[.., N/NR, .., K/G, NR * G]`: the G
    neighbours in k of a column lie side by side, zero behind the last k, and the contraction counts
    `G * kb + kg`. Its left operand then reads zeros behind its last k.

    Before:
    ```mlir
    structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], ...
        schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1]>}
        ins(%x, %w : tensor<32x784xf32>, tensor<784x512xf32>) ...
    ```
    After:
    ```mlir
    %p = structured.generic {maps = [(nb, k, nr) -> (k, 64 * nb + nr), (nb, k, nr) -> (nb, k, nr)],
       padding = [0.0 : f32], ...} ins(%w : tensor<784x512xf32>) outs(%e : tensor<8x784x64xf32>) ...
    structured.generic {maps = [(m, nb, k, nr) -> (m, k), (m, nb, k, nr) -> (nb, k, nr),
                                (m, nb, k, nr) -> (m, 64 * nb + nr)], ...}
        ins(%x, %p : tensor<32x784xf32>, tensor<8x784x64xf32>) ...
    ```
    """

    name = "structured-pack"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if not isinstance(inner, GenericOp) or inner.schedule is None:
                continue
            kernel = inner.schedule.word("kernel")
            if kernel not in ("contraction", "vector"):
                continue
            bordered = add_borders(inner)
            roles = match_contraction(bordered)
            if roles is None or kernel == "vector":
                _reorder(bordered)
            elif packed_operands(bordered):
                _pack_columns(bordered, roles)


def packed_operands(op: GenericOp) -> tuple[int, ...]:
    """The operands that the schedule wants packed."""
    return (op.schedule and op.schedule.integers("pack")) or ()


# --- reordering ---------------------------------------------------------------------------------


def _reorder(op: GenericOp) -> GenericOp:
    """Copy the packed operands of a vector kernel so that the lanes' iterator is their last one:
    that of the result's last dimension, or of a sum where not all inputs depend on the former."""
    inputs, _, _ = operands_of(op)
    lanes = op.out_forms[-1].plain_dim
    if op.reduction_dims and not all(lanes is not None and x.depends_on(lanes) for x in inputs):
        lanes = op.reduction_dims[-1]
    sizes = Sizes(Builder(InsertPoint.before(op)))
    values, maps = [x.value for x in inputs], list(op.map_list)
    for index in packed_operands(op):
        x = inputs[index]
        order = sorted((d for d in range(len(op.kinds)) if x.depends_on(d)), key=lanes.__eq__)
        reads = [Linear(tuple(f.coefficients[d] for d in order), f.constant) for f in x.forms]
        copy = copy_op(sizes, x.value, reads, [sizes.extent(op, d) for d in order], None)
        copy.location = op.location
        sizes.builder.insert(copy)
        assert copy.result is not None
        values[index] = copy.result
        maps[index] = projection(len(op.kinds), order)
    return with_inputs(op, values, maps)


# --- packing ------------------------------------------------------------------------------------


def _pack_columns(op: GenericOp, roles: Contraction) -> GenericOp:
    """Replace iterator n by nb (in its place) and nr (last); b by its packed copy.

    For dot products, the innermost iterator k is also replaced by its groups (in its place) and by
    the place in a group (behind nr).
    """
    assert op.schedule is not None
    tile = op.schedule.integers("vector")
    assert tile is not None
    blocks = {roles.lanes: tile[1]}
    group = group_of(op.schedule)
    if group is not None:
        blocks[op.reduction_dims[-1]] = group.count
    split = _Split(len(op.kinds), blocks)
    packed_input = 1 - left_number(op, roles)
    packed, b_forms = _packed(op, roles, split)
    maps = [map_of(map(split, forms), split.dims) for forms in (*op.input_forms, op.out_forms)]
    maps[packed_input] = map_of(b_forms, split.dims)
    kinds = [*op.kinds, *(op.kinds[d] for d in blocks)]
    parallel = [d for d, k in enumerate(kinds) if k is Iterator.PARALLEL]

    def split_parallel(form: Linear) -> Linear:
        whole = split(spread(op, form))
        return Linear(tuple(whole.coefficients[d] for d in parallel), whole.constant)

    new = GenericOp(
        [packed if i == packed_input else v for i, v in enumerate(op.inputs)],
        op.outs,
        maps,
        kinds,
        op.body.clone(),
        init=op.init,
        padding=_cut_short(op, roles, split, group),
        domain=split.domain(op.fixed_domain) if op.domain or group else None,
        schedule=_in_blocks(op.schedule, blocks),
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[map_of(map(split_parallel, f), len(parallel)) for f in op.epilogue_forms],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    return substitute(op, new)


@dataclass(frozen=True)
class _Split:
    """Iterators replaced by blocks (in their places) and places in blocks (behind the others)."""

    count: int
    blocks: Mapping[int, int]  # iterator -> size of its blocks

    @property
    def dims(self) -> int:
        """How many iterators there are then."""
        return self.count + len(self.blocks)

    def __call__(self, form: Linear) -> Linear:
        head = [c * self.blocks.get(d, 1) for d, c in enumerate(form.coefficients)]
        return Linear((*head, *(form.coefficients[d] for d in self.blocks)), form.constant)

    def domain(self, old: Sequence[int]) -> list[int]:
        """The extents that no shape tells: those of `old`, and places in groups in panels."""
        head = [-1 if d in self.blocks or e < 0 else e for d, e in enumerate(old)]
        return [*head, *(self.blocks.values() if len(self.blocks) > 1 else [-1])]


def _cut_short(
    op: GenericOp, roles: Contraction, split: _Split, group: Group | None
) -> list[Attribute | None] | None:
    """The border of a where its last group of k may be cut short: zeros, as in b."""
    if group is None:
        return None
    extent = op.static_extents()[op.reduction_dims[-1]]
    if extent >= 0 and (extent % group.count == 0 or _reaches(op, roles, split)):
        return None
    padding: list[Attribute | None] = [None, None]
    padding[left_number(op, roles)] = zero_of(roles.a)
    return padding


def _reaches(op: GenericOp, roles: Contraction, split: _Split) -> bool:
    """Whether the row of a goes on behind its last k, so that a whole group can be read."""
    last = len(roles.a.forms) - 1
    extents = list(split.domain(op.static_extents()))
    for d, size in split.blocks.items():
        extents[d] = max(-1, -(-op.static_extents()[d] // size))
    return Operand(roles.a.value, tuple(map(split, roles.a.forms))).fits(last, extents)


def _in_blocks(schedule: ScheduleAttr, blocks: Mapping[int, int]) -> ScheduleAttr:
    """The tile as one of whole panels, and of whole groups."""
    tile = schedule.integers("tile")
    if tile is None:
        return schedule
    counts = [-(-size // blocks.get(d, 1)) for d, size in enumerate(tile)]
    return schedule.updated({"tile": [*counts, *[0] * len(blocks)]})


def _packed(
    op: GenericOp, roles: Contraction, split: _Split
) -> tuple[SSAValue, tuple[Linear, ...]]:
    """b as [shared.., nb, k.., nr], and its forms over the new iterators.

    In groups of G the last dimension is G * nr + g.
    """
    b, n = roles.b, roles.lanes
    sizes = Sizes(Builder(InsertPoint.before(op)))
    used = [d for d in range(split.count) if b.depends_on(d)]
    outer = [d for d in used if d not in op.reduction_dims and d != n]
    outer += [n, *(d for d in used if d in op.reduction_dims)]
    order = [*outer, *range(split.count, split.dims)]
    result_sizes: list[Size] = []
    for d in outer:
        extent = sizes.extent(op, d)
        result_sizes.append(
            sizes.ceil_div(extent, split.blocks[d]) if d in split.blocks else extent
        )
    widths = list(split.blocks.values())
    reads = [Linear(tuple(split(f).coefficients[d] for d in order), f.constant) for f in b.forms]
    copy = copy_op(sizes, b.value, reads, result_sizes, zero_of(b), inner=widths)
    copy.location = op.location
    sizes.builder.insert(copy)
    assert copy.result is not None
    forms = [Linear(tuple(int(d == e) for e in range(split.dims)), 0) for d in outer]
    return copy.result, (*forms, row_major(split.dims, widths))
