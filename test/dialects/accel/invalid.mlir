// RUN: dlir-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{'accel.program' has 1 arguments, 2 roles and 1 different names [accel-program-c1]}}
"accel.program"() <{sym_name = "program_c1_roles", machine = #isa.machine<"gemmini">, roles = [#accel.role input, #accel.role output], names = ["x"]}> ({
^bb0(%x: memref<4x16xi8>):
}) : () -> ()

// -----

// expected-error@+1 {{'accel.program' has 2 arguments, 2 roles and 1 different names [accel-program-c1]}}
accel.program @program_c1 machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> input "x") {
}

// -----

// expected-error@+1 {{'accel.program' takes static memrefs of i8, bf16, i32, f32 in DRAM, got memref<4x16xi8, "spm"> [accel-program-c2]}}
accel.program @program_c2 machine <"gemmini"> (%x: memref<4x16xi8, "spm"> input "x") {
}

// -----

// expected-error@+1 {{got memref<?x16xi8> [accel-program-c2]}}
accel.program @program_c2_static machine <"gemmini"> (%x: memref<?x16xi8> input "x") {
}

// -----

// expected-error@+1 {{got memref<4x16xi64> [accel-program-c2]}}
accel.program @program_c2_type machine <"gemmini"> (%x: memref<4x16xi64> input "x") {
}

// -----

// expected-error@+1 {{got memref<4x16xi8, "hbm"> [accel-program-c2]}}
accel.program @program_c2_memory machine <"gemmini"> (%x: memref<4x16xi8, "hbm"> input "x") {
}

// -----

func.func @launch_c1() {
  // expected-error@+1 {{'accel.launch' finds no 'accel.program' '@nowhere' [accel-launch-c1]}}
  accel.launch @nowhere() : () -> ()
  func.return
}

// -----

accel.program @p machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> output "y") {
}
func.func @launch_c1_operands(%x: tensor<4x16xi32>) {
  // expected-error@+1 {{'accel.launch' has operands (4x16xi32), '@p' has (4x16xi8) [accel-launch-c1]}}
  %y = accel.launch @p(%x) : (tensor<4x16xi32>) -> tensor<4x16xi8>
  func.return
}

// -----

accel.program @p machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> output "y") {
}
func.func @launch_c1_results(%x: tensor<4x16xi8>) {
  // expected-error@+1 {{'accel.launch' has results (), '@p' has (4x16xi8) [accel-launch-c1]}}
  accel.launch @p(%x) : (tensor<4x16xi8>) -> ()
  func.return
}

// -----

func.func @alloc_c1() {
  // expected-error@+1 {{'accel.alloc' cannot make a tile of memref<4x?xi8, "spm"> [accel-alloc-c1]}}
  %t = accel.alloc : memref<4x?xi8, "spm">
  func.return
}

// -----

func.func @alloc_c1_accumulators() {
  // expected-error@+1 {{'accel.alloc' cannot make a tile of memref<4x16xbf16, "acc"> [accel-alloc-c1]}}
  %t = accel.alloc : memref<4x16xbf16, "acc">
  func.return
}

// -----

func.func @alloc_c1_memory() {
  // expected-error@+1 {{'accel.alloc' cannot make a tile of memref<4x16xi8, "cache"> [accel-alloc-c1]}}
  %t = accel.alloc : memref<4x16xi8, "cache">
  func.return
}

// -----

func.func @alloc_c1_type() {
  // expected-error@+1 {{'accel.alloc' cannot make a tile of memref<4x16xf64> [accel-alloc-c1]}}
  %t = accel.alloc : memref<4x16xf64>
  func.return
}

// -----

func.func @alloc_c1_place() {
  // expected-error@+1 {{'accel.alloc' cannot place a tile at -16 [accel-alloc-c1]}}
  %t = accel.alloc at -16 : memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c1(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has 5 loops [1, 1, 1, 1, 1] and 2 walks for 2 addresses; at most 4 loops of at least one trip [accel-load-c1]}}
  %0 = accel.load %x[0] to %t[0] for [1, 1, 1, 1, 1] : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c1_trips(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has 1 loops [0] and 2 walks for 2 addresses}}
  %0 = accel.load %x[0] to %t[0] for [0] : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c1_walks(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has 0 loops [] and 1 walks for 2 addresses}}
  %0 = "accel.load"(%x, %t) <{operandSegmentSizes = array<i32: 2, 0>, walks = [array<i64: 0>]}> : (memref<4x16xi8>, memref<4x16xi8, "spm">) -> !accel.token
  func.return
}

// -----

func.func @load_c1_empty_walk(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has 0 loops [] and 2 walks for 2 addresses}}
  %0 = "accel.load"(%x, %t) <{operandSegmentSizes = array<i32: 2, 0>, walks = [array<i64: 0>, array<i64>]}> : (memref<4x16xi8>, memref<4x16xi8, "spm">) -> !accel.token
  func.return
}

// -----

func.func @load_c1_addresses(%x: memref<4x16xi8>) {
  // expected-error@+1 {{'accel.load' has 0 loops [] and 1 walks for 1 addresses}}
  %0 = "accel.load"(%x) <{operandSegmentSizes = array<i32: 1, 0>, walks = [array<i64: 0>]}> : (memref<4x16xi8>) -> !accel.token
  func.return
}

// -----

func.func @load_c1_field(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has no field 'rows' of count [accel-load-c1]}}
  %0 = accel.load %x[0] to %t[0] {rows = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c1_count(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has no 'count' of 0 [accel-load-c1]}}
  %0 = accel.load %x[0] to %t[0] {count = 0} : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c1_word(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has no 'count' of "all" [accel-load-c1]}}
  %0 = accel.load %x[0] to %t[0] {count = "all"} : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c2(%x: memref<8x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' touches rows 0 to 4 of a memref of 4 rows [accel-load-c2]}}
  %0 = accel.load %x[0] to %t[0] {count = 5} : memref<8x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c2_below(%x: memref<8x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' touches rows -1 to 2 of a memref of 8 rows [accel-load-c2]}}
  %0 = accel.load %x[2 - d0] to %t[d0] for [4] : memref<8x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c3(%x: memref<4x8xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.load' has rows of [8, 16] lanes, not of one size [accel-load-c3]}}
  %0 = accel.load %x[0] to %t[0] : memref<4x8xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @load_c3_type(%x: memref<4x16xf32>, %t: memref<4x16xbf16, "spm">) {
  // expected-error@+1 {{'accel.load' copies f32 to bf16 [accel-load-c3]}}
  %0 = accel.load %x[0] to %t[0] : memref<4x16xf32>, memref<4x16xbf16, "spm">
  func.return
}

// -----

func.func @load_c4(%x: memref<4x16xi8>, %t: memref<4x16xi8>) {
  // expected-error@+1 {{'accel.load' expects a memref in spm, acc, wbuf, got memref<4x16xi8> [accel-load-c4]}}
  %0 = accel.load %x[0] to %t[0] : memref<4x16xi8>, memref<4x16xi8>
  func.return
}

// -----

func.func @store_c1(%t: memref<4x16xi8, "spm">, %y: memref<4x16xi8>) {
  // expected-error@+1 {{'accel.store' has no 'count' of -1 [accel-store-c1]}}
  %0 = accel.store %t[0] to %y[0] {count = -1} : memref<4x16xi8, "spm">, memref<4x16xi8>
  func.return
}

// -----

func.func @store_c2(%t: memref<4x16xi8, "spm">, %y: memref<4x16xi8>) {
  // expected-error@+1 {{'accel.store' touches rows 2 to 5 of a memref of 4 rows [accel-store-c2]}}
  %0 = accel.store %t[0] to %y[2] {count = 4} : memref<4x16xi8, "spm">, memref<4x16xi8>
  func.return
}

// -----

func.func @store_c3(%t: memref<4x16xi32, "acc">, %y: memref<4x16xi8>) {
  // expected-error@+1 {{'accel.store' copies i32 to i8 [accel-store-c3]}}
  %0 = accel.store %t[0] to %y[0] : memref<4x16xi32, "acc">, memref<4x16xi8>
  func.return
}

// -----

func.func @store_c4(%t: memref<4x16xi8, "wbuf">, %y: memref<4x16xi8>) {
  // expected-error@+1 {{'accel.store' expects a memref in spm, acc, got memref<4x16xi8, "wbuf"> [accel-store-c4]}}
  %0 = accel.store %t[0] to %y[0] : memref<4x16xi8, "wbuf">, memref<4x16xi8>
  func.return
}

// -----

func.func @gather_c1(%table: memref<9x16xi8>, %i: memref<1x16xi32, "spm">, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.gather' has no 'of' of 0 [accel-gather-c1]}}
  %0 = accel.gather %table[0] at %i[0] to %t[0] {of = 0} : memref<9x16xi8>, memref<1x16xi32, "spm">, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @gather_c2(%table: memref<9x16xi8>, %i: memref<1x16xi32, "spm">, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.gather' touches rows 0 to 9 of a memref of 9 rows [accel-gather-c2]}}
  %0 = accel.gather %table[0] at %i[0] to %t[0] {rows = 4, of = 10} : memref<9x16xi8>, memref<1x16xi32, "spm">, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @gather_c3(%table: memref<9x16xbf16>, %i: memref<1x16xi32, "spm">, %t: memref<4x16xf32, "acc">) {
  // expected-error@+1 {{'accel.gather' copies bf16 to f32 [accel-gather-c3]}}
  %0 = accel.gather %table[0] at %i[0] to %t[0] {of = 9} : memref<9x16xbf16>, memref<1x16xi32, "spm">, memref<4x16xf32, "acc">
  func.return
}

// -----

func.func @gather_c4(%table: memref<9x16xi8>, %i: memref<1x16xi8, "spm">, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{'accel.gather' takes i32 indices, got i8 [accel-gather-c4]}}
  %0 = accel.gather %table[0] at %i[0] to %t[0] {of = 9} : memref<9x16xi8>, memref<1x16xi8, "spm">, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @matmul_c1(%a: memref<8x16xi8, "spm">, %w: memref<32x16xi8, "spm">, %c: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.matmul' loads planes in 0 of 1 loops, but w moves by [16] [accel-matmul-c1]}}
  %0 = accel.matmul %a[0], %w[16 * d0] into %c[0] for [2] {nx = 8, k = 16, n = 16} : memref<8x16xi8, "spm">, memref<32x16xi8, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @matmul_c1_planes(%a: memref<8x16xi8, "spm">, %w: memref<32x16xi8, "spm">, %c: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.matmul' loads planes in 1 of 0 loops, but w moves by [] [accel-matmul-c1]}}
  %0 = accel.matmul %a[0], %w[0] into %c[0] {planes = 1} : memref<8x16xi8, "spm">, memref<32x16xi8, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @matmul_c1_flag(%a: memref<8x16xi8, "spm">, %w: memref<32x16xi8, "spm">, %c: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.matmul' has no 'start' of 2 [accel-matmul-c1]}}
  %0 = accel.matmul %a[0], %w[0] into %c[0] {start = 2} : memref<8x16xi8, "spm">, memref<32x16xi8, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @matmul_c2(%a: memref<8x16xi8, "spm">, %w: memref<16x16xi8, "spm">, %c: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.matmul' touches rows 0 to 8 of a memref of 8 rows [accel-matmul-c2]}}
  %0 = accel.matmul %a[0], %w[0] into %c[0] {nx = 3, sx = 2, ny = 2, sy = 4, k = 16, n = 16} : memref<8x16xi8, "spm">, memref<16x16xi8, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @matmul_c3(%a: memref<8x16xbf16, "spm">, %w: memref<16x16xi8, "spm">, %c: memref<8x16xf32, "acc">) {
  // expected-error@+1 {{'accel.matmul' multiplies i8 into i32 or bf16 into f32, got bf16 and i8 and f32 [accel-matmul-c3]}}
  %0 = accel.matmul %a[0], %w[0] into %c[0] : memref<8x16xbf16, "spm">, memref<16x16xi8, "spm">, memref<8x16xf32, "acc">
  func.return
}

// -----

func.func @matmul_c4(%a: memref<8x16xi8, "wbuf">, %w: memref<16x16xi8, "spm">, %c: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.matmul' expects a memref in spm, got memref<8x16xi8, "wbuf"> [accel-matmul-c4]}}
  %0 = accel.matmul %a[0], %w[0] into %c[0] : memref<8x16xi8, "wbuf">, memref<16x16xi8, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @matmul_c4_lanes(%a: memref<8x16xi8, "spm">, %w: memref<32x16xi8, "spm">, %c: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.matmul' has k = 17, of 16 lanes [accel-matmul-c4]}}
  %0 = accel.matmul %a[0], %w[0] into %c[0] {k = 17} : memref<8x16xi8, "spm">, memref<32x16xi8, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c1(%x: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.binary' has no 'imm' of "x" [accel-binary-c1]}}
  %0 = accel.binary add %x[0] to %x[0] {ymode = "imm", imm = "x"} : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c2(%x: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.binary' touches rows 1 to 8 of a memref of 8 rows [accel-binary-c2]}}
  %0 = accel.binary add %x[0], %x[1] to %x[0] {rows = 8} : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c3(%x: memref<8x16xi32, "acc">) {
  // expected-error@+2 {{'accel.binary' has no function 'pow' with ymode 'row' of 3 addresses [accel-binary-c3]}}
  // expected-help@+1 {{functions: add, sub, mul, max, min, shr, select, requant, mulacc, fill, quant; modes: row, all, lane, imm}}
  %0 = accel.binary pow %x[0], %x[0] to %x[0] : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c3_mode(%x: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.binary' has no function 'add' with ymode 'imm' of 3 addresses [accel-binary-c3]}}
  %0 = accel.binary add %x[0], %x[0] to %x[0] {ymode = "imm"} : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c3_lanes(%x: memref<8x16xi32, "acc">, %y: memref<8x8xi32, "spm">) {
  // expected-error@+1 {{'accel.binary' has rows of [16, 8, 16] lanes, not of one size [accel-binary-c3]}}
  %0 = accel.binary add %x[0], %y[0] to %x[0] : memref<8x16xi32, "acc">, memref<8x8xi32, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c4(%x: memref<8x16xi8, "spm">, %y: memref<8x16xi32, "spm">, %d: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.binary' has operands of i8 and i32 [accel-binary-c4]}}
  %0 = accel.binary add %x[0], %y[0] to %d[0] : memref<8x16xi8, "spm">, memref<8x16xi32, "spm">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @binary_c4_kind(%x: memref<8x16xf32, "acc">, %y: memref<8x16xi32, "spm">) {
  // expected-error@+1 {{'accel.binary' has operands of f32 and i32 [accel-binary-c4]}}
  %0 = accel.binary add %x[0], %y[0] to %x[0] : memref<8x16xf32, "acc">, memref<8x16xi32, "spm">, memref<8x16xf32, "acc">
  func.return
}

// -----

func.func @binary_c4_requant(%x: memref<8x16xi32, "acc">, %y: memref<8x16xi32, "spm">, %d: memref<8x16xi8, "spm">) {
  // expected-error@+2 {{'accel.binary' has 'requant' of i32 and i32 with ymode 'row' [accel-binary-c4]}}
  // expected-help@+1 {{'requant' takes i32, and two rows of i32 with ymode = "all"; 'quant' takes floats, and no immediate}}
  %0 = accel.binary requant %x[0], %y[0] to %d[0] : memref<8x16xi32, "acc">, memref<8x16xi32, "spm">, memref<8x16xi8, "spm">
  func.return
}

// -----

func.func @binary_c4_quant(%x: memref<8x16xf32, "acc">, %d: memref<8x16xi8, "spm">) {
  // expected-error@+2 {{'accel.binary' has 'quant' of f32 with ymode 'imm' [accel-binary-c4]}}
  // expected-help@+1 {{'quant' takes floats, and no immediate}}
  %0 = accel.binary quant %x[0] to %d[0] {imm = 2, rows = 8, ymode = "imm"} : memref<8x16xf32, "acc">, memref<8x16xi8, "spm">
  func.return
}

// -----

func.func @binary_c4_shr(%x: memref<8x16xf32, "acc">) {
  // expected-error@+1 {{'accel.binary' has 'shr' of f32 with ymode 'imm' [accel-binary-c4]}}
  %0 = accel.binary shr %x[0] to %x[0] {ymode = "imm", imm = 3} : memref<8x16xf32, "acc">, memref<8x16xf32, "acc">
  func.return
}

// -----

func.func @unary_c1(%x: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.unary' has no 'sx' of -1 [accel-unary-c1]}}
  %0 = accel.unary copy %x[4] to %x[0] {nx = 2, sx = -1} : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @unary_c2(%x: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.unary' touches rows 0 to 9 of a memref of 8 rows [accel-unary-c2]}}
  %0 = accel.unary copy %x[0] to %x[0] {nx = 2, ny = 5} : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @unary_c2_transpose(%x: memref<8x16xi32, "acc">) {
  // expected-error@+1 {{'accel.unary' touches rows 0 to 15 of a memref of 8 rows [accel-unary-c2]}}
  %0 = accel.unary transpose %x[0] to %x[0] {nx = 2} : memref<8x16xi32, "acc">, memref<8x16xi32, "acc">
  func.return
}

// -----

func.func @unary_c3(%x: memref<8x16xf32, "acc">) {
  // expected-error@+1 {{'accel.unary' has no function 'erf' [accel-unary-c3]}}
  %0 = accel.unary erf %x[0] to %x[0] : memref<8x16xf32, "acc">, memref<8x16xf32, "acc">
  func.return
}

// -----

func.func @unary_c3_lanes(%x: memref<8x16xf32, "acc">) {
  // expected-error@+1 {{'accel.unary' has n = 17, of 16 lanes [accel-unary-c3]}}
  %0 = accel.unary rowsum %x[0] to %x[0] {n = 17} : memref<8x16xf32, "acc">, memref<8x16xf32, "acc">
  func.return
}

// -----

func.func @unary_c3_rows(%x: memref<20x16xf32, "acc">) {
  // expected-error@+1 {{'accel.unary' transposes 20 rows into 16 [accel-unary-c3]}}
  %0 = accel.unary transpose %x[0] to %x[0] {nx = 20} : memref<20x16xf32, "acc">, memref<20x16xf32, "acc">
  func.return
}

// -----

func.func @unary_c4(%x: memref<8x16xf32, "acc">, %w: memref<8x16xf32, "wbuf">) {
  // expected-error@+1 {{'accel.unary' expects a memref in spm, acc, got memref<8x16xf32, "wbuf"> [accel-unary-c4]}}
  %0 = accel.unary copy %x[0] to %w[0] : memref<8x16xf32, "acc">, memref<8x16xf32, "wbuf">
  func.return
}

// -----

func.func @unary_c4_kind(%x: memref<8x16xi32, "acc">, %y: memref<8x16xf32, "spm">) {
  // expected-error@+1 {{'accel.unary' has 'exp' of i32; it is defined for floats [accel-unary-c4]}}
  %0 = accel.unary exp %x[0] to %y[0] : memref<8x16xi32, "acc">, memref<8x16xf32, "spm">
  func.return
}

// -----

func.func @unknown_loop(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{expected a loop of the nest of 1, got 'd1'}}
  %0 = accel.load %x[d1] to %t[0] for [2] : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}

// -----

func.func @no_loop(%x: memref<4x16xi8>, %t: memref<4x16xi8, "spm">) {
  // expected-error@+1 {{expected a loop, d0 to d3, got 'd4'}}
  %0 = accel.load %x[d4] to %t[0] : memref<4x16xi8>, memref<4x16xi8, "spm">
  func.return
}
