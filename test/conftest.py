"""pytest runs the Python tests and, through `format.collector`, every `.mlir` file under test/."""

import os
import tempfile
from collections import defaultdict
from pathlib import Path
from zlib import crc32

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
    "fuzz/test_stablehlo_fuzz.py": 2,
    "integration/test_arena.py": 2,
    "integration/test_bench_models.py": 4,
    "integration/test_cpu_cache.py": 4,
    "integration/test_cpu_model.py": 4,
    "integration/test_cpu_schedules.py": 3,
    "integration/test_cpu_warm.py": 2,
    "integration/test_digits.py": 2,
    "integration/test_onnx_light.py": 6,
    "integration/test_onnx_quantizers.py": 9,
    "integration/test_onnx_recurrent.py": 4,
    "integration/test_onnx_sequential.py": 2,
    "integration/test_onnx_sizes.py": 2,
    "integration/test_onnx_transformers.py": 5,
    "integration/test_torch_models.py": 6,
    "integration/test_torch_ops.py": 9,
    "numeric/test_accel_bf16.py": 8,
    "numeric/test_accel_rewrites.py": 3,
    "numeric/test_accel_schedules.py": 5,
    "numeric/test_additive_attention.py": 2,
    "numeric/test_algebra.py": 4,
    "numeric/test_attention_blocks.py": 9,
    "numeric/test_blocked_sums.py": 9,
    "numeric/test_cpu_ops.py": 11,
    "numeric/test_cpu_safety.py": 4,
    "numeric/test_dl_convert_precision.py": 3,
    "numeric/test_dl_convolution_algorithm.py": 6,
    "numeric/test_dl_decompositions.py": 5,
    "numeric/test_dl_integerize.py": 4,
    "numeric/test_dl_narrow.py": 9,
    "numeric/test_dl_regions.py": 2,
    "numeric/test_dl_remove_channels.py": 4,
    "numeric/test_dl_selection.py": 2,
    "numeric/test_dl_to_structured.py": 7,
    "numeric/test_gptq_layers.py": 2,
    "numeric/test_hidden_keys.py": 8,
    "numeric/test_joint_sums.py": 3,
    "numeric/test_linalg.py": 5,
    "numeric/test_math_accuracy.py": 2,
    "numeric/test_narrow_contractions.py": 3,
    "numeric/test_number_formats.py": 6,
    "numeric/test_packing.py": 2,
    "numeric/test_quantized_models.py": 2,
    "numeric/test_sparse_matmul.py": 9,
    "numeric/test_stablehlo.py": 7,
    "numeric/test_stablehlo_bits.py": 6,
    "numeric/test_stablehlo_complex.py": 2,
    "numeric/test_stablehlo_linear_algebra.py": 5,
    "numeric/test_stablehlo_regions.py": 2,
    "numeric/test_structured_fuse.py": 2,
    "numeric/test_structured_pipeline.py": 11,
    "numeric/test_structured_siblings.py": 2,
    "numeric/test_structured_tile.py": 8,
    "numeric/test_structured_to_accel.py": 12,
    "numeric/test_turned_products.py": 3,
    "numeric/test_unsigned_examples.py": 4,
    "numeric/test_weight_only.py": 9,
    "targets/accel/test_cluster.py": 6,
    "targets/accel/test_explore.py": 2,
    "targets/accel/test_metamorphic.py": 2,
    "targets/accel/test_order.py": 2,
    "targets/accel/test_work.py": 2,
    "targets/cpu/test_depthwise.py": 9,
    "targets/cpu/test_dots.py": 15,
    "targets/cpu/test_host_programs.py": 3,
    "targets/cpu/test_library.py": 2,
    "targets/cpu/test_products.py": 4,
    "targets/cpu/test_requantize.py": 4,
    "targets/cpu/test_rows.py": 2,
    "targets/cpu/test_threads.py": 2,
    "targets/cpu/test_transpose.py": 3,
    "unit/test_cpu_values.py": 3,
    "unit/test_onnx_flex_attention.py": 3,
    "unit/test_onnx_machine_learning.py": 6,
    "unit/test_onnx_microsoft.py": 3,
    "unit/test_onnx_quantization.py": 9,
    "unit/test_quantize.py": 2,
    "unit/test_weight_rounding.py": 9,
}
"""`make test` runs one of so many cases of each test of these files; the others are slow."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests: defaultdict[tuple[Path, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if hasattr(item, "callspec") and not item.get_closest_marker("slow"):
            tests[item.path, item.function.__name__].append(item)
    for (path, _), cases in tests.items():
        every = ONE_OF.get(path.relative_to(_ROOT).as_posix(), 1)
        for start in range(0, len(cases), every):
            for item in sorted(cases[start : start + every], key=_shuffled)[1:]:
                item.add_marker(pytest.mark.slow)


def _shuffled(item: pytest.Item) -> int:
    """A fixed order without a pattern: steps of a fixed length could miss a parameter's value."""
    return crc32(item.name.encode())


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
