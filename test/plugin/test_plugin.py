"""The sample plugin, used from outside as a stranger would use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from dlir.parser import parse_module
from dlir.registry import default_registry

PROJECT = Path(__file__).parent / "dlir_hello"
PLUGIN = PROJECT / "dlir_hello" / "__init__.py"

TEXT = """\
func.func @f(%a: tensor<4xf32>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %p = dl.mul %a, %x : tensor<4xf32>
  %r = dl.add %p, %y : tensor<4xf32>
  func.return %r : tensor<4xf32>
}
"""


def run(
    *arguments: str, site: Path | None = None, module: str = "dlir.tools.opt", text: str = TEXT
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with `site` added to its packages."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(site or "")},
    )


def install(site: Path, name: str, entry_points: dict[str, str]) -> None:
    """What pip leaves behind, as far as finding plugins goes."""
    info = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    lines = [f"{key} = {value}\n" for key, value in entry_points.items()]
    (info / "entry_points.txt").write_text("[xdsl.universe]\n" + "".join(lines))


@pytest.fixture(name="site")
def installed(tmp_path: Path) -> Path:
    """A folder with the plugin installed as its pyproject.toml says."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    install(tmp_path, project["name"], project["entry-points"]["xdsl.universe"])
    shutil.copytree(PROJECT / "dlir_hello", tmp_path / "dlir_hello")
    return tmp_path


def test_installed_it_is_found(site: Path) -> None:
    done = run("--hello-fuse", site=site)
    assert done.returncode == 0, done.stderr
    assert "hello.axpy %a, %x, %y : tensor<4xf32>" in done.stdout
    assert "dl.mul" not in done.stdout


def test_not_installed_it_is_unknown() -> None:
    done = run("--hello-fuse")
    assert done.returncode == 2 and "unknown option or pass '--hello-fuse'" in done.stderr


@pytest.mark.parametrize("spec", [str(PLUGIN), "dlir_hello:HELLO"])
def test_loaded_by_flag(spec: str) -> None:
    done = run(f"--load-plugin={spec}", "--hello-fuse", site=PROJECT)
    assert done.returncode == 0, done.stderr
    assert "hello.axpy" in done.stdout


def test_the_lowering_undoes_the_fusion(site: Path) -> None:
    plain = run(site=site)
    done = run("-p", "hello-fuse,convert-hello-to-dl,canonicalize", "--verify-each", site=site)
    assert done.returncode == 0, done.stderr
    assert "hello." not in done.stdout
    assert done.stdout.count("dl.mul") == plain.stdout.count("dl.mul") == 1


def test_options_and_help(site: Path) -> None:
    assert "hello.axpy" not in run("--hello-fuse=min-rank=2", site=site).stdout
    shown = run("--help-pass=hello-fuse", site=site).stdout
    owner = "plugin 'hello' of dlir-hello 0.1.0 (dlir_hello:HELLO)"
    assert shown.startswith(f"hello-fuse (HelloFuse, from {owner})\n")
    assert shown.endswith("Options:\n  min-rank: int = 0\n")


def test_its_verifier_is_ours(site: Path) -> None:
    text = TEXT.replace("dl.add %p, %y", "hello.axpy %p, %y, %x").replace(
        "%x: tensor<4xf32>", "%x: tensor<5xf32>"
    )
    done = run(site=site, text=text)
    assert done.returncode == 1 and "<stdin>:2:" in done.stderr
    assert "Traceback" not in done.stderr


def test_installed_and_loaded_is_a_clash_with_both_owners(site: Path) -> None:
    done = run(f"--load-plugin={PLUGIN}", site=site)
    assert done.returncode == 2
    assert "dialect 'hello' is registered twice: by plugin 'hello' of dlir-hello" in done.stderr
    assert f"and by plugin '{PLUGIN}'" in done.stderr


def test_a_broken_plugin_beside_it_is_only_a_warning(site: Path) -> None:
    install(site, "broken-one", {"broken": "no_such_module:UNIVERSE"})
    done = run("--hello-fuse", site=site)
    assert done.returncode == 0 and "hello.axpy" in done.stdout
    assert "warning: plugin 'broken' of broken-one 0.1.0" in done.stderr
    assert "ModuleNotFoundError" in done.stderr


def test_stock_xdsl_opt_runs_it(site: Path) -> None:
    install(site, "dlir-itself", {"dlir": "dlir.registry:UNIVERSE"})
    done = run("-p", "hello-fuse", site=site, module="xdsl.tools.xdsl_opt")
    assert done.returncode == 0, done.stderr
    assert "hello.axpy" in done.stdout


def test_its_semantics_are_registered() -> None:
    registry = default_registry().with_plugins([str(PLUGIN)])
    fused = run(f"--load-plugin={PLUGIN}", "--hello-fuse").stdout
    module = parse_module(fused, registry.context())
    table = registry.semantics("hello")
    (axpy,) = [op for op in module.walk() if type(op) in table]
    a, x, y = (np.array(v, np.float32) for v in ([1, 2], [3, 4], [5, 6]))
    np.testing.assert_array_equal(table[type(axpy)](None, axpy, a, x, y), [8, 14])


def test_it_says_why_a_pattern_did_not_apply(site: Path) -> None:
    done = run("--hello-fuse=min-rank=2", "--debug-only=rewrite", site=site)
    assert "[rewrite] 'FuseAxpy' on 'dl.add': it has less than 2 dimensions" in done.stderr
