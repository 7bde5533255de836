"""Printing figures beside published ones."""

from __future__ import annotations


def compare(what: str, published: float, ours: float, tolerance: float, unit: str = "") -> None:
    """Print both and assert that ours is within `tolerance` (a share) of the published figure."""
    difference = ours / published - 1
    print(
        f"{what:44} published {published:10.2f} {unit:5} ours {ours:10.2f} {unit:5} "
        f"{100 * difference:+6.1f} % (allowed {100 * tolerance:.1f} %)"
    )
    assert abs(difference) <= tolerance


def show(what: str, published: str, ours: str) -> None:
    """Print a pair that is not asserted, or is asserted elsewhere."""
    print(f"{what:44} published {published:>16} ours {ours:>16}")
