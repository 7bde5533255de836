"""`structured-bufferize` on sizes that are not known."""

from __future__ import annotations

import random

from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.printer import print_module
from dlir.registry import default_registry

TEXT = """
func.func @f(%x: tensor<?x?x?xf32>, %y: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
  %0 = dl.softmax %x {axis = 2} : tensor<?x?x?xf32>
  %1 = dl.softmax %y {axis = 0} : tensor<?x?x?xf32>
  %2 = dl.matmul %0, %1 acc f32 : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %3 = dl.softmax %2 {axis = 1} : tensor<?x?x?xf32>
  func.return %3 : tensor<?x?x?xf32>
}
"""


def test_the_same_program_gives_the_same_text() -> None:
    """The sizes that the arena is computed from are multiplied in one order."""
    texts: set[str] = set()
    context = default_registry().context()
    for seed in range(8):
        modules = [parse_module(TEXT, context) for _ in range(20)]
        random.Random(seed).shuffle(modules)
        del modules[10:]  # what is freed makes room for values, at addresses in any order
        PassManager("cpu-pipeline{to=buffers}").run(context, modules[0])
        texts.add(print_module(modules[0]))
    assert len(texts) == 1
