"""Recipes: TOML files that say how a model is quantised.

The named ones are files of this kind in the folder `recipes`; docs/quantization.md has the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlir.files import read_text
from dlir.hardware import Problem, quantity, read_machine, words
from dlir.observers import OBSERVERS
from dlir.registry import did_you_mean, misuse

FOLDER = Path(__file__).with_name("recipes")
"""The named recipes."""


@dataclass(frozen=True)
class Activations:
    """What the operands of layers become."""

    mode: str = words("static, dynamic or none")
    element: str = words("i8 or ui8", "i8")
    observer: str = words("of ranges", "minmax")
    percentile: float = quantity("of all numbers", least=50, default=99.99)
    momentum: float = quantity("of moving averages", above=True, default=0.01)
    per: str = words("tensor or row", "row")


@dataclass(frozen=True)
class WeightsPart:
    """What weights become."""

    element: str = words("i8, i4, ui4, i2, bf16 or none")
    block: int = quantity("weights per scale; 0: an output channel", default=0)
    rounding: str = words("nearest or gptq", "nearest")
    search: bool = words("whether ranges shrink to the least error", False)
    tables: bool = words("whether tables of embeddings are included", False)


@dataclass(frozen=True)
class Corrections:
    """What is done to weights and biases for the sake of the error."""

    equalize: bool = words("ranges of channels across layers", False)
    bias: bool = words("by the mean error of each channel", False)


@dataclass(frozen=True)
class Keep:
    """Layers that stay high."""

    layers: tuple[str, ...] = words("patterns of names", ())
    max_loss: float = quantity("1 - cosine of the results; 0: no search", default=0.0)
    fallback: str = words("f32 or i8: what kept layers have", "f32")


@dataclass(frozen=True)
class Recipe:
    """How a model is quantised."""

    activations: Activations
    weights: WeightsPart
    corrections: Corrections = field(default_factory=Corrections)
    keep: Keep = field(default_factory=Keep)


CHOICES: dict[str, Sequence[str]] = {
    "activations.mode": ("static", "dynamic", "none"),
    "activations.element": ("i8", "ui8"),
    "activations.observer": tuple(OBSERVERS),
    "activations.per": ("tensor", "row"),
    "weights.element": ("i8", "i4", "ui4", "i2", "bf16", "none"),
    "weights.rounding": ("nearest", "gptq"),
    "keep.fallback": ("f32", "i8"),
}
"""The words that a key may have."""


def _words(recipe: Recipe) -> Iterator[Problem]:
    for key, known in CHOICES.items():
        table, _, name = key.partition(".")
        word = getattr(getattr(recipe, table), name)
        if word not in known:
            hint = did_you_mean(word, known)
            yield Problem(key, f"'{key}' cannot be '{word}'{hint}", f"there are {', '.join(known)}")


def _contradictions(recipe: Recipe) -> Iterator[Problem]:
    activations, weights = recipe.activations, recipe.weights
    if activations.percentile > 100:
        yield Problem("activations.percentile", "more than all numbers cannot be kept")
    if activations.momentum > 1:
        yield Problem("activations.momentum", "a momentum is at most 1")
    quantised = weights.element not in ("bf16", "none")
    if activations.mode != "none" and not quantised:
        yield Problem("activations.mode", f"activations need quantised weights, and these are "
                      f"{weights.element}", "write mode = \"none\"")  # fmt: skip
    if weights.rounding == "gptq" and not quantised:
        yield Problem("weights.rounding", f"there is nothing to round for {weights.element}")
    if recipe.keep.fallback == "i8" and weights.element == "i8":
        yield Problem("keep.fallback", "the weights are i8 already", 'write fallback = "f32"')


def names() -> list[str]:
    """The named recipes."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_recipe(name: str) -> Recipe:
    """A named recipe, or that of a file. Raises CompileError."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and name not in names():
        raise misuse(
            f"no recipe '{name}'{did_you_mean(name, names())}",
            help=f"there are {', '.join(names())}, and files FILE.toml",
        )
    return read_machine(
        Recipe, [_words, _contradictions], read_text(str(path)), str(path), {}, "recipe"
    )
