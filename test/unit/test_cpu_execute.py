"""Compiled code does what numpy does, stays inside its buffers, and the object cache is robust."""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from dlir.diagnostics import CompileError
from dlir.lowering.loops_to_llvm import ConvertLoopsToLLVM
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu.description import AARCH64, host
from dlir.targets.cpu.emit import emit_ir, emit_parts
from dlir.targets.cpu.execute import NativeModule, compile_llvm, compile_many, emit_assembly
from dlir.targets.cpu.object_cache import ObjectCache, key_of
from dlir.transforms.vector_expand_math import VectorExpandMath
from dlir.verifier import verify

RNG = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path))
    return tmp_path


def lower(text: str, checked: bool = False) -> Any:
    """Parse loop level text and lower it to the llvm dialect, which must survive printing."""
    context = default_registry().context()
    module = parse_module(text, context, "test.mlir")
    verify(module)
    VectorExpandMath().apply(context, module)
    ConvertLoopsToLLVM(bounds_checks=checked).apply(context, module)
    verify(module)
    printed = str(module)
    again = parse_module(printed, context, "again.mlir")
    verify(again)
    assert str(again) == printed
    return again


def native(text: str, checked: bool = False) -> NativeModule:
    return NativeModule(lower(text, checked))


def microkernel(rows: int, lanes: int, k: int, n: int) -> str:
    """DESIGN's register-tile matmul: A in place, B packed [n / lanes][k][lanes]."""
    panels = n // lanes
    return f"""
    func.func @matmul(%A: memref<?x{k}xf32>, %B: memref<{panels}x{k}x{lanes}xf32>,
                      %C: memref<?x{n}xf32>) {{
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %step = arith.constant {rows} : index
      %panels = arith.constant {panels} : index
      %lanes = arith.constant {lanes} : index
      %k = arith.constant {k} : index
      %rows = memref.dim %A, %c0 : memref<?x{k}xf32>
      %zero = arith.constant dense<0.0> : vector<{rows}x{lanes}xf32>
      scf.for %p = %c0 to %panels step %c1 {{
        %n = arith.muli %p, %lanes : index
        scf.for %m = %c0 to %rows step %step {{
          %sub = memref.subview %A[%m, 0] [{rows}, {k}] [1, 1]
            : memref<?x{k}xf32> to memref<{rows}x{k}xf32, strided<[{k}, 1], offset: ?>>
          %acc = scf.for %i = %c0 to %k step %c1 iter_args(%t = %zero)
              -> (vector<{rows}x{lanes}xf32>) {{
            %a = vector.load %sub[%c0, %i]
              : memref<{rows}x{k}xf32, strided<[{k}, 1], offset: ?>>, vector<{rows}x1xf32>
            %b = vector.load %B[%p, %i, %c0] : memref<{panels}x{k}x{lanes}xf32>, vector<{lanes}xf32>
            %ab = vector.broadcast %a : vector<{rows}x1xf32> to vector<{rows}x{lanes}xf32>
            %bb = vector.broadcast %b : vector<{lanes}xf32> to vector<{rows}x{lanes}xf32>
            %u = vector.fma %ab, %bb, %t : vector<{rows}x{lanes}xf32>
            scf.yield %u : vector<{rows}x{lanes}xf32>
          }}
          vector.store %acc, %C[%m, %n] : memref<?x{n}xf32>, vector<{rows}x{lanes}xf32>
        }}
      }}
      func.return
    }}"""


@pytest.mark.parametrize(("rows", "lanes"), [(6, 64), (14, 32), (4, 8), (3, 5)])
@pytest.mark.parametrize("checked", [False, True])
def test_matmul(rows: int, lanes: int, checked: bool) -> None:
    m, k, n = rows * 3, 20, lanes * 2
    a = RNG.standard_normal((m, k), np.float32)
    b = RNG.standard_normal((k, n), np.float32)
    packed = np.ascontiguousarray(b.reshape(k, 2, lanes).transpose(1, 0, 2))
    c = np.zeros((m, n), np.float32)
    kernel = native(microkernel(rows, lanes, k, n), checked)
    kernel.call("matmul", a, packed, c)
    np.testing.assert_allclose(c, a @ b, rtol=1e-4, atol=1e-5)
    assert kernel.status() is None


def test_aarch64_multiplies_by_element() -> None:
    text = emit_assembly(emit_ir(lower(microkernel(5, 16, 64, 32)), AARCH64), AARCH64)
    loop = max(text.split(".LBB"), key=lambda block: block.count("fmla"))
    assert loop.count("fmla") == 5 * 16 // 4
    assert loop.count(".s[0]") == 16  # by element, but for the one row that ld1r broadcasts
    assert "str\tq" not in loop  # nothing is spilled


@pytest.mark.skipif(host().vector_bits < 512, reason="tiles are for 512-bit vectors")
@pytest.mark.parametrize(("rows", "lanes"), [(6, 64), (14, 32)])
def test_no_spills_in_the_inner_loop(rows: int, lanes: int) -> None:
    text = emit_assembly(emit_ir(lower(microkernel(rows, lanes, 64, lanes)), host()))
    loop = max(text.split(".LBB"), key=lambda block: block.count("vfmadd"))
    loop = loop[: loop.index("\tj")]
    assert loop.count("vfmadd") == rows * lanes // 16
    assert "(%rsp)" not in loop


def elementwise(op: str, operands: int, inputs: str, output: str) -> str:
    """`op` on a 2x8 vector, whose last lines are one element in a second function."""
    arguments = ", ".join(f"%x{i}: memref<2x8x{inputs}>" for i in range(operands))
    loads = "\n".join(
        f"%v{i} = vector.load %x{i}[%c0, %c0] : memref<2x8x{inputs}>, vector<2x8x{inputs}>"
        for i in range(operands)
    )
    names = ", ".join(f"%v{i}" for i in range(operands))
    return f"""func.func @f({arguments}, %y: memref<2x8x{output}>) {{
      %c0 = arith.constant 0 : index
      {loads}
      %r = {op.format(v=names, t=f"vector<2x8x{inputs}>", r=f"vector<2x8x{output}>")}
      vector.store %r, %y[%c0, %c0] : memref<2x8x{output}>, vector<2x8x{output}>
      func.return
    }}"""


FLOATS = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": ml_dtypes.bfloat16}
INTEGERS = {"i64": np.int64, "i32": np.int32, "i16": np.int16, "i8": np.int8}
DTYPES = {**FLOATS, **INTEGERS, "i1": np.bool_}


def sample(dtype: str) -> Any:
    if dtype == "i1":
        return RNG.integers(0, 2, (2, 8)).astype(np.bool_)
    if dtype in INTEGERS:
        info = np.iinfo(INTEGERS[dtype])
        values = RNG.integers(info.min, info.max, (2, 8), INTEGERS[dtype], endpoint=True)
        values[0, :4] = [info.min, info.max, 3, -3]
        return values
    values = RNG.standard_normal((2, 8)) * 3
    values[0, :6] = [np.nan, np.inf, -np.inf, 0.5, -1.5, 2.5]
    return values.astype(FLOATS[dtype])


def same(got: Any, want: Any) -> None:
    np.testing.assert_array_equal(got.astype(np.float64), want.astype(np.float64))


BINARY_FLOATS = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
    "arith.divf": np.divide,
    "arith.remf": np.fmod,
    "arith.maximumf": np.maximum,
    "arith.minimumf": np.minimum,
    "arith.maxnumf": np.fmax,
    "arith.minnumf": np.fmin,
    "math.copysign": np.copysign,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", BINARY_FLOATS)
def test_binary_floats(op: str, dtype: str) -> None:
    a, b = sample(dtype), sample(dtype)[::-1].copy()
    y = np.zeros_like(a)
    native(elementwise(op + " {v} : {t}", 2, dtype, dtype)).call("f", a, b, y)
    same(y, BINARY_FLOATS[op](a, b))


UNARY_FLOATS = {
    "arith.negf": np.negative,
    "math.sqrt": np.sqrt,
    "math.absf": np.abs,
    "math.floor": np.floor,
    "math.ceil": np.ceil,
    "math.roundeven": np.rint,
    "math.trunc": np.trunc,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", UNARY_FLOATS)
def test_unary_floats(op: str, dtype: str) -> None:
    a = sample(dtype)
    y = np.zeros_like(a)
    native(elementwise(op + " {v} : {t}", 1, dtype, dtype)).call("f", a, y)
    same(y, UNARY_FLOATS[op](a))


def unsigned(array: Any) -> Any:
    return array.view(f"u{array.itemsize}")


BINARY_INTEGERS = {
    "arith.addi": np.add,
    "arith.subi": np.subtract,
    "arith.muli": np.multiply,
    "arith.andi": np.bitwise_and,
    "arith.ori": np.bitwise_or,
    "arith.xori": np.bitwise_xor,
    "arith.maxsi": np.maximum,
    "arith.minsi": np.minimum,
    "arith.maxui": lambda a, b: np.maximum(unsigned(a), unsigned(b)).view(a.dtype),
    "arith.minui": lambda a, b: np.minimum(unsigned(a), unsigned(b)).view(a.dtype),
    "arith.floordivsi": np.floor_divide,
    "arith.ceildivsi": lambda a, b: -(a // -b),
    "arith.divsi": lambda a, b: np.trunc(a.astype(np.longdouble) / b).astype(a.dtype),
    "arith.remsi": np.fmod,
    "arith.divui": lambda a, b: (unsigned(a) // unsigned(b)).view(a.dtype),
    "arith.remui": lambda a, b: (unsigned(a) % unsigned(b)).view(a.dtype),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("op", BINARY_INTEGERS)
def test_binary_integers(op: str, dtype: str) -> None:
    a, b = sample(dtype), sample(dtype)[::-1].copy()
    if "div" in op or "rem" in op:
        smallest = np.iinfo(b.dtype).min  # whose negative the numpy form of ceildivsi needs
        b = np.where((b == 0) | (b == -1) | (b == smallest), 7, b).astype(b.dtype)
    y = np.zeros_like(a)
    native(elementwise(op + " {v} : {t}", 2, dtype, dtype)).call("f", a, b, y)
    same(y, BINARY_INTEGERS[op](a, b))


CASTS = [
    ("arith.extf", "f32", "f64"),
    ("arith.extf", "bf16", "f32"),
    ("arith.truncf", "f32", "bf16"),
    ("arith.truncf", "f64", "f16"),
    ("arith.sitofp", "i8", "f32"),
    ("arith.sitofp", "i64", "f64"),
    ("arith.extsi", "i8", "i64"),
    ("arith.trunci", "i64", "i8"),
    ("arith.bitcast", "f32", "i32"),
    ("arith.extui", "i1", "i32"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("op", "source", "target"), CASTS)
def test_casts(op: str, source: str, target: str) -> None:
    a = sample(source)
    y = np.zeros(a.shape, DTYPES[target])
    native(elementwise(op + " {v} : {t} to {r}", 1, source, target)).call("f", a, y)
    same(y, a.view(DTYPES[target]) if "bitcast" in op else a.astype(DTYPES[target]))


@pytest.mark.parametrize(("dtype", "shifts"), [("i32", 7), ("i64", 39)])
def test_integers_are_rounded_to_bf16_once(dtype: str, shifts: int) -> None:
    """Next to ties between two numbers, where rounding to f32 first would end on the tie."""
    for shift in range(0, shifts, 3):
        unit = 1 << 16 + shift
        wholes = [unit * tie + step for tie in (405, 407, -405, -407) for step in (-1, 0, 1, 5)]
        a = np.array(wholes, DTYPES[dtype]).reshape(2, 8)
        y = np.zeros(a.shape, ml_dtypes.bfloat16)
        native(elementwise("arith.sitofp {v} : {t} to {r}", 1, dtype, "bf16")).call("f", a, y)
        exact = [round(Fraction(n, 2 * unit)) * 2.0 * unit for n in wholes]  # half to even
        same(y, np.reshape(exact, a.shape))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("source", "dtype"), [("f32", np.float32), ("f64", np.float64)])
def test_every_bf16_is_rounded_to(source: str, dtype: Any) -> None:
    """What lies on, next to and between all numbers of bf16, subnormal ones too."""
    upper = np.arange(1 << 16, dtype=np.uint32)[:, None] << 16
    below = np.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], np.uint32)
    x = (upper | below).reshape(-1).view(np.float32).astype(dtype)
    y = np.zeros(x.shape, ml_dtypes.bfloat16)
    native(f"""func.func @f(%x: memref<?x{source}>, %y: memref<?xbf16>) {{
      %c0 = arith.constant 0 : index
      %c16 = arith.constant 16 : index
      %n = memref.dim %x, %c0 : memref<?x{source}>
      scf.for %i = %c0 to %n step %c16 {{
        %v = vector.load %x[%i] : memref<?x{source}>, vector<16x{source}>
        %r = arith.truncf %v : vector<16x{source}> to vector<16xbf16>
        vector.store %r, %y[%i] : memref<?xbf16>, vector<16xbf16>
      }}
      func.return
    }}""").call("f", x, y)
    want = x.astype(np.float32).astype(ml_dtypes.bfloat16)
    number = ~np.isnan(x)
    np.testing.assert_array_equal(y.view(np.uint16)[number], want.view(np.uint16)[number])
    assert np.isnan(y[~number].astype(np.float32)).all()


@pytest.mark.parametrize("dtype", ["f32", "i32"])
def test_compare_and_select(dtype: str) -> None:
    compare = "arith.cmpf olt," if dtype == "f32" else "arith.cmpi slt,"
    a, b = sample(dtype), sample(dtype)[::-1].copy()
    y = np.zeros((2, 8), np.bool_)
    native(elementwise(compare + " {v} : {t}", 2, dtype, "i1")).call("f", a, b, y)
    same(y, a < b)


def reduction(kind: str, length: int, dtype: str) -> str:
    return f"""func.func @f(%x: memref<{length}x{dtype}>, %y: memref<1x{dtype}>) {{
      %c0 = arith.constant 0 : index
      %v = vector.load %x[%c0] : memref<{length}x{dtype}>, vector<{length}x{dtype}>
      %r = vector.reduction <{kind}>, %v : vector<{length}x{dtype}> into {dtype}
      memref.store %r, %y[%c0] : memref<1x{dtype}>
      func.return
    }}"""


@pytest.mark.parametrize("length", [1, 2, 3, 6, 16, 17, 64])
@pytest.mark.parametrize(
    ("kind", "dtype", "function"),
    [
        ("add", "f32", np.sum),
        ("mul", "f64", np.prod),
        ("maximumf", "f32", np.max),
        ("minnumf", "f32", np.nanmin),
        ("maxsi", "i32", np.max),
        ("minui", "i16", lambda x: np.min(unsigned(x)).view(np.int16)),
        ("add", "i8", lambda x: np.sum(x, dtype=np.int8)),
        ("xor", "i64", np.bitwise_xor.reduce),
    ],
)
def test_reductions(kind: str, dtype: str, function: Any, length: int) -> None:
    if dtype in FLOATS:
        x = RNG.standard_normal(length).astype(FLOATS[dtype])
    else:
        x = RNG.integers(-100, 100, length).astype(INTEGERS[dtype])
    y = np.zeros(1, x.dtype)
    native(reduction(kind, length, dtype)).call("f", x, y)
    np.testing.assert_allclose(y[0], function(x), rtol=1e-5)


def test_maximum_reduction_keeps_nan() -> None:
    kernel = native(reduction("maximumf", 17, "f32"))
    for place in range(17):
        x, y = np.arange(17, dtype=np.float32), np.zeros(1, np.float32)
        x[place] = np.nan
        kernel.call("f", x, y)
        assert np.isnan(y[0])


CONTROL = """
func.func @collatz(%n: i64) -> (i64, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1 : i64
  %two = arith.constant 2 : i64
  %three = arith.constant 3 : i64
  %r:2 = scf.while (%x = %n, %i = %c0) : (i64, index) -> (i64, index) {
    %go = arith.cmpi ne, %x, %one : i64
    scf.condition(%go) %x, %i : i64, index
  } do {
  ^bb0(%x: i64, %i: index):
    %bit = arith.andi %x, %one : i64
    %odd = arith.cmpi eq, %bit, %one : i64
    %next = scf.if %odd -> (i64) {
      %a = arith.muli %x, %three : i64
      %b = arith.addi %a, %one : i64
      scf.yield %b : i64
    } else {
      %h = arith.divsi %x, %two : i64
      scf.yield %h : i64
    }
    %j = arith.addi %i, %c1 : index
    scf.yield %next, %j : i64, index
  }
  func.return %r#0, %r#1 : i64, index
}
func.func @choose(%i: index, %x: f32, %flag: i1) -> f32 {
  %a = scf.index_switch %i -> f32
  case 2 {
    %two = arith.constant 2.0 : f32
    scf.yield %two : f32
  }
  case 5 {
    %r = arith.addf %x, %x : f32
    scf.yield %r : f32
  }
  default {
    %n = arith.negf %x : f32
    scf.yield %n : f32
  }
  %b = arith.select %flag, %a, %x : f32
  func.return %b : f32
}
func.func private @divide(%a: index, %b: index) -> (index, index) {
  %q = arith.divsi %a, %b : index
  %r = arith.remsi %a, %b : index
  func.return %q, %r : index, index
}
func.func @blocks(%a: index, %b: index) -> index {
  %c0 = arith.constant 0 : index
  %zero = arith.cmpi eq, %b, %c0 : index
  cf.assert %zero, "b is not zero"
  cf.cond_br %zero, ^none, ^some
^none:
  cf.br ^end(%c0 : index)
^some:
  %q, %r = func.call @divide(%a, %b) : (index, index) -> (index, index)
  %s = arith.addi %q, %r : index
  cf.br ^end(%s : index)
^end(%v: index):
  func.return %v : index
}
func.func @trips(%n: index) -> index {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c3 iter_args(%t = %c0) -> (index) {
    %u = arith.addi %t, %c1 : index
    scf.yield %u : index
  }
  func.return %r : index
}
"""


def test_control_flow() -> None:
    module = native(CONTROL)
    assert module.call("collatz", 27) == (1, 111)
    assert module.call("choose", 2, 3.5, True) == (2.0,)
    assert module.call("choose", 5, 3.5, True) == (7.0,)
    assert module.call("choose", 0, 3.5, True) == (-3.5,)
    assert module.call("choose", 5, 3.5, False) == (3.5,)
    assert [module.call("trips", n)[0] for n in (0, 1, 3, 4, 10, -5)] == [0, 1, 1, 2, 4, 0]


def test_status_holds_the_first_failure() -> None:
    module = native(CONTROL)
    assert module.call("blocks", 17, 5) == (5,)
    assert module.status() == "b is not zero"
    assert module.status() is None
    assert module.call("blocks", 17, 0) == (0,)
    assert module.status() is None


VIEWS = """
func.func @f(%x: memref<?x10xf32>, %y: memref<4xf32>, %z: memref<2x3xf32>, %arena: memref<?xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %row = memref.subview %x[%c1, 2] [1, 4] [1, 2]
    : memref<?x10xf32> to memref<4xf32, strided<[2], offset: ?>>
  "memref.copy"(%row, %y) : (memref<4xf32, strided<[2], offset: ?>>, memref<4xf32>) -> ()
  %tile = memref.subview %x[0, %c3] [2, 3] [1, 1]
    : memref<?x10xf32> to memref<2x3xf32, strided<[10, 1], offset: ?>>
  "memref.copy"(%tile, %z) : (memref<2x3xf32, strided<[10, 1], offset: ?>>, memref<2x3xf32>) -> ()
  %v = memref.view %arena[%c8][] : memref<?xi8> to memref<2x3xf32>
  "memref.copy"(%tile, %v) : (memref<2x3xf32, strided<[10, 1], offset: ?>>, memref<2x3xf32>) -> ()
  %flat = memref.reinterpret_cast %x to offset: [%c3], sizes: [2], strides: [10]
    : memref<?x10xf32> to memref<2xf32, strided<[10], offset: ?>>
  %f = memref.load %flat[%c1] : memref<2xf32, strided<[10], offset: ?>>
  %stack = memref.alloca() : memref<2xf32>
  memref.store %f, %stack[%c1] : memref<2xf32>
  %g = memref.load %stack[%c1] : memref<2xf32>
  memref.store %g, %y[%c0] : memref<4xf32>
  func.return
}
"""


@pytest.mark.parametrize("checked", [False, True])
def test_views(checked: bool) -> None:
    module = native(VIEWS, checked)
    x = np.arange(20, dtype=np.float32).reshape(2, 10)
    y, z = np.zeros(4, np.float32), np.zeros((2, 3), np.float32)
    arena = np.zeros(40, np.int8)
    module.call("f", x, y, z, arena)
    assert module.status() is None
    np.testing.assert_array_equal(y, [13, 14, 16, 18])
    np.testing.assert_array_equal(z, x[:2, 3:6])
    np.testing.assert_array_equal(arena[8:32].view(np.float32).reshape(2, 3), z)
    assert not arena[32:].any()


class GuardedArray:
    """An array (`array`, while this lives) whose last byte is followed by forbidden memory."""

    def __init__(self, content: np.ndarray[Any, Any]):
        page = mmap.PAGESIZE
        room = (content.nbytes + page - 1) // page * page
        self._map = mmap.mmap(-1, room + page)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.mprotect(ctypes.c_void_p(base + room), page, 0) == 0
        memory = (ctypes.c_char * content.nbytes).from_address(base + room - content.nbytes)
        self.array = np.frombuffer(memory, content.dtype).reshape(content.shape)
        self.array[...] = content


MASKED = """
func.func @scale(%x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %pad = arith.constant dense<0.0> : vector<16xf32>
  scf.for %i = %c0 to %n step %c16 {
    %left = arith.subi %n, %i : index
    %m = vector.create_mask %left : vector<16xi1>
    %v = vector.maskedload %x[%i], %m, %pad
      : memref<?xf32>, vector<16xi1>, vector<16xf32> into vector<16xf32>
    %w = arith.addf %v, %v : vector<16xf32>
    vector.maskedstore %y[%i], %m, %w : memref<?xf32>, vector<16xi1>, vector<16xf32>
  }
  func.return
}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize("n", [1, 5, 16, 17, 31, 100])
@pytest.mark.parametrize("checked", [False, True])
def test_masked_accesses_stay_inside(n: int, checked: bool) -> None:
    module = native(MASKED, checked)
    x = GuardedArray(np.arange(n, dtype=np.float32))
    y = GuardedArray(np.zeros(n, np.float32))
    module.call("scale", x.array, y.array)
    np.testing.assert_array_equal(y.array, 2 * np.arange(n))
    assert module.status() is None


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize("index", [-1, 0, 3, 4, 7, 10**12])
def test_bounds_checks_skip_what_leaves_the_buffer(index: int) -> None:
    module = native(
        """func.func @f(%x: memref<?xf32>, %i: index) -> f32 {
          %v = vector.load %x[%i] : memref<?xf32>, vector<4xf32>
          %w = arith.addf %v, %v : vector<4xf32>
          vector.store %w, %x[%i] : memref<?xf32>, vector<4xf32>
          %r = vector.extract %v[0] : f32 from vector<4xf32>
          func.return %r : f32
        }""",
        checked=True,
    )
    x = GuardedArray(np.arange(1, 8, dtype=np.float32))
    (first,) = module.call("f", x.array, index)
    if 0 <= index <= 3:
        assert first == index + 1
        assert module.status() is None
    else:
        assert first == 0
        np.testing.assert_array_equal(x.array, np.arange(1, 8))
        assert "out of bounds" in (module.status() or "")


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
def test_bounds_checks_see_through_views() -> None:
    module = native(microkernel(6, 16, 8, 16), checked=True)
    a, b = GuardedArray(np.ones((8, 8), np.float32)), np.ones((1, 8, 16), np.float32)
    c = GuardedArray(np.zeros((8, 16), np.float32))
    module.call("matmul", a.array, b, c.array)  # 8 rows are no multiple of 6
    assert "out of bounds" in (module.status() or "")
    np.testing.assert_array_equal(c.array[:6], 8)


def test_arguments_are_checked() -> None:
    module = native(MASKED)
    good = np.zeros(4, np.float32)
    for bad in (
        good.astype(np.float64),
        np.zeros((2, 2), np.float32),
        np.zeros(8, np.float32)[::2],
    ):
        with pytest.raises(TypeError, match="argument 0"):
            module.call("scale", bad, good)
    with pytest.raises(TypeError, match="takes 2 arguments"):
        module.call("scale", good)


def test_unsupported_operations_are_diagnosed() -> None:
    with pytest.raises(CompileError, match="vector-expand-math"):
        context = default_registry().context()
        text = "func.func @f(%x: f32) -> f32 {\n %y = math.exp %x : f32\n func.return %y : f32\n}"
        module = parse_module(text, context, "test.mlir")
        ConvertLoopsToLLVM().apply(context, module)


# The object cache.

IR = "define i32 @f() {\n  ret i32 7\n}\n"


def cached(folder: Path) -> Path:
    (path,) = folder.glob("*/*.o")
    return path


def test_cache_hit_gives_the_same_object(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    made = compile_llvm(IR, cache=cache)
    cached(tmp_path)
    assert compile_llvm(IR, cache=cache) == made
    assert compile_llvm(IR, cache=None) == made


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_damaged_objects_are_compiled_again(tmp_path: Path, damage: str) -> None:
    cache = ObjectCache(tmp_path)
    made = compile_llvm(IR, cache=cache)
    path = cached(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        content = content[:-10]
    elif damage == "flip":
        content[-20] ^= 1
    else:
        content = bytearray()
    path.write_bytes(content)
    assert compile_llvm(IR, cache=cache) == made
    assert cache.get(path.stem) == made


def test_cache_that_cannot_be_written_warns_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = ObjectCache(blocked)
    with pytest.warns(UserWarning, match="not cached"):
        compile_llvm(IR, cache=cache)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_llvm(IR, cache=cache)


def test_cache_drops_what_was_not_used_longest(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, limit=10_000)
    for i in range(20):
        cache.put(key_of(str(i)), bytes(1000))
        os.utime(tmp_path / key_of(str(i))[:2] / f"{key_of(str(i))}.o", (i, i))
    assert cache.get(key_of("3")) is not None  # used now
    cache.trim()
    assert cache.get(key_of("3")) is not None
    assert cache.get(key_of("4")) is None
    assert cache.get(key_of("19")) is not None
    assert sum(f.stat().st_size for f in tmp_path.glob("*/*.o")) <= 10_000


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from dlir.targets.cpu.execute import compile_llvm\n"
        "from dlir.targets.cpu.object_cache import ObjectCache\n"
        f"cache = ObjectCache(Path({str(tmp_path)!r}))\n"
        "for i in range(40):\n"
        "    compile_llvm('define i32 @f() {\\n  ret i32 %d\\n}\\n' % (i % 4), cache=cache)\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(list(tmp_path.glob("*/*.o"))) == 4
    assert not list(tmp_path.glob("*/.new-*"))


def test_parts_link_to_one_module(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = lower(CONTROL)
    parts = emit_parts(lowered, host(), 10)
    assert len(parts) > 2
    monkeypatch.setattr("dlir.targets.cpu.execute._PART_OPERATIONS", 10)
    monkeypatch.setattr("dlir.targets.cpu.execute._PARALLEL_BYTES", 10)
    module = NativeModule(lowered, use_cache=False)
    assert module.call("blocks", 17, 5) == (5,)
    assert module.status() == "b is not zero"


def test_parallel_compilation_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlir.targets.cpu.execute._PARALLEL_BYTES", 10)
    irs = [f"define i32 @f() {{\n  ret i32 {i}\n}}\n" for i in range(5)]
    assert compile_many(irs, processes=2) == [compile_llvm(ir) for ir in irs]
