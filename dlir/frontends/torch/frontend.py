"""The PyTorch frontend as the registry knows it (`dlir.executable.Frontend`)."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import ModuleOp

from dlir.frontends.builder.values import Array

from . import check_support, format_support, import_torch
from .program import Source


class TorchFrontend:
    """Reads `.pt2` files and ExportedPrograms."""

    def load(self, source: Source) -> tuple[ModuleOp, Mapping[str, Array]]:
        """The module and weights of a program; raises `CompileError`."""
        return import_torch(source)

    def support(self, source: Source) -> tuple[str, bool]:
        """The table of a program's operators, and whether all can be imported."""
        rows = check_support(source)
        return format_support(rows), all(row.supported for row in rows)


FRONTEND = TorchFrontend()
