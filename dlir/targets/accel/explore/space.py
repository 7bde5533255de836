"""space.toml: the machines to look at, and what is asked of them.

base = "gemmini"                        # a preset, or a hardware file beside this one

[space]                                 # keys of the hardware file and their values
"spm.bytes" = [131072, 262144]

[[space.together]]                      # keys that change together: first values, second, ...
"array.rows" = [8, 16, 32]
"array.cols" = [8, 16, 32]

[limits]                                # at most
area_mm2 = 20.0

[search]
method = "random"                       # or "grid": all, or `points` of them evenly spread
points = 4
seed = 0

[objective]
minimize = ["time_us", "energy_uj", "area_mm2"]
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
import re
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeAlias, cast

from dlir.diagnostics import fail, file_location, remember_source
from dlir.files import read_text
from dlir.hardware import TABLE_NAMES
from dlir.registry import did_you_mean
from dlir.targets.accel.description import Machine
from dlir.targets.accel.hardware_file import load

OBJECTIVES = ("time_us", "energy_uj", "area_mm2", "energy_delay")
"""What can be limited and minimised; `energy_delay` is energy_uj * time_us."""

METHODS = ("grid", "random")
MAX_POINTS = 1_000_000
MAX_SIZE = 1 << 62

Settings: TypeAlias = Mapping[str, str]
"""`table.key` -> a value as TOML spells it: what `load_machine` takes."""

TABLES: dict[str, tuple[str, ...]] = {
    "": ("base", "space", "limits", "search", "objective"),
    "limits": OBJECTIVES,
    "search": ("method", "points", "seed"),
    "objective": ("minimize",),
}
"""Table -> its keys."""


@dataclass(frozen=True)
class Axis:
    """Keys that change together, and their choices: one value per key in each."""

    keys: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Space:
    """The points and what is asked of them; `points()` gives them in their order."""

    base: str
    axes: tuple[Axis, ...]
    limits: Mapping[str, float] = field(default_factory=dict[str, float])
    minimize: tuple[str, ...] = OBJECTIVES[:3]
    method: str = "grid"
    count: int | None = None
    """How many points of the grid; None is all."""
    seed: int = 0

    @property
    def size(self) -> int:
        """Points of the whole grid."""
        return math.prod(len(axis.choices) for axis in self.axes)

    def points(self) -> list[Settings]:
        """Different points of the grid, in an order that depends on nothing but the space."""
        count = self.size if self.count is None else min(self.count, self.size)
        if self.method == "random":
            chosen: Iterable[int] = random.Random(self.seed).sample(range(self.size), count)
        else:
            chosen = (number * self.size // count for number in range(count))
        return [self._point(number) for number in chosen]

    def _point(self, number: int) -> Settings:
        """The point of a number; the last axis changes fastest."""
        settings: dict[str, str] = {}
        for axis in reversed(self.axes):
            number, choice = divmod(number, len(axis.choices))
            settings |= zip(axis.keys, axis.choices[choice], strict=True)
        return {key: settings[key] for axis in self.axes for key in axis.keys}


def load_space(path: str) -> Space:
    """The space of a file. Raises CompileError that names the file and the line."""
    return read_space(read_text(path), path)


def read_space(text: str, name: str = "space.toml") -> Space:
    """The space of a text. Raises CompileError."""
    return _Reader(name, text).space()


@cache
def machine_keys() -> Mapping[str, bool]:
    """Every `table.key` of a hardware file; True when it holds entries (`array.rate.i8`)."""
    result: dict[str, bool] = {}
    for name, hint in typing.get_type_hints(Machine).items():
        kinds = [k for k in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(k)]
        for part in (p for kind in kinds for p in dataclasses.fields(kind)):
            table = TABLE_NAMES.get(name, name)
            result[f"{table}.{part.name}"] = str(part.type).startswith("Mapping")
    return result


def toml_text(value: Any) -> str | None:
    """A value as TOML spells it; None for what no machine has (a date)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's escapes are TOML's, as long as no letter is written as two halves.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        parts = [toml_text(v) for v in cast(list[Any], value)]
        return None if None in parts else f"[{', '.join(map(str, parts))}]"
    if isinstance(value, dict):
        entries = {k: toml_text(v) for k, v in cast(dict[str, Any], value).items()}
        inside = ", ".join(f"{toml_text(k)} = {v}" for k, v in sorted(entries.items()))
        return None if None in entries.values() else f"{{ {inside} }}"
    return None


class _Reader:
    """Reads one text; every method raises CompileError with the line of the key."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        remember_source(name, text)
        try:
            self.tables = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            found = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
            place = file_location(name, *(map(int, found.groups()) if found else (0, 0)))
            reason = str(error)[: found.start()] if found else str(error)
            fail(place, f"not a TOML file: {reason}", rule="space")

    def reject(self, key: str, message: str, help: str | None = None) -> NoReturn:
        """An error at the line of a key or table, when it is found."""
        word = re.escape(key.rpartition("/")[2])
        pattern = re.compile(rf'\s*(?:"?{word}"?\s*=|\[+\s*{word}\s*\])')
        lines = enumerate(self.text.splitlines(), start=1)
        line = next((number for number, line in lines if pattern.match(line)), 0)
        fail(file_location(self.name, line, 0), message, rule="space", help=help)

    def space(self) -> Space:
        self.known("", self.tables)
        search, limits = self.table("search"), self.table("limits")
        for key, value in limits.items():
            if not _is_number(value) or not value > 0:
                self.reject(key, f"'{key}' in [limits] is a positive number; got {value!r}")
        space = Space(
            base=self.base(),
            axes=self.axes(),
            limits={key: float(value) for key, value in limits.items()},
            minimize=self.minimize(),
            method=search.get("method", METHODS[0]),
            count=self.integer(search, "points", 1),
            seed=self.integer(search, "seed", 0) or 0,
        )
        self.check_search(space)
        return space

    def table(self, name: str) -> dict[str, Any]:
        """A table with known keys, empty when it is left out."""
        table = self.tables.get(name, {})
        if not isinstance(table, dict):
            self.reject(name, f"'{name}' is a table, [{name}]")
        self.known(name, cast(dict[str, Any], table))
        return cast(dict[str, Any], table)

    def known(self, name: str, table: Mapping[str, Any]) -> None:
        keys = TABLES[name]
        for key in table:
            if key not in keys:
                where = f" in [{name}]" if name else ""
                self.reject(key, f"unknown key '{key}'{where}{did_you_mean(key, keys)}",
                            f"keys: {', '.join(keys)}")  # fmt: skip

    def base(self) -> str:
        """A preset, or the path of a file beside this one."""
        base = self.tables.get("base")
        if not isinstance(base, str) or not base:
            self.reject("base", "'base' is the name of a machine or of a hardware file",
                        'base = "gemmini"')  # fmt: skip
        path = str(Path(self.name).parent / base) if base.endswith(".toml") else base
        load(path, {})  # a base that is wrong by itself is no matter of single points
        return path

    def minimize(self) -> tuple[str, ...]:
        names = self.table("objective").get("minimize", list(OBJECTIVES[:3]))
        if not isinstance(names, list) or not names:
            self.reject("minimize", f"'minimize' is a list of {', '.join(OBJECTIVES)}")
        for name in (words := cast(list[Any], names)):
            if name not in OBJECTIVES or words.count(name) > 1:
                hint = "" if name in OBJECTIVES else did_you_mean(str(name), OBJECTIVES)
                message = f"'minimize' is a list of different objectives; got {name!r}{hint}"
                self.reject("minimize", message, f"objectives: {', '.join(OBJECTIVES)}")
        return tuple(words)

    def integer(self, table: Mapping[str, Any], key: str, least: int) -> int | None:
        value = table.get(key)
        if value is None or (type(value) is int and value >= least):
            return value
        self.reject(key, f"'{key}' is an integer >= {least}; got {value!r}")

    def check_search(self, space: Space) -> None:
        if space.method not in METHODS:
            hint = did_you_mean(str(space.method), METHODS)
            self.reject("method", f"'method' is {' or '.join(METHODS)}; "
                        f"got {space.method!r}{hint}")  # fmt: skip
        if space.method == "random" and space.count is None:
            self.reject("method", "a random search needs a number of points", "points = 100")
        if space.size > MAX_SIZE or min(space.count or space.size, space.size) > MAX_POINTS:
            self.reject("space", f"the grid has {space.size:.3g} points; "
                        f"at most {MAX_POINTS:,} are looked at",
                        'give [search] method = "random" and points')  # fmt: skip

    # --- [space] ----------------------------------------------------------------------------------

    def axes(self) -> tuple[Axis, ...]:
        table = self.tables.get("space")
        if not isinstance(table, dict) or not table:
            self.reject("space", "[space] lists values for keys of the hardware file",
                        '[space]\n"array.rows" = [8, 16]')  # fmt: skip
        single = dict(cast(dict[str, Any], table))
        groups = single.pop("together", [])
        if not isinstance(groups, list) or not all(
            isinstance(group, dict) for group in cast(list[Any], groups)
        ):
            self.reject("space.together", "'together' is a list of tables, [[space.together]]")
        axes = [Axis((key,), tuple((v,) for v in values)) for key, values in self.lists(single)]
        axes += [self.linked(self.lists(group)) for group in cast(list[dict[str, Any]], groups)]
        keys = [key for axis in axes for key in axis.keys]
        for key in keys:
            if keys.count(key) > 1:
                self.reject(key, f"'{key}' is given twice")
        for axis in axes:
            if len(set(axis.choices)) < len(axis.choices):
                names = " and ".join(f"'{key}'" for key in axis.keys)
                self.reject(axis.keys[0], f"{names}: the same choice twice")
        return tuple(axes)

    def linked(self, lists: Sequence[tuple[str, list[str]]]) -> Axis:
        """An axis of keys that change together."""
        lengths = {key: len(values) for key, values in lists}
        if len(set(lengths.values())) != 1:
            given = ", ".join(f"'{key}' has {count}" for key, count in lengths.items())
            self.reject("space.together", "keys that change together have as many values as each "
                        f"other: {given or 'no key is given'}")  # fmt: skip
        return Axis(tuple(lengths), tuple(zip(*(values for _, values in lists), strict=True)))

    def lists(self, table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, list[str]]]:
        """Keys and values; `array.rows` and `"array.rows"` are the same."""
        result: list[tuple[str, list[str]]] = []
        for word, value in table.items():
            key = f"{prefix}{word}"
            if isinstance(value, dict):
                result += self.lists(cast(dict[str, Any], value), f"{key}.")
            else:
                self.check_key(key)
                result.append((key, self.values(key, value)))
        return result

    def check_key(self, key: str) -> None:
        known = machine_keys()
        entry = known.get(key.rpartition(".")[0], False)
        if key not in known and not entry:
            self.reject(key, f"a hardware file has no key '{key}'{did_you_mean(key, known)}",
                        "write it as table.key, such as array.rows")  # fmt: skip

    def values(self, key: str, value: Any) -> list[str]:
        if not isinstance(value, list) or not value:
            self.reject(key, f"'{key}' is a list of at least one value; got {value!r}")
        texts = [toml_text(v) for v in cast(list[Any], value)]
        for text, given in zip(texts, cast(list[Any], value), strict=True):
            if text is None:
                self.reject(key, f"'{key}' cannot be {given!r}")
        return [str(text) for text in texts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
