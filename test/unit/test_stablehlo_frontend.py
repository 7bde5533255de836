"""The StableHLO frontend: what it takes for a model, names, weights, support, what comes of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.diagnostics import CompileError
from dlir.frontends.stablehlo import import_stablehlo
from dlir.frontends.stablehlo.support import check_support
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.signature import argument_names, entry_function, result_names

DATA = Path(__file__).parents[1] / "data" / "stablehlo"
TANH = """
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.tanh %x : tensor<3xf32>
  func.return %0 : tensor<3xf32>
}
"""


def ops_of(model: dlir.api.Model, passes: str = "") -> Counter[str]:
    registry = default_registry()
    if passes:
        PassManager(passes, registry=registry).run(registry.context(), model.module)
    return Counter(op.name for op in model.module.walk())


@pytest.mark.parametrize("kind", ["text", "module", "path"])
def test_sources(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "tanh.mlir"
    path.write_text(TANH)
    module = parse_module(TANH, default_registry().context())
    model = dlir.load({"text": TANH, "module": module, "path": path}[kind])
    assert ops_of(model)["dl.tanh"] == 1
    assert "stablehlo.tanh" in {op.name for op in module.walk()}, "the source is left as it was"


def test_text_of_dl_is_no_foreign_model() -> None:
    model = dlir.load(TANH.replace("stablehlo.", "dl."))
    assert "dlir.arg_names" not in entry_function(model.module).attributes


def test_names() -> None:
    entry = entry_function(dlir.load(DATA / "mlp.mlir").module)
    assert argument_names(entry)[:2] == ["params[0]['b']", "params[0]['w']"]
    assert argument_names(entry)[-1] == "x"
    assert result_names(entry) == ["result"]
    assert result_names(entry_function(dlir.load(DATA / "lstm.mlir").module)) == [
        "result[0][0]", "result[0][1]", "result[1]",
    ]  # fmt: skip


def test_names_of_symbolic_models() -> None:
    """There @main only checks sizes, and its arguments have no names."""
    assert argument_names(entry_function(dlir.load(DATA / "symbolic.mlir").module)) == ["x", "w"]


def test_names_that_occur_twice() -> None:
    text = """
func.func @main(%a: tensor<i1> loc("x"), %b: tensor<i1> {jax.arg_info = "x"}, %c: tensor<i1>)
    -> (tensor<i1> {jax.result_info = "y"}, tensor<i1>) {
  %0 = stablehlo.and %a, %b : tensor<i1>
  func.return %0, %c : tensor<i1>, tensor<i1>
}"""
    entry = entry_function(dlir.load(text).module)
    assert argument_names(entry) == ["x", "x.1", "arg2"]
    assert result_names(entry) == ["y", "o1"]
    assert "arg_attrs" not in entry.properties and "res_attrs" not in entry.properties


def test_large_constants_are_weights(tmp_path: Path) -> None:
    model = dlir.load(DATA / "constants.mlir")
    assert [array.shape for array in model.params.values()] == [(3, 20)]
    model.save(tmp_path / "saved.mlir")
    x = np.eye(3, dtype=np.float32)
    first, _ = dlir.run(model, x)
    again, _ = dlir.run(tmp_path / "saved.mlir", x)
    np.testing.assert_array_equal(first, again)


def test_sizes_that_break_the_exported_constraints() -> None:
    """The model was exported for 2 * b rows, b >= 2."""
    compiled = dlir.compile(DATA / "symbolic.mlir", "ref")
    weight = np.zeros((4, 3), np.float32)
    compiled(np.zeros((8, 4), np.float32), weight)
    for rows in (2, 5):
        with pytest.raises(ValueError, match=r"polymorphic|constraint"):
            compiled(np.zeros((rows, 4), np.float32), weight)


@pytest.mark.parametrize(
    "model, op",
    [
        ("layer_norm", "dl.layer_norm"),
        ("attention", "dl.attention"),
        ("mlp", "dl.softmax"),
        ("activations", "dl.gelu"),
        ("causal", "dl.softmax"),
        ("conv_net", "dl.max_pool2d"),
        ("windows", "dl.cumsum"),
        ("sorting", "dl.topk"),
        ("indexing", "dl.gather"),
    ],
)
def test_what_models_become(model: str, op: str) -> None:
    found = ops_of(dlir.load(DATA / f"{model}.mlir"), "builtin.module(dl-raise-composites)")
    assert found[op] >= 1


def test_embeddings_are_one_gather() -> None:
    text = (DATA / "embedding.mlir").read_text()
    found = ops_of(dlir.load(text))
    assert found["dl.gather"] == 1 and not found["dl.transpose"] and not found["dl.reshape"]


def test_support_of_what_is_supported() -> None:
    table, fine = check_support(DATA / "attention.mlir")
    assert fine
    assert "stablehlo.dot_general       2      yes" in table


def test_support_names_what_is_not_supported() -> None:
    text = """
func.func @main(%x: tensor<8xcomplex<f32>>, %y: tensor<4xf32>) -> tensor<8xf32> {
  %0 = stablehlo.fft %x, type = FFT, length = [8]
      : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>
  %1 = stablehlo.real %0 : (tensor<8xcomplex<f32>>) -> tensor<8xf32>
  %2 = stablehlo.custom_call @mine(%y) : (tensor<4xf32>) -> tensor<4xf32>
  %3 = stablehlo.tanh %1 : tensor<8xf32>
  func.return %3 : tensor<8xf32>
}"""
    table, fine = check_support(parse_module(text, default_registry().context()))
    assert not fine
    rows = {line.split()[0]: line.split()[2] for line in table.splitlines()[1:]}
    refused = {name for name, supported in rows.items() if supported == "no"}
    assert refused == {"stablehlo.custom_call"}
    assert 'target "mine"' in table


def test_bytecode_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "model.mlir"
    path.write_bytes(b"ML\xefR\x01StableHLO")
    with pytest.raises(CompileError, match=r"bytecode; only text.*\n.*mlir_module\(\)"):
        dlir.load(path)


def test_other_objects_are_refused() -> None:
    with pytest.raises(CompileError, match="cannot import a int"):
        import_stablehlo(1)


def test_exponentially_many_ops_are_refused() -> None:
    """Forty functions that each call the next one twice stand for 2^40 ops."""
    functions = [
        f"""func.func private @f{n}(%x: tensor<f32>) -> tensor<f32> {{
  %0 = func.call @f{n + 1}(%x) : (tensor<f32>) -> tensor<f32>
  %1 = func.call @f{n + 1}(%0) : (tensor<f32>) -> tensor<f32>
  func.return %1 : tensor<f32>
}}"""
        for n in range(40)
    ]
    leaf = TANH.replace("@main", "private @f40").replace("3xf32", "f32")
    body = "%0 = func.call @f0(%x) : (tensor<f32>) -> tensor<f32>\n  func.return %0 : tensor<f32>"
    main = f"func.func @main(%x: tensor<f32>) -> tensor<f32> {{\n  {body}\n}}"
    text = "\n".join([main, *functions, leaf])
    with pytest.raises(CompileError, match="calls stand for more than"):
        dlir.load(text)


def test_an_exported_function_of_jax() -> None:
    jax = pytest.importorskip("jax")
    shape = jax.ShapeDtypeStruct((3,), np.float32)
    exported = jax.export.export(jax.jit(lambda x: jax.numpy.tanh(x) * 2))(shape)
    (result,) = [dlir.run(exported, np.array([0.0, 1.0, -1.0], np.float32))]
    np.testing.assert_allclose(result, 2 * np.tanh([0.0, 1.0, -1.0]), 1e-6)
