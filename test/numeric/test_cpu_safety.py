"""Compiled code touches no memory but its own, whatever it is called with."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numeric.cases import Case
from numeric.cases import module_of as module_of_cases
from numeric.op_cases import REPRESENTATIVE, REST
from numeric.structured_runs import Native, lowered
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr
from xdsl.dialects.func import FuncOp

import dlir
from dlir.executable import Executable
from dlir.numpy_types import array_of
from dlir.targets.cpu.bundle import source_of
from dlir.targets.cpu.constants import weight_of
from dlir.targets.cpu.pipeline import PHASES, phase_text

UNIT = {"vector_bits": 512, "registers": 32, "threads": 1}
LOOPS = ",".join(phase_text(level, **UNIT) for level in PHASES if level != "llvm")
AT_ONCE = 25
SHAPED = ("shape", "matmul", "convolution", "pooling", "reduction", "softmax", "normalization",
          "movement")  # fmt: skip
"""The cases whose kernels take shapes apart."""


def parts() -> list[Any]:
    """All such cases, slowly; each fifteenth of those of f32 at once."""
    tables = {
        name: cases
        for name, cases in (*REPRESENTATIVE.items(), *REST.items())
        if name.partition(" ")[0] in SHAPED
    }
    sample = [case for name, cases in REPRESENTATIVE.items() if name in tables for case in cases]
    slow = [(name, cases, [pytest.mark.slow]) for name, cases in tables.items()]
    return [
        pytest.param(cases[i : i + AT_ONCE], checked, id=f"{name} {i} {checked=}", marks=marks)
        for name, cases, marks in (("sample", sample[::15], []), *slow)
        for i in range(0, len(cases), AT_ONCE)
        for checked in (False, True)
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("cases", "checked"), parts())
def test_between_guard_pages(cases: Sequence[Case], checked: bool) -> None:
    """Inputs, results and the arena end at pages that may not be touched; and with bounds checks
    on, no access is found outside of its buffer."""
    inputs = [case.inputs() for case in cases]
    native = Native(lowered(module_of_cases(cases), LOOPS), checked=checked)
    results = list(native.run([*(x for xs in inputs for x in xs), *constants(native)]))
    for case, xs in zip(cases, inputs, strict=True):
        wanted = case.reference(xs)
        count = len(wanted)
        # the loops know no signs
        signed = [r.view(w.dtype) for r, w in zip(results[:count], wanted, strict=True)]
        assert case.problem(xs, signed) is None
        results = results[count:]


def constants(native: Native) -> list[Any]:
    """The arrays behind dense constants, which are further arguments."""
    main = next(o for o in native.module.ops if isinstance(o, FuncOp) and o.sym_name.data == "f")
    data = native.module.attributes.get("dlir.constant_data")
    names = main.attributes.get("dlir.constants")
    if not isinstance(names, ArrayAttr) or not isinstance(data, DictionaryAttr):
        return []
    arrays = {name: array_of(value) for name, value in data.data.items()}
    bundle = SimpleNamespace(data=arrays)
    return [weight_of(source_of(name), bundle, {}) for name in names.data]


# Wrong arguments


def compiled(body: str) -> Executable:
    return dlir.compile(body, target="cpu", cache=False)


GATHER = """func.func @f(%x: tensor<?x3xf32>, %i: tensor<?xi64>) -> tensor<?x3xf32> {
  %y = dl.gather %x, %i {axis = 0} : (tensor<?x3xf32>, tensor<?xi64>) -> tensor<?x3xf32>
  func.return %y : tensor<?x3xf32>
}"""


@pytest.mark.parametrize("index", [5, -6, 1 << 40, -(1 << 63), (1 << 63) - 1])
def test_gather_index_out_of_range(index: int) -> None:
    f = compiled(GATHER)
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    with pytest.raises(ValueError, match="out of range"):
        f(x, np.array([0, index]))
    np.testing.assert_array_equal(f(x, np.array([4, -5])), x[[4, 0]])


def test_gather_from_nothing() -> None:
    f = compiled(GATHER)
    nothing = np.zeros((0, 3), np.float32)
    assert f(nothing, np.zeros(0, np.int64)).shape == (0, 3)
    for index in (0, -1):
        with pytest.raises(ValueError, match="out of range"):
            f(nothing, np.array([index]))


MISMATCHES = {
    "elementwise": (
        "dl.add %x, %y : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>",
        [((4,), (5,)), ((5,), (4,)), ((1,), (4,)), ((4,), (0,)), ((0,), (4,))],
    ),
    "select": (
        "dl.add %x, %y : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>",
        [((2, 3), (2,)), ((2, 3), (4,)), ((2, 1), (3,))],
    ),
    "matmul": (
        "dl.matmul %x, %y acc f32 : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>",
        [((2, 3), (4, 5)), ((2, 64), (63, 64)), ((2, 0), (1, 3)), ((2, 1), (0, 3))],
    ),
    "batched": (
        "dl.matmul %x, %y acc f32 : (tensor<?x2x3xf32>, tensor<?x3x4xf32>) -> tensor<?x2x4xf32>",
        [((2, 2, 3), (3, 3, 4)), ((1, 2, 3), (2, 3, 4))],
    ),
    "conv": (
        "dl.conv2d %x, %y acc f32 : (tensor<1x?x5x5xf32>, tensor<2x?x3x3xf32>)"
        " -> tensor<1x2x3x3xf32>",
        [((1, 3, 5, 5), (2, 4, 3, 3)), ((1, 4, 5, 5), (2, 3, 3, 3))],
    ),
    "window": (
        "dl.conv2d %x, %y acc f32 : (tensor<1x1x?x5xf32>, tensor<2x1x?x3xf32>)"
        " -> tensor<1x2x?x3xf32>",
        [((1, 1, 3, 5), (2, 1, 5, 3))],
    ),
    "concat": (
        "dl.concat %x, %y {axis = 1} : (tensor<?x3xf32>, tensor<?x4xf32>) -> tensor<?x7xf32>",
        [((2, 3), (3, 4)), ((3, 3), (2, 4))],
    ),
    "layer_norm": (
        "dl.layer_norm %x, %y {axis = 1} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>",
        [((2, 3), (4,)), ((2, 3), (2,))],
    ),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_sizes_that_do_not_fit(name: str) -> None:
    op, shapes = MISMATCHES[name]
    x, y = op.partition(": (")[2].partition(")")[0].split(", ")
    result = op.rpartition("-> ")[2]
    f = compiled(
        f"func.func @f(%x: {x}, %y: {y}) -> {result} {{\n"
        f"  %r = {op}\n  func.return %r : {result}\n}}"
    )
    for one, other in shapes:
        with pytest.raises(ValueError, match="@f: "):
            f(np.zeros(one, np.float32), np.zeros(other, np.float32))


def test_pieces_that_do_not_add_up() -> None:
    f = compiled(
        """func.func @f(%x: tensor<?xf32>) -> (tensor<2xf32>, tensor<5xf32>) {
          %s, %t = dl.split %x {axis = 0, sizes = [2, 5]}
            : tensor<?xf32> -> (tensor<2xf32>, tensor<5xf32>)
          func.return %s, %t : tensor<2xf32>, tensor<5xf32>
        }"""
    )
    for size in (0, 6, 8):
        with pytest.raises(ValueError, match="do not add up"):
            f(np.zeros(size, np.float32))
    assert [len(part) for part in f(np.zeros(7, np.float32))] == [2, 5]


SIZED = {
    "slice": "dl.slice %x [%n] {offsets = [2], strides = [1]} : tensor<?xf32> -> tensor<?xf32>",
    "strided": "dl.slice %x [%n] {offsets = [1], strides = [3]} : tensor<?xf32> -> tensor<?xf32>",
    "reversed": "dl.slice %x [%n] {offsets = [5], strides = [-1]} : tensor<?xf32> -> tensor<?xf32>",
    "broadcast": "dl.broadcast %x [%n, %m] : tensor<?xf32> -> tensor<?x?xf32>",
    "reshape": "dl.reshape %x [%n, %m] : tensor<?xf32> -> tensor<?x?xf32>",
    "iota": "dl.iota axis 0 [%n] : tensor<?xf32>",
}
HUGE = [1 << 31, 1 << 46, 1 << 58, 1 << 61, (1 << 62) + 1, (1 << 63) - 1, -1, -(1 << 63)]


@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize("use", ["returned", "reduced", "kept"])
def test_sizes_given_as_numbers(name: str, use: str) -> None:
    """Sizes beyond the end, negative ones, and ones whose number of bytes wraps around."""
    op = SIZED[name]
    kind = op.rpartition("-> " if "->" in op else ": ")[2]
    rest, result = {
        "returned": ("", ("%r", kind)),
        "reduced": (
            f"%y = dl.reduce_sum %r {{axes = [0]}} : {kind} -> {kind.replace('?x', '', 1)}",
            ("%y", kind.replace("?x", "", 1)),
        ),
        "kept": (
            f"%p = dl.mul %r, %r : {kind}\n  %y = dl.softmax %p {{axis = 0}} : {kind}\n"
            f"  %z = dl.reduce_max %y {{axes = [0]}} : {kind} -> {kind.replace('?x', '', 1)}",
            ("%z", kind.replace("?x", "", 1)),
        ),
    }[use]
    f = compiled(
        f"func.func @f(%x: tensor<?xf32>, %n: index, %m: index) -> {result[1]} {{\n"
        f"  %r = {op}\n  {rest}\n  func.return {result[0]} : {result[1]}\n}}"
    )
    x = np.arange(6, dtype=np.float32)
    fitting = {"slice": (4, 0), "strided": (2, 0), "reversed": (6, 0), "broadcast": (3, 6)}
    f(x, *fitting.get(name, (2, 3)))
    for size in HUGE:
        if name == "iota" and size == 1 << 31:
            continue  # possible, and slow
        with pytest.raises((ValueError, IndexError, MemoryError)):
            f(x, size, 6 if name == "broadcast" else 4)
    beyond = {"slice": 5, "strided": 3, "reversed": 7, "broadcast": 3, "reshape": 3}
    if name in beyond:
        with pytest.raises(ValueError, match="@f: "):
            f(x, beyond[name], 5)


def test_results_of_a_failed_call_do_not_linger() -> None:
    """The message of one call is not given to the next."""
    f = compiled(GATHER)
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError):
        f(x, np.array([7]))
    for _ in range(2):
        f(x, np.array([1]))
