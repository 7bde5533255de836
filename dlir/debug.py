"""`--debug-only=TAG`: what a part of the compiler is doing, told only to those who ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO, NamedTuple

TAGS: dict[str, str] = {
    "pass-manager": "every pass as it begins, with the pipeline that runs it alone",
    "rewrite": "why a pattern did not apply to an op",
}
"""What can be asked for."""


class _Listener(NamedTuple):
    tags: Collection[str]
    stream: IO[str]


_listener: ContextVar[_Listener | None] = ContextVar("dlir_debug", default=None)


def debug(tag: str, message: Callable[[], str]) -> None:
    """Print a message, which is only made when somebody listens to the tag."""
    listener = _listener.get()
    if listener is not None and tag in listener.tags:
        print(f"[{tag}] {message()}", file=listener.stream)


@contextmanager
def listening(tags: Collection[str], stream: IO[str]) -> Generator[None, None, None]:
    """Print the messages of these tags to a stream."""
    token = _listener.set(_Listener(tags, stream))
    try:
        yield
    finally:
        _listener.reset(token)
