"""Loops that machine code repeats give what the interpreter's loops give, and are repeated so."""

from __future__ import annotations

import numpy as np
import pytest

import dlir
from dlir.targets.cpu.host_loop import NativeLoop

RNG = np.random.default_rng(6)
ROUNDS = pytest.mark.parametrize("rounds", [0, 1, 2, 3, 8, 17])


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rounds of the loops that machine code has repeated."""
    seen: list[int] = []
    run = NativeLoop.run

    def noted(self: NativeLoop, frame, numbers, carried):
        made = run(self, frame, numbers, carried)
        if made is not None:
            seen.append(len(numbers))
        return made

    monkeypatch.setattr(NativeLoop, "run", noted)
    return seen


def loop(results: str, carried: str, body: str, yields: str, *, step: int = 1) -> str:
    """A function of x, a start and a number of rounds, that gives the results of a loop."""
    types = results.replace(" ", ", ")
    count = len(results.split(" "))
    names = ", ".join(f"%y#{n}" for n in range(count))
    return f"""func.func @main(%x: tensor<20x3xf32>, %s: tensor<3xf32>, %n: tensor<i64>)
    -> ({types}) {{
  %c0 = arith.constant 0 : index
  %step = arith.constant {step} : index
  %count = tensor.extract %n[] : tensor<i64>
  %end = arith.index_cast %count : i64 to index
  %none = tensor.empty(%c0) : tensor<?x3xf32>
  %y:{count} = scf.for %i = %c0 to %end step %step iter_args({carried}) -> ({types}) {{
    %k = arith.index_cast %i : index to i64
    %number = tensor.from_elements %k : tensor<i64>
    %row = dl.gather %x, %number {{axis = 0}} : (tensor<20x3xf32>, tensor<i64>) -> tensor<3xf32>
{body}
    scf.yield {yields} : {types}
  }}
  func.return {names} : {types}
}}"""


STACKED = loop(
    "tensor<3xf32> tensor<3xf32> tensor<?x3xf32> tensor<?x3xf32>",
    "%a = %s, %b = %s, %rows = %none, %back = %none",
    """    %p = dl.add %a, %row : tensor<3xf32>
    %q = dl.sub %a, %b : tensor<3xf32>
    %one = dl.reshape %p : tensor<3xf32> -> tensor<1x3xf32>
    %two = dl.reshape %q : tensor<3xf32> -> tensor<1x3xf32>
    %more = dl.concat %rows, %one {axis = 0}
        : (tensor<?x3xf32>, tensor<1x3xf32>) -> tensor<?x3xf32>
    %less = dl.concat %two, %back {axis = 0}
        : (tensor<1x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>""",
    "%p, %q, %more, %less",
)


@ROUNDS
def test_carried_values_and_rows(rounds: int, repeated: list[int]) -> None:
    x, s = RNG.standard_normal((20, 3)).astype(np.float32), np.ones(3, np.float32)
    a, b, rows, back = s, s, [], []
    for i in range(rounds):
        a, b = a + x[i], a - b
        rows.append(a)
        back.insert(0, b)
    shape = (rounds, 3)
    wanted = a, b, np.reshape(rows, shape), np.reshape(back, shape)
    given = s.copy()
    outputs = dlir.run(STACKED, x, given, np.int64(rounds), target="cpu")
    for output, expected in zip(outputs, wanted, strict=True):
        np.testing.assert_allclose(output, expected, 1e-5, 1e-5)
    np.testing.assert_array_equal(given, s)
    assert repeated == ([rounds] if rounds > 1 else [])


def test_twice() -> None:
    """A second call changes nothing that the first one gave."""
    compiled = dlir.compile(STACKED, "cpu")
    x, s = RNG.standard_normal((20, 3)).astype(np.float32), np.ones(3, np.float32)
    first = compiled(x, s, np.int64(7))
    kept = [np.array(output) for output in first]
    compiled(2 * x, s, np.int64(7))
    for output, expected in zip(first, kept, strict=True):
        np.testing.assert_array_equal(output, expected)


@ROUNDS
def test_steps(rounds: int, repeated: list[int]) -> None:
    """A loop that counts by 3, and carries one value."""
    text = loop(
        "tensor<3xf32>", "%a = %s", "    %p = dl.add %a, %row : tensor<3xf32>", "%p", step=3
    )
    x, s = RNG.standard_normal((20, 3)).astype(np.float32), np.ones(3, np.float32)
    output = dlir.run(text, x, s, np.int64(rounds), target="cpu")
    np.testing.assert_allclose(output, s + x[0:rounds:3].sum(0), 1e-5, 1e-5)
    assert repeated == ([-(-rounds // 3)] if rounds > 3 else [])


def test_values_that_change_places(repeated: list[int]) -> None:
    """What is carried elsewhere than it came from is not repeated, and right."""
    text = loop(
        "tensor<3xf32> tensor<3xf32>",
        "%a = %s, %b = %s",
        "    %p = dl.add %a, %row : tensor<3xf32>",
        "%b, %p",
    )
    x, s = RNG.standard_normal((20, 3)).astype(np.float32), np.zeros(3, np.float32)
    even, odd = dlir.run(text, x, s, np.int64(6), target="cpu")
    np.testing.assert_allclose(odd, x[1:6:2].sum(0), 1e-5, 1e-5)
    np.testing.assert_allclose(even, x[0:6:2].sum(0), 1e-5, 1e-5)
    assert not repeated


def test_a_round_that_fails(repeated: list[int]) -> None:
    """The first place outside ends the loop; what comes after is right again."""
    compiled = dlir.compile(STACKED, "cpu")
    x, s = RNG.standard_normal((20, 3)).astype(np.float32), np.ones(3, np.float32)
    with pytest.raises(ValueError, match="out of range"):
        compiled(x, s, np.int64(25))
    rows = compiled(x, s, np.int64(2))[2]
    np.testing.assert_allclose(rows, s + np.cumsum(x[:2], 0), 1e-5, 1e-5)


def test_a_trace_shows_the_rounds(repeated: list[int]) -> None:
    compiled = dlir.compile(STACKED, "cpu")
    names: list[str] = []
    compiled.on_event = lambda name, begin, end: names.append(name)
    compiled(np.zeros((20, 3), np.float32), np.ones(3, np.float32), np.int64(4))
    assert not repeated and sum("insert_slice" in name for name in names) == 8


RUNNING_SUM = """func.func @main(%x: tensor<20xf32>, %s: tensor<f32>)
    -> (tensor<f32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c20 = arith.constant 20 : index
  %none = tensor.empty(%c0) : tensor<?xf32>
  %y:2 = scf.for %i = %c0 to %c20 step %c1 iter_args(%a = %s, %rows = %none)
      -> (tensor<f32>, tensor<?xf32>) {
    %k = arith.index_cast %i : index to i64
    %number = tensor.from_elements %k : tensor<i64>
    %row = dl.gather %x, %number {axis = 0} : (tensor<20xf32>, tensor<i64>) -> tensor<f32>
    %p = dl.add %a, %row : tensor<f32>
    %one = dl.reshape %p : tensor<f32> -> tensor<1xf32>
    %more = dl.concat %rows, %one {axis = 0} : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
    scf.yield %p, %more : tensor<f32>, tensor<?xf32>
  }
  func.return %y#0, %y#1 : tensor<f32>, tensor<?xf32>
}"""


def test_rows_of_one_number(repeated: list[int]) -> None:
    """A row of a stack of numbers is a place in it, not a copy."""
    x = np.arange(20, dtype=np.float32)
    last, rows = dlir.compile(RUNNING_SUM, target="cpu", cache=False)(x, np.float32(1))
    np.testing.assert_array_equal(rows, 1 + np.cumsum(x))
    assert last == rows[-1] and repeated == [20]
