"""TreeEnsemble: all rows go down all trees at once, a level at a time.

Nodes and leaves are numbered together, the leaves behind the nodes, and a leaf follows itself. NaN
differs from every number, as in the standard's reference, which its text does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import Operation

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import numpy_type_of
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor

COMPARISONS = {0: "le", 1: "lt", 2: "ge", 3: "gt", 4: "eq", 5: "ne"}
MEMBER = 6
"""Modes of nodes."""

AVERAGE, SUM, MIN, MAX = range(4)
NONE, SOFTMAX, LOGISTIC = range(3)

MOST_LEVELS = 256
"""A tree that is deeper, or has a cycle, is refused."""


@dataclass(frozen=True)
class Trees:
    """The table of nodes and leaves. `members` has a row for each, filled up with NaN."""

    roots: Array
    features: Array
    modes: Array
    splits: Array
    members: Array
    tracks_true: Array
    if_true: Array
    if_false: Array
    weights: Array
    targets: Array
    levels: int


def _tree_ensemble(context: Context, node: Node) -> Tensor:
    x, count = tensor(context, node, 0), node.int("n_targets", 0)
    if x.rank != 2 or count < 1:
        raise Unsupported(f"{count} targets for rank {x.rank}")
    trees = _read(node, numpy_type_of(x.element))
    width = x.dims[1]
    if isinstance(width, int) and not 0 <= trees.features.max(initial=0) < max(width, 1):
        raise Unsupported(f"feature {trees.features.max()} of {width}")
    if not ((trees.targets >= 0) & (trees.targets < count)).all():
        raise Unsupported(f"leaf_targetids {[*trees.targets]} for {count} targets")
    descent = _Descent(context, trees, x)
    places = descent.start()
    for _ in range(trees.levels):
        places = descent.step(places)
    return _transformed(context, node, _collected(context, node, descent, places, count))


def _read(node: Node, dtype: Any) -> Trees:
    """The attributes of the node; raises Unsupported where they are no trees."""
    modes, splits, weights = (
        _array(node, name) for name in ("nodes_modes", "nodes_splits", "leaf_weights")
    )
    targets, size = _ints(node, "leaf_targetids"), len(modes)
    tracks = node.ints("nodes_missing_value_tracks_true", ()) or (0,) * size
    features = _ints(node, "nodes_featureids")
    follow = [_follow(node, way, size, len(weights)) for way in ("true", "false")]
    ends = {len(way) - len(weights) for way in follow}
    if not size or {len(splits), len(tracks), len(features), *ends} != {size}:
        raise Unsupported("nodes whose attributes differ in number")
    if not len(weights) or len(weights) != len(targets):
        raise Unsupported("leaves whose attributes differ in number")
    if not {*modes.tolist()} <= {*COMPARISONS, MEMBER}:
        raise Unsupported(f"nodes_modes {sorted({*modes.tolist()})}")
    roots, rows = _ints(node, "tree_roots"), size + len(weights)

    def column(nodes: Any, leaves: float, type: Any = np.int64) -> Array:
        return np.concatenate([np.asarray(nodes, type), np.full(len(weights), leaves, type)])

    return Trees(
        roots=roots,
        features=column(features, 0),
        modes=column(modes, modes[0]),
        splits=column(splits, 0, dtype),
        members=_members(node, modes, rows, dtype),
        tracks_true=column(tracks, 0, np.bool_),
        if_true=follow[0],
        if_false=follow[1],
        weights=weights.astype(dtype),
        targets=targets,
        levels=_levels(roots, follow, size, rows),
    )


def _follow(node: Node, way: str, nodes: int, leaves: int) -> Array:
    """What follows each node, and each leaf."""
    ids, leafs = (_ints(node, f"nodes_{way}{what}") for what in ("nodeids", "leafs"))
    if len(ids) != len(leafs):
        raise Unsupported("nodes whose attributes differ in number")
    return np.concatenate([ids + leafs * nodes, np.arange(nodes, nodes + leaves)])


def _ints(node: Node, name: str) -> Array:
    return np.array(node.ints(name, ()), np.int64)


def _array(node: Node, name: str) -> Array:
    if (array := node.array(name)) is None:
        raise Unsupported(f"no attribute {name}")
    return array.reshape(-1)


def _members(node: Node, modes: Array, rows: int, dtype: Any) -> Array:
    """[rows, most members of a node]: the sets stand in the order of their nodes."""
    asking = np.flatnonzero(modes == MEMBER)
    given = node.array("membership_values")
    values = np.zeros(0, dtype) if given is None else given.reshape(-1).astype(dtype)
    ends = np.flatnonzero(np.isnan(values))
    if len(ends) != len(asking):
        raise Unsupported(f"{len(ends)} sets of members for {len(asking)} nodes")
    starts = np.concatenate([[0], ends + 1])[: len(ends)]
    members = np.full((rows, max(ends - starts, default=0)), np.nan, dtype)
    for row, start, end in zip(asking, starts, ends, strict=True):
        members[row, : end - start] = values[start:end]
    return members


def _levels(roots: Array, follow: list[Array], nodes: int, rows: int) -> int:
    """How many nodes there are on the longest way to a leaf."""
    if not len(roots) or any(((a < 0) | (a >= rows)).any() for a in (*follow, roots)):
        raise Unsupported("trees that refer to nodes or leaves that there are not")
    reached, levels = np.unique(roots), 0
    while (inner := reached[reached < nodes]).size:
        reached, levels = np.unique(np.concatenate([way[inner] for way in follow])), levels + 1
        if levels > MOST_LEVELS:
            raise Unsupported(f"a tree with a cycle, or of more than {MOST_LEVELS} levels")
    return levels


class _Descent:
    """All rows of x on their way down."""

    def __init__(self, context: Context, trees: Trees, x: Tensor):
        self.context, self.trees, self.x = context, trees, x
        self._tables: dict[str, Tensor] = {}

    def start(self) -> Tensor:
        """[rows, trees]: the number of the root."""
        roots = self.table("roots")
        return self.context.broadcast(roots, (self.x.dims[0], *roots.dims))

    def table(self, name: str) -> Tensor:
        """A column of the table as a tensor, made once."""
        if name not in self._tables:
            array = getattr(self.trees, name)
            self._tables[name] = self.context.tensor(Constant(array, f"trees.{name}"))
        return self._tables[name]

    def at(self, name: str, places: Tensor) -> Tensor:
        """What a column says of each place."""
        return self.context.gather(self.table(name), places, 0)

    def step(self, places: Tensor) -> Tensor:
        """The numbers that follow."""
        context, features = self.context, self.at("features", places)
        x = context.emit(dl.GatherElementsOp(self.x.ssa, features.ssa, 1), places.dims)
        holds = self._holds(x, places)
        if self.trees.tracks_true.any():
            missing = context.itemwise(dl.IsNanOp, x)
            tracked = context.itemwise(dl.AndOp, missing, self.at("tracks_true", places))
            holds = context.itemwise(dl.OrOp, holds, tracked)
        ways = self.at("if_true", places), self.at("if_false", places)
        return context.itemwise(dl.SelectOp, holds, *ways)

    def _holds(self, x: Tensor, places: Tensor) -> Tensor:
        """Whether the comparison of the node at each place holds."""
        context, found = self.context, dict[int, Tensor]()
        for mode in sorted({*self.trees.modes.tolist()}):
            if mode == MEMBER:
                members = self.at("members", places)
                equal = context.compare("eq", context.reshape(x, (*x.dims, 1)), members)
                op = dl.ReduceMaxOp(equal.ssa, [2], keepdims=False)
                found[mode] = context.emit(op, places.dims)
            else:
                found[mode] = context.compare(COMPARISONS[mode], x, self.at("splits", places))
        (_, holds), *others = found.items()
        modes = self.at("modes", places) if others else places
        for mode, other in others:
            asks = context.compare("eq", modes, context.constant(mode, i64))
            holds = context.itemwise(dl.SelectOp, asks, other, holds)
        return holds


def _collected(
    context: Context, node: Node, descent: _Descent, places: Tensor, count: int
) -> Tensor:
    """[rows, targets] of the leaves that were reached."""
    trees, how = descent.trees, node.int("aggregate_function", SUM)
    first = context.constant(len(trees.modes) - len(trees.weights), i64)
    leaves = context.itemwise(dl.SubOp, places, first)
    weights = descent.at("weights", leaves)
    rows, number = places.dims
    if how in (MIN, MAX) and count == 1:
        kind = dl.ReduceMinOp if how == MIN else dl.ReduceMaxOp
        return context.emit(kind(weights.ssa, [1], keepdims=True), (rows, 1))
    if how not in (SUM, AVERAGE):
        raise Unsupported(f"aggregate_function {how} of {count} targets")
    targets = context.reshape(descent.at("targets", leaves), (*places.dims, 1))
    numbers = context.tensor(Constant(np.arange(count), "trees.numbers"))
    weights = context.reshape(weights, (*places.dims, 1))
    zero = context.constant(0, weights.element)
    own = context.itemwise(dl.SelectOp, context.compare("eq", targets, numbers), weights, zero)
    sums = context.emit(dl.ReduceSumOp(own.ssa, [1], keepdims=False), (rows, count))
    if how == SUM:
        return sums
    return context.itemwise(dl.DivOp, sums, context.constant(number, sums.element))


def _transformed(context: Context, node: Node, y: Tensor) -> Tensor:
    transform = node.int("post_transform", NONE)
    if transform == NONE:
        return y
    if transform not in (SOFTMAX, LOGISTIC):
        raise Unsupported(f"post_transform {transform}")
    op: Operation = dl.SoftmaxOp(y.ssa, 1) if transform == SOFTMAX else dl.SigmoidOp(y.ssa)
    return context.emit(op, y.dims)


OPERATORS: dict[str, Build] = {"TreeEnsemble": _tree_ensemble}
