"""No sample of PyTorch's own operator database comes out wrong (see torch_opinfo.py)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")

from integration.torch_opinfo import DTYPES, infos, outcome, samples  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

SOME = ["add", "bmm", "cumsum", "index_select", "nn.functional.layer_norm", "where"]

PARTS = 16


def tried(found: list, limit: int) -> Counter[str]:
    """The outcomes of up to `limit` samples of each operator and element type."""
    torch.manual_seed(0)
    counts: Counter[str] = Counter()
    for info in found:
        for dtype in DTYPES:
            for sample in samples(info, dtype, limit) if dtype in info.dtypes else ():
                with np.errstate(all="ignore"):
                    kind, why = outcome(sample)
                assert kind != "wrong", f"{sample}: {why}"
                counts[kind] += 1
    return counts


def test_samples_of_some_operators() -> None:
    counts = tried(infos(SOME), 2)
    assert counts["pass"] > 90 and counts["refused"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_samples_of_all_operators(part: int) -> None:
    tried(infos([])[part::PARTS], 4)
