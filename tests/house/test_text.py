"""Addresses of package files and paths of one machine stay out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.house.text import forbidden_text
from tools.house_check import check_tree

WORKPLACE = "/wo" + "rk/"
HOST = "https:" + "//files.example.org"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"cd {WORKPLACE}main", "machine-path"),
        (f'PATH = "{WORKPLACE}venv/bin"', "machine-path"),
        (f"{HOST}/numpy-2.4.6-cp311.whl", "address"),
        (f"{HOST}/simple/numpy", "address"),
        (f"{HOST}/react.tgz", "address"),
        (f"{HOST}/react-1.0.tar.gz#sha", "address"),
        ('"resolved"' + ': "https://registry.example.org/x"', "address"),
    ],
)
def test_forbidden(line: str, rule: str) -> None:
    (finding,) = forbidden_text("notes.md", f"fine\n{line}\n")
    assert (finding.line, finding.rule) == (2, rule)


@pytest.mark.parametrize(
    "line",
    [
        "numpy==2.4.6",
        "https://docs.example.org/simple-guide.html",
        "https://example.org" + WORKPLACE + "about",
        "the frame" + WORKPLACE[1:] + "x",
        "docs" + WORKPLACE + "notes",
    ],
)
def test_allowed(line: str) -> None:
    assert list(forbidden_text("notes.md", line)) == []


def test_a_whole_tree(tmp_path: Path) -> None:
    room = tmp_path / "src" / "consilience" / "strategies"
    room.mkdir(parents=True)
    (room / "lonely.py").write_text("import os\n")
    for folder in (".mypy_cache", "build", ".ci"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "log").write_text(f"{WORKPLACE}notes\n")
    (tmp_path / "image.bin").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "notes.md").write_text(f"see {WORKPLACE}notes\n")
    found = [(finding.path, finding.rule) for finding in check_tree(tmp_path)]
    lonely = "src/consilience/strategies/lonely.py"
    assert found == [
        (".ci/log", "machine-path"),
        ("notes.md", "machine-path"),
        (lonely, "catalog"),
        (lonely, "core-import"),
    ]
