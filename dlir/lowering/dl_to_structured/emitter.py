"""What every rule of the lowering uses: inserting ops, destinations, and structured.generic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from xdsl.dialects import arith, cf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, LocationAttr, TensorType, UnknownLoc
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap

from dlir.diagnostics import name_of
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, ReshapeOp, element_type_of
from dlir.lowering.dl_to_structured.scalar import Body, Form, Number, Scalar
from dlir.lowering.dl_to_structured.sizes import Size, Sizes, Tensor, tensor_type

OpT = TypeVar("OpT", bound=Operation)
PARALLEL, REDUCTION = Iterator.PARALLEL, Iterator.REDUCTION


@dataclass(frozen=True)
class Access:
    """An operand of a structured op: a value, one linear form per dimension, its padding."""

    value: SSAValue
    forms: Sequence[Linear] = ()
    padding: Number | None = None


@dataclass(frozen=True)
class Destination:
    """What a structured op writes: an empty tensor (or a partly written one) and its forms."""

    value: SSAValue
    forms: Sequence[Linear]


@dataclass(frozen=True)
class Epilogue:
    """What finishes each element after a reduction: `make(accumulator, *scalars of inputs)`.

    The forms of the inputs are over all iterators, as those of the op's own inputs.
    """

    make: Form
    inputs: Sequence[Access] = ()


class Space:
    """An iteration space whose iterators have letters: `Space("mn", "k")` is parallel m, n and
    reduction k. Forms are written with letters: `space.forms("mk")`."""

    def __init__(self, parallel: str, reduction: str = ""):
        self.letters = parallel + reduction
        self.kinds = [PARALLEL] * len(parallel) + [REDUCTION] * len(reduction)

    def form(self, terms: Mapping[str, int], constant: int = 0) -> Linear:
        """`sum(coefficient * iterator) + constant`."""
        return Linear(tuple(terms.get(letter, 0) for letter in self.letters), constant)

    def forms(self, text: str, named: Mapping[str, Linear] | None = None) -> tuple[Linear, ...]:
        """One form per letter: one of `named`, or an iterator, or 0."""
        known = {"0": self.form({}), **(named or {})}
        return tuple(known.get(letter) or self.form({letter: 1}) for letter in text)


class Emitter:
    """Inserts ops before the op that is being lowered, with its location."""

    def __init__(self):
        self.sizes = Sizes(self.insert)
        self._anchor: Operation | None = None
        self._location: LocationAttr = UnknownLoc()

    def move_to(self, op: Operation) -> None:
        """Go on before that op."""
        self._anchor, self._location = op, op.location

    def insert(self, op: OpT) -> OpT:
        anchor = self._anchor
        assert anchor is not None and anchor.parent is not None
        op.location = self._location
        anchor.parent.insert_ops_before([op], anchor)
        return op

    # Tensors

    def empty(self, type: Tensor, sizes: Sequence[Size]) -> SSAValue:
        """A tensor of that type and those sizes whose elements will be written."""
        pairs = zip(type.get_shape(), sizes, strict=True)
        dynamic = [self.sizes.value(size) for static, size in pairs if static == DYNAMIC_INDEX]
        result = self.insert(tensor.EmptyOp(dynamic, type)).tensor
        self.sizes.tell(result, sizes)
        return result

    def scratch(self, element: Attribute, sizes: Sequence[Size]) -> SSAValue:
        """An intermediate tensor: its type is as static as the sizes are."""
        return self.empty(typed(element, sizes), sizes)

    def reshape(self, x: SSAValue, type: Tensor, sizes: Sequence[Size]) -> SSAValue:
        """The elements of x under another shape."""
        pairs = zip(type.get_shape(), sizes, strict=True)
        dynamic = [self.sizes.value(size) for static, size in pairs if static == DYNAMIC_INDEX]
        result = self.insert(ReshapeOp(x, dynamic, type)).result
        self.sizes.tell(result, sizes)
        return result

    def insert_slice(self, x: SSAValue, out: SSAValue, starts: Sequence[Size]) -> SSAValue:
        """`out` with x from `starts` on."""
        sizes = self.sizes.of(x)
        op = tensor.InsertSliceOp.get(
            x,
            out,
            _numbers(sizes),
            _numbers(starts),
            offsets=[n for n in starts if not isinstance(n, int)],
            sizes=[n for n in sizes if not isinstance(n, int)],
        )
        result = self.insert(op).result
        self.sizes.tell(result, self.sizes.of(out))
        return result

    def require_equal(self, a: Size, b: Size, message: str) -> None:
        """Fail at run time if two sizes differ; the message begins with the op's name."""
        if a is not b:
            self.require("eq", a, b, message)

    def require(self, predicate: str, a: Size, b: Size, message: str) -> None:
        """Fail at run time unless `a predicate b` (`eq`, `sle`, ...) holds of two sizes."""
        if isinstance(a, int) and isinstance(b, int):
            return  # known sizes are the verifier's business
        assert self._anchor is not None
        holds = self.insert(arith.CmpiOp(self.sizes.value(a), self.sizes.value(b), predicate))
        self.insert(cf.AssertOp(holds.result, f"{name_of(self._anchor)}: {message}"))

    def body(self, types: Sequence[Attribute], make: Form) -> Region:
        """A region `make(*scalars)` of scalars of these types."""
        body = Body(types, self._location)
        return body.finish(make(*body.arguments))

    def generic(
        self,
        space: Space,
        inputs: Sequence[Access],
        out: Destination,
        make: Form,
        *,
        init: Number | None = None,
        domain: Mapping[str, int] | None = None,
        epilogue: Epilogue | None = None,
        positions: str = "",
    ) -> SSAValue:
        """A structured.generic whose body is `make(*positions, *scalars, accumulator)`.

        `positions` are letters of iterators whose position the body reads; `domain` gives extents
        that no operand tells, by letter. Without reduction iterators the
        first step and the epilogue are one body.
        """
        if init is not None and REDUCTION not in space.kinds:
            return self._one_step(space, inputs, out, make, init, epilogue)
        dims = len(space.letters)
        types = [element_type_of(i.value) for i in inputs]
        body = Body([*types, init.type] if init is not None else types, self._location)
        at = [body.iterator(space.letters.index(letter)) for letter in positions]
        yielded = make(*at, *body.arguments)
        last, last_maps = self._epilogue(space, epilogue, yielded.type)
        extents = [(domain or {}).get(letter, -1) for letter in space.letters]
        op = GenericOp(
            [i.value for i in inputs],
            out.value,
            [map_of(forms, dims) for forms in (*(i.forms for i in inputs), out.forms)],
            space.kinds,
            body.finish(yielded),
            init=init,
            padding=[i.padding for i in inputs],
            domain=extents if domain else None,
            epilogue_inputs=[i.value for i in epilogue.inputs] if epilogue else (),
            epilogue_maps=last_maps,
            epilogue=last,
        )
        result = self.insert(op).results[0]
        self.sizes.tell(result, self.sizes.of(out.value))
        return result

    def _one_step(
        self, space: Space, inputs: Sequence[Access], out: Destination,
        make: Form, init: Number, epilogue: Epilogue | None,
    ) -> SSAValue:  # fmt: skip
        """A fold over no iterators takes exactly one step."""
        last = epilogue or Epilogue(_same)

        def both(*scalars: Scalar) -> Scalar:
            count = len(inputs)
            start = scalars[0].body.constant(init)
            total = make(*[*scalars[:count], start])
            return last.make(total, *scalars[count:])

        return self.generic(space, [*inputs, *last.inputs], out, both)

    def _epilogue(
        self, space: Space, epilogue: Epilogue | None, accumulator: Attribute
    ) -> tuple[Region | None, list[AffineMap]]:
        if epilogue is None:
            return None, []
        values = [i.value for i in epilogue.inputs]
        body = Body([accumulator, *map(element_type_of, values)], self._location)
        region = body.finish(epilogue.make(*body.arguments))
        keep = [d for d, kind in enumerate(space.kinds) if kind is PARALLEL]
        return region, [
            map_of([_kept(form, keep) for form in i.forms], len(keep)) for i in epilogue.inputs
        ]


def _same(total: Scalar) -> Scalar:
    return total


def _kept(form: Linear, dims: Sequence[int]) -> Linear:
    return Linear(tuple(form.coefficients[d] for d in dims), form.constant)


def typed(element: Attribute, sizes: Sequence[Size]) -> Tensor:
    """A tensor type as static as the sizes are."""
    return TensorType(element, _numbers(sizes))


def _numbers(sizes: Sequence[Size]) -> list[int]:
    """The sizes that are numbers; the mark of a dynamic one for the others."""
    return [n if isinstance(n, int) else DYNAMIC_INDEX for n in sizes]


def dimensions(rank: int, start: int = 0) -> str:
    """Letters for the dimensions of a tensor of any rank."""
    return "".join(chr(ord("a") + start + axis) for axis in range(rank))


def broadcast_letters(x: SSAValue, out: SSAValue, letters: str) -> str:
    """The letters that index x where `letters` index `out`: aligned at the end, 0 for stretched
    dimensions (static 1 in x but not in out)."""
    small, large = _shape(x), _shape(out)
    skip = len(large) - len(small)
    return "".join(
        "0" if n == 1 and large[skip + axis] != 1 else letters[skip + axis]
        for axis, n in enumerate(small)
    )


def _shape(value: SSAValue) -> tuple[int, ...]:
    return tensor_type(value).get_shape()
