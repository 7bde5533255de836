// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @celu(%x: tensor<?x4xf32>) {
  // CHECK: dl.celu %x : tensor<?x4xf32>
  %y = dl.celu %x {alpha = 1.0} : tensor<?x4xf32>
  // CHECK: dl.celu %x {alpha = 0.5} : tensor<?x4xf32>
  %z = dl.celu %x {alpha = 0.5} : tensor<?x4xf32>
  func.return
}

func.func @thresholded_relu(%x: tensor<?x4xf32>) {
  // CHECK: dl.thresholded_relu %x : tensor<?x4xf32>
  %y = dl.thresholded_relu %x {alpha = 1.0} : tensor<?x4xf32>
  // CHECK: dl.thresholded_relu %x {alpha = 0.5} : tensor<?x4xf32>
  %z = dl.thresholded_relu %x {alpha = 0.5} : tensor<?x4xf32>
  func.return
}
