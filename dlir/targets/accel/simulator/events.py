"""A program as the simulator sees it: what each stream executes, loops and address registers gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlir.targets.accel.simulator.timing import Ints


@dataclass(frozen=True)
class Events:
    """The executed instructions of one stream, in order; one array element each.

    An instruction in a loop gives one event per trip. LOOP, ENDL, AADD and MARK give none.
    """

    name: str
    """The stream: `ld`, `mx`, `vx` or `st`."""
    mnemonic: NDArray[np.object_]
    wait: Ints
    sig: Ints
    instruction: Ints
    """The number of the instruction in the stream of the program."""
    tag: Ints
    """The tag of the last MARK before it; 0 without one."""
    fields: Mapping[str, Ints]
    """Every body field by name, address registers added, counts as counts; 0 where absent."""

    def __len__(self) -> int:
        return len(self.wait)

    def __getitem__(self, field: str) -> Ints:
        return self.fields[field]

    def is_op(self, *mnemonics: str) -> NDArray[np.bool_]:
        """Which events are one of these instructions."""
        return np.isin(self.mnemonic, mnemonics)
