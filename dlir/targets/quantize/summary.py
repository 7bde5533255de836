"""The report of a quantisation, from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from xdsl.dialects.builtin import ModuleOp, StringAttr

from dlir.diagnostics import name_of
from dlir.numpy_types import Array
from dlir.params import param_ops
from dlir.targets.quantize.errors import Error
from dlir.targets.quantize.recipe import Recipe
from dlir.targets.quantize.report import LayerRow, QuantizationReport
from dlir.targets.quantize.search import Found
from dlir.targets.quantize.steps import Quantized
from dlir.targets.quantize.timing import Times
from dlir.transforms.quantization.layers import FORMAT, Layer, layer_of, why_not
from dlir.transforms.quantization.ranges import source


class Measured(NamedTuple):
    """What is known of a float model and its quantised form."""

    errors: tuple[list[Error], Error] | None
    """Of the layers, and of the results; None without samples."""
    sizes: Sequence[Sequence[int]]
    """The bytes of each layer, before and after."""
    times: Sequence[Times]
    """Before and after; none were measured without samples."""
    time_unit: str
    target: str
    """Where they were measured, in words."""
    found: Found | None


def summary(
    name: str, title: str, recipe: Recipe, real: Quantized, made: Quantized, measured: Measured
) -> QuantizationReport:
    """The report on one model."""
    results = None if measured.errors is None else measured.errors[1]
    before, after = [time.call for time in measured.times] or [None, None]
    return QuantizationReport(
        model=name,
        recipe=title,
        samples=0 if results is None else len(results.cosines),
        cosine=None if results is None else results.cosine,
        cosine_min=None if results is None else min(results.cosines, default=1.0),
        sqnr_db=None if results is None else results.sqnr,
        bytes_before=_size(real.module, real.params),
        bytes_after=_size(made.module, made.params),
        time_before=before,
        time_after=after,
        time_unit=measured.time_unit,
        target=measured.target,
        layers=[_row(n, recipe, real, made, measured) for n in range(len(made.layers))],
        untouched=_untouched(real.module),
        notes=_notes(recipe, measured),
    )


def _row(
    number: int, recipe: Recipe, real: Quantized, made: Quantized, measured: Measured
) -> LayerRow:
    layer = made.layers[number]
    error = None if measured.errors is None else measured.errors[0][number]
    sides = zip((real, made), measured.times, strict=False)  # no times without samples
    known = [_time(one.layers[number], times) for one, times in sides]
    before, after = known or [None, None]
    return LayerRow(
        name=real.layers[number].name,
        op=layer.op.name,
        format=_format(layer, recipe),
        sqnr_db=None if error is None else error.sqnr,
        cosine=None if error is None else error.cosine,
        bytes_before=measured.sizes[0][number],
        bytes_after=measured.sizes[1][number],
        time_before=before,
        time_after=after,
        note=_why_kept(number, layer, recipe, measured.found),
    )


def _time(layer: Layer, times: Times) -> float | None:
    """The time of the kernel that computes a layer; it comes from the last op that is in it."""
    value = layer.result
    while (place := name_of(source(value))) not in times.places:
        use = value.get_unique_use()
        if use is None or len(use.operation.results) != 1:
            return None
        value = use.operation.results[0]
        if layer_of(use.operation) is not None:
            return None
    return times.places[place]


def _format(layer: Layer, recipe: Recipe) -> str:
    """What the weight became."""
    own = layer.op.attributes.get(FORMAT)
    if layer.is_kept or recipe.weights.element == "none":
        return "f32"
    return own.data if isinstance(own, StringAttr) else recipe.weights.element


def _why_kept(number: int, layer: Layer, recipe: Recipe, found: Found | None) -> str:
    if found is not None and number in found.kept:
        return f"kept high: alone, it costs {found.sensitivity[number]:.5f} of the cosine"
    return "kept high: the recipe or the text says so" if _is_marked(layer) else ""


def _is_marked(layer: Layer) -> bool:
    return layer.is_kept or FORMAT in layer.op.attributes


def _size(module: ModuleOp, params: Mapping[str, Array]) -> int:
    """The bytes of the weights that a module names."""
    return sum(params[name].nbytes for name in {name for _, name in param_ops(module)})


def _untouched(module: ModuleOp) -> list[str]:
    """Products and convolutions that are no layers, by the reason."""
    counts = Counter(reason for op in module.walk() if (reason := why_not(op)) is not None)
    return [f"{count} other products stay float: {reason}" for reason, count in counts.items()]


def _notes(recipe: Recipe, measured: Measured) -> list[str]:
    notes: list[str] = []
    if measured.errors is None:
        notes.append("no samples were given: errors and times were not measured")
    if (found := measured.found) is not None:
        notes.append(
            f"loss {found.loss:.5f} with {len(found.kept)} layers kept in {recipe.keep.fallback}, "
            f"{found.start:.5f} with none, at most {recipe.keep.max_loss} allowed; "
            f"{found.trials} mixes measured"
        )
    notes += [
        f"not measured on {measured.target}: {time.problem}"
        for time in measured.times
        if time.problem
    ]
    return notes
