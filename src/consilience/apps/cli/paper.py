"""``paper``: recorded bars, slice by slice through the live step, decisions told as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import Output

if TYPE_CHECKING:
    from consilience.research.decisions import Decision

Level = Annotated[
    str | None, typer.Option("--record", metavar="LEVEL", help="Decisions told and kept: none, events or full.")
]


@o.with_options(o.RUN, o.BARS, o.UNIVERSE, o.SIGNALS, o.MARKET, o.LABELS, {"record": Level})
def paper(given: o.Given, *, as_json: o.AsJson = False, quiet: o.Quiet = False) -> None:
    """Trade recorded bars on paper: the live step, one slice after the other. Trades are those of the backtest."""
    from consilience.apps import runner
    from consilience.apps.cli.backtest import keep, present, require_place

    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    prepared = o.prepared(given)
    require_place(prepared.config.record.folder)
    built = runner.load(prepared.config)

    def tell(decision: Decision) -> None:
        out.show(str(decision))

    result = runner.run_paper(prepared, built, None if quiet or as_json else tell)
    keep(out, prepared, result)
    present(out, result)
