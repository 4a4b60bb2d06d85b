"""A command line in a folder of its own, and one small run that many tests read."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from consilience.apps.cli.main import app
from consilience.apps.cli.shell import run


@dataclass(frozen=True)
class Done:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The error line; there is just one."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("error: ")


Command = Callable[..., Done]


def command(folder: Path, *words: str) -> Done:
    """Run ``consilience`` with ``words`` in ``folder``, in this process."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(app, [str(word) for word in words])
    finally:
        os.chdir(before)
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the machine's user reaches a test, and no width of a terminal."""
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in [n for n in os.environ if n.startswith("CONSILIENCE__")]:
        monkeypatch.delenv(name)


@pytest.fixture
def cli(tmp_path: Path) -> Command:
    """``cli("data", "list")`` in an empty folder."""
    return lambda *words: command(tmp_path, *words)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder made by ``init`` with one kept run in it; tests read it and add runs, but change none."""
    folder = tmp_path_factory.mktemp("project")
    assert command(folder, "init").code == 0
    done = command(
        folder, "backtest", "--symbols", "AAPL,MSFT", "--start", "2009-01-01", "--param", "slow=60", "--quiet"
    )
    assert done.code == 0, done.err
    yield folder


CSV_HEAD = "date,open,high,low,close,volume"


def csv_lines(days: int = 30) -> list[str]:
    """A small daily history on New York sessions of January and February 2012."""
    dates = [f"2012-01-{d:02d}" for d in range(1, 32) if not _closed(2012, 1, d)]
    dates += [f"2012-02-{d:02d}" for d in range(1, 29) if not _closed(2012, 2, d)]
    rows = []
    for k, day in enumerate(dates[:days]):
        price = 100 + (k * 7) % 13
        rows.append(f"{day},{price}.10,{price + 2}.00,{price - 1}.00,{price}.50,{10_000 + k}")
    return [CSV_HEAD, *rows]


def _closed(year: int, month: int, day: int) -> bool:
    import datetime

    holidays = {(2012, 1, 2), (2012, 1, 16), (2012, 2, 20)}
    return datetime.date(year, month, day).weekday() > 4 or (year, month, day) in holidays
