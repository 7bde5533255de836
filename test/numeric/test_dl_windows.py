"""The numpy semantics of windows, resizing, sampling and normalisation, against onnxruntime's."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from numeric.cases import Argument
from numeric.dl_meaning import meaning, run, value
from numeric.sampling_cases import DEFORMED, GRIDS, values_of
from numeric.window_cases import POOLED, TRANSPOSED, VOLUMES
from onnx import helper

from dlir.dialects.dl.attrs import Coordinates, Interpolation, Outside, Rounding
from dlir.dialects.dl.ops import convolution as v
from dlir.dialects.dl.ops import linear_algebra as la
from dlir.dialects.dl.ops import normalization as n
from dlir.dialects.dl.ops import pooling3d as p
from dlir.dialects.dl.ops import resampling as r
from dlir.dialects.dl.ops import sampling as s

RANDOM = np.random.default_rng(21)


def noise(text: str) -> Any:
    """Random numbers of a shape such as `2?x3`."""
    return RANDOM.standard_normal(Argument.read(f"{text}xf32").shape).astype(np.float32)


def onnxruntime_says(kind: str, *arrays: Any, opset: int = 20, **attributes: Any) -> Any:
    """What one ONNX node gives; None stands for an operand that is left out."""
    given = {f"x{i}": array for i, array in enumerate(arrays) if array is not None}
    names = [f"x{i}" if array is not None else "" for i, array in enumerate(arrays)]
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for name, a in given.items()
    ]
    node = helper.make_node(kind, names, ["y"], **attributes)
    graph = helper.make_graph([node], "one", inputs, [helper.make_tensor_value_info("y", 1, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, given)[0]


def near(actual: Any, expected: Any, tolerance: float = 2e-5) -> None:
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


NAMES = {"padding": "pads", "groups": "group"}


def attributes(options: dict[str, Any]) -> dict[str, Any]:
    """A constructor's options as ONNX calls them."""
    return {
        NAMES.get(name, name): list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
    }


@pytest.mark.parametrize(("shape", "weight", "options"), [c for c in VOLUMES if "0?" not in c[0]])
def test_volumes(shape: str, weight: str, options: Any) -> None:
    x, w = noise(shape), noise(weight)
    near(run(v.Conv3dOp, x, w, **options), onnxruntime_says("Conv", x, w, **attributes(options)))


@pytest.mark.parametrize(
    ("shape", "weight", "options"), [c for c in TRANSPOSED if "0?" not in c[0]]
)
def test_transposed_convolutions(shape: str, weight: str, options: Any) -> None:
    if max(options.get("output_padding", (0,))) >= min(options.get("strides", (1,))):
        pytest.skip("onnxruntime wants less output padding than strides")
    x, w = noise(shape), noise(weight)
    expected = onnxruntime_says("ConvTranspose", x, w, **attributes(options))
    near(run(v.ConvTransposeOp, x, w, **options), expected)


@pytest.mark.parametrize(
    ("shape", "kernel", "options"), [c for c in POOLED if "0?" not in c[0] and c[1] != (1, 1, 1)]
)
def test_pools(shape: str, kernel: Any, options: Any) -> None:
    x, named = noise(shape), {"kernel_shape": list(kernel), **attributes(options)}
    near(run(p.MaxPool3dOp, x, kernel=kernel, **options), onnxruntime_says("MaxPool", x, **named))
    for include in (False, True):
        got = run(p.AvgPool3dOp, x, kernel=kernel, count_include_pad=include, **options)
        named["count_include_pad"] = int(include)
        near(got, onnxruntime_says("AveragePool", x, **named))
    del named["count_include_pad"]
    for exponent in (1, 2, 3):
        got = run(p.LpPool3dOp, x, kernel=kernel, p=float(exponent), **options)
        near(got, onnxruntime_says("LpPool", x, p=exponent, **named))


def test_norms() -> None:
    x, scale, bias = noise("2x6x5x4"), noise("6"), noise("6")
    expected = onnxruntime_says("InstanceNormalization", x, scale, bias)
    near(run(n.InstanceNormOp, x, scale, bias), expected)
    near(run(n.GroupNormOp, x, scale, bias, groups=6), expected)
    expected = onnxruntime_says("GroupNormalization", x, scale, bias, num_groups=3, opset=21)
    near(run(n.GroupNormOp, x, scale, bias, groups=3), expected)
    scale = noise("5x4")
    expected = onnxruntime_says("RMSNormalization", x, scale, axis=2, opset=23)
    near(run(n.RmsNormOp, x, scale, axis=2), expected)


def test_batch_norm_training() -> None:
    """Of its own statistics it is the normalisation in inference."""
    x, scale, bias = noise("3x6x5x4"), noise("6"), noise("6")
    y, mean, variance = run(n.BatchNormTrainingOp, x, scale, bias)
    near(mean, x.mean((0, 2, 3)))
    near(variance, x.var((0, 2, 3)))
    near(y, onnxruntime_says("BatchNormalization", x, scale, bias, mean, variance))


WORDS = {"crop": "tf_crop_and_resize"}
ROUNDED = {"prefer_floor": "round_prefer_floor", "prefer_ceil": "round_prefer_ceil"}


@pytest.mark.parametrize("mode", Interpolation)
@pytest.mark.parametrize("how", [c for c in Coordinates if c is not Coordinates.CROP])
@pytest.mark.parametrize("sizes", [(7, 3), (8, 10), (2, 1), (4, 5), (1, 17)], ids=str)
def test_resize(mode: Interpolation, how: Coordinates, sizes: tuple[int, int]) -> None:
    x = noise("2x3x4x5")
    if (mode, how) == (Interpolation.CUBIC, Coordinates.PYTORCH_HALF_PIXEL) and 1 in sizes:
        pytest.skip("onnxruntime takes place -1/2 for 0 here, as the standard does not")
    roundings = list(Rounding) if mode is Interpolation.NEAREST else [Rounding.PREFER_FLOOR]
    if how is Coordinates.HALF_PIXEL_SYMMETRIC:
        roundings = roundings[:2]  # onnxruntime's f32 makes 1.9999999 of place 2
    for rounding in roundings:
        got = run(
            r.ResizeOp, x, axes=[2, 3], sizes=sizes, mode=mode, coordinates=how, rounding=rounding
        )
        expected = onnxruntime_says(
            "Resize", x, None, None, np.array([2, 3, *sizes]), mode=mode.value,
            coordinate_transformation_mode=how.value,
            nearest_mode=ROUNDED.get(rounding.value, rounding.value), opset=19,
        )  # fmt: skip
        near(got, expected)


@pytest.mark.parametrize("mode", [Interpolation.LINEAR, Interpolation.CUBIC])
@pytest.mark.parametrize("exclude", [False, True])
def test_resize_with_antialias(mode: Interpolation, exclude: bool) -> None:
    x = noise("1x2x17x12")
    options = {"antialias": True, "exclude_outside": exclude}
    got = run(r.ResizeOp, x, axes=[2, 3], sizes=(5, 7), mode=mode, **options)
    given = {name: int(flag) for name, flag in options.items()}
    sizes = np.array([1, 2, 5, 7])
    near(got, onnxruntime_says("Resize", x, None, None, sizes, mode=mode.value, opset=19, **given))


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("outside", Outside)
@pytest.mark.parametrize("mode", Interpolation)
@pytest.mark.parametrize(("image", "grid"), [GRIDS[0], GRIDS[2], GRIDS[4]], ids=str)
def test_grid_sample(
    image: str, grid: str, mode: Interpolation, outside: Outside, corners: bool
) -> None:
    if mode is Interpolation.CUBIC and image.count("x") == 4:
        pytest.skip("onnxruntime has no cubic interpolation in volumes")
    if (mode, outside) == (Interpolation.CUBIC, Outside.BORDER):
        pytest.skip("onnxruntime moves coordinates onto the image; torch and dl read its pixels")
    x, g = (np.asarray(a, np.float32) for a in values_of(f"{image}xf32 {grid}xf32", [2.0, 0.8]))
    got = run(s.GridSampleOp, x, g, mode=mode, outside=outside, align_corners=corners)
    expected = onnxruntime_says(
        "GridSample", x, g, mode=mode.value, padding_mode=outside.value, align_corners=int(corners)
    )
    near(got, expected, 1e-4)


@pytest.mark.parametrize("top", [False, True])
@pytest.mark.parametrize("half", [False, True])
def test_roi_align(half: bool, top: bool) -> None:
    x, rois = noise("2x3x9x8"), np.float32([[0, 1, 5, 7], [2.5, 2, 3, 8], [-1, -2, 4, 3.25]])
    batch = np.array([1, 0, 1])
    got = run(
        s.RoiAlignOp, x, rois, batch, bins=(3, 2), samples=(2, 2), scale=0.8, half_pixel=half,
        max=top,
    )  # fmt: skip
    mode = "half_pixel" if half else "output_half_pixel"
    expected = onnxruntime_says(
        "RoiAlign", x, rois, batch, output_height=3, output_width=2, sampling_ratio=2,
        spatial_scale=0.8, coordinate_transformation_mode=mode, mode="max" if top else "avg",
    )  # fmt: skip
    near(got, expected)


@pytest.mark.parametrize("case", [c for c in DEFORMED if "0?" not in c[0]], ids=str)
def test_deformed_convolutions(case: Any) -> None:
    *shapes, options = case
    x, w, offset, mask = (noise(shape) for shape in shapes)
    named = {NAMES.get(k, "offset_group" if k == "offset_groups" else k): v
             for k, v in attributes(options).items()}  # fmt: skip
    bias = np.zeros(w.shape[0], np.float32)
    for given, operands in ((mask, (offset, mask)), (None, (offset,))):
        got = run(s.DeformConv2dOp, x, w, *operands, **options)
        expected = onnxruntime_says("DeformConv", x, w, offset, bias, given, **named)
        near(got, expected, 1e-4)


def test_determinants() -> None:
    x = noise("3x5x5")
    near(run(la.DetOp, x), onnxruntime_says("Det", x), 1e-4)


def test_transforms_by_their_definition() -> None:
    x = noise("2x7x2").astype(np.float64)
    j = np.arange(7)
    powers = np.exp(-2j * np.pi * np.outer(j, j) / 7)
    z = (x[..., 0] + 1j * x[..., 1]) @ powers
    got = run(la.DftOp, x, axis=1)
    np.testing.assert_allclose(got, np.stack([z.real, z.imag], -1), atol=1e-12)
    np.testing.assert_allclose(run(la.DftOp, got, axis=1, inverse=True), x, atol=1e-12)


def test_sizes_that_differ_fail_at_run_time() -> None:
    x, w = noise("2x4x3x3"), noise("3x2x2x2")
    op = v.ConvTransposeOp(value(x, (1,)), value(w, (0,)))
    with pytest.raises(ValueError, match="input has 4 channels, weight expects 3"):
        meaning(op, x, w)
    grid = np.zeros((3, 2, 2, 2), np.float32)
    op = s.GridSampleOp(value(x, (0,)), value(grid, (0,)))
    with pytest.raises(ValueError, match="x has 2 images, the grid is for 3"):
        meaning(op, x, grid)
