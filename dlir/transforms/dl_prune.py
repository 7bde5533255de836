"""`dl-prune`: the least of the weights become zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.diagnostics import fail

if TYPE_CHECKING:
    from dlir.numpy_types import Array
    from dlir.transforms.pruning.layers import Layer
    from dlir.transforms.pruning.masks import Granularity


@dataclass(frozen=True)
class DlPrune(ModulePass):
    """Set the least weights of matrix products and convolutions to zero.

    Weights are seen as matrices with a row for each output; a row holds the inputs, of convolutions
    place by place with the channels innermost. `granularity` is what goes together: `element`,
    `row`, blocks such as `4x1` (rows x columns), or all but N of each M neighbours in a row, such
    as `2:4`. What has the least mean square goes first, of equals the first ones. Exactly
    `floor(sparsity * count)` go, of each weight (`scope=layer`) or of all together
    (`scope=global`); N:M needs no `sparsity`. Weights whose names match `keep` stay as they are,
    and so do those that other ops read as well, such as tables of embeddings.

    Weights beside the text are read from `params`, and all that the module uses are written to
    `output`; the text names them as before.

    Before:
    ```mlir
    %w = dl.constant dense<[[1.0, -4.0], [3.0, -2.0]]> : tensor<2x2xf32>
    %y = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
    ```
    After, with `sparsity=0.5`:
    ```mlir
    %w = dl.constant dense<[[0.0, -4.0], [3.0, 0.0]]> : tensor<2x2xf32>
    %y = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
    ```
    """

    name = "dl-prune"

    sparsity: float | None = None
    granularity: str = "element"
    scope: Literal["layer", "global"] = "layer"
    method: Literal["magnitude"] = "magnitude"
    keep: str = ""
    params: str = ""
    output: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from dlir.params import changing_weights

        granularity = self.checked()
        with changing_weights(op, self.name, self.params, self.output) as weights:
            self.prune(op, weights, granularity)

    def checked(self) -> Granularity:
        """The granularity. Raises CompileError for options that do not go together."""
        from dlir.transforms.pruning.masks import Granularity

        found = Granularity.parse(self.granularity)
        if found is None:
            fail(
                None,
                f"granularity: expected element, row, a block or N:M, got '{self.granularity}'",
                rule="dl-prune-granularity",
                help="write a block as 4x1, and N:M as 2:4 with N <= M",
            )
        if found.keep and (self.sparsity is not None or self.scope == "global"):
            fail(
                None,
                f"granularity={self.granularity} says how much of each layer goes",
                rule="dl-prune-granularity",
                help="leave out sparsity and scope",
            )
        if not found.keep and not 0 <= (-1 if self.sparsity is None else self.sparsity) <= 1:
            got = "nothing" if self.sparsity is None else str(self.sparsity)
            fail(None, f"sparsity: expected a number from 0 to 1, got {got}",
                 rule="dl-prune-sparsity", help="the share of the weights that goes")  # fmt: skip
        return found

    def prune(
        self, module: ModuleOp, weights: dict[str, Array], granularity: Granularity
    ) -> Sequence[Layer]:
        """Prune a module with these weights; the layers that were pruned. Raises CompileError."""
        import numpy as np

        from dlir.rewrite import current_statistics
        from dlir.transforms.pruning.layers import layers_of
        from dlir.transforms.pruning.masks import masks

        layers = [one for one in layers_of(module) if not fnmatchcase(one.name, self.keep)]
        matrices = [one.matrix(_known(one, weights)) for one in layers]
        groups = [matrices] if self.scope == "global" and matrices else [[m] for m in matrices]
        found = [mask for group in groups for mask in masks(group, granularity, self.sparsity or 0)]
        for layer, matrix, mask in zip(layers, matrices, found, strict=True):
            pruned = np.where(mask, matrix, np.zeros((), matrix.dtype))
            layer.store(layer.of_matrix(pruned, layer.array(weights)), weights)
            current_statistics()["weights pruned"] += int(mask.size - mask.sum())
        return layers


def _known(layer: Layer, weights: dict[str, Array]) -> Array:
    """The weight's values. Raises CompileError when there are none, or no order among them."""
    import numpy as np

    if not layer.is_known(weights):
        fail(
            layer.source,
            f'weight "{layer.name}" stands beside the text, and no weights are given',
            rule="dl-prune-weights",
            help="write params=OLD.safetensors output=NEW.safetensors",
        )
    array = layer.array(weights)
    if np.isnan(array).any():
        fail(
            layer.source,
            f'weight "{layer.name}" has NaN, which is neither great nor small',
            rule="dl-prune-weights",
            help="leave it out with keep=NAME, or mend it",
        )
    return array
