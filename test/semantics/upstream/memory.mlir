// RUN: dlir-opt %s

// RUN-VALUE[ref]: @element([[1.0, 2.0], [3.0, 4.0]], 1, 0) == 3.0
// RUN-VALUE[ref]: @element([[1.0, 2.0], [3.0, 4.0]], 2, 0) raises "index 2 is out of range [0, 2) in dimension 0"
// RUN-VALUE[ref]: @element([[1.0, 2.0], [3.0, 4.0]], 0, -1) raises "index -1 is out of range"
func.func @element(%m: memref<2x2xf32>, %i: index, %j: index) -> f32 {
  %r = memref.load %m[%i, %j] : memref<2x2xf32>
  func.return %r : f32
}

// A store through a subview shows in its source: element (1, 2) of the source.
// RUN-VALUE[ref]: @alias([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 9.0) == 9.0
func.func @alias(%m: memref<2x3xf32>, %x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %s = memref.subview %m[1, 0] [1, 2] [1, 2]
      : memref<2x3xf32> to memref<2xf32, strided<[2], offset: 3>>
  memref.store %x, %s[%c1] : memref<2xf32, strided<[2], offset: 3>>
  %r = memref.load %m[%c1, %c2] : memref<2x3xf32>
  func.return %r : f32
}

// RUN-VALUE[ref]: @window([1.0, 2.0, 3.0], 1) == 3.0
// RUN-VALUE[ref]: @window([1.0, 2.0, 3.0], 2) raises "leaves dimension 0 of size 3"
func.func @window(%m: memref<3xf32>, %at: index) -> f32 {
  %c1 = arith.constant 1 : index
  %s = memref.subview %m[%at] [2] [1] : memref<3xf32> to memref<2xf32, strided<[1], offset: ?>>
  %r = memref.load %s[%c1] : memref<2xf32, strided<[1], offset: ?>>
  func.return %r : f32
}

// A typed view of an arena at any byte; a reinterpret_cast counts from the view's own start.
// RUN-VALUE[ref]: @arena([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1, 1.0) == 16256
// RUN-VALUE[ref]: @arena([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 7, 1.0) raises "leave a buffer of 10 bytes"
func.func @arena(%bytes: memref<10xi8>, %at: index, %x: f32) -> i16 {
  %c1 = arith.constant 1 : index
  %c0 = arith.constant 0 : index
  %v = memref.view %bytes[%at][] : memref<10xi8> to memref<1xf32>
  memref.store %x, %v[%c0] : memref<1xf32>
  %h = memref.view %bytes[%at][] : memref<10xi8> to memref<2xi16>
  %t = memref.subview %h[1] [1] [1] : memref<2xi16> to memref<1xi16, strided<[1], offset: 1>>
  %w = memref.reinterpret_cast %t to offset: [0], sizes: [2], strides: [1]
      : memref<1xi16, strided<[1], offset: 1>> to memref<2xi16, strided<[1]>>
  %r = memref.load %w[%c1] : memref<2xi16, strided<[1]>>
  func.return %r : i16
}

// Memory nobody wrote to is NaN.
// RUN-VALUE[ref]: @fresh() == nan
func.func @fresh() -> f32 {
  %c0 = arith.constant 0 : index
  %m = memref.alloc() : memref<4xf32>
  %r = memref.load %m[%c0] : memref<4xf32>
  func.return %r : f32
}

// An n-D vector covers a rectangle of the last dimensions; unit dimensions stretch.
// RUN-VALUE[ref]: @tile([[1.0, 2.0], [3.0, 4.0]], 0) == [[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]]
// RUN-VALUE[ref]: @tile([[1.0, 2.0], [3.0, 4.0]], 2) raises "vector.load"
func.func @tile(%m: memref<2x2xf32>, %k: index) -> vector<2x3xf32> {
  %c0 = arith.constant 0 : index
  %a = vector.load %m[%c0, %k] : memref<2x2xf32>, vector<2x1xf32>
  %r = vector.broadcast %a : vector<2x1xf32> to vector<2x3xf32>
  func.return %r : vector<2x3xf32>
}

// Lanes that are off are neither read nor written, and may lie outside.
// RUN-VALUE[ref]: @masked([1.0, 2.0, 3.0], 2) == [2.0, 3.0, -1.0, -1.0]
// RUN-VALUE[ref]: @masked([1.0, 2.0, 3.0], 0) == [-1.0, -1.0, -1.0, -1.0]
// RUN-VALUE[ref]: @masked([1.0, 2.0, 3.0], 3) raises "index 3 is out of range [0, 3)"
func.func @masked(%m: memref<3xf32>, %n: index) -> vector<4xf32> {
  %c1 = arith.constant 1 : index
  %other = arith.constant dense<-1.0> : vector<4xf32>
  %mask = vector.create_mask %n : vector<4xi1>
  %r = vector.maskedload %m[%c1], %mask, %other
      : memref<3xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  func.return %r : vector<4xf32>
}
// RUN-VALUE[ref]: @masked_store([1.0, 2.0, 3.0], 2) == [1.0, 0.0, 0.0]
func.func @masked_store(%m: memref<3xf32>, %n: index) -> vector<3xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : vector<4xf32>
  %mask = vector.create_mask %n : vector<4xi1>
  vector.maskedstore %m[%c1], %mask, %zero : memref<3xf32>, vector<4xi1>, vector<4xf32>
  %r = vector.load %m[%c0] : memref<3xf32>, vector<3xf32>
  func.return %r : vector<3xf32>
}

// RUN-VALUE[ref]: @parts([1.0, 2.0, 3.0, 4.0]) == [4.0, 1.0], 3.0, [1.0, 9.0, 3.0, 4.0], 10.0, 4.0
func.func @parts(%v: vector<4xf32>) -> (vector<2xf32>, f32, vector<4xf32>, f32, f32) {
  %nine = arith.constant 9.0 : f32
  %s = vector.shuffle %v, %v[3, 4] : vector<4xf32>, vector<4xf32>
  %e = vector.extract %v[2] : f32 from vector<4xf32>
  %i = vector.insert %nine, %v[1] : f32 into vector<4xf32>
  %sum = vector.reduction <add>, %v : vector<4xf32> into f32
  %max = vector.reduction <maximumf>, %v : vector<4xf32> into f32
  func.return %s, %e, %i, %sum, %max : vector<2xf32>, f32, vector<4xf32>, f32, f32
}
