"""Between plain tensors, encoded ones, and the parts that are stored of them."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import Pure

from dlir.diagnostics import require
from dlir.dialects.sparse.attrs import Encoding, encoded, encoding_of, plain
from dlir.types import AnyTensor, is_tensor


def _tensor(value: SSAValue) -> AnyTensor:
    assert is_tensor(value.type)
    return value.type


def _encoding(type: AnyTensor, rule: str) -> Encoding:
    """The encoding of a type that must have one, and one that its shape allows."""
    found, shape = encoding_of(type), type.get_shape()
    require(
        found is not None and len(shape) == 2 and min(shape) >= 0,
        rule,
        f"expected a static matrix with an encoding such as #sparse.csr<8>, got {type}",
    )
    assert found is not None
    problem = found.problem(shape)
    require(problem is None, rule, problem or "")
    return found


def _require_plain(type: AnyTensor, expected: AnyTensor, rule: str) -> None:
    message = f"expected the plain tensor {plain(expected)}, got {type}"
    require(type == plain(expected), rule, message)


def _require_parts(types: Sequence[Attribute], of: AnyTensor, rule: str) -> None:
    encoding = _encoding(of, rule)
    wanted = encoding.parts(of.get_shape(), of.element_type)
    expected, got = ", ".join(map(str, wanted.values())), ", ".join(map(str, types))
    names = ", ".join(wanted)
    require(
        [*types] == [*wanted.values()], rule, f"expected parts ({names}) of {expected}, got {got}"
    )


@irdl_op_definition
class EncodeOp(IRDLOperation):
    """The tensor in an encoding: `y = x`, stored in another way.

    A tensor that has not as many elements (blocks) other than zero as the encoding says, or more
    than N in one of the groups, is a run-time error. -0.0 is not zero: no bit is lost.

    C1: the result is a static matrix whose encoding its shape allows
    C2: the operand is the plain tensor of the result's shape and element type

    ```mlir
    %y = sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.csr<5>>
    ```
    """

    name = "sparse.encode"

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"
    traits = traits_def(Pure())

    def __init__(self, x: SSAValue, encoding: Encoding):
        super().__init__(operands=[x], result_types=[encoded(_tensor(x), encoding)])

    def verify_(self) -> None:
        type = _tensor(self.result)
        _encoding(type, "sparse-encode-c1")
        _require_plain(_tensor(self.x), type, "sparse-encode-c2")


@irdl_op_definition
class DecodeOp(IRDLOperation):
    """The plain tensor of an encoded one: `y = x`, with all its zeros.

    C1: the operand is a static matrix whose encoding its shape allows
    C2: the result is the plain tensor of the operand's shape and element type

    ```mlir
    %y = sparse.decode %x : tensor<4x8xf32, #sparse.nm<2:4>> -> tensor<4x8xf32>
    ```
    """

    name = "sparse.decode"

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"
    traits = traits_def(Pure())

    def __init__(self, x: SSAValue):
        super().__init__(operands=[x], result_types=[plain(_tensor(x))])

    def verify_(self) -> None:
        type = _tensor(self.x)
        _encoding(type, "sparse-decode-c1")
        _require_plain(_tensor(self.result), type, "sparse-decode-c2")


@irdl_op_definition
class AssembleOp(IRDLOperation):
    """The encoded tensor that is stored in these parts.

    Columns ascend within a row, and no element (block) that is stored is zero throughout: a tensor
    has one form in each encoding. Parts of another form are a run-time error.

    C1: the parts have the types that the result's encoding says

    ```mlir
    %y = sparse.assemble %values, %columns, %rows
        : (tensor<5xf32>, tensor<5xi32>, tensor<5xi32>) -> tensor<4x8xf32, #sparse.csr<5>>
    ```
    """

    name = "sparse.assemble"

    parts = var_operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    assembly_format = "$parts attr-dict `:` functional-type($parts, $result)"
    traits = traits_def(Pure())

    def __init__(self, parts: Sequence[SSAValue], type: TensorType[Attribute]):
        super().__init__(operands=[parts], result_types=[type])

    def verify_(self) -> None:
        types = [part.type for part in self.parts]
        _require_parts(types, _tensor(self.result), "sparse-assemble-c1")


@irdl_op_definition
class DisassembleOp(IRDLOperation):
    """What is stored of an encoded tensor: the inverse of `sparse.assemble`.

    C1: the parts have the types that the operand's encoding says

    ```mlir
    %values, %mask = sparse.disassemble %x
        : (tensor<4x8xf32, #sparse.bitmask<5>>) -> (tensor<5xf32>, tensor<4xui8>)
    ```
    """

    name = "sparse.disassemble"

    x = operand_def(AnyTensorTypeConstr)
    parts = var_result_def(AnyTensorTypeConstr)

    assembly_format = "$x attr-dict `:` functional-type($x, $parts)"
    traits = traits_def(Pure())

    def __init__(self, x: SSAValue):
        type = _tensor(x)
        encoding = _encoding(type, "sparse-disassemble-c1")
        parts = [*encoding.parts(type.get_shape(), type.element_type).values()]
        super().__init__(operands=[x], result_types=[parts])

    def verify_(self) -> None:
        types = [part.type for part in self.parts]
        _require_parts(types, _tensor(self.x), "sparse-disassemble-c1")
