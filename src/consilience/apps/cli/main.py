"""``consilience``: every command, listed once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from consilience.apps.cli import (
    backtest,
    bench,
    catalogues,
    data,
    decisions,
    demo,
    doctor,
    journal,
    lookahead,
    order_flow,
    paper,
    project,
    regimes,
    replay,
    runs,
    screen,
    sweep,
    why,
)
from consilience.apps.cli.shell import new_app, run

app = new_app("Independent lines of evidence that agree: research, backtest and paper trading on one pipeline.")


def _version(value: bool) -> None:
    if value:
        from consilience import __version__

        typer.echo(f"consilience {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")] = False,
) -> None:
    """Independent lines of evidence that agree: research, backtest and paper trading on one pipeline."""


app.command("demo")(demo.demo)
app.command("init")(project.init)
app.command("doctor")(doctor.doctor)
app.add_typer(project.config_app, name="config")
app.add_typer(data.app, name="data")
app.command("strategies")(catalogues.strategies)
app.command("features")(catalogues.features)
app.command("screen")(screen.screen)
app.command("regimes")(regimes.regimes)
app.command("backtest")(backtest.backtest)
app.command("sweep")(sweep.sweep)
app.command("lookahead-check")(lookahead.lookahead_check)
app.command("order-flow")(order_flow.order_flow)
app.command("paper")(paper.paper)
app.add_typer(journal.app, name="journal")
app.add_typer(runs.app, name="runs")
app.command("report")(runs.report)
app.command("why")(why.why)
app.command("decisions")(decisions.decisions)
app.command("replay")(replay.replay)
app.command("bench")(bench.bench)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the ``consilience`` script."""
    sys.exit(run(app, sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    main()
