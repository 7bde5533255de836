// Identities of `dl` that hold to the last bit for every input: NaN, infinities, zeros of both signs.
// `dlir-opt --apply-patterns` applies them; test/numeric/test_algebra.py checks each one on random
// inputs. A NaN counts as equal to a NaN, whatever its sign and payload.

// Constants stand on the right, where the rules below look for them.

// c + x = x + c
pdl.pattern @add_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.add" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.add" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// c * x = x * c
pdl.pattern @mul_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.mul" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.mul" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// c max x = x max c
pdl.pattern @max_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.max" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.max" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// c min x = x min c
pdl.pattern @min_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.min" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.min" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// c and x = x and c
pdl.pattern @and_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.and" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.and" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// c or x = x or c
pdl.pattern @or_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.or" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.or" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// c xor x = x xor c
pdl.pattern @xor_constant : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  pdl.apply_native_constraint "is_constant"(%c : !pdl.value)
  pdl.apply_native_constraint "is_constant"(%x : !pdl.value) {isNegated = true}
  %root = pdl.operation "dl.xor" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.xor" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// Neutral elements.

// x + -0.0 = x; x + 0.0 is another: -0.0 + 0.0 = 0.0
pdl.pattern @add_negative_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = -0.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.add" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// n + 0 = n
pdl.pattern @add_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_integer"(%t : !pdl.type)
  %root = pdl.operation "dl.add" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x - 0 = x
pdl.pattern @sub_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 0.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.sub" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x * 1 = x
pdl.pattern @mul_one : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 1.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.mul" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x / 1 = x
pdl.pattern @div_one : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 1.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.div" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x ^ 1 = x
pdl.pattern @pow_one : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 1.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.pow" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// n | 0 = n
pdl.pattern @or_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.or" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// n xor 0 = n
pdl.pattern @xor_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.xor" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// n & -1 = n
pdl.pattern @and_ones : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = -1 : i64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_integer"(%t : !pdl.type)
  %root = pdl.operation "dl.and" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// b & true = b
pdl.pattern @and_true : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = true
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_bool"(%t : !pdl.type)
  %root = pdl.operation "dl.and" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// Integers wrap around; what is lost for floats holds for them.

// n - n = 0
pdl.pattern @sub_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %zero = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "is_integer"(%t : !pdl.type)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.sub" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %zeros = pdl.apply_native_rewrite "filled"(%t, %zero : !pdl.type, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.constant" {"value" = %zeros} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// n xor n = 0
pdl.pattern @xor_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %zero = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "is_integer"(%t : !pdl.type)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.xor" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %zeros = pdl.apply_native_rewrite "filled"(%t, %zero : !pdl.type, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.constant" {"value" = %zeros} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// n * 0 = 0
pdl.pattern @mul_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %zero = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "splat_equals"(%c, %zero : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_integer"(%t : !pdl.type)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.mul" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %zeros = pdl.apply_native_rewrite "filled"(%t, %zero : !pdl.type, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.constant" {"value" = %zeros} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// n & 0 = 0
pdl.pattern @and_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %zero = pdl.attribute = 0 : i64
  pdl.apply_native_constraint "splat_equals"(%c, %zero : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_integer"(%t : !pdl.type)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.and" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %zeros = pdl.apply_native_rewrite "filled"(%t, %zero : !pdl.type, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.constant" {"value" = %zeros} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// Signs.

// neg neg x = x
pdl.pattern @neg_neg : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.neg" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// not not x = x
pdl.pattern @not_not : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.not" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.not" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// |-x| = |x|; unsigned numbers wrap around instead
pdl.pattern @abs_neg : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  pdl.apply_native_constraint "is_signed"(%t : !pdl.type)
  %root = pdl.operation "dl.abs" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.abs" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// cos -x = cos x
pdl.pattern @cos_neg : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.cos" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.cos" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// cos |x| = cos x
pdl.pattern @cos_abs : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.abs" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.cos" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.cos" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// x + -y = x - y
pdl.pattern @add_neg : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %neg = pdl.operation "dl.neg" (%y : !pdl.value) -> (%u : !pdl.type)
  %minus_y = pdl.result 0 of %neg
  %root = pdl.operation "dl.add" (%x, %minus_y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.sub" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// -x + y = y - x
pdl.pattern @neg_add : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %neg = pdl.operation "dl.neg" (%x : !pdl.value) -> (%u : !pdl.type)
  %minus_x = pdl.result 0 of %neg
  %root = pdl.operation "dl.add" (%minus_x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.sub" (%y, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// x - -y = x + y
pdl.pattern @sub_neg : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %neg = pdl.operation "dl.neg" (%y : !pdl.value) -> (%u : !pdl.type)
  %minus_y = pdl.result 0 of %neg
  %root = pdl.operation "dl.sub" (%x, %minus_y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.add" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// -0.0 - x = -x
pdl.pattern @negative_zero_sub : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand : %t
  %zero = pdl.attribute = -0.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %zero : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.sub" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// x * -1 = -x
pdl.pattern @mul_minus_one : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = -1.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.mul" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// -x * -y = x * y
pdl.pattern @neg_mul_neg : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %v = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %one = pdl.operation "dl.neg" (%x : !pdl.value) -> (%u : !pdl.type)
  %other = pdl.operation "dl.neg" (%y : !pdl.value) -> (%v : !pdl.type)
  %minus_x = pdl.result 0 of %one
  %minus_y = pdl.result 0 of %other
  %root = pdl.operation "dl.mul" (%minus_x, %minus_y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.mul" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// -x / -y = x / y
pdl.pattern @neg_div_neg : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %v = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %one = pdl.operation "dl.neg" (%x : !pdl.value) -> (%u : !pdl.type)
  %other = pdl.operation "dl.neg" (%y : !pdl.value) -> (%v : !pdl.type)
  %minus_x = pdl.result 0 of %one
  %minus_y = pdl.result 0 of %other
  %root = pdl.operation "dl.div" (%minus_x, %minus_y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.div" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// Idempotence: f(f(x)) = f(x).

// abs abs x = abs x
pdl.pattern @abs_abs : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.abs" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.abs" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// sign sign x = sign x
pdl.pattern @sign_sign : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.sign" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.sign" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// floor floor x = floor x
pdl.pattern @floor_floor : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.floor" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.floor" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// ceil ceil x = ceil x
pdl.pattern @ceil_ceil : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.ceil" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.ceil" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// round round x = round x
pdl.pattern @round_round : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.round" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.round" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// relu relu x = relu x
pdl.pattern @relu_relu : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.relu" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.relu" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// x max x = x
pdl.pattern @max_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %root = pdl.operation "dl.max" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x min x = x
pdl.pattern @min_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %root = pdl.operation "dl.min" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x and x = x
pdl.pattern @and_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %root = pdl.operation "dl.and" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x or x = x
pdl.pattern @or_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %root = pdl.operation "dl.or" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// (x max y) max y = x max y
pdl.pattern @max_max_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %inner = pdl.operation "dl.max" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  %z = pdl.result 0 of %inner
  %root = pdl.operation "dl.max" (%z, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%z : !pdl.value)
  }
}

// (x min y) min y = x min y
pdl.pattern @min_min_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %inner = pdl.operation "dl.min" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  %z = pdl.result 0 of %inner
  %root = pdl.operation "dl.min" (%z, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%z : !pdl.value)
  }
}

// What is never negative.

// relu exp x = exp x
pdl.pattern @relu_exp : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.exp" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.relu" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// abs exp x = exp x
pdl.pattern @abs_exp : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.exp" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.abs" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// relu sigmoid x = sigmoid x
pdl.pattern @relu_sigmoid : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.sigmoid" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.relu" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// abs sigmoid x = sigmoid x
pdl.pattern @abs_sigmoid : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.sigmoid" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.abs" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// relu |x| = |x|, but for the least integer, whose |x| is negative
pdl.pattern @relu_abs : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %inner = pdl.operation "dl.abs" (%x : !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  %root = pdl.operation "dl.relu" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// Division.

// x / c = x * (1 / c), when c is a power of two
pdl.pattern @div_power_of_two : benefit(1) {
  %t = pdl.type
  %s = pdl.type
  %x = pdl.operand
  %c = pdl.operand : %s
  pdl.apply_native_constraint "has_exact_reciprocal"(%c : !pdl.value)
  %root = pdl.operation "dl.div" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %inverse = pdl.apply_native_rewrite "reciprocal_of"(%c : !pdl.value) : !pdl.attribute
    %constant = pdl.operation "dl.constant" {"value" = %inverse} -> (%s : !pdl.type)
    %factor = pdl.result 0 of %constant
    %new = pdl.operation "dl.mul" (%x, %factor : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// 1 / x = reciprocal x
pdl.pattern @one_div : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand : %t
  %one = pdl.attribute = 1.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %one : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  %root = pdl.operation "dl.div" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.reciprocal" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// Choices.

// select(c, x, x) = x
pdl.pattern @select_same : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand : %t
  %root = pdl.operation "dl.select" (%c, %x, %x : !pdl.value, !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// select(not c, x, y) = select(c, y, x)
pdl.pattern @select_not : benefit(1) {
  %t = pdl.type
  %b = pdl.type
  %c = pdl.operand : %b
  %x = pdl.operand
  %y = pdl.operand
  %not = pdl.operation "dl.not" (%c : !pdl.value) -> (%b : !pdl.type)
  %d = pdl.result 0 of %not
  %root = pdl.operation "dl.select" (%d, %x, %y : !pdl.value, !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.select" (%c, %y, %x : !pdl.value, !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// select(true, x, y) = x
pdl.pattern @select_true : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand : %t
  %y = pdl.operand
  %decided = pdl.attribute = true
  pdl.apply_native_constraint "splat_equals"(%c, %decided : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.select" (%c, %x, %y : !pdl.value, !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// select(false, x, y) = y
pdl.pattern @select_false : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand
  %y = pdl.operand : %t
  %decided = pdl.attribute = false
  pdl.apply_native_constraint "splat_equals"(%c, %decided : !pdl.value, !pdl.attribute)
  %root = pdl.operation "dl.select" (%c, %x, %y : !pdl.value, !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// not (n < m) = n >= m, and so on; a NaN is neither
pdl.pattern @not_compare : benefit(1) {
  %t = pdl.type
  %n = pdl.type
  %x = pdl.operand : %n
  %y = pdl.operand
  %predicate = pdl.attribute
  pdl.apply_native_constraint "is_integer"(%n : !pdl.type)
  %compare = pdl.operation "dl.compare" (%x, %y : !pdl.value, !pdl.value) {"predicate" = %predicate} -> (%t : !pdl.type)
  %c = pdl.result 0 of %compare
  pdl.apply_native_constraint "has_one_use"(%c : !pdl.value)
  %root = pdl.operation "dl.not" (%c : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %opposite = pdl.apply_native_rewrite "opposite"(%predicate : !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.compare" (%x, %y : !pdl.value, !pdl.value) {"predicate" = %opposite} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// Casts.

// cast(x : T -> T) = x
pdl.pattern @cast_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %root = pdl.operation "dl.cast" (%x : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// cast(cast(x : T -> wider) -> T) = x
pdl.pattern @cast_back : benefit(2) {
  %t = pdl.type
  %w = pdl.type
  %x = pdl.operand : %t
  %there = pdl.operation "dl.cast" (%x : !pdl.value) -> (%w : !pdl.type)
  %y = pdl.result 0 of %there
  pdl.apply_native_constraint "holds_all_of"(%w, %t : !pdl.type, !pdl.type)
  %root = pdl.operation "dl.cast" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// cast(cast(x : T -> wider) -> U) = cast(x : T -> U)
pdl.pattern @cast_cast : benefit(1) {
  %t = pdl.type
  %w = pdl.type
  %s = pdl.type
  %x = pdl.operand : %s
  %there = pdl.operation "dl.cast" (%x : !pdl.value) -> (%w : !pdl.type)
  %y = pdl.result 0 of %there
  pdl.apply_native_constraint "holds_all_of"(%w, %s : !pdl.type, !pdl.type)
  %root = pdl.operation "dl.cast" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.cast" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// Moves.

// transpose(transpose(x, p), q) = x, when q undoes p
pdl.pattern @transpose_back : benefit(2) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand : %t
  %p = pdl.attribute
  %q = pdl.attribute
  %there = pdl.operation "dl.transpose" (%x : !pdl.value) {"perm" = %p} -> (%u : !pdl.type)
  %y = pdl.result 0 of %there
  pdl.apply_native_constraint "are_inverse"(%p, %q : !pdl.attribute, !pdl.attribute)
  %root = pdl.operation "dl.transpose" (%y : !pdl.value) {"perm" = %q} -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// transpose(transpose(x, p), q) = transpose(x, p[q])
pdl.pattern @transpose_transpose : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand
  %p = pdl.attribute
  %q = pdl.attribute
  %there = pdl.operation "dl.transpose" (%x : !pdl.value) {"perm" = %p} -> (%u : !pdl.type)
  %y = pdl.result 0 of %there
  %root = pdl.operation "dl.transpose" (%y : !pdl.value) {"perm" = %q} -> (%t : !pdl.type)
  pdl.rewrite %root {
    %r = pdl.apply_native_rewrite "composed"(%p, %q : !pdl.attribute, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.transpose" (%x : !pdl.value) {"perm" = %r} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// reshape(x : T -> T) = x, when all sizes are known
pdl.pattern @reshape_same : benefit(2) {
  %t = pdl.type
  %x = pdl.operand : %t
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.reshape" (%x : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// reshape reshape x = reshape x, when all sizes are known
pdl.pattern @reshape_reshape : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand
  %there = pdl.operation "dl.reshape" (%x : !pdl.value) -> (%u : !pdl.type)
  %y = pdl.result 0 of %there
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.reshape" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.reshape" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// broadcast(x : T -> T) = x: a `?` does not stretch
pdl.pattern @broadcast_same : benefit(2) {
  %t = pdl.type
  %x = pdl.operand : %t
  %root = pdl.operation "dl.broadcast" (%x : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// broadcast broadcast x = broadcast x
pdl.pattern @broadcast_broadcast : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %x = pdl.operand
  %there = pdl.operation "dl.broadcast" (%x : !pdl.value) -> (%u : !pdl.type)
  %y = pdl.result 0 of %there
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.broadcast" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.broadcast" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}
