"""dlir-reduce: the minimiser, and each kind of step."""

import random

import pytest
from xdsl.dialects.builtin import ModuleOp

from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.reduce import error_of, minimise, reduce_module
from dlir.registry import default_registry

TEXT = """
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  func.return %x : tensor<4xf32>
}
func.func @main(%x: tensor<4xf32>, %unused: f32) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = dl.exp %x : tensor<4xf32>
  %1 = dl.relu %0 : tensor<4xf32>
  %2 = func.call @helper(%1) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %1, %2 : tensor<4xf32>, tensor<4xf32>
}
"""


def parse(text: str) -> ModuleOp:
    return parse_module(text, default_registry().context())


def names(module: ModuleOp) -> list[str]:
    return [op.name for op in module.walk()]


@pytest.mark.parametrize("seed", range(20))
def test_minimise_finds_exactly_the_culprits(seed: int) -> None:
    choose = random.Random(seed)
    items = list(range(choose.randint(1, 60)))
    culprits = set(choose.sample(items, choose.randint(1, min(5, len(items)))))
    assert set(minimise(items, culprits.issubset)) == culprits


def test_minimise_of_what_needs_nothing_is_empty() -> None:
    assert minimise([1, 2, 3], lambda kept: True) == []


def test_one_op_is_left() -> None:
    module = parse(TEXT)
    small = reduce_module(module, lambda candidate: "dl.relu" in names(candidate))
    assert names(small) == ["builtin.module", "func.func", "dl.relu", "func.return"]
    assert "(%0: tensor<4xf32>) {" in print_module(small)
    small.verify()
    assert print_module(module) == print_module(parse(TEXT))


def test_what_a_call_needs_stays() -> None:
    small = reduce_module(parse(TEXT), lambda candidate: "func.call" in names(candidate))
    assert "func.call" in names(small)


def test_an_uninteresting_module_is_refused() -> None:
    with pytest.raises(ValueError, match="does not show"):
        reduce_module(parse(TEXT), lambda candidate: "dl.tanh" in names(candidate))


def test_the_signature_of_an_error_has_no_numbers() -> None:
    registry = default_registry()
    text = "func.func @f(%x: tensor<4xf32>) -> tensor<SIZExf32> { %y = dl.exp %x : tensor<4xf32>"
    text += " func.return %y : tensor<4xf32> }"
    seen = {
        error_of(
            parse(text.replace("SIZE", size)), "builtin.module()", registry, registry.context()
        )
        for size in ("5", "77")
    }
    assert len(seen) == 1 and None not in seen
