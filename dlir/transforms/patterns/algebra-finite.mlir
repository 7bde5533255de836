// Identities of `dl` that hold for finite numbers, when zeros of both signs count as equal. Not for NaN
// and infinities: apply this table (`--apply-patterns=file=algebra-finite`) to models that never make
// them. test/numeric/test_algebra.py checks each rule, and that it fails beyond its condition.

// x + 0 = x; of -0 it is 0
pdl.pattern @add_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %number = pdl.attribute = 0.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %number : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  %root = pdl.operation "dl.add" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// x * 0 = 0; of NaN and infinity it is NaN
pdl.pattern @mul_zero : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %c = pdl.operand
  %zero = pdl.attribute = 0.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %zero : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.mul" (%x, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %zeros = pdl.apply_native_rewrite "filled"(%t, %zero : !pdl.type, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.constant" {"value" = %zeros} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// x - x = 0; of NaN and infinity it is NaN
pdl.pattern @sub_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %zero = pdl.attribute = 0.0 : f64
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.sub" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %zeros = pdl.apply_native_rewrite "filled"(%t, %zero : !pdl.type, !pdl.attribute) : !pdl.attribute
    %new = pdl.operation "dl.constant" {"value" = %zeros} -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// 0 - x = -x; of 0 it is 0
pdl.pattern @zero_sub : benefit(1) {
  %t = pdl.type
  %c = pdl.operand
  %x = pdl.operand : %t
  %zero = pdl.attribute = 0.0 : f64
  pdl.apply_native_constraint "splat_equals"(%c, %zero : !pdl.value, !pdl.attribute)
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  %root = pdl.operation "dl.sub" (%c, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.neg" (%x : !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// -(x - y) = y - x; of equal numbers it is -0
pdl.pattern @neg_sub : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %inner = pdl.operation "dl.sub" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  %z = pdl.result 0 of %inner
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  pdl.apply_native_constraint "has_one_use"(%z : !pdl.value)
  %root = pdl.operation "dl.neg" (%z : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.sub" (%y, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// max(min(x, y), y) = y; of NaN it is NaN
pdl.pattern @max_min_same : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %y = pdl.operand : %t
  %inner = pdl.operation "dl.min" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  %z = pdl.result 0 of %inner
  pdl.apply_native_constraint "is_float"(%t : !pdl.type)
  %root = pdl.operation "dl.max" (%z, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%y : !pdl.value)
  }
}

// not (x < y) = x >= y, and so on; a NaN is neither
pdl.pattern @not_compare : benefit(1) {
  %t = pdl.type
  %n = pdl.type
  %x = pdl.operand : %n
  %y = pdl.operand
  %predicate = pdl.attribute
  pdl.apply_native_constraint "is_float"(%n : !pdl.type)
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
