"""One ONNX node as the operator functions see it: typed attributes and resolved inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlir.frontends.builder.values import Array, Unsupported, Value

from .elements import numpy_type

if TYPE_CHECKING:
    from onnx import AttributeProto, NodeProto


def normalize_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front; raises `Unsupported` when it is not an axis of `rank`."""
    if not -rank <= axis < rank:
        raise Unsupported(f"axis {axis} of a tensor of rank {rank}")
    return axis % rank


@dataclass(frozen=True)
class Node:
    """A node, its position in the graph, its operator set and the values of its inputs."""

    proto: NodeProto
    index: int
    opset: int
    inputs: tuple[Value | None, ...] = ()
    attributes: dict[str, AttributeProto] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", {a.name: a for a in self.proto.attribute})

    @property
    def op_type(self) -> str:
        return self.proto.op_type

    @property
    def name(self) -> str:
        """The node's name, or its first result's, or its operator's: what a user can search for."""
        return self.proto.name or next(iter(self.proto.output), "") or self.op_type

    @property
    def output_names(self) -> Sequence[str]:
        return self.proto.output

    def has(self, index: int) -> bool:
        """Whether the optional input `index` is present."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def input(self, index: int) -> Value:
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise Unsupported(f"input {index} is missing")
        return value

    def int(self, name: str, default: int) -> int:
        return int(self.attributes[name].i) if name in self.attributes else default

    def float(self, name: str, default: float) -> float:
        return float(self.attributes[name].f) if name in self.attributes else default

    def ints(self, name: str, default: Iterable[int]) -> tuple[int, ...]:
        attribute = self.attributes.get(name)
        return tuple(default) if attribute is None else tuple(map(int, attribute.ints))

    def floats(self, name: str, default: Iterable[float]) -> tuple[float, ...]:
        attribute = self.attributes.get(name)
        return tuple(default) if attribute is None else tuple(map(float, attribute.floats))

    def string(self, name: str, default: str) -> str:
        attribute = self.attributes.get(name)
        return default if attribute is None else attribute.s.decode("utf-8", "replace")

    def array(self, name: str) -> Array | None:
        """A tensor attribute, or None."""
        from onnx import numpy_helper

        attribute = self.attributes.get(name)
        return None if attribute is None else numpy_helper.to_array(attribute.t)

    def element_type(self, name: str) -> np.dtype[Any]:
        """An attribute that holds a TensorProto.DataType."""
        return numpy_type(self.int(name, 1))
