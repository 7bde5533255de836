"""All ONNX operators that dlir imports, by name, and those it takes apart first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TypeVar

from .operator import Build, BuildStructure

STANDARD_DOMAINS = ("", "ai.onnx")

T = TypeVar("T")


class Operators(Mapping[str, T]):
    """What imports the operators of these names, by module of `ops`.

    A module is imported when one of its operators is met: a model has those of a few.
    """

    def __init__(self, **modules: str) -> None:
        self.modules = {name: module for module in modules for name in modules[module].split()}

    def __getitem__(self, name: str) -> T:
        return import_module(f"{__package__}.ops.{self.modules[name]}").OPERATORS[name]

    def __contains__(self, name: object) -> bool:
        return name in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)


OPERATORS: Operators[Build] = Operators(
    bits="BitCast BitShift",
    contraction="Conv Gemm MatMul",
    einsum="Einsum",
    elementwise=(
        "Abs Acos Acosh Add And Asin Asinh Atan Atanh BitwiseAnd BitwiseNot BitwiseOr "
        "BitwiseXor Cast CastLike Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu "
        "Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less "
        "LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round "
        "Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh "
        "ThresholdedRelu Where Xor"
    ),
    losses="NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    movement=(
        "Concat DepthToSpace Expand Flatten Gather Pad Reshape SpaceToDepth Split Squeeze "
        "Tile Transpose Trilu Unsqueeze"
    ),
    ngrams="TfIdfVectorizer",
    normalization=(
        "BatchNormalization GroupNormalization InstanceNormalization LRN LayerNormalization "
        "LogSoftmax LpNormalization RMSNormalization Softmax"
    ),
    ordering="ArgMax ArgMin CumProd CumSum EyeLike Hardmax ReverseSequence TopK",
    pooling="AveragePool GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool",
    quantization=(
        "ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv "
        "QLinearMatMul QuantizeLinear"
    ),
    random="Bernoulli Dropout RandomNormal RandomNormalLike RandomUniform RandomUniformLike",
    recurrent="GRU LSTM RNN",
    reduction=(
        "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin "
        "ReduceProd ReduceSum ReduceSumSquare"
    ),
    resize="Resize Upsample",
    sampling="DeformConv GridSample RoiAlign",
    scatter="GatherElements GatherND OneHot Scatter ScatterElements ScatterND TensorScatter",
    selection="Compress NonMaxSuppression NonZero Unique",
    signal=(
        "BlackmanWindow CausalConvWithState DFT Det HammingWindow HannWindow MelWeightMatrix STFT"
    ),
    slicing="Range Slice",
    source="Constant ConstantOfShape Shape Size",
    transposed="ConvTranspose",
    unpooling="MaxUnpool",
    vision="AffineGrid CenterCropPad Col2Im",
)

DOMAINS: dict[str, Operators[Build]] = {
    **dict.fromkeys(STANDARD_DOMAINS, OPERATORS),
    "ai.onnx.ml": Operators(
        machine_learning="ArrayFeatureExtractor Binarizer",
        trees="TreeEnsemble",
    ),
    "ai.onnx.preview": Operators(),
    "com.microsoft": Operators(
        microsoft=(
            "DequantizeLinear DynamicQuantizeMatMul MatMulIntegerToFloat MatMulNBits QGemm "
            "QLinearAdd QLinearAveragePool QLinearConcat QLinearGlobalAveragePool "
            "QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax QuantizeLinear"
        ),
    ),
}
"""The operators of each domain that dlir knows."""

STRUCTURES: Operators[BuildStructure] = Operators(
    control="BatchedScan If Loop Scan",
    flex_attention="FlexAttention",
    sequence=(
        "ConcatFromSequence Identity Optional OptionalGetElement OptionalHasElement "
        "SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert "
        "SequenceLength SequenceMap SplitToSequence"
    ),
)
"""Operators with subgraphs, or on more than tensors; `OPERATORS` has some for tensors, too."""

SIZED: frozenset[str] = frozenset(
    {"ConstantOfShape", "Expand", "Range", "Reshape", "Slice", "Tile"}
)
"""Operators whose shape operands may be computed while the program runs."""

EXPANDED: frozenset[str] = frozenset(
    {
        "Attention",
        "LinearAttention",
        "MeanVarianceNormalization",
        "RotaryEmbedding",
        "SwiGLU",
    }
)
"""Operators that are replaced by the definition the ONNX standard gives for them."""
