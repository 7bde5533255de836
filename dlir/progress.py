"""Progress of long work on stderr, when a person is looking."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import IO

from dlir.executable import Progress


@contextmanager
def shown_on(stream: IO[str]) -> Generator[Progress | None, None, None]:
    """A progress bar while the block runs; None when the stream is not a terminal."""
    if not stream.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("compiling", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total
        )
