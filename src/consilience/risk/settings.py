"""Limits of the full rule set as a person writes them: the section ``[risk]``."""

from __future__ import annotations

import msgspec

from consilience.core.errors import ConfigError

WHEN_UNKNOWN = ("pass", "refuse")
METHODS = ("historical", "parametric", "filtered")
_SHARES = (
    "risk_per_trade", "max_position", "max_symbol", "max_gross", "max_net", "max_sector", "max_heat", "max_zero_dte",
    "leverage", "leverage_confident", "max_volume_share",
)  # fmt: skip
_UNITS = ("max_correlation", "max_drawdown", "halt_drawdown", "max_daily_loss", "halt_daily_loss", "max_var",
          "max_shortfall", "max_slippage", "leverage_confidence")  # fmt: skip
_COUNTS = ("max_positions", "max_losses", "halt_losses", "skip_first_minutes", "skip_last_minutes", "order_rate",
           "minimum_days")  # fmt: skip


class RiskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every limit; 0 switches one off. Shares are of equity unless said otherwise.

    Size and exposure
        risk_per_trade: what one trade's stop may cost; without a stop its whole value counts.
        max_position: value of one lane's position. max_symbol: of one symbol over all lanes.
        max_positions: symbols held or waited for.
        max_gross: sum of |positions|; max_net: |sum of signed positions|. max_sector: |positions| of one sector.
        max_heat: what it costs when every stop is hit. max_correlation: 0..1, with any holding in the same sense.
        max_volume_share: of the average volume of a recent bar, 0..100.
        leverage: gross / equity; leverage_confident instead, where the signal's confidence reaches leverage_confidence.
        minimum_days: days to expiry that an entry needs, 1 forbids zero-DTE. max_zero_dte: value that expires today.
    Loss
        max_drawdown, max_daily_loss, max_losses (in a row): beyond it no entries, for as long as it lasts.
        halt_drawdown, halt_daily_loss, halt_losses: beyond it trading halts until a person resumes it, at the level
        halt_drawdown_level and so on: 1 no entries, 2 waiting entries cancelled too, 3 positions closed too.
        atr_breaker: ATRs of loss a unit beyond which a lane's position is closed.
    Market
        vix: index points, no entries at or above. max_var, max_shortfall: one-bar value at risk and expected shortfall
        at var_level (0.5..0.999) over var_bars, by var_method: historical, parametric or filtered (EWMA var_decay).
    Orders
        restricted: symbols that may not be entered. trading_hours: entries inside the session only, and not in its
        skip_first_minutes and skip_last_minutes; bars of a day and longer, whose orders go to the next open, pass.
        max_slippage: share of price that an order may pay beyond the price it was decided at. order_rate: entries in
        order_window_seconds; as many again are kept for orders that reduce.
        duplicate_seconds: the same order again within it is refused.
    sectors: each symbol's sector, by name; max_sector knows no other.
    when_unknown: what a limit does whose input is not known: pass, or refuse.
    """

    preset: str = ""
    risk_per_trade: float = 0.0
    max_position: float = 0.0
    max_symbol: float = 0.0
    max_positions: int = 0
    max_gross: float = 0.0
    max_net: float = 0.0
    max_sector: float = 0.0
    max_heat: float = 0.0
    max_correlation: float = 0.0
    max_volume_share: float = 0.0
    leverage: float = 0.0
    leverage_confident: float = 0.0
    leverage_confidence: float = 0.8
    minimum_days: int = 0
    max_zero_dte: float = 0.0
    max_drawdown: float = 0.0
    halt_drawdown: float = 0.0
    halt_drawdown_level: int = 3
    max_daily_loss: float = 0.0
    halt_daily_loss: float = 0.0
    halt_daily_loss_level: int = 2
    max_losses: int = 0
    halt_losses: int = 0
    halt_losses_level: int = 1
    atr_breaker: float = 0.0
    vix: float = 0.0
    max_var: float = 0.0
    max_shortfall: float = 0.0
    var_level: float = 0.99
    var_bars: int = 250
    var_method: str = "historical"
    var_decay: float = 0.94
    restricted: tuple[str, ...] = ()
    trading_hours: bool = False
    skip_first_minutes: int = 0
    skip_last_minutes: int = 0
    max_slippage: float = 0.0
    order_rate: int = 0
    order_window_seconds: float = 1.0
    duplicate_seconds: float = 0.0
    sectors: dict[str, str] = msgspec.field(default_factory=dict)
    when_unknown: str = "pass"

    def __post_init__(self) -> None:
        found = self.problems()
        if found:
            raise ConfigError(f"risk: {found[0]}")

    def problems(self) -> tuple[str, ...]:
        """Why these limits can't hold together, one line each; empty when they can."""
        return (*_out_of_range(self), *_contradictions(self))

    @property
    def needs(self) -> frozenset[str]:
        """What the run has to know beyond bars and account: vix, volume, returns, sectors, sessions, expiries."""
        asked = {
            "vix": self.vix > 0.0,
            "volume": self.max_volume_share > 0.0,
            "returns": max(self.max_correlation, self.max_var, self.max_shortfall) > 0.0,
            "sectors": self.max_sector > 0.0,
            "sessions": self.trading_hours or self.max_daily_loss > 0.0 or self.halt_daily_loss > 0.0,
            "expiries": self.minimum_days > 0 or self.max_zero_dte > 0.0,
        }
        return frozenset(name for name, wanted in asked.items() if wanted)


def _out_of_range(settings: RiskSettings) -> list[str]:
    checks: list[tuple[str, float, float]] = []
    checks += [(name, 0.0, 100.0) for name in _SHARES]
    checks += [(name, 0.0, 1.0) for name in _UNITS]
    checks += [(name, 0, 1_000_000) for name in _COUNTS]
    checks += [(f"{name}_level", 1, 3) for name in ("halt_drawdown", "halt_daily_loss", "halt_losses")]
    checks += [
        ("atr_breaker", 0.0, 100.0),
        ("vix", 0.0, 200.0),
        ("var_level", 0.5, 0.999),
        ("var_bars", 20, 5_000),
        ("var_decay", 0.5, 0.999),
        ("order_window_seconds", 0.001, 86_400.0),
        ("duplicate_seconds", 0.0, 86_400.0),
    ]
    found = []
    for name, low, high in checks:
        value = getattr(settings, name)
        if not low <= value <= high:
            found.append(f"{name}={value:g} is outside {low:g}..{high:g}")
    for name, choices in (("var_method", METHODS), ("when_unknown", WHEN_UNKNOWN)):
        if getattr(settings, name) not in choices:
            found.append(f"{name}='{getattr(settings, name)}' is unknown; use {', '.join(choices)}")
    return found


# (smaller, larger, why): the first may not lie above the second where both are set
_ORDERED = (
    ("risk_per_trade", "max_position", "a trade can't risk more than its position may be worth"),
    ("risk_per_trade", "max_heat", "one trade would use up all heat"),
    ("max_position", "max_symbol", "one lane would be more than its symbol may be"),
    ("max_position", "max_gross", "one position would be more than all may be"),
    ("max_symbol", "max_sector", "one symbol would be more than its sector may be"),
    ("max_symbol", "max_gross", "one symbol would be more than all may be"),
    ("max_sector", "max_gross", "one sector would be more than all may be"),
    ("max_net", "max_gross", "net can't pass gross, so max_net would never act"),
    ("max_zero_dte", "max_gross", "what expires today would be more than all may be"),
    ("max_drawdown", "halt_drawdown", "the halt would come before the pause"),
    ("max_daily_loss", "halt_daily_loss", "the halt would come before the pause"),
    ("max_losses", "halt_losses", "the halt would come before the pause"),
    ("max_daily_loss", "max_drawdown", "the drawdown would stop the day first"),
    ("halt_daily_loss", "halt_drawdown", "the drawdown would halt the day first"),
    ("risk_per_trade", "max_daily_loss", "one trade could lose more than the day may"),
    ("leverage", "leverage_confident", "confidence would lower the leverage"),
    ("max_var", "max_shortfall", "the shortfall is never below the value at risk, so max_var would never act"),
)


def _contradictions(settings: RiskSettings) -> list[str]:
    found = []
    for small, large, why in _ORDERED:
        low, high = getattr(settings, small), getattr(settings, large)
        if 0.0 < high < low:
            found.append(f"{small}={low:g} is above {large}={high:g}: {why}; lower {small} or raise {large}")
    if settings.leverage_confident > 0.0 and settings.leverage == 0.0:
        found.append("leverage_confident without leverage: give the leverage of the other signals too")
    if settings.minimum_days > 0 and settings.max_zero_dte > 0.0:
        found.append("minimum_days forbids what max_zero_dte allows; set one of the two to 0")
    if not settings.trading_hours and settings.skip_first_minutes + settings.skip_last_minutes > 0:
        found.append("skip_first_minutes and skip_last_minutes need trading_hours = true")
    return found
