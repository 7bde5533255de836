"""pytest runs the Python tests and, through `format.collector`, every `.mlir` file under test/."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from format.collector import MlirFile, collect_file

_ROOT = Path(__file__).parent

# no test fails because the machine is busy
settings.register_profile("dlir", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dlir")


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
