"""The named ops of `linalg` as a table: iterators, indexing of the operands, scalar body.

A row is written with letters, one per iterator: `matmul` is parallel `mn`, reduction `k`, inputs
`mk` and `kn`; the output is indexed by the parallel iterators in order unless it says otherwise. A
capital letter is a dimension that a window slides over: `H` is `y * stride + u * dilation`.
"""

from __future__ import annotations

from dataclasses import dataclass

from dlir.dialects.linalg import bodies
from dlir.dialects.linalg.bodies import Make

WINDOWS: dict[str, tuple[str, str]] = {"D": ("z", "t"), "H": ("y", "u"), "W": ("x", "v")}
"""A dimension under a window -> the iterators over places and over the kernel."""


@dataclass(frozen=True)
class Spec:
    """What a named op does. `inputs` is None for an op on whole shapes of any rank."""

    summary: str
    body: Make
    inputs: tuple[str, ...] | None = None
    parallel: str = ""
    reduction: str = ""
    out: str | None = None
    arity: int = 1
    """How many inputs an op on whole shapes takes."""
    scalar: bool = False
    """Whether the input of an op on whole shapes is one number."""
    unsigned: bool = False

    @property
    def windows(self) -> list[str]:
        """The capital letters, in the order of strides and dilations."""
        return [c for c in "DHW" if any(c in text for text in self.inputs or ())]


def _contraction(
    parallel: str, reduction: str, a: str, b: str, body: Make = bodies.product
) -> Spec:
    inputs = (a, b, "", "") if body is bodies.quantized_product else (a, b)
    text = f"{parallel} = sum over {reduction} of {a} * {b}"
    if body is bodies.quantized_product:
        text += ", zero points subtracted first"
    return Spec(f"Formula: `{text}`.", body, inputs, parallel, reduction)


def _pooling(parallel: str, kernel: str, image: str, what: Make, unsigned: bool = False) -> Spec:
    text = f"{parallel} = {what.__name__} over {kernel} of {image}"
    return Spec(f"Formula: `{text}`.", what, (image, kernel), parallel, kernel, unsigned=unsigned)


def _elementwise(text: str, body: Make, arity: int = 1, unsigned: bool = False) -> Spec:
    return Spec(f"Formula: `{text}`, element by element.", body, arity=arity, unsigned=unsigned)


_Q = bodies.quantized_product

CONTRACTIONS: dict[str, Spec] = {
    "matmul": _contraction("mn", "k", "mk", "kn"),
    "matmul_transpose_a": _contraction("mn", "k", "km", "kn"),
    "matmul_transpose_b": _contraction("mn", "k", "mk", "nk"),
    "quantized_matmul": _contraction("mn", "k", "mk", "kn", _Q),
    "batch_matmul": _contraction("bmn", "k", "bmk", "bkn"),
    "batch_matmul_transpose_a": _contraction("bmn", "k", "bkm", "bkn"),
    "batch_matmul_transpose_b": _contraction("bmn", "k", "bmk", "bnk"),
    "quantized_batch_matmul": _contraction("bmn", "k", "bmk", "bkn", _Q),
    "batch_reduce_matmul": _contraction("mn", "bk", "bmk", "bkn"),
    "matvec": _contraction("m", "k", "mk", "k"),
    "vecmat": _contraction("n", "k", "k", "kn"),
    "batch_matvec": _contraction("bm", "k", "bmk", "bk"),
    "batch_vecmat": _contraction("bn", "k", "bk", "bkn"),
    "dot": _contraction("", "k", "k", "k"),
    "mmt4d": _contraction("mnij", "kl", "mkil", "nkjl"),
    "batch_mmt4d": _contraction("bmnij", "kl", "bmkil", "bnkjl"),
}

CONVOLUTIONS: dict[str, Spec] = {
    "conv_1d": _contraction("x", "v", "W", "v"),
    "conv_2d": _contraction("yx", "uv", "HW", "uv"),
    "conv_3d": _contraction("zyx", "tuv", "DHW", "tuv"),
    "conv_1d_nwc_wcf": _contraction("nxf", "vc", "nWc", "vcf"),
    "conv_1d_ncw_fcw": _contraction("nfx", "cv", "ncW", "fcv"),
    "conv_2d_nhwc_hwcf": _contraction("nyxf", "uvc", "nHWc", "uvcf"),
    "conv_2d_nhwc_fhwc": _contraction("nyxf", "uvc", "nHWc", "fuvc"),
    "conv_2d_nchw_fchw": _contraction("nfyx", "cuv", "ncHW", "fcuv"),
    "conv_2d_nhwc_hwcf_q": _contraction("nyxf", "uvc", "nHWc", "uvcf", _Q),
    "conv_2d_nhwc_fhwc_q": _contraction("nyxf", "uvc", "nHWc", "fuvc", _Q),
    "conv_2d_ngchw_fgchw": _contraction("ngfyx", "cuv", "ngcHW", "fgcuv"),
    "conv_2d_ngchw_gfchw": _contraction("ngfyx", "cuv", "ngcHW", "gfcuv"),
    "conv_2d_nhwgc_gfhwc": _contraction("nyxgf", "uvc", "nHWgc", "gfuvc"),
    "conv_3d_ndhwc_dhwcf": _contraction("nzyxf", "tuvc", "nDHWc", "tuvcf"),
    "conv_3d_ncdhw_fcdhw": _contraction("nfzyx", "ctuv", "ncDHW", "fctuv"),
    "conv_3d_ndhwc_dhwcf_q": _contraction("nzyxf", "tuvc", "nDHWc", "tuvcf", _Q),
    "depthwise_conv_1d_nwc_wc": _contraction("nxc", "v", "nWc", "vc"),
    "depthwise_conv_1d_nwc_wcm": _contraction("nxcm", "v", "nWc", "vcm"),
    "depthwise_conv_1d_ncw_cw": _contraction("ncx", "v", "ncW", "cv"),
    "depthwise_conv_2d_nhwc_hwc": _contraction("nyxc", "uv", "nHWc", "uvc"),
    "depthwise_conv_2d_nchw_chw": _contraction("ncyx", "uv", "ncHW", "cuv"),
    "depthwise_conv_2d_nhwc_hwcm": _contraction("nyxcm", "uv", "nHWc", "uvcm"),
    "depthwise_conv_2d_nhwc_hwc_q": _contraction("nyxc", "uv", "nHWc", "uvc", _Q),
    "depthwise_conv_2d_nhwc_hwcm_q": _contraction("nyxcm", "uv", "nHWc", "uvcm", _Q),
    "depthwise_conv_3d_ndhwc_dhwc": _contraction("nzyxc", "tuv", "nDHWc", "tuvc"),
    "depthwise_conv_3d_ncdhw_cdhw": _contraction("nczyx", "tuv", "ncDHW", "ctuv"),
    "depthwise_conv_3d_ndhwc_dhwcm": _contraction("nzyxcm", "tuv", "nDHWc", "tuvcm"),
}

POOLINGS: dict[str, Spec] = {
    "pooling_nwc_sum": _pooling("nxc", "v", "nWc", bodies.total),
    "pooling_nwc_max": _pooling("nxc", "v", "nWc", bodies.largest),
    "pooling_nwc_max_unsigned": _pooling("nxc", "v", "nWc", bodies.largest, True),
    "pooling_nwc_min": _pooling("nxc", "v", "nWc", bodies.smallest),
    "pooling_nwc_min_unsigned": _pooling("nxc", "v", "nWc", bodies.smallest, True),
    "pooling_ncw_sum": _pooling("ncx", "v", "ncW", bodies.total),
    "pooling_ncw_max": _pooling("ncx", "v", "ncW", bodies.largest),
    "pooling_nhwc_sum": _pooling("nyxc", "uv", "nHWc", bodies.total),
    "pooling_nhwc_max": _pooling("nyxc", "uv", "nHWc", bodies.largest),
    "pooling_nhwc_max_unsigned": _pooling("nyxc", "uv", "nHWc", bodies.largest, True),
    "pooling_nhwc_min": _pooling("nyxc", "uv", "nHWc", bodies.smallest),
    "pooling_nhwc_min_unsigned": _pooling("nyxc", "uv", "nHWc", bodies.smallest, True),
    "pooling_nchw_sum": _pooling("ncyx", "uv", "ncHW", bodies.total),
    "pooling_nchw_max": _pooling("ncyx", "uv", "ncHW", bodies.largest),
    "pooling_ndhwc_sum": _pooling("nzyxc", "tuv", "nDHWc", bodies.total),
    "pooling_ndhwc_max": _pooling("nzyxc", "tuv", "nDHWc", bodies.largest),
    "pooling_ndhwc_min": _pooling("nzyxc", "tuv", "nDHWc", bodies.smallest),
}

ELEMENTWISE: dict[str, Spec] = {
    "fill": Spec("Formula: `out[i...] = a`, cast.", bodies.copy, scalar=True),
    "copy": _elementwise("a, cast", bodies.copy),
    "exp": _elementwise("e ^ a", bodies.EXP),
    "log": _elementwise("log(a)", bodies.LOG),
    "abs": _elementwise("|a|", bodies.ABS),
    "ceil": _elementwise("ceil(a)", bodies.CEIL),
    "floor": _elementwise("floor(a)", bodies.FLOOR),
    "negf": _elementwise("-a", bodies.NEGATE),
    "reciprocal": _elementwise("1 / a", bodies.reciprocal),
    "round": _elementwise("round(a), halves away from zero", bodies.ROUND),
    "sqrt": _elementwise("sqrt(a)", bodies.SQRT),
    "rsqrt": _elementwise("1 / sqrt(a)", bodies.RSQRT),
    "square": _elementwise("a * a", bodies.square),
    "tanh": _elementwise("tanh(a)", bodies.TANH),
    "erf": _elementwise("erf(a)", bodies.ERF),
    "add": _elementwise("a + b", bodies.sums, 2),
    "sub": _elementwise("a - b", bodies.SUB, 2),
    "mul": _elementwise("a * b", bodies.products, 2),
    "div": _elementwise("a / b", bodies.DIV, 2),
    "div_unsigned": _elementwise("a / b, unsigned", bodies.DIV_UNSIGNED, 2, True),
    "max": _elementwise("max(a, b)", bodies.MAX, 2),
    "min": _elementwise("min(a, b)", bodies.MIN, 2),
    "powf": _elementwise("a ^ b", bodies.POWER, 2),
    "select": _elementwise("a ? b : c", bodies.select, 3),
}

NAMED: dict[str, Spec] = {**CONTRACTIONS, **CONVOLUTIONS, **POOLINGS, **ELEMENTWISE}
