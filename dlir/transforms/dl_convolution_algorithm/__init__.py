"""`dl-convolution-algorithm`: by which formula each convolution is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl.attrs import Algorithm, AlgorithmAttr, Layout
from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.terms import Formula, Term
from dlir.transforms.dl_convolution_algorithm.choice import fastest, impossible, is_product
from dlir.transforms.dl_convolution_algorithm.epilogue import move_before_reshape
from dlir.transforms.dl_convolution_algorithm.fft import fft
from dlir.transforms.dl_convolution_algorithm.im2col import columns, im2col
from dlir.transforms.dl_convolution_algorithm.image import Convolution
from dlir.transforms.dl_convolution_algorithm.winograd import winograd

Image = Callable[[Convolution, Formula], Term]
"""What an NHWC image becomes."""

FORMULAS: dict[Algorithm, Image] = {
    Algorithm.IM2COL: im2col,
    Algorithm.WINOGRAD_2X2: partial(winograd, tile=2),
    Algorithm.WINOGRAD_4X4: partial(winograd, tile=4),
    Algorithm.FFT: fft,
}


@dataclass(frozen=True)
class DlConvolutionAlgorithm(ModulePass):
    """Choose an algorithm for each convolution, and write it out in simpler `dl` ops.

    An op's own `algorithm` counts, then the pass's; `auto` takes what is expected to be fastest:
    Winograd's for 3 x 3 kernels whose weights are constant, and which have enough tiles and
    channels, unless `winograd=false`; `im2col` where an NCHW image is the right side of a product
    as it is (1 x 1 kernels, f32 or f64); the direct one for all others. `im2col`, `winograd-2x2`,
    `winograd-4x4` and `fft` become `dl` ops and are gone; with `choose-only` they are written as
    attributes instead, to be looked at and edited. A convolution that an algorithm cannot compute
    stays direct; one that asks for it itself is an error that says why.

    The Winograd forms and FFT round differently from the direct sum. Largest error relative to the
    largest result, f32, 512 channels: direct 2e-7, `winograd-2x2` 5e-7, `winograd-4x4` 3e-6,
    `fft` 1e-6. They also spread NaN and infinity to all results of a tile, or of the image.

    Before:
    ```mlir
    func.func @f(%x: tensor<1x6x6x8xf32>, %w: tensor<4x8x2x2xf32>) -> tensor<1x5x5x4xf32> {
      %y = dl.conv2d %x, %w acc f32 {layout = "nhwc", algorithm = "im2col"} : (tensor<1x6x6x8xf32>, tensor<4x8x2x2xf32>) -> tensor<1x5x5x4xf32>
      func.return %y : tensor<1x5x5x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<1x6x6x8xf32>, %w: tensor<4x8x2x2xf32>) -> tensor<1x5x5x4xf32> {
      %0 = dl.slice %x {offsets = [0, 0, 0, 0], strides = [1, 1, 1, 1]} : tensor<1x6x6x8xf32> -> tensor<1x5x5x8xf32>
      %1 = dl.slice %x {offsets = [0, 0, 1, 0], strides = [1, 1, 1, 1]} : tensor<1x6x6x8xf32> -> tensor<1x5x5x8xf32>
      %2 = dl.slice %x {offsets = [0, 1, 0, 0], strides = [1, 1, 1, 1]} : tensor<1x6x6x8xf32> -> tensor<1x5x5x8xf32>
      %3 = dl.slice %x {offsets = [0, 1, 1, 0], strides = [1, 1, 1, 1]} : tensor<1x6x6x8xf32> -> tensor<1x5x5x8xf32>
      %4 = dl.concat %0, %1, %2, %3 {axis = 3} : (tensor<1x5x5x8xf32>, tensor<1x5x5x8xf32>, tensor<1x5x5x8xf32>, tensor<1x5x5x8xf32>) -> tensor<1x5x5x32xf32>
      %5 = dl.transpose %w {perm = [2, 3, 1, 0]} : tensor<4x8x2x2xf32> -> tensor<2x2x8x4xf32>
      %6 = dl.reshape %5 : tensor<2x2x8x4xf32> -> tensor<32x4xf32>
      %7 = dl.reshape %4 : tensor<1x5x5x32xf32> -> tensor<25x32xf32>
      %8 = dl.matmul %7, %6 acc f32 : (tensor<25x32xf32>, tensor<32x4xf32>) -> tensor<25x4xf32>
      %y = dl.reshape %8 : tensor<25x4xf32> -> tensor<1x5x5x4xf32>
      func.return %y : tensor<1x5x5x4xf32>
    }
    ```
    """  # noqa: E501

    name = "dl-convolution-algorithm"

    algorithm: str = "auto"
    winograd: bool = True
    choose_only: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.algorithm not in tuple(Algorithm):
            known = ", ".join(Algorithm)
            fail(None, f"algorithm '{self.algorithm}' is unknown", help=f"one of {known}")
        for conv in list(op.walk()):
            if isinstance(conv, Conv2dOp):
                chosen = self._choose(conv)
                if self.choose_only:
                    conv.algorithm = AlgorithmAttr(chosen)
                elif chosen is not Algorithm.DIRECT:
                    _write_out(conv, chosen)

    def _choose(self, op: Conv2dOp) -> Algorithm:
        """What the op asks for, which must be possible; what is asked for here, if it is."""
        own = op.algorithm.data
        if own not in (Algorithm.AUTO, Algorithm.DIRECT):
            reason = impossible(op, own)
            if reason is not None:
                fail(op, f"algorithm {own.value} {reason}", help='write algorithm = "direct"')
            return own
        wanted = Algorithm(self.algorithm) if own is Algorithm.AUTO else own
        if wanted is Algorithm.AUTO:
            wanted = fastest(op, self.winograd)
        return Algorithm.DIRECT if impossible(op, wanted) is not None else wanted


def _write_out(op: Conv2dOp, algorithm: Algorithm) -> None:
    """Replace a convolution by an algorithm's formula, which is in NHWC."""
    block = op.parent
    assert block is not None

    def insert(new: Operation) -> None:
        new.location = op.location
        block.insert_op_before(new, op)

    make = Formula(insert, element_of(op.x))
    if algorithm is Algorithm.IM2COL and is_product(op):
        y = image = columns(op, make)
    else:
        y, image = _in_nhwc(op, make, FORMULAS[algorithm])
    y.value.name_hint = op.result.name_hint
    op.result.replace_all_uses_with(y.value)
    block.erase_op(op)
    move_before_reshape(image.value)


def _in_nhwc(op: Conv2dOp, make: Formula, formula: Image) -> tuple[Term, Term]:
    """The result, and the image that it is of, which is in the formulas' layout."""
    x = make.term(op.x)
    if op.layout.data is Layout.NHWC:
        image = formula(Convolution(op, x.value), make)
        return image, image
    image = formula(Convolution(op, x.then(TransposeOp, [0, 2, 3, 1]).value), make)
    return image.then(TransposeOp, [0, 3, 1, 2]), image
