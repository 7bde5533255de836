"""Contractions of narrow numbers by dot products: exact at every edge, on each kind of machine."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import dlir
from dlir.numpy_types import BFLOAT16, Array
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.cpu import target
from dlir.targets.cpu.compiling import emit_assembly
from dlir.targets.cpu.description import AARCH64, CpuDescription, describe, host
from dlir.targets.cpu.emit import emit_ir
from dlir.targets.cpu.pipeline import PHASES, phase_text

HOST = host()
AVX2 = describe(HOST.triple, "haswell", "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt,+movbe")
MACHINES: dict[str, CpuDescription] = {
    "host": HOST,
    "plain": replace(HOST, dots=()),
    "s16s16": replace(HOST, dots=tuple(d for d in HOST.dots if d == "s16s16")),
    "avx2": AVX2,
}
"""Machines whose code runs here: the host, that without dot products of bytes, an older one."""

if "avx2" not in HOST.features.replace("+", "").split(","):
    MACHINES = {"host": HOST}


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> CpuDescription:
    chosen = MACHINES[request.param]
    monkeypatch.setattr(target, "host", lambda: chosen)
    return chosen


EXTEND = {np.int8: "extsi", np.uint8: "extui", np.int16: "extsi"}

PRODUCT = """
func.func @main(%x: tensor<{x}>{argument}) -> tensor<{y}> {{
  {weight}
  %e = tensor.empty({sizes}) : tensor<{y}>
  %r = structured.generic {{maps = [{maps}], iterators = [{kinds}], init = 0 : i32}}
      ins(%x, %w : tensor<{x}>, tensor<{w}>) outs(%e : tensor<{y}>) {{
  ^bb0(%a: {element}, %b: {element}, %acc: i32):
    %p = arith.{left} %a : {element} to i32
    %q = arith.{right} %b : {element} to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  }} -> tensor<{y}>
  func.return %r : tensor<{y}>
}}"""


@dataclass(frozen=True)
class Types:
    """The element types of both operands."""

    left: Any
    right: Any

    def __str__(self) -> str:
        return f"{np.dtype(self.left)} {np.dtype(self.right)}"


TYPES = [
    Types(np.uint8, np.int8),
    Types(np.int8, np.int8),
    Types(np.int8, np.uint8),
    Types(np.uint8, np.uint8),
    Types(np.int16, np.int16),
]
MATMUL = "(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)"
TRANSPOSED = "(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)"
SIZES = [
    (0, 5, 3),
    (5, 0, 3),
    (1, 1, 1),
    (1, 4, 64),
    (1, 7, 65),
    (5, 3, 63),
    (6, 8, 64),
    (7, 9, 65),
    (13, 61, 17),
    (31, 64, 129),
    (67, 259, 130),
    *((rows, terms, 70) for rows, terms in [(1, 511), (1, 513), (2, 1027), (3, 1024)]),  # in parts
]


def numbers(dtype: Any, *shape: int) -> Array:
    """Random numbers, among which the extremes are many."""
    rng = np.random.default_rng(len(shape) + sum(shape))
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    extreme = rng.choice(np.array([info.min, info.max], dtype), shape)
    return np.where(rng.random(shape) < 0.5, x, extreme)


def program(types: Types, x: Array, w: Array, y: tuple[int, ...], maps: str, **options: Any) -> str:
    """The text of a product of two tensors; the right one is a weight or an argument."""
    element = "i16" if types.left is np.int16 else "i8"
    dynamic = options.get("dynamic", False)

    def shape(sizes: tuple[int, ...], kind: str) -> str:
        return "x".join([*(["?"] * len(sizes) if dynamic else map(str, sizes)), kind])

    weight = options.get("weight", True)
    w_type = shape(w.shape, element) if not weight else "x".join([*map(str, w.shape), element])
    kinds = ["parallel"] * 2 + ["reduction"]
    sizes = ""
    declare = f'%w = dl.param "w" : tensor<{w_type}>' if weight else ""
    if dynamic:
        side = 1 if maps == MATMUL else 0
        declare += f"""
  %c0 = arith.constant 0 : index
  %c1 = arith.constant {side} : index
  %d0 = tensor.dim %x, %c0 : tensor<{shape(x.shape, element)}>
  %d1 = tensor.dim %w, %c1 : tensor<{w_type}>"""
        sizes = "%d0, %d1"
    return PRODUCT.format(
        x=shape(x.shape, element),
        w=w_type,
        y=shape(y, "i32"),
        argument="" if weight else f", %w: tensor<{w_type}>",
        weight=declare,
        sizes=sizes,
        maps=maps,
        kinds=", ".join(kinds),
        element=element,
        left=EXTEND[types.left],
        right=EXTEND[types.right],
    )


def signless(x: Array) -> Array:
    """The same bits as the signed type, which is what tensors of no sign hold."""
    return x.view(np.int16 if x.dtype == np.int16 else np.int8)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("types", TYPES, ids=str)
def test_weights(types: Types, sizes: tuple[int, int, int], machine: CpuDescription):
    m, k, n = sizes
    x, w = numbers(types.left, m, k), numbers(types.right, k, n)
    module = dlir.load(program(types, x, w, (m, n), MATMUL), {"w": signless(w)})
    run = dlir.compile(module, target="cpu", threads=1)
    wide = x.astype(np.int32) @ w.astype(np.int32)
    assert np.array_equal(run(signless(x)), wide)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "dynamic"])
@pytest.mark.parametrize("maps", [MATMUL, TRANSPOSED], ids=["matmul", "transposed"])
@pytest.mark.parametrize("types", TYPES[:3], ids=str)
def test_activations(types: Types, maps: str, dynamic: bool, machine: CpuDescription):
    for m, k, n in [(64, 7, 65), (70, 61, 17), (64, 0, 3), (65, 64, 64)]:
        x, w = numbers(types.left, m, k), numbers(types.right, k, n)
        stored = w if maps == MATMUL else np.ascontiguousarray(w.T)
        text = program(types, x, stored, (m, n), maps, weight=False, dynamic=dynamic)
        run = dlir.compile(dlir.load(text), target="cpu", threads=1)
        got = run(signless(x), signless(stored))
        assert np.array_equal(got, x.astype(np.int32) @ w.astype(np.int32))


def test_the_host_uses_them(monkeypatch: pytest.MonkeyPatch):
    """Where there are dot products of bytes, the schedule says so and the code has them."""
    if "u8s8" not in HOST.dots:
        pytest.skip("this machine has no dot products of bytes")
    x, w = numbers(np.int8, 64, 64), numbers(np.int8, 64, 64)
    text = program(TYPES[1], x, w, (64, 64), MATMUL)
    run = dlir.compile(dlir.load(text, {"w": w}), target="cpu", threads=1)
    assert "vector.dot u8s8" in str(run.stage("loops"))
    assert "vpdpbusd" in str(run.stage("asm"))


def assembly(cpu: CpuDescription) -> str:
    """The inner loop of a product of signed bytes on a machine, which may not be the host."""
    x, w = numbers(np.int8, 60, 64), numbers(np.int8, 64, 128)
    text = program(TYPES[1], x, w, (60, 128), MATMUL)
    module, registry = dlir.load(text, {"w": w}).module, default_registry()
    machine = dict(
        vector_bits=cpu.vector_bits, registers=cpu.vector_registers, dots=cpu.dots, threads=1
    )
    passes = ",".join(phase_text(level, **machine) for level in PHASES)
    PassManager(passes, registry=registry).run(registry.context(), module)
    blocks = emit_assembly(emit_ir(module, cpu), cpu).split(".LBB")
    loop = max(blocks, key=lambda block: len(PRODUCTS.findall(block)))
    return loop[: JUMP.search(loop).start()] if JUMP.search(loop) else loop


PRODUCTS = re.compile(r"\tv?p(?:dpbusd|maddwd|mulld)\t|\t[su]?ml[as]l?2?\t")
JUMP = re.compile(r"\tj\w+\t|\tb\.\w+\t")


def test_code_of_512_bits_with_dot_products_of_bytes():
    """Per row and register one instruction; the sign bit is inverted while it is broadcast."""
    vnni = describe("x86_64-linux-gnu", "znver4", "+avx512f,+avx512bw,+avx512vnni")
    assert vnni.dots == ("u8s8", "s16s16")
    loop = assembly(vnni)
    assert len(re.findall(r"vpdpbusd\t%zmm\d+, %zmm\d+, %zmm", loop)) == 6 * 4
    assert len(re.findall(r"vpxord\t.*\{1to16\}", loop)) == 6
    assert "(%rsp)" not in loop


def test_code_of_512_bits_without_them():
    loop = assembly(describe("x86_64-linux-gnu", "skylake-avx512", "+avx512f,+avx512bw"))
    assert len(re.findall(r"vpmaddwd\t.*%zmm", loop)) == 6 * 4
    assert "(%rsp)" not in loop


def test_code_of_256_bits():
    """Pairs of 16-bit integers; never the instruction whose sums of bytes saturate."""
    loop = assembly(AVX2)
    assert len(re.findall(r"vpmaddwd\t.*%ymm", loop)) == 6 * 2
    assert len(re.findall(r"vpaddd\t.*%ymm", loop)) == 6 * 2
    assert "vpmaddubsw" not in loop and "(%rsp)" not in loop


def test_code_of_arm():
    """No dot products are known there: bytes are extended and multiplied."""
    assert AARCH64.dots == ()
    assert "smlal\tv" in assembly(AARCH64)


CONV = """
func.func @main(%x: tensor<{x}xi8>) -> tensor<{y}xi32> {{
  %w = dl.param "w" : tensor<{w}xi8>
  %r = dl.conv2d %x, %w acc i32 {{{options}}} : (tensor<{x}xi8>, tensor<{w}xi8>) -> tensor<{y}xi32>
  func.return %r : tensor<{y}xi32>
}}"""
CONVOLUTIONS = {
    "pointwise": ((1, 67, 5, 7), (65, 67, 1, 1), (1, 65, 5, 7), ""),
    "strided pointwise": ((2, 64, 5, 7), (64, 64, 1, 1), (2, 64, 3, 4), "strides = [2, 2]"),
    "same": ((1, 64, 7, 7), (64, 64, 3, 3), (1, 64, 7, 7), "padding = [1, 1, 1, 1]"),
    "three channels": ((1, 3, 9, 9), (16, 3, 3, 3), (1, 16, 4, 4), "strides = [2, 2]"),
    "stem": ((1, 3, 12, 12), (70, 3, 3, 3), (1, 70, 5, 5), "strides = [2, 2]"),
    "padded stem": (
        (2, 3, 11, 11),
        (16, 3, 7, 7),
        (2, 16, 5, 5),
        "strides = [2, 2], padding = [2, 2, 3, 3]",
    ),
    "one channel": ((1, 1, 6, 6), (5, 1, 3, 3), (1, 5, 4, 4), ""),
    "dilated": ((1, 6, 9, 9), (17, 6, 3, 3), (1, 17, 5, 5), "dilations = [2, 2]"),
    "grouped": ((1, 16, 6, 6), (32, 8, 3, 3), (1, 32, 6, 6), "padding = [1, 1, 1, 1], groups = 2"),
    "depthwise": (
        (1, 70, 6, 6),
        (70, 1, 3, 3),
        (1, 70, 6, 6),
        "padding = [1, 1, 1, 1], groups = 70",
    ),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions(case: str, machine: CpuDescription):
    *shapes, options = CONVOLUTIONS[case]
    x, w = (numbers(np.int8, *shape) for shape in shapes[:2])
    names = dict(zip("xwy", ("x".join(map(str, shape)) for shape in shapes), strict=True))
    model = dlir.load(CONV.format(**names, options=options), {"w": w})
    want = dlir.compile(model, target="ref")(x)
    assert np.array_equal(dlir.compile(model, target="cpu", threads=1)(x), want)


BRAIN = """
func.func @main(%x: tensor<{m}x{k}xbf16>) -> tensor<{m}x{n}xf32> {{
  %w = dl.param "w" : tensor<{k}x{n}xbf16>
  %y = dl.matmul %x, %w acc f32
    : (tensor<{m}x{k}xbf16>, tensor<{k}x{n}xbf16>) -> tensor<{m}x{n}xf32>
  func.return %y : tensor<{m}x{n}xf32>
}}"""


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_brain_floats(sizes: tuple[int, int, int], machine: CpuDescription):
    """Products are exact; only the order of the sum differs, and what subnormals count for."""
    m, k, n = sizes
    rng = np.random.default_rng(k)
    x = rng.normal(size=(m, k)).astype(BFLOAT16)
    w = rng.normal(size=(k, n)).astype(BFLOAT16)
    run = dlir.compile(dlir.load(BRAIN.format(m=m, k=k, n=n), {"w": w}), target="cpu", threads=1)
    want = x.astype(np.float64) @ w.astype(np.float64)
    assert np.allclose(run(x), want, rtol=1e-5, atol=1e-5 * max(k, 1) ** 0.5)


def test_brain_floats_one_by_one():
    """Without pairs a subnormal counts, whatever the machine has."""
    x, w = np.full((4, 8), 2.0**-130, BFLOAT16), np.full((8, 16), 2.0**100, BFLOAT16)
    model = dlir.load(BRAIN.format(m=4, k=8, n=16), {"w": w})
    run = dlir.compile(model, target="cpu", threads=1, bf16_dots=False)
    assert "vector.dot" not in str(run.stage("loops"))
    assert np.array_equal(run(x), np.full((4, 16), 2.0**-27, np.float32))


def test_brain_floats_behind_the_last_one_do_not_count():
    """A row that ends within a group is followed by one that is not finite."""
    x = np.ones((2, 3), BFLOAT16)
    x[1] = np.inf
    w = np.ones((3, 16), BFLOAT16)
    run = dlir.compile(dlir.load(BRAIN.format(m=2, k=3, n=16), {"w": w}), target="cpu", threads=1)
    assert np.array_equal(run(x)[0], np.full(16, 3)) and np.isposinf(run(x)[1]).all()
