// A model at the level `scheduled`: compiled, run, timed, stored and read again.

// RUN: dlir-run %s --target=accel --input=4x16xbf16=2 | filecheck %s
// RUN: dlir-run %s --target=accel --machine=gemmini --input=4x16xbf16=2 --compare=ref | filecheck %s --check-prefix=COMPARE
// RUN: dlir-compile %s --target=accel -o %t.dlx
// RUN: dlir-run %t.dlx --input=4x16xbf16=2 | filecheck %s
// RUN: dlir-run %t.dlx --input=4x16xbf16=2 --target=accel --machine=gemmini | filecheck %s
// RUN: dlir-run %t.dlx --input=4x16xbf16=2 --output=%t.npz --trace=%t.trace.json
// RUN: filecheck %s --check-prefix=TRACE < %t.trace.json

// CHECK: y: 4x16xf32 = {{\[\[}}73., 73.,
// CHECK-NEXT: z: 4x16xf32 = {{\[\[}}32., 32.,

// COMPARE: y: agrees, max abs error 0, relative 0
// COMPARE-NEXT: z: agrees, max abs error 0, relative 0

// TRACE: {"traceEvents":[{"ph":"M","pid":0,"tid":0,"name":"process_name","args":{"name":"@mm"}}
// TRACE-SAME: "pid":1,"tid":0,"name":"process_name","args":{"name":"@mm.1"}

// Timing needs no data; the programs share a clock.
// RUN: dlir-run %t.dlx --report=%t.json | filecheck %s --allow-empty --check-prefix=NOTHING
// RUN: filecheck %s --check-prefix=REPORT < %t.json
// RUN: dlir-run %t.dlx --report=%t.serial.json --serial
// RUN: filecheck %s --check-prefix=SERIAL < %t.serial.json
// RUN: dlir-run %t.dlx --report=%t.html
// RUN: filecheck %s --check-prefix=HTML < %t.html
// RUN: dlir-compile %s --target=accel --report=%t.compile.json
// RUN: filecheck %s --check-prefix=REPORT < %t.compile.json

// NOTHING-NOT: {{.}}
// REPORT: "machine": "gemmini"
// REPORT: "cycles": {{[1-9][0-9]+}},
// REPORT: "percent_of_bound":
// REPORT: "macs": 2048
// REPORT: "launches": [
// REPORT-NEXT: {
// REPORT-NEXT: "program": "mm",
// REPORT-NEXT: "start": 0,
// REPORT: "program": "mm.1",
// REPORT: "host": [
// REPORT-NEXT: {
// REPORT-NEXT: "op": "dl.add",
// REPORT-NEXT: "count": 1,
// REPORT-NEXT: "by": "ref: little work",
// REPORT-NEXT: "why": "for the sake of the test"
// REPORT: "serial": false
// SERIAL: "serial": true
// HTML: <h1>@main on accel: {{[0-9,]+}} cycles</h1>
// HTML-SAME: <h1>@mm.1 on gemmini</h1>
// HTML-SAME: for the sake of the test

// What runs on the host is said before anything is compiled.
// RUN: dlir-compile %s --target=accel --check-support | filecheck %s --check-prefix=SUPPORT
// SUPPORT: on the host: 1 dl.add ({{.*}}dlir-accel.mlir:{{[0-9]+}}:8): for the sake of the test

// The programs alone, as text.
// RUN: dlir-compile %s --target=accel --compile-to=isa | filecheck %s --check-prefix=ISA
// RUN: dlir-compile %s --target=accel --compile-to=isa-text | filecheck %s --check-prefix=TEXT
// RUN: dlir-translate --from isa-binary --to isa-text %t.dlx | filecheck %s --check-prefix=TEXT
// RUN: dlir-translate --from isa-binary --to isa-text --program=mm.1 %t.dlx -o %t.isa
// RUN: dlir-translate --from isa-text --to isa-binary %t.isa -o %t.one.dlx
// RUN: dlir-run %t.one.dlx --input=4x16xbf16=2 | filecheck %s --check-prefix=ONE
// RUN: not dlir-translate --from isa-binary --to isa-text --program=nn %t.dlx 2>&1 | filecheck %s --check-prefix=PROGRAM
// RUN: not dlir-translate --from isa-binary --to isa-binary %t.dlx -o %t.none 2>&1 | filecheck %s --check-prefix=SEVERAL

// ISA: isa.program <"gemmini"> {
// ISA: isa.program <"gemmini"> {
// TEXT: ; program @mm
// TEXT-NEXT: .machine gemmini
// TEXT: ; program @mm.1
// TEXT-NEXT: .machine gemmini
// ONE: y: 4x16xf32 = {{\[\[}}32., 32.,
// PROGRAM: error: there is no program 'nn'; programs: 'mm', 'mm.1'
// SEVERAL: error: a file of this format holds one program, not 2
// SEVERAL: help: --program=mm, --program=mm.1

accel.program @mm machine <"gemmini"> (%x: memref<4x16xbf16> input "x", %w: memref<16x16xbf16> weight "w", %y: memref<4x16xf32> output "y") {
  %a = accel.alloc at 0 : memref<4x16xbf16, "spm">
  %p = accel.alloc at 8 : memref<16x16xbf16, "spm">
  %c = accel.alloc at 0 : memref<4x16xf32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 4} : memref<4x16xbf16>, memref<4x16xbf16, "spm">
  %1 = accel.load %w[0] to %p[0] {count = 16} : memref<16x16xbf16>, memref<16x16xbf16, "spm">
  %2 = accel.matmul %a[0], %p[0] into %c[0] {nx = 4, k = 16, n = 16, start = 1} after %0, %1 : memref<4x16xbf16, "spm">, memref<16x16xbf16, "spm">, memref<4x16xf32, "acc">
  %3 = accel.store %c[0] to %y[0] {count = 4} after %2 : memref<4x16xf32, "acc">, memref<4x16xf32>
}
func.func @main(%x: tensor<4x16xbf16>) -> (tensor<4x16xf32>, tensor<4x16xf32>) attributes {dlir.result_names = ["y", "z"]} {
  // Both weights are computed at compile time, and become contents of two programs.
  %w = dl.constant dense<1.0> : tensor<16x16xf32>
  %wb = dl.cast %w : tensor<16x16xf32> -> tensor<16x16xbf16>
  %v = dl.constant dense<2.0> : tensor<16x16xf32>
  %vb = dl.cast %v : tensor<16x16xf32> -> tensor<16x16xbf16>
  %b = dl.constant dense<3.0> : tensor<4x16xf32>
  %b2 = dl.mul %b, %b : tensor<4x16xf32>
  %unused = accel.launch @mm(%x, %wb) : (tensor<4x16xbf16>, tensor<16x16xbf16>) -> tensor<4x16xf32>
  %h = accel.launch @mm(%x, %vb) : (tensor<4x16xbf16>, tensor<16x16xbf16>) -> tensor<4x16xf32>
  %i = accel.launch @mm(%x, %wb) : (tensor<4x16xbf16>, tensor<16x16xbf16>) -> tensor<4x16xf32>
  %e = dl.add %h, %b2 {accel.host = "for the sake of the test"} : tensor<4x16xf32>
  func.return %e, %i : tensor<4x16xf32>, tensor<4x16xf32>
}
