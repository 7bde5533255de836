"""pytest runs the Python tests and, through `format.collector`, every `.mlir` file under test/."""

from pathlib import Path

import pytest

from format.collector import MlirFile, collect_file

_ROOT = Path(__file__).parent


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> MlirFile | None:
    return collect_file(file_path, parent, _ROOT)
