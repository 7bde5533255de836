"""A process that compiles LLVM IR: `python -m dlir.targets.cpu.compile_worker`.

llvmlite holds one lock around LLVM, so only processes compile in parallel.  The request on stdin
and the answer on stdout are pickles: `(description, passes, [ir, ...])` and `[object, ...]`.
"""

from __future__ import annotations

import pickle
import sys


def main() -> None:
    """Compile everything on stdin; a failure ends the process, and the caller compiles itself."""
    from dlir.targets.cpu import llvmlite_binding

    cpu, passes, irs = pickle.load(sys.stdin.buffer)
    objects = [llvmlite_binding.object_code(ir, cpu, passes) for ir in irs]
    pickle.dump(objects, sys.stdout.buffer)


if __name__ == "__main__":
    main()
