// Pairs of a row are turned: by a quarter, where cos is 0 and sin is 1.
// RUN: dlir-opt %s | filecheck %s
// CHECK: func.func @halves

// RUN-VALUE: @halves([[1.0, 2.0, 3.0, 4.0]], [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]) == [[-3.0, -4.0, 1.0, 2.0]]
// RUN-VALUE: @halves([[1.0, 2.0, 3.0, 4.0]], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]) == [[1.0, 2.0, 3.0, 4.0]]
// RUN-VALUE: @halves([[1.0, 2.0, 3.0, 4.0]], [2.0, 3.0, 4.0, 5.0], [10.0, 20.0, 30.0, 40.0]) == [[-28.0, -74.0, 42.0, 100.0]]
// RUN-VALUE: @halves([[1.0, nan, 0.0, 1.0]], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]) == [[1.0, nan, 1.0, nan]]
func.func @halves(%x: tensor<?x4xf32>, %c: tensor<4xf32>, %s: tensor<4xf32>) -> tensor<?x4xf32> {
  %y = dl.rotary_embedding %x, %c, %s
    : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}

// RUN-VALUE: @neighbours([[1.0, 2.0, 3.0, 4.0]], [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]) == [[-2.0, 1.0, -4.0, 3.0]]
func.func @neighbours(%x: tensor<?x4xf32>, %c: tensor<4xf32>, %s: tensor<4xf32>)
    -> tensor<?x4xf32> {
  %y = dl.rotary_embedding %x, %c, %s {interleaved}
    : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}
