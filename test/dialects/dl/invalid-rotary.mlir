// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @rotary_embedding_c1(%x: tensor<3x4xi32>, %c: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-rotary_embedding-c1]}}
  %y = dl.rotary_embedding %x, %c, %c : (tensor<3x4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<3x4xi32>
  func.return
}

// -----

func.func @rotary_embedding_c2(%x: tensor<3x4xf32>, %c: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<4x4xf32> [dl-rotary_embedding-c2]}}
  %y = dl.rotary_embedding %x, %c, %c : (tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4x4xf32>
  func.return
}

// -----

func.func @rotary_embedding_c3(%x: tensor<3x5xf32>, %c: tensor<5xf32>) {
  // expected-error@+1 {{expected rows of a known, even size, got [3, 5] [dl-rotary_embedding-c3]}}
  %y = dl.rotary_embedding %x, %c, %c : (tensor<3x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @rotary_embedding_c3(%x: tensor<3x?xf32>, %c: tensor<?xf32>) {
  // expected-error@+1 {{expected rows of a known, even size, got [3, ?] [dl-rotary_embedding-c3]}}
  %y = dl.rotary_embedding %x, %c, %c : (tensor<3x?xf32>, tensor<?xf32>, tensor<?xf32>) -> tensor<3x?xf32>
  func.return
}

// -----

func.func @rotary_embedding_c4(%x: tensor<3x4xf32>, %c: tensor<2xf32>) {
  // expected-error@+1 {{expected f32 of a shape that broadcasts to [3, 4], got tensor<2xf32> [dl-rotary_embedding-c4]}}
  %y = dl.rotary_embedding %x, %c, %c : (tensor<3x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @rotary_embedding_c4(%x: tensor<3x4xf32>, %c: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected f32 of a shape that broadcasts to [3, 4], got tensor<2x3x4xf32> [dl-rotary_embedding-c4]}}
  %y = dl.rotary_embedding %x, %c, %c : (tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<3x4xf32>
  func.return
}
