"""Which schedules a compilation takes: those of one file, else those that were measured here.

In this order: the file of `schedule=` or `--schedule`, alone; the database that the environment
names; the database in the user's folder. The names of both files say it all: the same model,
options and file give the same code.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dlir.executable import CompileOptions
from dlir.files import read_bytes
from dlir.targets.cpu.description import host
from dlir.version import version

if TYPE_CHECKING:  # known models do without the passes
    from dlir.dialects.structured.schedule_file import Place
    from dlir.transforms.apply_schedule import ApplySchedule

VARIABLE = "DLIR_TUNING"
"""The environment variable that names the database; set but empty, there is none."""


def database() -> Path | None:
    """The file that `dlir-tune` keeps measured schedules in, and that compiling looks into."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    from platformdirs import user_data_path

    return user_data_path("dlir") / "tuning.txt"


def place(threads: int) -> Place:
    """Where measured times hold: here."""
    from dlir.dialects.structured.schedule_file import Place

    return Place(host().name, threads, version())


def applied(options: CompileOptions, threads: int) -> ApplySchedule | None:
    """The pass that gives ops the schedules of `options`; None when there are none."""
    file = options.schedule or database()
    if file is None or (options.schedule is None and not file.is_file()):
        return None
    from dlir.transforms.apply_schedule import ApplySchedule

    here = place(threads)
    return ApplySchedule(str(file), options.schedule is None, here.machine, threads, here.version)


def content(apply: ApplySchedule) -> str:
    """The text of its file; bytes that are no text, which the pass will refuse, as some text."""
    return read_bytes(apply.file).decode(errors="backslashreplace")
