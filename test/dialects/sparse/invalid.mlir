// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @encode_c1(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{expected a static matrix with an encoding such as #sparse.csr<8>, got tensor<4x8xf32> [sparse-encode-c1]}}
  %y = sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32>
  func.return
}

// -----

func.func @encode_c1_dynamic(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{expected a static matrix with an encoding such as #sparse.csr<8>, got tensor<?x8xf32, #sparse.csr<3>> [sparse-encode-c1]}}
  %y = sparse.encode %x : tensor<?x8xf32> -> tensor<?x8xf32, #sparse.csr<3>>
  func.return
}

// -----

func.func @encode_c1_count(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{expected at most 32 elements, got 33 [sparse-encode-c1]}}
  %y = sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.csr<33>>
  func.return
}

// -----

func.func @encode_c1_blocks(%x: tensor<5x8xf32>) {
  // expected-error@+1 {{expected at most 16 blocks, got 17 [sparse-encode-c1]}}
  %y = sparse.encode %x : tensor<5x8xf32> -> tensor<5x8xf32, #sparse.bsr<[4, 1], 17>>
  func.return
}

// -----

func.func @encode_c1_block(%x: tensor<5x8xf32>) {
  // expected-error@+1 {{expected blocks of 1x1 or more, got 0x1 [sparse-encode-c1]}}
  %y = sparse.encode %x : tensor<5x8xf32> -> tensor<5x8xf32, #sparse.bsr<[0, 1], 1>>
  func.return
}

// -----

func.func @encode_c1_group(%x: tensor<5x8xf32>) {
  // expected-error@+1 {{expected N:M with M of 2, 4 or 16 and 1 <= N <= M, got 2:8 [sparse-encode-c1]}}
  %y = sparse.encode %x : tensor<5x8xf32> -> tensor<5x8xf32, #sparse.nm<2:8>>
  func.return
}

// -----

func.func @encode_c2(%x: tensor<4x7xf32>) {
  // expected-error@+1 {{expected the plain tensor tensor<4x8xf32>, got tensor<4x7xf32> [sparse-encode-c2]}}
  %y = sparse.encode %x : tensor<4x7xf32> -> tensor<4x8xf32, #sparse.csr<3>>
  func.return
}

// -----

func.func @decode_c1(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{expected a static matrix with an encoding such as #sparse.csr<8>, got tensor<4x8xf32> [sparse-decode-c1]}}
  %y = sparse.decode %x : tensor<4x8xf32> -> tensor<4x8xf32>
  func.return
}

// -----

func.func @decode_c2(%x: tensor<4x8xf32, #sparse.csr<3>>) {
  // expected-error@+1 {{expected the plain tensor tensor<4x8xf32>, got tensor<4x8xf16> [sparse-decode-c2]}}
  %y = sparse.decode %x : tensor<4x8xf32, #sparse.csr<3>> -> tensor<4x8xf16>
  func.return
}

// -----

func.func @assemble_c1(%v: tensor<3xf32>, %c: tensor<3xi32>, %r: tensor<4xi32>) {
  // expected-error@+1 {{expected parts (values, columns, rows) of tensor<3xf32>, tensor<3xi32>, tensor<5xi32>, got tensor<3xf32>, tensor<3xi32>, tensor<4xi32> [sparse-assemble-c1]}}
  %y = sparse.assemble %v, %c, %r : (tensor<3xf32>, tensor<3xi32>, tensor<4xi32>) -> tensor<4x8xf32, #sparse.csr<3>>
  func.return
}

// -----

func.func @disassemble_c1(%x: tensor<4x8xf32, #sparse.bitmask<3>>) {
  // expected-error@+1 {{expected parts (values, mask) of tensor<3xf32>, tensor<4xui8>, got tensor<3xf32> [sparse-disassemble-c1]}}
  %y = sparse.disassemble %x : (tensor<4x8xf32, #sparse.bitmask<3>>) -> tensor<3xf32>
  func.return
}
