"""Nothing in the table is half there: every instruction has a meaning, lines, and a cost."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from dlir.dialects.isa.encoding import Kind
from dlir.dialects.isa.fields import FUNCTIONS, ISA, SEQUENCER, VECTOR
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import ProgramBuilder
from dlir.targets.accel.simulator.accesses import accesses_of
from dlir.targets.accel.simulator.costs import lanes_of
from dlir.targets.accel.simulator.events import Events, events_of
from dlir.targets.accel.simulator.functional import Core
from dlir.targets.accel.simulator.timing import Unit

LARGE = load_machine("large128")
WORKING = [name for name in ISA.instructions if name not in SEQUENCER]


def one_event(mnemonic: str) -> Events:
    """The instruction of the table's example alone, as an event."""
    one = ISA.instructions[mnemonic]
    b = ProgramBuilder(LARGE)
    fields = ISA.fields_of(mnemonic)
    values = {n: part.from_bits(0) for n, part in fields.items() if part.default is None}
    b.emit(one.streams[0], mnemonic, **values)
    return events_of(b.build())[LARGE.streams.index(one.streams[0])]


@pytest.mark.parametrize("mnemonic", WORKING)
def test_it_has_a_meaning(mnemonic: str) -> None:
    """A method of the core whose parameters are fields of the instruction."""
    names = set(inspect.signature(getattr(Core, mnemonic)).parameters) - {"self"}
    fields = ISA.layouts[mnemonic].instruction.fields
    assert names <= {part.name for part in fields}
    unused = {part.name for part in fields if part.kind is not Kind.REGISTER} - names
    assert not unused, "fields that change nothing"


@pytest.mark.parametrize("mnemonic", WORKING)
def test_it_has_lines(mnemonic: str) -> None:
    """Each of its addresses on chip is an access that the verifier and the energy see."""
    event = one_event(mnemonic)
    accesses = accesses_of(event, LARGE.array.cols)
    on_chip = [a for a in ISA.instructions[mnemonic].addresses if a.space != "dram"]
    assert len(np.unique(accesses.event)) == 1
    assert len(accesses) >= len(on_chip)


@pytest.mark.parametrize("mnemonic", WORKING)
def test_it_holds_a_unit(mnemonic: str) -> None:
    event = one_event(mnemonic)
    (lane,) = lanes_of([event], LARGE)
    assert lane.unit[0] != Unit.NONE


@pytest.mark.parametrize("mnemonic", SEQUENCER)
def test_the_sequencer_touches_nothing(mnemonic: str) -> None:
    assert not hasattr(Core, mnemonic)
    assert not ISA.instructions[mnemonic].addresses


def test_functions_of_the_vector_unit() -> None:
    names = [name for functions in VECTOR.values() for name in functions]
    assert len(names) == len(set(names)), "costs are by name"
    assert {name for m in ("vv", "vs") for name in VECTOR[m]} == set(FUNCTIONS)
    for mnemonic in VECTOR:
        assert ISA.instructions[mnemonic].streams == ("vx",)
