"""`dl-decompose`: composite `dl` ops written in simpler ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, bf16, f16, f32
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from dlir.diagnostics import fail
from dlir.dialects.dl.attrs import Approximation, Predicate
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import attention as at
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import convolution as v
from dlir.dialects.dl.ops import embedding as e
from dlir.dialects.dl.ops import linear_algebra as la
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import normalization as n
from dlir.dialects.dl.ops import pooling3d as p
from dlir.dialects.dl.ops import random as ran
from dlir.dialects.dl.ops import recurrent as rec
from dlir.dialects.dl.ops import resampling as rs
from dlir.dialects.dl.ops import rotary as rot
from dlir.dialects.dl.ops import sampling as sa
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.movement import PadOp, ReshapeOp, SliceOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp, ReduceMeanOp, ReduceSumOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.rewrite import rewrite
from dlir.transforms.decompose import (
    attention,
    convolution,
    embedding,
    linear_algebra,
    normalization,
    pooling,
    random,
    recurrent,
    resampling,
    rotary,
    sampling,
    spectral,
)

# Softmax


def softmax(op: c.SoftmaxOp, make: Make) -> Term:
    """e / sum e, with e = exp(x - max x)"""
    axes = [op.axis.value.data]
    x = make.term(op.x)
    e = (x - x.reduce(ReduceMaxOp, axes)).to(m.ExpOp)
    return e / e.reduce(ReduceSumOp, axes)


def log_softmax(op: c.LogSoftmaxOp, make: Make) -> Term:
    """s - ln(sum exp s), with s = x - max x"""
    axes = [op.axis.value.data]
    x = make.term(op.x)
    s = x - x.reduce(ReduceMaxOp, axes)
    return s - s.to(m.ExpOp).reduce(ReduceSumOp, axes).to(m.LogOp)


# Normalisation


def layer_norm(op: c.LayerNormOp, make: Make) -> Term:
    """d * rsqrt(mean(d^2) + epsilon) * scale + bias, with d = x - mean x"""
    axes = range(op.axis.value.data, rank_of(op.x))
    x = make.term(op.x)
    d = x - x.reduce(ReduceMeanOp, axes)
    variance = (d * d).reduce(ReduceMeanOp, axes)
    y = d * (variance + op.epsilon.value.data).to(m.RsqrtOp) * make.term(op.scale)
    return y if op.bias is None else y + make.term(op.bias)


def batch_norm(op: c.BatchNormOp, make: Make) -> Term:
    """x * s + (bias - mean * s), with s = scale * rsqrt(variance + epsilon) per channel"""
    scale, bias, mean, variance = (
        make.term(value) for value in (op.scale, op.bias, op.mean, op.variance)
    )
    s = scale * (variance + op.epsilon.value.data).to(m.RsqrtOp)
    trailing = [1] * (rank_of(op.x) - op.axis.value.data - 1)

    def along_axis(channels: Term) -> Term:
        return channels.then(ReshapeOp, [-1, *trailing]) if trailing else channels

    return make.term(op.x) * along_axis(s) + along_axis(bias - mean * s)


def lrn(op: c.LrnOp, make: Make) -> Term:
    """x / (bias + alpha / size * w)^beta, with w the sum of x^2 over `size` neighbours"""
    size, axis, shape = op.size.value.data, op.axis.value.data, shape_of(op.x)
    x = make.term(op.x)
    low, high = [0] * len(shape), [0] * len(shape)
    low[axis], high[axis] = (size - 1) // 2, size // 2
    squares = (x * x).then(PadOp, low, high, 0.0)
    sizes = _sizes(op.x, make)

    def shifted(by: int) -> Term:
        offsets = [by if dim == axis else 0 for dim in range(len(shape))]
        return squares.then(SliceOp, offsets, sizes)

    w = shifted(0)
    for by in range(1, size):
        w = w + shifted(by)
    scaled = w * (op.alpha.value.data / size) + op.bias.value.data
    return x / scaled**op.beta.value.data


def _sizes(x: Operand, make: Make) -> list[int | Operand]:
    """The sizes of a tensor, with a `dl.dim` for each `?`."""
    shape = enumerate(shape_of(x))
    return [
        make.apply(DimOp(x, axis)).value if size == DYNAMIC_INDEX else size for axis, size in shape
    ]


# Activations


def sigmoid(op: a.SigmoidOp, make: Make) -> Term:
    """1 / (1 + e^-x)"""
    return 1.0 / ((-make.term(op.x)).to(m.ExpOp) + 1.0)


def gelu(op: a.GeluOp, make: Make) -> Term:
    """x / 2 * (1 + erf(x / sqrt 2)), or x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))"""
    x = make.term(op.x)
    if op.approximate.data is Approximation.TANH:
        inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
        return x * 0.5 * (inner.to(m.TanhOp) + 1.0)
    return x * 0.5 * ((x * math.sqrt(0.5)).to(m.ErfOp) + 1.0)


def silu(op: a.SiluOp, make: Make) -> Term:
    """x * sigmoid x"""
    x = make.term(op.x)
    return x * x.to(a.SigmoidOp)


def softplus(op: a.SoftplusOp, make: Make) -> Term:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), which does not overflow"""
    x = make.term(op.x)
    return x.max(0.0) + (-x.to(m.AbsOp)).to(m.ExpOp).to(m.Log1pOp)


def softsign(op: a.SoftsignOp, make: Make) -> Term:
    """x / (|x| + 1)"""
    x = make.term(op.x)
    return x / (x.to(m.AbsOp) + 1.0)


def mish(op: a.MishOp, make: Make) -> Term:
    """x * tanh(softplus x)"""
    x = make.term(op.x)
    return x * x.to(a.SoftplusOp).to(m.TanhOp)


def elu(op: a.EluOp, make: Make) -> Term:
    """x for x > 0, else alpha * (e^x - 1)"""
    x = make.term(op.x)
    return x.where(Predicate.GT, 0.0, x.to(m.Expm1Op) * op.alpha.value.data)


def selu(op: a.SeluOp, make: Make) -> Term:
    """scale * elu(x)"""
    return make.term(op.x).then(a.EluOp, a.SELU_ALPHA) * a.SELU_SCALE


def leaky_relu(op: a.LeakyReluOp, make: Make) -> Term:
    """x for x >= 0, else alpha * x"""
    x = make.term(op.x)
    return x.where(Predicate.GE, 0.0, x * op.alpha.value.data)


def hard_sigmoid(op: a.HardSigmoidOp, make: Make) -> Term:
    """clip(alpha * x + beta, 0, 1)"""
    y = make.term(op.x) * op.alpha.value.data + op.beta.value.data
    return y.then(a.ClipOp, 0.0, 1.0)


def hard_swish(op: a.HardSwishOp, make: Make) -> Term:
    """x * clip(x / 6 + 1/2, 0, 1)"""
    x = make.term(op.x)
    return x * x.then(a.HardSigmoidOp, 1 / 6, 0.5)


DECOMPOSITIONS: dict[type[DlOp], Callable[[Any, Make], Term | Sequence[Term]]] = {
    c.SoftmaxOp: softmax,
    c.LogSoftmaxOp: log_softmax,
    c.LayerNormOp: layer_norm,
    c.BatchNormOp: batch_norm,
    c.LrnOp: lrn,
    at.AttentionOp: attention.attention,
    at.AdditiveAttentionOp: attention.additive_attention,
    a.SigmoidOp: sigmoid,
    a.GeluOp: gelu,
    a.SiluOp: silu,
    a.SoftplusOp: softplus,
    a.SoftsignOp: softsign,
    a.MishOp: mish,
    a.EluOp: elu,
    a.SeluOp: selu,
    a.LeakyReluOp: leaky_relu,
    a.HardSigmoidOp: hard_sigmoid,
    a.HardSwishOp: hard_swish,
    n.GroupNormOp: normalization.group_norm,
    n.InstanceNormOp: normalization.instance_norm,
    n.RmsNormOp: normalization.rms_norm,
    n.BatchNormTrainingOp: normalization.batch_norm_training,
    v.Conv3dOp: convolution.conv3d,
    v.ConvTransposeOp: convolution.conv_transpose,
    p.MaxPool3dOp: pooling.max_pool3d,
    p.AvgPool3dOp: pooling.avg_pool3d,
    p.LpPool3dOp: pooling.lp_pool3d,
    la.DetOp: linear_algebra.det,
    la.DftOp: spectral.dft,
    rs.ResizeOp: resampling.resize,
    e.EmbeddingBagOp: embedding.embedding_bag,
    ran.RandomUniformOp: random.uniform,
    ran.DropoutOp: random.dropout,
    sa.GridSampleOp: sampling.grid_sample,
    sa.RoiAlignOp: sampling.roi_align,
    sa.DeformConv2dOp: sampling.deform_conv2d,
    rot.RotaryEmbeddingOp: rotary.rotary_embedding,
    rec.RnnOp: recurrent.rnn,
    rec.GruOp: recurrent.gru,
    rec.LstmOp: recurrent.lstm,
}
"""Op class -> its result, or its results, as a formula."""


def decomposed(op: DlOp, insert: Callable[[Operation], object]) -> Sequence[Term]:
    """The results of a composite op, by simpler ops that are given to `insert` in order.

    They compute in f32 or wider. Raises CompileError where a size that must be known is not.
    """
    element = element_of(op.results[0])
    make = Make(insert, f32 if element in (f16, bf16) else element)
    made = DECOMPOSITIONS[type(op)](op, make)
    terms = [made] if isinstance(made, Term) else made
    pairs = [(term, element_of(result)) for term, result in zip(terms, op.results, strict=True)]
    return [t if element_of(t.value) == wanted else t.then(CastOp, wanted) for t, wanted in pairs]


class Decompose(RewritePattern):
    """Replaces an op of the given classes by its formula, computed in f32 or wider."""

    def __init__(self, kinds: Sequence[type[DlOp]]):
        self.root_types = tuple(kinds)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        if not isinstance(op, DlOp) or not isinstance(op, self.root_types):
            return
        results = decomposed(op, rewriter.insert)
        rewriter.replace(op, [], [result.value for result in results])


@dataclass(frozen=True)
class DlDecompose(ModulePass):
    """Write composite ops in simpler ones; f16 and bf16 are computed in f32 and rounded at the end.

    `ops` names the ops (`ops=softmax,gelu`); without it all that have a formula are rewritten.

    Before:

        %y = dl.softmax %x {axis = 1} : tensor<?x10xf32>

    After:

        %0 = dl.reduce_max %x {axes = [1], keepdims} : tensor<?x10xf32> -> tensor<?x1xf32>
        %1 = dl.sub %x, %0 : (tensor<?x10xf32>, tensor<?x1xf32>) -> tensor<?x10xf32>
        %2 = dl.exp %1 : tensor<?x10xf32>
        %3 = dl.reduce_sum %2 {axes = [1], keepdims} : tensor<?x10xf32> -> tensor<?x1xf32>
        %y = dl.div %2, %3 : (tensor<?x10xf32>, tensor<?x1xf32>) -> tensor<?x10xf32>
    """

    name = "dl-decompose"

    ops: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        by_name = {kind.name.removeprefix("dl."): kind for kind in DECOMPOSITIONS}
        for name in self.ops:
            if name not in by_name:
                known = f"ops with a formula: {', '.join(by_name)}"
                fail(None, f"dl-decompose has no formula for '{name}'", help=known)
        kinds = [by_name[name] for name in self.ops] or list(by_name.values())
        rewrite(op, [Decompose(kinds)], erase_dead=False)
