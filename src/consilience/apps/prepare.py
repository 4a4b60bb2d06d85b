"""From a configuration to what a run takes: strategies made, settings filled, the configuration that says it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.apps.config import (
    Config,
    FusionConfig,
    RiskConfig,
    StrategyConfig,
    given_fields,
    to_profile,
    to_settings,
)
from consilience.apps.fusion_file import read_profile
from consilience.apps.strategy_loader import FUSED, find_strategy, parameters_for
from consilience.core.errors import ConfigError
from consilience.core.units import ledger_exponent
from consilience.engine.capital import capital_shares
from consilience.engine.settings import Settings
from consilience.execution.catalog import FEES, SLIPPAGES, find_model
from consilience.strategies.base import Strategy, labels_of
from consilience.strategies.catalog import STRATEGIES

FUSED_RISK = "standard"  # limits of a fused run whose configuration gives none
LIBRARY = "library"  # stands for every strategy of the catalogue


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to start. config: complete, every parameter included, so that it can be run again."""

    config: Config
    strategies: tuple[Strategy, ...]
    settings: Settings


def prepare(
    config: Config,
    names: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    default: Sequence[str] = (),
) -> Prepared:
    """Make the strategies of ``config``, or those called ``names``, with ``parameters`` on top of the configured ones.

    default: strategies where neither says any. Raises NotFound and StrategyError for names and parameters.
    """
    chosen = _chosen(config, names, default)
    classes = [find_strategy(one.name) for one in chosen]
    extra = parameters_for(classes, parameters or {})
    strategies = tuple(kind(**{**one.parameters, **own}) for kind, one, own in zip(classes, chosen, extra, strict=True))
    _require_distinct(strategies)
    complete = tuple(
        StrategyConfig(name=one.name, parameters=strategy.parameters)
        for one, strategy in zip(chosen, strategies, strict=True)
    )
    settled = config.model_copy(update={"strategies": complete, "fusion": FusionConfig()})
    models = [model for one in strategies for model in one.models()]
    if models:
        data = config.data.model_copy(update={"models": tuple(dict.fromkeys((*config.data.models, *models)))})
        settled = settled.model_copy(update={"data": data})
    if not given_fields(config.risk) and any(one.name == FUSED for one in chosen):
        settled = settled.model_copy(update={"risk": RiskConfig(preset=FUSED_RISK)})
    check_models(settled)
    settings = to_settings(settled)
    capital_shares(settings, labels_of(strategies))
    return Prepared(settled, strategies, settings)


def check_models(config: Config) -> None:
    """Raises NotFound for an unknown fee or slippage model, universe, filter or parameter of one, ConfigError for a
    value out of range."""
    exponent = ledger_exponent(config.account.base_currency)
    given = config.execution
    find_model(FEES, given.fee)[1].integers(given.fee_parameters, exponent)
    find_model(SLIPPAGES, given.slippage)[1].integers(given.slippage_parameters, exponent)
    to_profile(config.universe)


def _chosen(config: Config, names: Sequence[str], default: Sequence[str]) -> list[StrategyConfig]:
    configured = {one.name: one for one in config.strategies}
    fused = _fused(config)
    if fused is not None and not names:
        return [fused, *config.strategies]
    if names:
        wanted = [n for name in names for n in (STRATEGIES if name == LIBRARY else (name,))]
        named = [configured.get(name, StrategyConfig(name=name)) for name in wanted]
        return named if fused is None else [fused, *named]
    if config.strategies:
        return list(config.strategies)
    if default:
        return [StrategyConfig(name=name) for name in default]
    known = ", ".join(STRATEGIES)
    raise ConfigError(f"no strategy was named; give --strategy NAME or [[strategies]] in the file (known: {known})")


def _fused(config: Config) -> StrategyConfig | None:
    """The strategy that a [fusion] section stands for."""
    if not config.fusion.profile:
        return None
    profile = read_profile(config.fusion.profile)
    return StrategyConfig(name=FUSED, parameters={"profile": profile, "members": config.fusion.members})


def _require_distinct(strategies: Sequence[Strategy]) -> None:
    seen: set[str] = set()
    for strategy in strategies:
        text = repr(strategy)
        if text in seen:
            raise ConfigError(f"{text} is named twice; name each strategy once, or change a parameter")
        seen.add(text)
