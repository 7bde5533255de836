"""Results that are stored past the caches: the same numbers, wherever they begin."""

from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.addresses import address_of
from dlir.api import compile_with
from dlir.dialects.structured.schedule_file import parse_entries, schedule_text
from dlir.executable import CompileOptions
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.cpu.execute import NativeModule

SUM = """
func.func @main(%x: tensor<{shape}>, %y: tensor<{shape}>) -> tensor<{shape}> {{
  %s = dl.add %x, %y : tensor<{shape}>
  %r = dl.relu %s : tensor<{shape}>
  func.return %r : tensor<{shape}>
}}"""
TYPES = {"f32": np.float32, "f64": np.float64, "i8": np.int8, "i64": np.int64}


def streaming(text: str, file: Path, threads: int) -> dlir.Executable:
    """Compiled with the schedules that the compiler chooses, but for the stores."""
    options = CompileOptions(threads=threads, cache=False, dump_schedule=file)
    compile_with(dlir.load(text), "cpu", options)
    entries, _ = parse_entries(file.read_text(), "")
    asked = [schedule_text(e.schedule.updated({"stores": "streaming"})) for e in entries]
    lines = [f"{e.kernel}\n    {text}" for e, text in zip(entries, asked, strict=True)]
    file.write_text("\n".join(lines))
    return dlir.compile(text, target="cpu", threads=threads, schedule=file, cache=False)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("element", TYPES)
@pytest.mark.parametrize(
    "shape",
    [(0,), (1,), (15,), (16,), (17,), (64,), (1000,), (5, 64), (5, 63), (3, 2, 128)],
    ids=str,
)
def test_maps(shape: tuple[int, ...], element: str, threads: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(sum(shape))
    x, y = (rng.integers(-50, 50, shape).astype(TYPES[element]) for _ in range(2))
    text = SUM.format(shape="x".join([*map(str, shape), element]))
    run = streaming(text, tmp_path / "s.txt", threads)
    assert np.array_equal(run(x, y), np.maximum(x + y, 0))


@pytest.mark.parametrize("element", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (16, 64), (17, 64), (64, 17), (130, 96)], ids=str)
def test_transposes(shape: tuple[int, int], element: str, tmp_path: Path) -> None:
    m, n = shape
    before, after = (f"tensor<{a}x{b}x{element}>" for a, b in (shape, shape[::-1]))
    text = f"""func.func @main(%x: {before}) -> {after} {{
      %r = dl.transpose %x {{perm = [1, 0]}} : {before} -> {after}
      func.return %r : {after}
    }}"""
    x = np.arange(m * n).reshape(shape).astype(TYPES[element])
    assert np.array_equal(streaming(text, tmp_path / "s.txt", 1)(x), x.T)


MAP = """
func.func @f(%x: memref<200xf32>, %y: memref<200xf32>) {
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                      schedule = #structured.schedule<stores = streaming>}
      ins(%x : memref<200xf32>) outs(%y : memref<200xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  }
  func.return
}"""


@pytest.mark.parametrize("offset", [0, 1, 8, 16])
def test_results_that_begin_anywhere(offset: int) -> None:
    module, registry = dlir.load(MAP).module, default_registry()
    passes = "convert-structured-to-loops,convert-loops-to-llvm"
    PassManager(passes, registry=registry).run(registry.context(), module)
    memory = np.full(400, 7, np.float32)
    start = -address_of(memory) % 64 // 4 + offset
    x, y = np.arange(200, dtype=np.float32), memory[start : start + 200]
    NativeModule(module).call("f", x, y)
    assert np.array_equal(y, -x)
    assert (memory[:start] == 7).all() and (memory[start + 200 :] == 7).all()


def test_very_large_results_are_streamed() -> None:
    for count, streams in ((8 << 20, False), ((8 << 20) + 64, True)):
        text = SUM.format(shape=f"{count}xf32")
        executable = dlir.compile(text, target="cpu", threads=1)
        assert ("nontemporal = true" in str(executable.stage("loops"))) == streams
    assert "vmovntps" in str(executable.stage("asm")) or "stnp" in str(executable.stage("asm"))
    x, y = np.arange(2 * count, dtype=np.float32).reshape(2, count)
    assert np.array_equal(executable(x, -y), np.maximum(x - y, 0))
