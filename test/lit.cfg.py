"""lit's configuration.

`lit test/` runs in process; `lit --param external=1 test/` starts a process for every command.
"""

import os
import sys
import tempfile
from pathlib import Path

import lit.formats

root = Path(__file__).resolve().parent
sys.path.insert(0, str(root))

from format.lit_format import InProcessTest  # noqa: E402  (needs the path above)

config.name = "dlir"  # noqa: F821  (lit hands `config` and `lit_config` to this file)
config.suffixes = [".mlir"]  # noqa: F821
config.excludes = ["data", "inputs"]  # noqa: F821
config.test_source_root = str(root)  # noqa: F821
config.test_exec_root = os.path.join(tempfile.gettempdir(), "dlir-lit")  # noqa: F821

if lit_config.params.get("external"):  # noqa: F821
    config.test_format = lit.formats.ShTest()  # noqa: F821
    # the commands of this interpreter's environment come first
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    config.environment["PATH"] = path  # noqa: F821
else:
    config.test_format = InProcessTest()  # noqa: F821
