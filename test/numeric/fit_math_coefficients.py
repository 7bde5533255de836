"""Fits the polynomials of `vector-expand-math` and prints `expand_math/coefficients.py`.

    python test/numeric/fit_math_coefficients.py > dlir/transforms/expand_math/coefficients.py

Each polynomial is the minimax approximation (Remez exchange, in 60 digits with mpmath, which is not
a dependency of dlir) of lowest degree whose weighted error is below half a unit in the last place
with some room.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from mpmath import atan as arctangent
from mpmath import cos, erf, erfc, exp, expm1, log, lu_solve, matrix, mp, mpf, pi, sin, sqrt

mp.dps = 60
Function = Callable[[mpf], mpf]


def remez(f: Function, w: Function, low: mpf, high: mpf, degree: int) -> tuple[list[mpf], mpf]:
    """Coefficients (lowest first) that minimise max |w (f - p)| on [low, high]; and that error."""
    count = degree + 2
    nodes = [
        (low + high) / 2 - (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]
    grid = [
        low + (high - low) * (1 - cos(pi * i / (40 * count))) / 2 for i in range(40 * count + 1)
    ]
    values = [(x, f(x), w(x)) for x in grid]
    for _ in range(12):
        system = matrix(count, count)
        right = matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                system[i, j] = x**j
            system[i, degree + 1] = (-1) ** i / w(x)
            right[i] = f(x)
        solution = lu_solve(system, right)
        coefficients = [solution[j] for j in range(degree + 1)]
        errors = [(v - horner(coefficients, x)) * weight for x, v, weight in values]
        extremes = alternating_extremes(grid, errors)
        worst = max(abs(e) for e in errors)
        if len(extremes) < count:
            break
        while len(extremes) > count:
            extremes.pop(0 if abs(extremes[0][1]) < abs(extremes[-1][1]) else -1)
        nodes = [x for x, _ in extremes]
        if worst < 1.01 * min(abs(e) for _, e in extremes):
            break
    return coefficients, worst


def alternating_extremes(grid: list[mpf], errors: list[mpf]) -> list[tuple[mpf, mpf]]:
    """The largest error of each run of equal sign."""
    result: list[tuple[mpf, mpf]] = []
    for x, error in zip(grid, errors, strict=True):
        if result and (result[-1][1] > 0) == (error > 0):
            if abs(error) > abs(result[-1][1]):
                result[-1] = (x, error)
        else:
            result.append((x, error))
    return result


def horner(coefficients: list[mpf], x: mpf) -> mpf:
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def series(f: Function, small: list[mpf]) -> Function:
    """`f`, but near 0 (where it cancels) its power series."""
    return lambda x: horner(small, x) if abs(x) < mpf(10) ** -12 else f(x)


TINY = mpf(2) ** -200
HALF_LOG2 = log(2) / 2 * mpf("1.01")
S_MAX = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.01")
QUARTER = (pi / 4 * mpf("1.01")) ** 2
ERF_END = {"F32": mpf("4.0"), "F64": mpf("6.0")}
ERFC_END, ERFC_DEGREE = mpf("4.0"), 7
"""The polynomial of this degree falls for ever: beyond the end its powers of two vanish."""

POLYNOMIALS: dict[str, tuple[str, Function, Function, mpf, mpf]] = {
    "EXPM1": (
        "(expm1(r) - r) / r^2 for |r| <= log(2)/2",
        series(lambda r: (expm1(r) - r) / r**2, [1 / mpf(2), 1 / mpf(6), 1 / mpf(24)]),
        lambda r: abs(r) + mpf(2) ** -20,
        -HALF_LOG2,
        HALF_LOG2,
    ),
    "EXP": (
        "(exp(r) - 1 - r) / r^2 for |r| <= log(2)/2",
        series(lambda r: (expm1(r) - r) / r**2, [1 / mpf(2), 1 / mpf(6), 1 / mpf(24)]),
        lambda r: (r**2 + mpf(2) ** -20) / exp(r),
        -HALF_LOG2,
        HALF_LOG2,
    ),
    "EXP2": (
        "(2^r - 1) / r for |r| <= 1/2",
        series(lambda r: expm1(r * log(2)) / r, [log(2), log(2) ** 2 / 2, log(2) ** 3 / 6]),
        lambda r: (abs(r) + mpf(2) ** -20) / 2**r,
        -mpf("0.505"),
        mpf("0.505"),
    ),
    "LOG": (
        "(2 atanh(s)/s - 2) / z, z = s^2, for |s| <= (sqrt(2)-1)/(sqrt(2)+1)",
        series(
            lambda z: (log((1 + sqrt(z)) / (1 - sqrt(z))) / sqrt(z) - 2) / z,
            [2 / mpf(3), 2 / mpf(5), 2 / mpf(7)],
        ),
        lambda z: z / 2 + mpf(2) ** -16,
        mpf(0),
        S_MAX,
    ),
    "SIN": (
        "(sin(r)/r - 1) / z, z = r^2, for |r| <= pi/4",
        series(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z, [-1 / mpf(6), 1 / mpf(120)]),
        lambda z: z + mpf(2) ** -10,
        mpf(0),
        QUARTER,
    ),
    "COS": (
        "(cos(r) - 1 + z/2) / z^2, z = r^2, for |r| <= pi/4",
        series(
            lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2,
            [1 / mpf(24), -1 / mpf(720), 1 / mpf(40320)],
        ),
        lambda z: z**2 + mpf(2) ** -10,
        mpf(0),
        QUARTER,
    ),
    "ATAN": (
        "(atan(t)/t - 1) / z, z = t^2, for |t| <= 1",
        series(lambda z: (arctangent(sqrt(z)) / sqrt(z) - 1) / z, [-1 / mpf(3), 1 / mpf(5)]),
        lambda z: z + mpf(2) ** -10,
        mpf(0),
        mpf(1),
    ),
}


def erf_entry(width: str) -> tuple[str, Function, Function, mpf, mpf]:
    """P of `erf(x) = 1 - e^(x (x P(x) - 2/sqrt(pi)))`, for the least relative error of erf."""
    end = ERF_END[width]
    return (
        f"(log(erfc(x)) / x + 2/sqrt(pi)) / x for 0 <= x <= {mp.nstr(end, 2)}",
        series(lambda x: (log(erfc(x)) / x + 2 / sqrt(pi)) / x, [-2 / pi]),
        series(lambda x: erfc(x) * x**2 / erf(x), [mpf(2) ** -40]),
        mpf(0),
        end,
    )


def erfc_entry() -> tuple[str, Function, Function, mpf, mpf]:
    """P of `erfc(x) = 2^(x P(x))`, for the least absolute error of erfc."""
    return (
        f"log2(erfc(x)) / x for 0 <= x <= {mp.nstr(ERFC_END, 2)}",
        series(lambda x: log(erfc(x)) / (x * log(2)), [-2 / sqrt(pi) / log(2)]),
        lambda x: (x + mpf(2) ** -40) * log(2) * erfc(x),
        mpf(0),
        ERFC_END,
    )


def show(name: str, width: str, text: str, coefficients: list[mpf], error: mpf) -> None:
    print(f"{name}_{width} = (")
    for c in coefficients:
        print(f"    {rounded(c, width)!r},")
    print(f')\n"""{text}; error 2^{float(log(error, 2)):.1f}."""\n')


def rounded(value: mpf, width: str) -> float:
    number = float(value)
    return struct.unpack("<f", struct.pack("<f", number))[0] if width == "F32" else number


def main() -> None:
    print('"""Coefficients of the expansions, lowest first.')
    print("\nWritten by test/numeric/fit_math_coefficients.py, which tells how; do not edit.")
    print('"""\n')
    for width, target in (("F32", mpf(2) ** -27), ("F64", mpf(2) ** -57)):
        for name, entry in (*POLYNOMIALS.items(), ("ERF", erf_entry(width))):
            text, f, w, low, high = entry
            degree = 2
            while True:
                coefficients, error = remez(f, w, low, high, degree)
                if error < target:
                    break
                degree += 1
            show(name, width, text, coefficients, error)
    text, f, w, low, high = erfc_entry()
    show("ERFC", "F32", text, *remez(f, w, low, high, ERFC_DEGREE))


if __name__ == "__main__":
    main()
