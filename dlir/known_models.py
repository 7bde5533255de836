"""Models in files that were read before, so that what is compiled already starts at once.

A record in the cache says of a file with this content which functions its module has, where its
weights lie, and by which digest compiled code is found. With that, a target that has the code needs
neither the text nor the packages that read it. As all in the cache it is for one version of dlir,
and what it cannot vouch for it does not know: files that were just written (`dlir.stored_weights`),
weights that lie in no file, registries with other plugins than the installed ones.

    cold   file --frontend--> module, weights --target--> code       record, code -> cache
    warm   file's identity -> record -> digest -> code               the module: when looked at
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region

from dlir.diagnostics import fail
from dlir.model import KnownModel, Model, Outline, digest_of
from dlir.numpy_types import Array
from dlir.object_cache import compiler_id, default_cache, key_of
from dlir.params import Weights
from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.report import Report
from dlir.stored_weights import Place, StoredFile, StoredWeights
from dlir.version import version_of

READERS = "xdsl", "onnx"
"""Packages whose versions decide what is read."""
MOST_BYTES = 1 << 20
"""Of weights that lie in no file: a record has room for scalars and small constants."""


def find(file: StoredFile, read: Callable[[], Model]) -> KnownModel | None:
    """The model of a file, if it was remembered; `read` reads it again, if it must be."""
    key = _key(file)
    block = None if key is None else default_cache().get(key)
    if block is None:
        return None
    try:
        outline, params = _contents(file, block)
    except (LookupError, TypeError, ValueError, OSError):
        return None  # no record, or of files that have changed

    def read_again() -> ModuleOp:
        model = read()
        if model.file is None or _key(model.file) != key:
            what = f"'{file.path}' has changed since it was loaded"
            fail(None, what, help="load the model again")
        return model.peek()

    return KnownModel(outline, params, read_again)


def _contents(file: StoredFile, block: bytes) -> tuple[Outline, Mapping[str, Array]]:
    """What a record says. Raises OSError when another file than the model's own has changed."""
    size = int.from_bytes(block[:8], "little")
    record: dict[str, Any] = json.loads(block[8 : 8 + size])
    files = [file, *(_opened(Path(path), identity) for path, identity in record["files"])]
    params = _weights_in(record["weights"], files, block[8 + size :])
    functions = parse_module(record["functions"], default_registry().context())
    return Outline(functions, record["digest"], record["ops"], record["params"]), params


def remember(model: Model, report: Report) -> None:
    """Keep a record of a model that was read from a file, if all that it depends on is known.

    `report` is that of what was compiled.
    """
    may_be_kept = model.is_as_read and not isinstance(model, KnownModel)
    files = _files_of(model) if may_be_kept else []
    key = _key(files[0]) if files else None
    states = [(str(file.path.absolute()), file.identity()) for file in files[1:]]
    if key is None or any(identity is None for _, identity in states):
        return
    module = model.peek()
    entries, data = _entries_of(model.params)
    if len(data) > MOST_BYTES:
        return
    record = {
        "files": states,
        "functions": print_module(outlined(module)),
        "digest": digest_of(module),
        "ops": report.ops,
        "params": report.memory["params"],
        "weights": entries,
    }
    text = json.dumps(record).encode()
    default_cache().put(key, b"".join([len(text).to_bytes(8, "little"), text, data]))


def outlined(module: ModuleOp) -> ModuleOp:
    """The functions of a module, each with a body that only returns."""
    functions: list[FuncOp] = []
    for op in module.ops:
        if isinstance(op, FuncOp) and not op.is_declaration:
            block = Block([ReturnOp()], arg_types=op.function_type.inputs)
            for ours, theirs in zip(block.args, op.args, strict=True):
                ours.name_hint = theirs.name_hint
            outline = FuncOp(op.sym_name.data, op.function_type, Region(block))
            outline.properties, outline.attributes = {**op.properties}, {**op.attributes}
            functions.append(outline)
    return ModuleOp(functions)


# --- files ----------------------------------------------------------------------------------------


def _key(file: StoredFile) -> str | None:
    """The record's name in the cache; None for a file that may change without a trace.

    Under another name, or from another folder, a linked file has other weights beside it.
    """
    identity = file.identity()
    if identity is None:
        return None
    readers = [version_of(package) for package in READERS]
    return key_of("read", compiler_id(), *readers, str(file.path.absolute()), identity)


def _files_of(model: Model) -> list[StoredFile]:
    """The model's own file, and then those of its weights; none if some lie elsewhere."""
    own, params = model.file, model.params
    if own is None:
        return []
    if isinstance(params, StoredWeights):
        first, *others = params.files
        return [own, *others] if first.state == own.state else []
    if isinstance(params, Weights):
        return [own, params.file]
    return [] if params else [own]


def _opened(path: Path, identity: str) -> StoredFile:
    """A file that has the content that it had. Raises OSError."""
    file = StoredFile(path)
    if file.identity() != identity:
        raise OSError("the file has changed")
    return file


# --- weights --------------------------------------------------------------------------------------


Row: TypeAlias = tuple[str, str, Sequence[int], int, int]
"""Name, element type, sizes, number of the file, and where the weight begins in it."""
IN_RECORD = -1
"""Stands for the number of a file where the record has the bytes."""


def _entries_of(params: Mapping[str, Array]) -> tuple[list[Row] | None, bytes]:
    """The weights' places, and the bytes of those that lie in no file.

    None for weights of a `.safetensors` file, which says so itself.
    """
    if not isinstance(params, StoredWeights):
        return None, b""
    rows: list[Row] = []
    data = bytearray()
    for name, entry in params.entries.items():
        dtype, shape = params.type_of(name)
        if isinstance(entry, Place):
            rows.append((name, dtype.name, shape, params.files.index(entry.file), entry.offset))
        else:
            rows.append((name, dtype.name, shape, IN_RECORD, len(data)))
            data += np.ascontiguousarray(entry).tobytes()
        if len(data) > MOST_BYTES:
            break
    return rows, bytes(data)


def _weights_in(
    rows: Sequence[Row] | None, files: Sequence[StoredFile], data: bytes
) -> Mapping[str, Array]:
    """The weights that `_entries_of` described."""
    if rows is None:
        return Weights(files[1].path) if len(files) > 1 else {}
    entries: dict[str, Place | Array] = {}
    for name, dtype_name, sizes, number, offset in rows:
        dtype, shape = np.dtype(dtype_name), tuple(sizes)
        if number != IN_RECORD:
            entries[name] = Place(files[number], offset, (dtype, shape))
            continue
        array = np.frombuffer(data, dtype, prod(shape), offset).reshape(shape).copy()
        array.flags.writeable = False
        entries[name] = array
    return StoredWeights(files, entries)
