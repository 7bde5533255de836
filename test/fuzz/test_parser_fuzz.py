"""Damaged MLIR text: the parser raises nothing but `CompileError`, with a place, and soon."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import get_all_dialects

from dlir.diagnostics import CompileError, place_of
from dlir.parser import parse_module

SEEDS = [
    """\
func.func @f(%a: memref<?x4xf32, strided<[4, 1], offset: ?>>, %n: index) -> f32 attributes {k} {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0xFF800000 : f32
  %r = scf.for %i = %c0 to %n step %c0 iter_args(%t = %z) -> (f32) {
    %v = memref.load %a[%i, %c0] : memref<?x4xf32, strided<[4, 1], offset: ?>>
    %m = arith.maximumf %t, %v fastmath<fast> : f32
    scf.yield %m : f32
  }
  func.return %r : f32
}
""",
    """\
#map = affine_map<(d0, d1)[s0] -> (d0 + s0 floordiv 4, -d1 mod 3)>
!t = tensor<2x3xf32>
builtin.module attributes {a = [1, 2.5, "s\\22", @x::@y, unit, #map], d = array<i64: 1, -2>} {
  %c = arith.constant dense<[[1.0, 0x7FC00000, -2.0e3], [4.0, 5.0, 6.0]]> : !t
  %b = arith.constant dense<"0x05"> : tensor<3xi1>
  %s = arith.constant dense<(1, -2)> : tensor<2xcomplex<i32>>
  %e:2 = "test.op"(%c, %b) <{p = i32}> ({
  ^bb0(%x: i32, %y: vector<[4]xi8>):
    "cf.br"(%x)[^bb1] : (i32) -> ()
  ^bb1(%w: i32):
    "test.termop"() : () -> ()
  }) {q = opaque<"a", "b">, r = dense_resource<k> : tensor<1xi8>} : (!t, tensor<3xi1>) -> (i1, i2)
} loc(fused["a"("b":1:2), callsite("c" at unknown)])
""",
    """\
func.func @g(%p: i1, %x: tensor<?xf32>) -> tensor<?xf32> {
  cf.cond_br %p, ^a(%x : tensor<?xf32>), ^b
^a(%y: tensor<?xf32>):
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%e : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%u: f32, %v: f32):
    %w = math.exp %u : f32
    linalg.yield %w : f32
  } -> tensor<4xf32>
  func.return %y : tensor<?xf32>
^b:
  func.return %x : tensor<?xf32>
}
""",
]

PIECES = [
    *"()<>[]{}\"'%^#!@:,=-+*/?|.\\\n\t\0\xe9\u2028",
    "->", "{-#", "#-}", "//", "0x", "0x7FC00000", "1e999", "99999999999", "-1", "1.0", "i1", "bf16",
    "tensor<", "tensor<999999999x", "dense<", 'dense<"0x', "affine_map<", "vector<", "memref<*x",
    "loc(", "fused[", "^bb0", "%a", "%a#1", "@f", "unit", "true", "f128", "i99999999999",
    "complex<", "builtin.module", "func.func", "arith.constant", '"test.op"', "scf.if",
    "x", "dense_resource<",
]  # fmt: skip

CONTEXT = Context()
for _name, _factory in get_all_dialects().items():
    CONTEXT.register_dialect(_name, _factory)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A program with a few pieces flipped, deleted, repeated, moved or nested."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        piece = text[start:end]
        new = draw(
            st.one_of(
                st.just(""),
                st.sampled_from(PIECES),
                st.just(piece * 2),
                st.just(piece[::-1]),
                st.text(max_size=5),
                st.builds(lambda n, p=piece: (p or "[") * n, st.integers(3, 300)),
                st.builds(
                    lambda a, b, s=text: s[min(a, b) : max(a, b)][:60], *[st.integers(0, 800)] * 2
                ),
            )
        )
        text = text[:start] + new + text[end:]
    return text


def check(text: str) -> None:
    """Parse; every diagnostic of a failure must have a place in the text."""
    started = time.process_time()
    try:
        parse_module(text, CONTEXT, "fuzz.mlir", allow_unregistered_dialect=len(text) % 2 == 0)
    except CompileError as error:
        for diagnostic in error.diagnostics:
            place = place_of(diagnostic.location)
            assert place is not None
            assert 1 <= place.line <= text.count("\n") + 1
        str(error)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_themselves_parse(seed: str):
    parse_module(seed, CONTEXT)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damaged_programs(text: str):
    check(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))
def test_heaps_of_tokens(text: str):
    check(text)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 2000))
def test_truncated_programs(seed: str, length: int):
    check(seed[:length])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PIECES), st.sampled_from(PIECES), st.integers(1, 3000))
def test_repetition(before: str, piece: str, count: int):
    check(before + piece * count)
    check("module attributes {a = " + (before + piece) * count)
