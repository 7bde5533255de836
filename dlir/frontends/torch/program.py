"""Exported programs: which inputs are weights, which results are new values of buffers.

Parameters and buffers become weights named as in the state dict; tied ones are one weight. A buffer
that the model changes (running statistics, a key/value cache) becomes an argument after the user's
inputs and a result after the user's outputs, both under the buffer's name: the caller keeps it. So
does an input that is changed in place.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import CompileError, fail
from dlir.frontends.builder.values import Array, Constant, Unsupported

from .importer import Importer
from .table import OPERATORS
from .tensors import to_numpy

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node

Source: TypeAlias = "ExportedProgram | str | Path"


def read_program(source: Source) -> ExportedProgram:
    """The program of a `.pt2` file, or itself, in the operators that dlir has or decomposed."""
    import torch

    if isinstance(source, str | Path):
        if not Path(source).is_file():
            fail(None, f"cannot read '{source}'", help="torch.export.save writes such files")
        with _refusing(f"'{source}' is no program that PyTorch can read"):
            source = torch.export.load(source)
    program: Any = source
    if not isinstance(program, torch.export.ExportedProgram):
        what = type(program).__qualname__
        fail(None, f"cannot load a {what}", help="export it: torch.export.export(model, inputs)")
    with _refusing("PyTorch cannot decompose the program"):
        return cast(Any, program).run_decompositions(decompositions())


@contextmanager
def _refusing(what: str) -> Generator[None]:
    """What PyTorch raises, as one diagnostic."""
    try:
        yield
    except CompileError:
        raise
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        fail(None, f"{what}: {reason}")


def decompositions() -> dict[Any, Any]:
    """PyTorch's table, without the operators that dlir knows by name."""
    import torch

    table = cast("dict[Any, Any]", torch.export.default_decompositions())
    return {op: rule for op, rule in table.items() if str(op) not in OPERATORS}


class Program:
    """The import of one exported program."""

    def __init__(self, program: ExportedProgram):
        self._program = program
        self._arguments: dict[Node, str] = {}
        """Placeholders that stay inputs, and the names they have."""
        self.importer = Importer(self._sort_inputs())

    def _sort_inputs(self) -> dict[Node, Constant]:
        """Find the arguments; returns the weights."""
        signature = self._program.graph_signature
        changed = set(signature.buffers_to_mutate.values())
        nodes = {node.name: node for node in self._program.graph.nodes if node.op == "placeholder"}
        buffers: dict[Node, str] = {}
        weights: dict[Node, Constant] = {}
        shared: dict[Any, Constant] = {}
        for spec in signature.input_specs:
            node, name = nodes[spec.arg.name], spec.target
            if spec.kind.name == "USER_INPUT":
                if not _is_fixed(node):
                    self._arguments[node] = node.name
            elif name is not None and name in changed:
                buffers[node] = name
            elif name is not None and node.users:
                weights[node] = self._weight(name, shared)
        self._arguments |= buffers
        return weights

    def _weight(self, name: str, shared: dict[Any, Constant]) -> Constant:
        """The weight of that name; tensors in one memory are one weight."""
        tensor: Any = self._program.state_dict.get(name, self._program.constants.get(name))
        try:
            array = to_numpy(tensor)
        except Unsupported as error:
            fail(None, f"weight '{name}': {error} is not supported", rule="torch-weight")
        key = (tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride())
        return shared.setdefault(key, Constant(array, name))

    def survey(self) -> Importer:
        """Import as far as possible; the importer holds the faults."""
        self.importer.inputs([*self.importer.constants, *self._arguments])
        self.importer.body(self._program.graph)
        return self.importer

    def run(self) -> tuple[ModuleOp, dict[str, Array]]:
        """Import all of it; raises `CompileError` with one diagnostic per faulty node."""
        importer = self.survey()
        results = [] if importer.errors else self._results()
        return importer.function(results, list(self._arguments.values()))

    def _results(self) -> list[tuple[str, Any]]:
        """Name and value: the user's outputs without Nones, then what changed in place."""
        (output,) = (node for node in self._program.graph.nodes if node.op == "output")
        specs = self._program.graph_signature.output_specs
        pairs = zip(specs, cast("Sequence[Any]", output.args[0]), strict=True)
        given = [(spec, value) for spec, value in pairs if value is not None]
        given.sort(key=lambda pair: pair[0].kind.name != "USER_OUTPUT")
        values = self.importer.values
        return [(spec.target or spec.arg.name, values.get(value, value)) for spec, value in given]


def _is_fixed(node: Node) -> bool:
    """Whether an input that is no tensor was taken as it was at export: a flag, a number."""
    return not hasattr(node.meta.get("val"), "dtype") and not hasattr(node.meta.get("val"), "node")
