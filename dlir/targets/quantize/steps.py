"""The steps from a float model to a quantised one, as a recipe says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from xdsl.dialects.builtin import ModuleOp, StringAttr, UnitAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from dlir.diagnostics import warn
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.numpy_types import Array
from dlir.pipeline import PassManager
from dlir.registry import Registry, default_registry
from dlir.signature import entry_function
from dlir.targets.quantize.recipe import Recipe
from dlir.transforms.dl_correct_bias import correct_bias
from dlir.transforms.dl_equalize_layers import equalize_layers
from dlir.transforms.dl_observe import Observation, observe
from dlir.transforms.dl_quantize_dynamic import quantize_dynamic
from dlir.transforms.dl_quantize_static import quantize_static
from dlir.transforms.dl_quantize_weights import quantize_weights
from dlir.transforms.quantization.calibration import Runner
from dlir.transforms.quantization.grams import gram_of
from dlir.transforms.quantization.layers import FORMAT, KEEP, Layer, layers_of
from dlir.transforms.quantization.rounding import Rounded, WeightFormat, rounded
from dlir.verifier import verify

Standing = dict[SSAValue, SSAValue]
"""Values that stand for the results of layers, where others do than those of their ops."""


@dataclass
class Quantized:
    """A model in QDQ form."""

    module: ModuleOp
    params: Mapping[str, Array]
    layers: list[Layer]
    """In the order of `Quantizer.layers`; their ops are those of this module."""
    standing: Standing = field(default_factory=Standing)

    def values(self) -> list[SSAValue]:
        """What stands for the result of each layer."""
        values = [layer.result for layer in self.layers]
        return [_last(self.standing, value) for value in values]


def _last(standing: Standing, value: SSAValue) -> SSAValue:
    while value in standing:
        value = standing[value]
    return value


Choose = Callable[[int], str | None]
"""Gives single layers, by their number, another format: `f32` or `i8`."""


@dataclass
class Quantizer:
    """Quantises a module, whole or with some layers kept, again and again.

    What does not depend on the choice of layers is computed once: ranges are in the text, and the
    roundings of weights and the sums of products of inputs that GPTQ asks for are remembered.
    """

    recipe: Recipe
    module: ModuleOp
    params: Mapping[str, Array]
    inputs: Sequence[Sequence[Array]]
    function: str | None = None
    registry: Registry = field(default_factory=default_registry)
    _rounded: dict[tuple[int, WeightFormat], Rounded] = field(
        default_factory=dict[tuple[int, WeightFormat], Rounded], repr=False
    )
    _grams: dict[SSAValue, Array] | None = None

    def prepare(self) -> None:
        """Bring the module into the form that is quantised, with ranges where they are needed."""
        self.module = self.module.clone()
        self._pass("inline,dl-fold-scale", self.module)
        if self.recipe.corrections.equalize:
            equalize_layers(self.entry(self.module), self.params)
        self._keep_listed()
        part = self.recipe.activations
        if part.mode == "static":
            how = Observation(part.observer, part.percentile, part.momentum, part.element)
            observe(self.module, self.entry(self.module), self.inputs, self.params, how)

    def _pass(self, text: str, module: ModuleOp) -> None:
        PassManager(text, registry=self.registry).run(self.registry.context(), module)

    def entry(self, module: ModuleOp) -> FuncOp:
        return entry_function(module, self.function)

    def layers(self) -> list[Layer]:
        """Those that the recipe is about, in order."""
        return self._layers(self.entry(self.module))

    def _layers(self, function: FuncOp) -> list[Layer]:
        tables = self.recipe.weights.tables
        return [layer for layer in layers_of(function) if tables or not layer.is_table]

    def _keep_listed(self) -> None:
        """Mark the layers that the recipe names."""
        layers = self.layers()
        for pattern in self.recipe.keep.layers:
            found = [layer for layer in layers if fnmatchcase(layer.name, pattern)]
            for layer in found:
                mark(layer, self.recipe.keep.fallback)
            if not found:
                names = ", ".join(layer.name for layer in layers[:8])
                warn(None, f"no layer matches '{pattern}', which the recipe keeps",
                     help=f"layers: {names}{', ...' * (len(layers) > 8)}")  # fmt: skip

    def run(self, choose: Choose = lambda number: None) -> Quantized:
        """The model in QDQ form, or in bf16."""
        module = self.module.clone()
        function = self.entry(module)
        result = Quantized(module, self.params, self._layers(function))
        for number, layer in enumerate(result.layers):
            if (form := choose(number)) is not None:
                mark(layer, form)
        if self.recipe.weights.element == "bf16":
            self._pass("dl-convert-precision{to=bf16}", module)
        elif self.recipe.weights.element != "none":
            self._quantize(function, result)
        verify(module)
        return result

    def _quantize(self, function: FuncOp, result: Quantized) -> None:
        mode = self.recipe.activations.mode
        if mode == "static":
            quantize_static(function, self.recipe.activations.element)
        elif mode == "dynamic":
            result.standing |= quantize_dynamic(function, self.recipe.activations.per)
        self._quantize_weights(function, result)
        if self.recipe.corrections.bias:
            standing = correct_bias(result.module, function, self.inputs, result.params)
            result.standing |= standing

    # Weights

    def _quantize_weights(self, function: FuncOp, result: Quantized) -> None:
        part = self.recipe.weights
        how = WeightFormat(part.element, part.block or None, part.search, part.tables)
        numbers = {layer.op: number for number, layer in enumerate(result.layers)}

        def round(layer: Layer, weight: Array, form: WeightFormat) -> Rounded:
            number = numbers[layer.op]
            if (number, form) not in self._rounded:
                gram = self._gram(number) if part.rounding == "gptq" else None
                self._rounded[number, form] = rounded(layer, weight, form, gram)
            return self._rounded[number, form]

        new = quantize_weights(function, self.params, how, round)
        result.params = {**{name: self.params[name] for name in self.params}, **new}

    def _gram(self, number: int) -> Array | None:
        """What GPTQ asks for; None for a convolution whose weights share scales in blocks."""
        if self._grams is None:
            self._grams = self._all_grams()
        return self._grams.get(_rows_of(self.layers()[number]))

    def _all_grams(self) -> dict[SSAValue, Array]:
        layers = {
            _rows_of(layer): layer
            for layer in self.layers()
            if isinstance(layer.op, MatmulOp)
            or (isinstance(layer.op, Conv2dOp) and not self.recipe.weights.block)
        }
        grams: dict[SSAValue, Array] = {}

        def see(value: SSAValue, array: Array) -> None:
            for rows, layer in layers.items():
                if layer.x is value:
                    grams[rows] = grams.get(rows, 0.0) + gram_of(layer, array)

        wanted = {layer.x for layer in layers.values()}
        runner = Runner(self.module, self.entry(self.module), self.params, wanted)
        for sample in self.inputs:
            runner.run(sample, see)
        return grams


def _rows_of(layer: Layer) -> SSAValue:
    """What tells the rows that a weight is multiplied with: windows are of one convolution only."""
    return layer.x if isinstance(layer.op, MatmulOp) else layer.result


def mark(layer: Layer, form: str) -> None:
    """Write into the text that a layer is kept, or that its weight has another format."""
    if form == "f32":
        layer.op.attributes[KEEP] = UnitAttr()
    else:
        layer.op.attributes[FORMAT] = StringAttr(form)
