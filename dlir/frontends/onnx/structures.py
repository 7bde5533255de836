"""Values of sequence and optional types at the border of a program, which knows tensors only.

A sequence is a Python list of arrays, an optional value an array, a list, or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from xdsl.dialects.builtin import DictionaryAttr, IntegerAttr, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from dlir.frontends.builder.values import Array

from .importer import Shapes

if TYPE_CHECKING:
    from onnx import ModelProto

Structure: TypeAlias = "Array | list[Array] | None"


def structured_inputs(model: ModelProto) -> frozenset[str]:
    """The inputs of sequence and optional types."""
    infos = (i for i in model.graph.input if i.type.WhichOneof("value") != "tensor_type")
    return frozenset(info.name for info in infos)


def structure(value: Any) -> Structure:
    """What a caller passed, as arrays."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return [np.asarray(item) for item in cast(Sequence[Any], value)]
    return np.asarray(value)


def shapes_of(value: Structure) -> Shapes:
    """What `import_onnx` is told about a value."""
    if value is None:
        return None
    return [a.shape for a in value] if isinstance(value, list) else value.shape


def leaves(values: Iterable[Structure]) -> list[Array]:
    """The arrays of all values, in order."""
    found: list[Array] = []
    for value in values:
        found += value if isinstance(value, list) else [] if value is None else [value]
    return found


def lengths_of(module: ModuleOp) -> Mapping[str, Attribute]:
    """What the program says of results that are no tensors: a number of items, or absence."""
    (function,) = (o for o in module.ops if isinstance(o, FuncOp) and o.sym_name.data == "main")
    lengths = function.attributes.get("dlir.result_lengths")
    return lengths.data if isinstance(lengths, DictionaryAttr) else {}


def grouped(
    results: Sequence[Array], names: Sequence[str], lengths: Mapping[str, Attribute]
) -> list[Structure]:
    """One value per output, from the results of a program."""
    rest: Iterator[Array] = iter(results)
    return [_value(rest, lengths.get(name)) if name in lengths else next(rest) for name in names]


def _value(rest: Iterator[Array], length: Attribute | None) -> Structure:
    if not isinstance(length, IntegerAttr):
        return None
    return [next(rest) for _ in range(cast(IntegerAttr[Any], length).value.data)]
