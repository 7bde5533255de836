"""The first lines of docstrings, read from the sources: importing all passes takes seconds.

Whatever the text does not say for certain is left to the caller, who imports the class.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any

from dlir.registry import load_attribute

_HEAD = re.compile(r"(?!\w)[^:]*:\n\s*")
_DOCSTRING = re.compile(r'"""(?P<plain>[^\\]*?)"""|r"""(?P<raw>.*?)"""', re.DOTALL)
_DOUBTFUL = re.compile(r"#|\w*[\"']")
"""A comment may stand before a docstring, and a string may be written in another way."""


def summary_in_source(load: Callable[[], Any]) -> str | None:
    """The first line of the docstring of the class that `load` imports; None when unknown."""
    module, _, name = _path(load).rpartition(".")
    file = _file_of(module)
    return None if file is None else _summary(file.read_text(encoding="utf-8"), name)


def _path(load: Callable[[], Any]) -> str:
    """`package.module.Class` of a line of a table or of a function that imports and returns."""
    if isinstance(load, partial) and load.func is load_attribute:
        return str(load.args[0]).replace(":", ".")
    # `from a.b import c; return c.D` and `from a.b.c import D; return D` name just these, in turn.
    return ".".join(load.__code__.co_names) if isinstance(load, FunctionType) else ""


def _file_of(module: str) -> Path | None:
    """The source of a module of a package, found without importing the packages between."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    places = (spec and spec.submodule_search_locations) or ()
    for path in (Path(place, *rest) for place in places):
        for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if file.is_file():
                return file
    return None


def _summary(text: str, name: str) -> str | None:
    """The summary of a class of this text: empty without a docstring, None when in doubt."""
    begin = f"\nclass {name}"
    heads = [m for part in text.split(begin)[1:] if (m := _HEAD.match(part))]
    if len(heads) != 1:
        return None
    (head,) = heads
    if found := _DOCSTRING.match(head.string, head.end()):
        doc = found["plain"] or found["raw"] or ""
        first = doc.partition("\n")[0].expandtabs().lstrip()
        return first or inspect.cleandoc(doc).partition("\n")[0]
    return None if _DOUBTFUL.match(head.string, head.end()) else ""
