"""A process that runs what was compiled before does without LLVM."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

MODEL = """
func.func @main(%x: tensor<5x7xf32>, %y: tensor<7x9xf32>) -> tensor<5x9xf32> {
  %0 = dl.matmul %x, %y acc f32 : (tensor<5x7xf32>, tensor<7x9xf32>) -> tensor<5x9xf32>
  %1 = dl.relu %0 : tensor<5x9xf32>
  func.return %1 : tensor<5x9xf32>
}
"""
SCRIPT = """
import sys, numpy, dlir
x, y = numpy.ones((5, 7), "f4"), numpy.ones((7, 9), "f4")
assert (dlir.compile(sys.argv[1])(x, y) == 7).all()
print("llvmlite" in sys.modules, "dlir.targets.cpu.execute" in sys.modules)
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="other systems' objects are linked by LLVM",
)


def run(model: Path, folder: Path) -> str:
    environment = os.environ | {"DLIR_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", SCRIPT, str(model)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def test_llvm_is_not_loaded_for_known_code(tmp_path: Path) -> None:
    model = tmp_path / "m.mlir"
    model.write_text(MODEL)
    assert run(model, tmp_path / "cache") == "False True\n"
    assert run(model, tmp_path / "cache") == "False True\n"
