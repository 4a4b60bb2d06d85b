"""Runs that read fitted models: their refits are kept, replayed without a fit, and fitted again when that is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from consilience.core.errors import ReportBug
from consilience.core.refits import Refit
from consilience.core.time import DAY
from consilience.learning.regime_model import RegimeFitter
from consilience.research.runs import RunStore, StoredRun
from tests.apps.conftest import Command, Done, command

STRATEGY = """
from consilience.strategies import Entry, Strategy, ta


class Regime(Strategy):
    '''Long while the model says so.'''

    def define(self, bar):
        return Entry(long=ta.gmm_regime(bar).regime == 1, exit_long=ta.gmm_regime(bar).regime != 1, reason="calm")
"""
CONFIG = """
config_version = 1
seed = 7
[data]
symbols = ["MSFT"]
end = "2001-09-28"
models = ["regime_gmm"]
refit_bars = 50
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one kept run that read a fitted model."""
    pytest.importorskip("bokeh_sampledata", reason="the embedded prices are not installed")
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "regime.py").write_text(STRATEGY, encoding="utf-8")
    (folder / "fitted.toml").write_text(CONFIG, encoding="utf-8")
    done = command(folder, "backtest", "--config", "fitted.toml", "--strategy", "regime.py", "--quiet")
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def copied(kept: Path, tmp_path: Path) -> Path:
    """The same folder, to be spoilt."""
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def run_in(folder: Path) -> StoredRun:
    return RunStore(folder / "runs").latest()


def no_fit(*_: Any, **__: Any) -> Any:
    raise ReportBug("a replay fitted a model")


def test_each_refit_is_a_row_of_the_run(kept: Path) -> None:
    run = run_in(kept)
    frame = pl.read_parquet(run.folder / "parameters.parquet")
    refits = run.refits
    assert len(frame) == len(refits) == 3 and frame["outcome"].to_list() == ["served"] * 3
    assert frame["model"].unique().to_list() == ["regime_gmm"] and set(frame["seed"]) == {7}
    for row, refit in zip(frame.iter_rows(named=True), refits, strict=True):
        assert (row["names"], row["values"]) == (list(refit.values), list(refit.values.values()))
        assert len(row["values"]) == 69 and row["hash"] == refit.content_hash and row["converged"]
        assert row["log_likelihood"] == refit.values["log_likelihood"] and row["iterations"] > 0
        assert refit.ts_known == refit.training_end_ns + 1
    assert run.manifest.digests["parameters"]


def test_the_report_says_how_the_fits_went_in_one_line(kept: Path) -> None:
    notes = run_in(kept).report_data.notes
    assert "model regime_gmm: 3 fits due, 3 served" in notes
    assert not any(note.startswith("feed regime_gmm") for note in notes)


def test_a_replay_reads_the_parameters_and_fits_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RegimeFitter, "fit", no_fit)
    done = command(kept, "replay")
    assert done.code == 0 and "the same, bit for bit: " in done.out and done.out.rstrip().endswith("parameters")
    told = command(kept, "why", "MSFT", "--at", "2001-06-01")
    assert told.code == 0 and "Regime" not in told.err
    assert command(kept, "replay", "--refit").error == "a replay fitted a model"  # the fault that this would see


def test_refit_fits_again_and_finds_the_same(kept: Path) -> None:
    done = command(kept, "replay", "--refit", "--json")
    assert done.code == 0 and done.json["same"] and done.json["parameters"] is None


def test_refit_names_the_first_fit_that_is_not_the_same(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit: Callable[..., dict[str, float]] = RegimeFitter.fit  # type: ignore[assignment]
    seen: list[int] = []

    def moved(self: RegimeFitter, *given: Any) -> dict[str, float]:
        seen.append(1)
        found = fit(self, *given)
        return found | {"scale.momentum": found["scale.momentum"] * 2.0} if len(seen) == 2 else found

    monkeypatch.setattr(RegimeFitter, "fit", moved)
    done = command(kept, "replay", "--refit")
    second = run_in(kept).refits[1]
    was = second.values["scale.momentum"]
    assert done.code == 1 and len(seen) == 3
    assert f"parameters: {second.name}: scale.momentum was {was}, is now {was * 2.0}" in done.out
    assert "data: what all symbols share: signals of regime_gmm.scale.momentum" in done.out


def spoilt(frame: pl.DataFrame, column: str, value: Any) -> pl.DataFrame:
    """The second row with another value."""
    rows = plain(frame)
    rows[1][column] = value(rows[1][column])
    return pl.DataFrame(rows, schema=frame.schema)


def plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Its rows, times in ns: Python's own know no single one."""
    return frame.with_columns(pl.col("fitted_to", "known").cast(pl.Int64)).to_dicts()


def rehashed(frame: pl.DataFrame) -> pl.DataFrame:
    """Another seed, with the hash that belongs to it."""
    row = plain(frame)[1]
    forged = Refit(
        model=row["model"], symbol=row["symbol"], training_end_ns=row["fitted_to"], ts_known=row["known"], seed=8,
        log_likelihood=row["log_likelihood"], observations=row["observations"], iterations=row["iterations"],
        converged=True, values=dict(zip(row["names"], row["values"], strict=True)),
    )  # fmt: skip
    return spoilt(spoilt(frame, "seed", lambda _: 8), "hash", lambda _: forged.content_hash)


CHANGED = "parameters.parquet was changed: "
SPOILT: list[tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = [
    (lambda f: spoilt(f, "values", lambda v: [v[0] + 1e-15, *v[1:]]), f"{CHANGED}row 1, regime_gmm fitted to 2001-"),
    (lambda f: spoilt(f, "log_likelihood", lambda v: v - 1.0), f"{CHANGED}row 1"),
    (lambda f: spoilt(f, "reason", lambda _: 351), f"{CHANGED}row 1"),
    (lambda f: spoilt(f, "names", lambda v: v[1:] + v[:1]), f"{CHANGED}row 1"),
    (lambda f: f[:2], f"{CHANGED}its rows are not those that the manifest knows"),
    (lambda f: f[[1, 0, 2]], f"{CHANGED}its rows are not those"),
    (rehashed, f"{CHANGED}its rows are not those"),
    (lambda f: f.drop("seed"), f"{CHANGED}its columns are not those of refits"),
    (lambda f: spoilt(f, "hash", lambda _: None), f"{CHANGED}its columns are not those"),
]


@pytest.mark.parametrize(("change", "text"), SPOILT)
def test_a_table_that_was_changed_is_one_line(
    copied: Path, change: Callable[[pl.DataFrame], pl.DataFrame], text: str
) -> None:
    run = run_in(copied)
    path = run.folder / "parameters.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    for words in (("replay",), ("regimes", "--run", run.manifest.run_id)):
        done = command(copied, *words)
        assert done.code == 4 and text in done.error
        assert done.error.endswith(f"fit again with: consilience replay {run.manifest.run_id} --refit")


def test_a_table_that_is_missing_or_no_table_is_one_line_and_can_be_made_up_for(copied: Path) -> None:
    run = run_in(copied)
    path = run.folder / "parameters.parquet"
    path.write_bytes(b"not a table")
    assert "parameters.parquet cannot be read (" in command(copied, "replay").error
    path.unlink()
    done = command(copied, "replay")
    assert done.code == 4 and "parameters.parquet is missing, so the parameters of this run are not known" in done.error


def test_regimes_lists_the_refits_of_a_run(kept: Path) -> None:
    run = run_in(kept)
    done: Done = command(kept, "regimes", "--run", run.manifest.run_id[:10])
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split()[:3] == ["Model", "Symbols", "Fitted"]
    assert sum(line.split()[:2] == ["regime_gmm", "*"] and line.split()[-1] == "served" for line in lines) == 3
    assert lines[-1] == "model regime_gmm: 3 fits due, 3 served"
    document = command(kept, "regimes", "--run", run.manifest.run_id, "--json").json
    assert [row["iterations"] for row in document["refits"]] == [one.iterations for one in run.refits]


def test_a_run_that_read_no_model_says_so(project: Path) -> None:
    run = run_in(project)
    assert run.refits == () and not (run.folder / "parameters.parquet").exists()
    assert "read no fitted model" in command(project, "regimes", "--run", run.manifest.run_id).out


@pytest.mark.parametrize(
    ("end", "line"),
    [
        ("2001-01-10", "model regime_gmm: no fit was due; its first is after 270 of its bars"),
        ("2001-04-30", "model regime_gmm: 1 fits due, 0 served; 1 left out: too few observations, first at 2001-03-26"),
    ],
)
def test_without_parameters_the_model_is_silent_and_the_report_says_why(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, line: str
) -> None:
    def blind(*_: object) -> dict[str, float]:
        return {}

    monkeypatch.setattr(RegimeFitter, "fit", blind)
    for name in ("regime.py", "fitted.toml"):
        shutil.copy(kept / name, tmp_path)
    asked = ("--config", "fitted.toml", "--strategy", "regime.py", "--end", end)
    done = command(tmp_path, "backtest", *asked)
    assert done.code == 0, done.err
    run = run_in(tmp_path)
    assert any(note.startswith(line) for note in run.report_data.notes)
    assert run.report_data.trades == () and (line in done.err) == ("due;" not in line)
    again = command(tmp_path, "replay")
    assert again.code == 0, again.err


def test_daily_models_in_a_run_on_shorter_bars(tmp_path: Path) -> None:
    """From the file of bars to the replay: models of a day's bars under bars of twelve hours, through a profile."""
    random = np.random.default_rng(4)
    closes = 100.0 * np.exp(np.cumsum(0.02 * random.standard_normal(620)))
    start = datetime(2020, 1, 1, 12, tzinfo=UTC)
    times = [start + k * timedelta(hours=12) for k in range(620)]
    rows = [f"{t:%Y-%m-%dT%H:%M:%SZ},{c:.2f},{c:.2f},{c:.2f},{c:.2f},1000" for t, c in zip(times, closes, strict=True)]
    (tmp_path / "coin.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(PROFILE, encoding="utf-8")
    bars = ("--data", "coin.csv", "--symbols", "COIN", "--stamp", "close")
    (tmp_path / "coin.toml").write_text(COIN, encoding="utf-8")
    done = command(tmp_path, "backtest", "--config", "coin.toml", "--fusion", "mine.toml", *bars)
    assert done.code == 0, done.err
    refits = run_in(tmp_path).refits
    assert [one.model for one in refits] == ["regime_gmm@1d"] * 2 and [one.observations for one in refits] == [250, 290]
    assert {one.training_end_ns % DAY for one in refits} == {0}
    assert command(tmp_path, "replay").code == 0
    assert "regime " in command(tmp_path, "why", "COIN").out


PROFILE = """
[thresholds]
buy = 0.1
[sources]
trend_composite = 0.5
market_regime = { weight = 0.5, parameters = { model = "gmm", bars = "1d" } }
"""
COIN = """
config_version = 1
[data]
kind = "crypto_spot"
refit_bars = 40
"""


def test_an_unknown_model_and_its_bars_are_told(cli: Command, tmp_path: Path) -> None:
    for models, code, text in (
        ("regime_gm", 2, "unknown fitted model 'regime_gm'; did you mean 'regime_gmm'? in [data] models"),
        ("regime_gmm@1h", 4, "the run's bars are 1d, so no model of 1h bars is fitted"),
    ):
        (tmp_path / "wrong.toml").write_text(CONFIG.replace("regime_gmm", models), encoding="utf-8")
        done = cli("backtest", "--config", "wrong.toml", "--strategy", "macd_cross", "--quiet")
        assert done.code == code and text in done.error
