"""What the operands of a `structured.generic` are to each other: accesses and contractions."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, cf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerAttr, i8
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dlir.dialects.ancestry import is_made_of_known
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import (
    DestinationOp,
    GenericOp,
    IndexOp,
    ScatterOp,
    YieldOp,
    element_type_of,
    shape_of,
)
from dlir.types import is_integer, is_memref, is_number


@dataclass(frozen=True)
class Operand:
    """One operand: its value, one linear form per dimension, and what is read outside of it."""

    value: SSAValue
    forms: tuple[Linear, ...]
    padding: Attribute | None = None

    @property
    def element(self) -> Attribute:
        return element_type_of(self.value)

    def depends_on(self, dim: int) -> bool:
        return any(form.coefficients[dim] for form in self.forms)

    def is_run_along(self, dim: int) -> bool:
        """Whether consecutive values of the iterator are neighbours in memory, or the same."""
        if not self.depends_on(dim):
            return True
        if is_memref(t := self.value.type):
            strides = t.get_strides()
            if strides is None or strides[-1] != 1:
                return False  # a view with a stride, or one that nothing is known of
        last = self.forms[-1].coefficients[dim]
        return last == 1 and not any(f.coefficients[dim] for f in self.forms[:-1])

    def fits(self, position: int, extents: Sequence[int | SSAValue]) -> bool:
        """Whether every point of the space is known to stay inside this dimension."""
        form, size = self.forms[position], shape_of(self.value)[position]
        known = [e if isinstance(e, int) and e != DYNAMIC_INDEX else None for e in extents]
        if size == DYNAMIC_INDEX or any(known[d] is None for d in form.dims):
            return False
        low, high = form.bounds([max(e or 1, 1) for e in known])
        return low >= 0 and high < size

    def holds(self, position: int, extents: Sequence[int | SSAValue]) -> bool:
        """Whether no point lies outside of this dimension of a result.

        A plain iterator counts the result's own dimension, or was checked to fit into it.
        """
        return self.forms[position].plain_dim is not None or self.fits(position, extents)

    def escapes(self, extents: Sequence[int | SSAValue]) -> list[int]:
        """Dimensions whose index may lie outside, so that a padded operand must check it."""
        if self.padding is None:
            return []
        return [p for p in range(len(self.forms)) if not self.fits(p, extents)]


TYPICAL = 256
"""The extent that a `?` is planned for."""


def planned(extent: int) -> int:
    """An extent as schedules are made for it: a typical one if it is not known."""
    return TYPICAL if extent == DYNAMIC_INDEX else extent


CONSTANTS = ("dl.param", "dl.constant", "arith.constant", "tensor.empty")


def is_constant(op: Operation, known: Container[SSAValue]) -> bool:
    """Whether an op's results are there before a call: weights, numbers, and what is made of those
    that are `known` to be."""
    computed = bool(op.operands and op.results) and all(o in known for o in op.operands)
    return computed or op.name in CONSTANTS


def is_weight(value: SSAValue, known: dict[SSAValue, bool] | None = None) -> bool:
    """Whether a tensor follows from parameters and constants alone; `known` keeps the answers."""
    return is_made_of_known(value, _sources, known)


def _sources(value: SSAValue) -> Sequence[SSAValue] | None:
    """The tensors that one is made of at load time; None where a call makes it."""
    owner = value.owner
    if not isinstance(owner, Operation):
        return None
    if owner.name in ("dl.param", "arith.constant"):
        return ()
    if isinstance(owner, tensor.EmptyOp):
        return None if owner.operands else ()
    return tuple(owner.operands) if owner.name.startswith("structured.") else None


def operands_of(op: GenericOp) -> tuple[list[Operand], Operand, list[Operand]]:
    """Inputs, `outs` and epilogue inputs, each with its forms over all iterators."""
    read, written, late = op.operand_groups
    inputs = [
        Operand(value, forms, padding)
        for value, forms, padding in zip(read, op.input_forms, op.paddings, strict=True)
    ]
    extra = [
        Operand(value, tuple(spread(op, f) for f in forms))
        for value, forms in zip(late, op.epilogue_forms, strict=True)
    ]
    return inputs, Operand(written, op.out_forms), extra


def spread(op: GenericOp, form: Linear) -> Linear:
    """A form over the parallel iterators as a form over all iterators."""
    coefficients = [0] * len(op.kinds)
    for d, c in zip(op.parallel_dims, form.coefficients, strict=True):
        coefficients[d] = c
    return Linear(tuple(coefficients), form.constant)


def gathered(op: GenericOp, form: Linear) -> Linear:
    """A form over all iterators that uses parallel ones only, as a form over those."""
    return Linear(tuple(form.coefficients[d] for d in op.parallel_dims), form.constant)


def parallel_order(op: GenericOp) -> list[int]:
    """Parallel iterators in the schedule's order, else in the order of the result's dimensions."""
    scheduled = op.schedule.integers("order") if op.schedule is not None else None
    if scheduled is not None:
        return [d for d in scheduled if d in op.parallel_dims]
    order: list[int] = []
    for form in op.out_forms:
        order += sorted(form.dims, key=lambda d: -form.coefficients[d])
    return order


def is_elementwise(op: GenericOp) -> bool:
    """No reduction, and each element of `outs` has its own iterator (no offsets or blocks)."""
    return not op.reduction_dims and covers_outs(op)


def covers_outs(op: GenericOp) -> bool:
    """Whether every element of `outs` is surely written: all of its forms are plain iterators.

    An iterator that `domain` keeps shorter than `outs` leaves the rest of `outs` as it was.
    """
    out = Operand(op.outs, op.out_forms)
    return all(covers(op, out, position) for position in range(len(out.forms)))


def overwrites_outs(op: DestinationOp) -> bool:
    """Whether nothing of what `outs` held before is read or kept."""
    if not isinstance(op, GenericOp):
        return not isinstance(op, ScatterOp)
    return covers_outs(op) and (op.init is not None or not op.reduction_dims)


def covers(op: GenericOp, out: Operand, position: int) -> bool:
    """Whether a plain iterator goes through all of this dimension of a result."""
    dim, size = out.forms[position].plain_dim, shape_of(out.value)[position]
    return dim is not None and (op.fixed_domain[dim] < 0 or op.fixed_domain[dim] == size)


# a combiner f for which f(f(acc, a), b) may be computed in any order (floats: up to rounding)
_ASSOCIATIVE = (
    arith.AddfOp,
    arith.AddiOp,
    arith.MulfOp,
    arith.MuliOp,
    arith.MaximumfOp,
    arith.MinimumfOp,
    arith.MaxnumfOp,
    arith.MinnumfOp,
    arith.MaxSIOp,
    arith.MinSIOp,
    arith.AndIOp,
    arith.OrIOp,
    arith.XOrIOp,
)


def folds_in_any_order(op: GenericOp) -> bool:
    """Whether the body yields `combine(acc, term)` by an associative op; acc has no other use."""
    last = op.body.block.last_op
    if not isinstance(last, YieldOp) or not isinstance(last.value.owner, _ASSOCIATIVE):
        return False
    acc = op.body.block.args[-1]
    return list(last.value.owner.operands).count(acc) == 1 and acc.has_one_use()


def is_copy(op: GenericOp) -> bool:
    """Elementwise with one input that is yielded as it is, unchecked: a transpose or the like."""
    last = op.body.block.last_op
    return (
        is_elementwise(op)
        and len(op.inputs) == 1
        and isinstance(last, YieldOp)
        and last.value is op.body.block.args[0]
        and not may_fail(op)
    )


def only_moves(op: GenericOp) -> bool:
    """Whether the body gives back its only input: a transpose, slice, border or concatenation."""
    last = op.body.block.last_op
    return (
        isinstance(last, YieldOp)
        and len(op.inputs) == 1
        and not op.reduction_dims
        and last.value is op.body.block.args[0]
    )


def only_casts(op: GenericOp) -> bool:
    """Whether the body gives its only input in another type of floats."""
    last = op.body.block.last_op
    if not isinstance(last, YieldOp) or op.reduction_dims or len(op.inputs) != 1:
        return False
    cast = last.value.owner
    return isinstance(cast, arith.TruncFOp | arith.ExtFOp) and cast.input is op.body.block.args[0]


def flips_sign(op: GenericOp) -> bool:
    """Whether the body gives its only input, a byte, with the other sign bit: 128 more or less."""
    last = op.body.block.last_op
    if not isinstance(last, YieldOp) or op.reduction_dims or len(op.inputs) != 1:
        return False
    return flipped(last.value) is op.body.block.args[0]


def flipped(value: SSAValue) -> SSAValue | None:
    """The byte that a scalar is with the other sign bit, if it is one."""
    op = value.owner
    if not isinstance(op, arith.XOrIOp) or value.type != i8:
        return None
    bits = op.rhs.owner
    if not isinstance(bits, arith.ConstantOp) or not is_number(bits.value):
        return None
    return op.lhs if bits.value.value.data in (-128, 128) else None


def may_fail(op: GenericOp) -> bool:
    """Whether a body checks something point by point, such as an integer divisor."""
    blocks = [op.body.block, *([op.epilogue.block] if op.epilogue is not None else [])]
    return any(isinstance(inner, cf.AssertOp) for block in blocks for inner in block.ops)


STREAMED_ROWS, STREAMED_COLUMNS = 6, 8
"""Rows, or columns, up to which the other side is read as it lies, once for all of them."""


@dataclass(frozen=True)
class Contraction:
    """The roles in `out[.., m, .., n] = epilogue(sum_k a[.., m, k] * b[.., k, n])`."""

    a: Operand
    b: Operand
    out: Operand
    extra: list[Operand]
    lanes: int  # the iterator that runs along vector lanes: n, or nr of a packed b
    panel: int | None  # nb, the iterator over packed panels
    row: int | None  # the innermost iterator of a and out only: register-tile rows run over it
    outer: tuple[int, ...]  # the other parallel iterators
    group: int | None  # the iterator within groups of neighbours in k, where b is packed in these

    @property
    def is_direct(self) -> bool:
        """Whether the operands can be read in place: a without borders, b along the lanes.

        Of groups the last one may be cut short by the border of a.
        """
        if self.group is not None:
            return self.b.padding is None
        unpadded = self.a.padding is None and self.b.padding is None
        return unpadded and self.b.is_run_along(self.lanes)


def match_contraction(op: GenericOp, *, resumes: bool = False) -> Contraction | None:
    """The roles, if the op is a sum of products of two inputs that starts from zero.

    Or one that `resumes` what `outs` holds, where that is asked for.
    """
    inputs, out, extra = operands_of(op)
    if len(inputs) != 2 or not is_multiply_add(op.body.block):
        return None
    if not _starts_from_zero(op) and not (resumes and op.init is None):
        return None
    if not out.forms or not out.forms[-1].dims:
        return None
    if op.epilogue is not None and any(isinstance(o, IndexOp) for o in op.epilogue.block.ops):
        return None
    columns = sorted(out.forms[-1].dims, key=lambda d: out.forms[-1].coefficients[d])
    lanes, panel = columns[0], columns[1] if len(columns) == 2 else None
    a, b = inputs if inputs[1].depends_on(lanes) else inputs[::-1]
    if a.depends_on(lanes) or not b.depends_on(lanes) or not _fills_rows(op, out, columns):
        return None
    if not all(x.is_run_along(lanes) for x in extra):
        return None
    order = [d for d in parallel_order(op) if d not in columns]
    rows = [d for d in order if a.depends_on(d) and not b.depends_on(d) and _is_plain(out, d)]
    row = rows[-1] if rows else None
    outer = tuple(d for d in order if d != row)
    return Contraction(a, b, out, extra, lanes, panel, row, outer, _group(op, a, b, lanes))


def _group(op: GenericOp, a: Operand, b: Operand, lanes: int) -> int | None:
    """The iterator j of `a[.., G * k + j]` and `b[.., G * n + j]`, whose extent is G."""
    groups = op.schedule is not None and op.schedule.word("dot") is not None
    if not groups or not op.reduction_dims or not a.forms or not b.forms:
        return None
    inner, last = op.reduction_dims[-1], b.forms[-1]
    count = op.static_extents()[inner]
    if set(last.dims) != {lanes, inner} or last.coefficients[inner] != 1:
        return None
    in_groups = last.coefficients[lanes] == count and a.forms[-1].coefficients[inner] == 1
    return inner if in_groups else None


def _fills_rows(op: GenericOp, out: Operand, columns: Sequence[int]) -> bool:
    """Whether lanes, and panels of lanes, go through all of the result's last dimension.

    Nothing is left out before, between or behind them, and no other dimension is ever left.
    """
    last, extents = out.forms[-1], op.static_extents()
    if len(columns) > 2 or last.constant or last.coefficients[columns[0]] != 1:
        return False
    if len(columns) == 2:
        if last.coefficients[columns[1]] != extents[columns[0]]:
            return False
    elif extents[columns[0]] != shape_of(out.value)[-1]:
        return False
    return all(out.holds(p, extents) for p in range(len(out.forms) - 1))


def _is_plain(operand: Operand, dim: int) -> bool:
    return any(form.plain_dim == dim for form in operand.forms)


def is_multiply_add(block: Block) -> bool:
    """acc + x * y, where x and y are the inputs, possibly extended to the accumulator's type.

    Floats or integers.
    """
    return factors_of(block) is not None


@dataclass(frozen=True)
class Factor:
    """How an input becomes a factor of the product: its sign bit inverted or not, and extended."""

    extension: type[Operation] | None = None
    is_flipped: bool = False

    @property
    def is_unsigned(self) -> bool:
        return self.extension is arith.ExtUIOp


def factors_of(block: Block) -> tuple[Factor, Factor] | None:
    """What becomes of the two inputs in acc + x * y; None for any other body."""
    last = block.last_op
    if len(block.args) != 3 or not isinstance(last, YieldOp):
        return None
    if any(isinstance(op, cf.AssertOp) for op in block.ops):
        return None
    x, y, acc = block.args
    total = last.value.owner
    if not isinstance(total, arith.AddfOp | arith.AddiOp) or acc not in total.operands:
        return None
    product = next((o for o in total.operands if o is not acc), None)
    if product is None or not isinstance(product.owner, arith.MulfOp | arith.MuliOp):
        return None
    found = dict(map(_factor, product.owner.operands))
    return (found[x], found[y]) if found.keys() == {x, y} else None


def _factor(value: SSAValue) -> tuple[SSAValue, Factor]:
    """The value that a factor starts from, and the way from there."""
    if not isinstance(value.owner, arith.ExtFOp | arith.ExtSIOp | arith.ExtUIOp):
        return value, Factor()
    extension, source = type(value.owner), value.owner.input
    if isinstance(source.owner, arith.XOrIOp) and _is_sign_bit(source.owner.rhs):
        return source.owner.lhs, Factor(extension, is_flipped=True)
    return source, Factor(extension)


def _is_sign_bit(value: SSAValue) -> bool:
    """Whether a value is the constant whose highest bit alone is set."""
    owner = value.owner
    if not isinstance(owner, arith.ConstantOp) or not isinstance(owner.value, IntegerAttr):
        return False
    assert is_integer(value.type)
    bits = value.type.width.data
    return owner.value.value.data % (1 << bits) == 1 << (bits - 1)


def _starts_from_zero(op: GenericOp) -> bool:
    return is_number(op.init) and op.init.value.data == 0.0


def sums_into_rows(op: GenericOp, out: Operand, columns: Sequence[int]) -> bool:
    """Whether an op sums from zero into all of its result's rows, along these iterators."""
    return _starts_from_zero(op) and _fills_rows(op, out, columns)
