"""`structured-align-heads`: heads begin where blocks of lanes do, or share a block as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.blocks import Blocks, blank, with_gaps, without_gaps
from dlir.dialects.structured.heads import Heads, heads_in, is_product_over_heads, others_in
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import (
    GenericOp,
    YieldOp,
    shape_of,
)
from dlir.dialects.structured.rearrange import extras_of, form, rearranged, rebuilt
from dlir.dialects.structured.roles import is_constant, spread
from dlir.hardware import parse_settings
from dlir.targets.accel.description import load_machine

FINITE: tuple[type[Operation], ...] = (
    arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.MaximumfOp, arith.MinimumfOp,
    arith.ConstantOp, arith.ExtFOp, arith.TruncFOp,
)  # fmt: skip
"""Functions that give a number for the zeros of lanes that no head has, whatever the weights."""


@dataclass(frozen=True)
class StructuredAlignHeads(ModulePass):
    """Let no head lie across two blocks of lanes.

    12 heads of 32 numbers are one and a half blocks of 256 lanes, and the fifth head of 80 crosses
    from one block of 128 into the next. As many heads as divide all of them are put into a block,
    which leaves lanes over: 6 heads in each of two blocks. The weights before and after say where
    numbers lie, so theirs are the zeros that fill the blocks up, and nothing is moved. Other
    tensors are copied, which for arguments is the host's work; so are those with a dimension for
    heads that meet others without, such as the keys and values of earlier tokens.

    Before (heads h of 32, C = 256):
    ```mlir
    %q = structured.generic {maps = [(l, n, k) -> (l, k), (l, n, k) -> (k, n), (l, n, k) -> (l, n)],
                             ...} ins(%x, %w : tensor<8x384xf32>, tensor<384x384xf32>) ...
    %s = structured.generic {maps = [(h, l, s, d) -> (l, 32 * h + d),
                                     (h, l, s, d) -> (s, 32 * h + d), ...} ins(%q, %k : ...) ...
    ```
    After:
    ```mlir
    %q = structured.generic {maps = [(l, n, k) -> (l, k), (l, n, k) -> (k, n), (l, n, k) -> (l, n)],
                             ...} ins(%x, %wide : tensor<8x384xf32>, tensor<384x512xf32>) ...
    %s = structured.generic {maps = [(b, l, s, d, i) -> (l, 256 * b + 32 * i + d),
                                     (b, l, s, d, i) -> (s, 256 * b + 32 * i + d),
                                     (b, l, s, d, i) -> (6 * b + i, l, s)], ...} ins(%q, %k : ...)
    ```
    """

    name = "structured-align-heads"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cols = load_machine(self.machine, parse_settings(self.set)).array.cols
        aligner = _Aligner(_constants(op))
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and (product := _match(inner, cols)) is not None:
                aligner.rewrite(inner, product)
        aligner.finish()


def _constants(module: ModuleOp) -> set[SSAValue]:
    """What follows from weights alone."""
    found: set[SSAValue] = set()
    for op in module.walk():
        if is_constant(op, found):
            found.update(op.results)
    return found


# --- which products -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Product:
    """A product over heads, and what must become of its operands."""

    heads: Heads
    places: int
    """Heads that share a block."""
    blocks: Blocks
    merged: tuple[int, ...]
    """Operands (inputs, then the result) whose last dimension holds all heads."""
    apart: tuple[int, ...]
    """Inputs that have a dimension for heads."""


def _match(op: GenericOp, cols: int) -> _Product | None:
    """The product, if its heads do not lie right."""
    if not is_product_over_heads(op):
        return None
    extents = op.static_extents()
    values, forms = [*op.inputs, op.outs], [*op.input_forms, op.out_forms]
    found = {
        heads
        for of in forms
        if (heads := heads_in(of[-1], extents)) is not None
        and not others_in(of[-1], heads, extents)
    }
    heads = found.pop() if len(found) == 1 else None
    if heads is None or heads.width % cols == 0 or heads.h not in op.parallel_dims:
        return None
    merged = tuple(i for i, of in enumerate(forms) if heads_in(of[-1], extents) == heads)
    apart = tuple(i for i, of in enumerate(forms) if _has_apart(of, heads))
    others = [i for i in range(3) if i not in (*merged, *apart)]
    if 2 in apart or any(one.coefficients[heads.d] for i in others for one in forms[i]):
        return None
    if any(one.coefficients[heads.d] for i in merged for one in forms[i][:-1]):
        return None
    places, blocks = _blocks(extents[heads.h], heads.width, cols)
    product = _Product(heads, places, blocks, merged, apart)
    wrong = [i for i in merged if not blocks.keeps(values[i])]
    if not apart and not wrong:
        return None
    return product if _is_simple(op, product) else None


def _has_apart(forms: Sequence[Linear], heads: Heads) -> bool:
    """Whether h and d walk dimensions of their own, the last one d."""
    plain = [one.plain_dim for one in forms]
    rest = [one for one in forms if one.plain_dim not in (heads.h, heads.d)]
    alone = not any(one.coefficients[i] for one in rest for i in (heads.h, heads.d))
    return plain[-1] == heads.d and plain.count(heads.h) == plain.count(heads.d) == 1 and alone


def _blocks(count: int, width: int, cols: int) -> tuple[int, Blocks]:
    """How many heads share a block, and where they go; a head may take several blocks."""
    fine = [p for p in range(1, count + 1) if count % p == 0 and p * width <= cols]
    places = max(fine, default=1)
    unit = places * width
    return places, Blocks(unit, -(-unit // cols) * cols)


def _is_simple(op: GenericOp, product: _Product) -> bool:
    """Whether tensors hold whole groups of heads, and none is finished by a number of its own."""
    heads, unit = product.heads, product.blocks.unit
    values, forms = [*op.inputs, op.outs], [*op.input_forms, op.out_forms]
    for i in product.merged:
        first, size = forms[i][-1].constant, shape_of(values[i])[-1]
        if first % unit or size % unit:
            return False
    if 2 not in product.merged:
        return True
    if not isinstance(op.outs.owner, tensor.EmptyOp) or forms[2][-1].constant:
        return False
    if shape_of(op.outs)[-1] != heads.width * op.static_extents()[heads.h]:
        return False
    extras = [spread(op, one) for of in op.epilogue_forms for one in of]
    return not any(one.coefficients[i] for one in extras for i in (heads.h, heads.d))


# --- rewriting ------------------------------------------------------------------------------------


@dataclass
class _Aligner:
    """Rewrites products; a tensor that several of them read is laid out once."""

    constant: set[SSAValue]
    _wide: dict[tuple[SSAValue, Blocks], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, Blocks], SSAValue]
    )
    _replaced: list[Operation] = field(default_factory=list[Operation])
    """Ops that nobody may read any more."""

    def finish(self) -> None:
        """Drop what nobody reads."""
        for op in reversed(self._replaced):
            if not list(op.results[0].uses):
                Rewriter.erase_op(op)

    def rewrite(self, op: GenericOp, product: _Product) -> None:
        """The product with heads that lie right."""
        blocks = product.blocks
        inputs = list(op.inputs)
        forms = [list(of) for of in (*op.input_forms, op.out_forms)]
        for i in product.apart:
            inputs[i], forms[i] = self._merged(op, i, product.heads)
        for i in (*product.merged, *product.apart):
            if i < 2 and not blocks.keeps(inputs[i]):
                inputs[i] = self._widened(inputs[i], blocks)
        outs, made = op.outs, list[Operation]()
        wide = 2 in product.merged and not blocks.keeps(outs)
        if wide:
            made = blank(outs, len(shape_of(outs)) - 1, blocks, zeros=product.places > 1)
            outs = made[-1].results[0]
        new = _in_blocks(op, product, inputs, outs, forms)
        assert op.result is not None and new.result is not None
        Rewriter.insert_op([*made, new], InsertPoint.before(op))
        if wide:
            self._read_wide(op.result, new.result, blocks)
        else:
            op.result.replace_all_uses_with(new.result)
        Rewriter.erase_op(op)

    def _merged(self, op: GenericOp, i: int, heads: Heads) -> tuple[SSAValue, list[Linear]]:
        """An input with a dimension for heads as one whose last dimension holds them all."""
        value, of = op.inputs[i], op.input_forms[i]
        at = next(d for d, one in enumerate(of) if one.plain_dim == heads.h)
        count = len(of)
        last = form(count, {at: heads.width, count - 1: 1})
        source = [form(count, {d: 1}) for d in range(count)]
        target = [source[d] for d in range(count - 1) if d != at]
        ops = rearranged(value, source, [*target, last], shape_of(value))
        ops[1].properties.pop("padding")
        Rewriter.insert_op(ops, _behind(value))
        kept = [of[d] for d in range(count - 1) if d != at]
        joint = form(len(op.kinds), {heads.h: heads.width, heads.d: 1})
        return ops[1].results[0], [*kept, joint]

    # --- tensors in blocks ------------------------------------------------------------------------

    def _widened(self, value: SSAValue, blocks: Blocks) -> SSAValue:
        """A tensor whose last dimension is in blocks."""
        if (value, blocks) not in self._wide:
            self._wide[value, blocks] = self._made_wide(value, blocks)
        return self._wide[value, blocks]

    def _made_wide(self, value: SSAValue, blocks: Blocks) -> SSAValue:
        producer = value.owner
        if isinstance(producer, GenericOp):
            last = producer.out_forms[-1].plain_dim
            if last is not None and self._can_widen(producer, last, None, blocks):
                self._replaced.append(producer)
                return self._wider(producer, last, None, blocks)
        ops = with_gaps(value, len(shape_of(value)) - 1, blocks)
        Rewriter.insert_op(ops, _behind(value))
        return ops[-1].results[0]

    def _read_wide(self, narrow: SSAValue, wide: SSAValue, blocks: Blocks) -> None:
        """Products with weights read a tensor in blocks; all others a copy that has none."""
        for use in list(narrow.uses):
            reader = use.operation
            if not isinstance(reader, GenericOp) or use.index >= len(reader.inputs):
                continue
            last = reader.input_forms[use.index][-1].plain_dim
            if last is not None and self._can_widen(reader, last, use.index, blocks):
                result = self._wider(reader, last, (use.index, wide), blocks)
                reader.results[0].replace_all_uses_with(result)
                Rewriter.erase_op(reader)
        ops = without_gaps(wide, blocks)
        Rewriter.insert_op(ops, _behind(wide))
        copy = ops[-1].results[0]
        self._replaced.append(ops[-1])
        self._wide[copy, blocks] = wide
        narrow.replace_all_uses_with(copy)

    def _can_widen(self, op: GenericOp, iterator: int, given: int | None, blocks: Blocks) -> bool:
        """Whether weights can be 0 where an iterator walks numbers of no head.

        `given` is the input that is in blocks already.
        """
        if not is_product_over_heads(op) or op.static_extents()[iterator] % blocks.unit:
            return False
        operands = [*zip(op.inputs, op.input_forms, strict=True), *extras_of(op)]
        mine = [
            i for i, (_, of) in enumerate(operands) if any(o.coefficients[iterator] for o in of)
        ]
        if any(not _walks_alone(operands[i][1], iterator) for i in mine):
            return False
        others = [i for i in mine if i != given]
        if not any(i < 2 for i in others) or any(
            operands[i][0] not in self.constant for i in others
        ):
            return False
        if iterator in op.reduction_dims:
            return given in mine
        inner = op.epilogue.block.ops if op.epilogue is not None else ()
        finite = all(isinstance(o, (*FINITE, YieldOp)) for o in inner)
        return (
            given is None
            and finite
            and isinstance(op.outs.owner, tensor.EmptyOp)
            and _walks_alone(op.out_forms, iterator)
        )

    def _wider(
        self, op: GenericOp, iterator: int, given: tuple[int, SSAValue] | None, blocks: Blocks
    ) -> SSAValue:
        """The result of the op with more values of an iterator; inserted in front of it."""
        made: list[Operation] = []

        def operand(value: SSAValue, of: Sequence[Linear]) -> SSAValue:
            at = [d for d, one in enumerate(of) if one.coefficients[iterator]]
            if not at:
                return value
            made.extend(with_gaps(value, at[0], blocks))
            self.constant.add(made[-1].results[0])
            return made[-1].results[0]

        inputs = [
            given[1] if given is not None and i == given[0] else operand(value, of)
            for i, (value, of) in enumerate(zip(op.inputs, op.input_forms, strict=True))
        ]
        extras = [(operand(value, of), of) for value, of in extras_of(op)]
        extents, outs = list(op.static_extents()), op.outs
        extents[iterator] = blocks.moved(extents[iterator])
        if iterator in op.parallel_dims:
            made += blank(outs, len(shape_of(outs)) - 1, blocks, zeros=False)
            outs = made[-1].results[0]
        forms = [*op.input_forms, op.out_forms]
        new = rebuilt(op, inputs, outs, forms, op.kinds, extents, extras)
        Rewriter.insert_op([*made, new], InsertPoint.before(op))
        assert new.result is not None and op.result is not None
        new.result.name_hint = op.result.name_hint
        return new.result


def _walks_alone(forms: Sequence[Linear], iterator: int) -> bool:
    """Whether an iterator walks one dimension, by itself."""
    used = [one for one in forms if one.coefficients[iterator]]
    return len(used) == 1 and used[0].plain_dim == iterator


def _behind(value: SSAValue) -> InsertPoint:
    """Where a value is there for the first time."""
    owner = value.owner
    return InsertPoint.after(owner) if isinstance(owner, Operation) else InsertPoint.at_start(owner)


def _in_blocks(
    op: GenericOp,
    product: _Product,
    inputs: Sequence[SSAValue],
    outs: SSAValue,
    forms: Sequence[Sequence[Linear]],
) -> GenericOp:
    """The product over heads in blocks: h is the block, the place in it comes last (if any)."""
    heads, places, blocks = product.heads, product.places, product.blocks
    kinds, extents = list(op.kinds), list(op.static_extents())
    several = blocks.unit != blocks.stride and places < extents[heads.h]
    splits = several and places > 1
    if several and not splits and heads.d in op.parallel_dims:
        extents[heads.d] = blocks.stride  # a head's own lanes that are over become 0
    if splits:
        extents[heads.h] //= places
        kinds.append(Iterator.PARALLEL)
        extents.append(places)
    count = len(kinds)

    def moved(one: Linear) -> Linear:
        coefficients = [*one.coefficients, *[0] * (count - len(one.coefficients))]
        factor = coefficients[heads.h]
        joint = bool(coefficients[heads.d])
        if several:
            coefficients[heads.h] = blocks.stride if joint else factor * places
        if splits:
            coefficients[-1] = factor
        constant = blocks.moved(one.constant) if joint else one.constant
        return Linear(tuple(coefficients), constant)

    extras = [(value, [moved(one) for one in of]) for value, of in extras_of(op)]
    all_forms = [[moved(one) for one in of] for of in forms]
    return rebuilt(op, inputs, outs, all_forms, kinds, extents, extras)
