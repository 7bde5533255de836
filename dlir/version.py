"""The versions of dlir, and of what it is built on, that are installed."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """That of dlir; `0` for a source tree that is not installed."""
    return version_of("dlir")


def version_of(package: str) -> str:
    """That of a package; `0` where it is not installed."""
    from importlib import metadata  # slow to load

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "0"


def described_version() -> str:
    """`0.1.0 (xdsl 0.55.0, llvmlite 0.45.0)`: what a report of a bug should say."""
    below = ", ".join(f"{package} {version_of(package)}" for package in ("xdsl", "llvmlite"))
    return f"{version()} ({below})"
