"""The machine that code is generated for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

CALL_PREFIX = "dlir.call."
"""The name of a function's wrapper is this prefix and the function's name."""


@dataclass(frozen=True)
class CpuDescription:
    """What the compiler needs to know about a CPU.

    `features` is LLVM's list, such as `+avx512f,+fma`; `vector_bits` and `vector_registers`
    describe the widest registers, from which tile sizes follow; `dots` are the kinds of
    `vector.dot` that are single instructions, or nearly.
    """

    triple: str
    cpu: str
    features: str
    vector_bits: int
    vector_registers: int
    dots: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A short name for people, such as `x86_64 znver4 512-bit`."""
        return f"{self.triple.split('-')[0]} {self.cpu} {self.vector_bits}-bit"

    def lanes(self, element_bits: int) -> int:
        """How many elements of that width fit one vector register."""
        return self.vector_bits // element_bits


_BY_FEATURE = (("avx512f", 512, 32), ("avx2", 256, 16), ("avx", 256, 16), ("neon", 128, 32))
"""Feature, vector bits and number of registers; the first that a CPU has counts."""


_DOTS: dict[int, dict[str, tuple[str, ...]]] = {
    512: {"u8s8": ("avx512vnni",), "s16s16": ("avx512bw",), "bf16": ("avx512bf16",)},
    256: {"u8s8": ("avxvnni",), "s16s16": ("avx2",)},
}
"""Vector bits -> kind of dot product -> the features it takes."""


def _dots(enabled: set[str], bits: int) -> tuple[str, ...]:
    kinds = _DOTS.get(bits, {}).items()
    return tuple(kind for kind, features in kinds if enabled.issuperset(features))


def describe(triple: str, cpu: str, features: str) -> CpuDescription:
    """The description of a CPU given in LLVM's terms."""
    enabled = {word[1:] for word in features.split(",") if word.startswith("+")}
    if triple.startswith(("aarch64", "arm64")):
        enabled.add("neon")
    for feature, bits, registers in _BY_FEATURE:
        if feature in enabled:
            return CpuDescription(triple, cpu, features, bits, registers, _dots(enabled, bits))
    return CpuDescription(triple, cpu, features, 128, 16)


@cache
def host() -> CpuDescription:
    """The CPU that this process runs on."""
    from dlir.targets.cpu.host_target import host_target

    return describe(*host_target())


AARCH64 = describe("aarch64-linux-gnu", "generic", "+neon,+fp-armv8")
"""A 64-bit ARM CPU with NEON only, for looking at code made for it."""
