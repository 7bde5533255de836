"""The test format for `lit test/`."""

from pathlib import Path
from typing import Any

import lit.formats
import lit.Test

from format.runner import run_file


class InProcessTest(lit.formats.FileBasedTest):
    """One file, one test; the report goes to lit."""

    def execute(self, test: lit.Test.Test, _configuration: Any) -> tuple[Any, str]:
        verdict = run_file(Path(test.getSourcePath()))
        return (lit.Test.PASS if verdict.passed else lit.Test.FAIL), verdict.report
