"""The verbs: load, compile, run, compare; weights; what is said when something does not fit."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import dlir
from dlir import api
from dlir.executable import CompileOptions, Executable
from dlir.files import replacing
from dlir.inputs import read_input
from dlir.numpy_types import Array
from dlir.outputs import value_text, write_npz
from dlir.params import Weights, write_weights
from dlir.registry import Registry, UsageError, default_registry
from dlir.targets.ref import RefExecutable, RefTarget

TEXT = """
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = dl.param "w" : tensor<4x2xf32>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %a = dl.abs %y : tensor<?x2xf32>
  %s = dl.sqrt %a : tensor<?x2xf32>
  %z = dl.add %s, %s : tensor<?x2xf32>
  func.return %z : tensor<?x2xf32>
}
"""
W = np.arange(8, dtype=np.float32).reshape(4, 2) - 3
X = np.ones((3, 4), np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "m.mlir").write_text(TEXT)
    write_weights(tmp_path / "m.safetensors", {"w": W, "unused": np.ones(3, np.bool_)})
    return tmp_path / "m.mlir"


def test_weights_beside_the_text_are_found(path: Path) -> None:
    run = dlir.compile(dlir.load(path), target="ref")
    assert np.allclose(run(X), 2 * np.sqrt(np.abs(X @ W)))
    assert run.report.ops["dl.matmul"] == 1
    assert json.loads(run.report.to_json())["memory"] == {"params": W.nbytes}
    assert "dl.matmul" in run.report.to_html()


def test_run_from_text_with_weights_given() -> None:
    assert dlir.run(dlir.load(TEXT, params={"w": W}), X, target="ref").shape == (3, 2)


def test_results_are_one_array_a_tuple_or_none() -> None:
    def run(signature: str, returned: str) -> Any:
        text = f"func.func @f(%a: f32){signature} {{\nfunc.return {returned}\n}}"
        return dlir.run(text, 2.0, target="ref")

    assert run("", "") is None
    assert run(" -> f32", "%a : f32") == 2.0
    assert run(" -> (f32, f32)", "%a, %a : f32, f32") == (2.0, 2.0)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, 'no weight named "w" was given'),
        ({"v": W}, 'no weight named "w" was given'),
        ({"w": W.T}, 'weight "w": expected tensor<4x2xf32>, got 2x4xf32'),
        ({"w": W.astype(np.float64)}, 'weight "w": expected tensor<4x2xf32>, got 4x2xf64'),
    ],
)
def test_wrong_weights_are_refused_before_running(params: Any, message: str) -> None:
    with pytest.raises(dlir.CompileError, match=message):
        dlir.compile(dlir.load(TEXT, params=params), target="ref")


def test_weights_of_every_type_survive(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    names = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "bool"]
    names += ["uint64", "uint32", "uint16", "uint8"]
    dtypes = [*map(np.dtype, names), np.dtype(ml_dtypes.bfloat16)]
    arrays = {dtype.name: np.arange(6).reshape(2, 3).astype(dtype) for dtype in dtypes}
    arrays |= {"scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 3), np.float32)}
    write_weights(file, arrays)
    read = Weights(file)
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype and read[name].shape == array.shape
        assert np.array_equal(read[name], array)
    assert not read["float32"].flags.writeable


def test_our_files_are_what_safetensors_reads(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    write_weights(tmp_path / "a", {"w": W})
    assert np.array_equal(load_file(tmp_path / "a")["w"], W)
    save_file({"w": W}, tmp_path / "b", metadata={"format": "pt"})
    assert np.array_equal(Weights(tmp_path / "b")["w"], W)


@pytest.mark.parametrize("keep", [0, 4, 20, -1])
def test_a_truncated_weight_file_is_named(path: Path, keep: int) -> None:
    file = path.with_suffix(".safetensors")
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(dlir.CompileError, match=r"m\.safetensors"):
        weights = Weights(file)
        [weights[name] for name in weights]


@pytest.mark.parametrize(
    "entry", [{"dtype": "F32"}, {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}, 7]
)
def test_a_senseless_header_is_a_diagnostic(tmp_path: Path, entry: Any) -> None:
    text = json.dumps({"w": entry}).encode()
    (tmp_path / "w").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    with pytest.raises(dlir.CompileError, match="bad weight file"):
        Weights(tmp_path / "w")["w"]


def test_unknown_names_are_refused() -> None:
    model = dlir.load(TEXT, params={"w": W})
    with pytest.raises(UsageError, match="unknown target 'reff'; did you mean 'ref'"):
        dlir.compile(model, target="reff")
    with pytest.raises(dlir.CompileError, match="no function '@g'"):
        dlir.compile(model, target="ref", function="g")
    with pytest.raises(dlir.CompileError, match="cannot load a int"):
        dlir.load(7)
    with pytest.raises(dlir.CompileError, match="cannot read"):
        dlir.load("nowhere.mlir")


def test_saving_writes_both_files_or_none(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "n.mlir"
    dlir.load(path).save(out)
    assert list(Weights(out.with_suffix(".safetensors"))) == ["w"]
    assert np.allclose(dlir.run(out, X, target="ref"), dlir.run(path, X, target="ref"))
    before = out.read_bytes()
    api.Model(dlir.load(path).module, {}).save(tmp_path / "text" / "only.mlir")
    assert [p.name for p in (tmp_path / "text").iterdir()] == ["only.mlir"]
    with pytest.raises(RuntimeError), replacing(out) as file:
        file.write(b"half")
        raise RuntimeError
    assert out.read_bytes() == before
    assert sorted(p.name for p in out.parent.iterdir()) == ["n.mlir", "n.safetensors"]


class BrokenTarget(RefTarget):
    """Computes every `dl.sqrt` wrongly; `fused` only when its result is not asked for."""

    name = "broken"

    def __init__(self, fused: bool) -> None:
        self.fused = fused

    def compile(
        self, module: ModuleOp, params: Mapping[str, Array], options: CompileOptions
    ) -> Executable:
        executable = super().compile(module, params, options)
        assert isinstance(executable, RefExecutable)
        function = executable.entry
        returned = {id(v.owner) for v in function.body.block.last_op.operands}

        def spoil(op: Any, results: Any) -> None:
            if op.name == "dl.sqrt" and not (self.fused and id(op) in returned):
                results[0][...] += 1

        executable._interpreter.observers = [spoil]
        executable.execute = lambda arguments: executable._interpreter.call(  # type: ignore
            function.sym_name.data, *arguments
        )
        return executable


def registry_with(target: Any) -> Registry:
    registry = default_registry().copy()
    registry.add("target", "broken", "test", lambda: target)
    return registry


def test_compare_names_the_first_op_that_differs(path: Path) -> None:
    registry = registry_with(BrokenTarget(fused=False))
    found = dlir.compare(path, [X], targets=["ref", "broken"], registry=registry)
    assert not found
    assert found.divergence is not None
    assert "'dl.sqrt' is the first op that differs between ref and broken" in str(found)
    assert "m.mlir:6:8" in str(found)
    assert not found.results[0].agrees and found.results[0].absolute == pytest.approx(2.0)


def test_compare_says_when_only_the_whole_differs(path: Path) -> None:
    registry = registry_with(BrokenTarget(fused=True))
    found = dlir.compare(path, [X], targets=["ref", "broken"], registry=registry)
    assert not found and "no single op does" in str(found)


def test_compare_agrees_with_itself(path: Path) -> None:
    found = dlir.compare(path, [X], targets=["ref", "ref"])
    assert found and found.divergence is None and "o0: agrees" in str(found)


def test_phases_are_dumped(path: Path, tmp_path: Path) -> None:
    seen: list[Any] = []
    dlir.compile(
        path,
        target="ref",
        dump_phases_to=tmp_path / "phases",
        progress=lambda *step: seen.append(step),
    )
    assert [p.name for p in (tmp_path / "phases").iterdir()] == ["1-input.mlir"]
    assert seen == [("input", 1, 1)]


def test_archives_of_results(tmp_path: Path) -> None:
    narrow = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    write_npz(tmp_path / "o.npz", {"a": np.int32(7), "b": narrow})
    archive = np.load(tmp_path / "o.npz")
    assert archive["a"].dtype == np.int32 and archive["a"][()] == 7
    assert archive["b"].dtype == np.float32 and archive["b"].tolist() == [1.5, -2.0]


def test_text_of_results() -> None:
    assert value_text(np.float32(0.1)) == "f32 = 0.1"
    assert value_text(np.array([[1, -2]], np.int8)) == "1x2xi8 = [[1, -2]]"
    assert value_text(np.array([np.nan, 2], ml_dtypes.bfloat16)) == "2xbf16 = [nan, 2.]"
    assert len(value_text(np.zeros(100_000, np.float32))) < 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2x2xf32=1.5", np.full((2, 2), 1.5, np.float32)),
        ("2xi64=1,-2", np.array([1, -2])),
        ("i8=0x7f", np.int8(127)),
        ("i1=true", np.bool_(True)),
        ("bf16=1.5", ml_dtypes.bfloat16(1.5)),
        ("0x3xf32=0", np.zeros((0, 3), np.float32)),
        ("index=3", np.int64(3)),
        ("f64=0.1", np.float64(0.1)),
    ],
)
def test_input_forms(text: str, value: Any) -> None:
    got = read_input(text)
    assert got.dtype == value.dtype and got.shape == value.shape and np.array_equal(got, value)


@pytest.mark.parametrize(
    "text", ["f32", "f32=", "f32=x", "-1xf32=1", "2xf32=1,2,3", "i1=2", "i8=1.5"]
)
def test_bad_inputs_are_usage_errors(text: str) -> None:
    with pytest.raises(UsageError, match="--input"):
        read_input(text)


def test_input_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    assert np.array_equal(read_input(str(tmp_path / "x.npy")), X)
    (tmp_path / "bad.npy").write_bytes(b"nothing")
    np.save(tmp_path / "object.npy", np.array([{}]), allow_pickle=True)
    for name in ("bad.npy", "object.npy", "none.npy"):
        with pytest.raises(dlir.CompileError, match="cannot read"):
            read_input(str(tmp_path / name))


def test_threads_come_from_the_option_before_the_environment(monkeypatch: Any) -> None:
    monkeypatch.delenv("DLIR_NUM_THREADS", raising=False)
    assert CompileOptions().thread_count() is None
    monkeypatch.setenv("DLIR_NUM_THREADS", "3")
    assert CompileOptions().thread_count() == 3
    assert CompileOptions(threads=2).thread_count() == 2
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv("DLIR_NUM_THREADS", wrong)
        with pytest.raises(UsageError, match="threads must be positive"):
            CompileOptions().thread_count()
