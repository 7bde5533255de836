"""Images of other sizes, by the nearest pixel or by linear interpolation, axis by axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import f64

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported

from ..call import Build, Call
from ..widen import in_wide
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


def _linear(spatial: int) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        corners, given = call.flag("align_corners"), _input(context, call)

        def step(x: Tensor) -> Tensor:
            for axis, old, new, factor in _axes(call, x, spatial):
                if old != new:
                    x = _blended(context, x, axis, _places(x, old, new, factor, corners))
            return x

        return in_wide(context, step, given)

    return build


def _places(x: Tensor, old: int, new: int, factor: float | None, corners: bool) -> Array:
    """Where each new pixel lies among the old ones, in the precision PyTorch uses."""
    kind = np.float64 if x.element == f64 else np.float32
    numbers = np.arange(new, dtype=kind)
    if corners:
        return numbers * kind((old - 1) / (new - 1) if new > 1 else 0)
    step = kind(old / new if factor is None else 1 / factor)
    return np.maximum((numbers + kind(0.5)) * step - kind(0.5), kind(0))


def _blended(context: Context, x: Tensor, axis: int, places: Array) -> Tensor:
    """(1 - w) * the pixel before + w * the pixel after"""
    old = x.dims[axis]
    assert isinstance(old, int)
    before = np.minimum(places.astype(np.int64), old - 1)
    after = np.minimum(before + 1, old - 1)
    weight = np.clip(places - before.astype(places.dtype), 0, 1)
    shape = (len(places), *[1] * (x.rank - axis - 1))
    sides: list[Tensor] = []
    for name, chosen, share in (("before", before, 1 - weight), ("after", after, weight)):
        factor = Constant(share.reshape(shape), f"{context.hint}.{name}{axis}")
        pixels = context.gather(x, indices(context, chosen), axis)
        sides.append(context.itemwise(dl.MulOp, pixels, context.tensor(factor)))
    return context.itemwise(dl.AddOp, *sides)


def _overloads(
    name: str, build: Build, kinds: Sequence[str] = ("default", "vec")
) -> dict[str, Build]:
    return {f"aten.{name}.{kind}": build for kind in kinds}


OPERATORS: dict[str, Build] = {
    **_overloads("_upsample_nearest_exact1d", _nearest(1, exact=True)),
    **_overloads("_upsample_nearest_exact2d", _nearest(2, exact=True)),
    **_overloads("_upsample_nearest_exact3d", _nearest(3, exact=True)),
    **_overloads("upsample_bilinear2d", _linear(2)),
    **_overloads("upsample_linear1d", _linear(1)),
    **_overloads("upsample_nearest1d", _nearest(1)),
    **_overloads("upsample_nearest2d", _nearest(2)),
    **_overloads("upsample_nearest3d", _nearest(3)),
    **_overloads("upsample_trilinear3d", _linear(3)),
}
