"""`structured-pack-weights`: narrow weights in the order in which a kernel reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    FloatAttr,
    IntegerAttr,
    ModuleOp,
    TensorType,
    f32,
    i32,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.copies import add_borders, copy_op, substitute, zero_of
from dlir.dialects.structured.maps import Linear, map_of, projection
from dlir.dialects.structured.ops import GenericOp, IndexOp, YieldOp, body_region
from dlir.dialects.structured.roles import Operand, operands_of, spread
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.dialects.structured.weight_only import (
    KERNEL,
    Narrow,
    WeightOnly,
    match_weight_only,
    narrow_argument,
)

Add = Callable[[Operation], SSAValue]
WORD = 32
"""Bits of a vector lane, which holds neighbours along the sum."""


@dataclass(frozen=True)
class StructuredPackWeights(ModulePass):
    """Pack the weights of contractions that dequantise them, as ops that are done at load time.

    All operands that `pack` names come in panels `[.., n / NR, k.., NR]`, and the contraction
    counts its columns as `NR * nb + nr`. Numbers of 4 (2) bits come 8 (16) to an `i32`, which holds
    neighbours along k: so a vector of words gives a vector of numbers by two shifts, for one step
    of k after the other. Those of 4 bits that become f32 at once need no shift and no conversion:
    put below the exponent of a power of two they are a float, off by that power. Signed ones have
    their sign bit flipped for this, which makes them 8 more.

    Before:
    ```mlir
    structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (n), ...], ...,
        schedule = #structured.schedule<kernel = weight_only, vector = [4, 64], pack = [1, 2]>}
        ins(%x, %q, %s : tensor<4x64xf32>, tensor<64x80xi8>, tensor<80xf32>) ... {
      %p = arith.shli %q, 4 : i8
      %r = arith.shrsi %p, 4 : i8
      %i = arith.extsi %r : i8 to i32
    ```
    After:
    ```mlir
    %w = structured.generic {..., init = 0 : i32}
        ins(%q : tensor<64x80xi8>) outs(%e : tensor<2x8x64xi32>) ...
    structured.generic {maps = [(m, nb, ko, nr, kp) -> (m, 8 * ko + kp),
                                (m, nb, ko, nr, kp) -> (nb, ko, nr), (m, nb, ko, nr, kp) -> (nb, nr), ...], ...}
        ins(%x, %w, %t : tensor<4x64xf32>, tensor<2x8x64xi32>, tensor<2x64xf32>) ... {
      %b = arith.andi %w, 15 << 4 * kp : i32
      %c = arith.ori %b, (150 - 4 * kp) << 23 : i32
      %d = arith.bitcast %c : i32 to f32
      %f = arith.subf %d, 2 ^ (23 - 4 * kp) + 8 : f32
    ```
    """  # noqa: E501

    name = "structured-pack-weights"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if not isinstance(inner, GenericOp) or inner.schedule is None:
                continue
            if inner.schedule.word("kernel") == KERNEL and inner.result is not None:
                roles = match_weight_only(inner)
                if roles is not None and roles.panel is None:
                    add_borders(_Packing(inner, roles).packed())


class _Packing:
    """One contraction: `n` becomes `nb` in its place and `nr` behind all; the innermost iterator of
    the sum becomes one over words, and `kp` behind `nr` counts the numbers in a word."""

    def __init__(self, op: GenericOp, roles: WeightOnly):
        assert op.schedule is not None
        tile = op.schedule.integers("vector")
        assert tile is not None
        self.op, self.roles, self.width = op, roles, tile[1]
        self.extents = op.static_extents()
        self.n, self.k, self.nr = roles.lanes, op.reduction_dims[-1], len(op.kinds)
        self.narrow = self._narrow()
        self.per = WORD // next(iter(self.narrow.values())).width if self.narrow else 1
        self.dims = self.nr + (2 if self.narrow else 1)
        self.sizes = Sizes.before(op)

    def _narrow(self) -> dict[int, Narrow]:
        """The inputs that come in words, if whole words are read: one width for all."""
        found: dict[int, Narrow] = {}
        for number, x in self.roles.weights:
            if x.depends_on(self.k):
                narrow = narrow_argument(self.op.body.block.args[number])
                if narrow is not None:
                    found[number] = narrow
        widths = {narrow.width for narrow in found.values()}
        if len(widths) != 1 or not self._ends_with_words(WORD // widths.pop()):
            return {}
        return found

    def _ends_with_words(self, per: int) -> bool:
        """Whether the sum ends with a whole word; else zeros behind the end of `a` fill it up."""
        alone = any(f.plain_dim == self.k for f in self.roles.a.forms)
        return self.extents[self.k] % per == 0 or alone

    def packed(self) -> GenericOp:
        op, roles = self.op, self.roles
        inputs, out, _ = operands_of(op)
        values, maps = [x.value for x in inputs], [[*map(self._split, x.forms)] for x in inputs]
        paddings = [x.padding for x in inputs]
        if self.narrow and self.extents[self.k] % self.per:
            paddings[roles.a_number] = paddings[roles.a_number] or zero_of(roles.a)
        assert op.schedule is not None
        for number in op.schedule.integers("pack") or ():
            values[number], maps[number] = self._copied(number, inputs[number])
            paddings[number] = None
        maps.append([*map(self._split, out.forms)])
        kinds = [*op.kinds, Iterator.PARALLEL, *([Iterator.REDUCTION] if self.narrow else [])]
        parallel = [d for d, kind in enumerate(kinds) if kind is Iterator.PARALLEL]
        new = GenericOp(
            values,
            op.outs,
            [map_of(forms, self.dims) for forms in maps],
            kinds,
            Region(self._body()),
            init=op.init,
            padding=paddings,
            domain=self._domain(),
            schedule=op.schedule,
            epilogue_inputs=list(op.epilogue_inputs),
            epilogue_maps=[
                map_of([_kept(self._split(spread(op, f)), parallel) for f in fs], len(parallel))
                for fs in op.epilogue_forms
            ],
            epilogue=op.epilogue.clone() if op.epilogue is not None else None,
        )
        return substitute(op, new)

    def _split(self, form: Linear) -> Linear:
        c = form.coefficients
        head = [*c]
        head[self.n] *= self.width
        head[self.k] *= self.per
        tail = [c[self.n], *([c[self.k]] if self.narrow else [])]
        return Linear((*head, *tail), form.constant)

    def _domain(self) -> list[int]:
        new = [-(-e // self._block(d)) if e >= 0 else -1 for d, e in enumerate(self.extents)]
        return [*new, self.width, *([self.per] if self.narrow else [])]

    def _block(self, d: int) -> int:
        """How much of an iterator of the op a step of the new one covers."""
        return {self.n: self.width, self.k: self.per}.get(d, 1)

    def _blocks(self, d: int) -> Size:
        """How many steps a new iterator takes."""
        if d >= self.nr:
            return self.width
        return self.sizes.ceil_div(self.sizes.extent(self.op, d), self._block(d))

    # Copies

    def _copied(self, number: int, x: Operand) -> tuple[SSAValue, list[Linear]]:
        """The operand as `[shared.., nb, k.., nr]`, and how that is read."""
        in_words = number in self.narrow
        used = [d for d in range(self.nr) if x.depends_on(d)]
        order = [d for d in used if d not in self.op.reduction_dims and d != self.n]
        order += [self.n, *(d for d in used if d in self.op.reduction_dims), self.nr]
        new_sizes: list[Size] = [*map(self._blocks, order)]
        places = [*order, self.dims - 1] if in_words else order
        if x.depends_on(self.k) and not in_words and self.narrow:
            places, new_sizes = self._with_parts(order, new_sizes)
            order = places
        reads = [_kept(self._split(f), places) for f in x.forms]
        padding = x.padding or zero_of(x)
        if in_words:
            copy = self._words(number, x, reads, new_sizes)
        else:
            copy = copy_op(self.sizes, x.value, reads, new_sizes, padding)
        copy.location = self.op.location
        self.sizes.insert(copy)
        assert copy.result is not None
        forms = [Linear(tuple(int(d == e) for e in range(self.dims)), 0) for d in order]
        return copy.result, forms

    def _with_parts(
        self, order: Sequence[int], sizes: Sequence[Size]
    ) -> tuple[list[int], list[Size]]:
        """Wide numbers beside narrow ones: a dimension for the numbers of a word."""
        at = list(order).index(self.k) + 1
        return [*order[:at], self.dims - 1, *order[at:]], [*sizes[:at], self.per, *sizes[at:]]

    def _words(
        self, number: int, x: Operand, reads: Sequence[Linear], sizes: list[Size]
    ) -> GenericOp:
        """The low bits of neighbours along k, each moved to its place and joined by `or`."""
        width, rank = self.narrow[number].width, len(sizes)
        region, block = body_region([x.element, i32])
        add = _adder(block)
        code, total = block.args
        wide = add(arith.ExtUIOp(code, i32))
        low = add(arith.AndIOp(wide, add(_number((1 << width) - 1))))
        if (sign := self._flipped(number)) != 0:
            low = add(arith.XOrIOp(low, add(_number(sign))))
        place = add(arith.MuliOp(_index(add, rank), add(_number(width))))
        block.add_op(YieldOp(add(arith.OrIOp(total, add(arith.ShLIOp(low, place))))))
        shape = [s if isinstance(s, int) else DYNAMIC_INDEX for s in sizes]
        dynamic = [s for s in sizes if not isinstance(s, int)]
        words = self.sizes.insert(tensor.EmptyOp(dynamic, TensorType(i32, shape))).tensor
        return GenericOp(
            [x.value],
            words,
            [map_of(reads, rank + 1), projection(rank + 1, range(rank))],
            [*[Iterator.PARALLEL] * rank, Iterator.REDUCTION],
            region,
            init=IntegerAttr(0, i32),
            padding=[x.padding or zero_of(x)],
            domain=[*[-1] * rank, self.per],
        )

    def _flipped(self, number: int) -> int:
        """The bit of the sign, if a word holds numbers from 0 on instead of signed ones."""
        narrow = self.narrow[number]
        return 8 if narrow.signed and _real(narrow) is not None else 0

    # The body

    def _body(self) -> Block:
        """The body on words: what widened a number of 8 bits takes it out of its word."""
        old = self.op.body.block
        types: list[Attribute] = [a.type for a in old.args]
        for number in self.narrow:
            types[number] = i32
        block = Block(arg_types=types)
        add = _adder(block)
        known: dict[SSAValue, SSAValue] = dict(zip(old.args, block.args, strict=True))
        gone: set[Operation] = set()
        if self.narrow:
            place = _index(add, self.dims - 1)
            for number, narrow in self.narrow.items():
                gone.update(narrow.ops)
                if (real := _real(narrow)) is None:
                    known[narrow.wide] = _part(add, block.args[number], place, narrow)
                else:
                    sign = self._flipped(number)
                    known[real.results[0]] = _real_part(add, block.args[number], place, sign)
                    gone.add(real)
        for op in old.ops:
            if op not in gone:
                block.add_op(op.clone(known))
        return block


def _real(narrow: Narrow) -> Operation | None:
    """What makes a number of 4 bits an f32, if that is all that is done with it."""
    use = narrow.wide.get_unique_use()
    if narrow.width != 4 or use is None or not isinstance(use.operation, arith.SIToFPOp):
        return None
    return use.operation if use.operation.results[0].type == f32 else None


def _real_part(add: Add, word: SSAValue, place: SSAValue, sign: int) -> SSAValue:
    """The number at a place of a word as an f32, without a conversion.

    Bits at b .. b + 3 of a float with the exponent of 2^(23 - b) are that power and the number.
    Below the exponent there is room for five of the eight; the upper three are moved by 12 bits.
    """
    upper = add(arith.DivUIOp(place, add(_number(5))))
    moved = add(arith.ShRUIOp(word, add(arith.MuliOp(upper, add(_number(12))))))
    back = add(arith.SubiOp(place, add(arith.MuliOp(upper, add(_number(3))))))
    at = add(arith.MuliOp(back, add(_number(4))))
    bits = add(arith.AndIOp(moved, add(arith.ShLIOp(add(_number(15)), at))))
    exponent = add(arith.SubiOp(add(_number(127 + 23)), at))
    power = add(arith.ShLIOp(exponent, add(_number(23))))
    real = add(arith.BitcastOp(add(arith.OrIOp(bits, power)), f32))
    offset = add(arith.BitcastOp(power, f32))
    if sign:
        offset = add(arith.AddfOp(offset, add(arith.ConstantOp(FloatAttr(float(sign), f32)))))
    return add(arith.SubfOp(real, offset))


def _part(add: Add, word: SSAValue, place: SSAValue, narrow: Narrow) -> SSAValue:
    """The number at a place of a word, extended by its sign or by zeros."""
    width = narrow.width
    distance = add(arith.MuliOp(place, add(_number(width))))
    if not narrow.signed:
        moved = add(arith.ShRUIOp(word, distance))
        return add(arith.AndIOp(moved, add(_number((1 << width) - 1))))
    rest = add(_number(WORD - width))
    up = add(arith.ShLIOp(word, add(arith.SubiOp(rest, distance))))
    return add(arith.ShRSIOp(up, rest))


def _kept(form: Linear, dims: Sequence[int]) -> Linear:
    return Linear(tuple(form.coefficients[d] for d in dims), form.constant)


def _adder(block: Block) -> Add:
    """Adds an op to a block and gives its result."""

    def add(op: Operation) -> SSAValue:
        block.add_op(op)
        return op.results[0]

    return add


def _number(value: int) -> Operation:
    return arith.ConstantOp(IntegerAttr(value, i32))


def _index(add: Add, dim: int) -> SSAValue:
    """The position along an iterator."""
    return add(arith.IndexCastOp(add(IndexOp(dim)), i32))
