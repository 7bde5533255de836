"""One function per operation: from a term (f32 or f64) to a term.

Accuracy is in units in the last place of the result over dense samples of the whole domain; the
bounds in `ACCURACY` are asserted by test/numeric/test_math_accuracy.py.  All functions give IEEE's
results at NaN, infinities, zeros and subnormals.

Methods: argument reduction by powers of two and of exp after Cody and Waite, "Software Manual for
the Elementary Functions" (1980); log as 2 atanh(f / (2 + f)) and log1p, expm1 as in Sun's fdlibm;
erf through log(erfc(x)); pow with a logarithm of twice the precision (Dekker, "A floating-point
technique for extending the available precision", 1971).  The polynomials are our own fits.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import math
from xdsl.ir import Operation

from dlir.transforms.expand_math.builder import Term
from dlir.transforms.expand_math.exponentials import cosh, erf, exp, exp2, expm1, sinh, tanh
from dlir.transforms.expand_math.logarithms import acosh, asinh, atanh, log, log1p, log2, log10
from dlir.transforms.expand_math.powers import pow, rsqrt
from dlir.transforms.expand_math.trigonometry import acos, asin, atan, atan2, cos, sin, tan

ACCURACY: dict[type[Operation], float] = {
    math.ExpOp: 1,
    math.Exp2Op: 1.1,
    math.ExpM1Op: 2,
    math.LogOp: 1,
    math.Log2Op: 1,
    math.Log10Op: 1,
    math.Log1pOp: 1.5,
    math.TanhOp: 3,
    math.SinhOp: 3,
    math.CoshOp: 3,
    math.ErfOp: 2,
    math.SinOp: 2,
    math.CosOp: 2,
    math.TanOp: 3.5,
    math.AtanOp: 1.5,
    math.Atan2Op: 1.5,
    math.AsinOp: 2.5,
    math.AcosOp: 2.5,
    math.AsinhOp: 2.5,
    math.AcoshOp: 3,
    math.AtanhOp: 2.5,
    math.PowFOp: 4,
    math.RsqrtOp: 1.5,
}
"""Largest error in ulp; f64 `erf` reaches 5 just above 1, `sin` and `cos` 2.5 beyond 1e5."""

EXPANSIONS: dict[type[Operation], Callable[..., Term]] = {
    math.ExpOp: exp,
    math.Exp2Op: exp2,
    math.ExpM1Op: expm1,
    math.LogOp: log,
    math.Log2Op: log2,
    math.Log10Op: log10,
    math.Log1pOp: log1p,
    math.TanhOp: tanh,
    math.SinhOp: sinh,
    math.CoshOp: cosh,
    math.ErfOp: erf,
    math.SinOp: sin,
    math.CosOp: cos,
    math.TanOp: tan,
    math.AtanOp: atan,
    math.Atan2Op: atan2,
    math.AsinOp: asin,
    math.AcosOp: acos,
    math.AsinhOp: asinh,
    math.AcoshOp: acosh,
    math.AtanhOp: atanh,
    math.PowFOp: pow,
    math.RsqrtOp: rsqrt,
}
"""Operation class -> its expansion, a function of terms."""
