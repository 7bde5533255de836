"""A compiled model as one block of bytes: objects, signatures, and where its constants come from.

The block is what the cache keeps per model, so that a known model is linked without any pass. It is
a JSON header behind its length, then arrays and objects; types stand in it as MLIR text.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import accumulate, chain, count, pairwise, takewhile
from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided
from xdsl.context import Context
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser

from dlir.numpy_types import Array, array_of, dtype_named
from dlir.registry import default_registry
from dlir.targets.cpu.execute import Signature, has_teams
from dlir.types import is_memref, is_number


@dataclass(frozen=True)
class Rearranged:
    """A parameter whose elements are read in another order: see `structured-hoist-constants`."""

    param: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    def of(self, weight: Array) -> Array:
        """A view of the parameter, in words of the elements' size."""
        words = weight.reshape(-1).view(np.dtype(f"u{weight.itemsize}"))
        strides = [weight.itemsize * n for n in self.strides]
        return as_strided(words[self.offset :], self.shape, strides, writeable=False)


Weight = str | Rearranged
Source = Weight | int
"""Where a constant comes from: a parameter, or the number of a result of `@f.init`, counted on
through `@f.init.1`, ..."""


@dataclass
class Bundle:
    """Everything that running a compiled function needs, but for its weights."""

    entry: str
    constants: list[Source]
    inits: list[list[Weight]]
    """The parameters that `@entry.init`, `@entry.init.1`, ... take; none of them, no function."""
    results: int
    signatures: dict[str, tuple[list[str], list[str]]]
    """Public function -> the types of its inputs and results before it was lowered, as text."""
    messages: list[str]
    has_teams: bool = False
    """Whether its code makes teams of threads, and so needs an OpenMP runtime."""
    plans_by_sizes: bool = False
    """Whether `@entry.plan` depends on nothing but the inputs' sizes."""
    arena: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    """What `structured-bufferize` says of the arena."""
    objects: list[bytes] = field(default_factory=list[bytes])
    data: dict[str, Array] = field(default_factory=dict[str, Array])
    """The values of constants that stood in the text."""

    @staticmethod
    def describe_all(module: ModuleOp, entries: Sequence[str]) -> list[Bundle]:
        """One bundle per function; what is the module's stands in the first alone."""
        first, *rest = (Bundle.describe(module, name) for name in entries)
        for bundle in rest:
            bundle.messages, bundle.data = [], first.data
            bundle.signatures = {bundle.entry: bundle.signatures[bundle.entry]}
        return [first, *rest]

    @staticmethod
    def describe(module: ModuleOp, entry: str) -> Bundle:
        """Read all but the objects from a module in the llvm dialect."""
        from xdsl.dialects import llvm  # slow to import, and not needed for known models

        functions = {o.sym_name.data: o for o in module.ops if isinstance(o, llvm.FuncOp)}
        signatures = {
            name: ([*map(str, signature.inputs)], [*map(str, signature.outputs)])
            for name, function in functions.items()
            if function.linkage.linkage.data == "external"
            and isinstance(signature := function.attributes.get("dlir.signature"), FunctionType)
        }
        main = functions[entry]
        inits = [functions[name] for name in init_names(entry, functions)]
        return Bundle(
            entry=entry,
            constants=[source_of(s) for s in _array(main.attributes.get("dlir.constants"))],
            inits=[[*map(_weight, _array(f.attributes.get("dlir.params")))] for f in inits],
            results=len(_array(main.attributes.get("dlir.result_types"))),
            signatures=signatures,
            messages=[_text(s) for s in _array(module.attributes.get("dlir.messages"))],
            has_teams=has_teams(module),
            arena=[_numbers(row) for row in _array(main.attributes.get("dlir.arena"))],
            plans_by_sizes=_depends_on_sizes(functions[f"{entry}.plan"]),
            data=_constant_data(module),
        )

    def signature(self, name: str) -> Signature:
        """The type of a public function before it was lowered."""
        inputs, outputs = self.signatures[name]
        return Signature(tuple(map(_type, inputs)), tuple(map(_type, outputs)))

    def to_bytes(self) -> bytes:
        """The block; `from_bytes` is the inverse."""
        arrays = {n: (a.dtype.name, list(a.shape), a.nbytes) for n, a in self.data.items()}
        header = asdict(self) | {"objects": [len(o) for o in self.objects], "data": arrays}
        text = json.dumps(header).encode()
        parts = [len(text).to_bytes(8, "little"), text]
        parts += [np.ascontiguousarray(a).tobytes() for a in self.data.values()]
        return b"".join([*parts, *self.objects])

    @staticmethod
    def from_bytes(block: bytes) -> Bundle:
        """Raises ValueError or KeyError for a block that is not one."""
        end = 8 + int.from_bytes(block[:8], "little")
        header: dict[str, Any] = json.loads(block[8:end])
        data: dict[str, Array] = {}
        for name, (dtype_name, shape, size) in header["data"].items():
            dtype = dtype_named(dtype_name) or np.dtype(dtype_name)
            data[name] = np.frombuffer(block[end : end + size], dtype).reshape(shape)
            end += size
        objects: list[bytes] = []
        for size in header["objects"]:
            objects.append(block[end : end + size])
            end += size
        fields: dict[str, Any] = header | {"data": data, "objects": objects}
        fields["constants"] = [_known(source) for source in header["constants"]]
        fields["inits"] = [[_known(source) for source in row] for row in header["inits"]]
        return Bundle(**fields)


def joined(bundles: Sequence[Bundle]) -> bytes:
    """The bundles of one program as a block; `known_bundles` is the inverse."""
    alone = [replace(bundle, data={}) if n else bundle for n, bundle in enumerate(bundles)]
    blocks = [bundle.to_bytes() for bundle in alone]
    sizes = [len(blocks), *map(len, blocks)]
    return b"".join([*(size.to_bytes(8, "little") for size in sizes), *blocks])


def known_bundles(block: bytes | None) -> list[Bundle] | None:
    """The bundles of a block, or None if it has none that can be read."""
    if block is None:
        return None
    try:
        count, *sizes = _numbers_of(block, 1 + int.from_bytes(block[:8], "little"))
        ends = [*accumulate(sizes, initial=8 * (1 + count))]
        bundles = [Bundle.from_bytes(block[a:b]) for a, b in pairwise(ends)]
    except (ValueError, KeyError, TypeError):
        return None
    for bundle in bundles[1:]:
        bundle.data = bundles[0].data
    return bundles


def _numbers_of(block: bytes, count: int) -> list[int]:
    """The first numbers of a block; raises ValueError if there are less."""
    if 8 * count > len(block):
        raise ValueError("the block is too short")
    return [int.from_bytes(block[8 * n : 8 * n + 8], "little") for n in range(count)]


def init_names(entry: str, known: Container[str]) -> list[str]:
    """The functions that are run once, in order."""
    names = (f"{entry}.init{suffix}" for suffix in chain([""], (f".{n}" for n in count(1))))
    return [*takewhile(known.__contains__, names)]


def _depends_on_sizes(plan: Any) -> bool:
    """Whether a function reads nothing but the sizes of memrefs (and the status word)."""
    from xdsl.dialects import llvm

    signature = plan.attributes.get("dlir.signature")
    if not isinstance(signature, FunctionType) or not all(map(is_memref, signature.inputs)):
        return False
    loads = (o for o in plan.walk() if isinstance(o, llvm.LoadOp))
    calls = any(isinstance(o, llvm.CallOp) for o in plan.walk())
    return not calls and all(isinstance(o.ptr.owner, llvm.AddressOfOp) for o in loads)


@cache
def _type(text: str) -> Attribute:
    return Parser(_context(), text).parse_type()


@cache
def _context() -> Context:
    return default_registry().context()


def _array(attribute: Attribute | None) -> Sequence[Attribute]:
    return attribute.data if isinstance(attribute, ArrayAttr) else ()  # pyright: ignore


def _text(attribute: Attribute) -> str:
    assert isinstance(attribute, StringAttr)
    return attribute.data


def _numbers(attribute: Attribute) -> dict[str, int]:
    assert isinstance(attribute, DictionaryAttr)
    return {name: _number(value) for name, value in attribute.data.items()}


def source_of(attribute: Attribute) -> Source:
    """What an item of `dlir.constants` says."""
    return _number(attribute) if is_number(attribute) else _weight(attribute)


def _weight(attribute: Attribute) -> Weight:
    if not isinstance(attribute, DictionaryAttr):
        return _text(attribute)
    field = attribute.data
    shape, strides = _integers(field["shape"]), _integers(field["strides"])
    return Rearranged(_text(field["param"]), shape, strides, _number(field["offset"]))


def _known(source: Any) -> Any:
    """A source as JSON gave it back."""
    if not isinstance(source, dict):
        return source
    fields = cast(dict[str, Any], source)
    shape, strides = tuple(fields["shape"]), tuple(fields["strides"])
    return Rearranged(fields["param"], shape, strides, fields["offset"])


def _number(attribute: Attribute) -> int:
    assert isinstance(attribute, IntegerAttr)
    return int(attribute.value.data)  # pyright: ignore[reportUnknownMemberType]


def _integers(attribute: Attribute) -> tuple[int, ...]:
    assert isinstance(attribute, DenseArrayBase)
    return tuple(map(int, attribute.iter_values()))  # pyright: ignore


def _constant_data(module: ModuleOp) -> dict[str, Array]:
    data = module.attributes.get("dlir.constant_data")
    entries: Mapping[str, Attribute] = data.data if isinstance(data, DictionaryAttr) else {}
    return {
        name: array_of(value)  # pyright: ignore[reportUnknownArgumentType]
        for name, value in entries.items()
        if isinstance(value, DenseIntOrFPElementsAttr)
    }
