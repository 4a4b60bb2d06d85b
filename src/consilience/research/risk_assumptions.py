"""What a run took for granted of the full risk rules, sizing, exits and halts: every setting that is on, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from consilience.engine.settings import Settings
from consilience.research.report.data import Assumption
from consilience.research.report.text import percent
from consilience.risk.exit_settings import ExitSettings
from consilience.risk.settings import RiskSettings

_PERCENT = frozenset(
    "risk_per_trade max_position max_symbol max_gross max_net max_sector max_heat max_zero_dte max_volume_share "
    "max_drawdown halt_drawdown max_daily_loss halt_daily_loss max_var max_shortfall max_slippage stop_share "
    "target_share trail_share fraction kelly_cap volatility volatility_cap risk".split()
)
# settings that say how another is worked out, and that one
_OF = {
    "halt_drawdown_level": "halt_drawdown",
    "halt_daily_loss_level": "halt_daily_loss",
    "halt_losses_level": "halt_losses",
    "stop_share": "stop=fixed",
    "stop_atr": "stop=atr",
}
_SIZES = {
    "fixed_fraction": ("fraction",),
    "kelly": ("kelly_share", "kelly_cap", "kelly_trades", "fraction"),
    "volatility_target": ("volatility", "volatility_cap"),
    "atr_risk": ("risk", "atr_multiple"),
}


def risk_assumptions(settings: Settings) -> Iterator[Assumption]:
    """Rows for the sections ``[risk]`` and ``[exits]`` and for what ends a halt; none where nothing of them is on."""
    if not settings.full_risk:
        return
    risk, exits = msgspec.structs.asdict(settings.risk), msgspec.structs.asdict(settings.exits)
    plain = msgspec.structs.asdict(RiskSettings())
    changed = {k: v for k, v in risk.items() if v != plain[k] and k not in ("preset", "restricted", "sectors")}
    changed |= {level: risk[level] for level, of in _OF.items() if of in changed and level in risk}
    rules = [f"preset {settings.risk.preset}"] if settings.risk.preset else []
    rules += _words({k: v for k, v in changed.items() if k not in _OF or _OF[k] in changed})
    if settings.risk.restricted:
        rules.append(f"restricted: {', '.join(settings.risk.restricted)}")
    yield Assumption(name="Risk rules", value="; ".join(rules) or "none", why="shares of equity; checked at each entry")
    untouched = msgspec.structs.asdict(ExitSettings())
    managed = {k: v for k, v in exits.items() if v != untouched[k] and k not in _OF}
    managed |= {k: exits[k] for k, of in _OF.items() if of == f"stop={settings.exits.stop}"}
    if managed:
        yield Assumption(name="Exits", value="; ".join(_words(managed)), why="stops and targets beside the strategy's")
    if max(settings.risk.halt_losses, settings.risk.halt_drawdown, settings.risk.halt_daily_loss) > 0:
        after = settings.resume_after
        yield Assumption(
            name="Halts",
            value=f"resumed after {after} bar{'' if after == 1 else 's'}" if after else "last to the end of the run",
            why="somebody is taken to have looked and resumed each time" if after else "nobody resumes in a backtest",
        )


def size_words(settings: Settings) -> tuple[str, str]:
    """(value, why) of how entries are sized that bring no size of their own."""
    if settings.sizing is None:
        return f"{percent(settings.fraction)} of equity an entry", "fixed fraction, unless a strategy sizes"
    sizing = msgspec.structs.asdict(settings.sizing)
    used = {k: sizing[k] for k in _SIZES[settings.sizing.method]}
    method = settings.sizing.method.replace("_", " ")
    return f"{method}: {', '.join(_words(used))}", "times zone, confidence tier and regime, unless a strategy sizes"


def _words(values: Mapping[str, Any]) -> list[str]:
    return [f"{name.replace('_', ' ')} {_value(name, value)}" for name, value in values.items()]


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(f"{share:g} at {gain:g} R" for gain, share in value)
    if isinstance(value, (int, float)):
        return f"{value * 100:g}%" if name in _PERCENT else f"{value:g}"
    return str(value)
