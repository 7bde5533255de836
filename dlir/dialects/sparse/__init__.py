"""The `sparse` dialect: tensors of which a part is stored, in an encoding that their type says.

    %values = dl.param "fc.weight.values" : tensor<5243xf32>
    %columns = dl.param "fc.weight.columns" : tensor<5243xi32>
    %rows = dl.param "fc.weight.rows" : tensor<257xi32>
    %w = sparse.assemble %values, %columns, %rows
        : (tensor<5243xf32>, tensor<5243xi32>, tensor<257xi32>)
        -> tensor<256x2048xf32, #sparse.csr<5243>>
    %y = dl.matmul %x, %w acc f32 {transpose_rhs}
        : (tensor<?x2048xf32>, tensor<256x2048xf32, #sparse.csr<5243>>) -> tensor<?x256xf32>

An encoding is an attribute of a tensor type, as in MLIR's `sparse_tensor` dialect: the tensor keeps
its shape and its meaning, so that `dl.matmul` needs no other form. It says how much is stored, so
that the bytes follow from the type. What is not stored is zero; of a product it has no term, even
where the other factor is infinite or NaN. Every `dl` op but `dl.matmul` refuses encoded operands:
`sparse.decode` gives them the plain tensor.
"""

from __future__ import annotations

from xdsl.ir import Dialect

from dlir.dialects.sparse.attrs import BitmaskAttr, BsrAttr, CsrAttr, NmAttr
from dlir.dialects.sparse.ops import AssembleOp, DecodeOp, DisassembleOp, EncodeOp

SPARSE = Dialect(
    "sparse",
    [EncodeOp, DecodeOp, AssembleOp, DisassembleOp],
    [CsrAttr, BsrAttr, BitmaskAttr, NmAttr],
)
