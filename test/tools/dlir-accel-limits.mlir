// A model that a machine has no room for, and artifacts for another.

// RUN: not dlir-compile %s --target=accel --machine=gemmini --shape=x=8x32 --set=spm.bytes=1024 -o %t.none.dlx 2>&1 | filecheck %s --check-prefix=ROOM
// ROOM: dlir-accel-limits.mlir:[[# @LINE + 36]]:8: error[accel-fit]: 'structured.generic' does not fit the machine: no tile of it fits: {{[0-9]+}} bytes of the scratchpad and 1024 rows of accumulators are free
// ROOM-NEXT: %y = dl.matmul
// RUN: not dlir-run %t.none.dlx 2>&1 | filecheck %s --check-prefix=NONE
// NONE: error: cannot read '{{.*}}.none.dlx': No such file or directory
// RUN: not dlir-compile %s --target=accel --machine=gemmini --shape=x=99999999999x32 2>&1 | filecheck %s --check-prefix=DRAM
// DRAM: dlir-accel-limits.mlir:[[# @LINE + 29]]:1: error: 'func.func' has 3199999999968 elements as arguments, but the machine has 34359738368 bytes of DRAM
// DRAM: help: choose smaller sizes with --shape
// RUN: not dlir-compile %s --target=accel --machine=gemmini --shape=x=8x33 2>&1 | filecheck %s --check-prefix=SIZES
// SIZES: dlir-accel-limits.mlir:[[# @LINE + 26]]:1: error: 'func.func' argument %x is a tensor<?x32xf32>, which cannot have shape [8, 33]
// SIZES: help: give every size, those that the type has as they are
// RUN: not dlir-compile %s --target=accel --machine=gemmini --shape=8x32 2>&1 | filecheck %s --check-prefix=FORM
// FORM: error: bad --shape=8x32: write --shape=ARGUMENT=SIZES, such as --shape=x=1x128

// One accumulator row is enough, and numbers that are none are numbers of the machine, too.
// RUN: dlir-compile %s --target=accel --machine=gemmini --shape=x=8x32 --set=acc.rows=1 -o %t.dlx
// RUN: dlir-run %t.dlx --input=8x32xf32=1 | filecheck %s
// CHECK: 8x32xf32 = {{\[\[}}8., 8.
// RUN: dlir-run %t.dlx --input=8x32xf32=inf 2>&1 | filecheck %s --check-prefix=INF
// INF-NOT: Warning
// INF: o0: 8x32xf32 = {{\[\[}}inf, inf

// RUN: not dlir-run %t.dlx --set=acc.rows=2 --input=8x32xf32=1 2>&1 | filecheck %s --check-prefix=ALONE
// ALONE: error: --set changes a machine, but none is given
// RUN: not dlir-run %t.dlx --machine=gemmini --input=8x32xf32=1 2>&1 | filecheck %s --check-prefix=NAMESAKE
// NAMESAKE: error[dlx]: the program is for machine 'gemmini' ({{[0-9a-f]+}}), not for 'gemmini' ({{[0-9a-f]+}}): acc.rows is 1, not 1024
// RUN: not dlir-run %t.dlx --serial --input=8x32xf32=1 2>&1 | filecheck %s --check-prefix=SERIAL
// SERIAL: error: --serial changes the times: say with --report or --trace where they go

// RUN: not dlir-run %s --target=accel --machine=%t.dlx 2>&1 | filecheck %s --check-prefix=TOML
// TOML: error: unknown machine '{{.*}}.dlx'
// RUN: not dlir-translate --from=isa-binary --to=isa-text %s 2>&1 | filecheck %s --check-prefix=BINARY
// BINARY: dlir-accel-limits.mlir: error[dlx]: not a DLX1 or DLXB file: it begins with b'// A'
// BINARY: help: dlir-compile --target=accel -o FILE.dlx writes one

func.func @main(%x: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %w = dl.constant dense<0.25> : tensor<32x32xf32>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
  func.return %y : tensor<?x32xf32>
}
