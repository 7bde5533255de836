"""Weights beside the text: `.safetensors` files, read through a memory map and written in one go.

The format is 8 bytes of length, a JSON header (name -> dtype, shape, range of bytes) and the data.
Nothing is read before it is asked for, and a damaged file is an error that names it.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, NoReturn, cast

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import ModuleOp, StringAttr, TensorType
from xdsl.ir import Operation

from dlir.addresses import address_of
from dlir.diagnostics import fail
from dlir.files import replacing
from dlir.numpy_types import BFLOAT16, Array, ArrayType, dtype_of, type_name
from dlir.stored_weights import StoredFile, StoredWeights

_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype(np.float64),
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": BFLOAT16,
    "I64": np.dtype(np.int64),
    "I32": np.dtype(np.int32),
    "I16": np.dtype(np.int16),
    "I8": np.dtype(np.int8),
    "U64": np.dtype(np.uint64),
    "U32": np.dtype(np.uint32),
    "U16": np.dtype(np.uint16),
    "U8": np.dtype(np.uint8),
    "BOOL": np.dtype(np.bool_),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_LONGEST_HEADER = 100_000_000
"""The format's own limit, in bytes."""


class Weights(Mapping[str, Array]):
    """The arrays of one `.safetensors` file: read-only views of the mapped file, made when used.

    Raises CompileError when the file is missing, truncated or not of this format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.file = StoredFile(self.path)
            self._map = self.file.mapped
        except OSError as error:
            fail(None, f"cannot read the weights '{self.path}': {error.strerror}")
        self._header, self._start = self._read_header()

    def _read_header(self) -> tuple[dict[str, dict[str, Any]], int]:
        length = int.from_bytes(self._map[:8], "little")
        if len(self._map) < 8 or length > min(_LONGEST_HEADER, len(self._map) - 8):
            self._refuse("it is truncated, or no safetensors file")
        try:
            header: Any = json.loads(self._map[8 : 8 + length])
        except (ValueError, RecursionError):
            self._refuse("its header is not JSON")
        if not isinstance(header, dict):
            self._refuse("its header is not a JSON object")
        entries = cast(dict[str, Any], header)
        entries.pop("__metadata__", None)
        return entries, 8 + length

    def __getitem__(self, name: str) -> Array:
        entry = self._header[name]
        try:
            dtype_name, shape = str(entry["dtype"]), [int(n) for n in entry["shape"]]
            begin, end = (int(n) for n in entry["data_offsets"])
        except (KeyError, TypeError, ValueError):
            self._refuse(f'the header says nothing useful about "{name}"')
        dtype = _DTYPES.get(dtype_name)
        if dtype is None:
            self._refuse(f'"{name}" has elements of type {dtype_name}, which dlir does not have')
        count = int(np.prod(shape, dtype=object)) if shape else 1
        if min([0, *shape]) < 0 or end - begin != count * dtype.itemsize:
            self._refuse(f'"{name}" has {end - begin} bytes for shape {shape} of {dtype_name}')
        if begin < 0 or self._start + end > len(self._map):
            self._refuse(f'it ends before "{name}" does: the file is truncated')
        return np.frombuffer(self._map, dtype, count, self._start + begin).reshape(shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._header)

    def __len__(self) -> int:
        return len(self._header)

    def identity(self) -> str | None:
        """See `dlir.stored_weights.StoredFile.identity`."""
        return self.file.identity()

    def _refuse(self, reason: str) -> NoReturn:
        fail(None, f"bad weight file '{self.path}': {reason}")


def drop_pages(array: Array) -> None:
    """Give back the memory behind a part of a file that is mapped; it is read again when used.

    Does nothing for other arrays, and where the system cannot.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = cast(Any, base).base
    base = base.obj if isinstance(base, memoryview) else base
    if not isinstance(base, mmap.mmap) or not hasattr(base, "madvise"):
        return
    with memoryview(base) as view:
        if not view.readonly:
            return  # it may hold changes that are nowhere else
        first = address_of(np.frombuffer(view, np.uint8))
    start = address_of(array) - first
    begin, end = -(-start // mmap.PAGESIZE), (start + array.nbytes) // mmap.PAGESIZE
    if begin < end and array.flags.c_contiguous:
        size = (end - begin) * mmap.PAGESIZE
        base.madvise(mmap.MADV_DONTNEED, begin * mmap.PAGESIZE, size)


def write_weights(path: str | Path, arrays: Mapping[str, Array]) -> None:
    """Write a `.safetensors` file; readers see the old or the new one. Raises CompileError."""
    header: dict[str, Any] = {}
    position = 0
    for name, array in arrays.items():
        end = position + array.nbytes
        if array.dtype not in _NAMES:
            fail(None, f'weight "{name}": files of weights have no type {type_name(array)}')
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [position, end],
        }
        position = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")


def param_ops(module: ModuleOp) -> Iterator[tuple[Operation, str]]:
    """Every `dl.param` of a module with the name of its weight."""
    for op in module.walk():
        if op.name == "dl.param":
            name = op.get_attr_or_prop("name")
            assert isinstance(name, StringAttr)
            yield op, name.data


def check_params(module: ModuleOp, params: Mapping[str, Array]) -> None:
    """Raises CompileError, at the `dl.param`, for a weight that is missing or of another type."""
    for op, name in param_ops(module):
        if name not in params:
            fail(op, f'no weight named "{name}" was given', help=spelling(name, params))
        dtype, shape = type_of_weight(params, name)
        type = cast(TensorType[Any], op.results[0].type)
        if dtype != dtype_of(type) or shape != type.get_shape():
            fail(op, f'weight "{name}": expected {type}, got {type_name(params[name])}')


def type_of_weight(params: Mapping[str, Array], name: str) -> ArrayType:
    """The element type and shape of a weight; one that is stored in a file is not read."""
    if isinstance(params, StoredWeights):
        return params.type_of(name)
    array = params[name]
    return array.dtype, array.shape


def bytes_of_params(module: ModuleOp, params: Mapping[str, Array]) -> int:
    """Of the weights that a module names, each counted once."""
    types = (type_of_weight(params, name) for name in {name for _, name in param_ops(module)})
    return sum(prod(shape) * dtype.itemsize for dtype, shape in types)


def identity_of(params: Mapping[str, Array]) -> str | None:
    """A name for weights in a file that others never have; None for all that could change."""
    return params.identity() if isinstance(params, StoredWeights | Weights) else None


@contextmanager
def changing_weights(
    module: ModuleOp, who: str, params: str, output: str
) -> Generator[dict[str, Array], None, None]:
    """The weights of the file `params`, to be changed; those that the module then uses are written.

    Without files there are none. Raises CompileError in the name of the pass `who`.
    """
    if bool(params) != bool(output):
        fail(
            None,
            f"{who} makes new weights from old ones, and needs files for both",
            help="write params=OLD.safetensors output=NEW.safetensors",
        )
    if not params:
        yield {}
        return
    old = Weights(params)
    check_params(module, old)
    weights: dict[str, Array] = dict(old)
    yield weights
    write_weights(output, {name: weights[name] for _, name in param_ops(module)})


def spelling(name: str, params: Mapping[str, object]) -> str:
    """What may have been meant by the name of a weight that there is not."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(params), n=1)
    if near:
        return f'there is "{near[0]}"'
    if params:
        return f"{len(params)} weights were given, under other names"
    return "give the weights as params=FILE.safetensors, or put them beside the text"
