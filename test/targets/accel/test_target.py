"""The target as users see it: compile, run, compare, report; and its file, `DLXB`."""

import json
import struct
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from targets.accel.accel_programs import sample
from targets.accel.test_container import sealed

import dlir
from dlir import api
from dlir.diagnostics import CompileError
from dlir.executable import CompileOptions, ModelledExecutable
from dlir.numpy_types import Array
from dlir.signature import entry_function
from dlir.targets.accel.bundle import Bundle, of_program, read_bundle
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.execute import AccelExecutable
from dlir.targets.accel.host import evaluate, separate
from dlir.targets.accel.program import Program
from dlir.targets.accel.steps import why_on_host
from dlir.targets.accel.target import TARGET, compile_programs

BF16 = ml_dtypes.bfloat16
PROGRAM = """
accel.program @mm machine <"gemmini"> (%x: memref<4x16xbf16> input "x", %w: memref<16x16xbf16> weight "w", %y: memref<4x16xf32> output "y") {
  %a = accel.alloc at 0 : memref<4x16xbf16, "spm">
  %p = accel.alloc at 8 : memref<16x16xbf16, "spm">
  %c = accel.alloc at 0 : memref<4x16xf32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 4} : memref<4x16xbf16>, memref<4x16xbf16, "spm">
  %1 = accel.load %w[0] to %p[0] {count = 16} : memref<16x16xbf16>, memref<16x16xbf16, "spm">
  %2 = accel.matmul %a[0], %p[0] into %c[0] {nx = 4, k = 16, n = 16, start = 1} after %0, %1 : memref<4x16xbf16, "spm">, memref<16x16xbf16, "spm">, memref<4x16xf32, "acc">
  %3 = accel.store %c[0] to %y[0] {count = 4} after %2 : memref<4x16xf32, "acc">, memref<4x16xf32>
}
"""  # noqa: E501
TEXT = f"""{PROGRAM}
func.func @main(%x: tensor<4x16xf32>) -> tensor<4x16xf32>
    attributes {{dlir.result_names = ["y"]}} {{
  %w = dl.param "w" : tensor<16x16xf32>
  %b = dl.param "b" : tensor<16xf32>
  %wt = dl.transpose %w {{perm = [1, 0]}} : tensor<16x16xf32> -> tensor<16x16xf32>
  %wb = dl.cast %wt : tensor<16x16xf32> -> tensor<16x16xbf16>
  %bb = dl.add %b, %b : tensor<16xf32>
  %xb = dl.cast %x : tensor<4x16xf32> -> tensor<4x16xbf16>
  %h = accel.launch @mm(%xb, %wb) : (tensor<4x16xbf16>, tensor<16x16xbf16>) -> tensor<4x16xf32>
  %e = func.call @twice(%h) : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %f = dl.add %e, %bb : (tensor<4x16xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %g = dl.add %f, %b : (tensor<4x16xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  func.return %g : tensor<4x16xf32>
}}
func.func @twice(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {{
  %y = dl.add %x, %x : tensor<4x16xf32>
  func.return %y : tensor<4x16xf32>
}}
func.func @unused() {{
  func.return
}}
"""
RANDOM = np.random.default_rng(3)
PARAMS: dict[str, Array] = {
    "w": RANDOM.standard_normal((16, 16)).astype(np.float32),
    "b": RANDOM.standard_normal(16).astype(np.float32),
}
X = RANDOM.standard_normal((4, 16)).astype(np.float32)


def model() -> dlir.Model:
    return dlir.load(TEXT, params=PARAMS)


def expected(x: Array) -> Array:
    """The same in numpy; sums of 16 products are exact enough to compare loosely."""
    x, w = (v.astype(BF16).astype(np.float32) for v in (x, PARAMS["w"].T))
    return 2 * (x @ w) + 3 * PARAMS["b"]


def compiled() -> AccelExecutable:
    run = dlir.compile(model(), target="accel", machine="gemmini")
    assert isinstance(run, AccelExecutable)
    return run


def test_results_are_those_of_the_reference():
    run = compiled()
    assert isinstance(run, ModelledExecutable)
    assert np.allclose(run(X), expected(X), atol=1e-5)
    assert np.array_equal(run(X), dlir.run(model(), X, target="ref"))
    assert np.array_equal(run(2 * X), dlir.run(model(), 2 * X, target="ref"))


def test_what_follows_from_weights_is_computed_once():
    run = compiled()
    assert sorted(run.bundle.constants) == ["b", "host.0"]
    packed = run.bundle.programs["mm"].data["w"].view(BF16).reshape(16, 16)
    assert np.array_equal(packed, PARAMS["w"].T.astype(BF16))
    assert "dl.transpose" not in str(run.bundle.host) and "@unused" not in str(run.bundle.host)


def test_the_report_has_the_names_of_the_machine_and_the_compiler():
    run = compiled()
    report = json.loads(run.report.to_json())
    assert report["cycles"] == run.timing().cycles > 0
    assert report["macs"] == 4 * 16 * 16
    assert 0 < report["percent_of_bound"] <= 100
    assert (
        sum(report["engines"]["mx"][k] for k in ("busy", "wait", "wait_unit", "idle"))
        == (report["cycles"])
    )
    assert report["programs"]["mm"]["cycles"] == report["cycles"]
    assert report["module_ops"]["accel.launch"] == 1 and report["target"] == "accel"
    assert {phase["name"] for phase in report["phases"]} >= {"constants", "emit", "verify"}
    assert report["memory"]["weights"] == 512
    assert run.timing(serial=True).cycles >= run.timing().cycles


def test_stages_are_text_down_to_bytes():
    run = compiled()
    assert run.stages() == ("scheduled", "isa", "isa-text", "isa-binary")
    assert "accel.launch @mm" in str(run.stage("scheduled"))
    assert "isa.mm" in str(run.stage("isa"))
    assert ".machine gemmini" in str(run.stage("isa-text"))
    assert run.stage("isa-binary") == run.bundle.to_bytes()
    with pytest.raises(CompileError, match="no stage 'dl'"):
        run.stage("dl")


def test_the_model_is_left_as_it_was():
    one = model()
    before = str(one)
    dlir.compile(one, target="accel")
    assert str(one) == before


def test_launches_are_told_to_who_listens():
    run = compiled()
    names: list[str] = []
    run.on_event = lambda name, start, end: names.append(name)
    run(X)
    assert names == ["host", "@mm", "host"]


def test_comparing_allows_what_bf16_loses():
    """The results are float32 but were multiplied in bf16; the search ends when all agrees."""
    found = dlir.compare(model(), [X], targets=("ref", "accel"), machine="gemmini")
    assert found and found.results[0].what == "y"
    assert TARGET.tolerances["float32"] == 5e-2


def test_programs_for_exploration():
    (program,) = compile_programs(model().module, PARAMS, load_machine("gemmini"))
    assert program == compiled().bundle.programs["mm"]


def test_tensors_beyond_dram_stay_on_the_host():
    """Said with both numbers; nothing of their size is allocated, or computed as a constant."""
    text = """func.func @main(%x: tensor<1000000000x16xf32>) -> tensor<1000000000x16xf32> {
      %0 = dl.relu %x : tensor<1000000000x16xf32>
      func.return %0 : tensor<1000000000x16xf32>
    }"""
    run = dlir.compile(dlir.load(text), target="accel", machine="gemmini")
    assert isinstance(run, AccelExecutable) and not run.bundle.programs
    (op,) = (op for op in run.bundle.host.walk() if op.name == "structured.generic")
    assert "take 64000000000 bytes of DRAM, which has 34359738368" in why_on_host(op)


def test_little_work_is_interpreted_and_much_is_compiled():
    text = 'func.func @main() {{\n%w = dl.param "w" : tensor<{0}xf32>\n%y = dl.add %w, %w : tensor<{0}xf32>\nfunc.return\n}}'  # noqa: E501
    for size in (8, 20000):
        module = dlir.load(text.format(size)).module
        (value,) = [op.results[0] for op in module.walk() if op.name == "dl.add"]
        w = np.arange(size, dtype=np.float32)
        found = evaluate([value, value], {"w": w}, CompileOptions())
        assert np.array_equal(found[value], 2 * w)


def test_a_weight_that_depends_on_an_input_is_refused():
    text = TEXT.replace("@mm(%xb, %wb)", "@mm(%xb, %late)").replace(
        "  %h =", "  %late = dl.concat %xb, %xb, %xb, %xb {axis = 0} : (tensor<4x16xbf16>, "
        "tensor<4x16xbf16>, tensor<4x16xbf16>, tensor<4x16xbf16>) -> tensor<16x16xbf16>\n  %h ="
    )  # fmt: skip
    with pytest.raises(CompileError, match="weight 'w' of @mm depends on an input"):
        dlir.compile(dlir.load(text, params=PARAMS), target="accel")


def test_launches_elsewhere_are_refused():
    text = TEXT.replace(
        "  %y = dl.add %x, %x : tensor<4x16xf32>",
        """  %z = dl.param "z" : tensor<4x16xbf16>
  %w = dl.param "v" : tensor<16x16xbf16>
  %y = accel.launch @mm(%z, %w) : (tensor<4x16xbf16>, tensor<16x16xbf16>) -> tensor<4x16xf32>""",
    )
    params = PARAMS | {"z": np.zeros((4, 16), BF16), "v": np.zeros((16, 16), BF16)}
    with pytest.raises(CompileError, match="is not directly in @main"):
        dlir.compile(dlir.load(text, params=params), target="accel")


def test_a_program_that_cannot_be_proven_is_not_compiled():
    """Without its token the matmul races with the load."""
    text = TEXT.replace("after %0, %1 :", "after %0 :")
    with pytest.raises(CompileError, match="race"):
        dlir.compile(dlir.load(text, params=PARAMS), target="accel")


# --- files ----------------------------------------------------------------------------------------

GOOD = compiled().bundle.to_bytes()


LARGE = f"""{PROGRAM}
func.func @main(%x: tensor<4x16xbf16>) -> tensor<2x4x16xf32> {{
  %w = dl.constant dense<2.0> : tensor<16x16xbf16>
  %y = accel.launch @mm(%x, %w) : (tensor<4x16xbf16>, tensor<16x16xbf16>) -> tensor<4x16xf32>
  %c = dl.constant dense<1.0> : tensor<2x4x16xf32>
  %z = dl.add %c, %y : (tensor<2x4x16xf32>, tensor<4x16xf32>) -> tensor<2x4x16xf32>
  func.return %z : tensor<2x4x16xf32>
}}
"""


def test_large_constants_of_the_host_are_no_text():
    """A splat of a few characters would take memory of any size when it is read."""
    run = dlir.compile(LARGE, target="accel")
    assert isinstance(run, AccelExecutable)
    again = read_bundle(run.bundle.to_bytes())
    assert "dense" not in str(again.host)
    assert (again.constants["constant.0"] == np.ones((2, 4, 16), np.float32)).all()
    assert (run(np.ones((4, 16), BF16)) == 33).all()
    with pytest.raises(CompileError, match="at most 512 can be written"):
        read_bundle(Bundle(dlir.load(BOMB).module, {}, {}).to_bytes())


BOMB = "func.func @main() {\n%x = dl.constant dense<1.0> : tensor<100000xf32>\nfunc.return\n}"


def test_a_file_gives_the_model_back(tmp_path: Path):
    path = tmp_path / "m.dlx"
    path.write_bytes(GOOD)
    run = dlir.compile(path, target="accel")
    assert isinstance(run, AccelExecutable) and run.bundle.to_bytes() == GOOD
    assert np.array_equal(run(X), compiled()(X)) and run.result_names == ["y"]
    assert run.stage("isa-binary") == GOOD and "isa.mm" in str(run.stage("isa"))
    with pytest.raises(CompileError, match="compiled for target 'accel', not for 'cpu'"):
        dlir.compile(path)


def test_a_single_program_is_a_model(tmp_path: Path):
    program = compiled().bundle.programs["mm"]
    (tmp_path / "p.dlx").write_bytes(program.to_bytes())
    run = dlir.compile(tmp_path / "p.dlx", target="accel", machine="gemmini")
    y = run(X.astype(BF16))
    assert run.result_names == ["y"] and y.dtype == np.float32
    assert np.allclose(2 * y + 3 * PARAMS["b"], expected(X), atol=1e-5)


def test_a_program_whose_symbols_have_no_types_takes_bytes():
    bundle = of_program(sample())
    assert bundle.arguments("program") == {"input": ["x"], "output": ["y"]}
    inputs, outputs = bundle.entry.function_type.inputs, bundle.entry.function_type.outputs
    assert [str(t) for t in (*inputs, *outputs)] == ["tensor<16x16xi8>", "tensor<64xi8>"]


def rejected(data: bytes) -> str:
    with pytest.raises(CompileError) as caught:
        read_bundle(data, name="m.dlx")
    return caught.value.diagnostics[0].message


def rebuilt(**changes: object) -> bytes:
    """The good model with parts of it changed."""
    good = read_bundle(GOOD)
    parts = {"host": good.host, "programs": good.programs, "constants": good.constants}
    return Bundle(**(parts | changes)).to_bytes()  # pyright: ignore[reportArgumentType]


def read_host(data: bytes) -> str:
    offset, size = struct.unpack_from("<QQ", data, 80 + 8)
    return data[offset : offset + size].decode()


def with_host(old: str, new: str) -> bytes:
    """The good model with another text of the same length, sealed."""
    text = read_host(GOOD)
    assert old in text and len(old) == len(new)
    return sealed(GOOD.replace(text.encode(), text.replace(old, new).encode()))


def test_files_that_contradict_themselves():
    assert rejected(GOOD[:-1]).startswith("the file is truncated")
    assert rejected(sealed(GOOD[:16] + bytes(32) + GOOD[48:])) == (
        "program @mm is for another machine than the head says"
    )
    assert rejected(rebuilt(programs={})).startswith("1 programs are declared, but 0 are there")
    assert rejected(rebuilt(constants={})) == "'dl.param' no weight named \"host.0\" was given"
    other = Program.from_bytes(compiled().bundle.programs["mm"].to_bytes())
    object.__setattr__(other, "data", {})
    assert rejected(rebuilt(programs={"mm": other})) == ("program @mm lacks the contents of 'w'")


def test_a_host_that_does_not_fit_its_programs():
    assert rejected(with_host('output "y"', 'output "z"')) == "program @mm is not as it is declared"
    assert rejected(with_host("memref<4x16xbf16>", "memref<4x15xbf16>")).startswith(
        "'accel.launch' has operands"
    )
    assert rejected(with_host('dl.param "b" :', 'dl.param "c" :')) == (
        "'dl.param' no weight named \"c\" was given"
    )
    assert rejected(with_host("  func.func", "\t func.func")) == (
        "section '.host' is not in canonical form"
    )
    assert rejected(with_host("dl.add", "dl.adq")) == "unknown op 'dl.adq'"


def test_api_opens_artifacts_for_their_machine_only(tmp_path: Path):
    (tmp_path / "m.dlx").write_bytes(GOOD)
    options = CompileOptions(machine="gemmini", settings={"spm.bytes": "131072"})
    with pytest.raises(CompileError, match="the program is for machine 'gemmini'"):
        api.open_artifact(tmp_path / "m.dlx", options)


def test_separating_needs_one_block():
    text = TEXT.replace('  %w = dl.param "w"', '  cf.br ^next\n^next:\n  %w = dl.param "w"', 1)
    module = dlir.load(text).module
    with pytest.raises(CompileError, match="must be a single block"):
        separate(module, entry_function(module), {}, CompileOptions())


def test_a_line_sums_up_the_time() -> None:
    """Numbers of the report, under the machine's name."""
    timing = compiled().timing()
    total = json.loads(timing.to_json())
    line = timing.summary()
    assert line.startswith(f"gemmini: {total['cycles']:,} cycles, ")
    assert f"{total['percent_of_bound']:.1f} % of the bound of the whole" in line
    assert "of its layers" not in line  # a program that was written by hand says of no layers
