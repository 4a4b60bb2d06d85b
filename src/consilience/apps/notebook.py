"""What ``import consilience`` offers: ``backtest`` and ``load``, in the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from consilience.apps import wiring
from consilience.apps.config import Config, to_settings
from consilience.apps.config_file import load_config
from consilience.apps.prepare import Prepared
from consilience.apps.runner import run
from consilience.apps.strategy_loader import find_strategy, parameters_for
from consilience.core.errors import ConfigError
from consilience.core.panel import Panel
from consilience.market.pipeline import BuiltPanel
from consilience.research.result import BacktestResult
from consilience.strategies.base import Strategy

Moment: TypeAlias = str | date | datetime | None
OneStrategy: TypeAlias = str | type[Strategy] | Strategy


# many parameters: one call states what is loaded, and each has a default
def load(
    data: Any = "demo",
    *,
    symbols: str | Sequence[str] | None = None,
    start: Moment = None,
    end: Moment = None,
    timeframe: str | None = None,
    stamp: str | None = None,
    tz: str | None = None,
    base_currency: str | None = None,
    signals: str | Sequence[str] | None = None,
) -> BuiltPanel:
    """Bars as a panel, gated, adjusted and aligned.

    data: ``"demo"``, ``"catalogue"``, the path of a CSV or Parquet file, or a polars or pandas frame. start, end: days
    (both whole) or moments in UTC. signals: files of external opinions or series of numbers, ``FILE`` or ``NAME=FILE``.
    Raises NotFound and DataError.
    """
    config = _config(
        None, data=data, symbols=symbols, start=start, end=end, timeframe=timeframe, stamp=stamp, tz=tz,
        base_currency=base_currency, signals=signals,
    )  # fmt: skip
    if isinstance(data, (str, Path)):
        return wiring.load_data(config.data, config.account.base_currency)
    return wiring.panel_of(wiring.frame_bars(data, config.data), config.data, config.account.base_currency)


# many parameters: one call states a whole run, and each has a default
def backtest(
    strategy: OneStrategy | Sequence[OneStrategy] | None = None,
    data: Any = None,
    *,
    symbols: str | Sequence[str] | None = None,
    start: Moment = None,
    end: Moment = None,
    timeframe: str | None = None,
    stamp: str | None = None,
    tz: str | None = None,
    cash: float | None = None,
    parameters: Mapping[str, Any] | None = None,
    title: str | None = None,
    seed: int | None = None,
    signals: str | Sequence[str] | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> BacktestResult:
    """Backtest strategies: catalogue names, names in ``strategies/``, files, classes or objects; one or several.

    data, signals: as in ``load``, or a panel that is loaded already. parameters: for strategies given by name or class.
    config: a TOML file to start from. settings: further dotted keys of the configuration, such as
    ``{"execution.fee": "none"}``. Raises ConsilienceError with one line that says what to do.
    """
    made = _config(
        config, settings, data=data, symbols=symbols, start=start, end=end, timeframe=timeframe, stamp=stamp, tz=tz,
        cash=cash, title=title, seed=seed, signals=signals,
    )  # fmt: skip
    prepared = _prepared(made, strategy, parameters or {})
    if data is None or isinstance(data, (str, Path)):
        return run(prepared)
    if isinstance(data, (BuiltPanel, Panel)):
        if symbols or end or timeframe or signals:
            raise ConfigError("a panel is loaded already; give symbols, end, timeframe and signals to consilience.load")
        return run(prepared, data)
    whole = made.data.model_copy(update={"start": ""})
    return run(prepared, wiring.panel_of(wiring.frame_bars(data, whole), whole, made.account.base_currency))


def _config(file: str | Path | None, settings: Mapping[str, Any] | None = None, **given: Any) -> Config:
    keys = {"cash": "account.cash", "base_currency": "account.base_currency", "title": "report.title", "seed": "seed"}
    flags: dict[str, Any] = {keys.get(name, f"data.{name}"): value for name, value in given.items() if name != "data"}
    for name in ("symbols", "signals"):
        value = given.get(name)
        flags[f"data.{name}"] = list(value) if value is not None and not isinstance(value, str) else value
    if isinstance(given.get("data"), (str, Path)):
        flags["data.source"] = str(given["data"])
    return load_config(file, {**flags, **(settings or {})}, search=False).config


def _prepared(config: Config, strategy: Any, parameters: Mapping[str, Any]) -> Prepared:
    from consilience.apps.prepare import prepare

    given = list(strategy) if isinstance(strategy, (list, tuple)) else [] if strategy is None else [strategy]
    if all(isinstance(one, str) for one in given):
        return prepare(config, given, parameters)
    made: list[Strategy | None] = [one if isinstance(one, Strategy) else None for one in given]
    classes = [find_strategy(o) if isinstance(o, str) else o for o in given if not isinstance(o, Strategy)]
    for kind in classes:
        if not (isinstance(kind, type) and issubclass(kind, Strategy)):
            raise ConfigError(f"{kind!r} is no strategy; give a name, a Strategy class or an object of one")
    fresh = iter(kind(**own) for kind, own in zip(classes, parameters_for(classes, parameters), strict=True))
    strategies = tuple(one if one is not None else next(fresh) for one in made)
    return Prepared(config, strategies, to_settings(config))


__all__ = ["backtest", "load"]
