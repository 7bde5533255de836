"""What an instrument is: something that is told about every step of a pipeline."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from dlir.diagnostics import CompileError


@dataclass
class Step:
    """One pass, run on one piece of a module."""

    one: ModulePass
    module: ModuleOp
    """The whole module."""
    ops: Sequence[Operation]
    """What the pass runs on: the module itself or the ops an anchored op has become."""
    pipeline: str
    """The pipeline that runs just this pass at this place."""

    @property
    def title(self) -> str:
        """`Canonicalizer (canonicalize)`, as MLIR names a pass in its dumps."""
        return f"{type(self.one).__name__} ({self.one.name})"


class Instrument:
    """Does nothing; instruments override what they want to know about.

    `before` and `after` surround a pass; `failed` comes when the pass raised, or when the module
    was found wrong after it. `enter` and `leave` surround what belongs together: the passes of a
    pipeline, the passes under an anchor, a phase of the tool such as parsing. `finish` comes once,
    when the tool is done, after failures too.
    """

    def enter(self, group: str) -> None:
        """A group begins, inside of the groups that have begun before."""

    def leave(self, group: str) -> None:
        """The group that began last ends."""

    def before(self, step: Step) -> None:
        """A pass is about to run."""

    def after(self, step: Step) -> None:
        """A pass has run."""

    def failed(self, step: Step, error: CompileError) -> None:
        """A pass has failed; `error` says how."""

    def finish(self) -> None:
        """All is done: write the report."""


@contextmanager
def group(instruments: Sequence[Instrument], name: str) -> Generator[None, None, None]:
    """Tell the instruments that what happens inside belongs together."""
    for instrument in instruments:
        instrument.enter(name)
    try:
        yield
    finally:
        for instrument in instruments:
            instrument.leave(name)
