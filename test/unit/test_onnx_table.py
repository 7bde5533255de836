"""The table of ONNX operators has what the modules import, and imports those that are needed."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from dlir.frontends.onnx import ops
from dlir.frontends.onnx.table import DOMAINS, STRUCTURES

TABLES = (*{id(table): table for table in DOMAINS.values()}.values(), STRUCTURES)
MODULES = [
    module.name
    for module in pkgutil.iter_modules(ops.__path__)
    if hasattr(import_module(f"{ops.__name__}.{module.name}"), "OPERATORS")
]


@pytest.mark.parametrize("module", MODULES)
def test_has_all_of_a_module(module: str):
    found = [{n for n in table if table.modules[n] == module} for table in TABLES]
    known = import_module(f"{ops.__name__}.{module}").OPERATORS
    assert [names for names in found if names] == [{*known}]


def test_finds_each_operator():
    for table in TABLES:
        for name in table:
            known = import_module(f"{ops.__name__}.{table.modules[name]}").OPERATORS
            assert table[name] is known[name]
    assert DOMAINS[""].get("NoSuchOperator") is None
    assert "NoSuchOperator" not in DOMAINS[""]


SCRIPT = """
import sys, dlir.frontends.onnx.importer
print(*sorted(name for name in sys.modules if name.startswith("dlir.frontends.onnx.ops.")))
"""


def test_operators_that_no_model_has_are_not_imported():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert not {"signal", "vision", "trees"} & {n.rpartition(".")[2] for n in done.stdout.split()}
