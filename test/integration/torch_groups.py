"""Calls of PyTorch in groups that share inputs: one compiled program tests many operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Function = Callable[..., Tensor | Sequence[Tensor]]

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.5,
    -3.5,
    6.5,
    -7.25,
    math.inf,
    -math.inf,
    math.nan,
    30.0,
]


def floats(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers around the places where functions change, NaN and infinities among them."""
    count = math.prod(shape)
    values = (SPECIAL * (count // len(SPECIAL) + 1))[:count]
    return torch.tensor(values, dtype=dtype).reshape(shape)


def plain(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers from -2 to 2 in no order; arithmetic that is exact, so that it may be traced, too."""
    places = torch.arange(math.prod(shape), dtype=torch.float64)
    return (((places * 37 + 11) % 101 - 50) / 25).reshape(shape).to(dtype)


def ints(*shape: int, low: int = -4, high: int = 5, dtype: torch.dtype = torch.int64) -> Tensor:
    generator = torch.Generator().manual_seed(math.prod(shape) + len(shape))
    return torch.randint(low, high, shape, generator=generator).to(dtype)


MATHEMATICS: list[Function] = [
    torch.abs,
    torch.acos,
    torch.acosh,
    torch.asin,
    torch.asinh,
    torch.atan,
    torch.ceil,
    torch.cos,
    torch.erf,
    torch.exp,
    torch.exp2,
    torch.expm1,
    torch.floor,
    torch.frac,
    torch.isfinite,
    torch.isinf,
    torch.isnan,
    torch.isneginf,
    torch.isposinf,
    torch.log,
    torch.log10,
    torch.log1p,
    torch.log2,
    torch.logical_not,
    torch.neg,
    torch.reciprocal,
    torch.round,
    torch.rsqrt,
    torch.sgn,
    torch.sign,
    torch.sin,
    torch.sqrt,
    torch.square,
    torch.tan,
    torch.tanh,
    torch.trunc,
    torch.nan_to_num,
    partial(torch.nan_to_num, nan=7.0, posinf=2.0, neginf=-3.0),
    partial(torch.round, decimals=1),
    partial(torch.round, decimals=-1),
    torch.clone,
    torch.positive,
    lambda x: x.to(torch.float64),
    lambda x: x.bool(),
    torch.zeros_like,
    torch.ones_like,
    partial(torch.full_like, fill_value=3.5),
    lambda x: x.new_full((2,), 4.0),
    lambda x: torch.sinh(x.clamp(-9, 9)),
    lambda x: torch.cosh(x.clamp(-9, 9)),
    lambda x: torch.atanh(x.clamp(-0.75, 0.75)),
]

ACTIVATIONS: list[Function] = [
    F.celu,
    partial(F.celu, alpha=0.3),
    F.elu,
    partial(F.elu, alpha=1.5),
    lambda x: F.gelu(x.clamp(-30, 30)),  # of inf it is NaN or inf, by the length of the tensor
    partial(F.gelu, approximate="tanh"),
    F.hardshrink,
    F.hardsigmoid,
    F.hardswish,
    F.hardtanh,
    partial(F.hardtanh, min_val=-0.3, max_val=2.0),
    F.leaky_relu,
    partial(F.leaky_relu, negative_slope=0.2),
    F.logsigmoid,
    F.mish,
    F.relu,
    F.relu6,
    F.selu,
    torch.sigmoid,
    F.silu,
    F.softplus,
    partial(F.softplus, beta=2.0, threshold=3.0),
    F.softshrink,
    F.softsign,
    F.tanhshrink,
    lambda x: F.threshold(x, 0.5, 9.0),
    lambda x: F.glu(x[:, :6]),
    lambda x: F.prelu(x, plain(1).to(x.dtype)),
    partial(F.softmax, dim=-1),
    partial(F.log_softmax, dim=0),
    lambda x: F.softmax(x, 1, dtype=torch.float64),
    lambda x: torch.ops.aten._safe_softmax(x, -1),
]

PAIRS: list[Function] = [
    torch.add,
    torch.sub,
    torch.mul,
    torch.div,
    torch.maximum,
    torch.minimum,
    torch.fmax,
    torch.fmin,
    torch.fmod,
    torch.remainder,
    torch.floor_divide,
    torch.pow,
    torch.atan2,
    torch.eq,
    torch.ne,
    torch.lt,
    torch.le,
    torch.gt,
    torch.ge,
    torch.logical_and,
    torch.logical_or,
    torch.logical_xor,
    partial(torch.add, alpha=2.5),
    partial(torch.sub, alpha=-2),
    torch.rsub,
    partial(torch.div, rounding_mode="trunc"),
    partial(torch.div, rounding_mode="floor"),
    lambda a, b: a + 2,
    lambda a, b: 3 - a,
    lambda a, b: a * 0.5,
    lambda a, b: a / 4,
    lambda a, b: a % 3,
    lambda a, b: torch.fmod(a, 3),
    lambda a, b: a // 2,
    lambda a, b: a**2,
    lambda a, b: a**0.5,
    lambda a, b: a**3,
    lambda a, b: 2**a,
    lambda a, b: a < 0.5,
    lambda a, b: a == 1,
    lambda a, b: a.clamp(-1, 2),
    lambda a, b: a.clamp(min=0.5),
    lambda a, b: a.clamp(max=b),
    lambda a, b: a.clamp(3, 1),
    lambda a, b: torch.where(a > b, a, b),
    lambda a, b: torch.where(a > 0, a, 0.0),
    lambda a, b: a.masked_fill(b > 0, 4.0),
    lambda a, b: a.masked_fill(b > 0, torch.full((), 5.0)),
    lambda a, b: torch.lerp(a, b.to(a.dtype), 0.25),
    lambda a, b: torch.addcmul(a, a, b, value=0.5),
    lambda a, b: torch.clamp_min(a, 0.5),
    lambda a, b: torch.clamp_max(a, b),
]

INTEGERS: list[Function] = [
    torch.add,
    torch.sub,
    torch.mul,
    torch.div,
    torch.maximum,
    torch.minimum,
    torch.bitwise_and,
    torch.bitwise_or,
    torch.bitwise_xor,
    torch.eq,
    torch.lt,
    torch.fmax,
    lambda a, b: torch.bitwise_not(a),
    lambda a, b: a // 3,
    lambda a, b: a % 3,
    lambda a, b: torch.fmod(a, 3),
    lambda a, b: torch.div(a, 3, rounding_mode="trunc"),
    lambda a, b: a + 0.5,
    lambda a, b: a * True,
    lambda a, b: a > 0.5,
    lambda a, b: a**2,
    lambda a, b: a << b.abs(),
    lambda a, b: a >> b.abs(),
    lambda a, b: a << 1,
    lambda a, b: a >> 1,
    lambda a, b: torch.argmax(a, 1),
    lambda a, b: torch.cumsum(a, 0),
    lambda a, b: torch.sort(a),
    lambda a, b: torch.sin(a),
    lambda a, b: torch.sqrt(a),
    lambda a, b: torch.floor(a),
    lambda a, b: torch.abs(a),
    lambda a, b: torch.sign(a),
    lambda a, b: F.relu(a),
    lambda a, b: a.sum(),
    lambda a, b: a.prod(0),
    lambda a, b: a.amax(0),
    lambda a, b: a.any(1),
    lambda a, b: a.bool() & b.bool(),
    lambda a, b: a.bool() + b.bool(),
    lambda a, b: a.bool() * b.bool(),
    lambda a, b: ~a.bool(),
    lambda a, b: a.bool().sum(1),
    lambda a, b: a.bool() ^ (b > 0),
    lambda a, b: torch.where(a > b, a, 1),
    lambda a, b: a.float().mean(),
    lambda a, b: torch.isnan(a),
    lambda a, b: torch.isfinite(a),
    lambda a, b: torch.bitwise_left_shift(a, 2),
    lambda a, b: torch.bitwise_right_shift(a, b.abs()),
    lambda a, b: torch.bitwise_left_shift(a, b.abs()),
    lambda a, b: torch.bitwise_right_shift(a, 1),
    lambda a, b: a.clamp(1, 2),
    lambda a, b: F.one_hot(a.abs().long(), 6),
    lambda a, b: torch.round(a),
    lambda a, b: a.to(torch.float16),
    lambda a, b: torch.pow(a, b.abs()),
    lambda a, b: a.trunc(),
]

REDUCTIONS: list[Function] = [
    torch.sum,
    partial(torch.sum, dim=-1),
    partial(torch.sum, dim=(0, 2), keepdim=True),
    lambda x: x.sum(1, dtype=torch.float64),
    torch.mean,
    partial(torch.mean, dim=(-1, 0)),
    partial(torch.amax, dim=1),
    partial(torch.amin, dim=(0, 1), keepdim=True),
    torch.max,
    torch.min,
    lambda x: x.max(1).values,
    lambda x: x.min(-1, keepdim=True).values,
    torch.prod,
    partial(torch.prod, dim=1),
    partial(torch.any, dim=0),
    torch.all,
    torch.any,
    partial(torch.all, dim=-1, keepdim=True),
    lambda x: torch.all(x, (0, 1)),
    lambda x: torch.any(x, (1, 2)),
    torch.var,
    partial(torch.var, dim=1, correction=0),
    partial(torch.std, dim=(0, 1), keepdim=True),
    lambda x: torch.var_mean(x, (0, 2)),
    lambda x: torch.std_mean(x, -1),
    partial(torch.logsumexp, dim=1),
    torch.count_nonzero,
    partial(torch.count_nonzero, dim=1),
    lambda x: torch.linalg.vector_norm(x),
    lambda x: torch.linalg.vector_norm(x, 1, dim=0),
    lambda x: torch.linalg.vector_norm(x, 0),
    lambda x: torch.linalg.vector_norm(x, math.inf, dim=(1, 2)),
    lambda x: torch.linalg.vector_norm(x, 3, dim=1, keepdim=True),
    partial(F.normalize, dim=1),
]

MOVEMENTS: list[Function] = [
    lambda x: x.reshape(4, -1),
    lambda x: x.flatten(1),
    lambda x: x.view(-1),
    torch.squeeze,
    lambda x: x.unsqueeze(1).squeeze(1),
    lambda x: x.unsqueeze(-1),
    lambda x: x.permute(2, 0, 1),
    lambda x: x.transpose(0, -1),
    lambda x: x[0].t(),
    lambda x: x.expand(2, -1, -1, -1),
    lambda x: x[1],
    lambda x: x[:, -1],
    lambda x: x[..., 1:3],
    lambda x: x[:, ::2],
    lambda x: x[:, -2:],
    lambda x: x[:, 5:2],
    lambda x: torch.cat([x, x[:1]]),
    lambda x: torch.cat([x, x], -1),
    lambda x: torch.cat([torch.zeros(0), x[0, 0]]),
    lambda x: torch.stack([x, x + 1], 1),
    lambda x: x.split(2, -1),
    lambda x: x.split([1, 3], -1),
    lambda x: x.chunk(3),
    lambda x: x.unbind(1),
    lambda x: x.flip(0, 2),
    lambda x: x.roll(1, 2),
    lambda x: x.roll(5),
    lambda x: x.roll((1, -1), (0, 1)),
    lambda x: x.repeat(2, 1, 3),
    lambda x: x.repeat(2, 1, 1, 1),
    lambda x: x.repeat_interleave(3, 1),
    lambda x: x.repeat_interleave(2),
    lambda x: F.pad(x, (1, 2, 0, 1), value=7.0),
    lambda x: F.pad(x, (-1, 2)),
    lambda x: F.pad(x, (1, 2), mode="reflect"),
    lambda x: F.pad(x, (2, 1), mode="replicate"),
    lambda x: F.pad(x, (2, 1), mode="circular"),
    lambda x: F.pad(x[None], (1, 2, 1, 0), mode="reflect"),
    lambda x: F.pad(x[None], (1, 2, 1, 0), mode="replicate"),
    lambda x: x.tril(),
    lambda x: x.triu(1),
    lambda x: x.tril(-1),
    lambda x: x.diagonal(0, 1, 2),
    lambda x: x.diagonal(-1, 0, 1),
    lambda x: x.unfold(2, 2, 1),
    lambda x: x.unfold(1, 3, 2),
    lambda x: x.unflatten(2, (2, 2)),
    lambda x: x.movedim(0, 2),
    lambda x: x.contiguous(),
    lambda x: torch.slice_scatter(x, x[:, :2] * 2, 1, 1, 3),
    lambda x: torch.slice_scatter(x, x[..., :2] * 2, 2, 0, 4, 2),
    lambda x: torch.select_scatter(x, x[:, 0] * 3, 1, -1),
    lambda x: F.pixel_shuffle(x.reshape(4, 3, 2), 2),
    lambda x: torch.rot90(x),
    lambda x: x.expand_as(torch.zeros(2, 2, 3, 4)),
    lambda x: torch.meshgrid(x[0, 0], x[0, 1], indexing="ij"),
    lambda x: x.narrow(1, 1, 2),
]

CREATIONS: list[Function] = [
    lambda x: torch.arange(5),
    lambda x: torch.arange(2, 9, 3),
    lambda x: torch.arange(0, 1, 0.3),
    lambda x: torch.arange(5, 0, -2),
    lambda x: torch.zeros(2, 3),
    lambda x: torch.ones(0, 2),
    lambda x: torch.full((2, 2), 7),
    lambda x: torch.eye(3),
    lambda x: torch.eye(2, 4),
    lambda x: torch.linspace(0, 1, 5),
    lambda x: torch.scalar_tensor(3.0),
    lambda x: torch.tril_indices(3, 4, -1),
    lambda x: torch.triu_indices(3, 3),
    lambda x: x.new_zeros(2),
    lambda x: x.new_ones(2, 2),
    lambda x: torch.empty(2, 0),
    lambda x: torch.arange(x.shape[0]),
    lambda x: x.clone().fill_(2.0),
    lambda x: torch.empty_like(x).fill_(1.0),
    lambda x: x + torch.tensor([1.0, 2.0, 3.0]),
]

INDEXING: list[Function] = [
    lambda x, i, j: x[i],
    lambda x, i, j: x[:, i],
    lambda x, i, j: x[i, j],
    lambda x, i, j: x[i, :, j],
    lambda x, i, j: x[i.unsqueeze(1), j],
    lambda x, i, j: x[i - 2, j],
    lambda x, i, j: x.index_select(1, j),
    lambda x, i, j: F.embedding(i, x[0]),
    lambda x, i, j: x.gather(2, j.reshape(1, 1, 2).expand(2, 3, 2)),
    lambda x, i, j: x[0].gather(1, j.reshape(1, 2)),
    lambda x, i, j: x[0, 0].gather(0, j),
    lambda x, i, j: x[..., j],
    lambda x, i, j: x[:, i, j],
    lambda x, i, j: x[i, :, j] + x[i[:, None], :, j],
]

SCATTERS: list[Function] = [
    lambda x, i, j: x.scatter(2, j.reshape(1, 1, 2).expand(2, 3, 2), x[..., 1:]),
    lambda x, i, j: x.scatter(1, j.reshape(1, 2, 1), 7.0),
    lambda x, i, j: x.scatter_add(2, j.reshape(1, 1, 2).expand(2, 3, 2), x[..., 2:] * 2),
    lambda x, i, j: x.scatter(2, j.reshape(1, 1, 2), x[..., :2], reduce="multiply"),
    lambda x, i, j: x.scatter(2, j.reshape(1, 1, 2), 2.0, reduce="add"),
    lambda x, i, j: x.scatter_reduce(2, j.reshape(1, 1, 2), x[..., :2], "amax"),
    lambda x, i, j: x.scatter_reduce(2, j.reshape(1, 1, 2), x[..., :2], "sum"),
    lambda x, i, j: x.index_add(1, j, x[:, :2] * 3, alpha=2),
    lambda x, i, j: x.index_add(0, i * 0, x),
    lambda x, i, j: x.index_copy(2, j, x[..., :2]),
    lambda x, i, j: x.index_fill(1, j, 5.0),
    lambda x, i, j: x.index_fill(1, j, x[0, 0, 1]),
    lambda x, i, j: x.index_put((i,), x[0, :1, :1]),
    lambda x, i, j: x.index_put((i, j), x[0, 0]),
    lambda x, i, j: x.index_put((i * 0, j * 0), x[0, :2], accumulate=True),
    lambda x, i, j: torch.ops.aten.index_put(x, [None, i, j], x[:, 0, :2]),
    lambda x, i, j: torch.ops.aten.index_put(x, [i, None, j], x[0, :2, :3]),
    lambda x, i, j: torch.ops.aten.index_put(x, [x > 0], x[0, 0, 0]),
    lambda x, i, j: F.embedding_bag(i + 1, x[0], torch.tensor([0, 1])),
    lambda x, i, j: F.embedding_bag(torch.stack([i, j]), x[0], mode="sum"),
    lambda x, i, j: F.embedding_bag(i + 1, x[0], torch.tensor([0, 0, 1, 2]), mode="mean"),
    lambda x, i, j: F.embedding_bag(
        i + 1, x[0], torch.tensor([0, 1]), mode="sum", per_sample_weights=x[0, 0, :2]
    ),
    lambda x, i, j: F.embedding_bag(
        i + 1, x[0], torch.tensor([0, 1, 2]), mode="sum", include_last_offset=True
    ),
]

ORDERINGS: list[Function] = [
    lambda x: x.cumsum(1),
    lambda x: x.cumsum(-1, dtype=torch.float64),
    lambda x: x.cumprod(0),
    torch.sort,
    lambda x: torch.sort(x, 1, descending=True),
    lambda x: torch.sort(x, dim=0, stable=True),
    lambda x: x.argsort(-1),
    lambda x: torch.topk(x, 3),
    lambda x: torch.topk(x, 2, 1, largest=False),
    torch.argmax,
    partial(torch.argmax, dim=1),
    partial(torch.argmin, dim=-1, keepdim=True),
    partial(torch.argmin, keepdim=True),
    lambda x: torch.max(x, 1),
    lambda x: torch.min(x, 0, keepdim=True),
    lambda x: x[0, 0].cumsum(0),
    lambda x: x.sum().cumsum(0),
    lambda x: x.sum().argmax(),
    lambda x: x.sum().sort(),
    lambda x: x.sum().max(0),
    lambda x: torch.topk(x.sum(), 1, 0),
    lambda x: (x > 0).cumsum(1),
]

PRODUCTS: list[Function] = [
    lambda a, b: a @ b,
    lambda a, b: torch.bmm(a, b),
    lambda a, b: a[0] @ b[0],
    lambda a, b: a @ b[0],
    lambda a, b: a[0] @ b,
    lambda a, b: a[0, 0] @ b[0],
    lambda a, b: a @ b[0, :, 0],
    lambda a, b: torch.dot(a[0, 0], b[0, :, 0]),
    lambda a, b: torch.mv(a[0], b[0, :, 0]),
    lambda a, b: torch.addmm(a[0, :, :1], a[0], b[0]),
    lambda a, b: torch.addmm(b[0, 0], a[0], b[0], beta=0.5, alpha=2.0),
    lambda a, b: torch.addmv(a[0, :, 0], a[0], b[0, :, 0]),
    lambda a, b: torch.baddbmm(b[:, :1], a, b, beta=0.5),
    lambda a, b: F.linear(a, b[0].t()),
    lambda a, b: F.linear(a[0, 0], b[0].t(), b[0, 0]),
    lambda a, b: F.linear(a, b[0, :, 0]),
    lambda a, b: torch.einsum("bij,bjk->bik", a, b),
    lambda a, b: torch.einsum("bij,ckj->bck", a, b.mT),
    lambda a, b: torch.einsum("bij->b", a),
    lambda a, b: torch.outer(a[0, 0], b[0, 0]),
    lambda a, b: torch.baddbmm(b[:, :1] * math.nan, a, b, beta=0),
]

CONVOLUTIONS: list[Function] = [
    lambda x: F.conv2d(x, plain(4, 6, 3, 3)),
    lambda x: F.conv2d(x, plain(4, 6, 3, 3), plain(4), 2, 1),
    lambda x: F.conv2d(x, plain(4, 6, 3, 3), padding="same"),
    lambda x: F.conv2d(x, plain(6, 1, 3, 3), groups=6),
    lambda x: F.conv2d(x, plain(4, 3, 2, 3), groups=2, stride=(1, 2), padding=(1, 0)),
    lambda x: F.conv2d(x, plain(4, 6, 3, 3), dilation=2, padding=2),
    lambda x: F.conv2d(x[0], plain(4, 6, 1, 1)),
    lambda x: F.conv1d(x[:, :, 0], plain(4, 6, 3), plain(4), padding=1),
    lambda x: F.conv1d(x[0, :, 0], plain(4, 3, 2), groups=2, stride=2),
    lambda x: F.conv3d(x[None], plain(4, 2, 2, 3, 3), plain(4), 2, 1),
    lambda x: F.conv_transpose2d(x, plain(6, 4, 3, 3)),
    lambda x: F.conv_transpose2d(x, plain(6, 2, 3, 2), plain(4), 2, 1, 1, groups=2),
    lambda x: F.conv_transpose1d(x[:, :, 0], plain(6, 3, 4), stride=3, padding=1, dilation=2),
    lambda x: F.conv_transpose3d(x[None], plain(2, 3, 2, 2, 2), stride=2),
]

IMAGES: list[Function] = [
    lambda x: F.max_pool2d(x, 2),
    lambda x: F.max_pool2d(x, 3, 2, 1),
    lambda x: F.max_pool2d(x, (3, 2), ceil_mode=True),
    lambda x: F.max_pool2d(x, 2, 1, dilation=2),
    lambda x: F.max_pool2d(x[0], 3, 1, 1),
    lambda x: F.max_pool1d(x[:, :, 0], 2),
    lambda x: F.max_pool3d(x[None], 2, 1),
    lambda x: F.avg_pool2d(x, 2),
    lambda x: F.avg_pool2d(x, 3, 2, 1),
    lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True),
    lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False, ceil_mode=True),
    lambda x: F.avg_pool2d(x, 2, divisor_override=3),
    lambda x: F.avg_pool1d(x[:, :, 0], 3, 1, 1),
    lambda x: F.avg_pool3d(x[None], 2, 1, 1),
    lambda x: F.lp_pool2d(x, 2, 3, 2),
    lambda x: F.lp_pool2d(x, 4, (2, 3), ceil_mode=True),
    lambda x: F.lp_pool2d(x, 3, 2).nan_to_num(7),
    lambda x: F.lp_pool1d(x[:, :, 0], 2, 3, 1),
    lambda x: F.lp_pool3d(x[None], 2.0, 2),
    lambda x: F.adaptive_avg_pool2d(x, 1),
    lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
    lambda x: F.adaptive_avg_pool1d(x[:, :, 0], 4),
    lambda x: F.adaptive_avg_pool3d(x[None], (3, 2, 2)),
    lambda x: F.adaptive_max_pool2d(x, (2, 3)),
    lambda x: F.adaptive_max_pool1d(x[:, :, 0], 2),
    lambda x: F.adaptive_max_pool3d(x[None], 2),
    lambda x: F.interpolate(x, scale_factor=2.0),
    lambda x: F.interpolate(x, size=(3, 9)),
    lambda x: F.interpolate(x, size=(4, 4), mode="nearest-exact"),
    lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"),
    lambda x: F.interpolate(x, size=(9, 3), mode="bilinear", align_corners=True),
    lambda x: F.interpolate(x, size=(9, 3), mode="bicubic"),
    lambda x: F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=True),
    lambda x: F.interpolate(x[:, :, 0], size=4, mode="linear"),
    lambda x: F.interpolate(x[:, :, 0], size=9),
    lambda x: F.interpolate(x[:, :, 0], size=9, mode="nearest-exact"),
    lambda x: F.interpolate(x[None], size=(3, 4, 5), mode="trilinear"),
    lambda x: F.interpolate(x[None], size=(3, 4, 5)),
    lambda x: F.interpolate(x[None], size=(3, 4, 5), mode="nearest-exact"),
]

NORMS: list[Function] = [
    lambda x: F.layer_norm(x, (6,)),
    lambda x: F.layer_norm(x, (5, 6), plain(5, 6), plain(5, 6), 1e-3),
    lambda x: F.layer_norm(x, (6,), plain(6)),
    lambda x: F.rms_norm(x, (6,)),
    lambda x: F.rms_norm(x, (5, 6), plain(5, 6), 1e-3),
    lambda x: F.batch_norm(x, plain(4), plain(4).abs(), plain(4), plain(4)),
    lambda x: F.batch_norm(x, plain(4), plain(4).abs()),
    lambda x: F.batch_norm(x, None, None, training=True),
    lambda x: F.instance_norm(x, weight=plain(4), bias=plain(4)),
    lambda x: F.instance_norm(x),
    lambda x: F.instance_norm(x, plain(4), plain(4).abs(), use_input_stats=False),
    lambda x: F.group_norm(x, 2, plain(4), plain(4)),
    lambda x: F.group_norm(x, 4),
    lambda x: torch.native_dropout(x, 0.5, False),
    lambda x: F.local_response_norm(x, 3),
    lambda x: F.dropout(x, 0.5, training=False),
    lambda x: F.batch_norm(x.bfloat16(), plain(4), plain(4).abs(), plain(4), plain(4)).float(),
    lambda x: torch.native_layer_norm(x, (6,), plain(6), plain(6), 1e-5),
    lambda x: torch.native_group_norm(x, plain(4), plain(4), 2, 4, 30, 2, 1e-5),
]

ATTENTION: list[Function] = [
    F.scaled_dot_product_attention,
    partial(F.scaled_dot_product_attention, is_causal=True),
    partial(F.scaled_dot_product_attention, scale=0.3),
    lambda q, k, v: F.scaled_dot_product_attention(q, k, v, plain(5, 7)),
    lambda q, k, v: F.scaled_dot_product_attention(q, k, v, plain(2, 1, 5, 7) > 0),
    lambda q, k, v: F.scaled_dot_product_attention(
        q, k, v, torch.arange(5).unsqueeze(1).expand(5, 7) > 2
    ),
    lambda q, k, v: F.scaled_dot_product_attention(
        q, k, v, torch.where(torch.arange(5).unsqueeze(1) > 1, 0.0, -math.inf).expand(5, 7)
    ),
    lambda q, k, v: F.scaled_dot_product_attention(q, k[:, :1], v[:, :1], enable_gqa=True),
    lambda q, k, v: F.scaled_dot_product_attention(q[0], k[0], v[0]),
    lambda q, k, v: F.scaled_dot_product_attention(q[0, 0], k[0, 0], v[0, 0]),
]

aten = torch.ops.aten

OVERLOADS: list[Function] = [
    lambda a, b: aten.sub.Scalar(a, 2, 3),
    lambda a, b: aten.add.Scalar(a, 2),
    lambda a, b: aten.div.Scalar(a, 4),
    lambda a, b: aten.mul.Scalar(a, 0.5),
    lambda a, b: aten.div.Scalar_mode(a, 3, rounding_mode="floor"),
    lambda a, b: aten.floor_divide.Scalar(a, 2),
    lambda a, b: aten.bitwise_and.Scalar(b, 6),
    lambda a, b: aten.bitwise_or.Scalar(b, 6),
    lambda a, b: aten.bitwise_xor.Scalar(b, 6),
    lambda a, b: aten.clamp_min.Tensor(a, a[0]),
    lambda a, b: aten.clamp_max.default(a, 0.5),
    lambda a, b: aten.fill.Tensor(a, a[0, 0]),
    lambda a, b: aten.squeeze.dims(a[None], [0, 1]),
    lambda a, b: aten.alias.default(a) + 1,
    lambda a, b: aten.detach.default(a) + 1,
    lambda a, b: aten.upsample_nearest1d.default(a[None], [3]),
    lambda a, b: aten.upsample_nearest2d.default(a[None, None], [3, 9]),
    lambda a, b: aten.upsample_nearest3d.default(a[None, None, None], [2, 3, 9]),
    lambda a, b: aten.upsample_linear1d.default(a[None], [9], False),
    lambda a, b: aten.upsample_bilinear2d.default(a[None, None], [3, 9], True),
    lambda a, b: aten.upsample_trilinear3d.default(a[None, None, None], [2, 3, 9], False),
    lambda a, b: aten._upsample_nearest_exact1d.default(a[None], [3]),
    lambda a, b: aten._upsample_nearest_exact2d.default(a[None, None], [3, 9]),
    lambda a, b: aten._upsample_nearest_exact3d.default(a[None, None, None], [2, 3, 9]),
    lambda a, b: F.pad(a.reshape(1, 1, 2, 2, 7), (1, 1, 1, 0, 0, 1), mode="reflect"),
    lambda a, b: F.pad(a.reshape(1, 1, 2, 2, 7), (1, 1, 2, 0, 0, 1), mode="replicate"),
    lambda a, b: aten._fused_rms_norm(a, [7], plain(7), 1e-5),
    lambda a, b: aten.index.Tensor(a, [None, b[0]]),
    lambda a, b: aten.count_nonzero.dim_IntList(a, [0]),
    lambda a, b: torch.empty_like(a, dtype=torch.int64).zero_(),
]


def encoder_layer(x: Tensor, mask: Tensor | None, kind: int | None, **flags: bool) -> Tensor:
    """PyTorch's fast path through an encoder's layer of width 8 with 2 heads."""
    weights = [plain(24, 8) / 4, plain(24), plain(8, 8) / 4, plain(8)]
    norms = [plain(8), plain(8), plain(8) + 1, plain(8)]
    hidden = [plain(12, 8) / 4, plain(12), plain(8, 12) / 4, plain(8)]
    flags = {"use_gelu": True, "norm_first": False, **flags}
    return aten._transformer_encoder_layer_fwd(
        x, 8, 2, *weights, *flags.values(), 1e-5, *norms, *hidden, mask, kind
    )


TRANSFORMERS: list[Function] = [
    lambda x: encoder_layer(x, None, None),
    lambda x: encoder_layer(x, None, None, norm_first=True, use_gelu=False),
    lambda x: encoder_layer(x, torch.arange(5).unsqueeze(1) < torch.arange(5), 0),
    lambda x: encoder_layer(x, torch.arange(5) > torch.tensor([[2], [4], [3]]), 1),
    lambda x: encoder_layer(x, (plain(3, 2, 5, 5) > 1).to(x.dtype), 2),
    lambda x: aten._native_multi_head_attention(
        x, x, x, 8, 2, plain(24, 8) / 4, plain(24), plain(8, 8), plain(8), need_weights=False
    )[0],
]


def _channels(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Scales that are powers of two, and zero points, for an axis."""
    places = torch.arange(x.shape[axis])
    return 2.0 ** (places - 3), (places - 2).to(torch.int32)


FAKE_QUANTIZATIONS: list[Function] = [
    lambda x: torch.fake_quantize_per_tensor_affine(x, 0.25, 3, 0, 255),
    lambda x: torch.fake_quantize_per_tensor_affine(
        x, torch.tensor(0.5), torch.tensor(-1, dtype=torch.int32), -8, 7
    ),
    lambda x: torch.fake_quantize_per_channel_affine(x, *_channels(x, 0), 0, -127, 127),
    lambda x: torch.fake_quantize_per_channel_affine(x, *_channels(x, 1), 1, -2, 15),
]
"""By powers of two, whose inverses are exact."""


def _codes(x: Tensor) -> list[Tensor]:
    """What PyTorch's exporting quantisers write, there and back."""
    import torch.ao.quantization.fx._decomposed  # registers the ops

    d = torch.ops.quantized_decomposed
    bounds, kind = (-128, 127), torch.int8
    scale, zero = torch.tensor(0.25), torch.tensor(3, dtype=torch.int64)
    by_tensor = d.quantize_per_tensor(x, 0.25, 3, *bounds, kind)
    told = d.quantize_per_tensor.tensor(x, scale, zero, *bounds, kind)
    scales = 2.0 ** torch.arange(x.shape[1]).float() / 8
    zeros = torch.arange(x.shape[1])
    by_channel = d.quantize_per_channel(x, scales, zeros, 1, *bounds, kind)
    return [
        d.dequantize_per_tensor(by_tensor, 0.25, 3, *bounds, kind),
        d.dequantize_per_tensor.tensor(told, scale, zero, *bounds, kind),
        d.dequantize_per_channel(by_channel, scales, zeros, 1, *bounds, kind),
        *d.choose_qparams.tensor(x, *bounds, 1e-5, kind),
    ]


GROUPS: Mapping[str, tuple[list[Function], tuple[Tensor, ...]]] = {
    "activations": (ACTIVATIONS, (floats(4, 7),)),
    "activations of halves": (ACTIVATIONS, (plain(4, 7, dtype=torch.bfloat16),)),
    "attention": (ATTENTION, (plain(2, 2, 5, 4), plain(2, 2, 7, 4), plain(2, 2, 7, 4) * 2)),
    "convolutions": (CONVOLUTIONS, (plain(2, 6, 7, 8),)),
    "creations": (CREATIONS, (plain(2, 3),)),
    "fake quantizations": (FAKE_QUANTIZATIONS, (plain(5, 7) * 3,)),
    "images": (IMAGES, (plain(2, 3, 6, 7),)),
    "indexing": (INDEXING, (plain(2, 3, 4), torch.tensor([1, 0]), torch.tensor([2, 0]))),
    "integers": (INTEGERS, (ints(3, 4), ints(4))),
    "integers without sign": (
        [f for f in INTEGERS if f is not torch.sub],
        (ints(3, 4, low=0, dtype=torch.uint8), ints(4, low=1, dtype=torch.uint8)),
    ),
    "integers of 8 bits": (INTEGERS, (ints(3, 4, dtype=torch.int8), ints(3, 1, dtype=torch.int8))),
    "mathematics": (MATHEMATICS, (floats(4, 7),)),
    "mathematics of f64": (MATHEMATICS, (floats(28, dtype=torch.float64),)),
    "mathematics of halves": (MATHEMATICS, (plain(3, 5, dtype=torch.float16),)),
    "mathematics of nothing": (MATHEMATICS, (floats(0, 3),)),
    "mathematics of scalars": (MATHEMATICS, (torch.tensor(0.5),)),
    "movements": (MOVEMENTS, (plain(2, 3, 4),)),
    "norms": (NORMS, (plain(2, 4, 5, 6),)),
    "overloads": (OVERLOADS, (plain(4, 7), ints(4, 7, low=0, high=7))),
    "orderings": (ORDERINGS, (plain(3, 4, 5),)),
    "orderings of special numbers": (ORDERINGS, (floats(3, 3, 7).flip(2),)),
    "pairs": (PAIRS, (floats(4, 7), floats(7).flip(0))),
    "pairs of different types": (PAIRS, (plain(3, 1), plain(4, dtype=torch.float64))),
    "pairs of nothing": (PAIRS, (floats(0, 3), floats(3))),
    "products": (PRODUCTS, (plain(2, 3, 4), plain(2, 4, 5))),
    "products of integers": (
        [lambda a, b: a @ b, lambda a, b: a[0] @ b[0]],
        (ints(2, 3, 4, dtype=torch.int32), ints(2, 4, 5, dtype=torch.int32)),
    ),
    "quantizations": ([_codes], (plain(5, 7) * 3,)),
    "reductions": (REDUCTIONS, (plain(3, 4, 5),)),
    "transformers": (TRANSFORMERS, (plain(3, 5, 8),)),
    "scatters": (SCATTERS, (plain(2, 3, 4), torch.tensor([1, 0]), torch.tensor([2, 0]))),
    "reductions of special numbers": (REDUCTIONS, (floats(2, 7, 2),)),
}
"""Name -> the functions and the inputs each of them is called with."""


class Group(nn.Module):
    """All functions of a group, as one model."""

    def __init__(self, functions: Sequence[Function]):
        super().__init__()
        self.functions = functions

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        results: list[Tensor] = []
        for function in self.functions:
            made = function(*inputs)
            results += [made] if isinstance(made, Tensor) else list(made)
        return tuple(results)
