"""Puts the integer form in the place of quantised values and of contractions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
from typing_extensions import TypeIs
from xdsl.dialects.builtin import i8
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import ui8
from dlir.dialects.dl.ops.base import DlOp, element_of
from dlir.dialects.dl.ops.quantization import QuantizeOp
from dlir.numpy_types import Array
from dlir.rewrite import current_statistics
from dlir.transforms.dl_integerize.analysis import find_forms
from dlir.transforms.dl_integerize.biases import Biases
from dlir.transforms.dl_integerize.forms import Bounded, Codes, Form, Sum, Target
from dlir.transforms.dl_integerize.known import Known
from dlir.transforms.dl_integerize.products import Product
from dlir.transforms.dl_integerize.sums import Addition
from dlir.transforms.dl_integerize.writing import Writer
from dlir.types import Integer

FINEST = 1 / 512
"""A sum of codes is right to 2^-12 of such a step: a finer result scale is left to floats."""


def rewrite(function: Operation, params: Mapping[str, Array]) -> None:
    """Compute on integers what can be; what nobody reads any more is taken away."""
    known = Known(params)
    forms = find_forms(function, known)
    writer = Writer(forms, known, function)
    quantised = 0
    for op in [op for op in function.walk() if isinstance(op, QuantizeOp)]:
        target, form = target_of(op, known), forms.get(op.x)
        if target is not None and form is not None and can_quantize(form, target, known):
            replace(op.result, writer.quantized(form, target))
            quantised += 1
    remove_unread(function)
    products = [form for form in forms.values() if is_product(form)]
    for form in products:
        if form.value.first_use is not None:
            replace(form.value, writer.dequantized(form))
    remove_unread(function)
    current_statistics().update({"products of integers": len(products)})
    current_statistics().update({"values requantised": quantised})


def is_product(form: Form) -> TypeIs[Sum]:
    """Whether this is a contraction itself, without what follows it."""
    return isinstance(form, Sum) and isinstance(form.terms, Product) and form.value is form.origin


def replace(old: SSAValue, new: SSAValue) -> None:
    new.name_hint = new.name_hint or old.name_hint
    old.replace_all_uses_with(new)


def remove_unread(root: Operation) -> None:
    """Take away the `dl` ops that nobody reads."""
    for op in reversed([*root.walk()]):
        if isinstance(op, DlOp) and not any(result.first_use for result in op.results):
            op.detach()
            op.erase()


def target_of(op: QuantizeOp, known: Known) -> Target | None:
    """Known numbers for the whole tensor, of 8 bits."""
    element = element_of(op.result)
    if element not in (i8, ui8) or op.axis is not None:
        return None
    scale = known.array(op.scale)
    zero = np.zeros(()) if op.zero_point is None else known.array(op.zero_point)
    if scale is None or zero is None:
        return None
    return Target(float(scale), int(zero), cast(Integer, element))


def can_quantize(form: Form, target: Target, known: Known) -> bool:
    """Whether the value's numbers are known, and fit."""
    if isinstance(form, Codes):
        parameters = form.parameters
        known_numbers = parameters.scales is not None and parameters.zeros is not None
        return known_numbers and form.element.bitwidth <= 8
    if isinstance(form, Sum):
        if form.scale.numbers is None or form.terms.largest < 0:
            return False
        if isinstance(form.terms, Addition) and not _fine(form.terms, target):
            return False
        return Biases(form).fit(known, target)
    if isinstance(form, Bounded):
        return can_quantize(form.source, target, known)
    return all(source is None or can_quantize(source, target, known) for source in form.sources)


def _fine(terms: Addition, target: Target) -> bool:
    """Whether the factors of the addends are right to a small part of a step of the result."""
    coarsest = max(code.parameters.step or 0 for code, _ in terms.codes)
    return target.scale >= coarsest * FINEST
