// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @group_norm_c1(%x: tensor<2x4x3xi32>, %s: tensor<4xi32>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-group_norm-c1]}}
  %y = dl.group_norm %x, %s, %b {groups = 2} : (tensor<2x4x3xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4x3xi32>
  func.return
}

// -----

func.func @group_norm_c2(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4x3xf32>, got tensor<2x4x5xf32> [dl-group_norm-c2]}}
  %y = dl.group_norm %x, %s, %b {groups = 2} : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @group_norm_c3(%x: tensor<4xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected an operand of rank 2 or more, got rank 1 [dl-group_norm-c3]}}
  %y = dl.group_norm %x, %s, %b {groups = 2} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @group_norm_c4(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf32>, got tensor<3xf32> [dl-group_norm-c4]}}
  %y = dl.group_norm %x, %s, %b {groups = 2} : (tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @group_norm_c4_b(%x: tensor<2x4x3xf32>, %s: tensor<4xf64>, %b: tensor<4xf64>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf32>, got tensor<4xf64> [dl-group_norm-c4]}}
  %y = dl.group_norm %x, %s, %b {groups = 2} : (tensor<2x4x3xf32>, tensor<4xf64>, tensor<4xf64>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @group_norm_c5(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected groups >= 1 that divide the channels, got 3 for 4 channels [dl-group_norm-c5]}}
  %y = dl.group_norm %x, %s, %b {groups = 3} : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @group_norm_c5_b(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected groups >= 1 that divide the channels, got 0 for 4 channels [dl-group_norm-c5]}}
  %y = dl.group_norm %x, %s, %b {groups = 0} : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @instance_norm_c1(%x: tensor<2x4x3xi32>, %s: tensor<4xi32>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-instance_norm-c1]}}
  %y = dl.instance_norm %x, %s, %b : (tensor<2x4x3xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4x3xi32>
  func.return
}

// -----

func.func @instance_norm_c2(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4x3xf32>, got tensor<2x4x5xf32> [dl-instance_norm-c2]}}
  %y = dl.instance_norm %x, %s, %b : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @instance_norm_c3(%x: tensor<4xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected an operand of rank 2 or more, got rank 1 [dl-instance_norm-c3]}}
  %y = dl.instance_norm %x, %s, %b : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @instance_norm_c4(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf32>, got tensor<3xf32> [dl-instance_norm-c4]}}
  %y = dl.instance_norm %x, %s, %b : (tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @instance_norm_c4_b(%x: tensor<2x4x3xf32>, %s: tensor<4xf64>, %b: tensor<4xf64>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf32>, got tensor<4xf64> [dl-instance_norm-c4]}}
  %y = dl.instance_norm %x, %s, %b : (tensor<2x4x3xf32>, tensor<4xf64>, tensor<4xf64>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @rms_norm_c1(%x: tensor<2x4x3xi32>, %s: tensor<3xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-rms_norm-c1]}}
  %y = dl.rms_norm %x, %s {axis = 2} : (tensor<2x4x3xi32>, tensor<3xi32>) -> tensor<2x4x3xi32>
  func.return
}

// -----

func.func @rms_norm_c2(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4x3xf32>, got tensor<2x4x1xf32> [dl-rms_norm-c2]}}
  %y = dl.rms_norm %x, %s {axis = 2} : (tensor<2x4x3xf32>, tensor<3xf32>) -> tensor<2x4x1xf32>
  func.return
}

// -----

func.func @rms_norm_c3(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 3 (the rank), got 3 [dl-rms_norm-c3]}}
  %y = dl.rms_norm %x, %s {axis = 3} : (tensor<2x4x3xf32>, tensor<3xf32>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @rms_norm_c4(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4x3xf32>, got tensor<3xf32> [dl-rms_norm-c4]}}
  %y = dl.rms_norm %x, %s {axis = 1} : (tensor<2x4x3xf32>, tensor<3xf32>) -> tensor<2x4x3xf32>
  func.return
}

// -----

func.func @batch_norm_training_c1(%x: tensor<2x4x3xi32>, %s: tensor<4xi32>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-batch_norm_training-c1]}}
  %y, %m, %v = dl.batch_norm_training %x, %s, %b : (tensor<2x4x3xi32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<2x4x3xi32>, tensor<4xi32>, tensor<4xi32>)
  func.return
}

// -----

func.func @batch_norm_training_c2(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xf32>, got tensor<3xf32> [dl-batch_norm_training-c2]}}
  %y, %m, %v = dl.batch_norm_training %x, %s, %b : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>)
  func.return
}

// -----

func.func @batch_norm_training_c3(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 3 (the rank), got 3 [dl-batch_norm_training-c3]}}
  %y, %m, %v = dl.batch_norm_training %x, %s, %b {axis = 3} : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>)
  func.return
}

// -----

func.func @batch_norm_training_c4(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf32>, got tensor<3xf32> [dl-batch_norm_training-c4]}}
  %y, %m, %v = dl.batch_norm_training %x, %s, %b : (tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>)
  func.return
}
