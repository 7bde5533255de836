"""What dlir knows, as text for a terminal: its passes, dialects and targets."""

from __future__ import annotations

import inspect

from xdsl.passes import ModulePass

from dlir.options import options_of
from dlir.registry import Registry, UsageError
from dlir.summaries import summary_in_source


def list_passes(registry: Registry) -> str:
    """One line per pass: its name and the first line of its docstring."""
    names = registry.pass_names()
    width = max(map(len, names))
    return "".join(f"{name:{width}}  {_summary(registry, name)}".rstrip() + "\n" for name in names)


def _summary(registry: Registry, name: str) -> str:
    known = summary_in_source(registry.entries["pass"][name].load)
    if known is not None:
        return known
    try:
        return docstring(registry.find_pass(name)).split("\n")[0]
    except UsageError as error:
        return f"({error.diagnostics[0].message})"


def list_dialects(registry: Registry) -> str:
    """All dialects on one line, as mlir-opt lists them."""
    return f"Available Dialects: {','.join(registry.dialect_names())}\n"


def list_targets(registry: Registry) -> str:
    """One target per line."""
    return "".join(f"{name}\n" for name in registry.names("target"))


def pass_help(registry: Registry, name: str) -> str:
    """A pass's docstring and options."""
    pass_type = registry.find_pass(name)
    options = [f"  {option}\n" for option in options_of(pass_type).values()]
    text = docstring(pass_type) or "It has no documentation."
    return (
        f"{name} ({pass_type.__name__}, from {registry.owner('pass', name)})\n\n{text}\n\n"
        f"Options:{chr(10) + ''.join(options) if options else ' none' + chr(10)}"
    )


def docstring(pass_type: type[ModulePass]) -> str:
    """The pass's own docstring; empty for the one `dataclass` makes and for an inherited one."""
    own = pass_type.__dict__.get("__doc__") or ""
    return "" if own.startswith(f"{pass_type.__name__}(") else inspect.cleandoc(own)
