// An op without reference semantics makes --check-support fail, and is named.
// RUN: not dlir-compile %s --target=ref --check-support | filecheck %s

// CHECK: llvm.load {{ *}}1  no reference semantics
func.func @f(%p: !llvm.ptr) -> i32 {
  %r = llvm.load %p : !llvm.ptr -> i32
  func.return %r : i32
}
