"""Contractions and windows as structured ops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numeric.structured_elementwise_cases import combine, fold
from numeric.structured_text import (
    Case,
    one,
)

MULTIPLY_ADD = "%p = arith.mulf %a0, %a1 : f32\n%v = arith.addf %acc, %p : f32\nyield %v : f32"
ZERO = "0.0 : f32"


def matmul(name: str, m: str, k: str, n: str, **more: Any) -> Case:
    out_m = "{0.0}" if "?" in m else m
    out_n = "{1.1}" if "?" in n else n
    return one(name, [f"{m}x{k}xf32", f"{k}x{n}xf32"], f"{out_m}x{out_n}xf32", "m n k",
               ["m, k", "k, n"], "m, n", MULTIPLY_ADD, reduce="k", init=ZERO, **more)  # fmt: skip


def contractions() -> Iterator[Case]:
    for m, k, n in [(1, 1, 1), (6, 16, 64), (7, 13, 65), (5, 3, 63), (13, 7, 15), (12, 5, 129),
                    (0, 4, 16), (4, 0, 16), (4, 4, 0), (29, 2, 17), (31, 4, 31)]:  # fmt: skip
        yield matmul(f"matmul-{m}x{k}x{n}", str(m), str(k), str(n))
    yield from streamed()
    for m, k, n in [(7, 13, 65), (1, 1, 1), (0, 3, 5), (6, 0, 64), (15, 4, 16)]:
        yield matmul(f"matmul-dynamic-{m}x{k}x{n}", f"{m}?", f"{k}?", f"{n}?")
    yield matmul("matmul-rows", "11?", "9", "33")
    yield matmul("matmul-special", "5", "9", "33", special=True)
    shape = ["7x9xf32", "9x33xf32"]
    yield one("matmul-bias-relu", [*shape, "33xf32"], "7x33xf32", "m n k", ["m, k", "k, n"],
              "m, n", MULTIPLY_ADD, reduce="k", init=ZERO, epilogue_reads=["n"],
              epilogue="%z = arith.constant 0.0 : f32\n%b = arith.addf %v, %e0 : f32\n"
              "%m = arith.maximumf %b, %z : f32\nyield %m : f32")  # fmt: skip
    for forms, more in [("m", "7xf32"), ("m, n", "7x33xf32"), ("n, m", "33x7xf32"), ("", "f32")]:
        yield one(f"matmul-epilogue[{forms}]", [*shape, more], "7x33xf32", "m n k",
                  ["m, k", "k, n"], "m, n", MULTIPLY_ADD, reduce="k", init=ZERO,
                  epilogue_reads=[forms],
                  epilogue="%b = arith.addf %v, %e0 : f32\nyield %b : f32")  # fmt: skip
    yield one("matmul-epilogue-index", shape, "7x33xf32", "m n k", ["m, k", "k, n"], "m, n",
              MULTIPLY_ADD, reduce="k", init=ZERO,
              epilogue="%i = structured.index 1\n%j = arith.index_cast %i : index to i32\n"
              "%s = arith.sitofp %j : i32 to f32\n%b = arith.addf %v, %s : f32\n"
              "yield %b : f32")  # fmt: skip
    yield one("matmul-transposed-a", ["9x7xf32", "9x33xf32"], "7x33xf32", "m n k",
              ["k, m", "k, n"], "m, n", MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("matmul-transposed-b", ["7x9xf32", "33x9xf32"], "7x33xf32", "m n k",
              ["m, k", "n, k"], "m, n", MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("matmul-transposed-out", shape, "33x7xf32", "m n k", ["m, k", "k, n"], "n, m",
              MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("matmul-swapped", shape, "7x33xf32", "m n k", ["m, k", "k, n"], "m, n",
              "%p = arith.mulf %a1, %a0 : f32\n%v = arith.addf %p, %acc : f32\nyield %v : f32",
              reduce="k", init=ZERO)  # fmt: skip
    yield one("matmul-b-first", ["9x33xf32", "7x9xf32"], "7x33xf32", "m n k", ["k, n", "m, k"],
              "m, n", MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("batched", ["3x7x9xf32", "3x9x33xf32"], "3x7x33xf32", "b m n k",
              ["b, m, k", "b, k, n"], "b, m, n", MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("batched-dynamic", ["3?x7?x9xf32", "3?x9x33?xf32"], "{0.0}x{0.1}x{1.2}xf32",
              "b m n k", ["b, m, k", "b, k, n"], "b, m, n", MULTIPLY_ADD, reduce="k",
              init=ZERO)  # fmt: skip
    yield one("batched-shared-b", ["3x7x9xf32", "9x33xf32"], "3x7x33xf32", "b m n k",
              ["b, m, k", "k, n"], "b, m, n", MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("vector-matrix", ["9xf32", "9x33xf32"], "33xf32", "n k", ["k", "k, n"], "n",
              MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("matrix-vector", ["33x9xf32", "9xf32"], "33xf32", "m k", ["m, k", "k"], "m",
              MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("dot", ["33xf32", "33xf32"], "f32", "k", ["k", "k"], "", MULTIPLY_ADD, reduce="k",
              init=ZERO)  # fmt: skip
    for name, out, write, more in [
        ("placed", "7x80xf32", "m, n + 40", {}),
        ("placed-rows", "12x33xf32", "m + 3, n", {}),
        ("placed-outside", "7x50xf32", "m, n + 40", {}),
        ("placed-outside-rows", "9x33xf32", "m + 3, n", {}),
        ("reversed-out", "7x33xf32", "m, 32 - n", {}),
        ("strided-out", "7x66xf32", "m, 2 * n", {}),
        ("strided-rows", "14x33xf32", "2 * m, n", {}),
        ("part", "7x33xf32", "m, n", {"domain": [-1, 20, -1]}),
        ("part-rows", "7x33xf32", "m, n", {"domain": [5, -1, -1]}),
        ("part-depth", "7x33xf32", "m, n", {"domain": [-1, -1, 5]}),
    ]:
        yield one(f"matmul-{name}", shape, out, "m n k", ["m, k", "k, n"], write, MULTIPLY_ADD,
                  reduce="k", init=ZERO, **more)  # fmt: skip
    yield one("matmul-reversed-a", shape, "7x33xf32", "m n k", ["6 - m, k", "k, n"], "m, n",
              MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("matmul-reversed-k", shape, "7x33xf32", "m n k", ["m, 8 - k", "8 - k, n"], "m, n",
              MULTIPLY_ADD, reduce="k", init=ZERO, domain=[-1, -1, 9])  # fmt: skip
    yield one("matmul-strided-a", ["15x19xf32", "9x33xf32"], "7x33xf32", "m n k",
              ["2 * m + 1, 2 * k", "k, n"], "m, n", MULTIPLY_ADD, reduce="k",
              init=ZERO)  # fmt: skip
    yield one("matmul-strided-b", ["7x9xf32", "9x70xf32"], "7x33xf32", "m n k",
              ["m, k", "k, 2 * n + 1"], "m, n", MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("matmul-offset", ["9x13xf32", "12x40xf32"], "7x33xf32", "m n k",
              ["m + 2, k + 4", "k + 3, n + 5"], "m, n", MULTIPLY_ADD, reduce="k", init=ZERO,
              domain=[-1, -1, 9])  # fmt: skip
    yield one("matmul-padded", shape, "9x40xf32", "m n k", ["m - 1, k - 1", "k - 1, n - 3"],
              "m, n", MULTIPLY_ADD, reduce="k", init=ZERO, padding=[ZERO, ZERO],
              domain=[-1, -1, 11])  # fmt: skip
    yield one("matmul-padded-dynamic", ["7x9xf32", "9x33xf32", "9?x40?xf32"], "{2.0}x{2.1}xf32",
              "m n k", ["2 * m - 1, k - 1", "k - 1, n - 3"],
              "m, n", MULTIPLY_ADD, reduce="k", init=ZERO, padding=[ZERO, ZERO],
              domain=[-1, -1, 11])  # fmt: skip
    yield one("square", ["9x9xf32"], "9x9xf32", "m n k", ["m, k"], "m, n",
              "%p = arith.mulf %a0, %a0 : f32\n%v = arith.addf %acc, %p : f32\nyield %v : f32",
              reduce="k", init=ZERO, domain=[-1, 9, -1])  # fmt: skip
    for t in ("f64", "f16", "bf16"):
        acc = "f64" if t == "f64" else "f32"
        if t == acc:
            body, end = MULTIPLY_ADD.replace("f32", t), ""
        else:
            body = (f"%l = arith.extf %a0 : {t} to f32\n%g = arith.extf %a1 : {t} to f32\n"
                    "%p = arith.mulf %l, %g : f32\n%v = arith.addf %acc, %p : f32\n"
                    "yield %v : f32")  # fmt: skip
            end = f"%n = arith.truncf %v : f32 to {t}\nyield %n : {t}"
        yield one(f"matmul-{t}", [f"7x9x{t}", f"9x33x{t}"], f"7x33x{t}", "m n k",
                  ["m, k", "k, n"], "m, n", body, reduce="k", init=f"0.0 : {acc}",
                  epilogue=end)  # fmt: skip
    yield one("matmul-i32", ["7x9xi8", "9x33xi8"], "7x33xi32", "m n k", ["m, k", "k, n"], "m, n",
              "%l = arith.extsi %a0 : i8 to i32\n%g = arith.extsi %a1 : i8 to i32\n"
              "%p = arith.muli %l, %g : i32\n%v = arith.addi %acc, %p : i32\nyield %v : i32",
              reduce="k", init="0 : i32")  # fmt: skip


def streamed() -> Iterator[Case]:
    """Few rows or columns beside a large side, which is read as it lies."""
    for m, k, n in [(1, 67, 70), (1, 64, 1), (1, 65, 15), (9, 64, 1), (7, 131, 1), (3, 65, 3),
                    (5, 79, 4), (5, 64, 5), (0, 64, 1), (1, 64, 0)]:  # fmt: skip
        yield matmul(f"matmul-{m}x{k}x{n}", str(m), str(k), str(n))
        if m < 5:
            yield one(f"matmul-{m}x{k}x{n}-transposed", [f"{m}x{k}xf32", f"{n}x{k}xf32"],
                      f"{m}x{n}xf32", "m n k", ["m, k", "n, k"], "m, n", MULTIPLY_ADD, reduce="k",
                      init=ZERO)  # fmt: skip
    yield matmul("matmul-one-row-dynamic", "1", "67?", "70?")
    yield matmul("matmul-one-column-dynamic", "9?", "67?", "1")
    yield matmul("matmul-one-column-special", "5", "67", "1", special=True)
    yield one("batched-one-row", ["3x1x67xf32", "3x67x70xf32", "70xf32"], "3x1x70xf32", "b m n k",
              ["b, m, k", "b, k, n"], "b, m, n", MULTIPLY_ADD, reduce="k", init=ZERO,
              epilogue_reads=["n"], epilogue="%b = arith.addf %v, %e0 : f32\n"
              "yield %b : f32")  # fmt: skip
    yield one("batched-one-column", ["3x5x67xf32", "67x3x2xf32", "5xf32"], "3x5x2xf32", "b m n k",
              ["b, m, k", "k, b, n"], "b, m, n", MULTIPLY_ADD, reduce="k", init=ZERO,
              epilogue_reads=["m"], epilogue="%b = arith.addf %v, %e0 : f32\n"
              "yield %b : f32")  # fmt: skip
    yield one("window-one-channel", ["2x7x9x67xf32", "3x2x67x1xf32"], "2x7x8x1xf32",
              "b h w o u v c", ["b, h + u - 1, w + v, c", "u, v, c, o"], "b, h, w, o",
              MULTIPLY_ADD, reduce="u v c", init=ZERO, padding=[ZERO, None])  # fmt: skip


# --- windows ----------------------------------------------------------------------------------


def conv(
    name: str, size: int, stride: int, pad: int, k: int, dilation: int = 1, batch: str = "2"
) -> Case:
    out = (size + 2 * pad - dilation * (k - 1) - 1) // stride + 1
    oh = f"{stride} * h + {dilation} * y - {pad}"
    ow = f"{stride} * w + {dilation} * x - {pad}"
    return one(name, [f"{batch}x{size}x{size}x3xf32", f"{k}x{k}x3x17xf32"],
               f"{'{0.0}' if '?' in batch else batch}x{out}x{out}x17xf32", "b h w o y x c",
               [f"b, {oh}, {ow}, c", "y, x, c, o"], "b, h, w, o", MULTIPLY_ADD, reduce="y x c",
               init=ZERO, padding=["0.0 : f32"] if pad else [])  # fmt: skip


def windows() -> Iterator[Case]:
    yield conv("conv-3x3", 7, 1, 1, 3)
    yield conv("conv-strided", 9, 2, 1, 3)
    yield conv("conv-valid", 8, 1, 0, 3)
    yield conv("conv-dilated", 9, 1, 2, 3, dilation=2)
    yield conv("conv-1x1", 5, 1, 0, 1)
    yield conv("conv-batch", 6, 1, 1, 3, batch="3?")
    yield one("conv-nchw", ["2x3x7x7xf32", "5x3x3x3xf32"], "2x5x7x7xf32", "b o h w c y x",
              ["b, c, h + y - 1, w + x - 1", "o, c, y, x"], "b, o, h, w", MULTIPLY_ADD,
              reduce="c y x", init=ZERO, padding=["0.0 : f32"])  # fmt: skip
    yield one("depthwise", ["2x7x7x19xf32", "3x3x19xf32"], "2x7x7x19xf32", "b h w c y x",
              ["b, h + y - 1, w + x - 1, c", "y, x, c"], "b, h, w, c", MULTIPLY_ADD,
              reduce="y x", init=ZERO, padding=["0.0 : f32"])  # fmt: skip
    for layout, forms, shape, out in [
        ("nhwc", "b, 2 * h + y - 1, 2 * w + x - 1, c", "2x9x9x19xf32", "2x5x5x19xf32"),
        ("nchw", "b, c, 2 * h + y - 1, 2 * w + x - 1", "2x4x9x9xf32", "2x4x5x5xf32"),
    ]:
        write = "b, h, w, c" if layout == "nhwc" else "b, c, h, w"
        minus = combine("max", "f32")[1]
        yield one(f"max-pool-{layout}", [shape], out, "b h w c y x", [forms], write,
                  fold("max", "f32"), reduce="y x", init=minus, padding=[minus],
                  domain=[-1, -1, -1, -1, 3, 3], special=True)  # fmt: skip
        yield one(f"mean-pool-{layout}", [shape], out, "b h w c y x", [forms], write,
                  fold("sum", "f32"), reduce="y x", init=ZERO, padding=[ZERO],
                  domain=[-1, -1, -1, -1, 3, 3],
                  epilogue="%k = arith.constant 0.25 : f32\n%n = arith.mulf %v, %k : f32\n"
                  "yield %n : f32")  # fmt: skip
    yield one("convolution-1d", ["40xf32", "5xf32"], "36xf32", "n k", ["n + k", "k"], "n",
              MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
    yield one("correlation-1d", ["40xf32", "5xf32"], "36xf32", "n k", ["n - k + 4", "k"], "n",
              MULTIPLY_ADD, reduce="k", init=ZERO)  # fmt: skip
