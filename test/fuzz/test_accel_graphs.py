"""Random models: the accelerator's programs, on the reference and on the simulator."""

import numpy as np
import pytest
from fuzz.accel_graphs import graphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numeric.accel_cases import same_bits
from numeric.accel_models import (
    MACHINES,
    Case,
    interpreted,
    lowered,
    programs_in,
    simulated,
)

from dlir.diagnostics import CompileError
from dlir.interpreter import Interpreter

TOO_LARGE = {"accel-fit", "accel-allocate-fits"}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
THOROUGH = settings(QUICK, max_examples=200)


def check(case: Case, machine: str, plain: bool) -> None:
    module, model = case.made()
    with np.errstate(all="ignore"):
        want = Interpreter(module, params=model.params).call("f", *model.inputs)
    try:
        made = lowered(module, MACHINES[machine], plain)
        got = interpreted(made, model)
        case.check(want, got)
        if programs_in(made):
            assert same_bits(simulated(made, model), got)
    except CompileError as error:  # small machines hold small tiles
        assert machine != "gemmini" and {d.rule for d in error.diagnostics} <= TOO_LARGE


@QUICK
@given(graphs(), st.sampled_from(list(MACHINES)), st.booleans())
def test_random_models(case: Case, machine: str, plain: bool) -> None:
    check(case, machine, plain)


@pytest.mark.slow
@THOROUGH
@given(graphs(), st.sampled_from(list(MACHINES)), st.booleans())
def test_many_random_models(case: Case, machine: str, plain: bool) -> None:
    check(case, machine, plain)
