"""What `dlir-explore` does with its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import fail, warn
from dlir.executable import Progress
from dlir.files import write_text
from dlir.targets.accel.explore import evaluate
from dlir.targets.accel.explore.exploration import Exploration, explore
from dlir.targets.accel.explore.layers import layers_of
from dlir.targets.accel.explore.page import page
from dlir.targets.accel.explore.space import load_space
from dlir.targets.accel.explore.summary import table, to_json
from dlir.workers import workers_for


@dataclass(frozen=True)
class Request:
    """The arguments of the command; `run` does what they ask for."""

    model: str
    """Its name, for titles."""
    space: str
    """The path of space.toml."""
    folder: str | None = None
    """Receives results.jsonl, pareto.json and pareto.html; a later run goes on from there."""
    function: str | None = None
    whole: bool = False
    """Compile the model as one, not layer by layer."""
    jobs: int | None = None
    dask: str | None = None

    def run(self, module: ModuleOp, progress: Progress | None = None) -> str:
        """Explore, write the files, and give the table. Raises CompileError.

        That no point could be evaluated is an error, too, after everything is written.
        """
        space = load_space(self.space)
        layers = layers_of(module, self.function, whole=self.whole)
        found = explore(
            layers,
            space,
            evaluator=evaluate.evaluate,
            folder=self.folder,
            workers=workers_for(self.jobs, self.dask),
            progress=progress,
        )
        if self.folder is not None:
            write_text(Path(self.folder) / "pareto.json", to_json(found))
            write_text(Path(self.folder) / "pareto.html", page(found, self.model))
        _check(found)
        return table(found)


def _check(found: Exploration) -> None:
    """Say aloud what is wrong with the exploration itself."""
    crashed = [point for point in found.points if point.status == "failed"]
    if crashed:
        warn(None, f"{len(crashed)} points failed, such as: {crashed[0].reason}",
             help="the next run tries them again")  # fmt: skip
    if all(point.measures is None for point in found.points):
        reasons = {point.reason for point in found.points}
        fail(None, f"no point could be evaluated: {'; '.join(sorted(reasons)[:3])}")
