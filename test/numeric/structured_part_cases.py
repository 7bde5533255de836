"""Results that are made in parts, and the companions of `structured.generic`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from numeric.structured_contraction_cases import MULTIPLY_ADD, ZERO
from numeric.structured_elementwise_cases import EDGES, copy_body, fold
from numeric.structured_text import (
    Case,
    Reading,
    function,
    generic,
    one,
    out_type,
    type_text,
)


def concat(name: str, sizes: Sequence[int], axis: int, dynamic: bool = False) -> Case:
    """Copies into one result, each after the one before."""
    total, rows = sum(sizes), "3?" if dynamic else "3"
    shapes = [f"{n}x{rows}xf32" if axis == 0 else f"{rows}x{n}xf32" for n in sizes]
    row = f"{{0.{1 - axis}}}" if dynamic else "3"
    out = f"{total}x{row}xf32" if axis == 0 else f"{row}x{total}xf32"
    lines, start = [], 0
    for i, (shape, n) in enumerate(zip(shapes, sizes, strict=True)):
        forms = f"a + {start}, b" if axis == 0 else f"a, b + {start}"
        result = "%r" if i == len(sizes) - 1 else f"%t{i}"
        destination = Reading("%o" if i == 0 else f"%t{i - 1}", out_type(out), forms)
        domain = [n, -1] if axis == 0 else [-1, n]
        lines.append(generic(result, "a b", [Reading(f"%x{i}", type_text(shape), "a, b")],
                             destination, copy_body("f32"), domain=domain))  # fmt: skip
        start += n
    return Case(name, function(shapes, out, "\n".join(lines)), tuple(shapes))


def parts() -> Iterator[Case]:
    yield concat("concat-rows", [2, 3, 1], 0)
    yield concat("concat-columns", [5, 17, 1], 1)
    yield concat("concat-dynamic", [5, 17], 1, dynamic=True)
    yield concat("concat-empty", [0, 17, 0], 1)
    yield one("interleave", ["3x9xf32"], "3x18xf32", "m n", ["m, n"], "m, 2 * n",
              copy_body("f32"))  # fmt: skip
    yield one("blocks", ["3x2x16xf32"], "3x32xf32", "m b n", ["m, b, n"], "m, 16 * b + n",
              copy_body("f32"))  # fmt: skip
    yield one("blocks-dropped", ["3x2x16xf32"], "3x27xf32", "m b n", ["m, b, n"],
              "m, 16 * b + n", copy_body("f32"))  # fmt: skip
    yield one("blocks-dynamic", ["3x2?x16xf32", "27?xf32"], "3x{1.0}xf32", "m b n", ["m, b, n"],
              "m, 16 * b + n", copy_body("f32"))  # fmt: skip
    yield one("rows-in-blocks", ["2x4x9xf32"], "7x9xf32", "b r n", ["b, r, n"], "4 * b + r, n",
              copy_body("f32"))  # fmt: skip
    yield one("placed-outside", ["3x9xf32"], "3x12xf32", "m n", ["m, n"], "m, n + 7",
              copy_body("f32"))  # fmt: skip
    yield one("placed-outside-rows", ["9x19xf32"], "12x19xf32", "m n", ["m, n"], "m + 7, n",
              copy_body("f32"))  # fmt: skip
    yield one("placed-before", ["9x19xf32"], "12x19xf32", "m n", ["m, n"], "m - 2, n - 3",
              copy_body("f32"))  # fmt: skip
    yield one("bias-in-blocks", ["2x16x5xf32", "27xf32"], "27xf32", "b n k", ["b, n, k"],
              "16 * b + n", fold("sum", "f32"), reduce="k", init=ZERO,
              epilogue_reads=["16 * b + n"],
              epilogue="%s = arith.addf %v, %e0 : f32\nyield %s : f32")  # fmt: skip
    yield one("column-bias-in-blocks", ["5x2x16xf32", "27xf32"], "27xf32", "b n k", ["k, b, n"],
              "16 * b + n", fold("sum", "f32"), reduce="k", init=ZERO,
              epilogue_reads=["16 * b + n"],
              epilogue="%s = arith.addf %v, %e0 : f32\nyield %s : f32")  # fmt: skip
    yield one("sum-in-blocks", ["2x16x5xf32"], "27xf32", "b n k", ["b, n, k"], "16 * b + n",
              fold("sum", "f32"), reduce="k", init=ZERO)  # fmt: skip
    yield one("packed", ["7x9xf32", "3x9x16xf32"], "7x33xf32", "m b k n", ["m, k", "b, k, n"],
              "m, 16 * b + n", MULTIPLY_ADD, reduce="k", init=ZERO,
              schedule="kernel = contraction, vector = [4, 16]")  # fmt: skip
    yield one("vector-times-matrix", ["9xf32", "9x70xf32"], "70xf32", "n k", ["k", "k, n"], "n",
              MULTIPLY_ADD, reduce="k", init=ZERO,
              schedule="kernel = contraction, vector = [1, 32]")  # fmt: skip
    yield Case("into-argument", """
        func.func @f(%x0: tensor<9xf32>, %x1: tensor<12xf32>) -> tensor<12xf32> {
          %r = structured.generic {maps = [(d) -> (d), (d) -> (d + 2)], iterators = [parallel]}
              ins(%x0 : tensor<9xf32>) outs(%x1 : tensor<12xf32>) {
          ^bb0(%a: f32):
            structured.yield %a : f32
          } -> tensor<12xf32>
          func.return %r : tensor<12xf32>
        }""", ("9xf32", "12xf32"))  # fmt: skip
    yield Case("accumulate", """
        func.func @f(%x0: tensor<5x17xf32>, %x1: tensor<5xf32>) -> tensor<5xf32> {
          %r = structured.generic {maps = [(m, k) -> (m, k), (m, k) -> (m)],
                                   iterators = [parallel, reduction]}
              ins(%x0 : tensor<5x17xf32>) outs(%x1 : tensor<5xf32>) {
          ^bb0(%a: f32, %acc: f32):
            %s = arith.addf %acc, %a : f32
            structured.yield %s : f32
          } -> tensor<5xf32>
          func.return %r : tensor<5xf32>
        }""", ("5x17xf32", "5xf32"))  # fmt: skip


# --- the companions ---------------------------------------------------------------------------


def companions() -> Iterator[Case]:
    for n in EDGES:
        arguments = ("9x4xf32", f"{n}xi64")
        text = function(arguments, f"{n}x4xf32", f"""
          %r = structured.gather axis 0 ins(%x0, %x1 : tensor<9x4xf32>, tensor<{n}xi64>)
              outs(%o : tensor<{n}x4xf32>) -> tensor<{n}x4xf32>""")  # fmt: skip
        yield Case(f"gather-{n}", text, arguments, indices_below=9)
    arguments = ("3x9x70xf16", "2x5xi64")
    for axis, out in [(0, "2x5x9x70xf16"), (1, "3x2x5x70xf16"), (2, "3x9x2x5xf16")]:
        text = function(arguments, out, f"""
          %r = structured.gather axis {axis} ins(%x0, %x1 : tensor<3x9x70xf16>, tensor<2x5xi64>)
              outs(%o : tensor<{out}>) -> tensor<{out}>""")  # fmt: skip
        yield Case(f"gather-axis-{axis}", text, arguments, indices_below=3)
    arguments = ("9?x33?xi8", "4?xi64")
    yield Case("gather-dynamic", function(arguments, "{1.0}x{0.1}xi8", """
          %r = structured.gather axis 0 ins(%x0, %x1 : tensor<?x?xi8>, tensor<?xi64>)
              outs(%o : tensor<?x?xi8>) -> tensor<?x?xi8>"""),
               arguments, indices_below=9)  # fmt: skip
    for t, value in [("f32", "1.5"), ("i8", "-3"), ("i1", "true"), ("bf16", "2.0")]:
        literal = value if t == "i1" else f"{value} : {t}"
        yield Case(f"fill-{t}", function(["5?xf32"], f"{{0.0}}x19x{t}", f"""
          %v = arith.constant {literal}
          %r = structured.fill ins(%v : {t}) outs(%o : tensor<?x19x{t}>) -> tensor<?x19x{t}>"""),
                   ("5?xf32",))  # fmt: skip
    yield Case("reshape", """
        func.func @f(%x0: tensor<4x6xf32>) -> tensor<3x8xf32> {
          %r = structured.reshape %x0 : tensor<4x6xf32> to tensor<3x8xf32>
          func.return %r : tensor<3x8xf32>
        }""", ("4x6xf32",))  # fmt: skip
    yield Case("reshape-dynamic", """
        func.func @f(%x0: tensor<?x12xf32>) -> tensor<?x3x4xf32> {
          %c0 = arith.constant 0 : index
          %n = tensor.dim %x0, %c0 : tensor<?x12xf32>
          %e = tensor.empty(%n) : tensor<?x12xf32>
          %t = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)],
                                   iterators = [parallel, parallel]}
              ins(%x0 : tensor<?x12xf32>) outs(%e : tensor<?x12xf32>) {
          ^bb0(%a: f32):
            %s = arith.addf %a, %a : f32
            structured.yield %s : f32
          } -> tensor<?x12xf32>
          %r = structured.reshape %t [%n] : tensor<?x12xf32> to tensor<?x3x4xf32>
          func.return %r : tensor<?x3x4xf32>
        }""", ("5?x12xf32",))  # fmt: skip
