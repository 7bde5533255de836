// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @attention_c1(%q: tensor<2x4xi32>, %k: tensor<2x4xi32>, %v: tensor<2x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-attention-c1]}}
  %y = dl.attention %q, %k, %v : (tensor<2x4xi32>, tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<2x4xi32>
  func.return
}

// -----

func.func @attention_c2(%q: tensor<2x4xf32>, %k: tensor<2x4xf32>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<2x5xf32> [dl-attention-c2]}}
  %y = dl.attention %q, %k, %v : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x5xf32>
  func.return
}

// -----

func.func @attention_c3(%q: tensor<2x4xf32>, %k: tensor<2x5xf32>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{the rows of q have size 4, those of k 5 [dl-attention-c3]}}
  %y = dl.attention %q, %k, %v : (tensor<2x4xf32>, tensor<2x5xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @attention_c4(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{k has 3 rows, v has 2 [dl-attention-c4]}}
  %y = dl.attention %q, %k, %v : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @attention_c5(%q: tensor<2x3x4xf32>, %k: tensor<2x3x4xf32>, %v: tensor<5x3x4xf32>) {
  // expected-error@+1 {{expected batch dimensions that broadcast together, got [2], [2], [5] [dl-attention-c5]}}
  %y = dl.attention %q, %k, %v : (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<5x3x4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// -----

func.func @attention_c6(%q: tensor<2x4xf32>, %k: tensor<2x4xf32>, %v: tensor<2x4xf64>) {
  // expected-error@+1 {{expected operands of one element type, got f32, f32, f64 [dl-attention-c6]}}
  %y = dl.attention %q, %k, %v : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf64>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @attention_c7(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>, %v: tensor<3x4xf32>, %m: tensor<2x2x3xf32>) {
  // expected-error@+1 {{expected a mask that broadcasts to [2, 3], got [2, 2, 3] [dl-attention-c7]}}
  %y = dl.attention %q, %k, %v, %m : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<2x2x3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @attention_c8(%q: tensor<4xf32>, %k: tensor<3x4xf32>, %v: tensor<3x4xf32>) {
  // expected-error@+1 {{expected operands of rank 2 or more, got ranks 1, 2, 2 [dl-attention-c8]}}
  %y = dl.attention %q, %k, %v : (tensor<4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @additive_attention_c1(%q: tensor<2x4xi32>, %k: tensor<2x4xi32>, %v: tensor<2x4xi32>, %w: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-additive_attention-c1]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<2x4xi32>, tensor<2x4xi32>, tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return
}

// -----

func.func @additive_attention_c2(%q: tensor<2x4xf32>, %k: tensor<2x4xf32>, %v: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<2x5xf32> [dl-additive_attention-c2]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x5xf32>
  func.return
}

// -----

func.func @additive_attention_c3(%q: tensor<2x4xf32>, %k: tensor<2x5xf32>, %v: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{the rows of q have size 4, those of k 5 [dl-additive_attention-c3]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<2x4xf32>, tensor<2x5xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @additive_attention_c4(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>, %v: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{k has 3 rows, v has 2 [dl-additive_attention-c4]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @additive_attention_c5(%q: tensor<2x3x4xf32>, %k: tensor<2x3x4xf32>, %v: tensor<5x3x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{expected batch dimensions that broadcast together, got [2], [2], [5] [dl-additive_attention-c5]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<5x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// -----

func.func @additive_attention_c6(%q: tensor<2x4xf32>, %k: tensor<2x4xf32>, %v: tensor<2x4xf64>, %w: tensor<4xf32>) {
  // expected-error@+1 {{expected operands of one element type, got f32, f32, f64, f32 [dl-additive_attention-c6]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf64>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @additive_attention_c7(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>, %v: tensor<3x4xf32>, %m: tensor<2x2x3xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{expected a mask that broadcasts to [2, 3], got [2, 2, 3] [dl-additive_attention-c7]}}
  %y = dl.additive_attention %q, %k, %v, %w, %m : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<2x2x3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @additive_attention_c8(%q: tensor<4xf32>, %k: tensor<3x4xf32>, %v: tensor<3x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{expected operands of rank 2 or more, got ranks 1, 2, 2 [dl-additive_attention-c8]}}
  %y = dl.additive_attention %q, %k, %v, %w : (tensor<4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @additive_attention_c9(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>, %w: tensor<3xf32>) {
  // expected-error@+1 {{expected w of shape [4], got [3] [dl-additive_attention-c9]}}
  %y = dl.additive_attention %q, %k, %k, %w : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @additive_attention_c9_rank(%q: tensor<2x?xf32>, %k: tensor<3x4xf32>, %w: tensor<1x4xf32>) {
  // expected-error@+1 {{expected w of shape [4], got [1, 4] [dl-additive_attention-c9]}}
  %y = dl.additive_attention %q, %k, %k, %w : (tensor<2x?xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  func.return
}
