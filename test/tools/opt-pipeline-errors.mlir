// RUN: not dlir-opt %s --pass-pipeline='builtin.module(canonicalise)' 2>&1 | filecheck %s --check-prefix=PASS
// RUN: not dlir-opt %s --pass-pipeline='builtin.module(cse' 2>&1 | filecheck %s --check-prefix=CLOSE
// RUN: not dlir-opt %s --scf-parallel-loop-tiling=parallel-loop-tile-size=2 2>&1 | filecheck %s --check-prefix=OPTION
// RUN: not dlir-opt %s --cse --pass-pipeline=cse 2>&1 | filecheck %s --check-prefix=TWICE
// RUN: not dlir-opt %s --canonicalise 2>&1 | filecheck %s --check-prefix=FLAG
// RUN: not dlir-opt %s --emit-bytecode 2>&1 | filecheck %s --check-prefix=BYTECODE

// PASS:      <pass-pipeline>:1:16: error: unknown pass 'canonicalise'; did you mean 'canonicalize'?
// PASS-NEXT:   builtin.module(canonicalise)
// PASS-NEXT:                  ^

// CLOSE:      <pass-pipeline>:1:19: error: expected ',' or the ')' of 'builtin.module('

// OPTION:      <passes>:1:26: error: 'scf-parallel-loop-tiling' has no option 'parallel-loop-tile-size'; did you mean 'parallel-loop-tile-sizes'?
// OPTION:        note: option parallel-loop-tile-sizes: [int,...]

// TWICE: error: give the passes once

// FLAG: error: unknown option or pass '--canonicalise'; did you mean 'canonicalize'?

// BYTECODE: error: MLIR bytecode is not supported by xDSL; dlir reads and writes text

func.func private @f()
