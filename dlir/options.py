"""Pass options: from text to the fields of a pass, and back.

The fields of a pass dataclass are its options; `tile_size` is written `tile-size`. A field's type
may be bool, int, float, str, a Literal, an Enum, a tuple of these (`1,2` or `[1,2]`, and
`[[1,2],[3]]` for tuples of tuples), or a union of these and None (`none`).
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from xdsl.passes import ModulePass

_PLAIN = re.compile(r"[A-Za-z0-9_.:/+@%-]+")
"""Strings that are printed without quotes."""

_INTEGER = re.compile(r"[-+]?(0x[0-9a-fA-F]+|[0-9]+)")

_SCALARS: Mapping[type, Callable[[str], Any]] = {
    bool: lambda text: {"true": True, "false": False}[text],
    int: lambda text: int(text, 0 if "x" in text else 10),
    float: float,
    str: lambda text: unquote(text),
}
"""How to read a scalar; KeyError or ValueError when the text is not one."""


@dataclass(frozen=True)
class OptionField:
    """One option of a pass."""

    name: str
    """As written in a pipeline, with dashes."""
    field: str
    """As in the dataclass."""
    type: Any
    default: Any
    """`dataclasses.MISSING` when the option must be given."""

    @property
    def required(self) -> bool:
        """Whether the option must be given."""
        return self.default is dataclasses.MISSING

    def __str__(self) -> str:
        """`tile-size: int = 8`"""
        value = "" if self.required else f" = {print_value(self.default, self.type)}"
        return f"{self.name}: {describe_type(self.type)}{value}"


@cache
def options_of(pass_type: type[ModulePass]) -> dict[str, OptionField]:
    """The options of a pass by field name, in order of declaration."""
    types = get_type_hints(pass_type)
    return {
        field.name: OptionField(
            field.name.replace("_", "-"), field.name, types[field.name], _default(field)
        )
        for field in dataclasses.fields(pass_type)
        if field.init and field.name != "name"
    }


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def describe_type(kind: Any) -> str:
    """A type as a user reads it: `int`, `"fast"|"none"`, `[int,...]`, `int|none`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return "|".join(describe_type(member) for member in arguments)
    if origin is Literal:
        return "|".join(print_value(value, str) for value in arguments)
    if origin is tuple:
        items = ("..." if a is ... else describe_type(a) for a in arguments)
        return f"[{','.join(items)}]"
    if kind is NoneType:
        return "none"
    if isinstance(kind, type):
        if issubclass(kind, Enum):
            return "|".join(str(member.value) for member in kind)
        return kind.__name__
    return str(kind)


def read_value(text: str, kind: Any) -> Any:
    """Read an option's text as a value of a type. Raises ValueError when it is not one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _read_union(text, arguments)
    if origin is tuple:
        return _read_tuple(text, arguments)
    if origin is Literal:
        return _read_choice(text, {str(value): value for value in arguments})
    if kind is NoneType and text == "none":
        return None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_choice(text, {str(member.value): member for member in kind})
    if kind is int and not _INTEGER.fullmatch(text):
        raise ValueError(f"expected int, got '{text}'")
    try:
        return _SCALARS[kind](text)
    except (KeyError, ValueError) as error:
        raise ValueError(f"expected {describe_type(kind)}, got '{text}'") from error


def _read_choice(text: str, choices: Mapping[str, Any]) -> Any:
    if (name := unquote(text)) in choices:
        return choices[name]
    raise ValueError(f"expected one of {', '.join(choices)}; got '{text}'")


def _read_union(text: str, members: tuple[Any, ...]) -> Any:
    """The first member that fits, strings last: every text is a string."""
    for member in sorted(members, key=lambda member: member is str):
        try:
            return read_value(text, member)
        except ValueError:
            continue
    raise ValueError(f"expected {'|'.join(map(describe_type, members))}, got '{text}'")


def _read_tuple(text: str, members: tuple[Any, ...]) -> tuple[Any, ...]:
    items = split_list(text)
    if len(items) == 1 and items[0].startswith("[") and items[0].endswith("]"):
        items = split_list(items[0][1:-1])
    if len(members) == 2 and members[1] is ...:
        return tuple(read_value(item, members[0]) for item in items)
    if len(items) != len(members):
        raise ValueError(f"expected {len(members)} values, got '{text}'")
    return tuple(read_value(item, member) for item, member in zip(items, members, strict=True))


def split_list(text: str) -> list[str]:
    """Split at the commas that are outside quotes, brackets and braces."""
    items, depth, quoted, start, position = list[str](), 0, False, 0, 0
    while position < len(text):
        char = text[position]
        if quoted and char == "\\":
            position += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in "[{(":
            depth += 1
        elif not quoted and char in "]})":
            depth -= 1
        elif char == "," and not quoted and depth == 0:
            items.append(text[start:position].strip())
            start = position + 1
        position += 1
    items.append(text[start:].strip())
    return [] if items == [""] else items


def unquote(text: str) -> str:
    """The string inside quotes, with its escapes resolved; other text as it is."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return json.loads(text, strict=False)
    return text


def print_value(value: Any, kind: Any) -> str:
    """The text that `read_value` reads back as the value."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case str():
            plain = value if _PLAIN.fullmatch(value) else json.dumps(value)
            return plain if _reads_back(plain, value, kind) else json.dumps(value)
        case tuple():
            return _print_tuple(value, kind)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return str(value)


def _print_tuple(value: tuple[Any, ...], kind: Any) -> str:
    """`1,2` where that is enough, `[1,2]` where brackets are needed."""
    text = ",".join(print_value(item, str) for item in value)
    return text if value and _reads_back(text, value, kind) else f"[{text}]"


def _reads_back(text: str, value: Any, kind: Any) -> bool:
    try:
        return read_value(text, kind) == value
    except ValueError:
        return False
