"""`structured-hoist-constants`: what follows from weights alone is computed once, at load time."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects import arith, func, tensor
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FixedBitwidthType,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.ops import ReshapeOp
from dlir.dialects.structured.rearrange import reading_order
from dlir.slices import slice_of
from dlir.types import is_tensor


@dataclass(frozen=True)
class StructuredHoistConstants(ModulePass):
    """Split every function `@f` into `@f.init`, run once on the weights, and `@f`.

    Where the weights are large there are several, `@f.init`, `@f.init.1`, ..., of about
    `group-bytes` each, so that not all weights are in memory both before and after; the numbers of
    their results go on from one to the next.

    `@f.init` takes the parameters that it needs (names in `dlir.params`) and returns what `@f` uses
    of its results. `@f` takes these and the parameters that it reads directly as further arguments;
    `dlir.constants` tells their sources: a parameter name, or the number of a result of `@f.init`.
    A copy of a weight in another order takes no code: its source is the name together with the
    shape, strides and offset, in elements, of what is read in place of the weight. Such a source
    may stand in `dlir.params`, too.
    Dense constants of tensor type become parameters whose values stand in the module attribute
    `dlir.constant_data`.

    Before:
    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %w = dl.param "w" : tensor<4xf32>
      %p = structured.generic ... ins(%w : tensor<4xf32>) ...
      %y = structured.generic ... ins(%x, %p : tensor<4xf32>, tensor<4xf32>) ...
    ```
    After:
    ```mlir
    func.func @main.init(%w: tensor<4xf32>) -> tensor<4xf32> attributes {dlir.params = ["w"]} {
      %p = structured.generic ... ins(%w : tensor<4xf32>) ...
      func.return %p : tensor<4xf32>
    }
    func.func @main(%x: tensor<4xf32>, %p: tensor<4xf32>) -> tensor<4xf32>
        attributes {dlir.constants = [0 : i64]} {
    ```
    """

    name = "structured-hoist-constants"

    group_bytes: int = 16 << 20

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        data: dict[str, Attribute] = {}
        for function in [o for o in op.body.block.ops if isinstance(o, func.FuncOp)]:
            if not function.is_declaration:
                _Split(function, data, self.group_bytes).run()
        if data:
            op.attributes["dlir.constant_data"] = DictionaryAttr(data)


class _Split:
    """The split of one function."""

    def __init__(self, function: func.FuncOp, data: dict[str, Attribute], group_bytes: int):
        self.function = function
        self.data = data
        self.group_bytes = group_bytes
        self.flat: dict[SSAValue, str] = {}
        """Parameters, constants and reshapes of them -> name."""
        self.sources: dict[SSAValue, Attribute] = {}
        """What is given, and not computed."""
        self.constant: set[SSAValue] = set()

    def run(self) -> None:
        self._classify()
        if not self.constant:
            return
        boundary = self._boundary()
        init_results = [v for v in boundary if v not in self.sources]
        groups = self._groups(init_results)
        for number, group in enumerate(groups):
            self._write_init(group, f".init.{number}" if number else ".init")
        init_results = [value for group in groups for value in group]
        numbers = {value: IntegerAttr(n, i64) for n, value in enumerate(init_results)}
        block = self.function.body.block
        for value in boundary:
            argument = block.insert_arg(value.type, len(block.args))
            argument.name_hint = value.name_hint
            value.replace_uses_with_if(argument, self._stays)
        sources = {**numbers, **self.sources}
        self.function.attributes["dlir.constants"] = ArrayAttr([sources[v] for v in boundary])
        self._erase_constant_ops()
        outputs = self.function.function_type.outputs.data
        inputs = [a.type for a in block.args]
        self.function.function_type = FunctionType.from_lists(inputs, list(outputs))
        if (known := self.function.arg_attrs) is not None:
            none = [DictionaryAttr({})] * len(boundary)
            self.function.arg_attrs = ArrayAttr([*known, *none])

    def _stays(self, use: object) -> bool:
        operation = getattr(use, "operation", None)
        return isinstance(operation, Operation) and not self._is_constant_op(operation)

    def _is_constant_op(self, op: Operation) -> bool:
        return bool(op.results) and all(r in self.constant for r in op.results)

    def _classify(self) -> None:
        """A tensor is constant if it is a source, or a pure function of constants of known size."""
        for op in self.function.body.block.ops:
            if len(op.results) != 1 or not isinstance(op.results[0].type, TensorType):
                continue
            result = op.results[0]
            if op.name == "dl.param":
                name = op.properties.get("sym_name") or op.properties.get("param_name")
                name = name or next(p for p in op.properties.values() if isinstance(p, StringAttr))
                assert isinstance(name, StringAttr)
                self._is_given(result, name.data)
            elif isinstance(op, arith.ConstantOp):
                self._is_given(result, self._constant_name(op))
            elif not self._follows(op):
                continue
            else:
                self._read_in_order(op)
            self.constant.add(result)

    def _is_given(self, value: SSAValue, name: str) -> None:
        self.flat[value], self.sources[value] = name, StringAttr(name)

    def _read_in_order(self, op: Operation) -> None:
        """Find out whether an op only reads a weight in some order, and in which."""
        name = self.flat.get(op.operands[0]) if op.operands else None
        order = reading_order(op) if name is not None else None
        if name is None or order is None:
            return
        shape, strides, offset = order
        self.sources[op.results[0]] = DictionaryAttr(
            {
                "param": StringAttr(name),
                "shape": DenseArrayBase.from_list(i64, shape),
                "strides": DenseArrayBase.from_list(i64, strides),
                "offset": IntegerAttr(offset, i64),
            }
        )
        if isinstance(op, ReshapeOp):
            self.flat[op.results[0]] = name

    def _constant_name(self, op: arith.ConstantOp) -> str:
        assert isinstance(op.value, DenseIntOrFPElementsAttr)
        for name, value in self.data.items():
            if value is op.value:
                return name
        name = f"constant.{len(self.data)}"
        self.data[name] = op.value
        return name

    def _follows(self, op: Operation) -> bool:
        if isinstance(op, tensor.EmptyOp):
            return not op.operands
        if not op.name.startswith("structured."):
            return False
        return all(o in self.constant or _is_scalar_constant(o) for o in op.operands)

    def _boundary(self) -> list[SSAValue]:
        """Constants that non-constant operations use (an empty tensor is not worth keeping)."""
        found: list[SSAValue] = []
        for op in self.function.body.block.ops:
            if self._is_constant_op(op):
                continue
            for value in op.operands:
                wanted = value in self.constant and not isinstance(value.owner, tensor.EmptyOp)
                if wanted and value not in found:
                    found.append(value)
        return found

    def _groups(self, results: list[SSAValue]) -> list[list[SSAValue]]:
        """Neighbours together up to `group_bytes`, and always those that share a computation."""
        groups: list[list[SSAValue]] = []
        known: dict[Operation, int] = {}  # what is computed, and in which group
        size = 0
        for value in results:
            slice = slice_of([value], until=self.sources)
            ops = [
                op
                for op in slice
                if op.name.startswith("structured.") and op.results[0] not in self.sources
            ]
            shared = next((known[op] for op in ops if op in known), None)
            if shared is None:
                if not groups or size > self.group_bytes:
                    groups.append([])
                    size = 0
                size += _bytes_of(value)
                shared = len(groups) - 1
            groups[shared].append(value)
            known.update({op: shared for op in ops if op not in known})
        return groups

    def _write_init(self, results: list[SSAValue], suffix: str) -> None:
        needed = slice_of(results, until=self.sources)
        params = [op.results[0] for op in needed if op.results[0] in self.sources]
        block = Block(arg_types=[p.type for p in params])
        known: dict[SSAValue, SSAValue] = dict(zip(params, block.args, strict=True))
        for param, argument in zip(params, block.args, strict=True):
            argument.name_hint = param.name_hint
        for op in needed:
            if op.results[0] not in self.sources:
                block.add_op(op.clone(known))
        block.add_op(func.ReturnOp(*(known[r] for r in results)))
        init = func.FuncOp(
            f"{self.function.sym_name.data}{suffix}",
            ([p.type for p in params], [r.type for r in results]),
            Region(block),
        )
        init.attributes["dlir.params"] = ArrayAttr([self.sources[p] for p in params])
        init.location = self.function.location
        parent = self.function.parent
        assert parent is not None
        parent.insert_op_before(init, self.function)

    def _erase_constant_ops(self) -> None:
        for op in reversed(list(self.function.body.block.ops)):
            if self._is_constant_op(op) and not any(r.first_use for r in op.results):
                op.detach()
                op.erase()


def _is_scalar_constant(value: SSAValue) -> bool:
    return isinstance(value.owner, arith.ConstantOp) and not isinstance(value.type, TensorType)


def _bytes_of(value: SSAValue) -> int:
    assert is_tensor(value.type)
    element = value.type.element_type
    bits = element.bitwidth if isinstance(element, FixedBitwidthType) else 64
    return prod(value.type.get_shape()) * bits // 8
