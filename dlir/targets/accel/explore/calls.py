"""What a worker is given: a layer, and the machines to evaluate it on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dlir.diagnostics import CompileError, collect_diagnostics
from dlir.pipeline import InternalError
from dlir.targets.accel.description import Machine
from dlir.targets.accel.explore.evaluate import Evaluator, code_version
from dlir.targets.accel.explore.store import Outcome
from dlir.workers import Job

LOST = Outcome("failed", reason="its worker process died twice")


@dataclass(frozen=True)
class Call(Job):
    """Evaluations of one layer on some machines, which one worker does one after the other."""

    keys: tuple[str, ...]
    """The caller's, one per machine."""
    evaluator: Evaluator
    machines: tuple[Machine, ...]
    layer: str
    version: str

    def run(self) -> list[Outcome]:
        """Evaluate on each machine."""
        return [_attempt(self, machine) for machine in self.machines]

    def single(self) -> list[Call]:
        """The same, machine by machine."""
        pairs = zip(self.keys, self.machines, strict=True)
        return [replace(self, keys=(key,), machines=(machine,)) for key, machine in pairs]


def _attempt(call: Call, machine: Machine) -> Outcome:
    try:
        if code_version() != call.version:
            return Outcome("failed", reason="the worker runs another version of dlir")
        with collect_diagnostics():
            return Outcome("ok", call.evaluator(machine, call.layer))
    except InternalError as error:
        return Outcome("failed", reason=reason_of(error))
    except CompileError as error:
        return Outcome("refused", reason=reason_of(error))
    except Exception as error:
        text = (str(error).strip() or "no message").split("\n")[0]
        return Outcome("failed", reason=f"bug in dlir: {type(error).__name__}: {text}")


def reason_of(error: CompileError) -> str:
    """The first diagnostic in one line."""
    return " ".join(error.diagnostics[0].message.split()) if error.diagnostics else "no reason"
