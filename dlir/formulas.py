"""The formulas by which machines and programs for them are judged, under their usual names.

They are those of A. Rodriguez, "Deep Learning Systems" (2020), chapter 7; quantities are in base
units (bytes, seconds, hertz, operations), and a multiply-add is two operations. An operational
intensity (OI) is operations per byte of memory traffic.
"""

from __future__ import annotations


def roofline_time(ops: float, traffic: float, peak: float, bandwidth: float) -> float:
    """Seconds at least: `max(ops / peak, bytes / bandwidth)`."""
    return max(ops / peak, traffic / bandwidth)


def ridge(peak: float, bandwidth: float) -> float:
    """The OI from which on a program is bound by arithmetic and no longer by memory."""
    return peak / bandwidth


def no_reuse_intensity(size: int) -> float:
    """`1 / (3 * size)`: two operands of `size` bytes are read and one is written per operation."""
    return 1 / (3 * size)


def matmul_intensity(m: int, k: int, n: int, size: int) -> float:
    """`2MKN / (size * (2MN + MK + KN))`: C += A * B with each matrix moved once each way."""
    return 2 * m * k * n / (size * (2 * m * n + m * k + k * n))


def conv_intensity(
    image: tuple[int, int, int, int], kernel: tuple[int, int, int], out: tuple[int, int], size: int
) -> float:
    """`2NKCRS*Ho*Wo / (size * (2N*Ho*Wo*K + KCRS + NHWC))`.

    `image` is (N, C, H, W), `kernel` (K, R, S), `out` (Ho, Wo).
    """
    (n, c, h, w), (k, r, s), (ho, wo) = image, kernel, out
    ops = 2 * n * k * c * r * s * ho * wo
    return ops / (size * (2 * n * ho * wo * k + k * c * r * s + n * h * w * c))


def bandwidth(clock: float, interfaces: int, transfers_per_clock: int, bus_bytes: float) -> float:
    """Bytes per second of a memory or a link: `f * interfaces * transfers per clock * width`."""
    return clock * interfaces * transfers_per_clock * bus_bytes


def cache_sets(size: int, ways: int, line: int) -> int:
    """`size / (ways * line)`: the sets of a set-associative cache."""
    return size // (ways * line)


def alias_interval(size: int, ways: int) -> int:
    """Bytes between addresses that fall into one set: sets * line, which is one way."""
    return size // ways


def amdahl(parallel: float, n: float) -> float:
    """`1 / ((1 - P) + P / N)`: how much faster, if the share P of the time becomes N times so."""
    return 1 / ((1 - parallel) + parallel / n)


def dynamic_power(transistors: float, capacitance: float, voltage: float, clock: float) -> float:
    """Watts: `1/2 * Q * C * V^2 * f`, of Q transistors that switch a capacitance C each."""
    return 0.5 * transistors * capacitance * voltage**2 * clock
