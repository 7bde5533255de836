"""`dl-specialize`: a function for arguments of given sizes, with as few `?` as these leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl import shapes
from dlir.signature import argument_names, entry_function
from dlir.transforms.specialize.inference import give_type
from dlir.transforms.specialize.propagation import infer_shapes
from dlir.types import is_tensor, shape_of

_SHAPE = re.compile(r"(?P<argument>.+)[=:](?P<sizes>(\d+|\?)(x(\d+|\?))*)")
FORM = "write x=1x128: an argument by its name, or by its number from 0, and all of its sizes"


@dataclass(frozen=True)
class DlSpecialize(ModulePass):
    """Give the arguments of `function` (`main`, or the only one) sizes, and compute what follows.

    `shapes` names arguments by name or number: `shapes=x:1x128,mask:1x128`. `batch` is the size of
    every first dimension that is still a `?`. Result types are inferred anew, `dl.dim` of what is
    known becomes a number, and so does arithmetic on such numbers.

    Before, with `shapes=x:2x4`:
    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?xf32> {
      %n = dl.dim %x, 0 : tensor<?x4xf32>
      %c4 = arith.constant 4 : index
      %m = arith.muli %n, %c4 : index
      %y = dl.reshape %x [%m] : tensor<?x4xf32> -> tensor<?xf32>
      func.return %y : tensor<?xf32>
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<2x4xf32>) -> tensor<8xf32> {
      %y = dl.reshape %x : tensor<2x4xf32> -> tensor<8xf32>
      func.return %y : tensor<8xf32>
    }
    ```
    """

    name = "dl-specialize"

    shapes: tuple[str, ...] = ()
    batch: int | None = None
    function: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        function = entry_function(op, self.function)
        for argument, sizes in _requested(function, self.shapes, self.batch).items():
            give_type(argument, sizes)
        infer_shapes(op)


# --- what is asked for ----------------------------------------------------------------------------


def _requested(
    function: FuncOp, texts: Sequence[str], batch: int | None
) -> dict[BlockArgument, shapes.Shape]:
    """The arguments that get another type, with their new shapes."""
    wanted: dict[BlockArgument, shapes.Shape] = {}
    for text in texts:
        match = _SHAPE.fullmatch(text)
        if match is None:
            fail(None, f"bad shape '{text}'", help=FORM)
        argument = _argument(function, match["argument"])
        sizes = [shapes.DYNAMIC if s == "?" else int(s) for s in match["sizes"].split("x")]
        wanted[argument] = _fitting(function, argument, sizes)
    if batch is not None:
        for argument in function.args:
            shape = wanted.get(argument, shape_of(argument.type))
            if shape[:1] == (DYNAMIC_INDEX,):
                wanted[argument] = (batch, *shape[1:])
    return wanted


def _argument(function: FuncOp, name: str) -> BlockArgument:
    names = argument_names(function)
    for known, argument in zip(names, function.args, strict=True):
        if name in (known, known.removeprefix("%")):
            return argument
    if name.isdecimal() and int(name) < len(names):
        return function.args[int(name)]
    fail(
        function,
        f"@{function.sym_name.data} has no argument '{name}'",
        help=f"its arguments: {', '.join(names) or 'none'}",
    )


def _fitting(function: FuncOp, argument: BlockArgument, sizes: Sequence[int]) -> shapes.Shape:
    """The argument's shape with the sizes put in; they must agree with what is static."""
    type = argument.type
    shape = shapes.meet_shapes(shape_of(type), sizes) if is_tensor(type) else None
    if shape is None:
        name = argument_names(function)[argument.index]
        fail(
            function,
            f"argument {name} is a {type}, which cannot have shape {shapes.text(sizes)}",
            help="give every size, those that the type has as they are",
        )
    return shape
