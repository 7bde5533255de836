"""Packages are found by folder; `tools/` is installed as `dlir.tools` (see package-dir)."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["dlir", "dlir.*"]), "dlir.tools"])
