"""Compiled code multiplies, branches, stays inside its buffers, and says what went wrong."""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.cpu_native import lower, native

from dlir.diagnostics import CompileError
from dlir.lowering.loops_to_llvm import ConvertLoopsToLLVM
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu.compiling import compile_llvm, compile_many, emit_assembly
from dlir.targets.cpu.description import AARCH64, host
from dlir.targets.cpu.emit import emit_ir, emit_parts
from dlir.targets.cpu.execute import NativeModule

RNG = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path))
    return tmp_path


def microkernel(rows: int, lanes: int, k: int, n: int) -> str:
    """A matmul by register tiles: A in place, B packed [n / lanes][k][lanes]."""
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


def test_parts_link_to_one_module(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = lower(CONTROL)
    parts = [*emit_parts(lowered, host(), 10)]
    assert len(parts) > 2
    monkeypatch.setattr("dlir.targets.cpu.execute._PART_OPERATIONS", 10)
    monkeypatch.setattr("dlir.targets.cpu.compiling._PARALLEL_BYTES", 10)
    module = NativeModule(lowered, use_cache=False)
    assert module.call("blocks", 17, 5) == (5,)
    assert module.status() == "b is not zero"


def test_parallel_compilation_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlir.targets.cpu.compiling._PARALLEL_BYTES", 10)
    irs = [f"define i32 @f() {{\n  ret i32 {i}\n}}\n" for i in range(5)]
    assert compile_many(irs, processes=2) == [compile_llvm(ir) for ir in irs]
