"""Attributes of `structured`: the kind of an iterator, and the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, IntAttr, StringAttr
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, ParametrizedAttribute, SpacedOpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from dlir.types import is_array


class Iterator(StrEnum):
    """`parallel` iterators index the result; `reduction` iterators are summed over."""

    PARALLEL = "parallel"
    REDUCTION = "reduction"


@irdl_attr_definition
class IteratorAttr(EnumAttribute[Iterator], SpacedOpaqueSyntaxAttribute):
    """The kind of one iterator of a `structured.generic`."""

    name = "structured.iterator"


ScheduleValue = str | int | Sequence[int]


@irdl_attr_definition
class ScheduleAttr(ParametrizedAttribute):
    """How a structured op shall be computed: read and edited by people, obeyed by lowerings.

    | key | value | meaning |
    |---|---|---|
    | `kernel` | word | the lowering that takes the op: `contraction`, `weight_only`, ... |
    | `tile` | one integer per iterator | tile sizes; 0 leaves the iterator whole |
    | `order` | permutation | loop order, outermost first |
    | `vector` | integers | shape of the vector (register) tile |
    | `pack` | operand numbers | operands whose layout is blocked for this kernel |
    | `buffer` | integer | rows from which on a panel of narrow weights is widened once for all |
    | `dot` | word | contraction: dot products of groups in k; the kinds are `vector.dot`'s |
    | `threads` | iterator numbers | iterators whose tiles may run in parallel |
    | `rows` | a number, then iterators | ops of one number take rows through all of them together |
    | `block` | integer | rows that a group takes at a time, with memory for no more of them |
    | `siblings` | a number | ops of one number become one kernel |
    | `home` | word | accelerator: where the result is, `tile` (of its reader), `spm` or `dram` |
    | `panel` | integer | tiles of rows whose activations stay on chip while columns are walked |
    | `keep` | operand numbers | operands of which all tiles stay on chip once loaded |
    | `runs` | operand numbers | operands loaded with what lies between rows that are read |
    | `accumulators` | one integer per iterator | what accumulators take of a tile at a time |

    Example: `#structured.schedule<kernel = contraction, tile = [6, 64, 0], vector = [6, 64]>`
    """

    name = "structured.schedule"
    entries: DictionaryAttr

    KEYS: ClassVar[dict[str, type]] = {
        "kernel": str,
        "tile": list,
        "order": list,
        "vector": list,
        "pack": list,
        "parts": list,
        "buffer": list,
        "stores": str,
        "dot": str,
        "threads": list,
        "rows": list,
        "block": list,
        "siblings": list,
        "home": str,
        "panel": list,
        "keep": list,
        "runs": list,
        "accumulators": list,
    }

    @staticmethod
    def get(entries: Mapping[str, ScheduleValue]) -> ScheduleAttr:
        """Build from Python values: a word, or integers."""
        return ScheduleAttr(DictionaryAttr({k: _encode(v) for k, v in entries.items()}))

    def updated(self, entries: Mapping[str, ScheduleValue]) -> ScheduleAttr:
        """The schedule with some entries added or replaced."""
        new = {k: _encode(v) for k, v in entries.items()}
        return ScheduleAttr(DictionaryAttr({**self.entries.data, **new}))

    def without(self, *keys: str) -> ScheduleAttr | None:
        """The schedule less some entries; None if nothing is left."""
        rest = {k: v for k, v in self.entries.data.items() if k not in keys}
        return ScheduleAttr(DictionaryAttr(rest)) if rest else None

    def word(self, key: str) -> str | None:
        value = self.entries.data.get(key)
        return value.data if isinstance(value, StringAttr) else None

    def integers(self, key: str) -> tuple[int, ...] | None:
        value = self.entries.data.get(key)
        if not is_array(value):
            return None
        return _integers(value)

    def verify(self) -> None:
        for key, value in self.entries.data.items():
            if key not in self.KEYS:
                known = ", ".join(self.KEYS)
                raise VerifyException(f"schedule has no key '{key}'; the keys are {known}")
            expected = StringAttr if self.KEYS[key] is str else ArrayAttr
            if not isinstance(value, expected):
                kind = "a word" if expected is StringAttr else "a list of integers"
                raise VerifyException(f"schedule key '{key}' takes {kind}")
            if min(self.integers(key) or (), default=0) < 0:
                raise VerifyException(f"schedule key '{key}' takes no negative integers")

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        known: set[str] = set()

        def entry() -> tuple[str, Attribute]:
            key = parser.parse_identifier(": schedule key")
            if key in known:
                parser.raise_error(f"schedule key '{key}' is given twice")
            known.add(key)
            parser.parse_punctuation("=")
            if parser.parse_optional_punctuation("["):
                values: list[Attribute] = []
                while parser.parse_optional_punctuation("]") is None:
                    values.append(IntAttr(parser.parse_integer(allow_boolean=False)))
                    parser.parse_optional_punctuation(",")
                return key, ArrayAttr(values)
            return key, StringAttr(parser.parse_identifier(f": {key} = word, or {key} = [4, 2]"))

        entries = parser.parse_comma_separated_list(parser.Delimiter.ANGLE, entry)
        return [DictionaryAttr(dict(entries))]

    def print_parameters(self, printer: Printer) -> None:
        def text(value: Attribute) -> str:
            if isinstance(value, StringAttr):
                return value.data
            assert is_array(value)
            return "[" + ", ".join(map(str, _integers(value))) + "]"

        with printer.in_angle_brackets():
            printer.print_string(
                ", ".join(f"{key} = {text(v)}" for key, v in self.entries.data.items())
            )


def _integers(values: ArrayAttr[Attribute]) -> tuple[int, ...]:
    return tuple(cast("IntAttr[int]", i).data for i in values)


def _encode(value: ScheduleValue) -> Attribute:
    if isinstance(value, str):
        return StringAttr(value)
    if isinstance(value, int):
        return ArrayAttr([IntAttr(value)])
    return ArrayAttr([IntAttr(v) for v in value])
