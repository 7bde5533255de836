"""What a lowering decided, and for which questions, so that machines may share programs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from dlir.targets.accel.description import Machine

Answer: TypeAlias = Hashable
Question: TypeAlias = Callable[[Machine], Answer]
Decisions: TypeAlias = list[tuple[Question, Answer]]
_decisions: ContextVar[Decisions | None] = ContextVar("decisions", default=None)


@contextmanager
def decisions() -> Generator[Decisions, None, None]:
    """What is chosen meanwhile, and for what.

    Only here does a lowering look at how fast a machine is. So on another machine of the same array
    and memories, of which the questions have the same answers, it gives the same program.
    """
    found: Decisions = []
    token = _decisions.set(found)
    try:
        yield found
    finally:
        _decisions.reset(token)


def decided(question: Question, machine: Machine) -> Answer:
    """The answer, which is noted."""
    answer = question(machine)
    if (noted := _decisions.get()) is not None:
        noted.append((question, answer))
    return answer
