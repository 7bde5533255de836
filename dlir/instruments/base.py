"""What an instrument is: something that is told about every step of a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
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

    `before` and `after` surround a pass; `failed` comes instead of `after` when the pass (or the
    `after` of an instrument) raised. `enter` and `leave` surround passes that belong together: a
    pipeline that is a pass, or the passes under an anchor. `finish` comes once, when the tool is
    done with its input, after failures too.
    """

    def enter(self, group: str) -> None:
        """A group of passes begins."""

    def leave(self, group: str) -> None:
        """The group ends."""

    def before(self, step: Step) -> None:
        """A pass is about to run."""

    def after(self, step: Step) -> None:
        """A pass has run."""

    def failed(self, step: Step, error: CompileError) -> None:
        """A pass has failed; `error` says how."""

    def finish(self) -> None:
        """All is done: write the report."""
