"""Weights of a model: from TensorProtos and external files to numpy arrays.

Data in the model's own file is a part of that file's content, external data of its file's. Its
location must stay inside the model's folder, symbolic links included, and the file must hold all
the bytes that the tensor's shape asks for.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlir.frontends.builder.values import Array
from dlir.stored_weights import StoredFile

from .elements import numpy_type
from .in_place import IN_PLACE

if TYPE_CHECKING:
    from onnx import TensorProto


class BadWeight(ValueError):
    """Data of a weight that is missing, truncated, out of bounds or of the wrong size."""


class WeightFiles:
    """The files that hold a model's weights: its own, and those of its folder that it names.

    A model that was not read from a file has none.
    """

    def __init__(self, model: StoredFile | None = None) -> None:
        self._model = model
        self._beside: dict[Path, StoredFile] = {}

    def all(self) -> list[StoredFile]:
        """Those that were looked at."""
        return [*([self._model] if self._model else []), *self._beside.values()]

    def own(self) -> StoredFile | None:
        """The model's."""
        return self._model

    def named(self, location: str) -> StoredFile:
        """The file at a location, opened once. Raises `BadWeight`."""
        path = _inside(location, self._model.path.parent if self._model else None)
        if path not in self._beside:
            try:
                self._beside[path] = StoredFile(path)
            except OSError as error:
                raise BadWeight(f"cannot read {path.name}: {error.strerror}") from None
        return self._beside[path]


def read_weight(tensor: TensorProto, files: WeightFiles | None = None) -> Array:
    """The array of an initialiser, read-only, of a model with these files.

    Raises `BadWeight`, or `Unsupported` for an element type that dlir does not have.
    """
    from onnx import TensorProto as Proto
    from onnx import numpy_helper

    dtype = numpy_type(tensor.data_type)
    shape = tuple(tensor.dims)
    if any(extent < 0 for extent in shape):
        raise BadWeight(f"a weight of shape {list(shape)}")
    if tensor.data_location == Proto.EXTERNAL:
        return _external(tensor, files or WeightFiles(), dtype, shape)
    if raw := tensor.raw_data:  # a copy, made by every access
        return _array(raw, dtype, shape)
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise BadWeight(str(error)) from None


def _array(raw: bytes | Array, dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> Array:
    needed = prod(shape) * dtype.itemsize
    if len(raw) != needed:
        raise BadWeight(
            f"shape {list(shape)} of {dtype} needs {needed} bytes, the file holds {len(raw)}"
        )
    return np.frombuffer(raw, dtype.newbyteorder("<")).reshape(shape)


def _external(
    tensor: TensorProto, files: WeightFiles, dtype: np.dtype[np.generic], shape: tuple[int, ...]
) -> Array:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    own = files.own() if IN_PLACE in entries else None
    file = own or files.named(entries.get("location", ""))
    needed, offset = prod(shape) * dtype.itemsize, _number(entries, "offset", 0)
    length = _number(entries, "length", 0 if own else needed)
    if length != needed:
        raise BadWeight(f"length is {length}, its shape needs {needed} bytes")
    if offset + needed > file.state.size:
        raise BadWeight(
            f"{file.path.name} is truncated: {file.state.size} bytes, {offset + needed} needed"
        )
    return _array(file.content[offset : offset + needed], dtype, shape)


def _inside(location: str, folder: Path | None) -> Path:
    """The file at `location`, which must be a relative path that stays inside `folder`."""
    if folder is None:
        raise BadWeight(f"external data {location!r} of a model that was not read from a file")
    base = folder.resolve()
    try:
        path = (base / location).resolve()
    except (OSError, ValueError, RuntimeError):
        raise BadWeight(f"bad location {location!r}") from None
    if not location or Path(location).is_absolute() or base not in path.parents:
        raise BadWeight(f"external data {location!r} lies outside the model's folder")
    if not path.is_file():
        raise BadWeight(f"external data file {location!r} does not exist")
    return path


def _number(entries: dict[str, str], key: str, default: int) -> int:
    text = entries.get(key)
    if not text:
        return default
    if not text.isdecimal() or len(text) > 18:
        raise BadWeight(f"{key} is {text!r}")
    return int(text)
