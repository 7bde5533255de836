"""Every case of ONNX's backend runner passes or is refused, as docs/onnx-operators.md says."""

from __future__ import annotations

import re
from functools import cache

import pytest

pytest.importorskip("onnx")

from conformance.onnx_cases import (
    DEVICES,
    DIFFERENT,
    DRAWN,
    NOT_COMPARED,
    PAGE,
    cases_of,
    operators,
    run_case,
)


@cache
def documented() -> dict[str, list[int]]:
    """Operator -> how many cases there are, and pass on each device.

    The tests are named after these, since the runner takes seconds to say which cases it has.
    """
    row = r"^\| ([\w()]+) \| (\d+) \| (\d+) \| (\d+) \|"
    rows = re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {operator: [*map(int, numbers)] for operator, *numbers in rows}


def passed(operator: str, device: str) -> list[str]:
    """The cases that pass; no other one may run and give something else."""
    results = [run_case(device, name) for name in cases_of(operator)]
    known = {*DIFFERENT, *DRAWN, *NOT_COMPARED}
    bad = [c for c in results if c.result in ("wrong", "failed") and c.name not in known]
    assert not bad, "\n".join(f"{c.name}: {c.reason}" for c in bad)
    return [case.name for case in results if case.result == "passed"]


def test_every_operator_is_on_the_page():
    assert sorted(documented()) == operators()


@pytest.mark.parametrize("operator", documented())
def test_reference(operator: str):
    count, expected, _ = documented()[operator]
    assert len(passed(operator, "REF")) == expected
    assert len(cases_of(operator)) == count


@pytest.mark.parametrize("operator", documented())
def test_compiled(operator: str):
    """The first case that the reference passes; all of them take minutes."""
    name = next((n for n in cases_of(operator) if run_case("REF", n).result == "passed"), None)
    if name is not None:
        case = run_case("CPU", name)
        assert case.result == "passed", case


@pytest.mark.slow
@pytest.mark.parametrize("operator", documented())
def test_compiled_completely(operator: str):
    assert len(passed(operator, "CPU")) == documented()[operator][1 + DEVICES.index("CPU")]
