"""``decisions``: the decision records of a run, filtered, newest last or best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.runs import RunName, Runs, find_run
from consilience.apps.cli.shell import Output
from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

_REPEATS = "an outcome that repeats bar after bar is recorded once; consilience why SYMBOL --at TIME tells any bar"
_HEADS = ("Time", "Strategy", "Symbol", "Side", "Gate", "Reason", "Score", "Confidence", "Size")
_SIDES = {1.0: "long", -1.0: "short"}


# many parameters: the command's options
def decisions(
    *,
    run: RunName = None,
    strategy: Annotated[str, typer.Option("--strategy", "-s", metavar="NAME", help="Of this strategy.")] = "",
    symbol: Annotated[str, typer.Option("--symbol", metavar="SYMBOL", help="Of this symbol.")] = "",
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Not before this day or moment in UTC.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Not after this moment in UTC, or the end of this day.")
    ] = None,
    gate: Annotated[
        str, typer.Option("--gate", metavar="GATE", help="That ended there: fusion, orchestrator, risk, ..., passed.")
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="With these words in the reason, or its code.")
    ] = "",
    level: Annotated[
        str, typer.Option("--level", metavar="LEVEL", help="At least so sure: low, medium, high (0.62), very high.")
    ] = "",
    sort: Annotated[
        str, typer.Option("--sort", metavar="BY", help="time, or best first: rank, strength, confidence, score.")
    ] = "time",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest or the best.")] = 50,
    folder: Runs = None,
    as_json: AsJson = False,
) -> None:
    """List the decisions that a run recorded, the newest last or the best first; consilience why tells one in full."""
    from consilience.research.decision_list import Wanted, chosen_decisions, decision_rows

    out = Output(as_json=as_json)
    found = find_run(run, folder)
    first, last = _moment(start), _moment(end, last=True)
    if first is not None and last is not None and first > last:
        raise ConfigError(f"--from {start} is after --to {end}")
    wanted = Wanted(strategy, symbol, first, last, gate.lower(), reason, _level(level), sort.lower())
    every = chosen_decisions(found, wanted)
    shown = every.tail(limit) if wanted.sort == "time" else every.head(limit)
    if as_json:
        out.document({"run": found.manifest.run_id, "count": len(every), "decisions": decision_rows(shown)})
        return
    if found.manifest.record_level == "none":
        out.show(f"{found.manifest.run_id} was made at record level none, which keeps no decisions")
        return
    if not len(shown):
        out.show(f"no such decision among the {len(found.frame('decisions')):,} of {found.manifest.run_id}")
        if found.manifest.record_level == "events":
            out.say(_REPEATS)
        return
    heads = (*_HEADS, "Rank") if "rank" in shown.columns else _HEADS
    out.table(heads, [_cells(row) for row in shown.iter_rows(named=True)], numeric=range(6, len(heads)))
    left = len(every) - len(shown)
    out.say(f"{found.manifest.run_id}: {len(shown):,} of {len(every):,}" + ("; --limit shows more" if left else ""))


def _level(text: str) -> str:
    return text.lower().replace("_", " ").replace("-", " ")


def _moment(text: str | None, *, last: bool = False) -> int | None:
    """Nanoseconds of a time; of a day its start, or its last instant."""
    from consilience.apps.config import is_day
    from consilience.core.time import DAY, parse_time

    if text is None:
        return None
    return parse_time(text) + (DAY - 1 if last and is_day(text) else 0)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    from consilience.core.time import format_time

    side = _SIDES.get(row["direction"], "exit" if row["wanted"] else "")
    size = f"{row['approved']:g} of {row['wanted']:g}" if row["wanted"] else ""
    return (
        format_time(_ns(row["time"])),
        row["strategy"],
        row["symbol"],
        side,
        row["gate"],
        row["reason"],
        _number(row["score"], "+.3f"),
        _number(row["confidence"], ".3f"),
        size,
        *((str(row["rank"] or "-"),) if "rank" in row else ()),
    )


def _ns(moment: Any) -> int:
    import polars as pl

    series: pl.Series = pl.Series([moment]).cast(pl.Datetime("ns", "UTC")).cast(pl.Int64)
    return int(series[0])


def _number(value: float, form: str) -> str:
    return format(value, form) if value == value else "-"
