"""``why``: what was decided about a symbol, and why, "no" included."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.runs import RunOption, Runs, find_run
from consilience.apps.cli.shell import Output


def why(
    symbol: Annotated[str, typer.Argument(help="Which symbol.")],
    *,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="A day or a moment in UTC; the last bar by default.")
    ] = None,
    run: RunOption = None,
    folder: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Explain what each strategy of a run decided about a symbol: signal, gate, reason, order, fills, outcome."""
    from consilience.apps import runner
    from consilience.apps.config import is_day
    from consilience.core.time import DAY, Timeframe, format_time, parse_time
    from consilience.research.why import why as explain

    out = Output(as_json=as_json)
    out.announce_compile()
    found = find_run(run, folder)
    moment = None if at is None else parse_time(at)
    timeframe = found.manifest.timeframe
    if at is not None and moment is not None and is_day(at) and timeframe[:1].isdigit():
        # a day means its last bar; of daily bars and longer, a midnight means that already
        moment += DAY if Timeframe.parse(timeframe).is_intraday else 0
    answers = explain(
        found,
        symbol,
        moment,
        load_data=lambda _: runner.load_again(found),
        find=runner.strategy_finder(found.manifest),
    )
    if as_json:
        times = [
            {"bar": format_time(a.bar_ns), "decision": format_time(a.decision_ns) if a.decision_ns else None}
            for a in answers
        ]
        rows = [{**asdict(a), **time} for a, time in zip(answers, times, strict=True)]
        out.document({"run": found.manifest.run_id, "symbol": symbol, "answers": rows})
        return
    out.say(f"run {found.manifest.run_id}")
    if moment is not None and moment >= found.manifest.last_ns + DAY:
        out.say(f"{at} is after the run's end; its last bar is told")
    for answer in answers:
        out.show(str(answer))
