"""One test file from start to end: honesty first, then its RUN lines, then its RUN-VALUE lines."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from format.honesty import faults
from format.script import Script, read_script
from format.shell import Unsupported, run_line

TEST_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Verdict:
    """Whether a file passed; `report` is what a person needs to see if it did not."""

    passed: bool
    report: str


def run_file(path: Path) -> Verdict:
    """Run one test file in a scratch folder of its own, which is removed afterwards."""
    script = read_script(path.resolve())
    dishonest = faults(script)
    if dishonest:
        return Verdict(False, "\n".join(f"{path}: {fault}" for fault in dishonest))
    folder = Path(tempfile.mkdtemp(prefix="dlir-test-"))
    try:
        verdict = _run_lines(script, folder)
        return verdict if not verdict.passed else _run_values(script)
    except Unsupported:
        return _run_externally(script)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_lines(script: Script, folder: Path) -> Verdict:
    for run in script.runs:
        command = script.substitute(run.text, folder / f"{script.path.name}.tmp")
        outcome = run_line(command, folder)
        if outcome.exit_code:
            return Verdict(False, f"{script.path}:{run.number}: RUN: {command}\n{outcome.log}")
    return Verdict(True, "")


def _run_values(script: Script) -> Verdict:
    if not script.values:
        return Verdict(True, "")
    from format.values import parse_case, run_case  # numpy is loaded only by files that need it

    found: list[str] = []
    for line in script.values:
        try:
            wrong = run_case(parse_case(line), script)
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        where = f"{script.path}:{line.number}: RUN-VALUE: {line.text}"
        found += [f"{where}\n  {fault}" for fault in wrong]
    return Verdict(not found, "\n".join(found))


def _run_externally(script: Script) -> Verdict:
    """A line with a command of its own: lit's shell runs the whole file, each command a process."""
    lit = [sys.executable, "-c", "from lit.main import main; main()"]
    command = [*lit, "-v", "--param", "external=1", str(script.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Verdict(False, done.stdout + done.stderr)
    return _run_values(script)
