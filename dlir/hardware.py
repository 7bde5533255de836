"""Hardware files of any kind of machine: TOML tables in, a checked dataclass out, and back.

A machine is a frozen dataclass whose fields are the tables of the file, dataclasses too, whose
fields (`quantity`, `words`) are the keys. Shape comes first (tables, keys, types, least values: all
read off the dataclasses), then what contradicts itself (`Check`s). Every error names the file, the
line and the numbers.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

from xdsl.dialects.builtin import LocationAttr

from dlir.diagnostics import fail, file_location, remember_source
from dlir.registry import did_you_mean

TABLE_NAMES = {"general": "machine"}
"""Fields of a machine whose table has another name."""

MachineT = TypeVar("MachineT")

_HEADING = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_ERROR_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_LARGEST = 1 << 40
"""No quantity of a machine is larger; keeps later arithmetic exact."""


# --- declaring ------------------------------------------------------------------------------------


def quantity(
    unit: str, *, least: float = 0, above: bool = False, default: Any = None, optional: bool = False
) -> Any:
    """A field of a hardware file: its unit, and `>= least` (`> least` when `above`)."""
    metadata = {"unit": unit, "least": least, "above": above}
    if default is None and not optional:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def words(unit: str, default: Any = None) -> Any:
    """A text, a list or a table of a hardware file, of which no least value is asked."""
    return (
        field(metadata={"unit": unit})
        if default is None
        else field(default_factory=lambda: default, metadata={"unit": unit})
    )


class Problem(NamedTuple):
    """A key, and why its value cannot be."""

    key: str
    message: str
    help: str | None = None


# --- reading --------------------------------------------------------------------------------------


@dataclass
class Source:
    """Where a machine's keys were written, for messages."""

    name: str
    text: str
    overrides: Mapping[str, str]
    rule: str = "machine"
    """The rule that a file which cannot be read breaks."""
    lines: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        remember_source(self.name, self.text)
        table = ""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if heading := _HEADING.match(line):
                table = heading[1]
                self.lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self.lines.setdefault(f"{table}.{key[1]}" if table else key[1], number)

    def place(self, key: str) -> LocationAttr:
        """The line of a key, else that of its table, else the whole file."""
        table = key.partition(".")[0]
        line = self.lines.get(key) or self.lines.get(table) or 0
        return file_location(self.name, line, 0)

    def reject(self, key: str, message: str, help: str | None = None) -> NoReturn:
        """The machine cannot be: raises CompileError at the key, or naming its override."""
        for name, value in self.overrides.items():
            if name == key or name.startswith(f"{key}."):
                message += f" (set by {name}={value})"
        fail(self.place(key), message, rule=self.rule, help=help)


def read_machine(
    cls: type[MachineT],
    checks: Sequence[Callable[[MachineT], Iterator[Problem]]],
    text: str,
    name: str,
    overrides: Mapping[str, str],
    rule: str = "machine",
) -> MachineT:
    """The machine of a text, with single keys replaced. Raises CompileError."""
    source = Source(name, text, overrides, rule)
    tables = parse_toml(text, name, rule)
    for key, value in overrides.items():
        _override(tables, key, value)
    machine = _read_tables(source, cls, tables)
    for check in checks:
        for problem in check(machine):
            source.reject(problem.key, problem.message, problem.help)
    return machine


def parse_toml(text: str, name: str, rule: str = "machine") -> dict[str, Any]:
    """The tables of a TOML text; `name` is its file, for messages. Raises CompileError."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or what it forgets
        found = _ERROR_PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (0, 0)
        reason = _ERROR_PLACE.sub("", str(error))
        fail(file_location(name, line, column), f"not a TOML file: {reason}", rule=rule)


def parse_settings(text: str) -> dict[str, str]:
    """`spm.bytes=131072;dma.latency=50` as keys and values. Raises CompileError."""
    settings: dict[str, str] = {}
    for part in filter(None, text.split(";")):
        key, equals, value = part.partition("=")
        if not equals:
            fail(None, f"cannot set '{part}'", rule="machine", help="write it as table.key=value")
        settings[key.strip()] = value.strip()
    return settings


def _override(tables: dict[str, Any], key: str, value: str) -> None:
    """Set one key, `table.key` or `table.key.entry`, before anything is checked."""
    path = key.split(".")
    if len(path) not in (2, 3) or not all(path):
        fail(None, f"cannot set '{key}'", rule="machine", help="write it as table.key=value")
    table = tables
    for part in path[:-1]:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            fail(None, f"cannot set '{key}': '{part}' is no table", rule="machine")
        table = cast(dict[str, Any], inner)
    table[path[-1]] = _override_value(value)


def _override_value(value: str) -> Any:
    """A value as TOML spells it; a bare word is a text."""
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return value
    return parsed["value"] if len(parsed) == 1 else value


# --- shape ----------------------------------------------------------------------------------------


@cache
def _types_of(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _read_tables(source: Source, cls: type[MachineT], tables: dict[str, Any]) -> MachineT:
    """The machine, from tables of the right names."""
    hints = _types_of(cls)
    names = {TABLE_NAMES.get(f.name, f.name): f for f in dataclasses.fields(cast(Any, cls))}
    for name in tables:
        if name not in names:
            hint = did_you_mean(name, names)
            source.reject(name, f"unknown table '{name}'{hint}", f"tables: {', '.join(names)}")
    values: dict[str, Any] = {}
    for name, part in names.items():
        if name in tables:
            values[part.name] = _read_table(source, name, _plain(hints[part.name]), tables[name])
        elif part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING:
            source.reject(name, f"table [{name}] is missing")
    return cls(**values)


def _plain(hint: Any) -> Any:
    """`X` of `X | None`."""
    if isinstance(hint, types.UnionType):
        return next(a for a in typing.get_args(hint) if a is not types.NoneType)
    return hint


def _read_table(source: Source, name: str, cls: type[Any], table: Any) -> Any:
    """One of the classes of a machine from its table."""
    if not isinstance(table, dict):
        source.reject(name, f"'{name}' is a table, [{name}], not a value")
    hints = _types_of(cls)
    known = {f.name: f for f in dataclasses.fields(cls)}
    values: dict[str, Any] = {}
    for key, value in cast(dict[str, Any], table).items():
        if key not in known:
            hint = did_you_mean(key, known)
            source.reject(f"{name}.{key}", f"unknown key '{key}' in [{name}]{hint}",
                          f"keys: {', '.join(known)}")  # fmt: skip
        values[key] = _read_value(source, f"{name}.{key}", known[key], hints[key], value)
    for key, part in known.items():
        required = part.default is dataclasses.MISSING
        if key not in values and required and part.default_factory is dataclasses.MISSING:
            source.reject(name, f"[{name}] lacks the key '{key}' ({part.metadata['unit']})")
    return cls(**values)


def _read_value(
    source: Source, key: str, part: dataclasses.Field[Any], hint: Any, value: Any
) -> Any:
    """A value of the type that the dataclass declares."""
    hint, unit = _plain(hint), part.metadata["unit"]
    origin = typing.get_origin(hint)
    if origin is tuple and _is_list_of_words(value):
        return tuple(value)
    if origin is Mapping and isinstance(value, dict):
        entries = cast(dict[str, Any], value)
        return {k: _number(source, f"{key}.{k}", part, int, v) for k, v in entries.items()}
    if hint in (str, bool) and isinstance(value, hint):
        return value
    if hint in (int, float):
        return _number(source, key, part, hint, value)
    names: dict[Any, str] = {
        tuple: "a list of words",
        Mapping: "a table of integers",
        bool: "true or false",
    }
    expected = names.get(origin or hint, "a text")
    source.reject(key, f"'{key}' is {expected} ({unit}); got {value!r}")


def _is_list_of_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in cast(list[Any], value))


def _number(
    source: Source, key: str, part: dataclasses.Field[Any], kind: type, value: Any
) -> float:
    """A number in its range: an integer where integers are asked for."""
    unit, least = part.metadata["unit"], part.metadata.get("least", 0)
    allowed = (int,) if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        article = "an integer" if kind is int else "a number"
        source.reject(key, f"'{key}' is {article} ({unit}); got {value!r}")
    strict = part.metadata.get("above", False)
    if not (value > least if strict else value >= least) or not value <= _LARGEST:
        sign = ">" if strict else ">="
        source.reject(key, f"'{key}' must be {sign} {least} ({unit}); got {value}")
    return kind(value)


# --- writing --------------------------------------------------------------------------------------


def tables_of(machine: Any) -> dict[str, dict[str, Any]]:
    """Table -> key -> value, all of them, in the order of the dataclasses; None is left out."""
    result: dict[str, dict[str, Any]] = {}
    for part in dataclasses.fields(machine):
        table = getattr(machine, part.name)
        if table is not None:
            keys = ((f.name, getattr(table, f.name)) for f in dataclasses.fields(table))
            name = TABLE_NAMES.get(part.name, part.name)
            result[name] = {key: value for key, value in keys if value is not None}
    return result


def write(machine: Any) -> str:
    """The canonical hardware file: every key, in a fixed order; `read_machine` reads it back."""
    lines: list[str] = []
    for name, table in tables_of(machine).items():
        lines += [f"[{name}]", *(f"{key} = {_spell(value)}" for key, value in table.items()), ""]
    return "\n".join(lines)


def settings_of(machine: Any) -> dict[str, str]:
    """`table.key` -> value as TOML spells it, of all keys; overrides of that form."""
    return {
        f"{name}.{key}": _spell(value)
        for name, table in tables_of(machine).items()
        for key, value in table.items()
    }


def _spell(value: Any) -> str:
    """A value as TOML; entries of a table in order of name."""
    if isinstance(value, Mapping):
        entries = sorted(cast(Mapping[str, Any], value).items())
        return "{ " + ", ".join(f"{_spell_key(k)} = {_spell(v)}" for k, v in entries) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_spell(v) for v in cast(tuple[Any, ...], value)) + "]"
    if isinstance(value, str):
        return _spell_text(value)
    return repr(value)


def _spell_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _spell_text(key)


def _spell_text(text: str) -> str:
    """A TOML basic string in ASCII."""
    plain = {'"': '\\"', "\\": "\\\\"}
    letters = (c if " " <= c < "\x7f" else f"\\U{ord(c):08X}" for c in text)
    return '"' + "".join(plain.get(c, c) for c in letters) + '"'
