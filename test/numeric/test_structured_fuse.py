"""What `structured-fuse` decides by cost computes the same, bit by bit, also natively."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dlir
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.transforms.fusion.decisions import Decision, collect_decisions

SIZES = [(0, 5), (3, 0), (1, 1), (5, 15), (3, 16), (2, 17), (7, 64), (4, 67)]


def computed_twice(m: Any, n: Any) -> str:
    """A cheap producer of an elementwise reader and a reduction."""
    return f"""
    func.func @main(%x: tensor<{m}x{n}xf32>, %y: tensor<{m}x{n}xf32>)
        -> (tensor<{m}x{n}xf32>, tensor<{m}xf32>) {{
      %r = dl.abs %x : tensor<{m}x{n}xf32>
      %a = dl.mul %r, %y : (tensor<{m}x{n}xf32>, tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
      %b = dl.reduce_max %r {{axes = [1]}} : tensor<{m}x{n}xf32> -> tensor<{m}xf32>
      func.return %a, %b : tensor<{m}x{n}xf32>, tensor<{m}xf32>
    }}"""


def read_across(m: Any, n: Any) -> str:
    """A transpose whose reader has another operand, and a square of it."""
    return f"""
    func.func @main(%x: tensor<{m}x{n}xf32>, %y: tensor<{n}x{m}xf32>) -> tensor<{m}x{n}xf32> {{
      %t = dl.transpose %y {{perm = [1, 0]}} : tensor<{n}x{m}xf32> -> tensor<{m}x{n}xf32>
      %s = dl.mul %t, %t : (tensor<{m}x{n}xf32>, tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
      %a = dl.add %x, %s : (tensor<{m}x{n}xf32>, tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
      func.return %a : tensor<{m}x{n}xf32>
    }}"""


def broadcast(m: Any, n: Any) -> str:
    """A row that is computed, and read by every row."""
    return f"""
    func.func @main(%x: tensor<{m}x{n}xf32>, %u: tensor<{n}xf32>) -> tensor<{m}x{n}xf32> {{
      %s = dl.neg %u : tensor<{n}xf32>
      %a = dl.add %x, %s : (tensor<{m}x{n}xf32>, tensor<{n}xf32>) -> tensor<{m}x{n}xf32>
      func.return %a : tensor<{m}x{n}xf32>
    }}"""


PROGRAMS = (computed_twice, read_across, broadcast)


def arguments(program: Callable[[Any, Any], str], m: int, n: int) -> list[Any]:
    rng = np.random.default_rng(m * 100 + n)
    second = (n, m) if program is read_across else (m, n)
    shapes: list[tuple[int, ...]] = [(m, n), (n,) if program is broadcast else second]
    values = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    marks = np.array([np.nan, np.inf, -np.inf, -0.0], np.float32)
    for value in values:
        count = min(len(marks), value.size // 2)
        value.reshape(-1)[:count] = marks[:count]
    return values


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_fused_programs_on_cpu(program: Callable[[Any, Any], str], sizes: tuple[int, int]) -> None:
    given = arguments(program, *sizes)
    for text in (program(*sizes), program("?", "?")):
        model = dlir.load(text)
        expected = dlir.compile(model, target="ref")(*given)
        got = dlir.compile(model, target="cpu", cache=False)(*given)
        np.testing.assert_equal(got, expected)


def decisions(text: str) -> dict[str, Decision]:
    """The decision on each tensor that has a name."""
    module = dlir.load(text).module
    with collect_decisions() as found:
        PassManager("convert-dl-to-structured,cse,structured-fuse").run(
            default_registry().context(), module
        )
    return {d.value: d for d in found}


def test_cheap_producers_are_repeated() -> None:
    found = decisions(computed_twice(64, 64))["%r"]
    assert found.fused and len(found.consumers) == 2
    assert found.saved == 8 * 64 * 64 and found.repeated == 64 * 64 and found.seconds > 0


def test_lanes_are_worth_a_stored_transpose() -> None:
    found = decisions(read_across(64, 64))
    assert found["%s"].fused
    assert not found["%t"].fused and found["%t"].seconds < 0
    assert [work.kind for work in found["%t"].after] == ["points"]


@pytest.mark.parametrize(("rows", "fused"), [(2, True), (512, False)])
def test_a_broadcast_row_is_repeated_for_few_rows(rows: int, fused: bool) -> None:
    found = decisions(broadcast(rows, 64))["%s"]
    assert found.fused is fused
    assert found.repeated == (rows - 1) * 64


def test_the_report_of_a_compilation_lists_decisions() -> None:
    model = dlir.load(broadcast(2, 64))
    report = dlir.compile(model, target="cpu", explain_fusion=True).report
    assert [entry["tensor"] for entry in report.details["fusion"]] == ["%s"]
    assert "<h2>Fusion</h2>" in report.to_html()


def test_a_chain_that_reads_its_last_two_does_not_double() -> None:
    """As in random number generators: every body computes each number once."""
    steps = 24
    lines = "\n".join(
        f"%v{n} = dl.add %v{n - 1}, %v{n - 2} : (tensor<16xi32>, tensor<16xi32>) -> tensor<16xi32>"
        for n in range(2, steps)
    )
    module = dlir.load(f"""
    func.func @main(%v0: tensor<16xi32>, %v1: tensor<16xi32>) -> tensor<16xi32> {{
      {lines}
      func.return %v{steps - 1} : tensor<16xi32>
    }}""").module
    registry = default_registry()
    passes = "convert-dl-to-structured,structured-fuse"
    PassManager(passes, registry=registry).run(registry.context(), module)
    assert sum(op.name == "arith.addi" for op in module.walk()) <= steps


@pytest.mark.parametrize("half", [1, 2, 7, 8, 16, 17])
def test_halves_that_change_places(half: int) -> None:
    """As rotary embeddings do: parts of a larger tensor are written into places of another."""
    whole, turned = f"tensor<5x3x{4 * half}xf32>", f"tensor<3x5x{4 * half}xf32>"
    part, pair = f"tensor<3x5x{half}xf32>", f"tensor<3x5x{2 * half}xf32>"
    text = f"""
    func.func @main(%x: {whole}, %s: {pair}) -> {pair} {{
      %t = dl.transpose %x {{perm = [1, 0, 2]}} : {whole} -> {turned}
      %a, %b, %c = dl.split %t {{axis = 2, sizes = [{half}, {half}, {2 * half}]}}
          : {turned} -> ({part}, {part}, {pair})
      %n = dl.neg %b : {part}
      %r = dl.concat %n, %a {{axis = 2}} : ({part}, {part}) -> {pair}
      %y = dl.mul %r, %s : {pair}
      func.return %y : {pair}
    }}"""
    rng = np.random.default_rng(half)
    x = rng.normal(size=(5, 3, 4 * half)).astype(np.float32)
    s = rng.normal(size=(3, 5, 2 * half)).astype(np.float32)
    wanted = dlir.compile(text, target="ref")(x, s)
    got = dlir.compile(text, target="cpu", cache=False)(x, s)
    np.testing.assert_array_equal(got, wanted)
