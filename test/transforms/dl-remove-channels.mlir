// RUN: dlir-opt %s --dl-remove-channels | filecheck %s
// RUN: not dlir-opt %s --dl-remove-channels='channels=%w:7' 2>&1 | filecheck %s --check-prefix=ROWS
// RUN: not dlir-opt %s --dl-remove-channels=channels=u 2>&1 | filecheck %s --check-prefix=TEXT

// ROWS: error[dl-remove-channels-rows]: 'dl.constant' channels: "%w" has rows 0 to 1, got %w:7
// TEXT: error[dl-remove-channels-rows]: channels: expected NAME:0,3, got 'u'

// Output 1 is its bias, 2.0, behind the rectifier: 2.0 * (4, 5) is added to the result. Output 2
// is zero.

// CHECK-LABEL: @layers
// CHECK: %w = dl.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00]]> : tensor<2x1xf32>
// CHECK-NEXT: [[A:%.*]] = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x1xf32>) -> tensor<?x1xf32>
// CHECK-NEXT: %b = dl.constant dense<1.000000e+00> : tensor<1xf32>
// CHECK-NEXT: [[B:%.*]] = dl.add [[A]], %b : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
// CHECK-NEXT: [[C:%.*]] = dl.relu [[B]] : tensor<?x1xf32>
// CHECK-NEXT: %v = dl.constant dense<{{\[\[}}2.000000e+00, 3.000000e+00]]> : tensor<1x2xf32>
// CHECK-NEXT: [[D:%.*]] = dl.matmul [[C]], %v acc f32
// CHECK-NEXT: [[S:%.*]] = dl.constant dense<[8.000000e+00, 1.000000e+01]> : tensor<2xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.add [[D]], [[S]]
// CHECK-NEXT: func.return [[Y]]
func.func @layers(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<[[1.0, 0.0, 0.0], [2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %b = dl.constant dense<[1.0, 2.0, -3.0]> : tensor<3xf32>
  %v = dl.constant dense<[[2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]> : tensor<3x2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  %1 = dl.add %0, %b : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %2 = dl.relu %1 : tensor<?x3xf32>
  %3 = dl.matmul %2, %v acc f32 : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  func.return %3 : tensor<?x2xf32>
}

// What is returned keeps its channels.

// CHECK-LABEL: @returned
// CHECK: dl.matmul {{.*}} -> tensor<?x2xf32>
// CHECK-NEXT: func.return
func.func @returned(%x: tensor<?x1xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<[[1.0, 0.0]]> : tensor<1x2xf32>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x1xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}
