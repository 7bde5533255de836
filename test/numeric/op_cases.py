"""Every `dl` op with every element type it takes, and with every kind of shape."""

from __future__ import annotations

from numeric.attention_cases import attention_cases
from numeric.bits_cases import bitcast_cases, shift_cases
from numeric.cases import (
    INTEGERS,
    UNSIGNED,
    Case,
)
from numeric.contraction_cases import convolution_cases, matmul_cases
from numeric.elementwise_cases import (
    boolean_cases,
    cast_cases,
    compare_cases,
    float_cases,
    integer_cases,
    select_cases,
    shape_cases,
)
from numeric.fake_quantization_cases import fake_quantization_cases
from numeric.format_cases import format_cases
from numeric.linear_algebra_cases import linear_algebra_cases
from numeric.movement_cases import movement_cases
from numeric.normalization_cases import more_normalization_cases
from numeric.quantization_cases import quantization_cases
from numeric.recurrent_cases import recurrent_cases
from numeric.reduction_cases import (
    normalization_cases,
    pooling_cases,
    reduction_cases,
    softmax_cases,
)
from numeric.rotary_cases import rotary_cases
from numeric.sampling_cases import resize_cases, sampling_cases
from numeric.sequential_cases import (
    embedding_cases,
    ordering_cases,
    random_cases,
    scan_cases,
    scatter_cases,
)
from numeric.unsigned_cases import unsigned_cases
from numeric.window_cases import window_cases

REPRESENTATIVE: dict[str, list[Case]] = {
    **{f"float {e}": float_cases(e) for e in ("f32", "bf16")},
    **{f"integer {e}": integer_cases(e) for e in INTEGERS},
    "boolean": boolean_cases(),
    **{f"shape {e}": shape_cases(e) for e in ("f32", "i8", "i1")},
    **{f"compare {e}": compare_cases(e) for e in ("f32", "i8", "i1")},
    "select": select_cases(),
    "bitcast": bitcast_cases(),
    "shift": shift_cases(),
    "cast": cast_cases(),
    "matmul": matmul_cases(),
    "quantization": quantization_cases(),
    "fake quantization": fake_quantization_cases(),
    "formats": format_cases(),
    "convolution f32": convolution_cases("f32"),
    "pooling f32": pooling_cases("f32"),
    "reduction f32": reduction_cases("f32"),
    "reduction i8": reduction_cases("i8"),
    "softmax f32": softmax_cases("f32"),
    "normalization f32": normalization_cases("f32") + more_normalization_cases("f32"),
    "rotary f32": rotary_cases("f32"),
    "linear algebra f32": linear_algebra_cases("f32"),
    "resize f32": resize_cases("f32"),
    "sampling f32": sampling_cases("f32"),
    "windows f32": window_cases("f32"),
    "attention f32": attention_cases("f32"),
    "recurrent f32": recurrent_cases("f32"),
    **{f"movement {e}": movement_cases(e) for e in ("f32", "i1")},
    **{f"unsigned {e}": unsigned_cases(e) for e in UNSIGNED},
    "pooling ui8": pooling_cases("ui8"),
    "reduction ui8": reduction_cases("ui8"),
    "movement ui8": movement_cases("ui8"),
    **{f"scan {e}": scan_cases(e) for e in ("f32", "i8")},
    **{f"ordering {e}": ordering_cases(e) for e in ("f32", "i1")},
    **{f"scatter {e}": scatter_cases(e) for e in ("f32", "i1")},
    "embedding f32": embedding_cases("f32"),
    "random": random_cases(),
}
"""Every op, and every element type: what `make test` runs."""

REST: dict[str, list[Case]] = {
    **{f"float {e}": float_cases(e) for e in ("f64", "f16")},
    **{f"shape {e}": shape_cases(e) for e in ("f64", "f16", "bf16", "i64", "i32", "i16")},
    **{f"compare {e}": compare_cases(e) for e in ("f64", "f16", "bf16", "i64", "i32", "i16")},
    **{f"convolution {e}": convolution_cases(e) for e in ("f64", "f16", "bf16", "i8", "i64")},
    **{f"pooling {e}": pooling_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS)},
    **{f"reduction {e}": reduction_cases(e) for e in ("f64", "f16", "bf16", "i64", "i1")},
    **{f"reduction {e}": reduction_cases(e) for e in ("i32", "i16")},
    **{f"softmax {e}": softmax_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"normalization {e}": normalization_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"normalizations {e}": more_normalization_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"rotary {e}": rotary_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"linear algebra {e}": linear_algebra_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"sampling {e}": sampling_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"resize {e}": resize_cases(e) for e in ("f64", "f16", "bf16", "i8", "i64", "i1")},
    **{f"windows {e}": window_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS)},
    **{f"attention {e}": attention_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"recurrent {e}": recurrent_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"movement {e}": movement_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS)},
    **{f"shape {e}": shape_cases(e) for e in UNSIGNED},
    **{f"convolution {e}": convolution_cases(e) for e in UNSIGNED},
    **{f"pooling {e}": pooling_cases(e) for e in ("ui64", "ui32", "ui16")},
    **{f"reduction {e}": reduction_cases(e) for e in ("ui64", "ui32", "ui16")},
    **{f"movement {e}": movement_cases(e) for e in ("ui64", "ui32", "ui16")},
    **{f"scan {e}": scan_cases(e) for e in ("f64", "f16", "bf16", "i64", "i32", "i16", *UNSIGNED)},
    **{f"ordering {e}": ordering_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS, *UNSIGNED)},
    **{f"embedding {e}": embedding_cases(e) for e in ("f64", "f16", "bf16")},
    **{f"scatter {e}": scatter_cases(e) for e in ("f64", "f16", "bf16", *INTEGERS, *UNSIGNED)},
}  # fmt: skip
"""The other combinations."""
