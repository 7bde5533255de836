// What the user can get wrong with machines, sizes and artifacts.

// RUN: not dlir-run %s --target=accel 2>&1 | filecheck %s --check-prefix=SIZES
// SIZES: dlir-accel-errors.mlir:[[# @LINE + 58]]:1: error: 'func.func' argument 0 (%x) is a tensor<?x16xf32>, but programs of target 'accel' have known sizes
// SIZES: help: give them all, such as --shape x=8x16
// RUN: not dlir-run %s --target=accel --input=2x16xf32=1 2>&1 | filecheck %s --check-prefix=MACHINE
// MACHINE: error: target 'accel' needs a machine
// MACHINE: help: --machine=NAME, of edge16, gemmini, large128, tpu1, or --machine=FILE.toml
// RUN: not dlir-run %s --target=accel --machine=gemini --input=2x16xf32=1 2>&1 | filecheck %s --check-prefix=NAME
// NAME: error: unknown machine 'gemini'; did you mean 'gemmini'?
// RUN: not dlir-run %s --target=accel --set=spm.bytes=65536 --input=2x16xf32=1 2>&1 | filecheck %s --check-prefix=ALONE
// ALONE: error: --set changes a machine, but none is given
// RUN: not dlir-run %s --target=accel --machine=gemmini --set=spm.byte=65536 --input=2x16xf32=1 2>&1 | filecheck %s --check-prefix=KEY
// KEY: error[machine]: unknown key 'byte' in [spm]; did you mean 'bytes'? (set by spm.byte=65536)
// RUN: not dlir-run %s --target=accel --machine=gemmini --set=spm 2>&1 | filecheck %s --check-prefix=PAIR
// PAIR: error: bad --set=spm: write --set=TABLE.KEY=VALUE, such as --set=spm.bytes=131072
// RUN: not dlir-run %s --target=accel --machine=gemmini --shape=y=2x16 2>&1 | filecheck %s --check-prefix=ARGUMENT
// ARGUMENT: error: 'func.func' @main has no argument 'y'
// RUN: not dlir-run %s --machine=gemmini --input=2x16xf32=1 2>&1 | filecheck %s --check-prefix=CPU
// CPU: error: target 'cpu' has no machines: leave --machine and --set out
// RUN: not dlir-run %s --serial --input=2x16xf32=1 2>&1 | filecheck %s --check-prefix=SERIAL
// SERIAL: error: target 'cpu' runs here: --serial is for models
// RUN: not dlir-run %s --report=r.txt 2>&1 | filecheck %s --check-prefix=REPORT
// REPORT: error: --report=r.txt: write R.json or R.html

// Sizes are for every target.
// RUN: dlir-compile %s --shape=x=4x16 --compile-to=structured | filecheck %s --check-prefix=CPU-SIZES
// RUN: dlir-compile %s --target=accel --shape=x=4x16 --compile-to=structured | filecheck %s --check-prefix=CPU-SIZES
// CPU-SIZES: func.func @main(%x: tensor<4x16xf32>) -> tensor<4x16xf32>
// RUN: dlir-run %s --shape=x=2x16 --input=2x16xf32=1 | filecheck %s --check-prefix=CPU-CALL
// CPU-CALL: o0: 2x16xf32 =

// An artifact is for one target and one machine, and is not what it is not.
// RUN: dlir-compile %S/dlir-accel.mlir --target=accel -o %t.dlx
// RUN: not dlir-run %t.dlx --input=4x16xbf16=2 --machine=tpu1 2>&1 | filecheck %s --check-prefix=OTHER
// OTHER: error[dlx]: the program is for machine 'gemmini' ({{[0-9a-f]+}}), not for 'tpu1' ({{[0-9a-f]+}})
// OTHER: help: compile it again for this machine
// RUN: not dlir-run %t.dlx --target=cpu 2>&1 | filecheck %s --check-prefix=TARGET
// TARGET: error: '{{.*}}.dlx' was compiled for target 'accel', not for 'cpu'
// RUN: not dlir-run %t.dlx --shape=x=4x16 2>&1 | filecheck %s --check-prefix=FIXED
// FIXED: error: '{{.*}}.dlx' is compiled: its sizes cannot be chosen any more
// RUN: not dlir-run %t.dlx --function=f 2>&1 | filecheck %s --check-prefix=FUNCTION
// FUNCTION: error: '{{.*}}.dlx' is compiled: its function cannot be chosen any more
// RUN: not dlir-run %t.dlx --params=w.safetensors 2>&1 | filecheck %s --check-prefix=WEIGHTS
// WEIGHTS: error: '{{.*}}.dlx' is compiled: its weights cannot be chosen any more
// RUN: not dlir-run %t.dlx --compare=ref 2>&1 | filecheck %s --check-prefix=COMPILED
// RUN: not dlir-compile %t.dlx 2>&1 | filecheck %s --check-prefix=COMPILED
// RUN: not dlir-compile %t.dlx --check-support 2>&1 | filecheck %s --check-prefix=COMPILED
// RUN: not dlir-translate %t.dlx 2>&1 | filecheck %s --check-prefix=COMPILED
// COMPILED: error: '{{.*}}.dlx' is compiled
// COMPILED: help: dlir-run runs it, and dlir-translate --from=isa-binary takes it apart
// RUN: not dlir-run %t.dlx 2>&1 | filecheck %s --check-prefix=COUNT
// COUNT: error: @main takes 1 input(s), got 0: %x: tensor<4x16xbf16>
// RUN: not dlir-run %S/nowhere.dlx 2>&1 | filecheck %s --check-prefix=NOWHERE
// NOWHERE: error: cannot read '{{.*}}nowhere.dlx': No such file or directory
// RUN: not dlir-run %S/dlir-accel.mlir --target=accel --machine=tpu1 2>&1 | filecheck %s --check-prefix=THERE
// THERE: error: the module holds programs for machine 'gemmini' ({{[0-9a-f]+}}), not for 'tpu1' ({{[0-9a-f]+}})
// RUN: dlir-compile %s --shape=x=4x16 --compile-to=dl -o %t.bad.dlx
// RUN: not dlir-run %t.bad.dlx 2>&1 | filecheck %s --check-prefix=BAD
// BAD: error[dlx]: not a DLX1 or DLXB file: it begins with b'buil'

func.func @main(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %y = dl.relu %x : tensor<?x16xf32>
  func.return %y : tensor<?x16xf32>
}
