"""``data``: bars into the catalogue, what is there, whether it is sound, and out again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.continuous import catalogue_folder, continuous
from consilience.apps.cli.options import AsJson, Folder, Kind, Quiet, Stamp, TimeframeText, Zone
from consilience.apps.cli.shell import Output, new_app
from consilience.core.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from consilience.apps.config import DataConfig
    from consilience.apps.wiring import Imported
    from consilience.market.quality import QualityReport, SymbolQuality

app = new_app("Market data: import, list, check, export, continuous futures.")
app.command("continuous")(continuous)

Wanted = Annotated[str | None, typer.Option("--symbols", metavar="A,B,...", help="Only these; all by default.")]


# many parameters: command-line options
@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV or Parquet file of bars, trades or quotes.")],
    *,
    ticks: Annotated[
        str | None, typer.Option("--ticks", metavar="trades|quotes", help="A file of these; makes bars of --timeframe.")
    ] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", help="Name of the instrument, for a file of one.")] = None,
    symbols: Wanted = None,
    stamp: Stamp = None,
    tz: Zone = None,
    timeframe: TimeframeText = None,
    columns: Annotated[
        list[str] | None, typer.Option("--columns", metavar="FIELD=COLUMN", help="A column by another name; repeat.")
    ] = None,
    header: Annotated[
        str | None, typer.Option("--header", metavar="A,B,...", help="Names, for a file without.")
    ] = None,
    session: Annotated[str | None, typer.Option("--session", help="Calendar: XNYS, 24/7, 24/5, ...")] = None,
    kind: Kind = None,
    currency: Annotated[str, typer.Option("--currency", help="Currency of the prices.")] = "USD",
    price_increment: Annotated[str | None, typer.Option("--price-increment", help="Price grid, such as 0.01.")] = None,
    lot: Annotated[str | None, typer.Option("--lot", help="Smallest quantity step.")] = None,
    multiplier: Annotated[
        str | None, typer.Option("--multiplier", help="Value of a point: 50 for an E-mini; 1 by default.")
    ] = None,
    close_only: Annotated[bool, typer.Option("--close-only", help="Use the close for all four prices.")] = False,
    wide: Annotated[
        bool,
        typer.Option("--wide", help="A date and a column of closes a symbol; prices within a bar are then not known."),
    ] = False,
    on_bad_row: Annotated[
        str, typer.Option("--on-bad-row", metavar="error|drop", help="What to do about one.")
    ] = "error",
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is stored.")] = False,
    append: Annotated[bool, typer.Option("--append", help="Append to what is stored.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Import bars into the catalogue, the whole file or nothing; says what was inferred and flagged."""
    given = locals()
    from consilience.apps import wiring

    out = Output(as_json=as_json, quiet=quiet)
    if replace and append:
        raise ConfigError("give --replace or --append, not both")
    options = wiring.import_options(_section(given), **_more(given))
    existing = "replace" if replace else "append" if append else "error"
    if ticks is None:
        done = wiring.import_file(file, catalogue_folder(folder), options, existing)
    else:
        done = wiring.import_tick_file(file, ticks, catalogue_folder(folder), options, existing)
    _show_import(out, done, ticks or "")


def _show_import(out: Output, done: Imported, ticks: str) -> None:
    """What was stored, inferred, dropped and flagged. ticks: 'trades' or 'quotes', where bars were made from them."""
    if out.as_json:
        stored = [{"symbol": e.symbol, "timeframe": e.timeframe, "side": e.side, "bars": e.rows} for e in done.entries]
        dropped = [{"line": line, "reason": reason} for line, reason in done.dropped]
        document = {"stored": stored, "notes": list(done.notes), "dropped": dropped, "quality": _report(done.quality)}
        if done.ticks is not None:
            document["ticks_quality"] = _report(done.ticks)
        out.document(document)
        return
    for note in done.notes:
        out.say(f"note: {note}")
    for line in done.ticks.lines() if done.ticks else ():
        out.show(f"{ticks} of {line}")
    for line in done.quality.lines():
        out.show(line)
    for entry in done.entries:
        out.show(f"stored {entry.line()}")
    out.say("next: consilience backtest --data catalogue --strategy moving_average_cross")


def _section(given: dict[str, Any]) -> DataConfig:
    from consilience.apps.config_file import load_config

    names = ("stamp", "tz", "session", "kind", "currency", "on_bad_row", "symbols")
    flags: dict[str, Any] = {f"data.{name}": given[name] for name in names}
    pairs = [pair.partition("=") for pair in given["columns"] or ()]
    for name, mark, column in pairs:
        if not mark or not name or not column:
            raise ConfigError(
                f"--columns '{name}{mark}{column}' is not FIELD=COLUMN, such as --columns close=last_price"
            )
    flags["data.columns"] = {name: column for name, _, column in pairs}
    return load_config(None, flags, {}, search=False).config.data


def _more(given: dict[str, Any]) -> dict[str, Any]:
    """Fields of ImportOptions that no configuration has."""
    from consilience.core.time import Timeframe

    return {
        "symbol": given["symbol"],
        "header": tuple(given["header"].split(",")) if given["header"] else (),
        "timeframe": Timeframe.parse(given["timeframe"]) if given["timeframe"] else None,
        "price_increment": _decimal("--price-increment", given["price_increment"]),
        "lot": _decimal("--lot", given["lot"]),
        "multiplier": _decimal("--multiplier", given["multiplier"] or "1"),
        "close_only": given["close_only"],
        "wide": given["wide"],
    }


def _decimal(option: str, text: str | None) -> Any:
    from decimal import Decimal, InvalidOperation

    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise ConfigError(f"{option} '{text}' is not a positive number, such as 0.01")
    return value


@app.command("list")
def list_(*, folder: Folder = None, as_json: AsJson = False) -> None:
    """What is there: the demo data and the catalogue."""
    from consilience.apps import wiring
    from consilience.core.time import format_time

    out = Output(as_json=as_json)
    place = catalogue_folder(folder)
    entries = wiring.stored(place)
    if as_json:
        rows = [
            {
                "symbol": e.symbol,
                "timeframe": e.timeframe,
                "side": e.side,
                "bars": e.rows,
                "first": format_time(e.first_ns),
                "last": format_time(e.last_ns),
                "source": e.source,
            }
            for e in entries
        ]
        out.document({"catalogue": place, "histories": rows, "demo": wiring.demo_lines()})
        return
    out.show("demo (--data demo)")
    problem = wiring.demo_data_problem()
    for line in [problem] if problem else wiring.demo_lines():
        out.show(f"  {line}")
    out.show(f"catalogue '{place}' (--data catalogue)")
    for entry in entries:
        out.show(f"  {entry.line()}, from {entry.source}")
    if not entries:
        out.show("  empty; fill it with: consilience data import FILE")


@app.command("check")
def check(
    *,
    symbols: Wanted = None,
    source: Annotated[
        str, typer.Option("--data", metavar="SOURCE", help="demo, catalogue, or a CSV or Parquet file.")
    ] = "catalogue",
    folder: Folder = None,
    stamp: Stamp = None,
    tz: Zone = None,
    kind: Kind = None,
    as_json: AsJson = False,
) -> None:
    """Put data before the quality gate: every flag counted, and files compared with their hashes."""
    from consilience.apps import wiring
    from consilience.apps.config_file import load_config

    out = Output(as_json=as_json)
    flags = {"data.source": source, "data.symbols": symbols, "data.stamp": stamp, "data.tz": tz, "data.kind": kind}
    section = load_config(None, flags, {}, search=False).config.data
    place = catalogue_folder(folder)
    if source == "catalogue":
        report = wiring.check_catalogue(place, section.symbols)
        if not report.symbols:
            raise NotFound(f"the catalogue '{place}' is empty; fill it with: consilience data import FILE")
    else:
        report = wiring.check_source(section)
    if as_json:
        out.document(_report(report))
        return
    for line in report.lines():
        out.show(line)


@app.command("export")
def export(
    symbol: Annotated[str, typer.Argument(help="Which one.")],
    file: Annotated[Path, typer.Argument(help="A name that ends in .csv, .csv.gz or .parquet.")],
    *,
    timeframe: TimeframeText = None,
    folder: Folder = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a stored history to a file that import reads back."""
    from consilience.apps import wiring

    if file.exists() and not force:
        raise ConfigError(f"{file} is there already; choose another name, or --force to write over it")
    rows, rolls = wiring.export_bars(catalogue_folder(folder), symbol, file, timeframe)
    Output().show(f"wrote {rows} bars to {file}")
    if rolls:
        Output().warn(f"{symbol} is a continuous series; its {rolls} rolls are not in the file")


def _report(report: QualityReport) -> dict[str, Any]:
    found = {"clean": report.clean, "symbols": [_symbol(one) for one in report.symbols], "notes": list(report.notes)}
    return found | ({"feeds": [one.line() for one in report.feeds]} if report.feeds else {})


def _symbol(one: SymbolQuality) -> dict[str, Any]:
    flags = {name: count for name, count in one.counts.items() if count}
    return {
        "symbol": one.symbol,
        "rows": one.rows,
        "kept": one.kept,
        "dropped": one.dropped,
        "repaired": one.repaired,
        "missing": one.missing,
        "flags": flags,
    }
