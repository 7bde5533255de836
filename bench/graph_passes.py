"""The passes on tensors that bench.graph_work and bench.import_time look at."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from dlir.pipeline import PassManager
from dlir.registry import default_registry

PASSES = (
    "dl-fold-constants",
    "dl-simplify",
    "cse",
    "apply-patterns",
    "dl-raise-composites",
    "dl-fold-scale",
    "dl-sink-broadcast",
    "dl-sink-cast",
    "dl-sink-transpose",
    "dl-sink-reshape",
    "dl-merge-matmuls",
    "canonicalize",
    "cse",
)
"""What is done to a graph before a target sees it."""


def run(module: ModuleOp, pipeline: str) -> None:
    PassManager(pipeline).run(default_registry().context(), module)
