"""``runs`` and ``report``: the runs that were kept: listed, shown, compared, reported again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson, Quiet
from consilience.apps.cli.shell import Output, new_app
from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    from consilience.research.manifest import Manifest
    from consilience.research.runs import RunStore, StoredRun

app = new_app("The runs that were kept.")

Runs = Annotated[Path | None, typer.Option("--folder", metavar="FOLDER", help="Where runs are kept; runs by default.")]
RunName = Annotated[str | None, typer.Argument(metavar="RUN", help="Its id, or the start of it; the last by default.")]
RunOption = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Its id, or the start of it; the last by default.")
]
_HEADLINES = (("return", "total_return"), ("CAGR", "cagr"), ("Sharpe", "sharpe"), ("drawdown", "max_drawdown"))


def store_of(folder: Path | None) -> RunStore:
    """The store in ``folder``, or in the configured one."""
    from consilience.apps.config_file import load_config
    from consilience.research.runs import RunStore

    return RunStore(folder if folder is not None else Path(load_config().config.record.folder))


def find_run(name: str | None, folder: Path | None) -> StoredRun:
    """The run called ``name``, or the last one."""
    store = store_of(folder)
    return store.latest() if name is None else store.load(name)


@app.command("list")
def list_(
    *,
    folder: Runs = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The kept runs, newest first."""
    out = Output(as_json=as_json)
    store = store_of(folder)
    every = tuple(reversed(store.list()))
    manifests = every[:limit]
    found = [store.load(m.run_id) for m in manifests]
    if as_json:
        out.document({"runs": [_row(run) for run in found]})
        return
    if not found:
        out.show(f"no runs in '{store.root}' yet; make one with: consilience backtest")
        return
    rows = []
    for run in found:
        figures = _figures(run)
        rows.append((run.manifest.run_id, run.manifest.mode, _what(run.manifest), *figures.values()))
    out.table(("Run", "Mode", "What", *(head for head, _ in _HEADLINES)), rows, numeric=range(3, 3 + len(_HEADLINES)))
    if len(every) > limit:
        out.show(f"and {len(every) - limit} older; --limit shows more")


@app.command("show")
def show(
    *,
    run: RunName = None,
    folder: Runs = None,
    toml: Annotated[bool, typer.Option("--toml", help="Its configuration, as a file for --config.")] = False,
    as_json: AsJson = False,
) -> None:
    """Everything that identifies a run: data, settings, strategies, digests, files."""
    from consilience.research.manifest import to_json

    out = Output(as_json=as_json)
    found = find_run(run, folder)
    manifest = found.manifest
    if toml:
        from consilience.apps.config_text import toml_text
        from consilience.apps.runner import config_of

        if as_json:
            raise ConfigError("give --toml or --json, not both")
        out.show(f"# {manifest.mode} {manifest.run_id}\n{toml_text(config_of(manifest))}".rstrip())
        return
    if as_json:
        out.document(to_json(manifest))
        return
    out.show(f"{manifest.run_id}  {_what(manifest)}")
    for name, value in _facts(manifest):
        out.show(f"  {name:<16}{value}")
    for strategy in manifest.strategies:
        out.show(f"  {'strategy':<16}{strategy.label}({_listed(strategy.parameters)})")
    for name, digest in manifest.digests.items():
        out.show(f"  {'digest':<16}{name} {digest}")
    out.show(f"  {'again':<16}consilience replay {manifest.run_id}")
    out.show(f"  {'files':<16}{found.folder}: {', '.join(sorted(p.name for p in found.folder.iterdir()))}")


@app.command("compare")
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Two or more, by id or the start of it.")],
    *,
    folder: Runs = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the curves overlaid.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Runs side by side: metrics, and what differs between them."""
    from consilience.research.report.compare import comparison_html, comparison_json, print_comparison

    out = Output(as_json=as_json)
    comparison = store_of(folder).compare(runs)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(comparison_html(comparison), encoding="utf-8")
        out.say(f"comparison: {html}")
    if as_json:
        out.document(comparison_json(comparison))
    else:
        print_comparison(comparison, out.console())


def report(
    *,
    run: RunName = None,
    folder: Runs = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also put the page there.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print a kept run's report, and say where its HTML page is."""
    from consilience.research.report.console import print_report

    out = Output(as_json=as_json, quiet=quiet)
    found = find_run(run, folder)
    page = found.folder / "report.html"
    if html is not None:
        if not page.is_file():
            from consilience.research.report.html import to_html

            page.write_text(to_html(found.report_data), encoding="utf-8")
        html.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, html)
    if as_json:
        out.document((found.folder / "report.json").read_bytes())
    else:
        print_report(found.report_data, out.console())
    shown = html or page
    out.say(
        f"report: {shown}"
        if shown.is_file()
        else "no HTML page: pip install consilience[report], then give --html FILE"
    )


def _what(manifest: Manifest) -> str:
    names = _some([s.label for s in manifest.strategies], 2, "strategies")
    return f"{names} on {_some(manifest.symbols, 4, 'symbols')}, {manifest.timeframe}"


def _some(names: Sequence[str], most: int, kind: str) -> str:
    return ", ".join(names) if len(names) <= most else f"{len(names)} {kind}"


def _figures(run: StoredRun) -> dict[str, str]:
    from consilience.research.report.text import DASH, metric_text

    data = run.report_data
    found = {key: data.metric(key) for _, key in _HEADLINES}
    return {k: DASH if m is None else metric_text(m, data.base_currency, data.money_decimals) for k, m in found.items()}


def _row(run: StoredRun) -> dict[str, Any]:
    from consilience.core.time import format_time
    from consilience.research.report.as_json import num

    m, data = run.manifest, run.report_data
    found = {key: data.metric(key) for _, key in _HEADLINES}
    return {
        "id": m.run_id,
        "mode": m.mode,
        "title": data.title,
        "created": format_time(m.created_ns) if m.created_ns else None,
        "strategies": [s.label for s in m.strategies],
        "symbols": list(m.symbols),
        "timeframe": m.timeframe,
        "metrics": {key: None if metric is None else num(metric.value) for key, metric in found.items()},
        "folder": str(run.folder),
    }


def _facts(manifest: Manifest) -> list[tuple[str, str]]:
    from msgspec import structs

    from consilience.apps.config import DataConfig
    from consilience.core.time import format_time

    source, judged = manifest.data_source, manifest.bars - manifest.warm_up_bars
    settings, execution = structs.asdict(manifest.settings), structs.asdict(manifest.settings.physics)
    del settings["physics"]
    given = DataConfig.model_validate_json(source["data"]).model_dump() if "data" in source else {}
    data = _listed({k: v for k, v in given.items() if v or k == "source"}) or "handed in by a program"
    return [
        ("mode", manifest.mode),
        ("made", format_time(manifest.created_ns) if manifest.created_ns else "-"),
        ("symbols", ", ".join(manifest.symbols)),
        ("period", f"{format_time(manifest.first_ns)} to {format_time(manifest.last_ns)}, {judged} bars"),
        ("warm-up", f"{manifest.warm_up_bars} bars"),
        ("benchmark", manifest.benchmark_name),
        ("data", data),
        ("account", _listed({**settings, "currency": manifest.base_currency})),
        ("execution", _listed(execution)),
        ("risk-free", str(manifest.risk_free)),
        ("seed", str(manifest.seed)),
        ("machine", manifest.machine),
        ("data hash", manifest.data_hash),
        ("config hash", manifest.config_hash),
        ("kernel hash", manifest.kernel_hash),
    ]


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())
