// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// What dlir widens to vectors, and what it adds.
func.func @vectors(%a: vector<4xf32>, %i: vector<4xi32>, %c: vector<4xi1>, %n: vector<4xindex>) {
  // CHECK: arith.remf %a, %a : vector<4xf32>
  %0 = arith.remf %a, %a : vector<4xf32>
  // CHECK: arith.cmpf olt, %a, %a : vector<4xf32>
  %1 = arith.cmpf olt, %a, %a : vector<4xf32>
  // CHECK: arith.cmpi slt, %i, %i : vector<4xi32>
  %2 = arith.cmpi slt, %i, %i : vector<4xi32>
  // CHECK: arith.select %c, %a, %a : vector<4xi1>, vector<4xf32>
  %3 = arith.select %c, %a, %a : vector<4xi1>, vector<4xf32>
  // CHECK: arith.sitofp %i : vector<4xi32> to vector<4xf32>
  %4 = arith.sitofp %i : vector<4xi32> to vector<4xf32>
  // CHECK: arith.uitofp %c : vector<4xi1> to vector<4xf32>
  %5 = arith.uitofp %c : vector<4xi1> to vector<4xf32>
  // CHECK: arith.fptosi %a : vector<4xf32> to vector<4xi32>
  %6 = arith.fptosi %a : vector<4xf32> to vector<4xi32>
  // CHECK: arith.extsi %i : vector<4xi32> to vector<4xi64>
  %7 = arith.extsi %i : vector<4xi32> to vector<4xi64>
  // CHECK: arith.trunci %i : vector<4xi32> to vector<4xi8>
  %8 = arith.trunci %i : vector<4xi32> to vector<4xi8>
  // CHECK: arith.index_cast %n : vector<4xindex> to vector<4xi64>
  %9 = arith.index_cast %n : vector<4xindex> to vector<4xi64>
  func.return
}
