"""``backtest``: strategies over recorded bars."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import Output

if TYPE_CHECKING:
    from consilience.apps.prepare import Prepared
    from consilience.research.result import BacktestResult

Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Where else to write the HTML report.")]


@o.with_options(o.RUN, o.BARS, o.UNIVERSE, o.SIGNALS, o.MARKET, o.LABELS)
def backtest(given: o.Given, *, html: Html = None, as_json: o.AsJson = False, quiet: o.Quiet = False) -> None:
    """Backtest strategies; keeps the run, writes its HTML report and prints the result against buying and holding."""
    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    prepared = o.prepared(given)
    result = execute(out, prepared)
    keep(out, prepared, result)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        result.to_html(html)
        out.say(f"report: {html}")
    present(out, result)
    out.say(f"next: consilience why {result.panel.symbols[0]}, consilience replay, consilience runs list")


def execute(out: Output, prepared: Prepared) -> BacktestResult:
    """Load the data, say what the gate found, run."""
    from consilience.apps import runner

    require_place(prepared.config.record.folder)
    built = runner.load(prepared.config)
    for line in runner.quality_lines(built.report):
        out.say(f"data: {line}")
    with out.progress("backtest") as progress:
        return runner.run(prepared, progress=progress, built=built)


def require_place(folder: str | Path) -> None:
    """Raises OSError where no run can be kept in ``folder``: before the work, not after it. Makes nothing."""
    there = next(path for path in (Path(folder), *Path(folder).absolute().parents) if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "", str(there))
    if not os.access(there, os.W_OK):
        raise PermissionError(errno.EACCES, "", str(folder))


def keep(out: Output, prepared: Prepared, result: BacktestResult) -> Path:
    """Keep the run with its reports; returns its folder. A missing jinja2 is a warning: the run is whole without."""
    folder = result.save(prepared.config.record.folder)
    page = folder / "report.html"
    out.say(f"run {result.run_id} kept")
    for note in result.manifest.failures:
        out.warn(
            f"{note.label} failed in {note.where} and was set aside: {note.error}; its traceback is in the manifest"
        )
    if page.is_file():
        out.say(f"report: {page}")
    else:
        out.warn("no HTML report, jinja2 is missing; pip install consilience[report]")
    return folder


def present(out: Output, result: BacktestResult) -> None:
    """The result on stdout: one screen, or the JSON document."""
    if out.as_json:
        out.document(result.to_json())
        return
    from consilience.apps.cli.brief import show_brief

    show_brief(result.report_data(), out)
