"""Images of other sizes, by the nearest pixel or by interpolation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlir.dialects.dl.attrs import Coordinates, Interpolation
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call
from ..widen import widened
from .movement import indices


def _scales(call: Call, spatial: int) -> list[float | None]:
    """The factors that the caller gave, by axis; None where only the size was given."""
    if call.has("scale_factors"):
        return [float(factor) for factor in call.value("scale_factors")]
    names = ("scales",) if spatial == 1 else ("scales_d", "scales_h", "scales_w")[-spatial:]
    return [float(call.number(name)) if call.has(name) else None for name in names]


def _axes(call: Call, x: Tensor, spatial: int) -> list[tuple[int, int, int, float | None]]:
    """(axis, old size, new size, factor)"""
    found: list[tuple[int, int, int, float | None]] = []
    for axis, factor in zip(range(2, x.rank), _scales(call, spatial), strict=True):
        old, new = x.dims[axis], call.dims[axis]
        if not isinstance(old, int) or not isinstance(new, int):
            raise Unsupported("an image of dynamic size")
        found.append((axis, old, new, factor))
    return found


def _nearest(spatial: int, *, exact: bool = False) -> Build:
    """Pixel floor(i * old / new), or with `exact` floor((i + 1/2) * old / new), in f32."""

    def build(context: Context, call: Call) -> Tensor:
        x = _input(context, call)
        for axis, old, new, factor in _axes(call, x, spatial):
            step = np.float32(old / new if factor is None else 1 / factor)
            places = np.arange(new, dtype=np.float32) + np.float32(0.5 if exact else 0)
            chosen = np.minimum(np.floor(places * step), old - 1)
            x = context.gather(x, indices(context, chosen), axis)
        return x

    return build


def _input(context: Context, call: Call) -> Tensor:
    return call.tensor(context, "input" if "input" in call.arguments else "self")


def _interpolated(spatial: int, mode: Interpolation) -> Build:
    """Linear or cubic, between the pixels' centres or with `align_corners` between the corners'."""

    def build(context: Context, call: Call) -> Tensor:
        given = _input(context, call)
        axes = _axes(call, given, spatial)
        x = widened(context, given)
        corners = call.flag("align_corners")
        scales = [new / old if factor is None else factor for _, old, new, factor in axes]
        op = dl.ResizeOp(
            x.ssa,
            [axis for axis, *_ in axes],
            [new for _, _, new, _ in axes],
            scales=None if corners else scales,
            mode=mode,
            coordinates=Coordinates.ALIGN_CORNERS if corners else Coordinates.HALF_PIXEL,
        )
        return context.cast(context.emit(op, call.dims), given.element)

    return build


def _overloads(
    name: str, build: Build, kinds: Sequence[str] = ("default", "vec")
) -> dict[str, Build]:
    return {f"aten.{name}.{kind}": build for kind in kinds}


OPERATORS: dict[str, Build] = {
    **_overloads("_upsample_nearest_exact1d", _nearest(1, exact=True)),
    **_overloads("_upsample_nearest_exact2d", _nearest(2, exact=True)),
    **_overloads("_upsample_nearest_exact3d", _nearest(3, exact=True)),
    "aten.upsample_bicubic2d.vec": _interpolated(2, Interpolation.CUBIC),
    "aten.upsample_bilinear2d.vec": _interpolated(2, Interpolation.LINEAR),
    **_overloads("upsample_linear1d", _interpolated(1, Interpolation.LINEAR)),
    **_overloads("upsample_nearest1d", _nearest(1)),
    **_overloads("upsample_nearest2d", _nearest(2)),
    **_overloads("upsample_nearest3d", _nearest(3)),
    **_overloads("upsample_trilinear3d", _interpolated(3, Interpolation.LINEAR)),
}
