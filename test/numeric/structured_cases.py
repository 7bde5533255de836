"""Functions of structured ops on tensors, with arguments: what the passes are tried on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from numeric.structured_text import (
    Case,
    Reading,
    function,
    generic,
    one,
    out_type,
    type_text,
)

FLOATS = ("f64", "f32", "f16", "bf16")
INTEGERS = ("i64", "i32", "i8")
EDGES = (0, 1, 7, 13, 15, 16, 17, 63, 64, 65)
"""Sizes around lanes and tiles, and primes."""


# --- elementwise ------------------------------------------------------------------------------

ADD = {**{t: "addf" for t in FLOATS}, **{t: "addi" for t in INTEGERS}, "i1": "xori"}
MUL = {**{t: "mulf" for t in FLOATS}, **{t: "muli" for t in INTEGERS}, "i1": "andi"}


def add(t: str) -> str:
    return f"%v = arith.{ADD[t]} %a0, %a1 : {t}\nyield %v : {t}"


def copy_body(t: str) -> str:
    return f"yield %a0 : {t}"


def elementwise() -> Iterator[Case]:
    for t in (*FLOATS, *INTEGERS, "i1"):
        yield one(f"add-{t}", [f"5x67x{t}"] * 2, f"5x67x{t}", "m n", ["m, n"] * 2, "m, n", add(t),
                  special=True)  # fmt: skip
    for n in EDGES:
        yield one(f"add-{n}", [f"3x{n}xf32"] * 2, f"3x{n}xf32", "m n", ["m, n"] * 2, "m, n",
                  add("f32"))  # fmt: skip
        yield one(f"add-dynamic-{n}", [f"{n}?xf32"] * 2, "{0.0}xf32", "n", ["n"] * 2, "n",
                  add("f32"))  # fmt: skip
    yield one("broadcast-row", ["6x33xf32", "33xf32"], "6x33xf32", "m n", ["m, n", "n"], "m, n",
              add("f32"))  # fmt: skip
    yield one("broadcast-column", ["6x33xf32", "6xf32"], "6x33xf32", "m n", ["m, n", "m"],
              "m, n", add("f32"))  # fmt: skip
    yield one("broadcast-scalar", ["6x33xf32", "f32"], "6x33xf32", "m n", ["m, n", ""], "m, n",
              add("f32"))  # fmt: skip
    yield one("broadcast-unit", ["6x1xf32", "1x33xf32"], "6x33xf32", "m n", ["m, 0", "0, n"],
              "m, n", add("f32"))  # fmt: skip
    yield one("rank-0", ["f32", "f32"], "f32", "", ["", ""], "", add("f32"))
    yield one("outer-product", ["7?xf32", "17xf32"], "{0.0}x17xf32", "m n", ["m", "n"], "m, n",
              add("f32"))  # fmt: skip
    for t in ("f32", "i8", "i1"):
        yield one(f"transpose-{t}", [f"17x5x{t}"], f"5x17x{t}", "m n", ["n, m"], "m, n",
                  copy_body(t))  # fmt: skip
    yield one("transpose-dynamic", ["4?x9?x3xf32"], "3x{0.1}x{0.0}xf32", "a b c", ["c, b, a"],
              "a, b, c", copy_body("f32"))  # fmt: skip
    yield one("transpose-in-groups", ["133x21xf32"], "21x133xf32", "m n", ["n, m"], "m, n",
              copy_body("f32"))  # fmt: skip
    yield one("transpose-in-groups-dynamic", ["133?x21?xf32"], "{0.1}x{0.0}xf32", "m n", ["n, m"],
              "m, n", copy_body("f32"))  # fmt: skip
    yield one("transpose-written", ["17x5xf32"], "5x17xf32", "m n", ["m, n"], "n, m",
              copy_body("f32"))  # fmt: skip
    yield one("reverse", ["4x19xf32"], "4x19xf32", "m n", ["m, 18 - n"], "m, n", copy_body("f32"))
    yield one("reverse-rows", ["16x19xf32"], "16x19xf32", "m n", ["15 - m, n"], "m, n",
              copy_body("f32"))  # fmt: skip
    yield one("slice", ["9x70xf32"], "3x21xf32", "m n", ["2 * m + 1, 3 * n + 5"], "m, n",
              copy_body("f32"))  # fmt: skip
    yield one("slice-rows", ["9x33xf32"], "3x30xf32", "m n", ["2 * m + 1, n + 3"], "m, n",
              copy_body("f32"))  # fmt: skip
    yield one("diagonal", ["9x9xf32"], "9xf32", "m", ["m, m"], "m", copy_body("f32"))
    yield one("pad", ["5x13xf32"], "9x20xf32", "m n", ["m - 2, n - 3"], "m, n", copy_body("f32"),
              padding=["1.5 : f32"])  # fmt: skip
    yield one("pad-negative", ["5x13xf32"], "3x9xf32", "m n", ["m + 1, n + 2"], "m, n",
              copy_body("f32"), padding=["1.5 : f32"])  # fmt: skip
    yield one("pad-i8", ["5x13xi8"], "9x20xi8", "m n", ["m - 2, n - 3"], "m, n",
              copy_body("i8"), padding=["-7 : i8"])  # fmt: skip
    yield one("pad-empty", ["0x13xf32"], "2x20xf32", "m n", ["m - 1, n - 3"], "m, n",
              copy_body("f32"), padding=["1.5 : f32"])  # fmt: skip
    yield one("index", ["6x33xi64"], "6x33xi64", "m n", ["m, n"], "m, n",
              "%i = structured.index 0\n%j = structured.index 1\n%k = arith.muli %i, %j : index\n"
              "%c = arith.index_cast %k : index to i64\n%v = arith.addi %a0, %c : i64\n"
              "yield %v : i64")  # fmt: skip
    yield one("select", ["6x33xi1", "6x33xf32", "33xf32"], "6x33xf32", "m n",
              ["m, n", "m, n", "n"], "m, n",
              "%v = arith.select %a0, %a1, %a2 : f32\nyield %v : f32", special=True)  # fmt: skip
    yield one("compare", ["6x33xf32", "6x33xf32"], "6x33xi1", "m n", ["m, n", "m, n"], "m, n",
              "%v = arith.cmpf olt, %a0, %a1 : f32\nyield %v : i1", special=True)  # fmt: skip
    yield one("compare-i8", ["6x33xi8", "33xi8"], "6x33xi1", "m n", ["m, n", "n"], "m, n",
              "%v = arith.cmpi slt, %a0, %a1 : i8\nyield %v : i1")  # fmt: skip
    yield one("widen", ["6x37xf16"], "6x37xf32", "m n", ["m, n"], "m, n",
              "%v = arith.extf %a0 : f16 to f32\nyield %v : f32", special=True)  # fmt: skip
    yield one("narrow", ["6x37xf32"], "6x37xbf16", "m n", ["m, n"], "m, n",
              "%v = arith.truncf %a0 : f32 to bf16\nyield %v : bf16", special=True)  # fmt: skip
    yield one("to-i64", ["6x37xi8"], "6x37xi64", "m n", ["m, n"], "m, n",
              "%v = arith.extsi %a0 : i8 to i64\nyield %v : i64")  # fmt: skip
    yield one("constant", [], "6x37xf32", "m n", [], "m, n",
              "%v = arith.constant 2.5 : f32\nyield %v : f32")  # fmt: skip


# --- reductions -------------------------------------------------------------------------------

COMBINERS: dict[str, tuple[str, dict[str, str]]] = {
    "sum": ("add", {"f": "0.0", "i": "0"}),
    "product": ("mul", {"f": "1.0", "i": "1"}),
    "max": ("max", {"f": "0xFF800000", "i": "-100"}),
    "min": ("min", {"f": "0x7F800000", "i": "100"}),
}
_INFINITY = {"f64": "7FF0000000000000", "f32": "7F800000", "f16": "7C00", "bf16": "7F80"}


def combine(kind: str, t: str) -> tuple[str, str]:
    """The combiner's op and its first value, for a type."""
    float_ = t in FLOATS
    name = {"sum": "add", "product": "mul", "max": "max", "min": "min"}[kind]
    suffix = {"max": "imumf", "min": "imumf"}.get(kind, "f") if float_ else (
        "si" if kind in ("max", "min") else "i"
    )  # fmt: skip
    if kind in ("max", "min") and float_:
        bits = int(_INFINITY[t], 16)
        if kind == "max":
            bits |= 1 << (len(_INFINITY[t]) * 4 - 1)
        return f"arith.{name}{suffix}", f"0x{bits:0{len(_INFINITY[t])}X} : {t}"
    first = {"sum": 0, "product": 1, "max": -128, "min": 127}[kind]
    return f"arith.{name}{suffix}", f"{float(first) if float_ else first} : {t}"


def fold(kind: str, t: str) -> str:
    return f"%v = {combine(kind, t)[0]} %a0, %acc : {t}\nyield %v : {t}"


def reductions() -> Iterator[Case]:
    for t in (*FLOATS, *INTEGERS):
        for kind in COMBINERS:
            small = kind == "product" and t in FLOATS
            size = 5 if small else 37
            for special in (False, True) if t in FLOATS else (False,):
                mark = "-special" if special else ""
                init = combine(kind, t)[1]
                yield one(f"row-{kind}-{t}{mark}", [f"5x{size}x{t}"], f"5x{t}", "m k", ["m, k"],
                          "m", fold(kind, t), reduce="k", init=init, special=special)  # fmt: skip
                yield one(f"column-{kind}-{t}{mark}", [f"{size}x21x{t}"], f"21x{t}", "n k",
                          ["k, n"], "n", fold(kind, t), reduce="k", init=init,
                          special=special)  # fmt: skip
    for n in EDGES:
        yield one(f"row-sum-{n}", [f"3x{n}xf32"], "3xf32", "m k", ["m, k"], "m",
                  fold("sum", "f32"), reduce="k", init="0.0 : f32")  # fmt: skip
        yield one(f"row-max-dynamic-{n}", [f"3?x{n}?xf32"], "{0.0}xf32", "m k", ["m, k"], "m",
                  fold("max", "f32"), reduce="k", init=combine("max", "f32")[1])  # fmt: skip
        yield one(f"column-sum-{n}", [f"7?x{n}xf32"], f"{n}xf32", "n k", ["k, n"], "n",
                  fold("sum", "f32"), reduce="k", init="0.0 : f32")  # fmt: skip
    for rows, columns in ((16, 65), (17, 127), (31, 64), (24, 4096), (16, 4097)):
        for kind in ("sum", "max"):
            yield one(f"long-column-{kind}-{rows}-{columns}", [f"{rows}x{columns}xf32"],
                      f"{columns}xf32", "n k", ["k, n"], "n", fold(kind, "f32"), reduce="k",
                      init=combine(kind, "f32")[1], special=kind == "max")  # fmt: skip
    for rows in (0, 1, 8, 19):
        yield one(f"long-column-dynamic-{rows}", [f"3?x{rows}?x67?xf32", "67?xf32"],
                  "{0.0}x{0.2}xf32", "b n k", ["b, k, n"], "b, n", fold("sum", "f32"), reduce="k",
                  init="0.0 : f32", epilogue_reads=["n"],
                  epilogue="%n = arith.mulf %v, %e0 : f32\nyield %n : f32")  # fmt: skip
    yield one("long-column-of-planes", ["5x19x129xf32"], "129xf32", "n j k", ["j, k, n"], "n",
              fold("sum", "f32"), reduce="j k", init="0.0 : f32")  # fmt: skip
    yield one("full-sum", ["5x17xf32"], "f32", "i j", ["i, j"], "", fold("sum", "f32"),
              reduce="i j", init="0.0 : f32")  # fmt: skip
    yield one("middle-sum", ["3x11x35xf32"], "3x35xf32", "a b c", ["a, b, c"], "a, c",
              fold("sum", "f32"), reduce="b", init="0.0 : f32")  # fmt: skip
    yield one("any", ["5x37xi1"], "5xi1", "m k", ["m, k"], "m",
              "%v = arith.ori %a0, %acc : i1\nyield %v : i1", reduce="k", init="false")  # fmt: skip
    yield one("all", ["5x37xi1"], "5xi1", "m k", ["m, k"], "m",
              "%v = arith.andi %a0, %acc : i1\nyield %v : i1", reduce="k", init="true")  # fmt: skip
    yield one("count", ["5x37xi1"], "5xi32", "m k", ["m, k"], "m",
              "%w = arith.extui %a0 : i1 to i32\n%v = arith.addi %acc, %w : i32\nyield %v : i32",
              reduce="k", init="0 : i32")  # fmt: skip
    yield one("horner", ["5x9xf32"], "5xf32", "m k", ["m, k"], "m",
              "%d = arith.addf %acc, %acc : f32\n%v = arith.addf %d, %a0 : f32\nyield %v : f32",
              reduce="k", init="0.0 : f32")  # fmt: skip
    yield one("last", ["5x9xf32"], "5xf32", "m k", ["m, k"], "m", "yield %a0 : f32",
              reduce="k", init="0.0 : f32")  # fmt: skip
    yield one("sub-fold", ["5x9xf32"], "5xf32", "m k", ["m, k"], "m",
              "%v = arith.subf %acc, %a0 : f32\nyield %v : f32", reduce="k",
              init="0.0 : f32")  # fmt: skip
    yield one("wide-accumulator", ["5x37xbf16"], "5xbf16", "m k", ["m, k"], "m",
              "%w = arith.extf %a0 : bf16 to f32\n%v = arith.addf %acc, %w : f32\nyield %v : f32",
              reduce="k", init="0.0 : f32",
              epilogue="%n = arith.truncf %v : f32 to bf16\nyield %n : bf16")  # fmt: skip
    yield one("mean", ["5x37xf32", "5xf32"], "5xf32", "m k", ["m, k"], "m", fold("sum", "f32"),
              reduce="k", init="0.0 : f32", epilogue_reads=["m"],
              epilogue="%n = arith.mulf %v, %e0 : f32\nyield %n : f32")  # fmt: skip
    yield one("column-mean", ["11x37xf32", "37xf32"], "37xf32", "n k", ["k, n"], "n",
              fold("sum", "f32"), reduce="k", init="0.0 : f32", epilogue_reads=["n"],
              epilogue="%n = arith.mulf %v, %e0 : f32\nyield %n : f32")  # fmt: skip
    yield one("sum-of-squares", ["5x37xf32"], "5xf32", "m k", ["m, k"], "m",
              "%s = arith.mulf %a0, %a0 : f32\n%v = arith.addf %acc, %s : f32\nyield %v : f32",
              reduce="k", init="0.0 : f32")  # fmt: skip
    yield one("argmax-index", ["5x37xf32"], "5xi64", "m k", ["m, k"], "m",
              "%z = arith.constant 0.0 : f32\n%p = arith.cmpf ogt, %a0, %z : f32\n"
              "%i = structured.index 1\n%j = arith.index_cast %i : index to i64\n"
              "%s = arith.select %p, %j, %acc : i64\n%v = arith.maxsi %s, %acc : i64\n"
              "yield %v : i64", reduce="k", init="-1 : i64")  # fmt: skip
    yield one("count-index", ["5x37xf32"], "5xi64", "m k", ["m, k"], "m",
              "%i = structured.index 1\n%j = arith.index_cast %i : index to i64\n"
              "%v = arith.addi %j, %acc : i64\nyield %v : i64", reduce="k",
              init="0 : i64")  # fmt: skip


# --- contractions -----------------------------------------------------------------------------

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


# --- results in parts -------------------------------------------------------------------------


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


def all_cases() -> list[Case]:
    families = (elementwise, reductions, contractions, windows, parts, companions)
    return [case for family in families for case in family()]
