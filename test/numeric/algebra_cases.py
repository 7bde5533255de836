"""For each rule of dlir's pattern tables, ops that it applies to.

A case is the element types it is about (f floats, i integers, s signed integers, b booleans), lines
for `%z`, and whether all sizes must be known. In the lines `%x` and `%y` have type T, `%p` holds
booleans (B) of the same shape, `%r` is a row (R), `%k` has rank 3 (K), W is a wider type than T, U
another one, E the element type, and `c N` stands for a constant of rank 0.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    elements: str
    lines: str
    static: bool = False


def unary(inner: str, outer: str) -> str:
    return f"%1 = dl.{inner} %x : T; %z = dl.{outer} %1 : T"


def right(op: str, number: str) -> str:
    return f"%c = {number}; %z = dl.{op} %x, %c : (T, tensor<E>) -> T"


def left(op: str, number: str) -> str:
    return f"%c = {number}; %z = dl.{op} %c, %x : (tensor<E>, T) -> T"


def same(op: str) -> str:
    return f"%z = dl.{op} %x, %x : T"


def again(op: str) -> str:
    return f"%1 = dl.{op} %x, %r : (T, R) -> T; %z = dl.{op} %1, %r : (T, R) -> T"


NOT_COMPARE = "%1 = dl.compare PREDICATE, %x, %r : (T, R) -> B; %z = dl.not %1 : B"
RESHAPES = "%1 = dl.reshape %x : T -> tensor<COUNTxE>; %z = dl.reshape %1 : tensor<COUNTxE> -> T"

ALGEBRA: dict[str, Case] = {
    "add_constant": Case("fi", left("add", "c 3")),
    "mul_constant": Case("fi", left("mul", "c 3")),
    "max_constant": Case("fi", left("max", "c 3")),
    "min_constant": Case("fi", left("min", "c 3")),
    "and_constant": Case("i", left("and", "c 3")),
    "or_constant": Case("i", left("or", "c 3")),
    "xor_constant": Case("i", left("xor", "c 3")),
    "add_negative_zero": Case("f", right("add", "c -0.0")),
    "add_zero": Case("i", right("add", "c 0")),
    "sub_zero": Case("fi", right("sub", "c 0")),
    "mul_one": Case("fi", right("mul", "c 1")),
    "div_one": Case("fi", right("div", "c 1")),
    "pow_one": Case("f", right("pow", "c 1")),
    "or_zero": Case("i", right("or", "c 0")),
    "xor_zero": Case("i", right("xor", "c 0")),
    "and_ones": Case("s", right("and", "c -1")),
    "and_true": Case("b", right("and", "c true")),
    "sub_same": Case("i", same("sub"), True),
    "xor_same": Case("i", same("xor"), True),
    "mul_zero": Case("i", right("mul", "c 0"), True),
    "and_zero": Case("i", right("and", "c 0"), True),
    "neg_neg": Case("fi", unary("neg", "neg")),
    "not_not": Case("ib", unary("not", "not")),
    "abs_neg": Case("fs", unary("neg", "abs")),
    "cos_neg": Case("f", unary("neg", "cos")),
    "cos_abs": Case("f", unary("abs", "cos")),
    "add_neg": Case("fi", "%1 = dl.neg %r : R; %z = dl.add %x, %1 : (T, R) -> T"),
    "neg_add": Case("fi", "%1 = dl.neg %x : T; %z = dl.add %1, %r : (T, R) -> T"),
    "sub_neg": Case("fi", "%1 = dl.neg %r : R; %z = dl.sub %x, %1 : (T, R) -> T"),
    "negative_zero_sub": Case("f", left("sub", "c -0.0")),
    "mul_minus_one": Case("fs", right("mul", "c -1")),
    "neg_mul_neg": Case(
        "fi", "%1 = dl.neg %x : T; %2 = dl.neg %r : R; %z = dl.mul %1, %2 : (T, R) -> T"
    ),
    "neg_div_neg": Case(
        "f", "%1 = dl.neg %x : T; %2 = dl.neg %r : R; %z = dl.div %1, %2 : (T, R) -> T"
    ),
    "abs_abs": Case("fi", unary("abs", "abs")),
    "sign_sign": Case("fi", unary("sign", "sign")),
    "floor_floor": Case("f", unary("floor", "floor")),
    "ceil_ceil": Case("f", unary("ceil", "ceil")),
    "round_round": Case("f", unary("round", "round")),
    "relu_relu": Case("fi", unary("relu", "relu")),
    "max_same": Case("fi", same("max")),
    "min_same": Case("fi", same("min")),
    "and_same": Case("ib", same("and")),
    "or_same": Case("ib", same("or")),
    "max_max_same": Case("fi", again("max")),
    "min_min_same": Case("fi", again("min")),
    "relu_exp": Case("f", unary("exp", "relu")),
    "abs_exp": Case("f", unary("exp", "abs")),
    "relu_sigmoid": Case("f", unary("sigmoid", "relu")),
    "abs_sigmoid": Case("f", unary("sigmoid", "abs")),
    "relu_abs": Case("f", unary("abs", "relu")),
    "div_power_of_two": Case("f", right("div", "c 0.125")),
    "one_div": Case("f", left("div", "c 1")),
    "select_same": Case("fib", "%z = dl.select %p, %x, %x : (B, T, T) -> T"),
    "select_not": Case("fib", "%1 = dl.not %p : B; %z = dl.select %1, %x, %r : (B, T, R) -> T"),
    "select_true": Case("fib", "%1 = true; %z = dl.select %1, %x, %r : (tensor<i1>, T, R) -> T"),
    "select_false": Case("fib", "%1 = false; %z = dl.select %1, %r, %x : (tensor<i1>, R, T) -> T"),
    "not_compare": Case("i", NOT_COMPARE),
    "cast_same": Case("fib", "%z = dl.cast %x : T -> T"),
    "cast_back": Case("fi", "%1 = dl.cast %x : T -> W; %z = dl.cast %1 : W -> T"),
    "cast_cast": Case("fi", "%1 = dl.cast %x : T -> W; %z = dl.cast %1 : W -> U"),
    "transpose_back": Case(
        "fib",
        "%t = dl.transpose %k {perm = [1, 2, 0]} : K -> K2;"
        "%z = dl.transpose %t {perm = [2, 0, 1]} : K2 -> K",
    ),
    "transpose_transpose": Case(
        "fib",
        "%t = dl.transpose %k {perm = [1, 2, 0]} : K -> K2;"
        "%z = dl.transpose %t {perm = [1, 0, 2]} : K2 -> K3",
    ),
    "reshape_same": Case("fib", "%z = dl.reshape %x : T -> T", True),
    "reshape_reshape": Case("fib", RESHAPES, True),
    "broadcast_same": Case("fib", "%z = dl.broadcast %x : T -> T", True),
    "broadcast_broadcast": Case(
        "fib",
        "%1 = dl.broadcast %r : R -> T; %z = dl.broadcast %1 : T -> tensor<2xSHAPExE>",
        True,
    ),
}

FINITE: dict[str, Case] = {
    "add_zero": Case("f", right("add", "c 0.0")),
    "mul_zero": Case("f", right("mul", "c 0.0"), True),
    "sub_same": Case("f", same("sub"), True),
    "zero_sub": Case("f", left("sub", "c 0.0")),
    "neg_sub": Case("f", "%1 = dl.sub %x, %r : (T, R) -> T; %z = dl.neg %1 : T"),
    "max_min_same": Case("f", "%1 = dl.min %x, %y : T; %z = dl.max %1, %y : T"),
    "not_compare": Case("f", NOT_COMPARE),
}
