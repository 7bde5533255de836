"""`structured-tile`: a structured op becomes loops around the same op on slices of its operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import arith, scf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, ModuleOp, TensorType
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.diagnostics import fail
from dlir.dialects.structured.boxes import Pieces, Range, Slice, put, restricted, slice_of, take
from dlir.dialects.structured.copies import add_borders
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import FillOp, GenericOp, element_type_of
from dlir.dialects.structured.roles import (
    Operand,
    folds_in_any_order,
    is_elementwise,
    operands_of,
)
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.types import is_number


@dataclass(frozen=True)
class StructuredTile(ModulePass):
    """Cut the iteration space of every `structured.generic` into boxes, and loop over the boxes.

    `sizes` holds one tile size per iterator (missing ones are 0, and 0 leaves an iterator whole);
    without it the `tile` entry of each op's schedule is taken, and ops without one are left alone.
    The last tile of an iterator is smaller where the size does not divide the extent. Parallel
    iterators get the outer loops, in the schedule's `order`. A tiled reduction starts from `init`
    in each tile of the result and goes on from what the result holds. For `kernel = contraction`
    the first block of the sum stands alone, as its register tiles start from zero, and so does the
    last one, as it alone has the epilogue.

    With `fuse-producers`, an elementwise op whose result is cut into slices is computed slice by
    slice inside of the loops, so that the whole of its result is never stored.

    Works on tensors and on memrefs. Padded inputs that are cut get explicit borders first, which
    needs tensors.

    Before:
    ```mlir
    %y = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
        ins(%x : tensor<10xf32>) outs(%e : tensor<10xf32>) { ... } -> tensor<10xf32>
    ```
    After `structured-tile{sizes=4}`:
    ```mlir
    %y = scf.for %d0 = %c0 to %c10 step %c4 iter_args(%o = %e) -> (tensor<10xf32>) {
      %rest = arith.subi %c10, %d0 : index
      %n = arith.minsi %c4, %rest : index
      %a = tensor.extract_slice %x[%d0] [%n] [1] : tensor<10xf32> to tensor<?xf32>
      %b = tensor.extract_slice %o[%d0] [%n] [1] : tensor<10xf32> to tensor<?xf32>
      %c = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
          ins(%a : tensor<?xf32>) outs(%b : tensor<?xf32>) { ... } -> tensor<?xf32>
      %d = tensor.insert_slice %c into %o[%d0] [%n] [1] : tensor<?xf32> into tensor<10xf32>
      scf.yield %d : tensor<10xf32>
    }
    ```
    """

    name = "structured-tile"

    sizes: tuple[int, ...] = ()
    fuse_producers: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if any(size < 0 for size in self.sizes):
            fail(None, "structured-tile: a tile size is positive, or 0 to leave an iterator whole")
        for inner in reversed(list(op.walk())):  # consumers first: they take their producers along
            if isinstance(inner, GenericOp) and inner.parent is not None:
                self._tile(inner)

    def _tile(self, op: GenericOp) -> None:
        wanted = self.sizes or (op.schedule.integers("tile") if op.schedule is not None else None)
        if not wanted:
            return
        tiles = _useful(op, wanted)
        if any(tiles):
            _check_reduction(op, tiles)
            _Tiling(_with_borders(op, tiles), tiles, self.fuse_producers).run()
        elif op.schedule is not None:
            op.schedule = op.schedule.without("tile")


def _useful(op: GenericOp, wanted: Sequence[int]) -> tuple[int, ...]:
    """One size per iterator; 0 where a single tile would hold all."""
    sizes = [*wanted, *([0] * len(op.kinds))]
    return tuple(
        0 if 0 <= extent <= size else size
        for size, extent in zip(sizes, op.static_extents(), strict=False)
    )


def _check_reduction(op: GenericOp, tiles: Sequence[int]) -> None:
    """A reduction can be tiled if the accumulator can stay in `outs` between two tiles."""
    tiled = [d for d in op.reduction_dims if tiles[d]]
    if not tiled or is_blocked(op, tiles):
        return
    help = "take 0 as the tile size of its reduction iterators"
    if op.epilogue is not None:
        fail(op, f"reduction iterator d{tiled[0]} cannot be tiled under an epilogue", help=help)
    if op.accumulator_type != element_type_of(op.outs):
        fail(
            op,
            f"reduction iterator d{tiled[0]} cannot be tiled: the accumulator of type "
            f"{op.accumulator_type} does not fit into outs of {element_type_of(op.outs)}",
            help=help,
        )
    if tiled != [op.reduction_dims[0]] and not folds_in_any_order(op):
        fail(
            op,
            f"tiling reduction iterator d{tiled[-1]} would change the order of a reduction whose "
            "order matters",
            help=help,
        )


def is_blocked(op: GenericOp, tiles: Sequence[int]) -> bool:
    """Whether a register kernel takes the op's sum block by block: one iterator of known extent.

    What it sums lies in `outs` between the blocks, and the epilogue waits for the last one.
    """
    tiled = [d for d in op.reduction_dims if tiles[d]]
    kernel = op.schedule.word("kernel") if op.schedule is not None else None
    return (
        kernel == "contraction"
        and len(tiled) == 1
        and op.static_extents()[tiled[0]] != DYNAMIC_INDEX
        and op.init is not None
        and op.accumulator_type == element_type_of(op.outs)
    )


def _cuts(operand: Operand, position: int, tiles: Sequence[int]) -> bool:
    return any(tiles[d] for d in operand.forms[position].dims)


def _with_borders(op: GenericOp, tiles: Sequence[int]) -> GenericOp:
    """The op with explicit borders, if a dimension is cut along which it reads padding."""
    extents = op.static_extents()
    inputs, _, _ = operands_of(op)
    if not any(_cuts(x, p, tiles) for x in inputs for p in x.escapes(extents)):
        return op
    if op.result is None:
        fail(
            op,
            "a padded input cannot be cut into slices of a memref",
            help="tile before structured-bufferize, or take 0 for the iterators of its windows",
        )
    if any(c < 0 for x in inputs if x.padding for f in x.forms for c in f.coefficients):
        fail(op, "a padded input that is read backwards cannot be tiled")
    return add_borders(op)


class _Tiling:
    """The loops of one op."""

    def __init__(self, op: GenericOp, tiles: Sequence[int], fuses: bool):
        self.op, self.tiles, self.fuses = op, tiles, fuses
        self.sizes = Sizes.before(op)
        self.extents = [self.sizes.extent(op, d) for d in range(len(op.kinds))]
        self.box = [Range(0, extent, True) for extent in self.extents]
        self.inputs, self.out, self.extra = operands_of(op)
        self.schedule = op.schedule.without("tile", "order") if op.schedule is not None else None
        self.blocked = is_blocked(op, tiles)
        self.producers: set[GenericOp] = set()

    def run(self) -> None:
        parallel, reduction = self._loop_order()
        starts = self._starts(reduction)
        if starts and self.schedule is not None:  # kernels with register tiles start from `init`
            self.schedule = self.schedule.without("kernel", "vector", "pack", "dot")
        self._check_result(self.op.parallel_dims if starts else parallel)

        def at_tile(carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
            return self._result_tile(carried[0] if carried else self.op.outs, reduction)

        on_tensors = self.op.result is not None
        results = self._nest(parallel, [self.op.outs] if on_tensors else [], at_tile)
        if self.op.result is not None:
            results[0].name_hint = self.op.result.name_hint
            self.op.result.replace_all_uses_with(results[0])
        self.op.detach()
        self.op.erase()
        for producer in self.producers:
            _erase_unread(producer)

    def _starts(self, reduction: Sequence[int]) -> bool:
        """Whether `outs` is filled with `init` before the sum."""
        return bool(reduction) and self.op.init is not None and not self.blocked

    def _loop_order(self) -> tuple[list[int], list[int]]:
        """Tiled parallel and reduction iterators, outermost first."""
        given = self.op.schedule.integers("order") if self.op.schedule is not None else None
        order = given if given is not None else range(len(self.tiles))
        tiled = [d for d in order if self.tiles[d]]
        parallel = [d for d in tiled if d in self.op.parallel_dims]
        return parallel, sorted(d for d in tiled if d in self.op.reduction_dims)

    def _check_result(self, tiled: Sequence[int]) -> None:
        extents = self.op.static_extents()
        for position, form in enumerate(self.out.forms):
            for d in sorted(form.dims, key=lambda d: -abs(form.coefficients[d]))[1:]:
                if self.tiles[d] and (extents[d] < 0 or extents[d] % self.tiles[d]):
                    fail(
                        self.op,
                        f"iterator d{d} counts within blocks in '{form.text()}', and its last tile "
                        "is not a whole one",
                        help=f"take a tile size that divides the extent of d{d}, or 0",
                    )
            alone = len(form.dims) == 1 and form.dims[0] in tiled
            if alone and not self.out.holds(position, extents):
                fail(
                    self.op,
                    f"dimension {position} of outs may end within a tile of d{form.dims[0]}",
                    help=f"give outs room for all of '{form.text()}'",
                )

    # --- loops ----------------------------------------------------------------------------------

    def _nest(
        self,
        dims: Sequence[int],
        carried: Sequence[SSAValue],
        body: Callable[[Sequence[SSAValue]], Sequence[SSAValue]],
    ) -> Sequence[SSAValue]:
        """One loop per iterator; inside, `self.box` is the current tile."""
        if not dims:
            return body(carried)
        extent = self.extents[dims[0]]
        return self._loop(dims[0], 0, extent, carried, lambda c: self._nest(dims[1:], c, body))

    def _loop(
        self,
        dim: int,
        first: int,
        end: Size,
        carried: Sequence[SSAValue],
        body: Callable[[Sequence[SSAValue]], Sequence[SSAValue]],
    ) -> Sequence[SSAValue]:
        """The tiles of one iterator from `first` to `end`."""
        sizes, tile = self.sizes, self.tiles[dim]
        low, high, step = sizes.constant(first), sizes.value(end), sizes.constant(tile)
        block = Block(arg_types=[IndexType(), *(v.type for v in carried)])
        start = block.args[0]
        start.name_hint = f"d{dim}"
        outside, sizes.builder = sizes.builder, Builder(InsertPoint.at_end(block))
        exact = isinstance(end, int) and (end - first) % tile == 0
        count: Size = tile if exact else sizes.min(tile, sizes.sub(end, start))
        self.box[dim] = Range(start, count)
        results = body(block.args[1:])
        sizes.insert(scf.YieldOp(*results))
        sizes.builder = outside
        return sizes.insert(scf.ForOp(low, high, step, carried, Region(block))).results

    def _result_tile(self, outs: SSAValue, reduction: Sequence[int]) -> Sequence[SSAValue]:
        """One tile of the result, with the loops over its reduction inside."""
        starts = self._starts(reduction)
        part = slice_of(self.sizes, self.op, self.out, self.box, clamp=self._drops(), tight=starts)
        piece = take(self.sizes, outs, part)
        if starts:
            piece = self._filled(piece, part)
        on_tensors = self.op.result is not None

        def compute(
            carried: Sequence[SSAValue], first: bool = not reduction, last: bool = True
        ) -> Sequence[SSAValue]:
            value = carried[0] if carried else piece
            new = restricted(
                self.sizes,
                self.op,
                self.box,
                Pieces(
                    [self._input(x) for x in self.inputs],
                    (value, part.forms),
                    [self._input(x) for x in self.extra if last],
                ),
                self.schedule,
                keeps_init=first,
                keeps_epilogue=last,
            )
            return list(new.results)

        carried = [piece] if on_tensors else []
        if self.blocked:
            results = self._blocks(reduction[0], carried, compute)
        else:
            results = self._nest(reduction, carried, compute)
        for d in reduction:
            self.box[d] = Range(0, self.extents[d], True)
        return [put(self.sizes, results[0], outs, part)] if on_tensors else []

    def _blocks(
        self, dim: int, carried: Sequence[SSAValue], compute: Callable[..., Sequence[SSAValue]]
    ) -> Sequence[SSAValue]:
        """The first block of a sum, those between, and the last one."""
        size, extent = self.tiles[dim], self.extents[dim]
        assert isinstance(extent, int)
        last = (extent - 1) // size * size
        self.box[dim] = Range(0, size)
        carried = compute(carried, first=True, last=False)
        if size < last:
            between = partial(compute, first=False, last=False)
            carried = self._loop(dim, size, last, carried, between)
        self.box[dim] = Range(last, extent - last)
        return compute(carried, first=False, last=True)

    def _drops(self) -> bool:
        extents = self.op.static_extents()
        return any(not self.out.holds(p, extents) for p in range(len(self.out.forms)))

    def _filled(self, piece: SSAValue, part: Slice) -> SSAValue:
        """The piece of `outs` set to the accumulator's first value."""
        if not all(_is_dense(form, self.box) for form in part.forms):
            fail(
                self.op,
                "a tiled reduction starts by filling its outs, but the map of outs has gaps",
                help="take 0 as the tile size of its reduction iterators",
            )
        assert is_number(self.op.init)
        first = self.sizes.insert(arith.ConstantOp(self.op.init)).result
        fill = self.sizes.insert(FillOp(first, piece))
        return fill.results[0] if fill.results else piece

    # --- operands -------------------------------------------------------------------------------

    def _input(self, operand: Operand) -> tuple[SSAValue, tuple[Linear, ...]]:
        return self._piece(self.op, operand, self.box)

    def _piece(
        self, op: GenericOp, operand: Operand, box: Sequence[Range]
    ) -> tuple[SSAValue, tuple[Linear, ...]]:
        """An operand's slice: cut out of the operand, or computed here by its producer."""
        part = slice_of(self.sizes, op, operand, box)
        producer = operand.value.owner
        if self.fuses and any(part.cut) and _is_fusable(producer):
            assert isinstance(producer, GenericOp)
            return self._computed(producer, part), part.forms
        return take(self.sizes, operand.value, part), part.forms

    def _computed(self, producer: GenericOp, part: Slice) -> SSAValue:
        """The producer on the box that the slice shows of its result."""
        self.producers.add(producer)
        box = [Range(0, 0, True)] * len(producer.kinds)
        ranges = zip(producer.out_forms, part.offsets, part.sizes, part.cut, strict=True)
        for form, first, count, cut in ranges:
            assert form.plain_dim is not None
            box[form.plain_dim] = Range(first, count, not cut)
        inputs, out, _ = operands_of(producer)
        destination = self.sizes.empty(list(part.sizes), out.value)
        pieces = [self._piece(producer, x, box) for x in inputs]
        schedule = producer.schedule.without("tile", "order") if producer.schedule else None
        new = restricted(
            self.sizes, producer, box, Pieces(pieces, (destination, out.forms), []), schedule
        )
        new.location = producer.location
        return new.results[0]


def _is_dense(form: Linear, box: Sequence[Range]) -> bool:
    """Whether the form takes every index between its first and its last one."""
    reach = 1
    digits = sorted((abs(form.coefficients[d]), d) for d in form.dims)
    for number, (coefficient, d) in enumerate(digits, 1):
        if coefficient != reach:
            return False
        count = box[d].count
        if isinstance(count, int):
            reach *= count
        elif number < len(digits):
            return False
    return True


def _is_fusable(producer: Operation | Block) -> bool:
    """Whether any part of its result can be computed on its own."""
    if not isinstance(producer, GenericOp) or not is_elementwise(producer):
        return False
    unpadded = all(p is None for p in producer.paddings)
    return unpadded and producer.result is not None


def _erase_unread(op: GenericOp) -> None:
    """Erase the op if nobody reads its result, and what is unread then."""
    if op.parent is None or any(r.first_use for r in op.results):
        return
    sources = [o.owner for o in op.operands]
    op.detach()
    op.erase()
    for source in sources:
        if isinstance(source, tensor.EmptyOp) and not source.tensor.first_use:
            source.detach()
            source.erase()
        elif isinstance(source, GenericOp) and isinstance(source.outs.type, TensorType):
            _erase_unread(source)
