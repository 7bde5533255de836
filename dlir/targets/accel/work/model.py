"""`accel-count-work`: a function carries the work that it asks for, to be held against programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    IntegerAttr,
    ModuleOp,
    StringAttr,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation
from xdsl.passes import ModulePass

from dlir.dialects.accel.attrs import WORK
from dlir.dialects.isa.fields import MATRIX_TYPES
from dlir.dialects.structured.ops import GenericOp
from dlir.hardware import parse_settings
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.emit import origin_text
from dlir.targets.accel.simulator.bounds import Bound, Work, bound_of, ends_of
from dlir.targets.accel.work.count import total_of, work_of_layers
from dlir.targets.accel.work.layers import layers_of

COUNTS = ("dram_bytes", "host_bytes", "load_rows", "vector_cycles", "reuse_bytes", "array_cycles")
"""The fields of a `Work` that are written down, beside its multiply-accumulates."""


@dataclass(frozen=True)
class AccelCountWork(ModulePass):
    """Note what each function asks of a machine, before anything is decided about how.

    `machine` and `set` as in `accel-pipeline`. The attribute goes with the function into the
    compiled model, whose report holds the time that programs take against the least that it can
    be: for the whole, and for its layers one by one.

    Before:
    ```mlir
    func.func @main(%x: tensor<64x16xf32>) -> tensor<64x16xf32> {
      %r = structured.generic {...} ins(%x, %w : ...) ...
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<64x16xf32>) -> tensor<64x16xf32> attributes {accel.work = {
        whole = {bf16 = 16384, dram_bytes = 4608, ...}, layers = [{name = "...", ...}]}} {
      %r = structured.generic {...} ins(%x, %w : ...) ...
    ```
    """

    name = "accel-count-work"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for function in op.ops:
            if isinstance(function, FuncOp) and not function.is_declaration:
                block = function.body.block
                if _is_static(block):
                    function.attributes[WORK] = model_work_of(block, machine).attribute


def _is_static(block: Block) -> bool:
    generics = (op for op in block.ops if isinstance(op, GenericOp))
    return all(n > 0 for op in generics for n in op.static_extents())


@dataclass(frozen=True)
class LayerWork:
    """The work of a layer."""

    name: str
    origins: tuple[str, ...]
    """What its ops come from, as the marks of a program say it."""
    work: Work

    @property
    def attribute(self) -> DictionaryAttr:
        """As an entry of the function's attribute."""
        origins = ArrayAttr([StringAttr(text) for text in self.origins])
        named = {"name": StringAttr(self.name), "origins": origins}
        return DictionaryAttr({**named, **_numbers(self.work)})

    @staticmethod
    def read(held: DictionaryAttr) -> LayerWork:
        """The other way."""
        name, origins = held.data.get("name"), held.data.get("origins")
        texts = cast("ArrayAttr[Attribute]", origins).data if isinstance(origins, ArrayAttr) else ()
        known = tuple(text.data for text in texts if isinstance(text, StringAttr))
        return LayerWork(name.data if isinstance(name, StringAttr) else "", known, _read(held))


@dataclass(frozen=True)
class ModelWork:
    """The work of a model: all of it together, and layer by layer."""

    whole: Work
    layers: tuple[LayerWork, ...]

    @property
    def attribute(self) -> DictionaryAttr:
        """As an attribute of a function."""
        layers = [layer.attribute for layer in self.layers]
        return DictionaryAttr(
            {"whole": DictionaryAttr(_numbers(self.whole)), "layers": ArrayAttr(layers)}
        )


def model_work_of(block: Block, machine: Machine) -> ModelWork:
    """The work of a function's `structured` ops."""
    layers = layers_of(block)
    works = work_of_layers(block, layers, machine)
    found = [
        LayerWork(layer.name, tuple(dict.fromkeys(map(_origin, layer.ops))), work)
        for layer, work in zip(layers, works, strict=True)
    ]
    return ModelWork(total_of(block, layers, machine), tuple(found))


def _origin(op: Operation) -> str:
    return origin_text(op.location)


def _numbers(work: Work) -> dict[str, Attribute]:
    """What is not 0."""
    numbers = {**work.macs, **{name: getattr(work, name) for name in COUNTS}}
    return {name: IntegerAttr(n, i64) for name, n in numbers.items() if n}


def work_in(function: FuncOp) -> ModelWork | None:
    """The work that a function carries; None when there is none, or nothing that we wrote."""
    held = function.attributes.get(WORK)
    if not isinstance(held, DictionaryAttr):
        return None
    whole, layers = held.data.get("whole"), held.data.get("layers")
    if not isinstance(whole, DictionaryAttr) or not isinstance(layers, ArrayAttr):
        return None
    named: list[LayerWork] = []
    for layer in cast("ArrayAttr[Attribute]", layers).data:
        if not isinstance(layer, DictionaryAttr):
            return None
        named.append(LayerWork.read(layer))
    return ModelWork(_read(whole), tuple(named))


def _read(held: DictionaryAttr) -> Work:
    def number(name: str) -> int:
        value = held.data.get(name)
        return value.value.data if isinstance(value, IntegerAttr) else 0

    macs = {name: number(name) for name in MATRIX_TYPES}
    return Work(macs, **{name: number(name) for name in COUNTS})


@dataclass(frozen=True)
class ModelBound:
    """The least cycles for a model on a machine."""

    work: ModelWork
    machine: Machine

    @cached_property
    def whole(self) -> Bound:
        """Of everything at once: what flows between layers stays on the chip."""
        return bound_of(self.work.whole, self.machine, ends_of(self.machine))

    @cached_property
    def layers(self) -> list[tuple[str, Bound]]:
        """Of each layer, which gets its operands from outside and leaves its results there."""
        return [(one.name, bound_of(one.work, self.machine)) for one in self.work.layers]

    @property
    def cycles_of_layers(self) -> float:
        """One layer after the other, each as fast as it can be by itself.

        Between layers, pipelines need not run empty: latencies count once. A program may need less,
        where results stay on the chip; it never needs less than `whole`.
        """
        ends = min(ends_of(self.machine).values())
        return max(self.whole.cycles, sum(bound.cycles for _, bound in self.layers) + ends)

    @property
    def roof_of_layers(self) -> str:
        """The roof that binds for most of the cycles."""
        cycles: dict[str, float] = {}
        for _, bound in self.layers:
            cycles[bound.name] = cycles.get(bound.name, 0) + bound.cycles
        return max(cycles, key=lambda name: cycles[name], default="none")

    def to_json(self) -> dict[str, Any]:
        """Under the names of `AccelReport.bound`, with a row per layer."""
        rows = [
            {"layer": n, "cycles": b.cycles, "name": b.name, "ops": list(one.origins)}
            for (n, b), one in zip(self.layers, self.work.layers, strict=True)
        ]
        return {"cycles": self.cycles_of_layers, "name": self.roof_of_layers, "rows": rows}


def bound_in(function: FuncOp, machine: Machine | None) -> ModelBound | None:
    """The bound of the work that a function carries; None when there is no work, or no machine."""
    work = work_in(function)
    return None if work is None or machine is None else ModelBound(work, machine)
