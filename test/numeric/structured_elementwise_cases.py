"""Elementwise ops and reductions as structured ops, and the bodies that others have as well."""

from __future__ import annotations

from collections.abc import Iterator

from numeric.structured_text import (
    Case,
    one,
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
