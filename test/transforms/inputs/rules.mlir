// relu(x + x) = relu x * 2
pdl.pattern @relu_of_double : benefit(1) {
  %t = pdl.type
  %x = pdl.operand : %t
  %two = pdl.attribute = 2.0 : f64
  %sum = pdl.operation "dl.add" (%x, %x : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  %y = pdl.result 0 of %sum
  pdl.apply_native_constraint "has_one_use"(%y : !pdl.value)
  pdl.apply_native_constraint "is_static"(%t : !pdl.type)
  %root = pdl.operation "dl.relu" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %twos = pdl.apply_native_rewrite "filled"(%t, %two : !pdl.type, !pdl.attribute) : !pdl.attribute
    %constant = pdl.operation "dl.constant" {"value" = %twos} -> (%t : !pdl.type)
    %c = pdl.result 0 of %constant
    %relu = pdl.operation "dl.relu" (%x : !pdl.value)
    %z = pdl.result 0 of %relu
    %new = pdl.operation "dl.mul" (%z, %c : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %root with %new
  }
}

// A softmax over the last of two axes; `axis` is not written where it has its default.
pdl.pattern @softmax_of_softmax : benefit(2) {
  %t = pdl.type
  %x = pdl.operand : %t
  %axis = pdl.attribute
  %inner = pdl.operation "dl.log_softmax" (%x : !pdl.value) {"axis" = %axis} -> (%t : !pdl.type)
  %y = pdl.result 0 of %inner
  %root = pdl.operation "dl.exp" (%y : !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %root {
    %new = pdl.operation "dl.softmax" (%x : !pdl.value) {"axis" = %axis} -> (%t : !pdl.type)
    %w = pdl.result 0 of %new
    pdl.replace %root with (%w : !pdl.value)
  }
}
