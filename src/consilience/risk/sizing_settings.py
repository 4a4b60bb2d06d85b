"""How large entries are, as a person writes it: the section ``[sizing]``."""

from __future__ import annotations

import msgspec
import numpy as np

from consilience.core.codes import FibonacciZone
from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Records
from consilience.risk.limits import parts_per_million

METHODS = ("fixed_fraction", "kelly", "volatility_target", "atr_risk")  # place = code in ``risk.catalog.FULL_SIZERS``
TIERS = ("low", "medium", "high")
# Founding document 000 names the zones and gives no numbers. Most where 61.8 % of a leg is won: the target is near and
# so is the stop; less the further the move has gone; careful where no leg is known or neither side has it.
ZONES = {
    "UNKNOWN": 0.8,
    "COMPRESSION": 0.8,
    "MID_EXPANSION": 1.2,
    "FULL_EXPANSION": 1.0,
    "OVER_EXTENSION": 0.6,
    "EXHAUSTION": 0.3,
}

SIZING_DTYPE = np.dtype(
    [
        ("method", "i8"),
        ("fraction_ppm", "i8"),
        ("kelly_cap_ppm", "i8"),
        ("kelly_trades", "i8"),
        ("volatility_cap_ppm", "i8"),
        ("risk_ppm", "i8"),
        ("max_heat_ppm", "i8"),
        ("zone_ppm", "i8", len(FibonacciZone)),
        ("tier_ppm", "i8", len(TIERS)),
        ("most_ppm", "i8"),
        ("kelly_share", "f8"),
        ("volatility", "f8"),
        ("atr_multiple", "f8"),
        ("medium_confidence", "f8"),
        ("high_confidence", "f8"),
    ],
    align=True,
)


class SizingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizing of the full set; shares are of equity.

    method: fixed_fraction, kelly, volatility_target or atr_risk. fraction: value of one entry, and kelly's way out
    while its source has fewer than kelly_trades closed trades. kelly_share: of the full Kelly bet; kelly_cap: most an
    entry may be worth. volatility: wanted of one position, a year; volatility_cap: most it may be worth. risk: loss of
    one entry at its stop, or at atr_multiple ATRs where it has none.
    zones: multiplier by Fibonacci zone. low, medium, high: multiplier by confidence tier; medium from medium_confidence
    on, high from high_confidence. maximum_multiplier: of zone x tier x regime together.
    """

    method: str = "fixed_fraction"
    fraction: float = 0.1
    kelly_share: float = 0.25
    kelly_cap: float = 0.1
    kelly_trades: int = 30
    volatility: float = 0.15
    volatility_cap: float = 1.0
    risk: float = 0.01
    atr_multiple: float = 2.0
    zones: dict[str, float] = msgspec.field(default_factory=lambda: dict(ZONES))
    low: float = 0.5
    medium: float = 0.75
    high: float = 1.0
    medium_confidence: float = 0.62
    high_confidence: float = 0.8
    maximum_multiplier: float = 1.5

    def __post_init__(self) -> None:
        found = self.problems()
        if found:
            raise ConfigError(f"sizing: {found[0]}")

    def problems(self) -> tuple[str, ...]:
        """Why these numbers can't hold together, one line each; empty when they can. Raises NotFound for a zone."""
        found = [] if self.method in METHODS else [f"method='{self.method}' is unknown; use {', '.join(METHODS)}"]
        checks: list[tuple[str, float, float, float]] = [
            ("fraction", self.fraction, 0.0, 100.0),
            ("kelly_share", self.kelly_share, 0.0, 1.0),
            ("kelly_cap", self.kelly_cap, 0.0, 1.0),
            ("kelly_trades", self.kelly_trades, 1, 1_000_000),
            ("volatility", self.volatility, 0.0, 10.0),
            ("volatility_cap", self.volatility_cap, 0.0, 100.0),
            ("risk", self.risk, 0.0, 1.0),
            ("atr_multiple", self.atr_multiple, 0.01, 100.0),
            ("medium_confidence", self.medium_confidence, 0.0, 1.0),
            ("high_confidence", self.high_confidence, 0.0, 1.0),
            ("maximum_multiplier", self.maximum_multiplier, 0.0, 10.0),
        ]
        checks += [(tier, getattr(self, tier), 0.0, 10.0) for tier in TIERS]
        checks += [(f"zone {name}", value, 0.0, 10.0) for name, value in self.zones.items()]
        for name, value, low, high in checks:
            if not low <= value <= high:
                found.append(f"{name}={value:g} is outside {low:g}..{high:g}")
        for name in self.zones:
            if name.upper() not in FibonacciZone.__members__:
                raise NotFound.named("Fibonacci zone", name.upper(), FibonacciZone.__members__)
        if self.medium_confidence > self.high_confidence:
            found.append("medium_confidence is above high_confidence; swap them")
        if not self.low <= self.medium <= self.high:
            found.append("low, medium and high must ascend: a surer signal is not traded smaller")
        return tuple(found)


def sizing_record(sizing: SizingSettings, max_heat: float = 0.0) -> Records:
    """SIZING_DTYPE [1]. max_heat: the limit of ``RiskSettings``, 0 for none: sizes fit into what is left of it."""
    record = np.zeros(1, SIZING_DTYPE)
    record["method"] = METHODS.index(sizing.method)
    for field, value in (
        ("fraction_ppm", sizing.fraction),
        ("kelly_cap_ppm", sizing.kelly_cap),
        ("volatility_cap_ppm", sizing.volatility_cap),
        ("risk_ppm", sizing.risk),
        ("max_heat_ppm", max_heat),
        ("most_ppm", sizing.maximum_multiplier),
    ):
        record[field] = parts_per_million(value)
    for name in ("kelly_trades", "kelly_share", "volatility", "atr_multiple", "medium_confidence", "high_confidence"):
        record[name] = getattr(sizing, name)
    given = {name.upper(): value for name, value in sizing.zones.items()}
    for zone in FibonacciZone:
        record["zone_ppm"][0, int(zone)] = parts_per_million(given.get(zone.name, ZONES[zone.name]))
    for tier, name in enumerate(TIERS):
        record["tier_ppm"][0, tier] = parts_per_million(getattr(sizing, name))
    return record
