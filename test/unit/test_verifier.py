"""All errors at once, each in its place; dominance in blocks, regions and across functions."""

import pytest
from xdsl.context import Context
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.ir import Block, Region
from xdsl.irdl import IRDLOperation, irdl_op_definition

from dlir.diagnostics import CompileError
from dlir.parser import parse_module
from dlir.verifier import verify, walk


def errors(text: str, ctx: Context) -> list[str]:
    """The text of each diagnostic without source lines."""
    module = parse_module(text, ctx, "t", allow_unregistered_dialect=True)
    try:
        verify(module)
    except CompileError as error:
        return [
            "; ".join(line.strip() for line in str(d).split("\n") if line.lstrip().startswith("t:"))
            for d in error.diagnostics
        ]
    return []


def test_a_good_module_passes(ctx: Context):
    assert not errors(
        """
func.func @f(%c: i1, %n: index) -> i32 {
  %x = arith.constant 1 : i32
  cf.cond_br %c, ^a, ^b
^a:
  %y = scf.if %c -> (i32) {
    %z = arith.addi %x, %x : i32
    scf.yield %z : i32
  } else {
    scf.yield %x : i32
  }
  cf.br ^d(%y : i32)
^b:
  cf.br ^d(%x : i32)
^d(%r: i32):
  %s = arith.addi %r, %x : i32
  cf.cond_br %c, ^d(%s : i32), ^e
^e:
  func.return %s : i32
}""",
        ctx,
    )


def test_every_error_is_reported_in_order_of_the_text(ctx: Context):
    found = errors(
        """\
func.func @f(%a: i32) -> i32 {
  %c = "arith.addi"(%a) : (i32) -> i32
  func.return %c, %c : i32, i32
}
func.func @g(%a: i32) {
  %k = arith.constant 1 : i32
}
func.func @h() {
  "cf.br"()[^b] : () -> ()
^b:
}""",
        ctx,
    )
    assert [line.split(" error: ")[0] for line in found] == ["t:2:8:", "t:3:3:", "t:6:8:", "t:8:1:"]
    assert "'arith.addi' Expected 2 operands, but got 1" in found[0]
    assert "is the last op of its block but not a terminator" in found[2]
    assert "has an empty block" in found[3]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "%c = arith.addi %d, %a : i32\n%d = arith.addi %a, %a : i32",
            "t:2:6: error: 'arith.addi' %d is used before it is defined; "
            "t:3:6: note: %d is defined here",
        ),
        (
            "%c = arith.addi %c, %a : i32",
            "t:2:6: error: 'arith.addi' %c is used inside the op that defines it",
        ),
        (
            "%r = scf.if %p -> (i32) {\nscf.yield %a : i32\n} else {\nscf.yield %r : i32\n}",
            "t:5:1: error: 'scf.yield' %r is used inside the op that defines it; "
            "t:2:6: note: %r is defined here",
        ),
        (
            '"test.op"() ({\n"test.termop"(%x) : (i32) -> ()\n}) : () -> ()\n'
            "%x = arith.addi %a, %a : i32",
            "t:3:1: error: 'test.termop' %x is used before it is defined; "
            "t:5:6: note: %x is defined here",
        ),
        (
            "cf.cond_br %p, ^x, ^y\n^x:\n%c = arith.addi %a, %a : i32\ncf.br ^z\n^y:\ncf.br ^z\n"
            '^z:\n"test.op"(%c) : (i32) -> ()',
            "t:9:1: error: 'test.op' %c does not dominate this use; "
            "t:4:6: note: %c is defined here",
        ),
        (
            "cf.cond_br %p, ^x(%a : i32), ^y\n^x(%q: i32):\ncf.br ^y\n"
            '^y:\n"test.op"(%q) : (i32) -> ()',
            "t:6:1: error: 'test.op' %q does not dominate this use; "
            "t:3:4: note: %q is defined here",
        ),
        (
            "func.func @inner() -> i32 {\nfunc.return %a : i32\n}",
            "t:3:1: error: 'func.return' %a is defined outside of 'func.func', "
            "which is isolated from above; t:1:14: note: %a is defined here",
        ),
    ],
)
def test_dominance(body: str, expected: str, ctx: Context):
    text = f"func.func @f(%a: i32, %p: i1) {{\n{body}\nfunc.return\n}}"
    assert errors(text, ctx) == [expected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("%r = scf.if %p -> (i32) { scf.yield %x : i32 } else { scf.yield %y : i64 }",
         "expected value #0 of type i32, got i64"),
        ("%r = scf.if %p -> (i32) { scf.yield %x : i32 } else { scf.yield }",
         "expected 1 values, got 0"),
        ("%r = scf.while (%s = %x) : (i32) -> i64 { scf.condition(%p) %s : i32 } do {\n"
         "^bb0(%t: i64):\n scf.yield %x : i32 }",
         "expected value #0 of type i64, got i32"),
        ("%r = scf.while (%s = %x) : (i32) -> i64 { scf.condition(%p) %y : i64 } do {\n"
         "^bb0(%t: i64):\n scf.yield %t : i64 }",
         "expected value #0 of type i32, got i64"),
    ],
)  # fmt: skip
def test_types_at_the_borders_of_control_flow(body: str, expected: str, ctx: Context):
    text = f"func.func @f(%p: i1, %x: i32, %y: i64) {{\n{body}\nfunc.return\n}}"
    (error,) = errors(text, ctx)
    assert error.endswith(expected)


def test_values_do_not_leak_into_other_functions(ctx: Context):
    text = (
        'func.func @f() {\n  "test.op"(%x) : (i32) -> ()\n  func.return\n}\n'
        "func.func @g() {\n  %x = arith.constant 1 : i32\n  func.return\n}"
    )
    (found,) = errors(text, ctx)
    assert found.startswith("t:2:3: error: 'test.op' %x is defined in a region that does not")


def test_unreachable_code_may_use_anything(ctx: Context):
    text = (
        "func.func @f(%a: i32) {\n  func.return\n^dead:\n"
        '  "test.op"(%c) : (i32) -> ()\n  cf.br ^more\n^more:\n'
        "  %c = arith.addi %a, %a : i32\n  func.return\n}"
    )
    assert errors(text, ctx) == []


def test_loops_of_blocks(ctx: Context):
    head = "func.func @f(%p: i1) {\n  cf.br ^h\n^h:\n"
    good = head + "  %x = arith.constant 1 : i32\n  cf.cond_br %p, ^b, ^e\n^b:\n"
    use = '  "test.op"(%x) : (i32) -> ()\n'
    assert errors(good + use + "  cf.br ^h\n^e:\n" + use + "  func.return\n}", ctx) == []
    bad = head + "  cf.cond_br %p, ^b, ^e\n^b:\n  %x = arith.constant 1 : i32\n  cf.br ^h\n^e:\n"
    assert len(errors(bad + use + "  func.return\n}", ctx)) == 1


def test_unregistered_ops_are_checked_for_dominance_only(ctx: Context):
    text = '%a = "x.y"() ({\n  %b = "x.z"() : () -> i32\n}) : () -> i32\n"x.w"(%a) : (i32) -> ()'
    assert errors(text, ctx) == []
    assert len(errors('"x.w"(%a) : (i32) -> ()\n%a = "x.z"() : () -> i32', ctx)) == 1


def test_one_function_can_be_verified_alone(ctx: Context):
    module = parse_module(
        "func.func @f(%a: i32) -> i32 {\n  func.return %a : i32\n}\n"
        "func.func @g(%a: i32) -> i32 {\n  func.return\n}",
        ctx,
    )
    good, bad = module.body.block.ops
    verify(good)
    with pytest.raises(CompileError, match="Expected arguments to have the same types"):
        verify(bad)


def test_an_inner_op_may_use_values_around_the_op_verified_alone(ctx: Context):
    module = parse_module(
        'func.func @f(%p: i1) {\n  %x = arith.constant 1 : i32\n  scf.if %p {\n    "test.op"(%x) : '
        "(i32) -> ()\n  }\n  func.return\n}",
        ctx,
    )
    (conditional,) = (op for op in module.walk() if op.name == "scf.if")
    verify(conditional)


@irdl_op_definition
class StumblingOp(IRDLOperation):
    """An op whose verifier has a bug."""

    name = "test.stumbling"

    def verify_(self) -> None:
        raise KeyError("oops")


def test_a_verifier_that_stumbles_is_reported_with_its_cause():
    block = Block([StumblingOp(), AnyOp()])
    with pytest.raises(CompileError, match="cannot be verified: KeyError") as caught:
        verify(AnyOp(regions=[Region(block)]))
    assert isinstance(caught.value.__cause__, KeyError)


def test_walk_is_in_order_of_the_text_and_does_not_recurse():
    innermost = op = AnyOp()
    for _ in range(5000):
        op = AnyOp(regions=[Region(Block([op]))])
    ops = list(walk(op))
    assert len(ops) == 5001
    assert ops[0] is op
    assert ops[-1] is innermost
