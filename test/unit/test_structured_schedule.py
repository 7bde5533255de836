"""`structured-schedule` on networks that are deep."""

from __future__ import annotations

from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.printer import print_module
from dlir.registry import default_registry

LAYERS = 2000


def test_a_product_along_lanes_after_many_layers() -> None:
    """Whether its right side is a weight is found out without a call for every layer."""
    views = "\n".join(
        f"%{i + 1} = structured.reshape %{i} : tensor<4x8xf32> to tensor<4x8xf32>"
        for i in range(LAYERS)
    )
    module = parse_module(
        f"""
        func.func @f(%a: tensor<6x4xf32>, %0: tensor<4x8xf32>) -> tensor<6x8xf32> {{
          {views}
          %e = tensor.empty() : tensor<6x8xf32>
          %y = structured.generic {{maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n),
              (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}}
              ins(%a, %{LAYERS} : tensor<6x4xf32>, tensor<4x8xf32>) outs(%e : tensor<6x8xf32>) {{
          ^bb0(%p: f32, %q: f32, %s: f32):
            %t = arith.mulf %p, %q : f32
            %u = arith.addf %s, %t : f32
            structured.yield %u : f32
          }} -> tensor<6x8xf32>
          func.return %y : tensor<6x8xf32>
        }}""",
        default_registry().context(),
    )
    PassManager("structured-schedule").run(default_registry().context(), module)
    assert "kernel = contraction" in print_module(module)
    assert "pack" not in print_module(module)
