"""The peers: each turns a program into a call without arguments, at its best.

A peer that is not installed does not take part. To add one, write a function that returns the call
and give it a line in PEERS.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from bench.harness import Call, Settings
from bench.program import Program, reason

ALL = frozenset({"attention", "matmul", "conv", "memory", "model", "integer"})


@dataclass(frozen=True)
class Peer:
    """What it takes to run a program on a peer."""

    name: str
    module: str
    """What must be installed."""
    file: str
    """The module of this package that knows the peer."""
    function: str = "make"
    """Of that module: takes a program and a number of threads, returns the call."""
    kinds: frozenset[str] = ALL
    """Of programs that are worth measuring on it."""
    generates: bool = False
    """Whether it generates code, so that its compile times compare with dlir's."""

    @property
    def installed(self) -> bool:
        return installed(self.module)

    def make(self, program: Program, threads: int) -> Call:
        """Raises whatever the peer raises."""
        module = import_module(f"bench.peers.{self.file}")
        function: Callable[[Program, int], Call] = getattr(module, self.function)
        return function(program, threads)


TABLE = (
    Peer("onnxruntime", "onnxruntime", "runtimes", "onnxruntime"),
    Peer("openvino", "openvino", "runtimes", "openvino"),
    Peer("numpy", "numpy", "runtimes", "numpy", frozenset({"matmul", "memory"})),
    Peer("torch", "torch", "torch_peer", "eager"),
    Peer("torch.compile", "torch", "torch_peer", "compiled", generates=True),
    Peer("jax", "jax", "jax_peer", generates=True),
    Peer("iree", "iree.compiler", "iree_peer", "default", generates=True),
    Peer("iree-dt", "iree.compiler", "iree_peer", "data_tiling", generates=True),
    Peer("tvm", "tvm", "tvm_peer", generates=True),
)
PEERS = {peer.name: peer for peer in TABLE}


def installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # nor the package that it would be in
        return False


def present(names: Sequence[str] | None) -> list[str]:
    """The peers that are installed, of those names or of all."""
    return [peer.name for peer in TABLE if peer.installed and (not names or peer.name in names)]


def generating() -> list[str]:
    """The peers that generate code."""
    return [peer.name for peer in TABLE if peer.generates]


def contestants(program: Program, settings: Settings) -> tuple[dict[str, Call], dict[str, str]]:
    """The calls of the peers that take the program, and why others have none."""
    calls: dict[str, Call] = {}
    absent: dict[str, str] = {}
    for name in present(settings.peers):
        if program.kind not in PEERS[name].kinds:
            continue
        try:
            calls[name] = PEERS[name].make(program, settings.threads)
        except Exception as error:  # whatever a peer raises concerns that peer alone
            absent[name] = reason(error)
    return calls, absent
