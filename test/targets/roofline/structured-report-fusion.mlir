// RUN: dlir-opt %s --pass-pipeline='builtin.module(convert-dl-to-structured,cse,structured-report-fusion{machine=epyc-7742 threads=1})' 2>&1 | filecheck %s
// RUN: dlir-opt %s --pass-pipeline='builtin.module(convert-dl-to-structured,cse,structured-report-fusion{machine=epyc-7742 format=json})' -o /dev/null 2>&1 | filecheck %s --check-prefix=JSON
// RUN: dlir-opt %s --pass-pipeline='builtin.module(convert-dl-to-structured,cse,structured-report-fusion{machine=epyc-7742 output=%t.html})' | filecheck %s --check-prefix=KEPT
// RUN: filecheck %s --check-prefix=HTML --input-file=%t.html
// RUN: not dlir-opt %s --structured-report-fusion=machine=gemmini 2>&1 | filecheck %s --check-prefix=ACCEL

// A bias is an epilogue; a cheap op is computed by both of its readers, exponentials are not.

// CHECK:      Fusion, judged on epyc-7742, 1 of 64 cores
// CHECK:      tensor {{ *}} from {{ *}} to {{ *}} fused {{ *}} saves {{ *}} repeats {{ *}} before {{ *}} after {{ *}} why
// CHECK-NEXT: %m {{.*}}:42:8 {{ *}} {{.*}}:43:8 {{ *}} yes {{ *}} 786.4 kB {{ *}} 0 {{ *}} 2.097 ms compute + 10.97 us l3 {{ *}} 2.099 ms compute {{ *}} the consumer becomes its epilogue
// CHECK-NEXT: %r {{.*}}:44:8 {{ *}} {{.*}}:45:8, {{.*}}:46:8 {{ *}} yes {{ *}} 786.4 kB {{ *}} 98.3 k {{ *}} 10.92 us l3 + 10.92 us l3 + 5.468 us l2 {{ *}} 10.92 us l3 + 5.468 us l2 {{ *}} computed where it is read, by 2 ops
// CHECK-NEXT: %e {{.*}}:47:8 {{ *}} {{.*}}:48:8, {{.*}}:49:8 {{ *}} no {{ *}} 786.4 kB {{ *}} 1.966 M {{ *}} 27.31 us compute + 5.468 us l2 + 10.92 us l3 {{ *}} 28.67 us compute + 28.67 us compute {{ *}} would repeat 1.966 M operations to save 786.4 kB
// CHECK:      Before: 8 kernels,
// CHECK-NEXT: After: 6 kernels,

// The module is fused.
// CHECK:      epilogue ins(%b

// JSON:      "machine": "epyc-7742",
// JSON-NEXT: "threads": 64,
// JSON:      "tensor": "%m",
// JSON:      "fused": true,
// JSON-NEXT: "reason": "the consumer becomes its epilogue",
// JSON-NEXT: "bytes_saved": 786432,
// JSON-NEXT: "operations_repeated": 0,
// JSON:      "kind": "contraction",
// JSON:      "after": {
// JSON-NEXT: "kernels": 6,

// KEPT:      epilogue ins(%b

// HTML:      Fusion, judged on epyc-7742, 64 of 64 cores
// HTML:      8 to 6
// HTML:      the consumer becomes its epilogue

// ACCEL:     error[structured-report-fusion]: machine 'gemmini' is an accelerator
// ACCEL:     help: name a CPU

func.func @main(%x: tensor<128x768xf32>, %w: tensor<768x768xf32>, %b: tensor<768xf32>)
    -> (tensor<128x768xf32>, tensor<128x768xf32>, tensor<128xf32>, tensor<128xf32>, tensor<128x768xf32>) {
  %m = dl.matmul %x, %w acc f32 : (tensor<128x768xf32>, tensor<768x768xf32>) -> tensor<128x768xf32>
  %a = dl.add %m, %b : (tensor<128x768xf32>, tensor<768xf32>) -> tensor<128x768xf32>
  %r = dl.relu %x : tensor<128x768xf32>
  %n = dl.neg %r : tensor<128x768xf32>
  %s = dl.reduce_sum %r {axes = [1]} : tensor<128x768xf32> -> tensor<128xf32>
  %e = dl.exp %x : tensor<128x768xf32>
  %t = dl.reduce_sum %e {axes = [1]} : tensor<128x768xf32> -> tensor<128xf32>
  %f = dl.neg %e : tensor<128x768xf32>
  func.return %a, %n, %s, %t, %f : tensor<128x768xf32>, tensor<128x768xf32>, tensor<128xf32>, tensor<128xf32>, tensor<128x768xf32>
}
