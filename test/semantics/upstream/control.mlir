// RUN: dlir-opt %s

// RUN-VALUE[ref]: @factorial(10) == 3628800
// RUN-VALUE[ref]: @factorial(13) == 1932053504
func.func @factorial(%n: i32) -> i32 {
  %one = arith.constant 1 : i32
  %small = arith.cmpi sle, %n, %one : i32
  %r = scf.if %small -> (i32) {
    scf.yield %one : i32
  } else {
    %less = arith.subi %n, %one : i32
    %below = func.call @factorial(%less) : (i32) -> i32
    %product = arith.muli %n, %below : i32
    scf.yield %product : i32
  }
  func.return %r : i32
}

// RUN-VALUE[ref]: @forever(1) raises "nested too deeply"
func.func @forever(%n: i32) -> i32 {
  %r = func.call @forever(%n) : (i32) -> i32
  func.return %r : i32
}

// RUN-VALUE[ref]: @sum(0, 10, 3) == 18
// RUN-VALUE[ref]: @sum(5, 5, 1) == 0
// RUN-VALUE[ref]: @sum(9, 0, 1) == 0
// RUN-VALUE[ref]: @sum(0, 10, 0) raises "step must be positive"
func.func @sum(%from: index, %to: index, %step: index) -> index {
  %zero = arith.constant 0 : index
  %r = scf.for %i = %from to %to step %step iter_args(%s = %zero) -> (index) {
    %t = arith.addi %s, %i : index
    scf.yield %t : index
  }
  func.return %r : index
}

// Collatz: how many steps until 1.
// RUN-VALUE[ref]: @collatz(6) == 8
func.func @collatz(%n: i32) -> i32 {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %two = arith.constant 2 : i32
  %three = arith.constant 3 : i32
  %last, %steps = scf.while (%x = %n, %k = %zero) : (i32, i32) -> (i32, i32) {
    %more = arith.cmpi ne, %x, %one : i32
    scf.condition(%more) %x, %k : i32, i32
  } do {
  ^bb0(%x: i32, %k: i32):
    %half = arith.divui %x, %two : i32
    %triple = arith.muli %x, %three : i32
    %up = arith.addi %triple, %one : i32
    %bit = arith.andi %x, %one : i32
    %odd = arith.trunci %bit : i32 to i1
    %next = arith.select %odd, %up, %half : i32
    %next_k = arith.addi %k, %one : i32
    scf.yield %next, %next_k : i32, i32
  }
  func.return %steps : i32
}

// RUN-VALUE[ref]: @switch(2) == 20
// RUN-VALUE[ref]: @switch(5) == 50
// RUN-VALUE[ref]: @switch(3) == 0
func.func @switch(%i: index) -> i32 {
  %r = "scf.index_switch"(%i) <{cases = array<i64: 2, 5>}> ({
    %c = arith.constant 0 : i32
    scf.yield %c : i32
  }, {
    %c = arith.constant 20 : i32
    scf.yield %c : i32
  }, {
    %c = arith.constant 50 : i32
    scf.yield %c : i32
  }) : (index) -> i32
  func.return %r : i32
}

// Sum of i * j over a box, started from 100.
// RUN-VALUE[ref]: @box(3, 4) == 118
func.func @box(%n: index, %m: index) -> index {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %start = arith.constant 100 : index
  %r = "scf.parallel"(%zero, %zero, %n, %m, %one, %one, %start)
      <{operandSegmentSizes = array<i32: 2, 2, 2, 1>}> ({
  ^bb0(%i: index, %j: index):
    %p = arith.muli %i, %j : index
    scf.reduce(%p : index) {
    ^bb1(%a: index, %b: index):
      %s = arith.addi %a, %b : index
      scf.reduce.return %s : index
    }
  }) : (index, index, index, index, index, index, index) -> index
  func.return %r : index
}

// Branches with arguments; a loop made of blocks.
// RUN-VALUE[ref]: @blocks(10) == 55
func.func @blocks(%n: i32) -> i32 {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  cf.br ^head(%zero, %n : i32, i32)
^head(%sum: i32, %k: i32):
  %more = arith.cmpi sgt, %k, %zero : i32
  cf.cond_br %more, ^body, ^exit(%sum : i32)
^body:
  %next_sum = arith.addi %sum, %k : i32
  %next_k = arith.subi %k, %one : i32
  cf.br ^head(%next_sum, %next_k : i32, i32)
^exit(%r: i32):
  func.return %r : i32
}

// RUN-VALUE[ref]: @jump(1) == 10
// RUN-VALUE[ref]: @jump(2) == 21
// RUN-VALUE[ref]: @jump(9) == 7
func.func @jump(%flag: i32) -> i32 {
  %seven = arith.constant 7 : i32
  %ten = arith.constant 10 : i32
  %one = arith.constant 1 : i32
  cf.switch %flag : i32, [
    default: ^exit(%seven : i32),
    1: ^exit(%ten : i32),
    2: ^sum(%ten, %one : i32, i32)
  ]
^sum(%a: i32, %b: i32):
  %s = arith.addi %a, %b : i32
  %t = arith.addi %s, %a : i32
  cf.br ^exit(%t : i32)
^exit(%r: i32):
  func.return %r : i32
}

// RUN-VALUE[ref]: @check(true) == true
// RUN-VALUE[ref]: @check(false) raises "control.mlir:138:3: 'cf.assert' must hold"
func.func @check(%c: i1) -> i1 {
  cf.assert %c, "must hold"
  func.return %c : i1
}
