"""Constants whose bytes stand behind the text."""

from pathlib import Path

import numpy as np
import pytest

import dlir

TEXT = """
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<3xi1>) {{
  %w = arith.constant dense_resource<torch_tensor_2_torch.float32> : tensor<2xf32>
  %p = arith.constant dense_resource<flags> : tensor<3xi1>
  %y = arith.addf %x, %w : tensor<2xf32>
  return %y, %p : tensor<2xf32>, tensor<3xi1>
}}
{{-#
  dialect_resources: {{
    builtin: {{
      torch_tensor_2_torch.float32: "{weights}",
      flags: "0x01000000010001"
    }}
  }}
#-}}
"""
X = np.array([10, 20], np.float32)


@pytest.mark.parametrize("target", ["ref", "cpu"])
@pytest.mark.parametrize("as_file", [False, True])
def test_their_bytes_are_read(tmp_path: Path, target: str, as_file: bool) -> None:
    source: str | Path = TEXT.format(weights="0x040000000000803F00000040")
    if as_file:
        (path := tmp_path / "m.mlir").write_text(str(source), encoding="utf-8")
        source = path
    y, flags = dlir.compile(source, target=target, cache=False)(X)
    np.testing.assert_array_equal(y, [11, 22])
    np.testing.assert_array_equal(flags, [True, False, True])


@pytest.mark.parametrize(
    ("blob", "message"),
    [("0x04000000ABCD", "has 2 bytes, its type takes 8"), ("0xQQ", "is not hexadecimal")],
)
def test_wrong_bytes_are_refused(blob: str, message: str) -> None:
    with pytest.raises(dlir.CompileError, match=message):
        dlir.load(TEXT.format(weights=blob))


def test_a_missing_resource_is_refused() -> None:
    with pytest.raises(dlir.CompileError, match="no resource"):
        dlir.load(TEXT.format(weights="0x00").partition("{-#")[0])
