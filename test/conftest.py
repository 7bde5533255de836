"""pytest runs the Python tests and, through `format.collector`, every `.mlir` file under test/."""

import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from format.collector import MlirFile, collect_file

_ROOT = Path(__file__).parent

# no test fails because the machine is busy
settings.register_profile("dlir", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dlir")


ONE_OF = {
    "conformance/test_onnx_cases.py": 5,
    "fuzz/test_onnx_fuzz.py": 4,
    "integration/test_cpu_model.py": 2,
    "integration/test_onnx_light.py": 4,
    "integration/test_onnx_quantizers.py": 4,
    "integration/test_onnx_recurrent.py": 2,
    "integration/test_onnx_transformers.py": 2,
    "integration/test_torch_models.py": 4,
    "integration/test_torch_ops.py": 5,
    "numeric/test_accel_bf16.py": 4,
    "numeric/test_algebra.py": 4,
    "numeric/test_attention_blocks.py": 4,
    "numeric/test_blocked_sums.py": 4,
    "numeric/test_cpu_ops.py": 6,
    "numeric/test_cpu_safety.py": 2,
    "numeric/test_dl_convolution_algorithm.py": 2,
    "numeric/test_dl_decompositions.py": 2,
    "numeric/test_dl_integerize.py": 2,
    "numeric/test_dl_narrow.py": 7,
    "numeric/test_dl_to_structured.py": 4,
    "numeric/test_gptq_layers.py": 2,
    "numeric/test_hidden_keys.py": 3,
    "numeric/test_linalg.py": 5,
    "numeric/test_number_formats.py": 4,
    "numeric/test_sparse_matmul.py": 6,
    "numeric/test_stablehlo.py": 2,
    "numeric/test_stablehlo_bits.py": 4,
    "numeric/test_stablehlo_complex.py": 2,
    "numeric/test_stablehlo_regions.py": 2,
    "numeric/test_structured_fuse.py": 2,
    "numeric/test_structured_pipeline.py": 4,
    "numeric/test_structured_siblings.py": 2,
    "numeric/test_structured_tile.py": 4,
    "numeric/test_structured_to_accel.py": 6,
    "numeric/test_unsigned_examples.py": 2,
    "numeric/test_weight_only.py": 5,
    "targets/accel/test_cluster.py": 2,
    "targets/accel/test_explore.py": 2,
    "targets/cpu/test_depthwise.py": 4,
    "targets/cpu/test_dots.py": 9,
    "targets/cpu/test_products.py": 4,
    "targets/cpu/test_requantize.py": 4,
    "unit/test_cpu_values.py": 2,
    "unit/test_onnx_quantization.py": 4,
    "unit/test_weight_rounding.py": 5,
}
"""`make test` runs one of so many cases of each test of these files; the others are slow."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: Counter[tuple[Path, str]] = Counter()
    for item in items:
        every = ONE_OF.get(item.path.relative_to(_ROOT).as_posix(), 1)
        if every == 1 or not hasattr(item, "callspec") or item.get_closest_marker("slow"):
            continue
        test = (item.path, item.function.__name__)
        if seen[test] % every:
            item.add_marker(pytest.mark.slow)
        seen[test] += 1


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> MlirFile | None:
    return collect_file(file_path, parent, _ROOT)


def pytest_configure(config: pytest.Config) -> None:
    """Tests neither trust nor fill the user's cache of compiled code."""
    folder = tempfile.TemporaryDirectory(prefix="dlir-cache-")
    config.add_cleanup(folder.cleanup)
    os.environ["DLIR_CACHE_DIR"] = folder.name
    os.environ["DLIR_TUNING"] = ""
    # several tests run at a time: teams of threads only where a test asks for one
    os.environ.setdefault("DLIR_NUM_THREADS", "1")
