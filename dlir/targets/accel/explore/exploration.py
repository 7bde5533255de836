"""An exploration: runs what is not known yet, and puts the points together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from dlir.diagnostics import CompileError, fail
from dlir.executable import Progress
from dlir.targets.accel.description import Machine
from dlir.targets.accel.explore.calls import LOST, Call, reason_of
from dlir.targets.accel.explore.compiling import form_of
from dlir.targets.accel.explore.evaluate import Evaluator, Measures, code_version
from dlir.targets.accel.explore.layers import Layer
from dlir.targets.accel.explore.pareto import pareto_front
from dlir.targets.accel.explore.space import Settings, Space
from dlir.targets.accel.explore.store import Outcome, Record, Status, Store, key_of
from dlir.targets.accel.hardware_file import load
from dlir.targets.accel.simulator.energy import area_mm2
from dlir.workers import Workers, in_this_process, run_all

PointStatus: TypeAlias = Literal["ok", "over", "refused", "failed"]
"""`over`: above a limit, so not on the front. For the others see `store.Status`."""


@dataclass(frozen=True)
class Point:
    """One machine of the space and what the model costs on it."""

    settings: Settings
    status: PointStatus
    reason: str = ""
    machine: Machine | None = None
    measures: Measures | None = None
    """Of one run of the model."""

    def values(self) -> dict[str, float]:
        """The objectives that are known, by name."""
        result: dict[str, float] = {}
        if self.measures is not None:
            time, energy = self.measures.seconds * 1e6, self.measures.energy_pj / 1e6
            result = {"time_us": time, "energy_uj": energy, "energy_delay": energy * time}
        if self.machine is not None:
            result["area_mm2"] = area_mm2(self.machine)
        return result


@dataclass(frozen=True)
class Exploration:
    """All points of a space in their order, and which are best."""

    space: Space
    layers: Sequence[Layer]
    points: Sequence[Point]
    evaluations: int = 0
    """How many layers were compiled and executed this time."""
    untimed: Sequence[str] = ()
    """The names of layers that a machine leaves to the host, and that therefore cost nothing."""
    front: Sequence[int] = field(init=False)
    """The points that no other dominates, best in the first objective first."""

    def __post_init__(self) -> None:
        sound = [i for i, point in enumerate(self.points) if point.status == "ok"]
        values = [self.points[i].values() for i in sound]
        costs = [[v[name] for name in self.space.minimize] for v in values]
        object.__setattr__(self, "front", [sound[i] for i in pareto_front(costs)])


def explore(
    layers: Sequence[Layer],
    space: Space,
    *,
    evaluator: Evaluator,
    folder: str | Path | None = None,
    workers: Workers = in_this_process,
    progress: Progress | None = None,
) -> Exploration:
    """Evaluate every point of the space that is not in `folder`'s results already.

    `evaluator` is a function of a module, named the same in other processes. Raises CompileError
    when results cannot be kept, or when it is interrupted: what is known by then is kept.
    """
    run = _Run(layers, evaluator, Store(folder))
    points = [run.begin(settings, space) for settings in space.points()]
    missing = run.missing(points)
    total = len({key for point in points for key in run.keys(point) if not run.store.done(key)})
    done = 0
    try:
        for call, answer in run_all(missing, workers):
            outcomes: list[Outcome] = answer or [LOST]
            for key, outcome in zip(call.keys, outcomes, strict=True):
                run.store.add(run.record(key, outcome))
            done += len(outcomes)
            if progress is not None:
                progress("evaluating", done, total)
    except KeyboardInterrupt:
        kept = f"; '{folder}' keeps them, and the same command goes on" if folder else ""
        fail(None, f"interrupted after {done} of {total} evaluations{kept}")
    ended = [run.end(point, space) for point in points]
    return Exploration(space, layers, ended, done, run.untimed(points))


class _Run:
    """What `explore` knows on the way. A point has status `ok` from `begin` on unless it is out."""

    def __init__(self, layers: Sequence[Layer], evaluator: Evaluator, store: Store) -> None:
        self.layers, self.evaluator, self.store = layers, evaluator, store
        name = getattr(evaluator, "__qualname__", type(evaluator).__qualname__)
        self.evaluator_name = f"{evaluator.__module__}:{name}"
        self.begun: dict[str, tuple[Layer, Settings]] = {}

    def begin(self, settings: Settings, space: Space) -> Point:
        """A point before anything was evaluated."""
        try:
            machine = load(space.base, settings)
        except CompileError as error:
            reason = reason_of(error)
            key = key_of(space.base, repr(sorted(settings.items())), reason)
            if not self.store.done(key):
                self.store.add(Record(key, Outcome("refused", reason=reason), settings))
            return Point(settings, "refused", reason)
        return _limited(Point(settings, "ok", machine=machine), space)

    def keys(self, point: Point) -> list[str]:
        """Of the evaluations that a point needs, by layer; each says all that a result is of."""
        if point.status != "ok" or point.machine is None:
            return []
        machine, version = point.machine.hash, code_version()
        return [key_of(machine, lay.hash, version, self.evaluator_name) for lay in self.layers]

    def missing(self, points: Sequence[Point]) -> Iterator[Call]:
        """What must be evaluated, each thing once; nothing more of a machine that was refused.

        Machines of one form come together, layer by layer: they share what is compiled for it.
        """
        for group in _by_form(points):
            keys = [self.keys(point) for point in group]
            for number, layer in enumerate(self.layers):
                wanted: dict[str, Machine] = {}
                for point, own in zip(group, keys, strict=True):
                    key = own[number]
                    known = key in self.begun or self.store.done(key)
                    if not known and self._find(own, "refused") is None:
                        assert point.machine is not None
                        self.begun[key] = layer, point.settings
                        wanted[key] = point.machine
                yield from self._calls(layer, wanted)

    def _calls(self, layer: Layer, wanted: Mapping[str, Machine]) -> Iterator[Call]:
        """One layer on some machines, in parts after which results are kept."""
        items = iter(wanted.items())
        while part := list(islice(items, AT_ONCE)):
            keys, machines = zip(*part, strict=True)
            yield Call(keys, self.evaluator, machines, layer.text, code_version())

    def _find(self, keys: Sequence[str], status: Status) -> int | None:
        """The first layer whose evaluation ended so."""
        known = (self.store.known.get(key) for key in keys)
        return next((i for i, o in enumerate(known) if o is not None and o.status == status), None)

    def record(self, key: str, outcome: Outcome) -> Record:
        """What to keep of an evaluation."""
        layer, settings = self.begun[key]
        return Record(key, outcome, settings, layer.name)

    def untimed(self, points: Sequence[Point]) -> list[str]:
        """The layers for which some machine did nothing."""
        found: dict[str, None] = {}
        for point in points:
            for key, layer in zip(self.keys(point), self.layers, strict=False):
                known = self.store.known.get(key)
                if known is not None and known.measures is not None and not known.measures.cycles:
                    found[layer.name] = None
        return list(found)

    def end(self, point: Point, space: Space) -> Point:
        """A point after everything was evaluated."""
        keys = self.keys(point)
        if not keys:
            return point
        for status in ("refused", "failed"):
            if (index := self._find(keys, status)) is not None:
                reason = f"{self.layers[index].name}: {self.store.known[keys[index]].reason}"
                return replace(point, status=status, reason=reason)
        found = [self.store.known[key].measures for key in keys]
        return _limited(replace(point, measures=_total(found, self.layers)), space)


AT_ONCE = 32
"""Machines on which a worker evaluates a layer before it reports."""


def _by_form(points: Iterable[Point]) -> list[list[Point]]:
    """The points that are to be evaluated, those whose machines may share programs together."""
    groups: dict[tuple[object, ...], list[Point]] = {}
    for point in points:
        if point.status == "ok" and point.machine is not None:
            groups.setdefault(form_of(point.machine), []).append(point)
    return list(groups.values())


def _total(measures: Sequence[Measures | None], layers: Sequence[Layer]) -> Measures:
    """Of one run of the model, layer after layer."""
    known = [(m, layer.count) for m, layer in zip(measures, layers, strict=True) if m is not None]
    assert len(known) == len(layers), "a point without failures has all its measures"
    return Measures(
        cycles=sum(count * m.cycles for m, count in known),
        seconds=sum(count * m.seconds for m, count in known),
        energy_pj=sum(count * m.energy_pj for m, count in known),
        macs=sum(count * m.macs for m, count in known),
    )


def _limited(point: Point, space: Space) -> Point:
    """The point, `over` when something that is known is above its limit."""
    values = point.values()
    above = [
        f"{name} {values[name]:.4g} > {limit:.4g}"
        for name, limit in space.limits.items()
        if name in values and values[name] > limit
    ]
    return replace(point, status="over", reason=", ".join(above)) if above else point
