"""A sample plugin of dlir. `HELLO` is what the entry point in pyproject.toml names."""

from xdsl.ir import Dialect
from xdsl.passes import ModulePass

from dlir.registry import Plugin


def _dialect() -> Dialect:
    from .dialect import Hello

    return Hello


def _fuse() -> type[ModulePass]:
    from .fuse import HelloFuse

    return HelloFuse


def _lower() -> type[ModulePass]:
    from .lowering import ConvertHelloToDl

    return ConvertHelloToDl


HELLO = Plugin(
    all_dialects={"hello": _dialect},
    all_passes={"convert-hello-to-dl": _lower, "hello-fuse": _fuse},
    semantics={"hello": f"{__name__}.semantics:SEMANTICS"},
)
"""What the plugin brings. Nothing is imported before it is used."""
