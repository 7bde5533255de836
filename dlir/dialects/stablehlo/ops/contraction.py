"""Sums of products, and the few ops of linear algebra."""

from __future__ import annotations

from typing import Any

from xdsl.irdl import BaseAttr

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import op_table
from dlir.dialects.stablehlo.ops.forms import DOT_KEYS, ConvolutionForm, DotForm
from dlir.dialects.stablehlo.ops.properties import ANY, BOOLEAN, INTEGER, INTS, LIST, REAL, STRING
from dlir.dialects.stablehlo.rules import contraction, dynamic, linear_algebra
from dlir.dialects.stablehlo.syntax import BOOL, PAIR, PRECISION, RECORD, Form, Key, words
from dlir.dialects.stablehlo.syntax import INTS as INTS_KEY
from dlir.dialects.stablehlo.syntax import STRING as STRING_KEY

_define = op_table("stablehlo", __name__)

PRECISION_KEY = Key("precision", PRECISION, ("precision_config",), optional=True)
CONFIG = Key("config", STRING_KEY, ("einsum_config",))
CONVOLUTION: dict[str, Any] = {
    "window_strides?": INTS,
    "padding?": ANY,
    "lhs_dilation?": INTS,
    "rhs_dilation?": INTS,
    "window_reversal?": INTS,
    "dimension_numbers": BaseAttr(a.ConvAttr),
    "feature_group_count": INTEGER,
    "batch_group_count": INTEGER,
    "precision_config?": LIST,
}

DotGeneralOp = _define(
    "dot_general", "Sums of products over the contracting dimensions, for each of the batch.",
    "%z = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1]"
    " : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>",
    operands="lhs rhs",
    properties={
        "dot_dimension_numbers": BaseAttr(a.DotAttr),
        "precision_config?": LIST,
        "algorithm?": BaseAttr(a.DotAlgorithmAttr),
    },
    form=Form(
        (
            Key("batching_dims", PAIR, DOT_KEYS[:2], optional=True),
            Key("contracting_dims", PAIR, DOT_KEYS[2:], optional=True),
            PRECISION_KEY,
            Key("algorithm", RECORD, ("algorithm",), optional=True),
        )
    ),
    base=DotForm, check=contraction.dot_general,
)  # fmt: skip
DotOp = _define(
    "dot", "Product of vectors and matrices.",
    "%z = stablehlo.dot %x, %y : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>",
    operands="lhs rhs", properties={"precision_config?": LIST}, form=Form((PRECISION_KEY,)),
    check=contraction.dot,
)  # fmt: skip
EinsumOp = _define(
    "einsum", "Einstein's sum of two tensors.",
    '%z = stablehlo.einsum %x, %y, config = "ab,bc->ac"'
    " : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>",
    operands="lhs rhs", properties={"einsum_config": STRING}, form=Form((CONFIG,)),
)  # fmt: skip
UnaryEinsumOp = _define(
    "unary_einsum", "Einstein's sum of one tensor.",
    '%y = stablehlo.unary_einsum %x, config = "ab->a" : (tensor<3x4xf32>) -> tensor<3xf32>',
    properties={"einsum_config": STRING}, form=Form((CONFIG,)),
)  # fmt: skip
ConvolutionOp = _define(
    "convolution", "Sums of products with a kernel that slides over the spatial dimensions.",
    "%y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],"
    " window = {stride = [2, 1], pad = [[0, 1], [1, 1]]}"
    " {batch_group_count = 1 : i64, feature_group_count = 1 : i64}"
    " : (tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<1x4x8x4xf32>",
    operands="lhs rhs", properties=CONVOLUTION, base=ConvolutionForm, check=contraction.convolution,
)  # fmt: skip
DynamicConvOp = _define(
    "dynamic_conv", "As convolution, with paddings that are computed.",
    '''%p = stablehlo.constant dense<[[1, 1]]> : tensor<1x2xi32>
%y = "stablehlo.dynamic_conv"(%x, %w, %p) <{batch_group_count = 1 : i64,
  dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>,
  feature_group_count = 1 : i64}>
  : (tensor<1x3x8xf32>, tensor<4x3x3xf32>, tensor<1x2xi32>) -> tensor<1x4x?xf32>''',
    operands="lhs rhs d_padding", properties=CONVOLUTION, check=contraction.convolution,
)  # fmt: skip
CholeskyOp = _define(
    "cholesky", "The triangular factor of a positive definite matrix.",
    "%y = stablehlo.cholesky %x, lower = true : tensor<2x2xf32>",
    operands="a", properties={"lower?": BOOLEAN},
    form=Form((Key("lower", BOOL, ("lower",), optional=True),), "same"),
    check=linear_algebra.cholesky, elements="fc",
)  # fmt: skip
TriangularSolveOp = _define(
    "triangular_solve", "Solves equations whose matrix is triangular.",
    '''%y = "stablehlo.triangular_solve"(%a, %b) <{left_side = true, lower = true,
  transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}>
  : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>''',
    operands="a b", elements="fc", check=linear_algebra.triangular_solve,
    properties={
        "left_side": BOOLEAN,
        "lower": BOOLEAN,
        "unit_diagonal": BOOLEAN,
        "transpose_a": BaseAttr(a.TransposeAttr),
    },
)  # fmt: skip
FftOp = _define(
    "fft", "Discrete Fourier transform over the last dimensions.",
    "%y = stablehlo.fft %x, type = FFT, length = [8]"
    " : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>",
    properties={"fft_type": BaseAttr(a.FftTypeAttr), "fft_length": INTS},
    form=Form(
        (
            Key("type", words(a.FftTypeAttr), ("fft_type",)),
            Key("length", INTS_KEY, ("fft_length",)),
        )
    ),
    elements="fc", check=linear_algebra.fft,
)  # fmt: skip

_NORM: dict[str, Any] = {"epsilon": REAL, "feature_index": INTEGER}
_NORM_TEXT = """"stablehlo.batch_norm_NAME"(OPERANDS) <{epsilon = 1.000000e-03 : f32,
  feature_index = 1 : i64}> : (TYPES) -> RESULTS"""


def _norm_example(name: str, operands: str, types: str, results: str) -> str:
    text = _NORM_TEXT.replace("NAME", name).replace("OPERANDS", operands)
    return text.replace("TYPES", types).replace("RESULTS", results)


_X, _C = "tensor<2x3xf32>", "tensor<3xf32>"
BatchNormInferenceOp = _define(
    "batch_norm_inference", "Normalisation of each channel by given statistics.",
    "%y = " + _norm_example("inference", "%x, %s, %o, %m, %v",
                            ", ".join([_X, *[_C] * 4]), _X),
    operands="operand scale offset mean variance", properties=_NORM, check=dynamic.batch_norm,
    elements="f",
)  # fmt: skip
BatchNormTrainingOp = _define(
    "batch_norm_training", "Normalisation of each channel by its own statistics.",
    "%y, %m, %v = " + _norm_example("training", "%x, %s, %o",
                                    ", ".join([_X, _C, _C]), f"({_X}, {_C}, {_C})"),
    operands="operand scale offset", results="output batch_mean batch_var", properties=_NORM,
    check=dynamic.batch_norm, elements="f",
)  # fmt: skip
BatchNormGradOp = _define(
    "batch_norm_grad", "Gradients of batch_norm_training.",
    "%gx, %gs, %go = " + _norm_example("grad", "%x, %s, %m, %v, %g",
                                       ", ".join([_X, _C, _C, _C, _X]), f"({_X}, {_C}, {_C})"),
    operands="operand scale mean variance grad_output",
    results="grad_operand grad_scale grad_offset", properties=_NORM, check=dynamic.batch_norm,
    elements="f",
)  # fmt: skip
