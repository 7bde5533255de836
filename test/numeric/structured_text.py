"""Modules of one function of structured ops on tensors, with arguments.

An argument is written as its type; `3?` is a dynamic size that is 3 in this run: `"3?x4xf32"`. A
dynamic result size is an argument's dimension: `"{0.1}x4xf32"` is `?x4` with size 1 of argument 0.

Floats are small integers, so that sums are exact in every order and results compare bit by bit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlir.numpy_types import dtype_named


@dataclass(frozen=True)
class Case:
    """The text of a module with a function `@f` on tensors, and the arguments of one call."""

    name: str
    text: str
    arguments: tuple[str, ...]
    special: bool = False
    seed: int = 1
    indices_below: int = 0
    """Bound of i64 arguments that are indices, both signs."""

    def __str__(self) -> str:
        return self.name

    def values(self) -> list[Any]:
        rng = np.random.default_rng(self.seed)
        return [self._value(rng, text) for text in self.arguments]

    def _value(self, rng: np.random.Generator, text: str) -> Any:
        *sizes, element = text.split("x")
        shape, dtype = tuple(int(n.rstrip("?")) for n in sizes), dtype_named(element)
        assert dtype is not None
        if self.indices_below and element == "i64":
            return rng.integers(-self.indices_below, self.indices_below, shape)
        if element == "i1":
            return rng.integers(0, 2, shape).astype(bool)
        x = rng.integers(-3, 4, shape).astype(dtype)
        if self.special and dtype.kind not in "iu":
            marks = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0], dtype)
            place = rng.permutation(x.size)[: len(marks)]
            x.reshape(-1)[place] = marks[: len(place)]
        return x


def type_text(argument: str) -> str:
    """`3?x4xf32` -> `tensor<?x4xf32>`."""
    return f"tensor<{re.sub(r'[0-9]+[?]', '?', argument)}>"


@dataclass(frozen=True)
class Reading:
    """One input of a generic: an SSA name, its type, and its indices: `"2 * oh + kh, c"`."""

    name: str
    type: str
    forms: str
    padding: str | None = None


def generic(
    result: str,
    dims: str,
    reads: Sequence[Reading],
    out: Reading,
    body: str,
    *,
    reduce: str = "",
    init: str | None = None,
    domain: Sequence[int] | None = None,
    schedule: str | None = None,
    epilogue: str = "",
    epilogue_reads: Sequence[Reading] = (),
) -> str:
    """One `structured.generic`. The body uses %a0, %a1, .. and %acc and ends in `yield %v`."""
    names = dims.split()
    parallel = [d for d in names if d not in reduce.split()]
    head = f"({', '.join(names)})"
    properties = [
        "maps = [" + ", ".join(f"{head} -> ({r.forms})" for r in [*reads, out]) + "]",
        "iterators = ["
        + ", ".join("reduction" if d in reduce.split() else "parallel" for d in names)
        + "]",
    ]
    element = element_of(out.type)
    if init is not None:
        properties.append(f"init = {init}")
        element = init.partition(" : ")[2] or "i1"
    if any(r.padding for r in reads):
        properties.append(f"padding = [{', '.join(r.padding or 'unit' for r in reads)}]")
    if domain is not None:
        properties.append(f"domain = array<i64: {', '.join(map(str, domain))}>")
    if schedule is not None:
        properties.append(f"schedule = #structured.schedule<{schedule}>")
    arguments = [f"%a{i}: {element_of(r.type)}" for i, r in enumerate(reads)]
    if reduce:
        arguments.append(f"%acc: {element}")
    text = f"{result} = structured.generic {{{', '.join(properties)}}}{_group('ins', reads)}"
    text += f"{_group('outs', [out])} {{\n^bb0({', '.join(arguments)}):\n{_yields(body)}\n}}"
    if epilogue:
        more = [f"%e{i}: {element_of(r.type)}" for i, r in enumerate(epilogue_reads)]
        text += f" epilogue{_group('ins', epilogue_reads)}"
        if epilogue_reads:
            maps = ", ".join(f"({', '.join(parallel)}) -> ({r.forms})" for r in epilogue_reads)
            text += f" maps [{maps}]"
        text += f" {{\n^bb0({', '.join([f'%v: {element}', *more])}):\n{_yields(epilogue)}\n}}"
    return f"{text} -> {out.type}"


def element_of(type: str) -> str:
    return type.rpartition("x")[2].removeprefix("tensor<").rstrip(">") if "<" in type else type


def _group(keyword: str, reads: Sequence[Reading]) -> str:
    if not reads:
        return ""
    names, types = ", ".join(r.name for r in reads), ", ".join(r.type for r in reads)
    return f" {keyword}({names} : {types})"


def _yields(body: str) -> str:
    return re.sub(r"\byield\b", "structured.yield", body)


def function(arguments: Sequence[str], out: str | Sequence[str], body: str) -> str:
    """`@f` on %x0, %x1, ..; `body` computes %r into the empty %o (or %r0, .. into %o0, ..)."""
    outs = [out] if isinstance(out, str) else list(out)
    suffix = (lambda i: "") if isinstance(out, str) else str
    head = ", ".join(f"%x{i}: {type_text(a)}" for i, a in enumerate(arguments))
    lines, types = [], [out_type(o) for o in outs]
    for number, (o, type) in enumerate(zip(outs, types, strict=True)):
        sizes = []
        for argument, position in re.findall(r"\{(\d+)\.(\d+)\}", o):
            name = f"%s{number}_{len(sizes)}"
            lines.append(f"{name}_c = arith.constant {position} : index")
            source = type_text(arguments[int(argument)])
            lines.append(f"{name} = tensor.dim %x{argument}, {name}_c : {source}")
            sizes.append(name)
        lines.append(f"%o{suffix(number)} = tensor.empty({', '.join(sizes)}) : {type}")
    names = ", ".join(f"%r{suffix(i)}" for i in range(len(outs)))
    return (
        f"func.func @f({head}) -> ({', '.join(types)}) {{\n"
        + "\n".join(lines)
        + f"\n{body}\nfunc.return {names} : {', '.join(types)}\n}}"
    )


def out_type(out: str) -> str:
    return f"tensor<{re.sub(r'{[0-9.]+}', '?', out)}>"


def one(
    name: str,
    arguments: Sequence[str],
    out: str,
    dims: str,
    reads: Sequence[str],
    write: str,
    body: str,
    *,
    special: bool = False,
    padding: Sequence[str | None] = (),
    epilogue_reads: Sequence[str] = (),
    **properties: Any,
) -> Case:
    """A function of one generic that reads the arguments in order, epilogue inputs last."""
    inputs = [
        Reading(f"%x{i}", type_text(arguments[i]), forms, dict(enumerate(padding)).get(i))
        for i, forms in enumerate(reads)
    ]
    extra = [
        Reading(f"%x{i}", type_text(arguments[i]), forms)
        for i, forms in enumerate(epilogue_reads, len(reads))
    ]
    destination = Reading("%o", out_type(out), write)
    text = generic("%r", dims, inputs, destination, body, epilogue_reads=extra, **properties)
    return Case(name, function(arguments, out, text), tuple(arguments), special)
