"""A public function of a linked module made ready to call: its constants, plans and arena."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.ir import Attribute

from dlir.numpy_types import Array, ArrayType, Value, dtype_of, held_values
from dlir.targets.cpu.bundle import Bundle
from dlir.targets.cpu.constants import allocate, array_type, contiguous, room_of
from dlir.targets.cpu.entry import EntryCall, SameCall, dynamic_axes
from dlir.targets.cpu.execute import NativeModule
from dlir.targets.cpu.repeat import Change
from dlir.targets.cpu.trace import KernelTracer

KNOWN_PLANS = 64
"""Combinations of input sizes whose plans are kept."""


class Arena:
    """The memory for what is between results; one for all functions that run in turn."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, np.int8)

    def room(self, size: int) -> Array:
        """That many bytes, grown when a call needs more than any before."""
        if len(self._bytes) < size:
            self._bytes = room_of(size)
        return self._bytes


class NativeEntry:
    """The function that a bundle describes. Not for two threads at a time."""

    def __init__(
        self,
        native: NativeModule,
        bundle: Bundle,
        constants: list[Array],
        arena: Arena,
        outputs: Sequence[Attribute],
    ) -> None:
        """`outputs` are the types that callers get; the code knows no signs of integers."""
        self.name, self._native, self._arena = bundle.entry, native, arena
        self.plans_by_sizes = bundle.plans_by_sizes
        """Whether sizes of results follow from those of inputs."""
        self.constants = constants
        types = bundle.signature(bundle.entry).inputs
        last = len(types) - 1  # the arena
        buffers = types[last - bundle.results : last]
        self._outputs = [
            (dtype_of(type), array_type(buffer)[1])
            for buffer, type in zip(buffers, outputs, strict=True)
        ]
        inputs = last - bundle.results - len(self.constants)
        self._is_static = not any(map(dynamic_axes, (*types[:inputs], *buffers)))
        self._plans: dict[tuple[Any, ...], tuple[int, ...]] = {}
        self.slots = EntryCall(native.functions[bundle.entry], inputs, self.constants)
        self._same: SameCall | None = None

    def __call__(
        self, arguments: Sequence[Value], tracer: KernelTracer | None = None
    ) -> tuple[Value, ...]:
        """Plan for these sizes, make room for the results, run; by the tracer, if one is given.

        Raises ValueError for sizes that do not fit.
        """
        inputs = [*map(contiguous, arguments)]
        results, room = self.prepare(inputs)
        if tracer is None:
            self.slots(inputs, results, room)
            self._check(self._native)
        else:
            buffers = map(held_values, [*inputs, *self.constants, *results, room])
            tracer.call(self.name, *buffers)
            self._check(tracer.native)
        return tuple(results)

    def call_again(self, arguments: Sequence[Any]) -> list[Array] | None:
        """As a call, but takes arrays of the very types that were given to `expect`, or None."""
        results = None if self._same is None else self._same(arguments)
        if results is not None and self._native.status_code.value:
            self._check(self._native)
        return results

    def expect(self, wanted: Sequence[ArrayType | None]) -> None:
        """Be ready for more calls with arrays of these types, after one; None is for no array."""
        types = [t for t in wanted if t is not None]
        if self._same is None and self._is_static and len(types) == len(wanted):
            self._same = self.slots.with_same_sizes(types, self._outputs)

    def repeat(
        self,
        inputs: Sequence[Value],
        results: Sequence[Array],
        room: Array,
        rounds: int,
        changes: Sequence[Change],
    ) -> None:
        """So many calls, with changes of the slots in between. Raises ValueError as a call does."""
        self.slots.repeat(inputs, results, room, rounds, changes, self._native.status_code)
        self._check(self._native)

    def prepare(self, inputs: Sequence[Value]) -> tuple[list[Array], Array]:
        """Results to be filled, and the arena, for inputs of these sizes."""
        arena, *sizes = self._plan(inputs)
        return allocate(self._outputs, sizes), self._arena.room(arena)

    def _plan(self, inputs: Sequence[Value]) -> tuple[int, ...]:
        """Bytes of the arena, and the results' dynamic sizes; known for sizes that came before."""
        key = () if self._is_static else tuple([np.shape(value) for value in inputs])
        known = self._plans.get(key)
        if known is None:
            plan = self._native.functions[f"{self.name}.plan"](*inputs, *self.constants)
            self._check(self._native)
            known = tuple(map(int, plan))
            if self.plans_by_sizes and len(self._plans) < KNOWN_PLANS:
                self._plans[key] = known
        return known

    def _check(self, native: NativeModule) -> None:
        message = native.status()
        if message is not None:
            raise ValueError(f"@{self.name}: {message}")
