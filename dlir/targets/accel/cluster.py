"""Several chips: one program each, which meet in messages only.

A channel is (sender, receiver, tag), first in first out, and RECV blocks until its message is
there. So several chips are a Kahn network as the engines of one chip are: results do not depend on
timing, and one untimed run decides about deadlocks and races.

    cluster = Cluster([program_of_chip_0, program_of_chip_1])
    verify_cluster(cluster)                      # verifier/cluster.py
    outputs = run_cluster(cluster, [{"x": x0}, {"x": x1}])
    report_cluster(cluster).cycles               # simulator/cluster.py, simulator/cluster_report.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlir.diagnostics import fail
from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import Program


@dataclass(frozen=True, eq=False)
class Cluster:
    """The program of every chip of one machine, `net.chips` of them. Raises CompileError."""

    programs: Sequence[Program]

    def __post_init__(self) -> None:
        if not self.programs:
            fail(None, "a cluster needs at least one program", rule="isa-cluster")
        chips = self.machine.net.chips
        if len(self.programs) != chips:
            fail(
                None,
                f"machine '{self.machine.name}' has {chips} chips; "
                f"{len(self.programs)} programs were given",
                rule="isa-cluster",
                help="one program per chip; the hardware file says how many in net.chips",
            )
        for chip, program in enumerate(self.programs):
            if program.machine_hash != self.programs[0].machine_hash:
                fail(None, f"chip {chip} is another machine than chip 0", rule="isa-cluster")

    @property
    def machine(self) -> Machine:
        """What every chip is."""
        return self.programs[0].machine
