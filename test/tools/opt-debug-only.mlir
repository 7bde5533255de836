// RUN: dlir-opt %s --debug-only=pass-manager -p 'cse,func.func(dce)' -o /dev/null 2>&1 | filecheck %s
// RUN: not dlir-opt %s --debug-only=passes 2>&1 | filecheck %s --check-prefix=UNKNOWN

// CHECK:      [pass-manager] builtin.module(cse)
// CHECK-NEXT: [pass-manager] builtin.module(func.func(dce))
// UNKNOWN:    error: --debug-only knows no 'passes'
// UNKNOWN:      help: it knows pass-manager, rewrite
func.func private @f()
