// RUN: dlir-run %s --target=ref --input=2x3xf32=1.5 --input=f32=2 | filecheck %s
// RUN: dlir-run %s --target=ref --function=logic --input=2xi1=true,false | filecheck %s --check-prefix=LOGIC
// RUN: dlir-run %s --target=ref --function=two | filecheck %s --check-prefix=TWO
// RUN: dlir-run %s --target=ref --function=nothing | filecheck %s --allow-empty --check-prefix=NOTHING
// RUN: dlir-run %s --target=ref --function=two --bench=3 | filecheck %s --check-prefix=BENCH
// RUN: dlir-run %s --target=ref --compare=ref --input=2x3xf32=1.5 --input=f32=2 | filecheck %s --check-prefix=COMPARE
// RUN: dlir-run - --target=ref --function=two < %s | filecheck %s --check-prefix=TWO

// The results go into an archive, and nothing is printed.
// RUN: dlir-run %s --target=ref --function=two --output=%t.npz --trace=%t.json | filecheck %s --allow-empty --check-prefix=NOTHING
// RUN: ls %t.npz
// RUN: filecheck %s --check-prefix=TRACE < %t.json

// CHECK: o0: 2x3xf32 = {{\[\[}}3., 3., 3.], [3., 3., 3.]]
func.func @main(%x: tensor<?x3xf32>, %s: f32) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xf32>
  %t = tensor.splat %s[%n] : tensor<?x3xf32>
  %r = arith.mulf %x, %t : tensor<?x3xf32>
  func.return %r : tensor<?x3xf32>
}

// LOGIC: o0: 2xi1 = [False, True]
func.func @logic(%x: tensor<2xi1>) -> tensor<2xi1> {
  %one = arith.constant dense<true> : tensor<2xi1>
  %r = arith.xori %x, %one : tensor<2xi1>
  func.return %r : tensor<2xi1>
}

// TWO: first: i32 = 7
// TWO-NEXT: second: f32 = 0.5
// BENCH: median {{.*}} ms, min {{.*}} ms, max {{.*}} ms, 3 calls
// COMPARE: o0: agrees, max abs error 0, relative 0
// TRACE: "name": "arith.constant", "cat": "run"
func.func @two() -> (i32, f32) attributes {dlir.result_names = ["first", "second"]} {
  %a = arith.constant 7 : i32
  %b = arith.constant 0.5 : f32
  func.return %a, %b : i32, f32
}

// NOTHING-NOT: {{.}}
func.func @nothing() {
  func.return
}
