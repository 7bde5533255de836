// Slices in steps, of lower rank and from a computed place; inserts; concatenation; casts.
func.func @f(%x: tensor<6x9xf32>, %y: tensor<2x9xf32>, %n: tensor<?x9xf32>) -> (tensor<3x4xf32>, tensor<9xf32>, tensor<6x9xf32>, tensor<8x9xf32>, tensor<?x9xf32>, tensor<6x9xf32>) {
  %0 = tensor.extract_slice %x[1, 0] [3, 4] [2, 2] : tensor<6x9xf32> to tensor<3x4xf32>
  %1 = tensor.extract_slice %x[4, 0] [1, 9] [1, 1] : tensor<6x9xf32> to tensor<9xf32>
  %2 = tensor.insert_slice %y into %x[3, 0] [2, 9] [1, 1] : tensor<2x9xf32> into tensor<6x9xf32>
  %3 = tensor.concat dim(0) %x, %y : (tensor<6x9xf32>, tensor<2x9xf32>) -> tensor<8x9xf32>
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %d = tensor.dim %n, %c0 : tensor<?x9xf32>
  %h = arith.divsi %d, %c2 : index
  %r = arith.subi %d, %h : index
  %4 = tensor.extract_slice %n[%h, 0] [%r, 9] [1, 1] : tensor<?x9xf32> to tensor<?x9xf32>
  %5 = tensor.insert_slice %1 into %x[2, 0] [1, 9] [1, 1] : tensor<9xf32> into tensor<6x9xf32>
  %cast = tensor.cast %5 : tensor<6x9xf32> to tensor<?x9xf32>
  %back = tensor.cast %cast : tensor<?x9xf32> to tensor<6x9xf32>
  return %0, %1, %2, %3, %4, %back : tensor<3x4xf32>, tensor<9xf32>, tensor<6x9xf32>, tensor<8x9xf32>, tensor<?x9xf32>, tensor<6x9xf32>
}
