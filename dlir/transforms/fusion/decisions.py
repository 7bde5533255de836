"""What became of a producer and a consumer, and why."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Operation, SSAValue

from dlir.diagnostics import Severity, diagnose, emit, name_of
from dlir.dialects.structured.cost import Work, gain
from dlir.drawing import short

RULE = "structured-fuse"


@dataclass(frozen=True)
class Decision:
    """On one producer and those of its consumers that the decision is about."""

    fused: bool
    reason: str
    value: str
    """The name of the tensor between them."""
    producer: str
    consumers: tuple[str, ...]
    location: LocationAttr
    """Of the first consumer."""
    before: tuple[Work, ...]
    """Of the producer, then of the consumers."""
    after: tuple[Work, ...]
    """Of the ops that replace them, or that would have; nothing where a rule forbids it."""

    @property
    def saved(self) -> int:
        """Bytes of traffic that fusing saves."""
        return _bytes(self.before) - _bytes(self.after) if self.after else 0

    @property
    def repeated(self) -> int:
        """Operations that fusing computes again."""
        before, after = (sum(w.operations for w in works) for works in (self.before, self.after))
        return max(0, after - before)

    @property
    def seconds(self) -> float:
        """What fusing gains, by the formula of `dlir.dialects.structured.cost`."""
        return gain(self.before, self.after) if self.after else 0.0


def _bytes(works: Sequence[Work]) -> int:
    return sum(work.bytes for work in works)


def decision(
    fused: bool,
    reason: str,
    value: SSAValue,
    consumers: Sequence[Operation],
    before: Sequence[Work],
    after: Sequence[Work] = (),
) -> Decision:
    """The record of a decision on the tensor between a producer and consumers."""
    owner = value.owner
    return Decision(
        fused,
        reason,
        f"%{value.name_hint}" if value.name_hint else "a tensor",
        name_of(owner) if isinstance(owner, Operation) else "the caller",
        tuple(map(name_of, consumers)),
        consumers[0].location,
        tuple(before),
        tuple(after),
    )


def as_dict(decision: Decision) -> dict[str, Any]:
    """What reports hold of a decision; bytes, operations and seconds."""
    return {
        "tensor": decision.value,
        "producer": decision.producer,
        "consumers": [*decision.consumers],
        "fused": decision.fused,
        "reason": decision.reason,
        "bytes_saved": decision.saved,
        "operations_repeated": decision.repeated,
        "gain_s": decision.seconds,
    }


# --- listeners ------------------------------------------------------------------------------------

Listener: TypeAlias = Callable[[Decision], None]

_listener: ContextVar[Listener | None] = ContextVar("dlir_fusion_listener", default=None)


def listener() -> Listener | None:
    """Who wants to know of decisions; None if nobody does."""
    return _listener.get()


@contextmanager
def collect_decisions() -> Generator[list[Decision], None, None]:
    """Collect the decisions of the passes that run inside."""
    collected: list[Decision] = []
    token = _listener.set(collected.append)
    try:
        yield collected
    finally:
        _listener.reset(token)


def remark_on(decision: Decision) -> None:
    """Say it as a remark at the consumer."""
    emit(diagnose(Severity.REMARK, decision.location, sentence(decision), rule=RULE))


def sentence(decision: Decision) -> str:
    """`fused with the producer of %t: an elementwise producer; saves 3.146 MB`."""
    verb = "fused with" if decision.fused else "not fused with"
    text = f"{verb} the producer of {decision.value}: {decision.reason}"
    if not decision.fused:
        return text
    repeated = f", repeats {short(decision.repeated, 4)} operations" if decision.repeated else ""
    return f"{text}; saves {short(decision.saved, 4, 'B')}{repeated}"
