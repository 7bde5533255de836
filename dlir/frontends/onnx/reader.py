"""From a file or a ModelProto to a checked graph, with weights left where they are.

The graph is checked by onnx's own checker on a copy without weights, so that models with weights in
other files, or larger than protobuf's limit, are checked as well. Function calls are inlined.
All faults of the file are `CompileError`s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from dlir.diagnostics import fail
from dlir.stored_weights import StoredFile

from .expansion import expanded
from .in_place import model_bytes
from .older import OLDEST_OPSET, converted, first_line
from .weights import WeightFiles

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

Source: TypeAlias = "str | PathLike[str] | ModelProto"

MAX_NODES = 1 << 20


@dataclass(frozen=True)
class Model:
    """A checked model. `weights` are its initialisers, unread, and `files` what holds them."""

    graph: GraphProto
    opset: int
    opsets: Mapping[str, int]
    weights: Mapping[str, TensorProto]
    file_name: str
    files: WeightFiles


def read_model(source: Source, expand: Collection[str]) -> Model:
    """Read, check and inline a model.

    Operators that are not in `expand`'s complement stay calls: `expand` names the ones of the
    default domain that are replaced by their definition in the ONNX standard. Raises
    `CompileError`.
    """
    from onnx import ModelProto

    if isinstance(source, ModelProto):
        proto, name, files = source, "model.onnx", WeightFiles()
    else:
        path = Path(fspath(source))
        file = _open(path)
        proto, name, files = _parse(file), path.name, WeightFiles(file)
    light = _without_weights(proto)
    opsets = _opsets(light, name)
    _check(light, name)
    if opsets[""] < OLDEST_OPSET:
        proto = converted(proto, opsets[""], name)
        light = _without_weights(proto)
        opsets = _opsets(light, name)
    light = _inline(light, expand, name)
    weights = {tensor.name: tensor for tensor in proto.graph.initializer}
    opsets = {**opsets, **_opsets(light, name)}
    return Model(light.graph, opsets[""], opsets, weights, name, files)


@contextmanager
def decoding(source: Source) -> Generator[None, None, None]:
    """Diagnose text that is not UTF-8; protobuf notices it only when the text is looked at.

    And a package onnx that is not installed, as nothing is imported before.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("onnx", "google"):
            raise
        fail(None, "ONNX models are read with the package 'onnx'", help="pip install 'dlir[onnx]'")
    except UnicodeDecodeError as error:
        name = "the model" if not isinstance(source, str | PathLike) else Path(source).name
        fail(None, f"{name} holds text that is not UTF-8: {error}", rule="onnx-checker")


def _open(path: Path) -> StoredFile:
    try:
        return StoredFile(path)
    except OSError as error:
        fail(None, f"cannot read {path}: {error.strerror}")


def _parse(file: StoredFile) -> ModelProto:
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    model = ModelProto()
    try:
        data = model_bytes(file)
        if not data:
            fail(None, f"{file.path} is empty", help="the file may be truncated")
        model.ParseFromString(data)
    except (DecodeError, RuntimeError, ValueError) as error:
        fail(None, f"{file.path} is not an ONNX model: {error}", help="the file may be truncated")
    return model


def _without_weights(model: ModelProto) -> ModelProto:
    """A copy whose initialisers are empty arrays of the same name and element type."""
    from onnx import ModelProto

    if model.graph.sparse_initializer:
        fail(None, "sparse initialisers are not supported", help="store them as dense tensors")
    light = ModelProto()
    _copy_fields(model, light, skip="graph")
    _copy_fields(model.graph, light.graph, skip="initializer")
    for tensor in model.graph.initializer:
        light.graph.initializer.add(name=tensor.name, data_type=tensor.data_type, dims=[0])
    for info in light.graph.output:
        if info.type.WhichOneof("value") not in (None, "tensor_type"):
            continue
        if not info.type.tensor_type.HasField("shape"):
            # the checker wants types of results, which the import finds by itself
            info.type.tensor_type.elem_type = 1
            info.type.tensor_type.shape.SetInParent()
    return light


def _copy_fields(source: Any, target: Any, skip: str) -> None:
    """Copy all set fields of a message but one."""
    for descriptor, value in source.ListFields():
        if descriptor.name == skip:
            continue
        if isinstance(value, str | bytes | int | float):
            setattr(target, descriptor.name, value)
        else:
            getattr(target, descriptor.name).MergeFrom(value)


def _opsets(model: ModelProto, name: str) -> dict[str, int]:
    """Operator set versions by domain; the default domain must be one that dlir knows."""
    from onnx.defs import onnx_opset_version

    opsets = {_domain(entry.domain): int(entry.version) for entry in model.opset_import}
    newest = onnx_opset_version()
    if not opsets:
        fail(None, f"{name} imports no ONNX operator set", rule="onnx-opset")
    version = opsets.setdefault("", newest)  # a model may have operators of other domains alone
    if not 1 <= version <= newest:
        message = f"{name} uses operator set {version}; this onnx knows those up to {newest}"
        fail(None, message, rule="onnx-opset", help="install a newer onnx")
    return opsets


def _domain(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain


def _check(model: ModelProto, name: str) -> None:
    from onnx import checker

    check: Callable[[bytes], None] = cast(Any, checker).check_model
    try:
        check(model.SerializeToString())
    except Exception as error:  # the checker raises many kinds, also from C++
        fail(None, f"{name} is not a valid ONNX model: {first_line(error)}", rule="onnx-checker")


def _inline(model: ModelProto, expand: Collection[str], name: str) -> ModelProto:
    """Replace calls of the model's functions, and of the operators in `expand`, by their bodies."""
    from onnx import inliner

    if model.functions:
        _check_growth(model, name)
        try:
            model = inliner.inline_local_functions(model)
        except Exception as error:  # raised from C++
            fail(None, f"functions of {name} cannot be inlined: {first_line(error)}")
    calls = [n for n in model.graph.node if not _domain(n.domain) and n.op_type in expand]
    return expanded(model, calls, _opsets(model, name)[""]) if calls else model


def _check_growth(model: ModelProto, name: str) -> None:
    """Functions that call each other may stand for more nodes than any memory holds."""
    bodies = {(f.domain, f.name): f.node for f in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size(nodes: Iterable[NodeProto]) -> int:
        return sum(sizes.get((node.domain, node.op_type), 1) for node in nodes)

    for _ in bodies:  # calls have no cycle: after as many rounds as functions all is settled
        before = dict(sizes)
        sizes.update((key, min(size(nodes), MAX_NODES + 1)) for key, nodes in bodies.items())
        if sizes == before:
            break
    if size(model.graph.node) > MAX_NODES:
        fail(None, f"{name} has more than {MAX_NODES} nodes, its functions inlined")
