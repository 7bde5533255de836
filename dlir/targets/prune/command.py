"""What `dlir-prune` does with its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import ModuleOp, StringAttr

from dlir.api import Model
from dlir.diagnostics import warn
from dlir.files import write_text
from dlir.numpy_types import Array
from dlir.params import check_params, param_ops
from dlir.signature import entry_function
from dlir.targets.prune.report import PrunedLayer, PruningReport
from dlir.targets.prune.sizes import stored_sizes
from dlir.targets.quantize.errors import Error, Side, compare
from dlir.transforms.dl_prune import DlPrune
from dlir.transforms.dl_remove_channels import DlRemoveChannels
from dlir.transforms.dl_sparsify import CHOICE, DlSparsify
from dlir.transforms.pruning.layers import Layer, layers_of
from dlir.transforms.quantization.calibration import read_calibration, samples
from dlir.verifier import verify


@dataclass(frozen=True)
class Request:
    """The arguments of the command; `run` does what they ask for."""

    name: str
    """The model's, for titles."""
    pruning: DlPrune
    removes_channels: bool = False
    encodes: bool = False
    data: str | None = None
    function: str | None = None
    output: str | None = None
    report: str | None = None

    def run(self, model: Model) -> str:
        """Prune, write the files, and give the report as text. Raises CompileError."""
        granularity = self.pruning.checked()
        check_params(model.module, model.params)
        pruned, weights = model.module.clone(), dict(model.params)
        layers = self.pruning.prune(pruned, weights, granularity)
        if not layers:
            warn(None, "the model has no layers with known weights: nothing is pruned")
        errors = self._errors(model, pruned, weights)
        before = {one.name: one.array(model.params) for one in layers_of(model.module)}
        rows = [(one, one.array(weights)) for one in layers]
        removed = DlRemoveChannels().remove(pruned, weights) if self.removes_channels else 0
        choices = self._encoded(pruned, weights, layers)
        verify(pruned)
        report = PruningReport(
            self.name,
            _description(self.pruning),
            [_row(one, before, array, errors, choices) for one, array in rows],
            errors[""].sqnr if errors else None,
            errors[""].cosine if errors else None,
            removed,
            _bytes(model.module, model.params),
            _bytes(pruned, weights),
        )
        self._write(report, Model(pruned, weights))
        return report.to_text()

    def _errors(
        self, model: Model, pruned: ModuleOp, weights: dict[str, Array]
    ) -> dict[str, Error]:
        """By the name of a layer, and by "" of the results; nothing without samples."""
        if self.data is None:
            return {}
        sides: list[Side] = []
        for module, params in ((model.module, model.params), (pruned, weights)):
            values = [one.op.results[0] for one in layers_of(module)]
            sides.append(Side(module, entry_function(module, self.function), params, values))
        inputs = samples(sides[0].function, read_calibration(self.data))
        errors, results = compare(sides[0], sides[1], inputs)
        names = [one.name for one in layers_of(model.module)]
        return {**dict(zip(names, errors, strict=True)), "": results}

    def _encoded(
        self, module: ModuleOp, weights: dict[str, Array], layers: Sequence[Layer]
    ) -> dict[str, str]:
        """Encode what is faster so; what was chosen, by the name of a layer."""
        if not self.encodes:
            return {}
        DlSparsify().sparsify(module, weights)
        found = {one.name: one.op.attributes.get(CHOICE) for one in layers}
        return {name: text.data for name, text in found.items() if isinstance(text, StringAttr)}

    def _write(self, report: PruningReport, model: Model) -> None:
        if self.output is not None:
            model.save(self.output)
        if self.report is not None:
            is_json = self.report.endswith(".json")
            write_text(self.report, report.to_json() if is_json else report.to_text())


def _description(pruning: DlPrune) -> str:
    share = "" if pruning.sparsity is None else f" {pruning.sparsity} of"
    together = ", all layers together" if pruning.scope == "global" else ""
    return f"pruned{share} {pruning.granularity} by {pruning.method}{together}"


def _row(
    layer: Layer,
    before: dict[str, Array],
    array: Array,
    errors: dict[str, Error],
    choices: dict[str, str],
) -> PrunedLayer:
    smallest = stored_sizes(layer.matrix(array))[0]
    error = errors.get(layer.name)
    return PrunedLayer(
        layer.name,
        array.shape,
        _zeros(before[layer.name]),
        _zeros(array),
        error.sqnr if error else None,
        error.cosine if error else None,
        array.nbytes,
        smallest.bytes,
        smallest.name,
        choices.get(layer.name, ""),
    )


def _zeros(array: Array) -> float:
    return float(np.count_nonzero(array == 0)) / max(array.size, 1)


def _bytes(module: ModuleOp, weights: Mapping[str, Array]) -> int:
    return sum(weights[name].nbytes for name in {name for _, name in param_ops(module)})
