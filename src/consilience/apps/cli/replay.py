"""``replay``: whether a run repeats itself."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.runs import RunName, Runs, find_run
from consilience.apps.cli.shell import EXIT_ERROR, Output

Refit = Annotated[
    bool,
    typer.Option("--refit", help="Fit its models again and compare, instead of reading the parameters that it kept."),
]


def replay(*, run: RunName = None, folder: Runs = None, refit: Refit = False, as_json: AsJson = False) -> None:
    """Run a kept run again and compare data, decisions, orders, fills and equity bit for bit; exit 1 if any differ."""
    from consilience.apps import runner
    from consilience.research.replay import replay as repeat

    out = Output(as_json=as_json)
    out.announce_compile()
    found = find_run(run, folder)
    answer = repeat(found, lambda _: runner.load_again(found, refit=refit), runner.strategy_finder(found.manifest))
    if as_json:
        out.document(
            {
                "run": answer.run_id,
                "same": answer.same,
                "compared": list(answer.compared),
                "parameters": answer.parameters.text if answer.parameters else None,
                "data": answer.data.text if answer.data else None,
                "outcome": answer.outcome.text if answer.outcome else None,
                "suspects": list(answer.suspects),
            }
        )
    else:
        out.show(answer.text())
    if not answer.same:
        raise typer.Exit(EXIT_ERROR)
