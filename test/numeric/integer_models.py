"""Float models in int8, as `dlir-quantize` and `dl-integerize` make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from dlir.api import Model
from dlir.signature import entry_function
from dlir.targets.quantize.recipe import Activations, Recipe, WeightsPart
from dlir.targets.quantize.steps import Quantizer
from dlir.targets.quantize.store import store
from dlir.transforms.dl_integerize import integerize
from dlir.transforms.quantization.calibration import samples
from dlir.verifier import verify

SYMMETRIC = Recipe(Activations("static"), WeightsPart("i8"))
"""i8 without zero points, by the least and the greatest number seen."""


def quantized(
    module: ModuleOp, calibration: Mapping[str, Any], weights: Mapping[str, Any], recipe: Recipe
) -> Model:
    """The model in QDQ form; the module and the weights are left as they are."""
    inputs = samples(entry_function(module), calibration)
    quantizer = Quantizer(recipe, module, weights, inputs)
    quantizer.prepare()
    made = quantizer.run()
    return Model(made.module, store(made.module, made.params))


def in_integers(
    module: ModuleOp,
    calibration: Mapping[str, Any],
    weights: Mapping[str, Any],
    recipe: Recipe = SYMMETRIC,
) -> Model:
    """The model on integers."""
    made = quantized(module, calibration, weights, recipe)
    integerize(made.module, made.params)
    verify(made.module)
    return made
