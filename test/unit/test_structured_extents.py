"""Where the extents of iterators stand: `domain`, then the result, then the inputs."""

from __future__ import annotations

import pytest

from dlir.dialects.structured.ops import GenericOp
from dlir.parser import parse_module
from dlir.registry import default_registry

TEXT = """
func.func @f(%a: tensor<{a}xf32>, %b: tensor<{b}xf32>, %o: tensor<{o}xf32>) {{
  %y = structured.generic {{maps = [(d0, d1) -> ({ma}), (d0, d1) -> ({mb}), (d0, d1) -> ({mo})],
      iterators = [parallel, {kind}]{more}}}
      ins(%a, %b : tensor<{a}xf32>, tensor<{b}xf32>) outs(%o : tensor<{o}xf32>) {{
  ^bb0(%x: f32, %z: f32{acc}):
    structured.yield %x : f32
  }} -> tensor<{o}xf32>
  func.return
}}
"""


def sources(
    a: str, b: str, o: str, ma: str, mb: str, mo: str, kind: str = "parallel", more: str = ""
) -> list[object]:
    """Numbers, or the index of the operand and its dimension; of a module that is not verified."""
    acc = ", %c: f32" if kind == "reduction" else ""
    text = TEXT.format(a=a, b=b, o=o, ma=ma, mb=mb, mo=mo, kind=kind, more=more, acc=acc)
    module = parse_module(text, default_registry().context())
    op = next(op for op in module.walk() if isinstance(op, GenericOp))
    found = [op.extent_source(dim) for dim in range(2)]
    return [s if isinstance(s, int) else (list(op.operands).index(s[0]), s[1]) for s in found]


def test_the_result_tells_before_inputs() -> None:
    assert sources("4x8", "4x8", "4x8", "d0, d1", "d0, d1", "d0, d1") == [4, 8]
    assert sources("4x8", "4x8", "?x?", "d0, d1", "d0, d1", "d0, d1") == [(2, 0), (2, 1)]
    assert sources("0x8", "0x8", "0x8", "d0, d1", "d0, d1", "d0, d1") == [0, 8]


def test_a_known_size_of_an_input_is_preferred() -> None:
    maps = ("d0, d1", "d0, d1", "d0")
    assert sources("?x?", "?x8", "?", *maps, kind="reduction") == [(2, 0), 8]
    assert sources("?x8", "?x?", "?", *maps, kind="reduction") == [(2, 0), 8]
    assert sources("?x?", "?x?", "?", *maps, kind="reduction") == [(2, 0), (0, 1)]


def test_only_plain_iterators_tell() -> None:
    maps = ("d0 + d1", "d1", "d0")
    assert sources("9", "3", "7", *maps, kind="reduction") == [7, 3]


def test_the_domain_tells_first() -> None:
    maps = ("d0, d1", "d0, d1", "d0, d1")
    more = ", domain = array<i64: 2, -1>"
    assert sources("4x8", "4x8", "4x8", *maps, more=more) == [2, 8]


def test_an_iterator_of_which_nothing_tells() -> None:
    with pytest.raises(LookupError, match="nothing tells the extent of iterator d1"):
        sources("9", "9", "7", "d0 + d1", "d0 + d1", "d0", kind="reduction")
