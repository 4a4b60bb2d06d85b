"""``data continuous``: contract months of the catalogue as one series that a backtest can trade through its rolls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson, Folder, Quiet, TimeframeText
from consilience.apps.cli.shell import Output
from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consilience.apps.wiring import ContinuousRequest, MadeContinuous

_OPTIONS_OF = {"volume": ("confirm",), "open_interest": ("confirm", "open_interest"), "expiry": ("days",)}


# many parameters: command-line options
def continuous(
    symbol: Annotated[str, typer.Argument(help="Name of the series.")],
    *,
    contracts: Annotated[
        str, typer.Option("--contracts", metavar="A,B,...", help="Stored contracts, in the order of expiry.")
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="volume|open_interest|expiry", help="What makes it roll.")
    ] = "volume",
    confirm: Annotated[
        int | None, typer.Option("--confirm", help="Sessions in a row in which the next contract must lead; 1.")
    ] = None,
    open_interest: Annotated[
        Path | None, typer.Option("--open-interest", metavar="FILE", help="Contract, time, open_interest.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", help="With --by expiry: days before it; 5.")] = None,
    expiry: Annotated[
        list[str] | None,
        typer.Option("--expiry", metavar="CONTRACT=DATE", help="Last trading day, or UTC time; repeat."),
    ] = None,
    timeframe: TimeframeText = None,
    side: Annotated[
        str | None, typer.Option("--side", metavar="trade|quote", help="Which bars, where both are stored.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is stored.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make one series of futures contracts, with its rolls, and store it; prices stay those that traded."""
    given = locals()
    from consilience.apps import wiring

    out = Output(as_json=as_json, quiet=quiet)
    done = wiring.make_continuous(catalogue_folder(folder), _request(given), "replace" if replace else "error")
    if as_json:
        out.document(_document(done))
        return
    for line in done.quality.lines():
        out.show(line)
    for note in done.made.bars.notes:
        out.show(note)
    out.show(f"stored {done.entry.line()}")
    out.say(f"next: consilience backtest --data catalogue --symbols {symbol} --strategy moving_average_cross")


def catalogue_folder(given: str | None) -> str:
    """The catalogue's folder: as given, or as configured here."""
    from consilience.apps.config_file import load_config

    return given or load_config().config.data.folder


def _request(given: dict[str, Any]) -> ContinuousRequest:
    from consilience.apps.wiring import ContinuousRequest
    from consilience.market.continuous import RollRule

    by = given["by"]
    if by not in _OPTIONS_OF:
        raise ConfigError(f"--by is 'volume', 'open_interest' or 'expiry', not '{by}'")
    for option in ("confirm", "days", "open_interest"):
        if given[option] is not None and option not in _OPTIONS_OF[by]:
            raise ConfigError(f"--{option.replace('_', '-')} has no part in --by {by}; leave it out")
    if by == "open_interest" and given["open_interest"] is None:
        raise ConfigError("--by open_interest needs its numbers; give --open-interest FILE")
    terms = {name: given[name] for name in ("confirm", "days") if given[name] is not None}
    contracts = tuple(name.strip() for name in given["contracts"].split(",") if name.strip())
    if len(contracts) < 2:
        raise ConfigError("--contracts needs two contracts at the least, such as --contracts ESZ13,ESH14")
    if given["side"] not in (None, "trade", "quote"):
        raise ConfigError(f"--side is 'trade' or 'quote', not '{given['side']}'")
    return ContinuousRequest(
        symbol=given["symbol"],
        contracts=contracts,
        rule=RollRule(by, **terms),
        expiries=_expiries(given["expiry"] or ()),
        timeframe=given["timeframe"],
        side=given["side"],
        open_interest=given["open_interest"],
    )


def _expiries(pairs: Sequence[str]) -> dict[str, int]:
    from consilience.core.time import parse_time

    result: dict[str, int] = {}
    for pair in pairs:
        name, mark, when = pair.partition("=")
        if not mark or not name or not when:
            raise ConfigError(f"--expiry '{pair}' is not CONTRACT=DATE, such as --expiry ESZ13=2013-12-20")
        result[name.strip()] = parse_time(when.strip())
    return result


def _document(done: MadeContinuous) -> dict[str, Any]:
    from consilience.core.time import format_time

    bars, entry = done.made.bars, done.entry
    instrument = bars.instrument
    rolls = [
        {
            "after": format_time(roll.ts_event),
            "to": roll.new_symbol,
            "old_close": str(instrument.ticks_to_price(roll.numerator)),
            "new_close": str(instrument.ticks_to_price(roll.denominator)),
        }
        for roll in bars.actions
    ]
    return {
        "stored": {"symbol": entry.symbol, "timeframe": entry.timeframe, "side": entry.side, "bars": entry.rows},
        "contracts": [contract.symbol for contract in done.made.series.contracts],
        "rolls": rolls,
        "notes": list(bars.notes),
        "quality": [line.line() for line in done.quality.symbols],
    }
