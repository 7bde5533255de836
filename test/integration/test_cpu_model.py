"""One model on the target `cpu`: every level, the commands, and finding a wrong op."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.mlp import TANH_LINE, TEXT, WEIGHTS, X, write_mlp
from xdsl.dialects import math
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir.api import lower
from dlir.dialects.dl.ops.math import TanhOp
from dlir.executable import CompileOptions
from dlir.lowering.dl_to_structured import scalar_forms
from dlir.report import Report
from dlir.signature import entry_function
from dlir.targets.cpu.bundle import Bundle
from dlir.targets.cpu.compiling import compile_many
from dlir.targets.cpu.description import host
from dlir.targets.cpu.emit import emit_parts
from dlir.targets.cpu.pipeline import PHASES
from dlir.targets.cpu.target import LEVELS, TARGET, CpuExecutable
from dlir.tools import compile as compile_tool
from dlir.tools import run as run_tool


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model's file, with a cache of its own."""
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "cache"))
    return write_mlp(tmp_path)


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    np.save(tmp_path / "x.npy", X)
    return [f"--input={tmp_path / 'x.npy'}"]


def tool(main: Callable[..., int], *arguments: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main([str(a) for a in arguments], stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def expected() -> Any:
    return dlir.run(dlir.load(TEXT, params=WEIGHTS), X, target="ref")


# Levels


def loaded(module: ModuleOp) -> CpuExecutable:
    """An executable of a module in the llvm dialect."""
    bundle = Bundle.describe(module, "main")
    bundle.objects = compile_many(emit_parts(module, host(), 5000), host())
    model = dlir.load(TEXT, params=WEIGHTS)
    report = Report.of("cpu", model.module, entry_function(model.module), model.params)
    return TARGET.link(model.module, model.params, CompileOptions(cache=False), report, bundle)


@pytest.mark.parametrize("level", ["dl", *PHASES])
def test_text_of_a_level_continues_to_the_same_numbers(path: Path, level: str) -> None:
    """Stop, print, parse, go on: the same machine code but for the names in it."""
    text = path.with_name(f"{level}.mlir")
    code, _, err = tool(compile_tool.main, path, f"--compile-to={level}", "-o", text)
    assert (code, err) == (0, "")
    again = lower(dlir.load(text), "cpu", "llvm", start=level)
    assert isinstance(again, ModuleOp)
    straight = lower(dlir.load(path), "cpu", "llvm")
    got = loaded(again)(X)
    for one, other in zip(got, loaded(straight)(X), strict=True):  # type: ignore[arg-type]
        assert one.tobytes() == other.tobytes()
    for one, other in zip(got, expected(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("stop", LEVELS[1:])
def test_every_level_leads_to_every_later_one(path: Path, stop: str) -> None:
    """From text where the level has MLIR text; the artifacts look like what they are."""
    looks = {"llvm-ir": "define ", "asm": ".text", "llvm": "llvm.func @main(", "dl": "dl.matmul",
             "structured": "structured.generic", "buffers": "memref<?x10xf32>",
             "loops": "scf.for"}  # fmt: skip
    for start in ("dl", *PHASES)[: LEVELS.index(stop)][-2:]:
        source = path.with_name("start.mlir")
        code, _, err = tool(compile_tool.main, path, f"--compile-to={start}", "-o", source)
        assert code == 0, err
        target = path.with_name("stop")
        flags = (f"--compile-from={start}", f"--compile-to={stop}", "-o", target)
        code, _, err = tool(compile_tool.main, source, *flags)
        assert code == 0, err
        made = target.read_bytes()
        if stop == "object":
            assert made[:4] in (b"\x7fELF", b"\xcf\xfa\xed\xfe") or made[:2] == b"d\x86"
        else:
            assert looks[stop] in made.decode()


def test_levels_in_the_wrong_order_are_refused(path: Path) -> None:
    flags = ("--compile-from=loops", "--compile-to=structured")
    code, _, err = tool(compile_tool.main, path, *flags)
    assert code == 1 and "comes before" in err
    code, _, err = tool(compile_tool.main, path, "--compile-to=object")
    assert code == 2 and "binary" in err


def test_stages_of_an_executable(path: Path) -> None:
    executable = dlir.compile(path)
    assert executable.stages() == LEVELS
    assert "structured.generic" in str(executable.stage("structured"))
    assert isinstance(executable.stage("object"), bytes)


def test_phases_are_dumped(path: Path, tmp_path: Path) -> None:
    """Even when the compiled model is known already."""
    folder = tmp_path / "phases"
    report, artifact = f"--report={tmp_path / 'r.json'}", f"-o={tmp_path / 'y.o'}"
    for output in (report, report, artifact):
        code, _, err = tool(compile_tool.main, path, f"--dump-phases-to={folder}", output)
        assert code == 0, err
        names = sorted(p.name for p in folder.iterdir())
        assert names == [f"{n}-{level}.mlir" for n, level in enumerate(PHASES, 1)]
        for file in folder.iterdir():
            dlir.load(file)
            file.unlink()


# Commands


def test_compare_agrees(path: Path, inputs: list[str]) -> None:
    code, out, err = tool(run_tool.main, path, "--compare=ref", *inputs)
    assert (code, err) == (0, "")
    assert re.fullmatch(r"o0: agrees, .*\no1: agrees, .*\n", out)


def test_compare_names_a_wrong_op(
    path: Path, inputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An op whose lowering is wrong is found among the others, which are right."""
    wrong = scalar_forms.function(math.SinOp)
    monkeypatch.setitem(scalar_forms.UNARY, TanhOp, wrong)
    code, out, _ = tool(run_tool.main, path, "--compare=ref", *inputs)
    assert code == 1
    assert "o0: differs" in out
    assert "'dl.tanh' is the first op that differs between ref and cpu" in out
    assert TANH_LINE in out


def test_bench(path: Path, inputs: list[str]) -> None:
    code, out, _ = tool(run_tool.main, path, "--bench=3", "--threads=1", "--no-cache", *inputs)
    assert code == 0 and re.fullmatch(r"median [\d.]+ ms, .* 3 calls\n", out)
    assert not (path.parent / "cache").exists()


@pytest.mark.parametrize("threads", ["0", "-1"])
def test_threads_are_positive(path: Path, inputs: list[str], threads: str) -> None:
    code, _, err = tool(run_tool.main, path, f"--threads={threads}", *inputs)
    assert code == 2 and "expected a positive number" in err


def test_trace(path: Path, inputs: list[str]) -> None:
    """Each phase of the compiler, then each kernel under the place of its op; results are kept."""
    archive, trace = path.with_suffix(".npz"), path.with_suffix(".json")
    flags = (f"--trace={trace}", f"--output={archive}", "--no-cache")
    code, _, err = tool(run_tool.main, path, *flags, *inputs)
    assert (code, err) == (0, "")
    for got, want in zip(np.load(archive).values(), expected(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    events = json.loads(trace.read_text())["traceEvents"]
    assert all(e["ph"] == "X" and e["dur"] >= 0 for e in events)
    starts = [e["ts"] for e in events]
    assert starts == sorted(starts)
    compiled = [e["name"] for e in events if e["cat"] == "compile"]
    assert compiled == [*PHASES, "object", "load"]
    run = [e["name"] for e in events if e["cat"] == "run"]
    for line in ("mlp.mlir:7:8", "mlp.mlir:8:8", "mlp.mlir:10:8"):
        assert any(line in name for name in run), run
    assert run[0].startswith("contraction_0 ")


def test_parts_of_a_buffer_are_traced() -> None:
    """Kernels that write into a view of a buffer get its strides."""
    executable = dlir.compile(
        """func.func @f(%x: tensor<1x3x8x8xf32>, %z: tensor<1x4x8x8xf32>) -> tensor<1x7x8x8xf32> {
          %a = dl.exp %z : tensor<1x4x8x8xf32>
          %b = dl.softmax %a {axis = 2} : tensor<1x4x8x8xf32>
          %k = dl.concat %b, %x {axis = 1}
              : (tensor<1x4x8x8xf32>, tensor<1x3x8x8xf32>) -> tensor<1x7x8x8xf32>
          %y = dl.softmax %k {axis = 1} : tensor<1x7x8x8xf32>
          func.return %y : tensor<1x7x8x8xf32>
        }""",
        cache=False,
    )
    rng = np.random.default_rng(0)
    x, z = (rng.normal(size=(1, count, 8, 8)).astype(np.float32) for count in (3, 4))
    wanted = executable(x, z)
    names: list[str] = []
    executable.on_event = lambda name, start, end: names.append(name)
    np.testing.assert_array_equal(executable(x, z), wanted)
    assert len(names) > 3


def test_a_traced_call_reports_errors_too() -> None:
    executable = dlir.compile(
        """func.func @f(%x: tensor<3xf32>, %i: tensor<1xi64>) -> tensor<1xf32> {
          %y = dl.gather %x, %i {axis = 0} : (tensor<3xf32>, tensor<1xi64>) -> tensor<1xf32>
          func.return %y : tensor<1xf32>
        }""",
        cache=False,
    )
    names: list[str] = []
    executable.on_event = lambda name, start, end: names.append(name)
    x = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match="out of range"):
        executable(x, np.array([3]))
    executable(x, np.array([2]))
    assert len(names) == 2 and "gather" in names[0]


def test_reports(path: Path) -> None:
    for name in ("r.json", "r.html"):
        code, out, err = tool(compile_tool.main, path, f"--report={path.parent / name}")
        assert (code, out, err) == (0, "", "")
    report = json.loads((path.parent / "r.json").read_text())
    assert report["target"] == "cpu" and report["ops"]["dl.matmul"] == 2
    assert report["memory"]["code"] > 0
    assert [p["name"] for p in report["phases"]] == [*PHASES, "object", "load"]
    html = (path.parent / "r.html").read_text()
    assert "<h1>@main on cpu</h1>" in html and "dl.softmax" in html
