"""The CPU target: `llvm` dialect to LLVM IR text, to objects, to functions that Python calls."""
