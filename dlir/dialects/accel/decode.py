"""Engine ops as plain Python values, for passes that look at every op of a large program.

Reading an attribute through its accessors costs more than most of what is done with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
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
    bases, steps = _WALKS.of(properties["walks"], _walks)
    nest, held = properties.get("nest"), properties.get("fields")
    values = tuple(op.operands)
    return Decoded(
        values if len(values) == len(bases) else values[: len(bases)],
        bases,
        steps,
        () if nest is None else integers(nest),
        _FIELDS[type(op)].of(held, partial(_field_values, type(op))),
    )


class _Memo:
    """What was read of an attribute, by the object: ops share attributes, and hashing one costs
    more than reading it. The attributes are kept, so that no other can get the same id."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[Any, Any]] = {}

    def of(self, attribute: Any, read: Callable[[Any], Any]) -> Any:
        """What `read` makes of an attribute, which never changes."""
        found = self.known.get(id(attribute))
        if found is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            found = self.known[id(attribute)] = attribute, read(attribute)
        return found[1]


MOST_KNOWN = 1 << 16
_WALKS = _Memo()
_FIELDS: dict[type[EngineOp], _Memo] = defaultdict(_Memo)


def _walks(attribute: Any) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    walks = [integers(walk) for walk in attribute.data]
    return tuple([walk[0] for walk in walks]), tuple([walk[1:] for walk in walks])


def _field_values(kind: type[EngineOp], attribute: Any) -> tuple[Any, ...]:
    held: dict[str, Attribute] = {} if attribute is None else attribute.data
    return tuple(
        [_value(held[name]) if name in held else default for name, default in kind.FIELDS.items()]
    )


def _value(attribute: Any) -> Any:
    """Of a StringAttr, or of a number."""
    data = getattr(attribute, "data", None)
    return attribute.value.data if data is None else data
