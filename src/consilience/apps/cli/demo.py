"""``demo``: the whole thing once, without network, key or configuration."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import Output

STRATEGIES = ("moving_average_cross", "macd_cross", "rsi_mean_reversion", "bollinger_mean_reversion")
TITLE = "Demo: four strategies, five stocks, one account"


def demo(
    *,
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Where the run and its report go.")] = Path(
        "runs"
    ),
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Run four strategies on five US stocks, 2000 to 2013, in one account: prices come with the package."""
    from consilience.apps.cli.backtest import execute, keep, present
    from consilience.apps.config_file import load_config
    from consilience.apps.prepare import prepare

    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    begin = time.perf_counter()
    flags = {"account.max_gross": 1.0, "report.title": TITLE, "record.folder": str(folder)}
    prepared = prepare(load_config(None, flags, {}, search=False).config, STRATEGIES)
    out.say("four strategies share 100,000 USD on AAPL, FB, GOOG, IBM, MSFT; costs on, fills at the next open")
    result = execute(out, prepared)
    place = keep(out, prepared, result)
    present(out, result)
    out.say(f"done in {time.perf_counter() - begin:.1f} s")
    out.say("")
    out.say("What to type next:")
    steps = _next_steps(place / "report.html", folder)
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        out.say(f"  {command:<{width}}  {what}")


def _next_steps(page: Path, folder: Path) -> list[tuple[str, str]]:
    runs = "" if folder == Path("runs") else f" --folder {folder}"
    return [
        (f"open {page}", "the report, one file, no network"),
        (f"consilience why AAPL --at 2008-10-10{runs}", "every decision explained, no included"),
        (f"consilience replay{runs}", "run it again and compare bit for bit"),
        ("consilience init first && cd first", "a folder of your own"),
    ]
