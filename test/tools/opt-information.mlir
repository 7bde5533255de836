// RUN: dlir-opt %s --show-dialects | filecheck %s --check-prefix=DIALECTS
// RUN: dlir-opt %s --list-passes | filecheck %s --check-prefix=PASSES
// RUN: dlir-opt %s --help-pass=scf-parallel-loop-tiling | filecheck %s --check-prefix=HELP
// RUN: dlir-opt %s --cse -p 'func.func(dce)' --dump-pass-pipeline 2>&1 | filecheck %s --check-prefix=DUMP
// RUN: dlir-opt %s --mlir-timing --mlir-pass-statistics --cse 2>&1 | filecheck %s --check-prefix=REPORTS

// DIALECTS: Available Dialects: {{.*}}arith,{{.*}}builtin,{{.*}}func

// PASSES: canonicalize {{ +}}Applies all canonicalization patterns

// HELP:      scf-parallel-loop-tiling (ScfParallelLoopTilingPass, from xdsl)
// HELP:      Options:
// HELP-NEXT:   parallel-loop-tile-sizes: [int,...]

// DUMP:      Pass Manager with 2 passes:
// DUMP-NEXT: builtin.module(cse,func.func(dce))

// REPORTS: ... Pass statistics report ...
// REPORTS: CommonSubexpressionElimination (cse)
// REPORTS:   (S) 1 runs
// REPORTS: ... Execution time report ...
// REPORTS: Parser
// REPORTS: CommonSubexpressionElimination
// REPORTS: Total

func.func private @f()
