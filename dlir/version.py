"""The version of dlir that is installed."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """That of the package; `0` for a source tree that is not installed."""
    from importlib import metadata  # slow to load

    try:
        return metadata.version("dlir")
    except metadata.PackageNotFoundError:
        return "0"
