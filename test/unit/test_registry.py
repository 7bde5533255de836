"""The registry: lazy tables, plugins, and what it says when something is wrong."""

import importlib
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from xdsl.dialects.builtin import Builtin
from xdsl.passes import ModulePass
from xdsl.universe import Universe

from dlir import registry as registry_module
from dlir.registry import (
    Plugin,
    Registry,
    UsageError,
    add_installed,
    builtin_registry,
    default_registry,
    did_you_mean,
    load_attribute,
)

TABLES = ("DIALECTS", "PASSES", "SEMANTICS", "FRONTENDS", "TARGETS")


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_sorted(table: str) -> None:
    names = list(getattr(registry_module, table))
    assert names == sorted(names)


@pytest.mark.parametrize(
    "path", [p for table in TABLES for p in getattr(registry_module, table).values()]
)
def test_every_line_of_the_tables_loads(path: str) -> None:
    assert load_attribute(path) is not None


def test_passes_and_dialects_of_xdsl_are_found() -> None:
    registry = default_registry()
    assert registry.find_pass("cse").name == "cse"
    assert registry.find_dialect("arith").name == "arith"
    assert registry.owner("pass", "cse") == "xdsl"


def test_context_loads_only_builtin_and_then_what_is_used() -> None:
    context = default_registry().context()
    assert [dialect.name for dialect in context.loaded_dialects] == ["builtin"]
    assert context.get_op("arith.addi").name == "arith.addi"
    assert [dialect.name for dialect in context.loaded_dialects] == ["builtin", "arith"]


def test_unknown_names_get_a_suggestion() -> None:
    with pytest.raises(UsageError, match="unknown pass 'canonicalise'; did you mean 'canonicaliz"):
        default_registry().find_pass("canonicalise")
    with pytest.raises(UsageError, match=r"unknown dialect 'qwertyuiop'$"):
        default_registry().find_dialect("qwertyuiop")
    assert did_you_mean("zzz", ["abc"]) == ""


def test_an_object_that_does_not_load_is_named_with_its_owner() -> None:
    registry = Registry()
    registry.add_table("pass", {"lost": "no_such_module:Lost"}, "someone")
    with pytest.raises(UsageError, match="pass 'lost' of someone cannot be loaded: ModuleNotFound"):
        registry.find_pass("lost")


def test_a_dialect_of_dlir_stands_in_only_where_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry_module.DIALECTS, "llvm", "xdsl.dialects.builtin:Builtin")
    assert builtin_registry().find_dialect("llvm") is Builtin
    monkeypatch.setitem(registry_module.DIALECTS, "cf", "xdsl.dialects.builtin:Builtin")
    with pytest.raises(UsageError, match="'cf' is registered twice: by dlir and by xdsl"):
        builtin_registry()


# --- plugins ----------------------------------------------------------------------------------


def universe(name: str) -> Universe:
    def load() -> type[ModulePass]:
        raise AssertionError("nothing is loaded before it is asked for")

    return Universe(all_passes={name: load})


def test_a_clash_names_both_owners_and_adds_nothing() -> None:
    registry = builtin_registry()
    registry.add_universe(universe("first-pass"), "plugin 'a'")
    clashing = Universe(
        all_passes={"another": universe("x").all_passes["x"], **universe("first-pass").all_passes}
    )
    with pytest.raises(UsageError, match="'first-pass' is registered twice: by plugin 'a' and by"):
        registry.add_universe(clashing, "plugin 'b'")
    assert "another" not in registry.pass_names()


def entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> EntryPoint:
    (tmp_path / "sample_of_a_plugin.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_of_a_plugin", raising=False)
    importlib.invalidate_caches()
    return EntryPoint("sample", "sample_of_a_plugin:UNIVERSE", "xdsl.universe")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('out of order')", "RuntimeError: out of order"),
        ("import sys; sys.exit(4)", "SystemExit: 4"),
        ("UNIVERSE = 3", "it is a int, not an xdsl.universe.Universe"),
        ("OTHER = 3", "AttributeError"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_broken_plugin_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, reason: str
) -> None:
    registry = builtin_registry()
    add_installed(registry, entry_point(tmp_path, monkeypatch, source))
    (warning,) = registry.warnings
    assert warning.startswith("plugin 'sample' (sample_of_a_plugin:UNIVERSE) is ignored: ")
    assert reason in warning
    assert registry.find_pass("cse").name == "cse"


def test_plugins_are_added_to_a_copy(tmp_path: Path) -> None:
    file = tmp_path / "extra.py"
    file.write_text(
        "from dlir.registry import Plugin\n"
        "EXTRA = Plugin(semantics={'x': f'{__name__}:TABLE'}, targets={'t': f'{__name__}:TABLE'})\n"
        "TABLE = {}\n"
    )
    small = builtin_registry()
    large = small.with_plugins([str(file)])
    assert large.semantics("x") == {} and "x" in large.names("semantics")
    assert large.owner("target", "t") == f"plugin '{file}'"
    assert "x" not in small.names("semantics")
    assert isinstance(load_attribute("dlir_plugin_extra:EXTRA"), Plugin)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("no/such/file.py", "FileNotFoundError"),
        ("no_such_module:UNIVERSE", "ModuleNotFoundError"),
        ("os.path:join", "it holds no xdsl.universe.Universe"),
        ("os.path:nothing", "AttributeError"),
    ],
)
def test_a_plugin_asked_for_must_load(spec: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"plugin '{spec}' cannot be loaded: .*{reason}|{reason}"):
        builtin_registry().with_plugins([spec])


def test_dlir_is_a_plugin_of_xdsl() -> None:
    assert set(registry_module.UNIVERSE.all_passes) == set(registry_module.PASSES)
    assert "llvm" not in registry_module.UNIVERSE.all_dialects
