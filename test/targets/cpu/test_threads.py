"""Teams of threads: the same bits as one thread, at every edge, and in company."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.api import lower
from dlir.diagnostics import collect_diagnostics
from dlir.executable import CompileOptions
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.cpu import cores, openmp
from dlir.targets.cpu.compiling import emit_assembly
from dlir.targets.cpu.description import host
from dlir.targets.cpu.emit import emit_parts
from dlir.targets.cpu.pipeline import phase_text
from dlir.targets.cpu.target import threads_of
from dlir.targets.cpu.trace import with_public_kernels

needs_runtime = pytest.mark.skipif(openmp.runtime() is None, reason="no OpenMP runtime")
TYPES = "(tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>) -> tensor<{m}x{n}xf32>"
MATMUL = """
func.func @main(%x: tensor<{m}x{k}xf32>, %w: tensor<{k}x{n}xf32>) -> tensor<{m}x{n}xf32> {{
  %r = dl.matmul %x, %w acc f32 : {types}
  %e = dl.exp %r : tensor<{m}x{n}xf32>
  func.return %e : tensor<{m}x{n}xf32>
}}"""
SIZES = [(512, 64, 512), (509, 64, 127), (3, 2048, 2049), (2049, 100, 65), (1, 4096, 1000)]


def matmul(m: int, k: int, n: int):
    types = TYPES.format(m=m, k=k, n=n)
    return dlir.load(MATMUL.format(m=m, k=k, n=n, types=types))


def inputs(m: int, k: int, n: int):
    rng = np.random.default_rng(m)
    return [(rng.normal(size=s) / k).astype(np.float32) for s in ((m, k), (k, n))]


@needs_runtime
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_change_no_bit(size: tuple[int, int, int], threads: int):
    model, arguments = matmul(*size), inputs(*size)
    alone = dlir.compile(model, target="cpu", threads=1)(*arguments)
    team = dlir.compile(model, target="cpu", threads=threads)(*arguments)
    assert np.array_equal(alone, team)


@needs_runtime
@pytest.mark.parametrize("columns", [1000, 1024, 8192, 5003])
def test_columns_divided_among_threads(columns: int):
    text = f"""func.func @main(%x: tensor<61x{columns}xf32>) -> tensor<{columns}xf32> {{
      %r = dl.reduce_sum %x {{axes = [0]}} : tensor<61x{columns}xf32> -> tensor<{columns}xf32>
      func.return %r : tensor<{columns}xf32>
    }}"""
    x = np.random.default_rng(columns).normal(size=(61, columns)).astype(np.float32)
    for threads in (1, 2, 3):
        got = dlir.compile(dlir.load(text), target="cpu", threads=threads)(x)
        assert np.allclose(got, x.sum(0), rtol=1e-5, atol=1e-5)


@needs_runtime
def test_a_team_is_really_used():
    executable = dlir.compile(matmul(512, 64, 512), target="cpu", threads=2)
    assert "GOMP_parallel" in str(executable.stage("llvm"))


@needs_runtime
def test_traced_kernels_have_a_team():
    """What a trace makes of the module before its kernels become loops."""
    executable = dlir.compile(matmul(512, 64, 512), target="cpu", threads=2)
    module, registry = with_public_kernels(executable.stage("buffers")), default_registry()
    cpu = host()
    machine = dict(vector_bits=cpu.vector_bits, registers=cpu.vector_registers, threads=2)
    passes = ",".join(phase_text(level, **machine) for level in ("loops", "llvm"))
    PassManager(passes, registry=registry).run(registry.context(), module)
    count = str(executable.stage("llvm")).count("GOMP_parallel")
    assert str(module).count("GOMP_parallel") == count > 1


def test_one_thread_needs_no_runtime():
    executable = dlir.compile(matmul(512, 64, 512), target="cpu", threads=1)
    assert "GOMP" not in str(executable.stage("llvm"))


@needs_runtime
def test_executables_run_at_once_from_several_threads():
    size = SIZES[1]
    model, arguments = matmul(*size), inputs(*size)
    expected = dlir.compile(model, target="cpu", threads=1)(*arguments)
    shared = dlir.compile(model, target="cpu", threads=2)
    wrong: list[int] = []

    def work(number: int):
        executable = shared if number % 2 else dlir.compile(model, target="cpu", threads=2)
        for _ in range(20):
            if not np.array_equal(executable(*arguments), expected):
                wrong.append(number)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@needs_runtime
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_computes_alone():
    size = SIZES[0]
    arguments = inputs(*size)
    executable = dlir.compile(matmul(*size), target="cpu", threads=2)
    expected = executable(*arguments)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(executable(*arguments), expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_a_runtime_there_is_one_notice_and_one_thread():
    code = (
        "from dlir.targets.cpu.target import threads_of\n"
        "from dlir.executable import CompileOptions\n"
        "print(threads_of(CompileOptions(threads=4)), threads_of(CompileOptions(threads=4)))\n"
    )
    environment = {**os.environ, openmp.VARIABLE: "/nowhere/libnothing.so"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "1"]
    assert done.stderr.count("no OpenMP runtime") == 1


@needs_runtime
def test_precedence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("DLIR_NUM_THREADS", raising=False)
    assert threads_of(CompileOptions()) == 5
    monkeypatch.setenv("DLIR_NUM_THREADS", "3")
    assert threads_of(CompileOptions()) == 3
    assert threads_of(CompileOptions(threads=2)) == 2


def test_threads_must_name_a_parallel_iterator():
    text = """
    func.func private @f(%x: memref<64xf32>, %y: memref<f32>) {
      structured.generic {maps = [(d0) -> (d0), (d0) -> ()], iterators = [reduction],
                          init = 0.0 : f32, schedule = #structured.schedule<threads = [0]>}
          ins(%x : memref<64xf32>) outs(%y : memref<f32>) {
      ^bb0(%a: f32, %acc: f32):
        %s = arith.addf %acc, %a : f32
        structured.yield %s : f32
      }
      func.return
    }"""
    from dlir.pipeline import PassManager
    from dlir.registry import default_registry

    registry = default_registry()
    module = dlir.load(text)
    with pytest.raises(dlir.CompileError, match="one parallel iterator"), collect_diagnostics():
        PassManager("convert-structured-to-loops", registry=registry).run(
            registry.context(), module.module
        )


def test_tasks_in_another_part_are_found_by_a_table() -> None:
    """Parts may be linked further apart than a relative address reaches."""
    text = """
    func.func @main(%x: tensor<512x512xf32>) -> tensor<512x512xf32> {
      %y = dl.matmul %x, %x acc f32 : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
      func.return %y : tensor<512x512xf32>
    }"""  # noqa: E501
    module = lower(text, "cpu", "llvm", options=CompileOptions(threads=2))
    parts = [*emit_parts(module, host(), 1)]
    callers = [part for part in parts if re.search(r"call void @\"?GOMP_parallel", part)]
    assert len(parts) > 1 and callers
    assert all(".task@GOTPCREL" in emit_assembly(part) for part in callers)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu.max": "200000 100000"}, 2),
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "5000 100000"}, 1),
        ({"cpu.max": "9000000 100000"}, 8),
        ({"cpu.max": "nonsense"}, 8),
        ({"cpu.max": "100 0"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000"}, 8),
    ],
)
def test_a_container_may_have_less_than_all_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(cores, "numbers", lambda: list(range(8)))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert cores.default_threads(tmp_path) == expected
