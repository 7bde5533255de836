"""`dl-remove-channels`: channels that say nothing are taken out of all tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from dlir.diagnostics import fail

if TYPE_CHECKING:
    from dlir.numpy_types import Array


@dataclass(frozen=True)
class DlRemoveChannels(ModulePass):
    """Remove output channels of products and convolutions that are always one number, or unread.

    A channel is known if its weights are all zero, and stays so through what follows: a bias, a
    batch norm or an activation make another number of it. It goes where all that read it allow:
    they ignore it (their weights for it are zero), it is zero, or its number can be added to the
    result instead, which a padded convolution cannot. What joins channels goes as a whole: all
    members of a residual sum must agree. Channels are followed through elementwise ops, pooling,
    reductions, reshapes that flatten them, transposes, concatenations and depthwise convolutions;
    any other reader keeps them, and so does returning them. One channel always stays.

    `channels` names more of them, whose weights become zero first: `fc1.weight:0,3 fc2.weight:5`
    are rows 0 and 3 of one weight and row 5 of another, as `dl-prune` counts rows.

    As long as all values are finite the module computes the same; sums that were shortened, and
    numbers that were added, differ by rounding. Weights are read from `params`, and those that the
    module then uses are written to `output`.

    Before:
    ```mlir
    %w = dl.constant dense<[[1.0, 0.0], [2.0, 0.0]]> : tensor<2x2xf32>
    %v = dl.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
    %0 = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
    %1 = dl.relu %0 : tensor<?x2xf32>
    %y = dl.matmul %1, %v acc f32 : (tensor<?x2xf32>, tensor<2x1xf32>) -> tensor<?x1xf32>
    ```
    After:
    ```mlir
    %w = dl.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
    %0 = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x1xf32>) -> tensor<?x1xf32>
    %1 = dl.relu %0 : tensor<?x1xf32>
    %v = dl.constant dense<3.0> : tensor<1x1xf32>
    %y = dl.matmul %1, %v acc f32 : (tensor<?x1xf32>, tensor<1x1xf32>) -> tensor<?x1xf32>
    ```
    """

    name = "dl-remove-channels"

    channels: str = ""
    params: str = ""
    output: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from dlir.params import changing_weights

        with changing_weights(op, self.name, self.params, self.output) as weights:
            self.remove(op, weights)

    def remove(self, module: ModuleOp, weights: dict[str, Array]) -> int:
        """Remove channels from a module with these weights; how many. Raises CompileError."""
        from dlir.rewrite import current_statistics
        from dlir.transforms.channels.analysis import Analysis
        from dlir.transforms.channels.removal import Removal

        for text in self.channels.split():
            _clear(module, weights, text)
        total = 0
        for function in [op for op in module.walk() if isinstance(op, FuncOp)]:
            for block in function.body.blocks:
                analysis = Analysis(block, weights)
                if gone := analysis.removed():
                    Removal(module, analysis, gone, weights).run(list(block.ops))
                total += len(gone)
        current_statistics()["channels removed"] += total
        return total


def _clear(module: ModuleOp, weights: dict[str, Array], text: str) -> None:
    """Set the rows that `NAME:0,3` says to zero. Raises CompileError."""
    from dlir.params import spelling
    from dlir.transforms.pruning.layers import layers_of

    name, _, rows = text.rpartition(":")
    layers = {layer.name: layer for layer in layers_of(module)}
    if not name or not all(row.isdecimal() for row in rows.split(",")):
        fail(None, f"channels: expected NAME:0,3, got '{text}'", rule="dl-remove-channels-rows",
             help="separate several with spaces")  # fmt: skip
    if name not in layers or not layers[name].is_known(weights):
        fail(None, f'channels: there is no weight "{name}" that is summed over and known',
             rule="dl-remove-channels-rows", help=spelling(name, layers))  # fmt: skip
    layer = layers[name]
    array = layer.array(weights)
    matrix, numbers = layer.matrix(array).copy(), [int(row) for row in rows.split(",")]
    if max(numbers) >= len(matrix):
        fail(layer.source, f'channels: "{name}" has rows 0 to {len(matrix) - 1}, got {text}',
             rule="dl-remove-channels-rows")  # fmt: skip
    matrix[numbers] = 0
    layer.store(layer.of_matrix(matrix, array), weights)
