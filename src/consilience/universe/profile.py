"""A universe's profile: which filters, how it scores, how many it takes. Part of a run's settings."""

from __future__ import annotations

import msgspec

from consilience.core.errors import ConfigError

MISSING = ("exclude", "pass")
REGIMES = ("auto", "default", "trending", "ranging", "volatile")
SIDES = ("both", "long", "short")
ON_EXIT = ("keep", "close")
_CHOICES = {"missing": MISSING, "regime": REGIMES, "side": SIDES, "on_exit": ON_EXIT, "on_rename": ON_EXIT}


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a universe asks for. The defaults are the universe ``all``: every symbol with a valid bar.

    filters: parameters by filter, in the order in which they are asked. missing: what a filter or a score without its
    data does, exclude the symbol or let it pass. top: how many the selection takes, 0 for all that pass.
    max_correlation: a candidate whose |correlation| with a chosen one reaches this is left out; 1 for no cap.
    correlation_bars: log returns that the correlation is taken over. decay_minutes: a symbol just traded has half its
    score, and recovers in that time; 0 for no decay. regime: by rule (auto), or fixed. side: which way of moving
    scores. on_exit: what becomes of a position whose symbol leaves. on_rename: what a ticker change does to one.
    """

    name: str = "all"
    filters: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    missing: str = "exclude"
    top: int = 0
    max_correlation: float = 1.0
    correlation_bars: int = 60
    decay_minutes: float = 0.0
    regime: str = "auto"
    side: str = "both"
    on_exit: str = "keep"
    on_rename: str = "keep"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(f"universe {name}='{getattr(self, name)}' is unknown; use {' or '.join(choices)}")
        checks = (
            ("top", self.top, 0, 10_000),
            ("max_correlation", self.max_correlation, 0.0, 1.0),
            ("correlation_bars", self.correlation_bars, 20, 2_000),
            ("decay_minutes", self.decay_minutes, 0.0, 1e6),
        )
        for name, value, low, high in checks:
            if not low <= value <= high:
                raise ConfigError(f"universe {name}={value:g} is outside {low:g}..{high:g}")
        if self.top == 0 and (self.max_correlation < 1.0 or self.decay_minutes > 0.0):
            raise ConfigError(
                "universe max_correlation and decay_minutes belong to a selection; give top as well, such as top = 5"
            )

    @property
    def screens(self) -> bool:
        """Whether anything but a valid bar is asked for."""
        return bool(self.filters) or self.top > 0

    @property
    def follows_trades(self) -> bool:
        """Whether membership depends on what was traded lately."""
        return self.decay_minutes > 0.0
