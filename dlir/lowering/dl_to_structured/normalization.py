"""Softmax and normalisations: reductions without large intermediates, then one elementwise op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import composite as c
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.dl_to_structured.emitter import Access, Destination, Emitter, Epilogue, Space
from dlir.lowering.dl_to_structured.reduction import MAX, axes_space, divided, fold_axes
from dlir.lowering.dl_to_structured.scalar import (
    Form,
    Scalar,
    computing_type,
    exp,
    log,
    number,
    power,
    resize,
    rsqrt,
    sqrt,
)
from dlir.lowering.dl_to_structured.scalar_forms import rounded_form
from dlir.lowering.dl_to_structured.sizes import tensor_type


class Normalised(NamedTuple):
    """A tensor that is normalised over axes: how to make its statistics and its result."""

    emitter: Emitter
    x: SSAValue
    result: SSAValue
    axes: range

    @property
    def acc(self) -> Attribute:
        return computing_type(element_type_of(self.x))

    @property
    def letters(self) -> str:
        return axes_space(len(self.emitter.sizes.of(self.x)), self.axes)[1]

    @property
    def kept(self) -> str:
        """The letters of the dimensions that have statistics of their own."""
        return "".join(c for axis, c in enumerate(self.letters) if axis not in self.axes)

    def statistic_tensor(self) -> SSAValue:
        sizes = self.emitter.sizes.of(self.x)
        return self.emitter.scratch(
            self.acc, [n for axis, n in enumerate(sizes) if axis not in self.axes]
        )

    def statistic(
        self, known: list[SSAValue], term: Form, finish: Epilogue | None = None
    ) -> SSAValue:
        """The sum of `term(x, *known statistics)` over the axes."""
        space, letters = axes_space(len(self.letters), self.axes)
        acc = self.acc

        def step(x: Scalar, *rest: Scalar) -> Scalar:
            return rest[-1] + term(resize(x, acc), *rest[:-1])

        return self.emitter.generic(
            space,
            [
                Access(self.x, space.forms(letters)),
                *(Access(k, space.forms(self.kept)) for k in known),
            ],
            Destination(self.statistic_tensor(), space.forms(self.kept)),
            step,
            init=number(0, acc),
            epilogue=finish,
        )

    def finish(
        self, others: list[tuple[SSAValue, str]], make: Form, out: SSAValue | None = None
    ) -> SSAValue:
        """The result, from x and other tensors (each with its letters), in the computing type.

        `out` is a tensor of its type that it may take the place of.
        """
        acc, element = self.acc, element_type_of(self.result)
        space = Space(self.letters)
        if out is None:
            out = self.emitter.empty(tensor_type(self.result), self.emitter.sizes.of(self.x))
        return self.emitter.generic(
            space,
            [Access(value, space.forms(at)) for value, at in ((self.x, self.letters), *others)],
            Destination(out, space.forms(self.letters)),
            rounded_form(make, acc, element),
        )


def softmax(emitter: Emitter, op: c.SoftmaxOp) -> SSAValue:
    """The exponentials are stored where the result goes, or computed twice if they do not fit."""
    axis = op.axis.value.data
    n = Normalised(emitter, op.x, op.result, range(axis, axis + 1))
    peak = fold_axes(emitter, op.x, n.axes, n.statistic_tensor(), n.kept, MAX, None)
    if n.acc != element_type_of(op.result):
        total = n.statistic([peak], lambda x, top: exp(x - top))
        statistics = [(peak, n.kept), (total, n.kept)]
        return n.finish(statistics, lambda x, top, total: exp(x - top) / total)
    powers = n.finish([(peak, n.kept)], lambda x, top: exp(x - top))
    stored = n._replace(x=powers)
    inverse = stored.statistic([], lambda power: power, Epilogue(lambda total: 1 / total))
    return stored.finish([(inverse, n.kept)], lambda power, factor: power * factor, powers)


def log_softmax(emitter: Emitter, op: c.LogSoftmaxOp) -> SSAValue:
    """The logarithm is taken once per sum."""
    axis = op.axis.value.data
    n = Normalised(emitter, op.x, op.result, range(axis, axis + 1))
    peak = fold_axes(emitter, op.x, n.axes, n.statistic_tensor(), n.kept, MAX, None)
    total = n.statistic([peak], lambda x, top: exp(x - top), Epilogue(log))
    statistics = [(peak, n.kept), (total, n.kept)]
    return n.finish(statistics, lambda x, top, total: (x - top) - total)


def layer_norm(emitter: Emitter, op: c.LayerNormOp) -> SSAValue:
    """Mean, then 1 / sqrt(variance + epsilon) of the centred values, then the result."""
    sizes, axis, epsilon = emitter.sizes.of(op.x), op.axis.value.data, op.epsilon.value.data
    n = Normalised(emitter, op.x, op.result, range(axis, len(sizes)))
    count = emitter.sizes.product(sizes[axis:])
    mean = n.statistic([], lambda x: x, divided(count, lambda mean: mean))
    spread = n.statistic(
        [mean],
        lambda x, mean: (x - mean) * (x - mean),
        divided(count, lambda variance: rsqrt(variance + epsilon)),
    )
    trailing = n.letters[axis:]
    companions = [(value, trailing) for value in (op.scale, op.bias) if value is not None]

    def result(x: Scalar, mean: Scalar, spread: Scalar, scale: Scalar, *bias: Scalar) -> Scalar:
        y = (x - mean) * spread * scale
        return y + bias[0] if bias else y

    return n.finish([(mean, n.kept), (spread, n.kept), *companions], result)


def batch_norm(emitter: Emitter, op: c.BatchNormOp) -> SSAValue:
    """`x * factor + shift`; both come from weights alone and are hoisted out of the program."""
    epsilon, axis = op.epsilon.value.data, op.axis.value.data
    n = Normalised(emitter, op.x, op.result, range(0))
    factor = _per_channel(
        emitter, [op.scale, op.variance],
        lambda scale, variance: scale * rsqrt(variance + epsilon),
    )  # fmt: skip
    shift = _per_channel(
        emitter, [op.bias, op.mean, factor], lambda bias, mean, factor: bias - mean * factor
    )
    channel = n.letters[axis]
    return n.finish([(factor, channel), (shift, channel)], lambda x, f, s: x * f + s)


def _per_channel(emitter: Emitter, vectors: list[SSAValue], make: Form) -> SSAValue:
    """A vector computed from vectors, in the computing type."""
    acc = computing_type(element_type_of(vectors[0]))
    space = Space("c")
    forms = space.forms("c")
    return emitter.generic(
        space,
        [Access(vector, forms) for vector in vectors],
        Destination(emitter.scratch(acc, emitter.sizes.of(vectors[0])), forms),
        rounded_form(make, acc, acc),
    )


def lrn(emitter: Emitter, op: c.LrnOp) -> SSAValue:
    """A sum of squares over a window of channels; the epilogue reads x again."""
    size, axis, element = op.size.value.data, op.axis.value.data, element_type_of(op.x)
    alpha, beta, bias = (v.value.data for v in (op.alpha, op.beta, op.bias))
    acc, sizes = computing_type(element), emitter.sizes.of(op.x)
    letters = axes_space(len(sizes), [])[1]
    space = Space(letters, "z")
    here = space.forms(letters)
    near = list(here)
    near[axis] = space.form({letters[axis]: 1, "z": 1}, -((size - 1) // 2))

    def square(x: Scalar, total: Scalar) -> Scalar:
        wide = resize(x, acc)
        return total + wide * wide

    def scaled(total: Scalar, x: Scalar) -> Scalar:
        base = bias + total * (alpha / size)
        return resize(resize(x, acc) * inverse_power(base, beta), element)

    return emitter.generic(
        space,
        [Access(op.x, near, number(0, element))],
        Destination(emitter.empty(tensor_type(op.result), sizes), here),
        square,
        init=number(0, acc),
        domain={"z": size},
        epilogue=Epilogue(scaled, [Access(op.x, here)]),
    )


def inverse_power(x: Scalar, exponent: float) -> Scalar:
    """`x ^ -exponent`; the usual 3/4, 1/2 and 1 need no power function."""
    if exponent == 0.75:
        root = rsqrt(x)
        return root * sqrt(root)
    if exponent == 0.5:
        return rsqrt(x)
    return 1 / x if exponent == 1 else power(x, -exponent)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {
    c.SoftmaxOp: softmax,
    c.LogSoftmaxOp: log_softmax,
    c.LayerNormOp: layer_norm,
    c.BatchNormOp: batch_norm,
    c.LrnOp: lrn,
}
