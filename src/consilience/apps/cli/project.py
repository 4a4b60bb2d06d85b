"""``init`` and ``config check``: a folder to work in, and what its configuration says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consilience.apps.cli.options import AsJson, ConfigFile
from consilience.apps.cli.shell import Output, new_app
from consilience.core.errors import ConfigError

config_app = new_app("The configuration.")

FOLDERS = ("strategies", "data", "runs")
CONFIG_TEXT = """\
# Consilience: what a run uses. Environment variables win over this file (CONSILIENCE__ACCOUNT__CASH=5000), command-line
# options win over both. `consilience config check` explains it. Secrets never stand here.
config_version = 1
seed = 0

[data]
source = "demo"  # demo, catalogue (after `consilience data import`), or the path of a CSV or Parquet file
symbols = ["AAPL", "IBM", "MSFT"]  # [] for all
start = "2002-01-01"
end = "2012-12-31"  # the last day, whole
# timeframe = "1w"  # bar length; the data's own by default

[account]
cash = 100_000
base_currency = "USD"
fraction = 0.1  # share of equity of one entry
leverage = 1.0
max_position = 0.0  # x equity, 0 for no limit
max_gross = 1.0
allow_short = true

[execution]
fee = "percent"
fee_parameters = { rate = 0.001 }
slippage = "spread"
slippage_parameters = { share = 0.0005 }
participation = 0.1  # largest share of a bar's volume that we may take

[universe]
preset = "all"  # which symbols may be entered: all, crypto or equity; see them with `consilience screen`

[[strategies]]
name = "example"  # strategies/example.py; `consilience strategies` lists all

[strategies.parameters]
fast = 20
slow = 100

[report]
benchmark = "buy_and_hold"
risk_free = 0.0

[record]
level = "events"  # none, events or full: which decisions are kept for `consilience why`
"""
STRATEGY_TEXT = '''\
"""A strategy to start from. Try it with: consilience backtest --strategy example"""

from consilience.strategies import Entry, Param, Strategy, ta


class Example(Strategy):
    """Long while the fast average is above the slow one, with a stop in units of the usual range."""

    fast = Param(20, low=2, high=200, unit="bars")
    slow = Param(100, low=5, high=400, unit="bars")
    stop = Param(3.0, low=0.5, high=20.0, unit="x ATR(14)")

    def define(self, bar):
        """Called once: returns expressions, which run compiled over history and bar by bar alike."""
        fast, slow, atr = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow), ta.atr(bar, 14)
        return Entry(
            long=ta.crosses_above(fast, slow),
            exit_long=ta.crosses_below(fast, slow),
            stop_loss=bar.close - self.stop * atr,
            confidence=ta.clip((fast - slow) / atr + 0.5, 0, 1),
            reason="fast average crossed the slow one",
        )
'''


def init(
    folder: Annotated[Path, typer.Argument(help="Where; made if missing.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Make consilience.toml, strategies/example.py and the folders of a project."""
    out = Output()
    files = {folder / "consilience.toml": CONFIG_TEXT, folder / "strategies" / "example.py": STRATEGY_TEXT}
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise ConfigError(f"{', '.join(there)} is there already; choose another folder, or --force to write over it")
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        out.show(f"made {path}")
    where = "" if folder == Path() else f"cd {folder} && "
    out.show(f"next: {where}consilience backtest")


@config_app.command("check")
def check(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Read the configuration, make its strategies, and show every value with where it was set."""
    from consilience.apps.cli.options import configuration
    from consilience.apps.config_text import toml_text
    from consilience.apps.prepare import check_models, prepare

    out = Output(as_json=as_json)
    loaded = configuration({"config": config})
    complete = loaded.config
    if complete.fusion.profile:
        prepare(complete)  # its profile is shown by its name, not by all that it holds
    elif complete.strategies:
        complete = prepare(complete).config
    else:
        check_models(complete)
    if as_json:
        out.document({"file": str(loaded.file) if loaded.file else None, "config": complete.model_dump(mode="json")})
        return
    out.show(f"{loaded.file or 'no file: defaults, environment and options'}: fine")
    origins = {".".join(map(str, key)): origin for key, origin in loaded.origins.items()}
    section, strategies = "", 0
    for line in toml_text(complete).splitlines():
        key, mark, _ = line.partition(" = ")
        if line.startswith("[["):
            section, strategies = f"strategies.{strategies}.", strategies + 1
        elif line.startswith("["):
            section = f"{line[1:-1]}."
        told = f"  {line:<48}  # {origins.get(section + key, 'default')}" if mark else line
        out.show(told.rstrip())
