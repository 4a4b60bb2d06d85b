"""``regimes``: the regime detectors over one market's history, and which did better out of sample; refits of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.runs import Runs, find_run
from consilience.apps.cli.shell import Output
from consilience.core.errors import ConfigError, DataError, NotFound

if TYPE_CHECKING:
    from consilience.research.regimes import Judged, Study
    from consilience.research.runs import StoredRun

Window = Annotated[int, typer.Option("--window", metavar="BARS", min=0, help="Bars a fit learns from; 0 for all.")]
First = Annotated[int, typer.Option("--first", metavar="BARS", min=1, help="Bars before the first fit.")]
Every = Annotated[int, typer.Option("--every", metavar="BARS", min=1, help="Bars between two fits.")]
Shocks = Annotated[
    list[str] | None, typer.Option("--shock", metavar="DATE", help="A day from which bearish_volatile is due; repeat.")
]
Calms = Annotated[
    list[str] | None,
    typer.Option("--calm", metavar="FROM..TO", help="Days in which bearish_volatile is a false alarm; repeat."),
]
Judge = Annotated[
    Path | None,
    typer.Option("--judge", metavar="FILE", help="CSV with date and close of a fear index; only to judge by."),
]
High = Annotated[float, typer.Option("--high", help="From where days of the fear index are wild.")]
RefitsOf = Annotated[
    str | None,
    typer.Option("--run", metavar="RUN", help="List the refits of this kept run instead: its id, or the start of it."),
]
_SHOCKS, _CALMS = ("2008-09-15",), ("2004-01-01..2006-12-31", "2013-01-01..2014-12-31")  # Lehman; the two calm spells
_LABELS = ("bullish_calm", "bearish_volatile", "squeeze", "unknown")


# many parameters: the options of a command
@o.with_options({"config": o.ConfigFile}, o.BARS, {"seed": o.Seed})
def regimes(
    given: o.Given,
    *,
    window: Window = 0,
    first: First = 520,
    every: Every = 60,
    shock: Shocks = None,
    calm: Calms = None,
    judge: Judge = None,
    high: High = 30.0,
    run: RefitsOf = None,
    folder: Runs = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Fit the regime models again and again on the past alone, and compare them and the rule on what came after."""
    out = Output(as_json=as_json, quiet=quiet)
    if run is not None:
        _show_refits(out, find_run(run, folder))
        return
    from consilience.apps import runner
    from consilience.core.refits import parameter_events, refit_lines
    from consilience.core.time import parse_time
    from consilience.learning.regime_model import KINDS, RegimeFitter
    from consilience.learning.walk import Schedule, walk
    from consilience.research.regimes import Terms, as_document, study

    out.announce_compile()
    terms = Terms(
        shocks=tuple(parse_time(text) for text in (_SHOCKS if shock is None else shock)),
        calms=tuple(_span(text) for text in (_CALMS if calm is None else calm)),
        judge={} if judge is None else read_judge(judge),
        high=high,
    )
    config = o.configuration(given).config
    built = runner.load(config)
    for line in runner.quality_lines(built.report):
        out.say(f"data: {line}")
    if len(built.panel.symbols) > 1:
        raise ConfigError(f"regimes are studied one market at a time; give --symbols {built.panel.symbols[0]}")
    events = {}
    for kind in KINDS:
        fitter = RegimeFitter(kind, window=window, fewest=min(first, 250) if not window else min(first, 250, window))
        refits = walk(fitter, built.panel, f"regime_{kind}", Schedule(first, every), config.seed)
        events[f"regime_{kind}"] = parameter_events(refits)
        out.say("\n".join(refit_lines(refits)) or f"model regime_{kind}: no fit is due")
    found = study(built, events, terms)
    if as_json:
        out.document(as_document(found))
    else:
        _show(out, found, shock or _SHOCKS, calm or _CALMS)


def _show_refits(out: Output, run: StoredRun) -> None:
    """Every fit that was due in a kept run, and how it ended."""
    from consilience.core.refits import refit_lines
    from consilience.core.time import format_time
    from consilience.research.refit_frames import outcome

    rows: list[dict[str, Any]] = [
        {
            "model": one.model,
            "symbol": one.symbol,
            "fitted_to": format_time(one.training_end_ns),
            "known": format_time(one.ts_known),
            "observations": one.observations,
            "iterations": one.iterations,
            "log_likelihood": None if one.log_likelihood != one.log_likelihood else one.log_likelihood,
            "outcome": outcome(one),
        }
        for one in run.refits
    ]
    if out.as_json:
        out.document({"run": run.manifest.run_id, "refits": rows})
        return
    if not rows:
        out.show(f"{run.manifest.run_id} read no fitted model")
        return
    shown = [
        (row["model"], row["symbol"], row["fitted_to"], row["known"], str(row["observations"]), str(row["iterations"]),
         _number(row["log_likelihood"]), row["outcome"])
        for row in rows
    ]  # fmt: skip
    heads = ("Model", "Symbols", "Fitted to", "Known from", "Observations", "Steps", "Log likelihood", "Outcome")
    out.table(heads, shown, numeric=range(4, 7))
    for line in refit_lines(run.refits):
        out.show(line)


def _span(text: str) -> tuple[int, int]:
    """The days of ``2004-01-01..2006-12-31``, the last one whole."""
    from consilience.core.time import DAY, parse_time

    start, mark, stop = text.partition("..")
    if not mark:
        raise ConfigError(f"--calm '{text}' is not FROM..TO, such as 2004-01-01..2006-12-31")
    return parse_time(start), parse_time(stop) + DAY


def read_judge(path: Path) -> dict[int, float]:
    """Closes of a CSV file by day since 1970. Raises NotFound and DataError."""
    import polars as pl

    from consilience.core.time import DAY, parse_time

    if not path.is_file():
        raise NotFound(f"there is no file '{path}'; give a CSV with the columns date and close")
    frame = pl.read_csv(path)
    names = {name.lower(): name for name in frame.columns}
    if "date" not in names or "close" not in names:
        raise DataError(f"{path.name} has the columns {', '.join(frame.columns)}; give one with date and close")
    rows = zip(frame[names["date"]].to_list(), frame[names["close"]].to_list(), strict=True)
    try:
        return {parse_time(str(day)) // DAY: float(value) for day, value in rows if value is not None}
    except ValueError as error:
        raise DataError(f"{path.name}: {error}; give numbers in the column close") from error


def _show(out: Output, found: Study, shocks: tuple[str, ...] | list[str], calms: tuple[str, ...] | list[str]) -> None:
    days = f"{found.first[:10]} to {found.last[:10]}"
    out.show(f"{found.symbol}: {found.slices} bars, {days}, each judged by what was known before it")
    out.show()
    heads = ("", *(one.name.removeprefix("regime_") for one in found.judged))
    rows = [
        ("volatility ahead explained by the labels", *(_percent(one.separation) for one in found.judged)),
        ("log likelihood a bar", *(_number(one.log_likelihood) for one in found.judged)),
        ("changes of the label a year", *(_number(one.changes, 1) for one in found.judged)),
    ]
    for label in _LABELS:
        name = label.replace("_", " ")
        rows.append((f"share of bars: {name}", *(_percent(one.share.get(label)) for one in found.judged)))
        rows.append((f"volatility after: {name}", *(_percent(one.volatility.get(label)) for one in found.judged)))
        if any(one.judged for one in found.judged):
            rows.append((f"fear index in: {name}", *(_number(one.judged.get(label), 1) for one in found.judged)))
    if any(one.judged for one in found.judged):
        rows.append(("wild days called bearish volatile", *(_percent(one.caught) for one in found.judged)))
    for k, text in enumerate(shocks):
        rows.append((f"bars of delay after {text}", *(_delay(one, k) for one in found.judged)))
    for k, text in enumerate(calms):
        rows.append((f"false alarms {text}", *(_alarms(one, k) for one in found.judged)))
    out.table(heads, rows, numeric=range(1, len(heads)))
    out.show()
    for line in found.verdict():
        out.show(line)


def _percent(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.1%}"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None or value != value else f"{value:.{digits}f}"


def _delay(one: Judged, k: int) -> str:
    if one.delays[k] is None:
        return "-"
    since = f" (since {one.alarm_since[k][:10]})" if one.alarm_since[k] else ""
    return f"{one.delays[k]}{since}"


def _alarms(one: Judged, k: int) -> str:
    alarms, bars = one.false_alarms[k]
    return f"{alarms} of {bars}" if bars else "-"
