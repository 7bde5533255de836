"""Effects of `structured` ops: pure on tensors; on memrefs they read inputs and write `outs`."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation
from xdsl.traits import EffectInstance, MemoryEffect, MemoryEffectKind


class WritesDestination(MemoryEffect):
    """Destination-passing style: no effect if there is a tensor result, else a write to `outs`."""

    @classmethod
    def get_effects(cls, op: Operation) -> set[EffectInstance]:
        if any(isinstance(r.type, TensorType) for r in op.results):
            return set()
        return {EffectInstance(MemoryEffectKind.READ), EffectInstance(MemoryEffectKind.WRITE)}
