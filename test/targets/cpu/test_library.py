"""Libraries for C programs: what they compute, refuse and need, from C and through their ABI."""

import ctypes
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.tools.compile import main as dlir_compile

ROOT = Path(__file__).parents[3]
CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
needs_compiler = pytest.mark.skipif(CC is None, reason="no C compiler")
pytestmark = needs_compiler

DYNAMIC = """
func.func @main(%x: tensor<?x8xf32>, %i: tensor<?xi64>) -> tensor<?x8xf32> {
  %w = dl.constant dense<0.5> : tensor<8x8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = dl.gather %0, %i {axis = 0} : (tensor<?x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  func.return %1 : tensor<?x8xf32>
}"""
LARGE = """
func.func @main(%x: tensor<?x64xf32>, %w: tensor<64x512xf32>) -> tensor<?x512xf32> {
  %r = dl.matmul %x, %w acc f32 : (tensor<?x64xf32>, tensor<64x512xf32>) -> tensor<?x512xf32>
  %e = dl.exp %r : tensor<?x512xf32>
  %s = dl.softmax %e {axis = 1} : tensor<?x512xf32>
  func.return %s : tensor<?x512xf32>
}"""


class Library:
    """A library through its C interface, with numpy arrays."""

    def __init__(self, path: Path):
        self.prefix, self.dll = path.stem, ctypes.CDLL(str(path))
        self._of("message").restype = ctypes.c_char_p

    def _of(self, name: str):
        return getattr(self.dll, f"{self.prefix}_{name}")

    def set_threads(self, count: int) -> None:
        self._of("set_threads")(count)

    def message(self, status: int) -> str:
        return self._of("message")(status).decode()

    def plan(self, inputs, sizes, outputs: int) -> tuple[int, int, list[int]]:
        arena, known = ctypes.c_size_t(), (ctypes.c_int64 * (outputs + 1))()
        status = self._of("plan")(
            pointers(inputs), (ctypes.c_int64 * len(sizes))(*sizes), ctypes.byref(arena), known
        )
        return status, arena.value, list(known)[:outputs]

    def run(self, inputs, sizes, outputs, arena: np.ndarray) -> int:
        return self._of("run")(
            pointers(inputs),
            (ctypes.c_int64 * len(sizes))(*sizes),
            pointers(outputs),
            ctypes.c_void_p(arena.ctypes.data),
            ctypes.c_size_t(arena.nbytes),
        )


def pointers(arrays):
    return (ctypes.c_void_p * max(1, len(arrays)))(*(a.ctypes.data for a in arrays))


def build(folder: Path, text: str, name: str = "model", *flags: str) -> Path:
    source = folder / f"{name}.mlir"
    source.write_text(text)
    path = folder / f"{name}.so"
    assert dlir_compile([str(source), "-o", str(path), "--emit=shared", *flags]) == 0
    return path


def refused(capsys, *arguments: str) -> str:
    assert dlir_compile([*arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert "bug in dlir" not in error
    return error


# --- what is computed ------------------------------------------------------------------------


@pytest.mark.parametrize("emit", ["shared", "obj"])
def test_the_example(tmp_path, emit: str):
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shutil.copytree(ROOT / "examples/c", tmp_path / "c")
    strict = "CFLAGS=-std=c99 -Wall -Wextra -Wpedantic -Werror"
    model = f"MODEL={ROOT / 'examples/layer.mlir'}"
    done = subprocess.run(
        ["make", "-s", "run", f"EMIT={emit}", strict, model],
        cwd=tmp_path / "c",
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    x = (np.float32(0.1) * np.arange(32, dtype=np.float32)).reshape(4, 8)
    expected = dlir.run(dlir.load(ROOT / "examples/layer.mlir"), x, target="ref")
    np.testing.assert_allclose([*map(float, done.stdout.split())], expected.ravel(), rtol=1e-5)


def test_an_onnx_model(tmp_path):
    onnx = pytest.importorskip("onnx")
    w = np.random.default_rng(1).normal(size=(16, 5)).astype(np.float32)
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "g",
        [value("x", 1, ["batch", 16])],
        [value("y", 1, ["batch", 5])],
        [onnx.numpy_helper.from_array(w, "w")],
    )
    onnx.save(onnx.helper.make_model(graph), tmp_path / "mlp.onnx")
    so = tmp_path / "mlp.so"
    assert dlir_compile([str(tmp_path / "mlp.onnx"), "-o", str(so), "--emit=shared"]) == 0
    assert "0  x: float [?][16]" in (tmp_path / "mlp.h").read_text()
    library = Library(so)
    for batch in (0, 1, 7):
        x = np.random.default_rng(batch).normal(size=(batch, 16)).astype(np.float32)
        status, bytes, sizes = library.plan([x], [batch], 1)
        assert (status, sizes) == (0, [batch])
        y = np.full((batch, 5), np.nan, np.float32)
        assert library.run([x], [batch], [y], np.empty(bytes, np.int8)) == 0
        np.testing.assert_allclose(y, x @ w, rtol=1e-5, atol=1e-6)


def test_dynamic_sizes_checks_and_messages(tmp_path):
    library = Library(build(tmp_path, DYNAMIC))
    x, i = np.ones((3, 8), np.float32), np.array([2, 0, 1, 2], np.int64)
    y = np.zeros((4, 8), np.float32)
    status, bytes, sizes = library.plan([], [3, 4], 1)
    assert (status, sizes) == (0, [4])
    arena = np.empty(bytes, np.int8)
    assert library.run([x, i], [3, 4], [y], arena) == 0
    assert np.array_equal(y, np.full((4, 8), 4, np.float32))

    i[1] = 3
    assert "index out of range" in library.message(library.run([x, i], [3, 4], [y], arena))
    i[1] = 0
    assert library.run([x, i], [3, 4], [y], arena) == 0, "a failure is not remembered"
    assert "negative" in library.message(library.plan([], [-1, 4], 1)[0])
    assert "too large" in library.message(library.run([x, i], [3, 1 << 60], [y], arena))
    assert "too much memory" in library.message(library.plan([], [1 << 46, 4], 1)[0])
    assert "arena is smaller" in library.message(library.run([x, i], [3, 4], [y], arena[:64]))
    assert library.message(0) == "fine"
    assert library.message(99) == library.message(-1) == "no such status"


@pytest.mark.parametrize("shift", [0, 4, 60])
def test_buffers_at_any_address(tmp_path, shift: int):
    library = Library(build(tmp_path, LARGE))
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=s).astype(np.float32) / 8 for s in ((33, 64), (64, 512)))
    moved = [at_shift(a, shift) for a in (x, w, np.zeros((33, 512), np.float32))]
    arena = at_shift(np.zeros(library.plan([], [33], 1)[1], np.int8), shift + 1)
    assert library.run(moved[:2], [33], moved[2:], arena) == 0
    np.testing.assert_allclose(moved[2], dlir.run(LARGE, x, w, target="ref"), rtol=1e-4)


def at_shift(array: np.ndarray, shift: int) -> np.ndarray:
    """A copy that begins `shift` bytes behind a cache line."""
    raw = np.empty(array.nbytes + 128, np.int8)
    start = -raw.ctypes.data % 64 + shift
    view = raw[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def test_scalars_types_and_no_inputs(tmp_path):
    text = """
func.func @main() -> (tensor<2xf32>, tensor<i64>) {
  %0 = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = dl.constant dense<7> : tensor<i64>
  func.return %0, %1 : tensor<2xf32>, tensor<i64>
}"""
    library = Library(build(tmp_path, text))
    y, n = np.zeros(2, np.float32), np.zeros((), np.int64)
    _, bytes, _ = library.plan([], [], 0)
    assert library.run([], [], [y, n], np.empty(bytes, np.int8)) == 0
    assert (y.tolist(), int(n)) == ([1.0, 2.0], 7)


def test_unsigned_integers(tmp_path):
    text = """
func.func @main(%x: tensor<3xui8>) -> tensor<3xui32> {
  %0 = dl.cast %x : tensor<3xui8> -> tensor<3xui32>
  func.return %0 : tensor<3xui32>
}"""
    library = Library(build(tmp_path, text))
    assert "DLIR_U8 = 13,  /* uint8_t */" in (tmp_path / "model.h").read_text()
    x, y = np.array([0, 128, 255], np.uint8), np.zeros(3, np.uint32)
    arena = np.empty(library.plan([], [], 1)[1], np.int8)
    assert library.run([x], [], [y], arena) == 0
    assert y.tolist() == [0, 128, 255]


# --- threads ---------------------------------------------------------------------------------


def test_several_threads_call_at_once(tmp_path):
    library = Library(build(tmp_path, LARGE, "model", "--threads=2"))
    failing = Library(build(tmp_path, DYNAMIC, "other"))
    rng = np.random.default_rng(0)
    w = rng.normal(size=(64, 512)).astype(np.float32) / 8
    inputs = [rng.normal(size=(200 + n, 64)).astype(np.float32) for n in range(6)]
    expected = [dlir.run(LARGE, x, w) for x in inputs]
    problems: list[object] = []

    def work(number: int) -> None:
        x = inputs[number]
        y = np.zeros((len(x), 512), np.float32)
        arena = np.empty(library.plan([], [len(x)], 1)[1], np.int8)
        index, out = np.array([5 if number % 2 else 0], np.int64), np.zeros((1, 8), np.float32)
        small = np.empty(failing.plan([], [2, 1], 1)[1], np.int8)
        for _ in range(20):
            y[...] = 0
            status = library.run([x, w], [len(x)], [y], arena)
            if status or not np.array_equal(y, expected[number]):
                problems.append((number, status))
            status = failing.run([np.ones((2, 8), np.float32), index], [2, 1], [out], small)
            if bool(status) != bool(number % 2):
                problems.append(("status", number, status))

    workers = [threading.Thread(target=work, args=(n,)) for n in range(len(inputs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not problems


MAIN = """
#include <stdio.h>
#include <string.h>
#include "model.h"
#include "second.h"
static float x[64 * 64], w[64 * 512], y[64 * 512], z[4 * 8];
static char arena[1 << 20];
int main(void) {
  for (int i = 0; i < 64 * 512; i++) w[i] = (float)(i % 7) / 64;
  for (int i = 0; i < 64 * 64; i++) x[i] = (float)(i % 5) / 8;
  const void *inputs[] = {x, w};
  void *outputs[] = {y};
  int64_t sizes[] = {64};
  int status = model_run(inputs, sizes, outputs, arena, sizeof arena);
  int64_t index[4] = {0, 1, 2, 3}, both[] = {64, 4};
  const void *more[] = {x, index};
  void *last[] = {z};
  status |= second_run(more, both, last, arena, sizeof arena);
  double sum = 0;
  for (int i = 0; i < 64 * 512; i++) sum += y[i] * (i % 3);
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[1024];
  int openmp = 0;
  while (maps && fgets(line, sizeof line, maps)) openmp |= strstr(line, "libgomp") != NULL;
  printf("%d %.9g %g %d\\n", status, sum, z[0], openmp);
  return 0;
}
"""


@pytest.mark.parametrize("emit", ["shared", "obj"])
def test_two_models_in_one_program_with_and_without_a_runtime(tmp_path, emit: str):
    """The same results by a team, by a program linked with libgomp, and by one thread alone."""
    suffix = {"shared": "so", "obj": "o"}[emit]
    for name, text in (("model", LARGE), ("second", DYNAMIC)):
        (tmp_path / f"{name}.mlir").write_text(text)
        target = str(tmp_path / f"{name}.{suffix}")
        source = str(tmp_path / f"{name}.mlir")
        assert dlir_compile([source, "-o", target, f"--emit={emit}", "--threads=2"]) == 0
    (tmp_path / "main.c").write_text(MAIN)
    command = [CC or "", "-o", "main", "main.c", f"model.{suffix}", f"second.{suffix}"]
    said = set[str]()
    for flags in ([], ["-fopenmp"], ["-static"] if emit == "obj" else ["-O1"]):
        line = [*command, "-Wl,-rpath,$ORIGIN", "-lm", *flags]
        if subprocess.run(line, cwd=tmp_path, capture_output=True).returncode != 0 and flags:
            continue  # this system has no OpenMP, or no static libraries
        done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0 and done.stdout.startswith("0 "), (done, flags)
        assert flags != [] or done.stdout.endswith(f" {int(has_libgomp())}\n")
        said.add(done.stdout.rsplit(maxsplit=1)[0])
    assert len(said) == 1


def has_libgomp() -> bool:
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        return False
    return True


def test_one_thread_looks_for_no_runtime(tmp_path):
    path = build(tmp_path, LARGE, "model", "--threads=1")
    assert b"GOMP" not in path.read_bytes()
    assert b"libgomp" in build(tmp_path, LARGE, "team", "--threads=2").read_bytes()


# --- the files -------------------------------------------------------------------------------


def test_the_same_bytes_every_time(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        build(tmp_path / folder, DYNAMIC)
    for name in ("model.so", "model.h"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("stem", "prefix"),
    [("2-layers.v1", "m2_layers_v1"), ("größe", "gr__e"), ("_x", "m_x"), ("int", "int")],
)
def test_symbols_of_odd_names(tmp_path, stem: str, prefix: str):
    path = build(tmp_path, DYNAMIC, stem)
    dll = ctypes.CDLL(str(path))
    for name in ("plan", "run", "message", "set_threads", "inputs", "outputs"):
        assert hasattr(dll, f"{prefix}_{name}")
    assert f"int {prefix}_run(" in path.with_suffix(".h").read_text()
    nm = shutil.which("nm")
    if nm:
        listed = subprocess.run([nm, "-D", "--defined-only", path], capture_output=True, text=True)
        assert all(line.split()[-1].startswith(f"{prefix}_") for line in listed.stdout.splitlines())


def test_names_that_would_end_a_comment(tmp_path):
    text = DYNAMIC.replace("-> tensor<?x8xf32> {", "-> tensor<?x8xf32> attributes "
        '{dlir.arg_names = ["a*/b\\"\\\\", "second"]} {', 1)  # fmt: skip
    path = build(tmp_path, text)
    check = [CC or "", "-fsyntax-only", "-x", "c", str(path.with_suffix(".h"))]
    assert subprocess.run(check, capture_output=True).returncode == 0


def test_wrong_options(tmp_path, capsys, monkeypatch):
    source, out = tmp_path / "m.mlir", str(tmp_path / "m.so")
    source.write_text(DYNAMIC)
    model = str(source)
    assert "-o" in refused(capsys, model, "--emit=shared")
    assert "invalid choice" in refused(capsys, model, "--emit=static", "-o", out)
    assert "--header" in refused(capsys, model, "-o", out, "--header=x.h")
    both = ("--emit=obj", "--compile-to=llvm", "-o", out)
    assert "exclude each other" in refused(capsys, model, *both)
    assert "no libraries" in refused(capsys, model, "--emit=obj", "-o", out, "--target=ref")
    own = ("--emit=obj", "-o", out, f"--header={out}")
    assert "its header" in refused(capsys, model, *own)
    over = ("--emit=obj", "-o", out, f"--header={model}")
    assert "is an input" in refused(capsys, model, *over)
    monkeypatch.setenv("CC", "no-such-compiler")
    assert "cannot run 'no-such-compiler'" in refused(capsys, model, "--emit=shared", "-o", out)
    monkeypatch.setenv("CC", "false")
    assert "does not link" in refused(capsys, model, "--emit=shared", "-o", out)
    monkeypatch.setenv("CC", "'")
    assert "CC" in refused(capsys, model, "--emit=shared", "-o", out)
    monkeypatch.delenv("CC")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no linker was found" in refused(capsys, model, "--emit=shared", "-o", out)
    assert not Path(out).exists() and not (tmp_path / "m.h").exists()
    assert dlir_compile([model, "--emit=obj", "-o", out]) == 0, "an object needs no linker"


def test_a_folder_on_the_way_is_a_file(tmp_path, capsys):
    (tmp_path / "m.mlir").write_text(DYNAMIC)
    (tmp_path / "file").write_text("")
    arguments = (str(tmp_path / "m.mlir"), "--emit=obj", "-o", str(tmp_path / "m.o"))
    error = refused(capsys, *arguments, f"--header={tmp_path / 'file/m.h'}")
    assert "cannot write" in error and not (tmp_path / "m.o").exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder(tmp_path, capsys):
    (tmp_path / "m.mlir").write_text(DYNAMIC)
    (tmp_path / "closed").mkdir(mode=0o500)
    path = str(tmp_path / "closed/m.o")
    assert "cannot write" in refused(capsys, str(tmp_path / "m.mlir"), "--emit=obj", "-o", path)


def test_a_result_that_is_a_number_is_refused(tmp_path, capsys):
    (tmp_path / "m.mlir").write_text(
        "func.func @main(%a: f32) -> f32 {\n  func.return %a : f32\n}\n"
    )
    arguments = (str(tmp_path / "m.mlir"), "--emit=obj", "-o", str(tmp_path / "m.o"))
    assert "returns tensors only" in refused(capsys, *arguments)
