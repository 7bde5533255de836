"""Programs with control flow: the host interprets it, what stands between is machine code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlir

GROWING = """
func.func @main(%x: tensor<?x4xf32>, %c: tensor<i1>, %k: tensor<i64>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %a = dl.exp %x : tensor<?x4xf32>
  %p = tensor.extract %c[] : tensor<i1>
  %y = scf.if %p -> (tensor<?x4xf32>) {
    %n = dl.neg %a : tensor<?x4xf32>
    scf.yield %n : tensor<?x4xf32>
  } else {
    scf.yield %a : tensor<?x4xf32>
  }
  %w = dl.param "w" : tensor<4x4xf32>
  %k0 = tensor.extract %k[] : tensor<i64>
  %n = arith.index_cast %k0 : i64 to index
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %y) -> (tensor<?x4xf32>) {
    %t = dl.matmul %s, %w acc f32 : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %u = dl.concat %t, %s {axis = 0} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    scf.yield %u : tensor<?x4xf32>
  }
  %d = dl.dim %r, 0 : tensor<?x4xf32>
  %m = arith.muli %d, %c1 : index
  %z = dl.reshape %r [%m] : tensor<?x4xf32> -> tensor<?x4xf32>
  func.return %z, %y : tensor<?x4xf32>, tensor<?x4xf32>
}
"""

HALVING = """
func.func @main(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<i64>) {
  %zero = dl.constant dense<0> : tensor<i64>
  %r, %n = scf.while (%s = %x, %i = %zero) : (tensor<8xf32>, tensor<i64>)
      -> (tensor<8xf32>, tensor<i64>) {
    %m = dl.reduce_max %s {axes = [0]} : tensor<8xf32> -> tensor<f32>
    %one = dl.constant dense<1.0> : tensor<f32>
    %above = dl.compare gt, %m, %one : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %go = tensor.extract %above[] : tensor<i1>
    scf.condition(%go) %s, %i : tensor<8xf32>, tensor<i64>
  } do {
  ^bb0(%s: tensor<8xf32>, %i: tensor<i64>):
    %half = dl.constant dense<0.5> : tensor<f32>
    %t = dl.mul %s, %half : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
    %step = dl.constant dense<1> : tensor<i64>
    %j = dl.add %i, %step : tensor<i64>
    scf.yield %t, %j : tensor<8xf32>, tensor<i64>
  }
  func.return %r, %n : tensor<8xf32>, tensor<i64>
}
"""

FIBONACCI = """
func.func @main(%n: tensor<i64>) -> tensor<i64> {
  %one = dl.constant dense<1> : tensor<i64>
  %small = dl.compare le, %n, %one : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %p = tensor.extract %small[] : tensor<i1>
  %r = scf.if %p -> (tensor<i64>) {
    scf.yield %n : tensor<i64>
  } else {
    %a = dl.sub %n, %one : tensor<i64>
    %b = dl.sub %a, %one : tensor<i64>
    %f = func.call @main(%a) : (tensor<i64>) -> tensor<i64>
    %g = func.call @main(%b) : (tensor<i64>) -> tensor<i64>
    %s = dl.add %f, %g : tensor<i64>
    scf.yield %s : tensor<i64>
  }
  func.return %r : tensor<i64>
}
"""

WEIGHTS = {"w": np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4)}
X = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)


def inputs(rows: int, condition: bool, count: int) -> list[Any]:
    x = np.linspace(-1, 1, 4 * rows, dtype=np.float32).reshape(rows, 4)
    return [x, np.array(condition), np.array(count)]


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("threads", [1, 2])
def test_growing_loops_and_branches(cache: bool, threads: int) -> None:
    exe = dlir.compile(GROWING, params=WEIGHTS, cache=cache, threads=threads)
    ref = dlir.compile(GROWING, "ref", params=WEIGHTS)
    for rows in (0, 1, 2, 5):
        for condition in (True, False):
            for count in (-1, 0, 1, 3):
                given = inputs(rows, condition, count)
                for got, wanted in zip(exe(*given), ref(*given), strict=True):
                    assert got.shape == wanted.shape
                    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_a_known_program_is_linked_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path))
    first = dlir.compile(GROWING, params=WEIGHTS)
    second = dlir.compile(GROWING, params=WEIGHTS)
    assert "object" in {phase.name for phase in first.report.phases}
    assert "object" not in {phase.name for phase in second.report.phases}
    given = inputs(3, True, 2)
    for one, two in zip(first(*given), second(*given), strict=True):
        np.testing.assert_array_equal(one, two)


def test_while() -> None:
    x = np.arange(8, dtype=np.float32) * 3
    got, count = dlir.compile(HALVING)(x)
    np.testing.assert_array_equal(got, x / 32)
    assert count == 5


def test_recursion() -> None:
    assert dlir.compile(FIBONACCI)(np.array(9)) == 34


def test_recursion_without_end_is_diagnosed() -> None:
    text = """
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = func.call @main(%x) : (tensor<2xf32>) -> tensor<2xf32>
      func.return %y : tensor<2xf32>
    }
    """
    with pytest.raises(ValueError, match="nested too deeply"):
        dlir.compile(text)(np.zeros(2, np.float32))


def test_sizes_that_do_not_fit_are_diagnosed() -> None:
    text = """
    func.func @main(%x: tensor<?xf32>, %n: tensor<i64>) -> tensor<?x2xf32> {
      %i = tensor.extract %n[] : tensor<i64>
      %m = arith.index_cast %i : i64 to index
      %y = dl.reshape %x [%m] : tensor<?xf32> -> tensor<?x2xf32>
      func.return %y : tensor<?x2xf32>
    }
    """
    x = np.arange(6, dtype=np.float32)
    for target in ("ref", "cpu"):
        exe = dlir.compile(text, target)
        np.testing.assert_array_equal(exe(x, np.array(3)), x.reshape(3, 2))
        for wrong in (-3, 2, 4, 1 << 62):
            with pytest.raises(ValueError):
                exe(x, np.array(wrong))


def test_stages_and_report_tell_what_the_host_runs() -> None:
    exe = dlir.compile(GROWING, params=WEIGHTS)
    assert "dlir.host" in str(exe.stage("host"))
    assert "scf.if" in str(exe.stage("dl"))
    assert "scf.if" not in str(exe.stage("structured"))
    assert "main_segment_0" in str(exe.stage("llvm-ir"))
    host = exe.report.details["host"]
    assert host["scf.for"] == 1 and host["tensor.extract"] == 2
    assert json.loads(exe.report.to_json())["details"]["host"] == host


def test_kernels_and_host_ops_are_traced() -> None:
    exe = dlir.compile(GROWING, params=WEIGHTS)
    names: list[str] = []
    exe.on_event = lambda name, start, end: names.append(name)
    given = inputs(2, True, 2)
    traced = exe(*given)
    exe.on_event = None
    for one, two in zip(traced, exe(*given), strict=True):
        np.testing.assert_array_equal(one, two)
    assert sum(name.startswith("host tensor.extract") for name in names) == 2
    assert sum("<string>:18:" in name for name in names) >= 2  # the product of each round


def test_weights_are_not_copied() -> None:
    """Two segments read one weight where it lies."""
    text = """
    func.func @main(%x: tensor<1xf32>, %c: i1) -> tensor<4096xf32> {
      %w = dl.param "w" : tensor<4096xf32>
      %y = scf.if %c -> (tensor<4096xf32>) {
        %a = dl.add %w, %x : (tensor<4096xf32>, tensor<1xf32>) -> tensor<4096xf32>
        scf.yield %a : tensor<4096xf32>
      } else {
        %b = dl.mul %w, %x : (tensor<4096xf32>, tensor<1xf32>) -> tensor<4096xf32>
        scf.yield %b : tensor<4096xf32>
      }
      func.return %y : tensor<4096xf32>
    }
    """
    weight = np.arange(4096, dtype=np.float32)
    exe: Any = dlir.compile(text, params={"w": weight})
    assert len(exe.constants) == 2
    assert all(np.shares_memory(constant, weight) for constant in exe.constants)


@pytest.mark.parametrize("stop", ["structured", "llvm", "object"])
def test_levels_below_are_refused(stop: str) -> None:
    with pytest.raises(dlir.CompileError) as error:
        dlir.api.lower(GROWING, "cpu", stop)
    assert error.value.diagnostics[0].rule == "cpu-host-program"


LAYERS = {"rnn": (1, ["h0"]), "gru": (3, ["h0"]), "lstm": (4, ["h0", "c0"])}
"""Op -> its gates and its states."""


@pytest.mark.parametrize("batch", ["2", "?"])
@pytest.mark.parametrize(
    ("op", "flag"),
    [("rnn", ""), ("rnn", "{reverse}"), ("gru", ""), ("gru", "{linear_before_reset}"),
     ("gru", "{reverse}"), ("lstm", ""), ("lstm", "{reverse}")],
)  # fmt: skip
def test_layers_of_any_number_of_steps(op: str, flag: str, batch: str) -> None:
    """They become loops; two layers, one upon the other."""
    gates, states = LAYERS[op]
    x, y, h = f"tensor<?x{batch}x3xf32>", f"tensor<?x{batch}x3xf32>", f"tensor<{batch}x3xf32>"
    w, b = f"tensor<{3 * gates}x3xf32>", f"tensor<{3 * gates}xf32>"
    before = ", ".join(f"%{name}" for name in states)
    taken = f"({x}, {w}, {w}, {b}, {b}, {', '.join([h] * len(states))})"
    given = f"({y}, {', '.join([h] * len(states))})"
    last = ", ".join(f"%last{number}" for number in range(len(states)))
    text = f"""
    func.func @main(%x: {x}, %w: {w}, %r: {w}, %b: {b}, {", ".join(f"%{s}: {h}" for s in states)})
        -> {given} {{
      %m, %s:{len(states)} = dl.{op} %x, %w, %r, %b, %b, {before} {flag} : {taken} -> {given}
      %y, {last} = dl.{op} %m, %w, %r, %b, %b, {before} : {taken} -> {given}
      func.return %y, {last} : {given[1:-1]}
    }}"""
    text = text.replace(f"%s:{len(states)}", ", ".join(f"%s{n}" for n in range(len(states))))
    rng = np.random.default_rng(0)
    exe, ref = dlir.compile(text), dlir.compile(text, "ref")
    assert exe.report.details["host"]["scf.for"] == 2
    for steps in (0, 1, 2, 7):
        for rows in (2,) if batch == "2" else (1, 3):
            shapes = [(steps, rows, 3), (3 * gates, 3), (3 * gates, 3), (3 * gates,)]
            shapes += [(rows, 3)] * len(states)
            arrays = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
            for one, other in zip(exe(*arrays), ref(*arrays), strict=True):
                assert one.shape == other.shape
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
