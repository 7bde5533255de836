"""The `accel` dialect: tiles in typed memories, asynchronous engines, tokens.

    accel.program @layer machine <"gemmini"> (%x: memref<64x16xbf16> input "x", ...) {
      %a = accel.alloc : memref<64x16xbf16, "spm">
      %0 = accel.load %x[0] to %a[0] {count = 64} : ...
      %1 = accel.matmul %a[0], %w[0] into %c[0] {nx = 64, k = 16, n = 16, start = 1} after %0 : ...
      %2 = accel.unary relu %c[0] to %y[0] {nx = 64} after %1 : ...
    }

Memrefs without a memory space lie in DRAM, the others in the scratchpad (`spm`), the accumulators
(`acc`) or the weight buffer (`wbuf`). Their last dimension is one row of as many lanes as the
machine has columns, and every address counts rows. The order of the ops is what the program means;
tokens are what the machine needs of it to overlap its engines.
"""

from xdsl.ir import Dialect

from dlir.dialects.accel.attrs import RoleAttr, TokenType
from dlir.dialects.accel.ops import OPS

Accel = Dialect("accel", list(OPS), [RoleAttr, TokenType])

__all__ = ["Accel"]
