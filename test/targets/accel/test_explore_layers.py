"""How a model is split into layers, and what is measured of one."""

from __future__ import annotations

import numpy as np
import pytest
from targets.accel.gemm import Gemm, gemm_program

from dlir.api import load, run
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.explore.evaluate import measure
from dlir.targets.accel.explore.layers import Layer, layers_of
from dlir.targets.accel.simulator.report import report_program


def layers(body: str, signature: str = "%x: tensor<4x4xf32>") -> list[Layer]:
    result = signature.split(": ")[1]
    text = f"func.func @main({signature}) -> {result} {{\n{body}\n}}"
    return layers_of(load(text).module)


T, M = "tensor<4x4xf32>", "(tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>"


def ops(layer: Layer) -> list[str]:
    return [op.name for op in load(layer.text).module.body.block.first_op.body.block.ops]


def test_a_contraction_takes_what_follows_and_weights_have_no_names() -> None:
    found = layers(f"""
        %u = dl.param "u" : {T}
        %v = dl.param "v" : {T}
        %0 = dl.matmul %x, %u acc f32 : {M}
        %1 = dl.relu %0 : {T}
        %2 = dl.matmul %1, %v acc f32 : {M}
        %3 = dl.relu %2 : {T}
        func.return %3 : {T}""")
    assert [layer.count for layer in found] == [2] and found[0].name == "dl.matmul <string>:5:14"
    assert ops(found[0]) == ["dl.param", "dl.matmul", "dl.relu", "func.return"]
    assert '"w0"' in found[0].text and '"u"' not in found[0].text


def test_a_value_with_two_uses_ends_its_layer() -> None:
    found = layers(f"""
        %0 = dl.matmul %x, %x acc f32 : {M}
        %1 = dl.relu %0 : {T}
        %2 = dl.matmul %1, %0 acc f32 : {M}
        %3 = dl.add %2, %1 : {T}
        func.return %3 : {T}""")
    assert [ops(layer)[:-1] for layer in found] == [
        ["dl.matmul"], ["dl.relu"], ["dl.matmul", "dl.add"],
    ]  # fmt: skip


def test_a_sum_of_two_contractions_goes_with_the_later() -> None:
    found = layers(f"""
        %0 = dl.matmul %x, %x acc f32 : {M}
        %1 = dl.softmax %x {{axis = 1}} : {T}
        %2 = dl.matmul %1, %x acc f32 : {M}
        %3 = dl.add %0, %2 : {T}
        func.return %3 : {T}""")
    assert [ops(layer)[:-1] for layer in found] == [
        ["dl.matmul"], ["dl.softmax"], ["dl.matmul", "dl.add"],
    ]  # fmt: skip


def test_what_is_known_before_the_run_is_no_layer() -> None:
    found = layers(f"""
        %u = dl.param "u" : {T}
        %c = dl.constant dense<2.0> : tensor<f32>
        %s = dl.mul %u, %c : ({T}, tensor<f32>) -> {T}
        %t = dl.add %s, %u : {T}
        %0 = dl.matmul %x, %t acc f32 : {M}
        func.return %0 : {T}""")
    assert [sorted(ops(layer)) for layer in found] == [
        ["dl.add", "dl.constant", "dl.matmul", "dl.mul", "dl.param", "func.return"]
    ]


def test_parts_of_a_split_do_not_join_their_layer() -> None:
    found = layers(f"""
        %a, %b = dl.split %x {{axis = 0, sizes = [2, 2]}}
            : {T} -> (tensor<2x4xf32>, tensor<2x4xf32>)
        %c = dl.softmax %b {{axis = 1}} : tensor<2x4xf32>
        %d = dl.add %a, %c : tensor<2x4xf32>
        %e = dl.concat %d, %d {{axis = 0}} : (tensor<2x4xf32>, tensor<2x4xf32>) -> {T}
        func.return %e : {T}""")
    assert [ops(layer)[0] for layer in found] == ["dl.split", "dl.softmax", "dl.concat"]
    assert ops(found[1]) == ["dl.softmax", "dl.add", "func.return"]


def test_layers_compute_what_the_model_computes() -> None:
    """Run one after the other, by hand, they give the model's result."""
    text = f"""func.func @main(%x: {T}) -> {T} {{
        %0 = dl.matmul %x, %x acc f32 : {M}
        %1 = dl.matmul %0, %x acc f32 : {M}
        %2 = dl.sub %1, %x : {T}
        func.return %2 : {T} }}"""
    first, second = layers_of(load(text).module)
    x = np.arange(16, dtype=np.float32).reshape(4, 4)
    middle = run(first.text, x, target="ref")
    np.testing.assert_array_equal(
        run(second.text, middle, x, target="ref"), run(text, x, target="ref")
    )


def test_sizes_that_are_known_are_no_hindrance() -> None:
    """What `dl-specialize` leaves of sizes goes along with the layer that uses them."""
    found = layers(f"""
        %n = arith.constant 4 : index
        %0 = dl.matmul %x, %x acc f32 : {M}
        %1 = dl.softmax %0 {{axis = 1}} : {T}
        func.return %1 : {T}""")
    assert [ops(layer)[0] for layer in found] == ["dl.matmul", "dl.softmax"]


def test_what_cannot_be_split_is_one_layer() -> None:
    dynamic = "func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {\n" + (
        "%0 = dl.relu %x : tensor<?xf32>\nfunc.return %0 : tensor<?xf32> }"
    )
    module = load(dynamic).module
    assert [(x.name, x.count) for x in layers_of(module)] == [("@main", 1)]
    assert "?" in layers_of(module)[0].text
    static = load(dynamic.replace("?", "4")).module
    assert layers_of(static, whole=True) == [Layer("@main", str(load(static)), 1)]
    assert layers_of(static)[0].name == "dl.relu <string>:2:6"


def test_measures_are_those_of_the_report() -> None:
    machine = load_machine("gemmini")
    programs = [gemm_program(machine, Gemm(64, 64, 64, 32, 32, 32, depth)) for depth in (1, 2)]
    found, reports = measure(programs), [report_program(p) for p in programs]
    assert found.cycles == sum(r.cycles for r in reports)
    assert found.seconds * 1e6 == pytest.approx(sum(r.microseconds for r in reports))
    assert found.energy_pj == pytest.approx(sum(r.energy["total_pj"] for r in reports))
    assert found.macs == 2 * 64**3
