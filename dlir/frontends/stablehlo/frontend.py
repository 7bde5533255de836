"""The StableHLO frontend as the registry knows it (`dlir.executable.Frontend`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from dlir.frontends.builder.values import Array

from . import import_stablehlo
from .support import check_support


class StablehloFrontend:
    """Reads `.mlir` text that holds `stablehlo` ops, and what `jax.export` gives."""

    def load(self, source: Any) -> tuple[ModuleOp, Mapping[str, Array]]:
        """The module and weights of a model; raises `CompileError`."""
        return import_stablehlo(source)

    def support(self, source: Any) -> tuple[str, bool]:
        """The table of a model's ops, and whether all can be imported."""
        return check_support(source)


FRONTEND = StablehloFrontend()
