"""Calling the entry of a compiled model with as little work as possible."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute

from dlir.addresses import address_of
from dlir.numpy_types import Array, ArrayType
from dlir.targets.cpu.constants import maker
from dlir.targets.cpu.execute import NativeFunction, slot_count
from dlir.targets.cpu.repeat import Change, repeat
from dlir.types import is_memref

SameCall = Callable[[Sequence[Any]], "list[Array] | None"]
"""A call with other arguments; None, and nothing has run, if they have to be converted."""


class EntryCall:
    """The entry's argument slots: constants stay in them, the rest is filled in at each call.

    Arguments are not checked again: inputs have been bound to the signature and are contiguous,
    results were made for it. Not for two threads at a time.
    """

    def __init__(self, function: NativeFunction, inputs: int, constants: Sequence[Array]):
        types = function.signature.inputs
        starts = [*accumulate(map(slot_count, types), initial=0)]
        self._slots = (ctypes.c_int64 * starts[-1])()
        self._address = ctypes.addressof(self._slots)
        self._enter = function.enter
        self._code = ctypes.cast(function.enter, ctypes.c_void_p).value or 0
        self._constants = constants  # alive as long as their addresses
        places = [(start, dynamic_axes(t)) for start, t in zip(starts, types, strict=False)]
        behind = inputs + len(constants)
        for constant, place in zip(constants, places[inputs:behind], strict=True):
            self._put(place, constant)
        self._inputs = places[:inputs]
        self._results, self._arena = places[behind:-1], places[-1]
        self._room: Array | None = None
        self._scalars = [
            function.fillers[n] if not is_memref(types[n]) else None for n in range(inputs)
        ]

    def __call__(self, inputs: Sequence[Any], results: Sequence[Array], arena: Array) -> None:
        self._fill(inputs, results, arena)
        self._enter(self._address)

    def with_same_sizes(self, wanted: Sequence[ArrayType], made: Sequence[ArrayType]) -> SameCall:
        """Calls like the last one, where no size of arguments and results is dynamic.

        All that can be known is: what is left takes a small model as long as its arithmetic.
        """
        slots, enter, address = self._slots, self._enter, self._address
        inputs = [(*type, start) for type, (start, _) in zip(wanted, self._inputs, strict=True)]
        outputs = [
            (maker(shape, dtype), start)
            for (dtype, shape), (start, _) in zip(made, self._results, strict=True)
        ]

        def call(arguments: Sequence[Any]) -> list[Array] | None:
            if len(arguments) != len(inputs):
                return None
            for value, (dtype, shape, start) in zip(arguments, inputs, strict=True):
                fits = value.__class__ is np.ndarray and value.shape == shape
                if not fits or value.dtype != dtype or not value.flags.c_contiguous:
                    return None
                slots[start] = address_of(value)
            results: list[Array] = []
            for make, start in outputs:
                result = make()
                slots[start] = address_of(result)
                results.append(result)
            enter(address)
            return results

        return call

    def repeat(
        self,
        inputs: Sequence[Any],
        results: Sequence[Array],
        arena: Array,
        rounds: int,
        changes: Sequence[Change],
        status: ctypes.c_int32,
    ) -> None:
        """So many calls, with changes in between, until one fails."""
        self._fill(inputs, results, arena)
        repeat(self._code, self._address, rounds, changes, status)

    def input_address(self, number: int) -> int:
        """Where the address, or the value, of an input stands."""
        return self._address + 8 * self._inputs[number][0]

    def result_address(self, number: int) -> int:
        """Where the address of a result stands."""
        return self._address + 8 * self._results[number][0]

    def _fill(self, inputs: Sequence[Any], results: Sequence[Array], arena: Array) -> None:
        for place, value, scalar in zip(self._inputs, inputs, self._scalars, strict=True):
            if scalar is None:
                self._put(place, value)
            else:
                filled: list[int] = []
                scalar(value, filled)
                self._slots[place[0]] = filled[0]
        for place, value in zip(self._results, results, strict=True):
            self._put(place, value)
        if arena is not self._room:
            self._put(self._arena, arena)
            self._room = arena

    def _put(self, place: tuple[int, tuple[int, ...]], array: Array) -> None:
        start, dynamic = place
        slots = self._slots
        slots[start] = address_of(array)
        for offset, axis in enumerate(dynamic, start + 1):
            slots[offset] = array.shape[axis]


def dynamic_axes(type_: Attribute) -> tuple[int, ...]:
    """The axes of a memref whose sizes are passed."""
    if not is_memref(type_):
        return ()
    shape = type_.get_shape()
    return tuple(axis for axis, size in enumerate(shape) if size == DYNAMIC_INDEX)
