"""Inference over a whole module: through calls, branches and loops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xdsl.dialects import scf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import CallOp, FuncOp, ReturnOp
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.diagnostics import compile_errors
from dlir.dialects.dl import shapes
from dlir.transforms.functions import calls_in, functions_of, is_private
from dlir.transforms.specialize.inference import give_type, update_type, visit
from dlir.types import is_tensor, shape_of
from dlir.verifier import walk


def infer_shapes(module: ModuleOp) -> None:
    """Write the sizes that follow. Raises CompileError where written sizes contradict them."""
    inference = Inference(module)
    while inference.round():
        pass
    for function in inference.functions.values():
        _reconcile(function, inference.all)
    for function in inference.functions.values():
        update_type(function)


class Inference:
    """The functions of a module, gone through until nothing more follows."""

    def __init__(self, module: ModuleOp) -> None:
        found = functions_of(module)
        self.all = found
        self.functions = {n: f for n, f in found.items() if len(f.body.blocks) == 1}
        self.changed = False

    def round(self) -> bool:
        """Infer in every function once; whether a type changed."""
        self.changed = False
        for function in self.functions.values():
            self.arguments(function)
            self.inside(function)
        return self.changed

    def arguments(self, function: FuncOp) -> None:
        """The sizes in which all calls agree; anybody may call a public function."""
        name = function.sym_name.data
        calls = [
            call
            for other in self.all.values()
            for call in calls_in(other)
            if call.callee.root_reference.data == name
        ]
        if calls and is_private(function):
            for at, argument in enumerate(function.args):
                self.give(argument, agreed(call.operands[at] for call in calls))

    def inside(self, root: Operation) -> None:
        """Every op inside, those of regions when control flow has given their arguments sizes."""
        for op in [inner for r in root.regions for block in r.blocks for inner in block.ops]:
            before = list(op.result_types)
            with compile_errors(op):
                self.op(op)
            self.changed |= op.parent is None or before != list(op.result_types)

    def op(self, op: Operation) -> None:
        match op:
            case CallOp():
                self.call(op)
            case scf.ForOp():
                carried = _carried(self, op)
                for values in zip(op.body.block.args[1:], op.results, carried, strict=True):
                    self.give(values[0], values[2])
                    self.give(values[1], values[2])
                self.inside(op)
            case scf.IfOp() if op.results and op.false_region.blocks:
                self.inside(op)
                branches = (op.true_region.block.last_op, op.false_region.block.last_op)
                for result, *yielded in zip(
                    op.results, *(last.operands for last in branches if last), strict=True
                ):
                    self.give(result, agreed(yielded))
            case _:
                visit(op)
                self.inside(op)

    def call(self, op: CallOp) -> None:
        callee = self.functions.get(op.callee.root_reference.data)
        last = None if callee is None else callee.body.block.last_op
        if isinstance(last, ReturnOp):
            for result, value in zip(op.results, last.operands, strict=True):
                self.give(result, agreed([value]))

    def give(self, value: SSAValue, shape: shapes.Shape | None) -> None:
        """The sizes that this says of a value and its type does not."""
        known = shapes.meet_shapes(shape_of(value.type), shape) if shape is not None else None
        if known is not None and is_tensor(value.type) and known != shape_of(value.type):
            give_type(value, known)
            self.changed = True


def agreed(values: Iterable[SSAValue]) -> shapes.Shape | None:
    """The sizes that are the same in all of these tensors, `?` elsewhere; None of other values."""
    types = [value.type for value in values]
    found = [shape_of(type) for type in types if is_tensor(type)]
    if len(found) != len(types) or len({len(shape) for shape in found}) != 1:
        return None
    return tuple(n[0] if len({*n}) == 1 else DYNAMIC_INDEX for n in zip(*found, strict=True))


def _carried(inference: Inference, op: scf.ForOp) -> list[shapes.Shape | None]:
    """The sizes that a loop's values have at the beginning, and again after every turn.

    Assumed are those of the beginning. A copy of the body is inferred with them; what it gives
    otherwise is not assumed the next time, so that in the end all that is assumed is kept.
    """
    assumed = [agreed([value]) for value in op.iter_args]
    changed = inference.changed  # what happens to copies is no change
    while True:
        copy = op.clone()
        for argument, shape in zip(copy.body.block.args[1:], assumed, strict=True):
            if shape is not None:
                inference.give(argument, shape)
        inference.inside(copy)
        last = copy.body.block.last_op
        assert last is not None
        yielded = [agreed([value]) for value in last.operands]
        copy.erase()
        inference.changed = changed
        kept = [_common(*pair) for pair in zip(assumed, yielded, strict=True)]
        if kept == assumed:
            return kept
        assumed = kept


def _common(one: shapes.Shape | None, other: shapes.Shape | None) -> shapes.Shape | None:
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple(a if a == b else DYNAMIC_INDEX for a, b in zip(one, other, strict=True))


# What is handed over must have the type that is expected


def _reconcile(function: FuncOp, functions: dict[str, FuncOp]) -> None:
    """Casts where a value says more than what it is handed to."""
    for op in list(walk(function)):
        for at, wanted in _expected(op, functions):
            value = op.operands[at]
            if is_tensor(wanted) and value.type != wanted:
                assert op.parent is not None
                cast = tensor.CastOp(value, wanted)
                cast.location = op.location
                op.parent.insert_op_before(cast, op)
                op.operands[at] = cast.dest


def _expected(op: Operation, functions: dict[str, FuncOp]) -> Sequence[tuple[int, Attribute]]:
    """(operand, type) of what an op hands to a function, a loop or out of a region."""
    parent = op.parent_op()
    match op:
        case CallOp():
            callee = functions.get(op.callee.root_reference.data)
            if callee is None:
                return []
            inputs = callee.function_type.inputs.data
            whole = len(callee.body.blocks) == 1
            return [*enumerate([a.type for a in callee.args] if whole else inputs)]
        case scf.ForOp():
            first = len(op.operands) - len(op.iter_args)
            return [(first + at, type) for at, type in enumerate(op.result_types)]
        case scf.YieldOp() if isinstance(parent, scf.ForOp | scf.IfOp | scf.IndexSwitchOp):
            return [*enumerate(parent.result_types)]
        case scf.WhileOp():
            return [*enumerate(argument.type for argument in op.before_region.block.args)]
        case scf.YieldOp() if isinstance(parent, scf.WhileOp):
            return [*enumerate(argument.type for argument in parent.before_region.block.args)]
        case scf.ConditionOp() if isinstance(parent, scf.WhileOp):
            return [(at + 1, type) for at, type in enumerate(parent.result_types)]
        case _:
            return []
