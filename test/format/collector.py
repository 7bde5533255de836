"""Lets `pytest` run the `.mlir` files under test/ beside the Python tests."""

from pathlib import Path
from typing import Any

import pytest

from format.runner import run_file


class MlirFile(pytest.File):
    """A `.mlir` file; it holds exactly one test."""

    def collect(self) -> list["MlirTest"]:
        return [MlirTest.from_parent(self, name=self.path.name)]


class MlirTestFailed(Exception):
    """Carries the report of a failed file to `MlirTest.repr_failure`."""


class MlirTest(pytest.Item):
    """The test that a `.mlir` file is."""

    def runtest(self) -> None:
        verdict = run_file(self.path)
        if not verdict.passed:
            raise MlirTestFailed(verdict.report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, MlirTestFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.path.name


def collect_file(file_path: Path, parent: pytest.Collector, root: Path) -> MlirFile | None:
    """Every `.mlir` under test/, but for data of other tests: in folders `data` and `inputs`."""
    is_test = file_path.suffix == ".mlir" and file_path.is_relative_to(root)
    if not is_test or not {"data", "inputs"}.isdisjoint(file_path.relative_to(root).parts):
        return None
    return MlirFile.from_parent(parent, path=file_path)
