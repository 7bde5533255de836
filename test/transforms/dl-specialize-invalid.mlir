// RUN: not dlir-opt %s --dl-specialize=shapes=z:2x4 2>&1 | filecheck %s --check-prefix=NAME
// RUN: not dlir-opt %s --dl-specialize=shapes=x:2x5 2>&1 | filecheck %s --check-prefix=SHAPE
// RUN: not dlir-opt %s --dl-specialize=shapes=x:2y5 2>&1 | filecheck %s --check-prefix=FORM
// RUN: not dlir-opt %s --dl-specialize="shapes=x:2x4,w:3x4" 2>&1 | filecheck %s --check-prefix=CLASH

// NAME: error: 'func.func' @main has no argument 'z'
// NAME: help: its arguments: %x, %w
// SHAPE: error: 'func.func' argument %x is a tensor<?x4xf32>, which cannot have shape [2, 5]
// FORM: error: bad shape 'x:2y5'
// FORM: help: write x=1x128: an argument by its name, or by its number from 0, and all of its sizes
// CLASH: error[dl-mul-c4]: 'dl.mul'
func.func @main(%x: tensor<?x4xf32>, %w: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = dl.mul %x, %w : tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}
