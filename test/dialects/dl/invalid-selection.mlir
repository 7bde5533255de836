// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @nonzero_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{got i4 [dl-nonzero-c1]}}
  %y = dl.nonzero %x : tensor<4xi4> -> tensor<1x?xi64>
  func.return
}

// -----

func.func @nonzero_c2(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected result type tensor<2x?xi64>, got tensor<3x?xi64> [dl-nonzero-c2]}}
  %y = dl.nonzero %x : tensor<4x5xf32> -> tensor<3x?xi64>
  func.return
}

// -----

func.func @nonzero_c3(%x: tensor<f32>) {
  // expected-error@+1 {{expected a dimension, got tensor<f32> [dl-nonzero-c3]}}
  %y = dl.nonzero %x : tensor<f32> -> tensor<0x?xi64>
  func.return
}

// -----

func.func @unique_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{got i4 [dl-unique-c1]}}
  %v, %i, %n, %c = dl.unique %x : tensor<4xi4> -> (tensor<?xi4>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>)
  func.return
}

// -----

func.func @unique_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi64>, got tensor<5xi64> [dl-unique-c2]}}
  %v, %i, %n, %c = dl.unique %x : tensor<4xf32> -> (tensor<?xf32>, tensor<?xi64>, tensor<5xi64>, tensor<?xi64>)
  func.return
}

// -----

func.func @unique_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-unique-c3]}}
  %v, %i, %n, %c = dl.unique %x {axis = 1} : tensor<4xf32> -> (tensor<?xf32>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>)
  func.return
}

// -----

func.func @nms_c1(%b: tensor<1x5x4xi32>, %s: tensor<1x2x5xi32>) {
  // expected-error@+1 {{got i32 [dl-nms-c1]}}
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = 3} : (tensor<1x5x4xi32>, tensor<1x2x5xi32>) -> tensor<?x3xi64>
  func.return
}

// -----

func.func @nms_c2(%b: tensor<1x5x4xf32>, %s: tensor<1x2x5xf32>) {
  // expected-error@+1 {{expected result type tensor<?x3xi64>, got tensor<?x4xi64> [dl-nms-c2]}}
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = 3} : (tensor<1x5x4xf32>, tensor<1x2x5xf32>) -> tensor<?x4xi64>
  func.return
}

// -----

func.func @nms_c3(%b: tensor<1x5x5xf32>, %s: tensor<1x2x5xf32>) {
  // expected-error@+1 {{expected images x boxes x 4, got tensor<1x5x5xf32> [dl-nms-c3]}}
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = 3} : (tensor<1x5x5xf32>, tensor<1x2x5xf32>) -> tensor<?x3xi64>
  func.return
}

// -----

func.func @nms_c4(%b: tensor<1x5x4xf32>, %s: tensor<1x2x6xf32>) {
  // expected-error@+1 {{got tensor<1x2x6xf32> [dl-nms-c4]}}
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = 3} : (tensor<1x5x4xf32>, tensor<1x2x6xf32>) -> tensor<?x3xi64>
  func.return
}

// -----

func.func @nms_c5(%b: tensor<1x5x4xf32>, %s: tensor<1x2x5xf32>) {
  // expected-error@+1 {{expected 0 or more boxes per class, got -1 [dl-nms-c5]}}
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = -1} : (tensor<1x5x4xf32>, tensor<1x2x5xf32>) -> tensor<?x3xi64>
  func.return
}

// -----

func.func @nms_c6(%b: tensor<1x5x4xf32>, %s: tensor<1x2x5xf64>) {
  // expected-error@+1 {{expected f32, got f64 [dl-nms-c6]}}
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = 3} : (tensor<1x5x4xf32>, tensor<1x2x5xf64>) -> tensor<?x3xi64>
  func.return
}
