// RUN: not dlir-opt %s --dl-roofline='machine=xeon-8280 function=dynamic' 2>&1 | filecheck %s --check-prefix=DYNAMIC
// RUN: dlir-opt %s --dl-specialize='function=dynamic shapes=x:2x4' --dl-roofline='machine=xeon-8280 function=dynamic' 2>&1 | filecheck %s --check-prefix=GIVEN
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=loop' 2>&1 | filecheck %s --check-prefix=LOOP
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=loop format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=LOOP-JSON
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=once' -o /dev/null 2>&1 | filecheck %s --check-prefix=ONCE
// RUN: not dlir-opt %s --dl-roofline='machine=xeon-8820 function=dynamic' 2>&1 | filecheck %s --check-prefix=NAME
// RUN: not dlir-opt %s --dl-roofline='machine=xeon-8280 threads=29 function=loop' 2>&1 | filecheck %s --check-prefix=THREADS
// RUN: not dlir-opt %s --dl-roofline='machine=tpu1 threads=2 function=loop' 2>&1 | filecheck %s --check-prefix=NO-THREADS
// RUN: not dlir-opt %s --dl-roofline='machine=%S/inputs/contradiction.toml function=loop' 2>&1 | filecheck %s --check-prefix=FILE
// RUN: not dlir-opt %s --dl-roofline='machine=xeon-8280 set=l1.bytes=1000 function=loop' 2>&1 | filecheck %s --check-prefix=SET
// RUN: not dlir-opt %s --dl-roofline='machine=gemmini set=array.types=["i8"];array.rate={i8=1} function=product' 2>&1 | filecheck %s --check-prefix=ARRAY
// RUN: not dlir-opt %s --dl-roofline='machine=xeon-8280 function=declared' 2>&1 | filecheck %s --check-prefix=DECLARED

// DYNAMIC: dl-roofline-invalid.mlir:26:8: error[dl-roofline]: 'dl.relu' has a size that is known at run time only: tensor<?x4xf32>
// DYNAMIC: help: give the arguments sizes first: --dl-specialize=shapes=ARGUMENT:1x128 (or batch=1) in front of the roofline
// GIVEN: dl.relu {{.*}} 8 {{ *}} 64 B
// NAME: error[machine]: unknown machine 'xeon-8820'; did you mean 'xeon-8280'?
// NAME: help: machines: epyc-7742, graviton2, native, xeon-8280, edge16, gemmini, large128, tpu1; or the path of a .toml file
// THREADS: error[machine]: expected threads in 1..28, the cores of 'xeon-8280', got 29
// NO-THREADS: error[machine]: machine 'tpu1' has no threads
// NO-THREADS: help: leave out `threads`, or choose a CPU
// FILE: contradiction.toml:12: error[machine]: 200 GB/s, but 1600 MHz x 2 interfaces x 2 transfers x 64 bits = 51.2 GB/s
// FILE: help: leave one of them out
// SET: xeon-8280.toml:22: error[machine]: 1000 bytes are no whole sets of 8 ways x 64 bytes (set by l1.bytes=1000)
func.func @dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = dl.relu %x : tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}

// What a loop does is not known: it is said, and not counted as nothing.
// LOOP: warning[dl-roofline]: 'scf.for' does work that is unknown: the totals are without it
// LOOP: scf.for {{.*}} unknown {{ *}} unknown {{ *}} unknown
// LOOP: total {{ *}} 0 ops + 1 unknown
// LOOP: Unknown work, which no total has: 1 op.
// LOOP-JSON: "op": "scf.for"
// LOOP-JSON: "flops": null,
// LOOP-JSON: "unknown": 1
func.func @loop(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %y = scf.for %i = %c0 to %c8 step %c1 iter_args(%z = %x) -> (tensor<4x4xf32>) {
    %r = dl.relu %z : tensor<4x4xf32>
    scf.yield %r : tensor<4x4xf32>
  }
  func.return %y : tensor<4x4xf32>
}

// ONCE: total {{ *}} 1 op
// ONCE: Left out, as it runs once, at load: 1 op on weights alone.
func.func @once(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = dl.param "w" : tensor<4x4xf32>
  %t = dl.transpose %w {perm = [1, 0]} : tensor<4x4xf32> -> tensor<4x4xf32>
  %y = dl.matmul %x, %t acc f32 : tensor<4x4xf32>
  func.return %y : tensor<4x4xf32>
}

// ARRAY: error[dl-roofline]: 'dl.matmul' needs products of bf16; the array of machine 'gemmini' multiplies i8
func.func @product(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = dl.matmul %x, %x acc f32 : tensor<4x4xf32>
  func.return %y : tensor<4x4xf32>
}

// DECLARED: error: no function '@declared'
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
