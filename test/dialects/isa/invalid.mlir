// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @nop_c1() {
  // expected-error@+1 {{field 'wait' holds s0 to s31; got 32 [isa-nop-c1]}}
  "isa.nop"() <{wait = 32 : i64}> : () -> ()
  func.return
}

// -----

func.func @halt_c1() {
  // expected-error@+1 {{field 'wait' holds s0 to s31; got 32 [isa-halt-c1]}}
  "isa.halt"() <{wait = 32 : i64}> : () -> ()
  func.return
}

// -----

func.func @sync_c1() {
  // expected-error@+1 {{field 'sem' holds s0 to s31; got 32 [isa-sync-c1]}}
  "isa.sync"() <{sem = 32 : i64}> : () -> ()
  func.return
}

// -----

func.func @loop_c1() {
  // expected-error@+1 {{field 'count' holds 1 to 16777216; got 16777217 [isa-loop-c1]}}
  "isa.loop"() <{count = 16777217 : i64}> : () -> ()
  func.return
}

// -----

func.func @aadd_c1() {
  // expected-error@+1 {{field 'ar' holds a0 to a7; got 8 [isa-aadd-c1]}}
  "isa.aadd"() <{ar = 8 : i64, imm = -2147483648 : i64}> : () -> ()
  func.return
}

// -----

func.func @mark_c1() {
  // expected-error@+1 {{field 'tag' holds 0 to 4294967295; got 4294967296 [isa-mark-c1]}}
  "isa.mark"() <{tag = 4294967296 : i64}> : () -> ()
  func.return
}

// -----

func.func @ld_c1() {
  // expected-error@+1 {{field 'ar_l' holds a0 to a7; got 8 [isa-ld-c1]}}
  "isa.ld"() <{ar_l = 8 : i64, line = 0 : i64, dram = 0 : i64, len = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @st_c1() {
  // expected-error@+1 {{field 'ar_l' holds a0 to a7; got 8 [isa-st-c1]}}
  "isa.st"() <{ar_l = 8 : i64, line = 0 : i64, dram = 0 : i64, len = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @ldx_c1() {
  // expected-error@+1 {{field 'ar_l' holds a0 to a7; got 8 [isa-ldx-c1]}}
  "isa.ldx"() <{ar_l = 8 : i64, line = 0 : i64, idx = 0 : i64, dram = 0 : i64, len = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @lw_c1() {
  // expected-error@+1 {{field 'ar' holds a0 to a7; got 8 [isa-lw-c1]}}
  "isa.lw"() <{ar = 8 : i64, line = 0 : i64, k = 1 : i64, n = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @mm_c1() {
  // expected-error@+1 {{field 'ar_a' holds a0 to a7; got 8 [isa-mm-c1]}}
  "isa.mm"() <{ar_a = 8 : i64, a = 0 : i64, c = 0 : i64, k = 1 : i64, n = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @vv_c1() {
  // expected-error@+1 {{field 'd_ar' holds a0 to a7; got 8 [isa-vv-c1]}}
  "isa.vv"() <{fn = "add", d_ar = 8 : i64, d = 0 : i64, x = 0 : i64, y = 0 : i64}> : () -> ()
  func.return
}

// -----

func.func @vs_c1() {
  // expected-error@+1 {{field 'd_ar' holds a0 to a7; got 8 [isa-vs-c1]}}
  "isa.vs"() <{fn = "copy", d_ar = 8 : i64, d = 0 : i64, x = 0 : i64}> : () -> ()
  func.return
}

// -----

func.func @send_c1() {
  // expected-error@+1 {{field 'peer' holds 0 to 255; got 256 [isa-send-c1]}}
  "isa.send"() <{peer = 256 : i64, line = 0 : i64, lines = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @recv_c1() {
  // expected-error@+1 {{field 'peer' holds 0 to 255; got 256 [isa-recv-c1]}}
  "isa.recv"() <{peer = 256 : i64, line = 0 : i64, lines = 1 : i64}> : () -> ()
  func.return
}

// -----

func.func @ld_c2() {
  isa.stream "mx" {
    // expected-error@+1 {{belongs to stream ld, not to mx [isa-ld-c2]}}
    isa.ld d=%0+a1 dram=4096+a2 rows=16 len=16 stride=64 sig=s1
  }
  func.return
}

// -----

func.func @st_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream st, not to ld [isa-st-c2]}}
    isa.st x=acc0 dram=8192 rows=4 len=64 stride=64 wait=s2
  }
  func.return
}

// -----

func.func @ldx_c2() {
  isa.stream "mx" {
    // expected-error@+1 {{belongs to stream ld, not to mx [isa-ldx-c2]}}
    isa.ldx d=%64 idx=%8+a1 dram=1048576 rows=16 len=768
  }
  func.return
}

// -----

func.func @lw_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream mx, not to ld [isa-lw-c2]}}
    isa.lw w=%2048 k=16 n=16 wait=s2
  }
  func.return
}

// -----

func.func @mm_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream mx, not to ld [isa-mm-c2]}}
    isa.mm a=%12+a1 c=0 nx=28 sx=2 ny=28 sy=58 k=16 n=16 acc swap wait=s3 sig=s4
  }
  func.return
}

// -----

func.func @vv_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream vx, not to ld [isa-vv-c2]}}
    isa.vv add d=%512 x=acc0 y=%40 rows=16 ymode=all wait=s3 sig=s4
  }
  func.return
}

// -----

func.func @vs_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream vx, not to ld [isa-vs-c2]}}
    isa.vs relu d=%64 x=acc0 nx=16 dt_s=i32 sig=s5
  }
  func.return
}

// -----

func.func @send_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream nt, not to ld [isa-send-c2]}}
    isa.send peer=1 x=%0 lines=16
  }
  func.return
}

// -----

func.func @recv_c2() {
  isa.stream "ld" {
    // expected-error@+1 {{belongs to stream nt, not to ld [isa-recv-c2]}}
    isa.recv peer=0 d=%16 lines=16 sig=s1
  }
  func.return
}

// -----

func.func @vv_c1_b() {
  // expected-error@+1 {{field 'fn' is one of add, sub, mul, max, min, shr, select, requant, mulacc, fill, quant, div; got 'dot' [isa-vv-c1]}}
  "isa.vv"() <{fn = "dot", d = 0 : i64, x = 0 : i64, y = 0 : i64}> : () -> ()
  func.return
}

// -----

func.func @program_c1() {
  // expected-error@+1 {{stream 'ld' is there twice [isa-program-c1]}}
  isa.program <"gemmini"> {
    isa.stream "ld" {
    ^bb0:
    }
    isa.stream "ld" {
    ^bb0:
    }
  }
  func.return
}

// -----

func.func @stream_c1() {
  // expected-error@+1 {{no engine 'xx': ld, mx, vx, st, nt [isa-stream-c1]}}
  isa.stream "xx" {
    // expected-error@+1 {{'isa.nop' belongs to stream ld, mx, vx, st, nt, not to xx [isa-nop-c2]}}
    isa.nop
  }
  func.return
}

// -----

func.func @stream_c2() {
  // expected-error@+1 {{holds instructions only, not 'isa.origin' [isa-stream-c2]}}
  isa.stream "ld" {
    isa.origin 1 "x"
  }
  func.return
}

// -----

func.func @symbol_c1() {
  // expected-error@+1 {{'foo' is none of input, output, weight, temp, packed [isa-symbol-c1]}}
  isa.symbol "foo" @x address 0 size 1
  func.return
}

// -----

func.func @symbol_c2() {
  // expected-error@+1 {{0 bytes at 0 [isa-symbol-c2]}}
  isa.symbol "input" @x address 0 size 0
  func.return
}

// -----

func.func @symbol_c3() {
  // expected-error@+1 {{contents of a weight of 2 bytes are 1 bytes of kind weight [isa-symbol-c3]}}
  isa.symbol "weight" @x address 0 size 2 {contents = "00"}
  func.return
}

// -----

func.func @symbol_c3_b() {
  // expected-error@+1 {{contents of a weight of 1 bytes are 1 bytes of kind input [isa-symbol-c3]}}
  isa.symbol "input" @x address 0 size 1 {contents = "00"}
  func.return
}

// -----

func.func @origin_c1() {
  // expected-error@+1 {{tag 4294967296 does not have 32 bits [isa-origin-c1]}}
  isa.origin 4294967296 "x"
  func.return
}

// -----

func.func @unknown_operand() {
  // expected-error@+1 {{mm has no operand 'swop'; did you mean 'swap'?}}
  isa.mm a=%0 c=0 k=1 n=1 swop
  func.return
}

// -----

func.func @missing_operand() {
  // expected-error@+1 {{mm needs operand 'n'}}
  isa.mm a=%0 c=0 k=1
  func.return
}

// -----

func.func @wrong_memory() {
  // expected-error@+1 {{operand 'a' is in spm, not in acc}}
  isa.mm a=acc0 c=0 k=1 n=1
  func.return
}
