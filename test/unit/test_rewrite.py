"""The greedy driver, one-walk lowering and legalisation: results, locations, counts and reasons."""

from collections import Counter

import pytest
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp, i32
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.ir import Operation
from xdsl.pattern_rewriter import RewritePattern, op_type_rewrite_pattern
from xdsl.utils.exceptions import PassFailedException

from dlir.diagnostics import CompileError, place_of
from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.rewrite import (
    Rewriter,
    collect_statistics,
    current_statistics,
    legalize,
    no_match,
    no_op_of,
    rewrite,
    root_types,
    walk_and_replace,
)


def parse(body: str, ctx: Context) -> ModuleOp:
    text = f"func.func @f(%a: i32, %b: i32) -> i32 {{\n{body}\n}}"
    return parse_module(text, ctx, "t.mlir")


def names(module: ModuleOp) -> list[str]:
    return [op.name.partition(".")[2] for op in module.walk()][2:]


class MulToShifts(RewritePattern):
    """x * y -> (x + y) - x, to have two new ops."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: arith.MuliOp, rewriter: Rewriter) -> None:
        total = arith.AddiOp(op.lhs, op.rhs)
        rewriter.replace(op, [total, arith.SubiOp(total, op.lhs)])


class SubToXor(RewritePattern):
    """Applies to what MulToShifts makes."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: arith.SubiOp | arith.DivSIOp, rewriter: Rewriter) -> None:
        if isinstance(op, arith.DivSIOp):
            return no_match(op, "divisions stay")
        rewriter.replace(op, arith.XOrIOp(op.lhs, op.rhs))


class Everything(RewritePattern):
    """Looks at any op, and does nothing."""

    def match_and_rewrite(self, op: Operation, rewriter: Rewriter) -> None:
        no_match(op, "never")


class Swap(RewritePattern):
    """x + y -> y + x, for ever."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: arith.AddiOp, rewriter: Rewriter) -> None:
        rewriter.replace(op, arith.AddiOp(op.rhs, op.lhs))


class Grow(RewritePattern):
    """Puts another addition before each, for ever."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: arith.AddiOp, rewriter: Rewriter) -> None:
        rewriter.insert(arith.AddiOp(op.lhs, op.rhs))


class SaysChanged(RewritePattern):
    """Claims a change in every walk."""

    root_types = (arith.AddiOp,)

    def match_and_rewrite(self, op: Operation, rewriter: Rewriter) -> None:
        rewriter.notify_op_modified(op)


class ChangesSilently(RewritePattern):
    """Changes the IR in every walk without naming the op it changed."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: arith.AddiOp, rewriter: Rewriter) -> None:
        rewriter.has_done_action = True


class Gives(RewritePattern):
    """Raises an error for users."""

    def match_and_rewrite(self, op: Operation, rewriter: Rewriter) -> None:
        raise PassFailedException("cannot go on")


MUL = "%m = arith.muli %a, %b : i32\n  func.return %m : i32"


def test_patterns_apply_to_what_others_made(ctx: Context):
    module = parse(MUL, ctx)
    result = rewrite(module, [SubToXor(), MulToShifts()])
    assert names(module) == ["addi", "xori", "return"]
    assert result.changed
    assert result.matches == Counter(MulToShifts=1, SubToXor=1)
    assert not rewrite(module, [SubToXor(), MulToShifts()]).changed


def test_new_ops_have_the_location_of_the_op_they_replace(ctx: Context):
    module = parse(MUL, ctx)
    rewrite(module, [SubToXor(), MulToShifts()])
    function = module.body.block.first_op
    assert function is not None
    ops = list(function.regions[0].block.ops)
    assert [str(place_of(op.location)) for op in ops] == ["t.mlir:2:6", "t.mlir:2:6", "t.mlir:3:3"]


def test_new_regions_and_their_arguments_have_locations_too(ctx: Context):
    class Wrap(RewritePattern):
        @op_type_rewrite_pattern
        def match_and_rewrite(self, op: arith.MuliOp, rewriter: Rewriter) -> None:
            from xdsl.ir import Block, Region

            region = Region(Block([AnyOp()], arg_types=[i32]))
            rewriter.replace(op, AnyOp(result_types=[i32], regions=[region]))

    module = parse(MUL, ctx)
    rewrite(module, [Wrap()])
    text = print_module(module, print_debuginfo=True)
    assert "loc(unknown)" not in text
    assert '%0: i32 loc("t.mlir":2:6)' in text


def test_statistics_go_to_the_collector(ctx: Context):
    with collect_statistics() as statistics:
        rewrite(parse(MUL, ctx), [MulToShifts()])
        rewrite(parse(MUL, ctx), [MulToShifts()])
        assert current_statistics() is statistics
    assert statistics == Counter(MulToShifts=2)
    assert current_statistics() == Counter()


def test_reasons_are_kept_for_ops_that_stay(ctx: Context):
    module = parse("%m = arith.divsi %a, %b : i32\n  func.return %m : i32", ctx)
    result = rewrite(module, [SubToXor(), Everything()])
    (division,) = (op for op in result.declined if isinstance(op, arith.DivSIOp))
    assert result.declined[division] == (("SubToXor", "divisions stay"), ("Everything", "never"))


def test_root_types_are_read_from_the_pattern():
    assert root_types(MulToShifts()) == (arith.MuliOp,)
    assert root_types(SubToXor()) == (arith.SubiOp, arith.DivSIOp)
    assert root_types(SaysChanged()) == (arith.AddiOp,)
    assert root_types(Everything()) is None


def test_dead_ops_are_erased_with_what_they_used(ctx: Context):
    body = "%m = arith.muli %a, %b : i32\n%n = arith.muli %m, %b : i32\nfunc.return %a : i32"
    module = parse(body, ctx)
    rewrite(module, [])
    assert names(module) == ["return"]
    module = parse(body, ctx)
    rewrite(module, [], erase_dead=False)
    assert names(module) == ["muli", "muli", "return"]


def test_folding_on_demand(ctx: Context):
    body = (
        "%x = arith.constant 2 : i32\n%y = arith.addi %x, %x : i32\n"
        "%z = arith.addi %y, %x : i32\nfunc.return %z : i32"
    )
    module = parse(body, ctx)
    rewrite(module, [])
    assert names(module).count("addi") == 2
    result = rewrite(module, [], fold=ctx)
    assert names(module) == ["constant", "return"]
    assert result.matches["(fold)"] == 2
    assert "arith.constant 6 : i32" in print_module(module)


@pytest.mark.parametrize(
    "pattern",
    [Swap(), Grow(), SaysChanged(), ChangesSilently()],
    ids=lambda p: type(p).__name__,
)
def test_patterns_that_do_not_end_are_named(pattern: RewritePattern, ctx: Context):
    module = parse("%m = arith.addi %a, %b : i32\n  func.return %m : i32", ctx)
    with pytest.raises(CompileError) as caught:
        rewrite(module, [pattern], erase_dead=False)
    text = str(caught.value)
    assert f"t.mlir:2:6: error: pattern '{type(pattern).__name__}' does not come to an end" in text
    assert "at 'arith.addi'" in text


def test_a_long_chain_is_no_reason_to_give_up(ctx: Context):
    lines = ["%v0 = arith.muli %a, %b : i32"]
    lines += [f"%v{i} = arith.muli %v{i - 1}, %b : i32" for i in range(1, 300)]
    module = parse("\n".join([*lines, "func.return %v299 : i32"]), ctx)
    result = rewrite(module, [SubToXor(), MulToShifts()])
    assert result.matches == Counter(MulToShifts=300, SubToXor=300)
    assert result.iterations == 1


def test_errors_of_patterns_have_a_place(ctx: Context):
    with pytest.raises(CompileError) as caught:
        rewrite(parse(MUL, ctx), [Gives()])
    assert "error: 'func.func' cannot go on" in str(caught.value)


# Tables ---------------------------------------------------------------------------------------


def lower_mul(op: arith.MuliOp, rewriter: Rewriter) -> None:
    """x * y -> (x + y) * y, whose multiplication must not be visited again."""
    total = arith.AddiOp(op.lhs, op.rhs)
    rewriter.replace(op, [total, arith.MuliOp(total, op.rhs)])


def lower_div(op: arith.DivSIOp, rewriter: Rewriter) -> None:
    """Declines."""
    no_match(op, "the divisor is not constant")


def erase_if(op: Operation, rewriter: Rewriter) -> None:
    """Erases the op and all it contains."""
    rewriter.erase(op)


def test_walk_and_replace_visits_each_op_once(ctx: Context):
    module = parse(MUL, ctx)
    with collect_statistics() as statistics:
        assert walk_and_replace(module, {arith.MuliOp: lower_mul}) == Counter(lower_mul=1)
    assert statistics == Counter(lower_mul=1)
    assert names(module) == ["addi", "muli", "return"]
    assert "loc(unknown)" not in print_module(module, print_debuginfo=True)


def test_walk_and_replace_skips_what_was_erased(ctx: Context):
    module = parse_module('"test.op"() ({\n  %c = arith.constant 1 : i32\n}) : () -> ()', ctx)
    table = {AnyOp: erase_if, arith.ConstantOp: erase_if}
    assert walk_and_replace(module, table) == Counter(erase_if=1)
    assert module.body.block.is_empty


def test_legalize_names_what_is_left_and_why(ctx: Context):
    body = (
        "%d = arith.divsi %a, %b : i32\n%s = arith.shli %d, %b : i32\n"
        "%m = arith.muli %s, %b : i32\nfunc.return %m : i32"
    )
    table = {arith.DivSIOp: lower_div, arith.MuliOp: lower_mul}
    with pytest.raises(CompileError) as caught:
        legalize(parse(body, ctx), table, no_op_of("arith"), conversion="convert-arith-to-none")
    found = [(d.message, [n.message for n in d.notes]) for d in caught.value.diagnostics]
    assert found[:2] == [
        (
            "'arith.divsi' is not supported by convert-arith-to-none",
            ["tried 'lower_div': the divisor is not constant"],
        ),
        (
            "'arith.shli' is not supported by convert-arith-to-none",
            ["no lowering is known for it"],
        ),
    ]
    assert place_of(caught.value.diagnostics[1].location) == ("t.mlir", 3, 6)


def test_legalize_is_content_when_nothing_is_left(ctx: Context):
    module = parse(MUL, ctx)
    assert legalize(module, {arith.MuliOp: lower_mul}, no_op_of("dl")) == Counter(lower_mul=1)


def test_no_match_outside_of_a_driver_does_nothing():
    no_match(AnyOp(), "nobody asks")
