"""Engine ops as plain Python values, for passes that look at every op of a large program.

Reading an attribute through its accessors costs more than most of what is done with it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from xdsl.ir import Attribute, SSAValue

from dlir.dialects.accel.access import integers
from dlir.dialects.accel.ops import EngineOp


class Decoded(NamedTuple):
    """An engine op. What is behind `bases` is the same for many ops of a program."""

    values: tuple[SSAValue, ...]
    """The memref of each address."""
    bases: tuple[int, ...]
    """The first row of each walk."""
    steps: tuple[tuple[int, ...], ...]
    """What each loop adds, per walk."""
    trips: tuple[int, ...]
    fields: tuple[Any, ...]
    """The values of all fields, in the order of the op's FIELDS."""


def decode(op: EngineOp) -> Decoded:
    """The values of a verified op."""
    properties: Any = op.properties
    walks = [integers(walk) for walk in properties["walks"].data]
    nest = properties.get("nest")
    held = properties.get("fields")
    return Decoded(
        tuple(op.operands)[: len(walks)],
        tuple([walk[0] for walk in walks]),
        tuple([walk[1:] for walk in walks]),
        () if nest is None else integers(nest),
        _field_values(op, {} if held is None else held.data),
    )


def _field_values(op: EngineOp, held: dict[str, Attribute]) -> tuple[Any, ...]:
    return tuple(
        [_value(held[name]) if name in held else default for name, default in op.FIELDS.items()]
    )


def _value(attribute: Any) -> Any:
    """Of a StringAttr, or of a number."""
    data = getattr(attribute, "data", None)
    return attribute.value.data if data is None else data
