"""Composites, custom calls, and what is refused with a reason of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, cast

from xdsl.ir import Operation, SSAValue

from dlir.lowering.stablehlo_to_dl import chlo, lapack, sorting
from dlir.lowering.stablehlo_to_dl.dynamic import shape_assertion
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, unsupported, values_of
from dlir.lowering.stablehlo_to_dl.movement import identity

CALLS: dict[str, Rule] = {
    **lapack.CALLS,
    "Sharding": identity,
    "mhlo.erf": chlo.RULES["chlo.erf"],
    "SPMDFullToShardShape": identity,
    "SPMDShardToFullShape": identity,
    "annotate_device_placement": identity,
    "shape_assertion": shape_assertion,
}
"""Targets of custom calls that mean nothing on one device, or that are known."""


def custom_call(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    target = cast(Any, op.properties["call_target_name"]).data
    rule = CALLS.get(target)
    if rule is None:
        help = "only its target knows what it does; export the model without it"
        unsupported(f'target "{target}"', help)
    return values_of(rule(e, op))


COMPOSITES: dict[str, Rule] = {
    name: rule
    for name, rule in chlo.RULES.items()
    if not name.startswith("chlo.broadcast_") and rule is not chlo.refused
} | {"chlo.top_k": sorting.RULES["chlo.top_k"]}
"""Composites with a conversion of their own; of the others the decomposition is converted."""


def composite(e: Emitter, op: Operation) -> SSAValue | Sequence[SSAValue]:
    return COMPOSITES[cast(Any, op.properties["name"]).data](e, op)


def refused(why: str) -> Rule:
    def rule(e: Emitter, op: Operation) -> NoReturn:
        unsupported(why)

    return rule


REFUSED: dict[str, tuple[str, ...]] = {
    "streams from and to outside": (
        "after_all", "create_token", "infeed", "outfeed", "recv", "send",
    ),
}  # fmt: skip
"""Reason -> the ops that are refused for it."""

RULES: dict[str, Rule] = {
    "stablehlo.composite": composite,
    "stablehlo.custom_call": custom_call,
    **{f"stablehlo.{name}": refused(why) for why, names in REFUSED.items() for name in names},
}
