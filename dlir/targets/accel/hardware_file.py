"""Hardware files of accelerators: presets, files and overrides in, a checked `Machine` out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from dlir.diagnostics import CompileError, fail
from dlir.files import read_text
from dlir.hardware import read_machine, settings_of
from dlir.registry import did_you_mean
from dlir.targets.accel.checks import CHECKS
from dlir.targets.accel.description import MACHINES, Machine, preset_names

MAX_TOLD = 3
"""Keys that `contrast` names."""


def load(name_or_path: str, overrides: Mapping[str, str]) -> Machine:
    """A preset or a file, or nothing but overrides; see `description.load_machine`."""
    if not name_or_path:
        return read("", "<machine>", overrides)
    if name_or_path in preset_names():
        return _preset(name_or_path, tuple(overrides.items()))
    if not name_or_path.endswith(".toml"):
        fail(
            None,
            f"unknown machine '{name_or_path}'{did_you_mean(name_or_path, preset_names())}",
            help=f"presets: {', '.join(preset_names())}; or the path of a .toml file",
        )
    return read(read_text(name_or_path), Path(name_or_path).as_posix(), overrides)


@lru_cache(maxsize=64)
def _preset(name: str, overrides: tuple[tuple[str, str], ...]) -> Machine:
    """Every pass of a pipeline asks for its machine."""
    text = (MACHINES / f"{name}.toml").read_text(encoding="utf-8")
    return read(text, f"{name}.toml", dict(overrides))


def read(text: str, name: str, overrides: Mapping[str, str]) -> Machine:
    """The machine of a text. Raises CompileError."""
    return read_machine(Machine, CHECKS, text, name, overrides)


def differences(base: Machine, machine: Machine) -> dict[str, str] | None:
    """The overrides that make `machine` of `base`; None where overrides cannot say it."""
    before, after = settings_of(base), settings_of(machine)
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    try:
        return changed if load(base.name, changed).text == machine.text else None
    except CompileError:
        return None


def contrast(there: Machine, wanted: Machine) -> str:
    """Which machine there is instead of which; of namesakes, with the keys that differ."""
    text = (
        f"for machine '{there.name}' ({there.hash[:12]}), "
        f"not for '{wanted.name}' ({wanted.hash[:12]})"
    )
    if there.name != wanted.name:
        return text
    before, after = settings_of(there), settings_of(wanted)
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    told = ", ".join(
        f"{key} is {before.get(key, 'unset')}, not {after.get(key, 'unset')}"
        for key in keys[:MAX_TOLD]
    )
    return f"{text}: {told}{', ...' if len(keys) > MAX_TOLD else ''}"
