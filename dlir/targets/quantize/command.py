"""What `dlir-quantize` does with its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from dlir.api import Model
from dlir.diagnostics import warn
from dlir.executable import CompileOptions, Progress
from dlir.files import write_text
from dlir.numpy_types import Array
from dlir.params import check_params
from dlir.registry import misuse
from dlir.report import write_report
from dlir.signature import entry_function
from dlir.targets.cpu.target import threads_of
from dlir.targets.quantize.errors import Reference, Side, compare
from dlir.targets.quantize.recipe import Recipe, load_recipe
from dlir.targets.quantize.report import QuantizationReport
from dlir.targets.quantize.search import Found, search
from dlir.targets.quantize.steps import Choose, Quantized, Quantizer
from dlir.targets.quantize.store import bytes_behind, store
from dlir.targets.quantize.summary import Measured, summary
from dlir.targets.quantize.timing import measure
from dlir.transforms.dl_sink_dequantize import sink_dequantize
from dlir.transforms.quantization.calibration import read_calibration, samples
from dlir.verifier import verify

STEPS = ("observing", "searching", "quantising", "comparing", "measuring")

Step = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """The arguments of the command; `run` does what they ask for."""

    options: CompileOptions
    name: str
    """The model's, for titles."""
    recipe: str
    calibration: str | None = None
    output: str | None = None
    report: str | None = None
    target: str | None = "cpu"
    """Where both models are timed; None: nowhere."""

    def run(self, model: Model, progress: Progress | None = None) -> str:
        """Quantise, write the files, and give the report as text. Raises CompileError."""

        def step(name: str) -> None:
            if progress is not None:
                progress(name, STEPS.index(name), len(STEPS))

        report = self._quantize(model, step)
        if self.report is not None and self.report.endswith(".txt"):
            write_text(self.report, report.to_text())
        elif self.report is not None:
            write_report(self.report, report)
        return report.to_text()

    def _quantize(self, model: Model, step: Step) -> QuantizationReport:
        recipe = load_recipe(self.recipe)
        check_params(model.module, model.params)
        inputs = self._samples(model.module, recipe)
        step("observing")
        quantizer = self._prepared(model, recipe, inputs)
        step("searching")
        found = searched(quantizer, inputs) if recipe.keep.max_loss else None
        step("quantising")
        real = Quantized(quantizer.module, model.params, quantizer.layers())
        made = quantizer.run(choice(recipe, found))
        step("comparing")
        errors = compare(side(quantizer, real), side(quantizer, made), inputs) if inputs else None
        sizes = [[_bytes(one, n) for n in range(len(one.layers))] for one in (real,)]
        made.params = store(made.module, made.params)
        sizes.append([_bytes(made, n) for n in range(len(made.layers))])
        sink_dequantize(made.module)
        verify(made.module)
        if self.output is not None:
            Model(made.module, made.params).save(self.output)
        step("measuring")
        models = [Model(one.module, one.params) for one in (real, made)]
        times = [
            measure(model, self.target, self.options, inputs[0])
            for model in models
            if inputs and self.target is not None
        ]
        measured = Measured(errors, sizes, times, *self._where(), found)
        return summary(self.name, Path(self.recipe).stem, recipe, real, made, measured)

    def _where(self) -> tuple[str, str]:
        """The unit of times, and the place in words."""
        if self.options.machine is not None:
            return "cycles", f"the machine {self.options.machine}"
        return "seconds", f"{self.target}, {threads_of(self.options) or 1} thread(s)"

    def _samples(self, module: ModuleOp, recipe: Recipe) -> list[list[Array]]:
        if self.calibration is not None:
            function = entry_function(module, self.options.function)
            return samples(function, read_calibration(self.calibration))
        needs = {
            "activations.mode": recipe.activations.mode == "static",
            "weights.rounding": recipe.weights.rounding == "gptq",
            "corrections.bias": recipe.corrections.bias,
            "keep.max_loss": recipe.keep.max_loss > 0,
        }
        for key, is_needed in needs.items():
            if is_needed:
                raise misuse(
                    f"the recipe '{self.recipe}' needs samples, for '{key}': give --calibration",
                    help="write an archive with numpy.savez, one array per input",
                )
        return []

    def _prepared(
        self, model: Model, recipe: Recipe, inputs: Sequence[Sequence[Array]]
    ) -> Quantizer:
        options = self.options
        quantizer = Quantizer(
            recipe, model.module, model.params, inputs, options.function, options.registry
        )
        quantizer.prepare()
        if not quantizer.layers():
            warn(None, "the model has no layers with known weights: nothing is quantised")
        return quantizer


def side(quantizer: Quantizer, one: Quantized) -> Side:
    """A model as it is compared."""
    return Side(one.module, quantizer.entry(one.module), one.params, one.values())


def searched(quantizer: Quantizer, inputs: Sequence[Sequence[Array]]) -> Found:
    """Which layers stay high so that the loss is within the recipe's bound."""
    keep = quantizer.recipe.keep
    layers = quantizer.layers()
    real = Quantized(quantizer.module, quantizer.params, [])
    reference = Reference(side(quantizer, real), inputs)

    def loss(kept: frozenset[int]) -> float:
        made = quantizer.run(lambda number: keep.fallback if number in kept else None)
        made.layers = []
        return reference.error_of(side(quantizer, made)).loss

    costs = [float(bytes_behind(layer.weight)) for layer in layers]
    found = search(costs, loss, keep.max_loss)
    if found.loss > keep.max_loss:
        warn(
            None,
            f"the loss is {found.loss:.5f} even with all layers in {keep.fallback}, more than the "
            f"max_loss {keep.max_loss} of the recipe",
            help="allow more loss, or choose a wider format",
        )
    return found


def choice(recipe: Recipe, found: Found | None) -> Choose:
    """The format of single layers, as a search found it."""
    kept = frozenset[int]() if found is None else found.kept
    return lambda number: recipe.keep.fallback if number in kept else None


def _bytes(one: Quantized, number: int) -> int:
    """The bytes of what a layer's weight is made of."""
    layer = one.layers[number]
    return bytes_behind(layer.op.operands[0 if layer.is_table else 1])
