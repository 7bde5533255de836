// RUN: dlir-run %s --target=ref --input=2xui8=200,0xFF --input=2xui8=3,1 | filecheck %s
// RUN: not dlir-run %s --target=ref --input=2xui8=-1,1 --input=2xui8=3,1 2>&1 | filecheck %s --check-prefix=NEGATIVE
// RUN: not dlir-run %s --target=ref --input=2xi8=1,1 --input=2xui8=3,1 2>&1 | filecheck %s --check-prefix=SIGNED

// CHECK: o0: 2xui8 = [66, 255]
// CHECK-NEXT: o1: 2xi1 = [False, False]
// NEGATIVE: bad value in --input=2xui8=-1,1: not all are ui8
// SIGNED: input 0 (%x): expected tensor<2xui8>, got 2xi8: element types differ
func.func @main(%x: tensor<2xui8>, %y: tensor<2xui8>) -> (tensor<2xui8>, tensor<2xi1>) {
  %a = dl.div %x, %y : tensor<2xui8>
  %c = dl.compare lt, %x, %y : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xi1>
  func.return %a, %c : tensor<2xui8>, tensor<2xi1>
}
