// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @stochastic_cast_c1(%x: tensor<4xi32>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected a float or narrow float element type (f64 f32 f16 bf16 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN), got i32 [dl-stochastic_cast-c1]}}
  %y = dl.stochastic_cast %x, %b : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xf8E5M2>
  func.return
}

// -----

func.func @stochastic_cast_c2(%x: tensor<4xf32>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected result type tensor<4xf8E5M2>, got tensor<5xf8E5M2> [dl-stochastic_cast-c2]}}
  %y = dl.stochastic_cast %x, %b : (tensor<4xf32>, tensor<4xi32>) -> tensor<5xf8E5M2>
  func.return
}

// -----

func.func @stochastic_cast_c3(%x: tensor<4xf32>, %b: tensor<3xi32>) {
  // expected-error@+1 {{expected bits of type tensor<4xi32>, got tensor<3xi32> [dl-stochastic_cast-c3]}}
  %y = dl.stochastic_cast %x, %b : (tensor<4xf32>, tensor<3xi32>) -> tensor<4xf8E5M2>
  func.return
}
