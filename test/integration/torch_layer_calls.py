"""Calls of PyTorch that are layers of networks, in groups that share inputs."""

from __future__ import annotations

import math
from functools import partial

import torch
from integration.torch_inputs import Function, plain
from torch import Tensor
from torch.nn import functional as F

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


def codes(x: Tensor) -> list[Tensor]:
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
