"""The pages are true: their files are written and their commands are run, in order, in an empty folder."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from consilience.apps.cli.main import app
from consilience.apps.cli.shell import run as command_line

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLAIN = re.compile(r"(! )?consilience [^&|;<>$`*~]*")
AS_PROCESSES = 3


class Step(NamedTuple):
    """A file to write or a command to run."""

    kind: str
    name: str
    text: str


def steps(page: Path) -> list[Step]:
    found = []
    for language, rest, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language in ("python", "csv", "toml") and rest.strip():
            found.append(Step("file", rest.strip(), body))
        elif language == "console":
            found += [Step("command", "", line[2:]) for line in body.splitlines() if line.startswith("$ ")]
    return found


def run(command: str, folder: Path, tools: Path) -> Path:
    """Run one line in bash and return the folder it ended in."""
    script = f'set -e\ncd "{folder}"\n{command}\npwd > "{tools}/pwd"\n'
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
    return Path((tools / "pwd").read_text(encoding="utf-8").strip())


def run_here(command: str, folder: Path) -> None:
    """Run ``[!] consilience ...`` in this process: most of a command's time is the start of its process."""
    fails = command.startswith("! ")
    words = shlex.split(command.removeprefix("! "))
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = command_line(app, words[1:])
    assert (code != 0) == fails, f"$ {command}\n{out.getvalue()}"


def follow(page: Path, folder: Path, tools: Path) -> tuple[Path, int]:
    """Do what ``page`` says, from ``folder`` on; where that ended, and how many commands it was.

    Its first commands, and what bash has to read, are processes of their own.
    """
    ran = 0
    for step in steps(page):
        if step.kind == "file":
            (folder / step.name).write_text(step.text, encoding="utf-8")
        else:
            plain = PLAIN.fullmatch(step.text) is not None
            if plain and ran >= AS_PROCESSES:
                run_here(step.text, folder)
            else:
                folder = run(step.text, folder, tools)
            ran += 1
    return folder, ran


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with ``consilience`` and ``python`` of this environment, for the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, what in (("consilience", f"{sys.executable} -m consilience"), ("python", sys.executable)):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {what} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return folder


def test_the_tutorial_runs_from_top_to_bottom(repository: Path, tmp_path: Path, tools: Path) -> None:
    pytest.importorskip("bokeh_sampledata", reason="the embedded prices are not installed")
    folder, ran = follow(repository / "docs" / "tutorial.md", tmp_path, tools)
    assert ran >= 15
    assert list((folder / "runs").rglob("report.html"))


def test_the_page_on_data_is_true(repository: Path, tmp_path: Path, tools: Path) -> None:
    pytest.importorskip("bokeh_sampledata", reason="the embedded prices are not installed")
    folder, ran = follow(repository / "docs" / "data.md", tmp_path, tools)
    assert ran >= 14
    kept = sorted(path.name.split(".")[0] for path in (folder / "data").rglob("*.parquet"))
    assert kept == ["AAPL", "ES", "ESH13", "ESZ12"]


def test_the_example_configuration_runs(repository: Path, tmp_path: Path, tools: Path) -> None:
    pytest.importorskip("bokeh_sampledata", reason="the embedded prices are not installed")
    (tmp_path / "examples").symlink_to(repository / "examples")
    run("consilience config check --config examples/backtest.toml", tmp_path, tools)
    run_here("consilience backtest --config examples/backtest.toml --quiet", tmp_path)
    run_here("consilience backtest --strategy examples/strategies/monthly_momentum.py --quiet", tmp_path)


def test_the_page_on_decisions(repository: Path, tmp_path: Path, tools: Path) -> None:
    folder, ran = follow(repository / "docs" / "decisions.md", tmp_path, tools)
    assert ran == 8
    assert len(list((folder / "runs" / "backtest").iterdir())) == 2
