"""Positions, dense constants, limits and error texts of the parser; round trips of the printer."""

import struct
import time
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.arith import ConstantOp
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    Float32Type,
    ModuleOp,
    TensorType,
    UnknownLoc,
    bf16,
    f16,
    f32,
    f64,
    i1,
)
from xdsl.ir import Attribute

from dlir.diagnostics import CompileError, place_of
from dlir.parser import MAX_NESTING, parse_file, parse_module
from dlir.printer import pack_bits, print_module, unpack_bits


def errors(text: str, ctx: Context, **options: int) -> list[str]:
    """The first line of each diagnostic of a text that must not parse."""
    with pytest.raises(CompileError) as caught:
        parse_module(text, ctx, "t.mlir", **options)
    return [str(diagnostic).split("\n")[0] for diagnostic in caught.value.diagnostics]


def dense(text: str, type: str, ctx: Context) -> DenseIntOrFPElementsAttr:
    module = parse_module(f"%c = arith.constant {text} : {type}", ctx)
    constant = module.body.block.first_op
    assert isinstance(constant, ConstantOp)
    assert isinstance(constant.value, DenseIntOrFPElementsAttr)
    return constant.value


def round_trip(attribute: DenseIntOrFPElementsAttr, ctx: Context) -> DenseIntOrFPElementsAttr:
    text = print_module(ModuleOp([ConstantOp(attribute)]))
    constant = parse_module(text, ctx).body.block.first_op
    assert isinstance(constant, ConstantOp)
    assert isinstance(constant.value, DenseIntOrFPElementsAttr)
    return constant.value


# Locations ------------------------------------------------------------------------------------

PROGRAM = """\
func.func @f(%a: i32,
             %b: i32 loc("x.py":7:8)) -> i32 {
  %c, %d = "test.op"() ({
  ^bb0(%e: f32):
    "test.termop"(%e) : (f32) -> ()
  }) : () -> (i32, i32)
  %g = arith.addi %a, %b : i32 loc("node"("m.onnx":0:0))
  %h = arith.addi %a, %b : i32 loc(unknown)
    func.return %c : i32
}
"""


def test_every_op_and_block_argument_has_a_location(ctx: Context):
    module = parse_module(PROGRAM, ctx, "f.mlir")
    places = {}
    for op in module.walk():
        places[op.name] = place_of(op.location)
        for region in op.regions:
            for block in region.blocks:
                for argument in block.args:
                    places[f"%{argument.name_hint}"] = place_of(argument.location)
    assert {name: str(place) for name, place in places.items()} == {
        "builtin.module": "f.mlir:1:1",
        "func.func": "f.mlir:1:1",
        "%a": "f.mlir:1:14",
        "%b": "x.py:7:8",
        "test.op": "f.mlir:3:12",
        "%e": "f.mlir:4:8",
        "test.termop": "f.mlir:5:5",
        "arith.addi": "None",
        "func.return": "f.mlir:9:5",
    }


def test_locations_in_the_text_win(ctx: Context):
    ops = [op for op in parse_module(PROGRAM, ctx).walk() if op.name == "arith.addi"]
    assert str(ops[0].location) == 'loc("node"("m.onnx":0:0))'
    assert isinstance(ops[1].location, UnknownLoc)


def test_lines_of_a_chunk_count_from_its_first_line(ctx: Context):
    module = parse_module("\n  func.func private @f()", ctx, "f", first_line=40)
    function = module.body.block.first_op
    assert function is not None
    assert str(place_of(function.location)) == "f:41:3"
    assert errors("\n  arith.nothing", ctx, first_line=40)[0].startswith("t.mlir:41:3: error:")


def test_debug_information_round_trips(ctx: Context):
    text = print_module(parse_module(PROGRAM, ctx, "f.mlir"), print_debuginfo=True)
    assert 'loc("f.mlir":9:5)' in text
    again = parse_module(text, ctx, "other.mlir")
    assert print_module(again, print_debuginfo=True) == text


# Dense constants ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "type", "data"),
    [
        ("dense<[1.0, 0x7FC00000]>", "tensor<2xf32>", "0000803f0000c07f"),
        ("dense<[1.0, 0xff800000]>", "vector<2xf32>", "0000803f000080ff"),
        ("dense<0xFF800000>", "tensor<2xf32>", "000080ff000080ff"),
        ("dense<0x7E00>", "tensor<2xf16>", "007e007e"),
        ("dense<[0x7F80, 0xFFC0]>", "tensor<2xbf16>", "807fc0ff"),
        ("dense<0x7FF8000000000000>", "tensor<f64>", "000000000000f87f"),
        ('dense<"0x0000C07F">', "tensor<2xf32>", "0000c07f0000c07f"),
        ("dense<[0x10, -3]>", "tensor<2xi8>", "10fd"),
        ('dense<"0x05">', "tensor<3xi1>", "ff00ff"),
        ('dense<"0x0101">', "tensor<9xi1>", "ff00000000000000ff"),
        ('dense<"0xFF">', "tensor<9xi1>", "ff" * 9),
        ('dense<"0x00">', "tensor<9xi1>", "00" * 9),
        ('dense<"0x01">', "tensor<1xi1>", "ff"),
        ("dense<[true, false, 1]>", "tensor<3xi1>", "ff00ff"),
        ("dense<true>", "tensor<2x2xi1>", "ffffffff"),
        ("dense<>", "tensor<0xf32>", ""),
        ("dense<1.0>", "tensor<0xf32>", ""),
        ("dense<[[1, 2], [3, 4]]>", "tensor<2x2xi8>", "01020304"),
    ],
)
def test_dense_constants(text: str, type: str, data: str, ctx: Context):
    attribute = dense(text, type, ctx)
    assert attribute.data.data.hex() == data
    if data:
        assert round_trip(attribute, ctx) == attribute


@pytest.mark.parametrize("element", [f16, bf16, f32, f64], ids=str)
@pytest.mark.parametrize("count", [1, 3, 101])
def test_not_finite_values_round_trip(element: Float32Type, count: int, ctx: Context):
    values = [float("nan"), float("-inf"), -0.0, 1.5, float("inf")] * 30
    type = TensorType(element, [count])
    attribute = DenseIntOrFPElementsAttr.from_list(type, values[:count])
    assert round_trip(attribute, ctx) == attribute
    splat = DenseIntOrFPElementsAttr.from_list(type, [float("-inf")])
    assert round_trip(splat, ctx) == splat


@pytest.mark.parametrize("count", [1, 7, 8, 9, 100, 101, 1000])
def test_booleans_round_trip(count: int, ctx: Context):
    values = [int(i % 3 == 0) for i in range(count)]
    attribute = DenseIntOrFPElementsAttr.from_list(TensorType(i1, [count]), values)
    assert round_trip(attribute, ctx) == attribute
    assert unpack_bits(pack_bits(attribute.data.data), count) == attribute.data.data


def test_many_booleans_are_printed_bit_packed(ctx: Context):
    values = [1] + [0] * 103
    attribute = DenseIntOrFPElementsAttr.from_list(TensorType(i1, [104]), values)
    assert f'dense<"0x01{"00" * 12}">' in print_module(ModuleOp([ConstantOp(attribute)]))


def test_payloads_of_nan_are_kept(ctx: Context):
    bits = dense("dense<[0x7FC00123, 0xFFC00001]>", "tensor<2xf32>", ctx)
    assert struct.unpack("<2I", bits.data.data) == (0x7FC00123, 0xFFC00001)
    assert round_trip(bits, ctx) == bits


@pytest.mark.parametrize(
    ("text", "type", "message"),
    [
        ("dense<0.0>", "tensor<999999999999xf32>", "1:26: error: a splat of 999999999999"),
        ('dense<"0x00000000">', "tensor<999999999999xf32>", "1:26: error: a splat of"),
        ("dense<0x17E00>", "tensor<2xf16>", "1:27: error: expected the 16 bits of a float"),
        ("dense<-0x7E00>", "tensor<2xf16>", "1:27: error: expected the 16 bits of a float"),
        ("dense<[1, 2]>", "tensor<3xi8>", "1:26: error: the constant has shape [2], its type [3]"),
        ('dense<"0x0102">', "tensor<3xi8>", "1:26: error: the constant has 2 bytes, its 3"),
        ('dense<"zz">', "tensor<3xi8>", "1:26: error: expected hexadecimal digits"),
        ('dense<"0x0z">', "tensor<3xi8>", "1:26: error: expected hexadecimal digits"),
        ("dense<300>", "tensor<3xi8>", "1:6: error: cannot be read: Integer value 300 is out of"),
        ("dense<1>", "tensor<2xi99999999999>", "1:41: error: integer types have at most"),
        ("dense<1.0>", "tensor<?xf32>", "error: Dense literal attribute should have a static"),
        ("dense<>", "tensor<2xf32>", "1:26: error: the constant has shape [0], its type [2]"),
    ],
)
def test_wrong_dense_constants(text: str, type: str, message: str, ctx: Context):
    assert message in errors(f"%c = arith.constant {text} : {type}", ctx)[0]


def test_large_constants_can_be_elided(ctx: Context):
    module = parse_module("%c = arith.constant dense<[1, 2, 3]> : tensor<3xi8>", ctx)
    elided = print_module(module, elide_elementsattrs_if_larger=2)
    assert "arith.constant dense_resource<__elided__> : tensor<3xi8>" in elided
    assert "dense<[1, 2, 3]>" in print_module(module, elide_elementsattrs_if_larger=3)
    splat = parse_module("%c = arith.constant dense<1> : tensor<3xi8>", ctx)
    assert "dense<1>" in print_module(splat, elide_elementsattrs_if_larger=2)


# Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("}", "t.mlir:1:1: error: expected an operation, found '}'"),
        ("func.func @f() {\n", "t.mlir:2:1: error: expected an operation, a block or '}', found"),
        ("\n  $", "t.mlir:2:3: error: Unexpected character: $"),
        ("\n %x = foo.bar", "t.mlir:2:7: error: unknown op 'foo.bar': no such dialect"),
        ("%x = arith.addii %a", "t.mlir:1:6: error: unknown op 'arith.addii'"),
        ("#a = 1\n#a = 2", "t.mlir:2:4: error: re-declaration of alias '#a'"),
        ("{-# external_resources: {} #-}", "t.mlir:1:1: error: cannot be read: Currently only"),
        ('"' + "a" * 100, "t.mlir:1:1: error: string literal is not closed"),
        ('"' + "a" * 100 + '\\q"', "t.mlir:1:1: error: string literal is not closed"),
        ('@"' + "a" * 100, "t.mlir:1:2: error: string literal is not closed"),
        ("%0 = arith.constant " + "9" * 5000 + " : i32", "t.mlir:1:6: error: cannot be read"),
        ("func.func @f(%a: i32) {\n ^x(%b: i32):", "t.mlir:2:2: error: invalid block name"),
    ],
)
def test_errors_have_a_place(text: str, expected: str, ctx: Context):
    started = time.perf_counter()
    assert errors(text, ctx)[0].startswith(expected)
    assert time.perf_counter() - started < 5


def test_a_misspelt_op_gets_a_suggestion(ctx: Context):
    with pytest.raises(CompileError) as caught:
        parse_module("%c = arith.constant 1 : i32\n%x = arith.addii %c, %c : i32", ctx)
    assert caught.value.diagnostics[0].help == "did you mean 'arith.addi'?"


def test_all_undefined_values_are_reported_where_they_are_used(ctx: Context):
    text = 'func.func @f() {\n  "test.op"(%a, %b, %a) : (i1, i2, i1) -> ()\n  func.return\n}'
    assert errors(text, ctx) == [
        "t.mlir:2:13: error: use of undefined value %a",
        "t.mlir:2:17: error: use of undefined value %b",
    ]


def test_a_block_declared_twice_has_a_note(ctx: Context):
    with pytest.raises(CompileError) as caught:
        parse_module('"test.op"() ({\n^a:\n^a:\n}) : () -> ()', ctx, "t")
    assert "t:3:1: error" in str(caught.value)
    assert "t:2:1: note: originally declared here" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "module {" * 3000,
        "module {" * (MAX_NESTING + 1) + "}" * (MAX_NESTING + 1),
        "module attributes {a = " + "[" * 5000,
        "%c = arith.constant dense<" + "[" * 5000,
        "%c = arith.constant 1 : " + "tensor<" * 5000,
        "module attributes {a = affine_map<(d0) -> (" + "(" * 5000,
        "module {} loc(" + 'fused["a"(' * 5000,
    ],
)
def test_deep_nesting_is_an_error(text: str, ctx: Context):
    assert "nested" in errors(text, ctx)[0]


def test_moderate_nesting_is_fine(ctx: Context):
    text = "module {" * MAX_NESTING + "}" * MAX_NESTING
    assert print_module(parse_module(text, ctx)).count("builtin.module") == MAX_NESTING


def test_an_empty_text_is_an_empty_module(ctx: Context):
    assert parse_module("// nothing\n", ctx).body.block.is_empty


def test_unregistered_ops_only_on_demand(ctx: Context):
    text = '"foo.bar"() : () -> ()'
    module = parse_module(text, ctx, allow_unregistered_dialect=True)
    assert text in print_module(module)
    assert "unknown op 'foo.bar'" in errors(text, ctx)[0]


def test_generic_text_round_trips(ctx: Context):
    module = parse_module(PROGRAM, ctx)
    generic = print_module(module, generic=True)
    assert '"arith.addi"(%a, %b)' in generic
    assert print_module(parse_module(generic, ctx)) == print_module(module)


def test_files_that_cannot_be_read(tmp_path: Path, ctx: Context):
    with pytest.raises(CompileError, match=r"cannot read '.*none.mlir': No such file"):
        parse_file(tmp_path / "none.mlir", ctx)
    (tmp_path / "bytecode").write_bytes(b"ML\xefR\x01")
    with pytest.raises(CompileError, match="MLIR bytecode"):
        parse_file(tmp_path / "bytecode", ctx)
    (tmp_path / "latin").write_bytes(b"module {}\n// \xe9\n")
    with pytest.raises(CompileError, match="latin:2: error: not UTF-8 text at byte 13"):
        parse_file(tmp_path / "latin", ctx)


def test_errors_of_a_file_show_its_lines(tmp_path: Path, ctx: Context):
    path = tmp_path / "a.mlir"
    path.write_text("module {\n  arith.oops\n}\n")
    with pytest.raises(CompileError) as caught:
        parse_file(path, ctx)
    assert str(caught.value).split("\n")[1:3] == ["  arith.oops", "  ^"]


def test_types_are_attributes_too(ctx: Context):
    """An alias, a string with escapes and bytes, all in one place."""
    text = '!t = tensor<2xf32>\nmodule attributes {a = !t, b = "x\\22\\n", c = "\\FF"} {}'
    attributes: dict[str, Attribute] = parse_module(text, ctx).attributes
    assert [str(attributes[name]) for name in "abc"] == ["tensor<2xf32>", '"x\\22\\0A"', '"\\FF"']
