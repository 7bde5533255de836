"""Printing figures beside published ones."""

from __future__ import annotations


def compare(what: str, published: float, ours: float, tolerance: float, unit: str = "") -> None:
    """Print both and assert that ours is within `tolerance` (a share) of the published figure."""
    difference = ours / published - 1
    print(
        f"{what:44} published {_number(published)} {unit:5} ours {_number(ours)} {unit:5} "
        f"{100 * difference:+6.1f} % (allowed {100 * tolerance:.1f} %)"
    )
    assert abs(difference) <= tolerance


def _number(value: float) -> str:
    """Small ones with more places."""
    return f"{value:10.2f}" if abs(value) >= 10 else f"{value:10.4f}"


def show(what: str, published: str, ours: str) -> None:
    """Print a pair that is not asserted, or is asserted elsewhere."""
    print(f"{what:44} published {published:>16} ours {ours:>16}")
