"""Large weights: mapped from their files, packed group by group, and not kept twice."""

import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.api import Model
from dlir.params import Weights, drop_pages, write_weights
from dlir.targets.cpu.target import CpuExecutable

LAYERS, N = 6, 1024
LAYER = """
  %w{i} = dl.param "w{i}" : tensor<{n}x{n}xf32>
  %{j} = dl.matmul %{i}, %w{i} acc f32
      : (tensor<1x{n}xf32>, tensor<{n}x{n}xf32>) -> tensor<1x{n}xf32>"""
PEAK = """
import sys, dlir, numpy as np
def peak():
    lines = dict(l.split(":", 1) for l in open("/proc/self/status") if ":" in l)
    return int(lines["VmHWM"].split()[0]) * 1024
dlir.compile("func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> { func.return %x : tensor<2xf32> }")
before = peak()
dlir.compile(dlir.load(sys.argv[1]))(np.ones((1, int(sys.argv[2])), np.float32))
print(peak() - before)
"""


def text(layers: int, n: int) -> str:
    body = "".join(LAYER.format(i=i, j=i + 1, n=n) for i in range(layers))
    head = f"func.func @main(%0: tensor<1x{n}xf32>) -> tensor<1x{n}xf32> {{"
    return f"{head}{body}\n  func.return %{layers} : tensor<1x{n}xf32>\n}}\n"


def absolute(layers: int, n: int) -> str:
    """The same with the weights' absolute values."""
    whole, type = text(layers, n), f"tensor<{n}x{n}xf32>"
    for i in range(layers):
        load = f'dl.param "w{i}" : {type}'
        whole = whole.replace(f"%w{i} = {load}", f"%p{i} = {load}\n  %w{i} = dl.abs %p{i} : {type}")
    return whole


def weights(layers: int, n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    scale = np.float32(1 / np.sqrt(n))
    return {f"w{i}": rng.standard_normal((n, n), np.float32) * scale for i in range(layers)}


def test_several_groups_give_what_one_gives() -> None:
    """Six weights of 4 MiB that are computed: a group is full behind the fifth."""
    params = weights(LAYERS, N)
    executable = dlir.compile(Model(dlir.load(absolute(LAYERS, N)).module, params), threads=1)
    assert isinstance(executable, CpuExecutable)
    assert "@main.init.1" in str(executable.stage("buffers"))
    x = np.random.default_rng(1).standard_normal((1, N), np.float32)
    y = x
    for i in range(LAYERS):
        y = y @ abs(params[f"w{i}"])
    np.testing.assert_allclose(executable(x), y, rtol=1e-3, atol=1e-3 * abs(y).max())


def test_weights_in_another_order_need_no_code() -> None:
    params = weights(LAYERS, N)
    executable = dlir.compile(Model(dlir.load(text(LAYERS, N)).module, params), threads=1)
    assert "@main.init" not in str(executable.stage("buffers"))
    x = np.random.default_rng(1).standard_normal((1, N), np.float32)
    y = x
    for i in range(LAYERS):
        y = y @ params[f"w{i}"]
    np.testing.assert_allclose(executable(x), y, rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
def test_the_peak_is_not_twice_the_weights(tmp_path: Path) -> None:
    layers, n = 12, 2048
    (tmp_path / "m.mlir").write_text(text(layers, n))
    write_weights(tmp_path / "m.safetensors", weights(layers, n))
    command = [sys.executable, "-c", PEAK, str(tmp_path / "m.mlir"), str(n)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1.6 * layers * n * n * 4


@pytest.mark.parametrize("access", [mmap.ACCESS_READ, mmap.ACCESS_COPY])
def test_dropped_pages_are_read_again_and_changes_kept(tmp_path: Path, access: int) -> None:
    path = tmp_path / "data"
    data = np.arange(5 * mmap.PAGESIZE // 4, dtype=np.int32)
    path.write_bytes(data.tobytes())
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=access)
    array = np.frombuffer(mapped, np.int32)[3:]
    expected = data[3:].copy()
    if access == mmap.ACCESS_COPY:
        array[2000] = expected[2000] = -1
    for part in (array, array[:0], array[::2], array.reshape(-1, 1)[1:]):
        drop_pages(part)
    assert np.array_equal(array, expected)
    drop_pages(np.ones(100_000))


def test_weights_of_a_file_can_be_dropped(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", {"a": np.ones((500, 500), np.float32)})
    array = Weights(tmp_path / "w.safetensors")["a"]
    drop_pages(array)
    assert array.sum() == 250_000
