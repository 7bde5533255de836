"""Constants in two or three parts, and the polynomials of each format."""

from __future__ import annotations

from typing import cast

from dlir.transforms.expand_math import coefficients
from dlir.transforms.expand_math.builder import Format

LOG2_E = (1.4426950408889634, 2.0355273740931033e-17)
LN_2 = (0.6931471805599453, 2.3190468138462996e-17)
TWO_BY_ROOT_PI = (1.1283791670955126, 1.533545961316588e-17)
LOG10_2 = (0.3010299956639812, -2.8037281277851704e-18)
LOG10_E = 0.4342944819032518
LARGE_ANGLE = 2.0**45
HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)


def polynomial(name: str, format: Format) -> tuple[float, ...]:
    return cast("tuple[float, ...]", getattr(coefficients, f"{name}_{format.suffix}"))
