// RUN: dlir-opt %s --dl-fold-constants | filecheck %s
// RUN: dlir-opt %s --dl-fold-constants=max-bytes=8 | filecheck %s --check-prefix=SMALL
// RUN: not dlir-opt %s --dl-fold-constants=params=w.safetensors 2>&1 | filecheck %s --check-prefix=FILES

// FILES: error: dl-fold-constants makes new weights from old ones, and needs files for both
// FILES: help: write params=OLD.safetensors output=NEW.safetensors

// A chain becomes one constant, at the place of what is read; what it was made of goes.

// CHECK-LABEL: @chain
// CHECK-NEXT: [[S:%.*]] = dl.constant dense<[5.000000e+00, 9.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.mul %x, [[S]]
// CHECK-NEXT: func.return [[Y]]
// SMALL-LABEL: @chain
// SMALL: dl.transpose
// SMALL: dl.reduce_sum
func.func @chain(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %c = dl.constant dense<[[1.0, 4.0], [2.0, 5.0]]> : tensor<2x2xf32>
  %t = dl.transpose %c {perm = [1, 0]} : tensor<2x2xf32> -> tensor<2x2xf32>
  %s = dl.reduce_sum %t {axes = [1]} : tensor<2x2xf32> -> tensor<2xf32>
  %d = dl.constant dense<[2.0, 0.0]> : tensor<2xf32>
  %e = dl.add %s, %d : tensor<2xf32>
  %y = dl.mul %x, %e : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// Several results, and a result that is returned beside being folded on.

// CHECK-LABEL: @several
// CHECK-DAG: [[A:%.*]] = dl.constant dense<1> : tensor<1xi64>
// CHECK-DAG: [[B:%.*]] = dl.constant dense<[2, 3]> : tensor<2xi64>
// CHECK-DAG: [[N:%.*]] = dl.constant dense<-1> : tensor<1xi64>
// CHECK: func.return [[A]], [[B]], [[N]]
func.func @several() -> (tensor<1xi64>, tensor<2xi64>, tensor<1xi64>) {
  %c = dl.constant dense<[1, 2, 3]> : tensor<3xi64>
  %a, %b = dl.split %c {axis = 0, sizes = [1, 2]}
    : tensor<3xi64> -> (tensor<1xi64>, tensor<2xi64>)
  %n = dl.neg %a : tensor<1xi64>
  func.return %a, %b, %n : tensor<1xi64>, tensor<2xi64>, tensor<1xi64>
}

// A broadcast to 8 KB would only take memory, and so would counting; a small one is folded.

// CHECK-LABEL: @growth
// CHECK: dl.broadcast {{.*}} -> tensor<1024x2xf32>
// CHECK: dl.iota axis 0 : tensor<2048xi64>
// CHECK: dl.constant dense<[0, 1, 2]> : tensor<3xi64>
func.func @growth() -> (tensor<1024x2xf32>, tensor<2048xi64>, tensor<3xi64>) {
  %c = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = dl.broadcast %c : tensor<2xf32> -> tensor<1024x2xf32>
  %i = dl.iota axis 0 : tensor<2048xi64>
  %j = dl.iota axis 0 : tensor<3xi64>
  func.return %b, %i, %j : tensor<1024x2xf32>, tensor<2048xi64>, tensor<3xi64>
}

// What fails is left to fail when it runs; weights are not known here.

// CHECK-LABEL: @left
// CHECK: dl.gather
// CHECK: dl.transpose
func.func @left() -> (tensor<1xf32>, tensor<3x2xf32>) {
  %c = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %at = dl.constant dense<[5]> : tensor<1xi64>
  %g = dl.gather %c, %at {axis = 0} : (tensor<2xf32>, tensor<1xi64>) -> tensor<1xf32>
  %w = dl.param "w" : tensor<2x3xf32>
  %t = dl.transpose %w {perm = [1, 0]} : tensor<2x3xf32> -> tensor<3x2xf32>
  func.return %g, %t : tensor<1xf32>, tensor<3x2xf32>
}
