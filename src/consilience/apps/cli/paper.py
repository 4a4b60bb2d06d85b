"""``paper``: recorded bars, slice by slice through the live step, decisions told as they are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import Output
from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    from consilience.apps.prepare import Prepared
    from consilience.market.pipeline import BuiltPanel
    from consilience.research.decisions import Decision
    from consilience.research.result import BacktestResult
    from consilience.runtime.shell import Recovered, Shell

Level = Annotated[
    str | None, typer.Option("--record", metavar="LEVEL", help="Decisions told and kept: none, events or full.")
]


State = Annotated[
    Path | None,
    typer.Option("--state", metavar="FOLDER", help="Keep a journal there: stopped, the session goes on from it."),
]
Speed = Annotated[
    str | None,
    typer.Option("--speed", metavar="1|60|max", help="With --state: bars pass so many times faster than they did."),
]


@o.with_options(o.RUN, o.BARS, o.UNIVERSE, o.SIGNALS, o.MARKET, o.LABELS, {"record": Level})
def paper(
    given: o.Given,
    *,
    state: State = None,
    speed: Speed = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Trade recorded bars on paper: the live step, one slice after the other. Trades are those of the backtest."""
    from consilience.apps import runner
    from consilience.apps.cli.backtest import keep, present, require_place

    out = Output(as_json=as_json, quiet=quiet)
    prepared = o.prepared(given)
    kept = prepared.config.paper
    times = _times(kept.speed if speed is None else speed)
    if speed is not None and state is None and not kept.state:
        raise ConfigError("--speed paces a session that keeps its state; give --state FOLDER too")
    folder = state or (Path(kept.state) if kept.state else None)
    out.announce_compile()
    require_place(prepared.config.record.folder)
    built = runner.load(prepared.config)

    def tell(decision: Decision) -> None:
        out.show(str(decision))

    listener = None if quiet or as_json else tell
    if folder is None:
        result = runner.run_paper(prepared, built, listener)
    else:
        ended = _session(out, prepared, built, (folder, times, listener))
        if ended is None:
            return
        result = ended
    keep(out, prepared, result)
    present(out, result)


def _times(speed: str) -> float:
    """0 for as fast as can be."""
    try:
        times = 0.0 if speed == "max" else float(speed)
    except ValueError:
        times = -1.0
    if not 0.0 <= times < float("inf") or (times == 0.0 and speed != "max"):
        raise ConfigError(f"--speed={speed} is no speed; use 1, 60, any number above 0, or max")
    return times


def _session(
    out: Output, prepared: Prepared, built: BuiltPanel, how: tuple[Path, float, Callable[[Decision], None] | None]
) -> BacktestResult | None:
    """One process of a session that keeps its state; None where it stopped before the last bar."""
    from consilience.apps.paper_session import run_session

    def found(recovered: Recovered, shell: Shell) -> None:
        if recovered.records:
            kind = "stopped in good order" if recovered.stopped else "ended without a word"
            ended = recovered.slices >= built.panel.shape[0]
            where = "every bar was traded" if ended else f"on from bar {recovered.slices + 1:,}"
            out.say(
                f"session: {recovered.records:,} journal records, the last process {kind}; {where} with "
                f"{len(shell.trader.positions())} positions"
            )

    folder, times, listener = how
    end = run_session(prepared, built, folder, speed=times, on_decision=listener, on_found=found)
    if end.result is None:
        held = ", ".join(f"{symbol} {lots:+,}" for (_, symbol), lots in sorted(end.positions.items())[:8])
        out.say(f"session: stopped after bar {end.slices:,} of {end.of:,}; positions: {held or 'none'}")
        out.say("next: the same command goes on from here")
    return end.result
