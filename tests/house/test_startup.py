"""The command line starts light: its budget is 0.4 s, and what breaks it is a heavy import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("exchange_calendars", "jinja2", "numba", "numpy", "pandas", "polars", "pydantic")


def imported_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_heavy_import_would_be_seen() -> None:
    assert "numpy" in imported_by("import numpy")


def test_the_command_line_imports_nothing_heavy(repository: Path) -> None:
    if not (repository / "src" / "consilience" / "apps" / "cli" / "main.py").is_file():
        pytest.skip("the command line is not there yet")
    assert imported_by("import consilience.apps.cli.main").isdisjoint(HEAVY)
