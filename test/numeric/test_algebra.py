"""Every rule of dlir's pattern tables, applied alone to random inputs, changes nothing."""

from __future__ import annotations

import re
from math import prod
from typing import Any

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numeric.algebra_cases import ALGEBRA, FINITE, Case
from xdsl.dialects.builtin import ModuleOp

from dlir.interpreter import Interpreter
from dlir.numpy_types import dtype_of
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.rewrite import rewrite
from dlir.transforms.apply_patterns import TABLES
from dlir.transforms.patterns.reading import read_rules
from dlir.transforms.patterns.rewriting import Rule, pattern_of
from dlir.verifier import verify

REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
RULES = {name: {r.name: r for r in read_rules(path, CONTEXT)} for name, path in TABLES.items()}
CASES = {"algebra": ALGEBRA, "algebra-finite": FINITE}
ELEMENTS = {"f": ["f64", "f32", "f16", "bf16"], "s": ["i64", "i32", "i16", "i8"], "b": ["i1"]}
ELEMENTS["i"] = [*ELEMENTS["s"], "ui64", "ui32", "ui16", "ui8"]
WIDER = {"f16": "f32", "bf16": "f32", "f32": "f64", "f64": "f64"}
WIDER |= {"i8": "i16", "i16": "i32", "i32": "i64", "i64": "i64"}
WIDER |= {f"u{narrow}": f"u{wide}" for narrow, wide in WIDER.items() if narrow[0] == "i"}
OTHER = {"f16": "bf16", "bf16": "f16", "f32": "f16", "f64": "f32"}
OTHER |= {"i8": "ui32", "i16": "i8", "i32": "f32", "i64": "f64"}
OTHER |= {"ui8": "i8", "ui16": "i32", "ui32": "f32", "ui64": "f64"}
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 5e-324, 6e-8, 65504.0, 3.4e38]
FINITE_SPECIAL = [x for x in SPECIAL if np.isfinite(x)]
PREDICATES = ["eq", "ne", "lt", "le", "gt", "ge"]


@pytest.mark.parametrize("table", TABLES)
def test_every_rule_has_a_case(table: str) -> None:
    assert {*RULES[table]} == {*CASES[table]}


def text_of(case: Case, element: str, shape: tuple[int, ...], dynamic: bool, compare: str) -> str:
    sizes = ["?" if dynamic and at < len(shape) - 1 else str(n) for at, n in enumerate(shape)]
    lengths = {"T": sizes, "R": [str(n) for n in shape[-1:]], "W": sizes, "U": sizes}
    k = [str(shape[0]), "2", "3"]
    lengths |= {"K": k, "K2": [k[1], k[2], k[0]], "K3": [k[2], k[1], k[0]]}
    elements = {"W": WIDER.get(element, element), "U": OTHER.get(element, element)}
    types = {t: f"tensor<{'x'.join([*n, elements.get(t, element)])}>" for t, n in lengths.items()}
    types["B"] = f"tensor<{'x'.join([*sizes, 'i1'])}>"
    lines = case.lines.replace("PREDICATE", compare).replace("COUNT", str(prod(shape)))
    lines = re.sub(r"= c (\S+?);", rf"= dl.constant dense<\1> : tensor<{element}>;", lines)
    lines = re.sub(r"= (true|false);", r"= dl.constant dense<\1> : tensor<i1>;", lines)
    if element[0] in "fb":
        lines = re.sub(r"dense<(-?\d+)>", r"dense<\1.0>", lines)
    lines = lines.replace("SHAPE", "x".join(map(str, shape)))
    lines = re.sub(r"(?<=[<x])E(?=>)", element, lines)
    lines = re.sub(r"\b(T|R|B|W|U|K[23]?)\b", lambda m: types[m[1]], lines).replace(";", "\n")
    result = lines.rpartition(" ")[2]
    return f"""func.func @f(%x: {types["T"]}, %y: {types["T"]}, %r: {types["R"]}, %p: {types["B"]},
        %k: {types["K"]}) -> {result} {{
      {lines}
      func.return %z : {result}
    }}"""


def applied(module: ModuleOp, rule: Rule) -> ModuleOp:
    """A copy to which the rule was applied, and it alone."""
    after = module.clone()
    result = rewrite(after, [pattern_of(rule)])
    assert result.matches[rule.name] == 1
    after.verify()
    return after


def run(module: ModuleOp, values: list[Any]) -> Any:
    return Interpreter(module, REGISTRY).call("f", *values)[0]


def values_of(draw: st.DrawFn, element: str, shape: tuple[int, ...], finite: bool) -> Any:
    dtype = dtype_of(next(iter(parse_type(element))))
    if element == "i1":
        return draw(arrays.arrays(np.bool_, shape))
    if element.startswith(("i", "ui")):
        return draw(arrays.arrays(dtype, shape))
    special = st.sampled_from(FINITE_SPECIAL if finite else SPECIAL)
    floats = special | st.floats(allow_nan=not finite, allow_infinity=not finite)
    with np.errstate(all="ignore"):
        drawn = draw(arrays.arrays(np.float64, shape, elements=floats)).astype(dtype)
    # A finite number may be infinite in a narrower type.
    return np.where(np.isfinite(drawn), drawn, dtype.type(1)) if finite else drawn


def parse_type(element: str) -> Any:
    module = parse_module(f'"test.op"() {{t = {element}}} : () -> ()', UNREGISTERED, "type")
    return [op.attributes["t"] for op in module.ops]


UNREGISTERED = REGISTRY.context(allow_unregistered=True)


def same_bits(before: Any, after: Any, zeros: bool = True) -> bool:
    """Equal, with NaN equal to NaN and, unless `zeros` is False, zeros of the same sign."""
    if before.dtype.kind in "iub":
        return np.array_equal(before, after)
    before, after = before.astype(np.float64), after.astype(np.float64)
    signs = np.array_equal(np.signbit(before[before == 0]), np.signbit(after[after == 0]))
    return np.array_equal(before, after, equal_nan=True) and (signs or not zeros)


def check(data: st.DataObject, table: str, name: str) -> None:
    case, finite = CASES[table][name], table == "algebra-finite"
    element = data.draw(st.sampled_from([e for kind in case.elements for e in ELEMENTS[kind]]))
    if name in ("cast_back", "cast_cast"):
        element = element.replace("64", "32")  # there is no type wider than 64 bits
    shape = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple))
    dynamic = not case.static and data.draw(st.booleans())
    compare = data.draw(st.sampled_from(PREDICATES))
    module = parse_module(text_of(case, element, shape, dynamic, compare), CONTEXT, name)
    verify(module)
    shapes = [shape, shape, shape[-1:]]
    values = [data.draw(st.composite(values_of)(element, s, finite)) for s in shapes]
    values.append(data.draw(arrays.arrays(np.bool_, shape)))
    values.append(data.draw(st.composite(values_of)(element, (shape[0], 2, 3), finite)))
    before, after = run(module, values), run(applied(module, RULES[table][name]), values)
    assert before.dtype == after.dtype
    assert same_bits(before, after, zeros=not finite)


@pytest.mark.parametrize("name", ALGEBRA)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_algebra(name: str, data: st.DataObject) -> None:
    check(data, "algebra", name)


@pytest.mark.parametrize("name", FINITE)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_algebra_of_finite_numbers(name: str, data: st.DataObject) -> None:
    check(data, "algebra-finite", name)


@pytest.mark.parametrize("name", FINITE)
def test_finite_rules_do_not_hold_for_all_numbers(name: str) -> None:
    """What keeps them out of the default table."""
    left, right = (grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL))
    text = text_of(FINITE[name], "f64", left.shape, False, "lt")
    module = parse_module(text, CONTEXT, name)
    values = [left, right, right, left > 0, np.zeros((left.size, 2, 3))]
    after = applied(module, RULES["algebra-finite"][name])
    assert not same_bits(run(module, values), run(after, values))
