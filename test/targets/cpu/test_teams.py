"""Which cores the threads of a team may use after a call."""

import os
import subprocess
import sys

import pytest

from dlir.targets.cpu import openmp
from dlir.targets.cpu.teams import VARIABLES

pytestmark = pytest.mark.skipif(
    openmp.runtime() is None or not os.path.isdir("/proc/self/task"),
    reason="needs an OpenMP runtime, and to see threads",
)
CALLS = """
import os, sys
import numpy as np
import dlir

text = '''func.func @main(%x: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %r = dl.matmul %x, %x acc f32 : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  func.return %r : tensor<512x512xf32>
}'''
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
compiled = [dlir.compile(dlir.load(text), target="cpu", threads=int(n)) for n in sys.argv[1:]]
known = {*os.listdir("/proc/self/task")}
x = np.eye(512, dtype=np.float32)
for executable in compiled:
    assert np.array_equal(executable(x), x)
cores = [os.sched_getaffinity(int(t)) for t in os.listdir("/proc/self/task") if t not in known]
print(*sorted(map(len, cores)), "of", len(os.sched_getaffinity(0)))
"""


def cores_of_workers(*threads: int, **settings: str) -> str:
    """How many cores each worker may use, and how many the caller, after calls on so many."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    command = [sys.executable, "-c", CALLS, *map(str, threads)]
    done = subprocess.run(
        command, env={**environment, **settings}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


needs_two = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")


@needs_two
def test_a_worker_has_a_core_and_the_caller_stays_free():
    assert cores_of_workers(2) == "1 of 2"


@needs_two
def test_who_binds_threads_by_the_environment_is_left_alone():
    assert cores_of_workers(2, OMP_PROC_BIND="false") == "2 of 2"


@needs_two
def test_a_team_of_more_threads_than_cores_is_left_to_the_scheduler():
    assert cores_of_workers(3) == "2 2 of 2"


@needs_two
def test_a_team_of_another_size_between_two_calls():
    assert cores_of_workers(2, 1, 3, 2) == "1 of 2"


def test_a_runtime_is_told_how_long_to_spin_and_nobody_else():
    code = (
        "import os; from dlir.targets.cpu import openmp; openmp.runtime(); "
        "print([name for name in os.environ if 'SPIN' in name])"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    environment["OMP_DISPLAY_ENV"] = "verbose"

    def shown(**given: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**environment, **given},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout + done.stderr

    if "GOMP_SPINCOUNT" not in shown():
        pytest.skip("the runtime is not GNU's")
    assert "GOMP_SPINCOUNT = '20000'" in shown() and "[]" in shown()
    assert "GOMP_SPINCOUNT = '7'" in shown(GOMP_SPINCOUNT="7")


FORK = """
import os
import numpy as np
import dlir

text = '''func.func @main(%x: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %r = dl.matmul %x, %x acc f32 : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  func.return %r : tensor<512x512xf32>
}'''
model, x = dlir.load(text), np.eye(512, dtype=np.float32)
before = dlir.compile(model, target="cpu", threads=2)
before(x)
child = os.fork()
if child == 0:
    behind = dlir.compile(model, target="cpu", threads=2)
    os._exit(0 if np.array_equal(behind(x), x) and np.array_equal(before(x), x) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), np.array_equal(before(x), x))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_what_a_forked_process_compiles_has_no_team():
    """The workers were not copied: a runtime would wait for them for ever."""
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0", "True"]
    assert done.stderr.count("forked from one with a team of threads") == 1
