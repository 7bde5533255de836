"""space.toml: what it says, and what is said about mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlir.diagnostics import CompileError
from dlir.targets.accel.explore.pareto import dominates, pareto_front
from dlir.targets.accel.explore.space import load_space, machine_keys, read_space, toml_text
from dlir.targets.accel.hardware_file import load

SPACE = """
base = "gemmini"
[space]
"spm.bytes" = [131072, 262144]
[[space.together]]
"array.rows" = [8, 16, 32]
"array.cols" = [8, 16, 32]
[limits]
area_mm2 = 20
[objective]
minimize = ["time_us", "area_mm2"]
"""


def test_reads_everything() -> None:
    space = read_space(SPACE + '[search]\nmethod = "random"\npoints = 4\nseed = 3\n')
    assert (space.base, space.size, space.count, space.seed) == ("gemmini", 6, 4, 3)
    assert space.limits == {"area_mm2": 20.0}
    assert space.minimize == ("time_us", "area_mm2")


def test_the_grid_in_order() -> None:
    points = read_space(SPACE).points()
    assert [(p["spm.bytes"], p["array.rows"]) for p in points] == [
        (spm, rows) for spm in ("131072", "262144") for rows in ("8", "16", "32")
    ]
    assert all(p["array.rows"] == p["array.cols"] for p in points)


def test_bare_and_quoted_keys_are_the_same() -> None:
    bare = read_space('base = "gemmini"\n[space]\nspm.bytes = [1024]\narray.rate.i8 = [1, 2]\n')
    assert [dict(p) for p in bare.points()] == [
        {"spm.bytes": "1024", "array.rate.i8": "1"},
        {"spm.bytes": "1024", "array.rate.i8": "2"},
    ]


def test_some_points_of_the_grid_are_spread() -> None:
    text = f"{SPACE}[search]\npoints = 3\n"
    points = [(p["spm.bytes"], p["array.rows"]) for p in read_space(text).points()]
    assert points == [("131072", "8"), ("131072", "32"), ("262144", "16")]
    assert len(read_space(text.replace("= 3", "= 100")).points()) == 6


def test_random_points_are_different_and_depend_on_the_seed_alone() -> None:
    values = ", ".join(str(1024 * n) for n in range(1, 200))
    text = (
        f'base = "gemmini"\n[space]\n"spm.bytes" = [{values}]\n"acc.rows" = [{values}]\n'
        '[search]\nmethod = "random"\npoints = 50\nseed = '
    )
    first, again, other = (read_space(f"{text}{seed}").points() for seed in (1, 1, 2))
    assert first == again != other
    assert len({tuple(p.items()) for p in first}) == 50


def test_every_key_of_a_hardware_file_is_known() -> None:
    assert {"machine.clock_mhz", "array.rows", "host.latency", "energy.dram_pj"} <= {
        *machine_keys()
    }
    assert [key for key, entries in machine_keys().items() if entries] == [
        "array.rate",
        "vector.cost",
    ]


def test_the_example_is_a_space_of_sound_machines() -> None:
    space = load_space(str(Path(__file__).parents[3] / "examples" / "space.toml"))
    assert len({load(space.base, point).hash for point in space.points()}) == space.size == 27


def test_a_base_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(load("edge16", {}).text)
    (tmp_path / "space.toml").write_text(SPACE.replace("gemmini", "mine.toml"))
    assert load_space(str(tmp_path / "space.toml")).base == str(tmp_path / "mine.toml")


@given(st.recursive(
    st.integers() | st.floats(allow_nan=False) | st.booleans()
    | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('ab-c ."', min_size=1), inner, max_size=3)
    ),
    max_leaves=6,
))  # fmt: skip
def test_values_are_spelled_as_toml_reads_them(value: object) -> None:
    import tomllib

    assert tomllib.loads(f"x = {toml_text(value)}") == {"x": value}


GEMMINI = 'base = "gemmini"\n'
GRID = f"{GEMMINI}[space]\n"
ROWS = '"array.rows" = '
LINKED = f"{GEMMINI}[[space.together]]\n"

WRONG = [
    ("", "space.toml: error[space]: 'base' is the name of a machine"),
    ("base = 3", ":1: error[space]: 'base' is the name"),
    ("base = =", ":1:8: error[space]: not a TOML file"),
    (GRID.replace("gemmini", "gemini"), "unknown machine 'gemini'; did you mean 'gemmini'"),
    (GEMMINI, "[space] lists values for keys"),
    (GRID, ":2: error[space]: [space] lists values for keys"),
    (f"{GEMMINI}spaces = 1", ":2: error[space]: unknown key 'spaces'; did you mean 'space'?"),
    (f'{GRID}"array.row" = [1]', ":3: error[space]: a hardware file has no key 'array.row'; did"),
    (f"{GRID}rows = [1]", "has no key 'rows'; did you mean 'acc.rows'?\n  help: write it as table"),
    (f'{GRID}"array.rows.i8" = [1]', "has no key 'array.rows.i8'"),
    (f"{GRID}{ROWS}[]", ":3: error[space]: 'array.rows' is a list of at least one value; got []"),
    (f"{GRID}{ROWS}8", "'array.rows' is a list of at least one value; got 8"),
    (f"{GRID}{ROWS}[8, 8]", "'array.rows': the same choice twice"),
    (f"{GRID}{ROWS}[1979-05-27]", "'array.rows' cannot be datetime.date"),
    (f"{GRID}{ROWS}[8]\n[[space.together]]\n{ROWS}[8]", "'array.rows' is given twice"),
    (f"{LINKED}{ROWS}[8]\n" + '"array.cols" = [8, 16]', "'array.rows' has 1, 'array.cols' has 2"),
    (LINKED, ":2: error[space]: keys that change together have as many values as each other: no"),
    (f"{GRID}together = [1]", "'together' is a list of tables"),
    (f'{SPACE}[search]\nmethod = "radnom"', ":13: error[space]: 'method' is grid or random; got"),
    (f'{SPACE}[search]\nmethod = "random"', "needs a number of points"),
    (f"{SPACE}[search]\npoints = 0", "'points' is an integer >= 1; got 0"),
    (f"{SPACE}[search]\npoints = true", "'points' is an integer >= 1; got True"),
    (f"{SPACE}[search]\npoint = 1", "unknown key 'point' in [search]; did you mean 'points'?"),
    (SPACE.replace("area_mm2 = 20", "area = 20"), "unknown key 'area' in [limits]"),
    (
        SPACE.replace("= 20", "= -1"),
        ":9: error[space]: 'area_mm2' in [limits] is a positive number",
    ),
    (SPACE.replace('"time_us", ', '"time", '), "got 'time'; did you mean 'time_us'?"),
    (SPACE.replace('["time_us", "area_mm2"]', "[]"), "'minimize' is a list of"),
    (SPACE.replace('"area_mm2"]', '"time_us"]'), "different objectives; got 'time_us'"),
    (f"search = 1\n{SPACE}", ":1: error[space]: 'search' is a table"),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_mistakes(text: str, expected: str) -> None:
    with pytest.raises(CompileError) as error:
        read_space(text)
    assert expected in str(error.value)


def test_a_grid_that_is_too_large() -> None:
    lines = "\n".join(
        f'"{key}" = {[*range(1, 101)]}'
        for key in ("array.rows", "array.cols", "acc.rows", "vector.lanes")
    )
    with pytest.raises(CompileError, match=r"the grid has 1e.08 points"):
        read_space(f'base = "gemmini"\n[space]\n{lines}\n')


# --- Pareto ---------------------------------------------------------------------------------------


def test_front_by_hand() -> None:
    points = [(3, 1), (1, 3), (2, 2), (3, 3), (2, 2), (1, 4)]
    assert pareto_front(points) == [1, 2, 4, 0]
    assert pareto_front([]) == []


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=30))
def test_front_is_what_nothing_dominates(points: list[tuple[int, int, int]]) -> None:
    front = pareto_front(points)
    expected = {i for i, p in enumerate(points) if not any(dominates(other, p) for other in points)}
    assert set(front) == expected and len(front) == len(expected)
    assert [points[i] for i in front] == sorted(points[i] for i in front)
