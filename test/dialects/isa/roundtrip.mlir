// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK: isa.program <"gemmini" {spm.bytes = "131072"}> {
isa.program <"gemmini" {spm.bytes = "131072"}> {
  // CHECK-NEXT: isa.symbol "input" @x address 0 size 256
  isa.symbol "input" @x address 0 size 256
  // CHECK-NEXT: isa.symbol "weight" @"fc 1" address 256 size 4 {contents = "00ff7f80", type = "tensor<4xi8>"}
  isa.symbol "weight" @"fc 1" address 256 size 4 {contents = "00ff7f80", type = "tensor<4xi8>"}
  // CHECK-NEXT: isa.origin 7 "\22fc1\22 of model.onnx"
  isa.origin 7 "\"fc1\" of model.onnx"

  // CHECK-NEXT: isa.stream "ld" {
  isa.stream "ld" {
    // CHECK-NEXT: isa.nop wait=s1{{$}}
    isa.nop wait=s1
    // CHECK-NEXT: isa.halt{{$}}
    isa.halt
    // CHECK-NEXT: isa.sync take sem=s3 count=4{{$}}
    isa.sync take sem=s3 count=4
    // CHECK-NEXT: isa.loop count=16{{$}}
    isa.loop count=16
    // CHECK-NEXT: isa.endl{{$}}
    isa.endl
    // CHECK-NEXT: isa.aadd ar=a1 imm=-512{{$}}
    isa.aadd ar=a1 imm=-512
    // CHECK-NEXT: isa.mark tag=7{{$}}
    isa.mark tag=7
    // CHECK-NEXT: isa.ld d=%0+a1 dram=4096+a2 rows=16 len=16 stride=64 sig=s1{{$}}
    isa.ld d=%0+a1 dram=4096+a2 rows=16 len=16 stride=64 sig=s1
    // CHECK-NEXT: isa.ldx d=%64 idx=%8+a1 dram=1048576 rows=16 len=768{{$}}
    isa.ldx d=%64 idx=%8+a1 dram=1048576 rows=16 len=768
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: isa.stream "mx" {
  isa.stream "mx" {
    // CHECK-NEXT: isa.lw w=%2048 k=16 n=16 wait=s2{{$}}
    isa.lw w=%2048 k=16 n=16 wait=s2
    // CHECK-NEXT: isa.mm a=%12+a1 c=0 nx=28 sx=2 ny=28 sy=58 k=16 n=16 acc swap wait=s3 sig=s4{{$}}
    isa.mm a=%12+a1 c=0 nx=28 sx=2 ny=28 sy=58 k=16 n=16 acc swap wait=s3 sig=s4
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: isa.stream "vx" {
  isa.stream "vx" {
    // CHECK-NEXT: isa.vv add d=%512 x=acc0 y=%40 rows=16 ymode=all wait=s3 sig=s4{{$}}
    isa.vv add d=%512 x=acc0 y=%40 rows=16 ymode=all wait=s3 sig=s4
    // CHECK-NEXT: isa.vs relu d=%64 x=acc0 nx=16 dt_s=i32 sig=s5{{$}}
    isa.vs relu d=%64 x=acc0 nx=16 dt_s=i32 sig=s5
    // CHECK-NEXT: isa.vv fill d=%0 x=%0 y=%0 dt_s=bf16 ymode=imm imm=1.5{{$}}
    isa.vv fill d=%0 x=%0 y=%0 ymode=imm imm=1.5 dt_s=bf16
    // CHECK-NEXT: isa.vv max d=%1048575 x=%0 y=acc0+a3 ymode=imm imm=-8{{$}}
    isa.vv max imm=-0x8 ymode=imm y=acc0+a3 d=%1048575 x=%0 rows=1
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: isa.stream "st" {
  isa.stream "st" {
    // CHECK-NEXT: isa.st x=acc0 dram=8192 rows=4 len=64 stride=64 wait=s2{{$}}
    isa.st x=acc0 dram=8192 rows=4 len=64 stride=64 wait=s2
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: isa.stream "nt" {
  isa.stream "nt" {
    // CHECK-NEXT: isa.send peer=1 x=%0 lines=16{{$}}
    isa.send peer=1 x=%0 lines=16
    // CHECK-NEXT: isa.recv peer=0 d=%16 lines=16 sig=s1{{$}}
    isa.recv peer=0 d=%16 lines=16 sig=s1
  // CHECK-NEXT: }
  }
}
