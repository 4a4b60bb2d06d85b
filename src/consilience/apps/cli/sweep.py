"""``sweep``: one strategy with many parameter sets, on all cores."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import Output
from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    from consilience.research.sweep_result import SweepResult

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_SHOWN = ("sharpe", "total_return", "cagr", "max_drawdown", "calmar", "win_rate", "profit_factor", "trades")
_PERCENT = frozenset({"total_return", "cagr", "max_drawdown", "win_rate"})
MOST_VALUES = 100_000
_FUSED = ("fusion.", "weights.", "orchestrator.")

Grid = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=A,B,C|LOW:HIGH:STEP", help="Values of one parameter; repeat."),
]
Where = Annotated[
    list[str] | None, typer.Option("--where", metavar="'fast < slow'", help="Keep the sets for which it holds; repeat.")
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Threads; all cores by default.")]
Place = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write all sets to a .csv or .parquet file.")]


# many parameters: command-line options
@o.with_options(o.RUN, o.BARS, o.SIGNALS, o.MARKET)
def sweep(
    given: o.Given,
    *,
    param: Grid = None,
    where: Where = None,
    metric: Annotated[str, typer.Option("--metric", help="What the best goes by.")] = "sharpe",
    top: Annotated[int, typer.Option("--top", min=1, help="How many sets to print.")] = 10,
    workers: Workers = None,
    place: Place = None,
    device: o.Device = "cpu",
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Try every combination of parameter values; says how many were tried, and what luck alone would bring."""
    from consilience.apps import runner
    from consilience.engine.fused import Fused
    from consilience.research.fused_sweep import fused_sweep
    from consilience.research.sweep import SweepTerms
    from consilience.research.sweep import sweep as run_sweep

    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    if place is not None and place.suffix not in (".csv", ".parquet"):
        raise ConfigError(f"cannot write '{place.name}'; use a name that ends in .csv or .parquet")
    grid = parse_grid(param or ())
    prepared = o.prepared({**given, "param": None})
    if len(prepared.strategies) != 1:
        names = ", ".join(one.name for one in prepared.config.strategies)
        raise ConfigError(f"a sweep takes one strategy, not {len(prepared.strategies)} ({names}); give --strategy NAME")
    one = prepared.strategies[0]
    fused = isinstance(one, Fused)
    if fused and device != "cpu":
        raise ConfigError("a sweep of a fusion profile runs each set in full, on the CPU; leave --device out")
    if not fused and any(name.startswith(_FUSED) for name in grid):
        raise ConfigError("weights., fusion. and orchestrator. are swept with a fusion profile; give --fusion NAME")
    fixed = {k: [v] for k, v in one.parameters.items() if k not in grid and v != _default(one, k)}
    built = runner.load(prepared.config)
    with out.progress("sweep") as bar:
        asked: SweepTerms = {
            "settings": prepared.settings,
            "workers": workers,
            "metric": metric,
            "start_ns": prepared.config.data.start_ns,
            "constraint": parse_where(where or ()),
            "progress": None if bar is None else lambda share: bar(int(share * 1000), 1000),
        }
        if isinstance(one, Fused):
            result = fused_sweep(built, one, grid, **asked)
        else:
            result = run_sweep(built, type(one), {**fixed, **grid}, device=device, **asked)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        _ = result.frame.write_csv(place) if place.suffix == ".csv" else result.frame.write_parquet(place)
        out.say(f"all sets: {place}")
    _present(out, result, [name for name in grid if len(grid[name]) > 1] or list(grid), top)


def _default(strategy: Any, name: str) -> Any:
    return next(spec.default for spec in strategy.param_specs() if spec.name == name)


def parse_grid(pairs: Sequence[str]) -> dict[str, list[Any]]:
    """``name=1,2,3`` or ``name=low:high:step`` (both ends included) as values by name."""
    grid: dict[str, list[Any]] = {}
    for pair in pairs:
        name, mark, text = pair.partition("=")
        if not mark or not name.strip() or not text.strip():
            raise ConfigError(f"--param '{pair}' is not NAME=A,B,C or NAME=LOW:HIGH:STEP")
        values = [value for part in text.split(",") for value in _values(part.strip(), pair)]
        grid[name.strip()] = list(dict.fromkeys(values))
    if not grid:
        raise ConfigError("a sweep needs values, such as --param fast=5,10,20 --param slow=50:200:50")
    return grid


def _values(part: str, pair: str) -> list[Any]:
    if ":" not in part:
        return [o.parse_value(part)]
    from decimal import Decimal, InvalidOperation

    try:
        low, high, step = (Decimal(x) for x in (*part.split(":"), "1")[:3])
        count = int((high - low) / step) + 1
    except (InvalidOperation, ValueError, ZeroDivisionError):
        count = 0
    if not 0 < count <= MOST_VALUES or step <= 0:
        raise ConfigError(f"--param '{pair}': '{part}' is not LOW:HIGH:STEP, such as 10:50:10")
    return [o.parse_value(f"{low + k * step:f}") for k in range(count)]


def parse_where(texts: Sequence[str]) -> Callable[[dict[str, Any]], bool] | None:
    """Comparisons of parameters and numbers as one test of a set; None without any."""
    tests = []
    for text in texts:
        match = re.fullmatch(r"\s*([\w.]+)\s*(<=|>=|==|!=|<|>)\s*([\w.]+)\s*", text)
        if not match:
            raise ConfigError(f"--where '{text}' is not a comparison, such as --where 'fast < slow'")
        tests.append((match[1], _COMPARE[match[2]], match[3]))
    if not tests:
        return None
    return lambda one: all(compare(_side(a, one), _side(b, one)) for a, compare, b in tests)


def _side(text: str, one: Mapping[str, Any]) -> Any:
    if text in one:
        return one[text]
    value = o.parse_value(text)
    if isinstance(value, str):
        raise ConfigError(f"--where names '{text}', which this sweep does not vary; it has {', '.join(one)}")
    return value


def _present(out: Output, result: SweepResult, names: Sequence[str], top: int) -> None:
    best = result.best(top)
    if out.as_json:
        clean = [{k: None if v != v else v for k, v in row.items()} for row in best]
        luck = result.luck()
        out.document(
            {
                "strategy": result.strategy,
                "symbols": list(result.symbols),
                "bars": result.bars,
                "metric": result.metric,
                "tried": result.tried,
                "refused": result.refused,
                "luck": None if luck != luck else luck,
                "best": clean,
            }
        )
        return
    shown = [result.metric, *(name for name in _SHOWN if name != result.metric)]
    rows = [[*(str(row[n]) for n in names), *(_cell(n, row[n]) for n in shown)] for row in best]
    heads = [*names, *(name.replace("_", " ") for name in shown)]
    out.table(heads, rows, numeric=range(len(heads)))
    out.show()
    out.show(result.summary())
    if result.refused:
        out.show(f"{result.refused} sets were left out by --where")
    if any(name.startswith(_FUSED) for name in names):
        out.say(
            "next: write fusion. and weights. into a profile's TOML file (weights that are not given share what is "
            "left to 1), orchestrator. into the configuration, and run consilience backtest --fusion FILE"
        )
        return
    chosen = " ".join(f"--param {name}={best[0][name]}" for name in names)
    out.say(f"next: consilience backtest --strategy {result.strategy} {chosen}")


def _cell(name: str, value: Any) -> str:
    if value is None or value != value:
        return "-"
    if name in _PERCENT:
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
