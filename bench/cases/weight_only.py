"""Products with weights of 4 and 8 bits in blocks of 32, beside onnxruntime's MatMulNBits.

`moved` counts the packed weights and their scales: what a product of few rows has to read.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from bench import onnx_models
from bench.program import Case, Program, program_case
from bench.text import random, tensor

BLOCK = 32


def _program(rows: int, inner: int, columns: int, bits: int) -> Program:
    """`x @ dequantize(w)^T`, w as MatMulNBits has it: unsigned, around half of the range."""
    generator = np.random.default_rng(bits)
    blocks = inner // BLOCK
    shape = (columns, blocks, BLOCK * bits // 8)
    codes = generator.integers(0, 256, shape, dtype=np.uint8)
    scales = generator.uniform(0.01, 0.1, (columns, blocks)).astype(np.float32)
    x = random(rows, inner)
    middle = 0x88 if bits == 4 else 0x80
    signed = (codes ^ np.uint8(middle)).reshape(columns, -1)
    return Program(
        _text(rows, inner, columns, bits),
        {"x": x},
        partial(_model, x, codes, scales, (inner, columns, bits)),
        params={"w": signed if bits == 4 else signed.view(np.int8), "s": scales},
        kind="matmul",
        flop=2 * rows * inner * columns,
        moved=codes.nbytes + scales.nbytes,
    )


def _text(rows: int, inner: int, columns: int, bits: int) -> str:
    whole, scales = f"tensor<{columns}x{inner}xi{bits}>", tensor((columns, inner // BLOCK))
    bytes = f"tensor<{columns}x{inner // 2}xui8>"
    packed = f"""%p = dl.param "w" : {bytes}
          %q = dl.unpack %p : {bytes} -> {whole}"""
    plain = f'%q = dl.param "w" : {whole}'
    x, w, y = tensor((rows, inner)), tensor((columns, inner)), tensor((rows, columns))
    return f"""
        func.func @main(%x: {x}) -> {y} {{
          {packed if bits == 4 else plain}
          %s = dl.param "s" : {scales}
          %w = dl.dequantize %q, %s {{axis = 1, block = {BLOCK}}} : ({whole}, {scales}) -> {w}
          %y = dl.matmul %x, %w acc f32 {{transpose_rhs}} : ({x}, {w}) -> {y}
          func.return %y : {y}
        }}"""


def _model(
    x: np.ndarray, codes: np.ndarray, scales: np.ndarray, sizes: tuple[int, int, int]
) -> onnx_models.ModelProto:
    inner, columns, bits = sizes
    product = onnx_models.node(
        "MatMulNBits", ["x", "w", "s"], domain=onnx_models.MICROSOFT,
        K=inner, N=columns, bits=bits, block_size=BLOCK,
    )  # fmt: skip
    return onnx_models.model([product], {"x": x}, {"w": codes, "s": scales})


CASES: list[Case] = [
    program_case(
        f"weight_only/int{bits}-{rows}x{inner}x{columns}",
        partial(_program, rows, inner, columns, bits),
    )
    for rows, inner, columns in ((1, 4096, 4096), (4, 4096, 4096), (128, 1024, 1024))
    for bits in (8, 4)
]
