"""``lookahead-check``: whether a strategy, or a function of signals, knows the future."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import EXIT_ERROR, Output
from consilience.core.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from consilience.apps.prepare import Prepared

Signals = Annotated[
    str | None,
    typer.Option("--signals", metavar="FILE.py:FUNCTION", help="A function from a frame of bars to columns, instead."),
]
Known = Annotated[
    str, typer.Option("--known", metavar="close|open", help="Whether signals act after their bar or at its open.")
]


@o.with_options(o.RUN, o.BARS, {"seed": o.Seed})
def lookahead_check(
    given: o.Given,
    *,
    signals: Signals = None,
    known: Known = "close",
    cuts: Annotated[int, typer.Option("--cuts", min=1, max=1000, help="How many places the future is cut at.")] = 8,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Cut and change the future, and see whether the past notices; exit 1 when it does, with the guilty column."""
    from msgspec import structs

    from consilience.apps import runner, wiring
    from consilience.research.lookahead import lookahead_check as check

    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    if signals is not None and given["strategy"]:
        raise ConfigError("give --strategy or --signals, not both")
    settings: Any = None
    if signals is not None:
        settled = o.configuration(given).config
        targets: list[Any] = [_function(signals)]
    else:
        prepared: Prepared = o.prepared(given)
        settled, settings = prepared.config, structs.replace(prepared.settings, record="none")
        targets = list(prepared.strategies)
    built = wiring.load_data(settled.data, settled.account.base_currency, wiring.Fitting(settled.seed))
    for line in runner.quality_lines(built.report):
        out.say(f"data: {line}")
    reports = [check(one, built, cuts=cuts, seed=settled.seed, known=known, settings=settings) for one in targets]
    if as_json:
        rows = [
            {"name": r.name, "ok": r.ok, "columns": list(r.columns), "cuts": list(r.cuts), "peeks": _peeks(r)}
            for r in reports
        ]
        out.document({"ok": all(r.ok for r in reports), "checks": rows})
    for report in reports:
        out.show(report.text())
    if not all(report.ok for report in reports):
        raise typer.Exit(EXIT_ERROR)


def _peeks(report: Any) -> list[dict[str, Any]]:
    rows = [asdict(peek) for peek in report.peeks]
    return [{k: None if v != v else v for k, v in row.items()} for row in rows]


def _function(text: str) -> Any:
    """The function of ``file.py:function``."""
    from consilience.apps.strategy_loader import load_module

    path, mark, name = text.rpartition(":")
    if not mark or not path.endswith(".py"):
        raise ConfigError(f"--signals '{text}' is not FILE.py:FUNCTION, such as signals.py:crosses")
    module = load_module(Path(path))
    known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
    if name not in known:
        raise NotFound.named("function", name, known, f"in {path}")
    return getattr(module, name)
