"""Which number met which limit where risk refused an entry, as far as the account's risk state tells it."""

from __future__ import annotations

from typing import Any

from consilience.core.codes import Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time
from consilience.engine.settings import Settings

# the setting of [risk] that each refusal goes by
LIMITS = {
    Reason.RISK_PER_TRADE: "risk_per_trade",
    Reason.MAX_POSITION: "max_position",
    Reason.MAX_GROSS_EXPOSURE: "max_gross",
    Reason.MAX_SYMBOL_EXPOSURE: "max_symbol",
    Reason.MAX_NET_EXPOSURE: "max_net",
    Reason.MAX_SECTOR_EXPOSURE: "max_sector",
    Reason.CORRELATED_HOLDINGS: "max_correlation",
    Reason.MAX_HEAT: "max_heat",
    Reason.DRAWDOWN_LIMIT: "max_drawdown",
    Reason.DAILY_LOSS_LIMIT: "max_daily_loss",
    Reason.CONSECUTIVE_LOSSES: "max_losses",
    Reason.VIX_TOO_HIGH: "vix",
    Reason.VALUE_AT_RISK_LIMIT: "max_var",
    Reason.EXPECTED_SHORTFALL_LIMIT: "max_shortfall",
    Reason.ILLIQUID: "max_volume_share",
    Reason.LEVERAGE_LIMIT: "leverage",
    Reason.MAX_POSITIONS: "max_positions",
    Reason.ORDER_RATE: "order_rate",
    Reason.TOO_CLOSE_TO_EXPIRY: "minimum_days",
    Reason.MAX_ZERO_DTE: "max_zero_dte",
}
_SHARES = {
    Reason.MAX_GROSS_EXPOSURE: "gross",
    Reason.MAX_NET_EXPOSURE: "net",
    Reason.MAX_HEAT: "heat",
    Reason.VALUE_AT_RISK_LIMIT: "value_at_risk",
    Reason.EXPECTED_SHORTFALL_LIMIT: "shortfall",
    Reason.LEVERAGE_LIMIT: "gross",
    Reason.MAX_ZERO_DTE: "expiring_units",
}
_COUNTS = {Reason.CONSECUTIVE_LOSSES: "losses", Reason.MAX_POSITIONS: "positions", Reason.VIX_TOO_HIGH: "vix"}


def risk_detail(reason: Reason, state: Any | None, settings: Settings) -> str:
    """One clause, '' where nothing is known. state: the RISK_DTYPE row after the slice's marks, without the entry."""
    if reason == Reason.HALTED:
        return "" if state is None or not state["halt_level"] else _halt(state, settings.resume_after)
    name = LIMITS.get(reason, "")
    limit = float(getattr(settings.risk, name, 0.0)) if name else 0.0
    if not limit:
        return ""
    if state is None:
        return f"{name} is {limit:g}"
    equity = int(state["equity"])
    if reason in _COUNTS:
        return f"{float(state[_COUNTS[reason]]):g} against {name} {limit:g}"
    if reason in _SHARES and equity > 0:
        return f"{int(state[_SHARES[reason]]) / equity:.2%} of equity before it, against {name} {limit:.2%}"
    fall = {Reason.DRAWDOWN_LIMIT: "peak_equity", Reason.DAILY_LOSS_LIMIT: "session_equity"}.get(reason)
    if fall is not None and int(state[fall]) > 0:
        return f"{1.0 - equity / int(state[fall]):.2%} against {name} {limit:.2%}"
    return f"{name} is {limit:g}"


def _halt(state: Any, resume_after: int) -> str:
    """Since when and why, and what ends it."""
    why = REASON_TEXT[Reason(int(state["halt_reason"]))].removeprefix("halted: ")
    ends = f"resumed {resume_after} bars after it began" if resume_after else "nobody resumes it (--resume-after)"
    return f"{why}, since {format_time(int(state['halt_ts']))}; {ends}"
