"""The ONNX frontend as `dlir.registry` knows it."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import ModuleOp

from dlir.frontends.onnx import check_support, format_support, import_onnx
from dlir.frontends.onnx.reader import Source
from dlir.numpy_types import Array


class OnnxFrontend:
    """Loads `.onnx` files and ModelProtos."""

    def load(self, source: Source) -> tuple[ModuleOp, Mapping[str, Array]]:
        """See `import_onnx`."""
        return import_onnx(source)

    def support(self, source: Source) -> tuple[str, bool]:
        """The table of `--check-support`, and whether every operator can be imported."""
        rows = check_support(source)
        return format_support(rows), all(row.supported for row in rows)


FRONTEND = OnnxFrontend()
