"""Which tensors stay in the scratchpad between the kernels that write and read them.

A tensor that stays need not be stored and loaded, but takes room from the tiles of all kernels that
run meanwhile. So where it takes much, both are priced with the model of costs that chooses tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.lowering.structured_to_accel.choose import problem_of
from dlir.lowering.structured_to_accel.decisions import decided
from dlir.lowering.structured_to_accel.homes import Home, Homes, refuse, stored_homes
from dlir.lowering.structured_to_accel.plan import ContractionPlan
from dlir.lowering.structured_to_accel.problem import Problem
from dlir.lowering.structured_to_accel.schedule import SPM, home_of
from dlir.lowering.structured_to_accel.section import Section
from dlir.lowering.structured_to_accel.tiling import cheapest
from dlir.targets.accel.description import Machine

RESIDENT_SHARE = 0.55
"""The part of the scratchpad that may stay taken between kernels."""
LITTLE = 1 / 16
"""A tensor that takes no more of the scratchpad stays if it fits: whatever the tiles, that pays."""


def homes_of(section: Section) -> Homes:
    """Fuse, and keep on chip what fits, as the text says or as is best. Raises CompileError."""
    homes = stored_homes(section)
    budget = max(max(homes.lines, default=0), int(RESIDENT_SHARE * section.machine.spm_lines))
    asked: dict[SSAValue, str | None] = {op.results[0]: home_of(op) for op in section.plans}
    for home in homes.of.values():
        word = asked.get(home.value)
        if home.output or home.last < 0:
            if word == SPM:
                _refuse_resident(home)
            continue
        if word == SPM or (word is None and _stays(homes, home, budget)):
            _keep(homes, home)
    return homes


def _refuse_resident(home: Home) -> None:
    assert isinstance(home.value.owner, Operation)
    reason = "the host takes it from DRAM" if home.output else "nobody reads it"
    refuse(home.value.owner, SPM, reason)


def _keep(homes: Homes, home: Home) -> None:
    homes.resident.add(home.value)
    for number in home.life:
        homes.lines[number] += home.lines(homes.section.cols)


def _stays(homes: Homes, home: Home, budget: int) -> bool:
    """In order, as long as it fits beside those that are there already, and pays."""
    machine, need = homes.section.machine, home.lines(homes.section.cols)
    if any(homes.lines[number] + need > budget for number in home.life):
        return False
    if need <= LITTLE * machine.spm_lines:
        return True
    before = _priced(homes, home)
    kept = replace(homes, resident={*homes.resident, home.value}, lines=[*homes.lines])
    _keep(kept, home)
    after = _priced(kept, home)
    copies = need * homes.section.cols * _by_vector(homes, home)
    return bool(decided(_Stay(tuple(before), tuple(after), copies), machine))


@dataclass(frozen=True)
class _Stay:
    """Whether a tensor stays on chip."""

    apart: Sequence[Problem]
    """The contractions that run while it lives, if it does not stay."""
    kept: Sequence[Problem]
    copies: int
    """Bytes that kernels of the vector unit then need not store or load."""

    def __call__(self, machine: Machine) -> bool:
        saved = self.copies / machine.dma.bytes_per_cycle
        return _cycles(self.kept, machine) <= _cycles(self.apart, machine) + saved


def _cycles(problems: Sequence[Problem], machine: Machine) -> float:
    tilings = [cheapest(problem, machine) for problem in problems]
    return sum(inf if one is None else one.cycles for one in tilings)


def _priced(homes: Homes, home: Home) -> list[Problem]:
    """The contractions with kernels of their own in the life of a tensor."""
    section = homes.section
    found: list[Problem] = []
    for number in home.life:
        op = section.ops[number]
        plan = section.plans.get(op)
        if isinstance(plan, ContractionPlan) and op.results[0] not in homes.fused:
            found.append(problem_of(homes, plan, op.results[0], homes.free_lines(number)))
    return found


def _by_vector(homes: Homes, home: Home) -> int:
    """How many kernels of the vector unit write or read a tensor."""
    section = homes.section
    near = {section.ops[home.first], *(use.operation for use in home.value.uses)}
    return sum(
        isinstance(op, GenericOp) and not isinstance(section.plans.get(op), ContractionPlan)
        for op in near
    )
