"""``replay``: whether a run repeats itself."""

from __future__ import annotations

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.runs import RunName, Runs, find_run
from consilience.apps.cli.shell import EXIT_ERROR, Output


def replay(*, run: RunName = None, folder: Runs = None, as_json: AsJson = False) -> None:
    """Run a kept run again and compare data, decisions, orders, fills and equity bit for bit; exit 1 if any differ."""
    from consilience.apps import runner
    from consilience.research.replay import replay as repeat

    out = Output(as_json=as_json)
    out.announce_compile()
    found = find_run(run, folder)
    answer = repeat(
        found, lambda manifest: runner.load_source(manifest.data_source), runner.strategy_finder(found.manifest)
    )
    if as_json:
        out.document(
            {
                "run": answer.run_id,
                "same": answer.same,
                "compared": list(answer.compared),
                "data": answer.data.text if answer.data else None,
                "outcome": answer.outcome.text if answer.outcome else None,
                "suspects": list(answer.suspects),
            }
        )
    else:
        out.show(answer.text())
    if not answer.same:
        raise typer.Exit(EXIT_ERROR)
