"""What the pipelines of the targets share: phases that can be stopped at and resumed from."""

from __future__ import annotations

from collections.abc import Mapping

from dlir.diagnostics import fail

TAKEN_APART = (
    "additive_attention",
    "attention",
    "avg_pool3d",
    "batch_norm_training",
    "conv3d",
    "conv_transpose",
    "deform_conv2d",
    "det",
    "dft",
    "dropout",
    "embedding_bag",
    "grid_sample",
    "group_norm",
    "gru",
    "instance_norm",
    "lp_pool3d",
    "lstm",
    "max_pool3d",
    "random_uniform",
    "resize",
    "rms_norm",
    "rnn",
    "roi_align",
    "rotary_embedding",
)
"""The composite ops that no target computes as they are: written in simpler ones first."""


INTEGERIZE = "dl-integerize,"
"""Models that are quantised compute on integers, unless that is switched off."""


def in_nhwc(more: str = "") -> str:
    """The ops that every target computes, in its order of dimensions; with options for that."""
    return (
        f"dl-decompose{{ops={','.join(TAKEN_APART)}}},dl-simplify,"
        f"dl-assign-layout{{layout=nhwc{more}}},dl-simplify"
    )


TO_STRUCTURED = f"{in_nhwc()},convert-dl-to-structured,cse"
"""From `dl` to `structured`, before a target adds what it needs."""


def levels_until(stop: str, phases: Mapping[str, str], pipeline: str) -> list[str]:
    """The levels of a pipeline's phases up to `stop`. Raises CompileError when it has none such."""
    levels = list(phases)
    if stop not in levels:
        message = f"{pipeline} has no level '{stop}'"
        fail(None, message, help=f"the levels are {', '.join(levels)}")
    return levels[: levels.index(stop) + 1]
