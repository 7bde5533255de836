// RUN: dlir-translate --to isa-text %s | filecheck %s --check-prefix=TEXT
// RUN: dlir-translate --to isa-binary %s -o %t.dlx
// RUN: dlir-translate --from isa-binary --to isa-text %t.dlx -o %t.isa
// RUN: dlir-translate --from isa-text --to isa-binary %t.isa -o %t.2.dlx
// RUN: cmp %t.dlx %t.2.dlx
// RUN: dlir-translate --from isa-binary %t.2.dlx | filecheck %s
// RUN: not dlir-translate --from isa-binary --to isa-text %t.isa 2>&1 | filecheck %s --check-prefix=DLX
// RUN: not dlir-translate --from isa-text --to isa-binry %t.isa 2>&1 | filecheck %s --check-prefix=NAME
// RUN: not dlir-translate --to isa-binary %s 2>&1 | filecheck %s --check-prefix=BINARY

// TEXT:      .machine gemmini spm.bytes=131072
// TEXT-NEXT: .symbol input @x address=0 size=256
// TEXT-NEXT: .debug 7 "\"fc1\" of model.onnx"
// TEXT-NEXT: ld:
// TEXT-NEXT:   mark tag=7  ; "fc1" of model.onnx
// TEXT-NEXT:   loop count=4  ; "fc1" of model.onnx
// TEXT-NEXT:     ld d=%0+a1 dram=@x+16 rows=16 len=16 stride=16 sig=s1  ; "fc1" of model.onnx
// TEXT-NEXT:   endl
// TEXT-NEXT:   halt
// TEXT-NEXT: mx:
// TEXT-NEXT: vx:
// TEXT-NEXT: st:

// DLX: error[dlx]: not a DLX1 or DLXB file: it begins with b'.mac'
// NAME: error: cannot translate to 'isa-binry'; did you mean 'isa-binary'?
// BINARY: error: format 'isa-binary' is binary: give a file with -o

// CHECK: isa.program <"gemmini" {spm.bytes = "131072"}> {
isa.program <"gemmini" {spm.bytes = "131072"}> {
  isa.symbol "input" @x address 0 size 256
  isa.origin 7 "\"fc1\" of model.onnx"
  isa.stream "ld" {
    isa.mark tag=7
    isa.loop count=4
    // CHECK: isa.ld d=%0+a1 dram=16 rows=16 len=16 stride=16 sig=s1
    isa.ld d=%0+a1 dram=16 rows=16 len=16 stride=16 sig=s1
    isa.endl
    isa.halt
  }
}
