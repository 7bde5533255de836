"""The ONNX frontend: models of operator sets 9 to the newest become `dl`.

    module, weights = import_onnx("model.onnx")
    print(format_support(check_support("model.onnx")))

Dynamic dimensions (named ones, and those without a size) stay dynamic; `dims={"batch": 8}` fixes
them by name. Dimensions of the same name are taken to be equal, and an unknown dimension never to
be broadcast: where a model breaks this, the compiled program says so when it runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import ModuleOp

from dlir.frontends.builder.values import Array
from dlir.stored_weights import left_in_files

from .importer import Shapes, import_model
from .reader import Source, decoding, read_model
from .support import Support, check_support, format_support
from .table import EXPANDED

__all__ = ["Support", "check_support", "format_support", "import_onnx"]


def import_onnx(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    shapes: Mapping[str, Shapes] | None = None,
) -> tuple[ModuleOp, Mapping[str, Array]]:
    """Import a model from a path or a ModelProto as `func.func @main`.

    Returns the module and the weights that its `dl.param`s name; those of a file stay there until
    they are used. The function carries the names of
    the model's inputs and outputs as `dlir.arg_names` and `dlir.result_names`; every operation has
    its ONNX node as location.

    A sequence or an optional value has no type in the program: `shapes` says, by the input's name,
    which shapes the items of a sequence have (`[(2, 3), (4, 3)]`, with None for `?`), that an
    optional value is there (its shape), or that it is absent (None). Items become arguments and
    results of their own, `x.0`, `x.1`, ...; `dlir.result_lengths` says of an output how many they
    are, `unit` for an absent one.

    Raises `CompileError` for a file that is no valid model, and for unsupported operators; then its
    diagnostics name every node that cannot be imported.
    """
    with decoding(source):
        model = read_model(source, EXPANDED)
        module, weights = import_model(model, dims, shapes)
        return module, left_in_files(weights, model.files.all())
