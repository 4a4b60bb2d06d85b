"""``order-flow``: how much of the price change of a recording of quotes its order flow imbalance explains."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson, Kind, Quiet, Zone
from consilience.apps.cli.shell import Output
from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    from consilience.research.order_flow_study import FlowStudy

_HEADS = (
    "Symbol",
    "Session (UTC)",
    "Quotes",
    "n",
    "R2",
    "95 %",
    "Slope",
    "t",
    "x 2 depth",
    "Half hours",
    "Ahead (t)",
)


# many parameters: command-line options
def order_flow(
    file: Annotated[
        Path, typer.Argument(help="Quotes: CSV, Parquet, or recorded websocket messages with bookTicker lines.")
    ],
    *,
    window: Annotated[str, typer.Option("--window", metavar="10s", help="Length of a window.")] = "10s",
    edge: Annotated[
        str, typer.Option("--edge", metavar="15m", help="Left out at both ends of an exchange's session.")
    ] = "15m",
    seed: Annotated[int, typer.Option("--seed", help="Of the interval's bootstrap.")] = 0,
    symbol: Annotated[str | None, typer.Option("--symbol", help="Name of the instrument, for a file of one.")] = None,
    symbols: Annotated[str | None, typer.Option("--symbols", metavar="A,B,...", help="Only these.")] = None,
    tz: Zone = None,
    columns: Annotated[
        list[str] | None, typer.Option("--columns", metavar="FIELD=COLUMN", help="A column by another name; repeat.")
    ] = None,
    session: Annotated[str | None, typer.Option("--session", help="Calendar: XNYS, 24/7, 24/5, ...")] = None,
    kind: Kind = None,
    price_increment: Annotated[
        str | None, typer.Option("--price-increment", help="Tick, such as 0.25; the data's grid by default.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Regress the change of the middle, in ticks, on the order flow imbalance of the same window, by session."""
    from consilience.apps import wiring
    from consilience.core.time import Timeframe
    from consilience.research.order_flow_study import as_document

    out = Output(as_json=as_json, quiet=quiet)
    flags: dict[str, Any] = {"data.tz": tz, "data.session": session, "data.kind": kind, "data.symbols": symbols}
    flags["data.columns"] = _pairs(columns or ())
    options = wiring.import_options(_section(flags), symbol=symbol, price_increment=_tick(price_increment))
    lengths = Timeframe.parse(window).duration_ns, Timeframe.parse(edge).duration_ns
    studied = wiring.study_order_flow(file, options, lengths, seed)
    for note in studied.notes:
        out.say(f"note: {note}")
    if as_json:
        sessions = as_document(studied.studies)
        out.document({"file": file.name, "window": window, "notes": list(studied.notes), "sessions": sessions})
        return
    out.table(_HEADS, [_row(one) for one in studied.studies], numeric=range(2, len(_HEADS)))
    out.show(f"R2: share of the variance of the mid-price change that the imbalance of the same {window} explains.")
    out.show("Slope: ticks for a unit of imbalance; times 2 depth it is 1 where the book is even.")
    out.show("Half hours: mean R2 (and how many); Cont, Kukanov and Stoikov (2014) found 0.65 on 50 NYSE stocks.")
    out.show(f"Ahead: R2 of the change of the next {window}, which is what a forecast could use.")


def _section(flags: dict[str, Any]) -> Any:
    from consilience.apps.config_file import load_config

    return load_config(None, flags, {}, search=False).config.data


def _tick(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise ConfigError(f"--price-increment '{text}' is not a positive number, such as 0.01")
    return value


def _pairs(texts: list[str] | tuple[()]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, mark, column = text.partition("=")
        if not mark or not name or not column:
            raise ConfigError(f"--columns '{text}' is not FIELD=COLUMN, such as --columns bid=best_bid")
        found[name] = column
    return found


def _row(one: FlowStudy) -> tuple[str, ...]:
    from consilience.core.time import format_time

    line = one.line
    return (
        one.symbol,
        f"{format_time(one.start_ns)[:16].replace('T', ' ')}-{format_time(one.end_ns)[11:16]}",
        f"{one.quotes:,}",
        f"{line.n:,}",
        _number(line.r2, "{:.3f}"),
        f"{_number(line.low, '{:.3f}')}..{_number(line.high, '{:.3f}')}",
        _number(line.slope, "{:.4g}"),
        _number(line.t, "{:.1f}"),
        _number(one.even_book, "{:.3g}"),
        f"{_number(one.mean_r2, '{:.3f}')} ({one.half_hours})",
        f"{_number(one.ahead.r2, '{:.4f}')} ({_number(one.ahead.t, '{:+.1f}')})",
    )


def _number(value: float, form: str) -> str:
    return "-" if value != value else form.format(value)
